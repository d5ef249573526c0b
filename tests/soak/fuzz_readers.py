"""What ``tests.soak.fuzz`` throws at: everything that reads somebody's file, with valid files and what must hold of what
was read; and every route (``fuzz_routes``)."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from PIL import Image

from inspection_app import cli_rubric, files, verify
from inspection_app.core.annex import parse_annex
from inspection_app.core.certificate import canonical_json, verify_certificate
from inspection_app.core.cleaning import clean, guess_columns
from inspection_app.core.lookalikes import oddities
from inspection_app.core.propose import propose
from inspection_app.core.scoring import score_item
from inspection_app.core.totals import score_sheet
from inspection_app.core.typed_line import line_of, parse_line
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError
from inspection_app.files import encrypted, images
from inspection_app.files.application_tables import DESK_MARK_COLUMNS, SELF_CHECK_COLUMNS
from inspection_app.files.rubric_table import parse_rubric_table
from inspection_app.report.docx_template import check_template, shipped_template
from inspection_app.services import bring_sheets, check, draw, export_draw, feed_back, keep, match_report, prepare, seal
from inspection_app.sheets import read_score_sheet
from inspection_app.sheets.answer_file import read_answer_file
from tests.services.conftest import CITIZENS, NOW, OTHER, PDF, ROSTER, RUBRIC, Scene, small_rubric, table_of
from tests.soak.fuzz_changes import Mutate, change_bytes, change_json, change_parts, change_parts_or_bytes
from tests.soak.fuzz_routes import ROUTES, answer_file_of, copy_at, reader_of

Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Reader:
    """Something that reads: valid inputs, how they are changed, and what reads them (``AssertionError``: believed)."""

    seeds: Sequence[bytes]
    read: Read
    mutate: Mutate
    share: int = 3  # how many inputs the short form makes


@cache
def scene() -> Scene:
    """A visit that is sealed, both draws held."""
    return copy_at(Stage.SEALED, Path(tempfile.mkdtemp(prefix="fuzz-")))


@cache
def scoring() -> Scene:
    """A visit in which people score."""
    return copy_at(Stage.SCORE, Path(tempfile.mkdtemp(prefix="fuzz-")))


def _rubric() -> Reader:
    shipped = [load.encode() for load in (RUBRIC,)]

    def read(content: bytes) -> None:
        found = files.parse_rubric(content.decode("utf-8", "replace"), "fuzz.yaml")
        assert found.rubric.items

    return Reader(shipped, read, change_bytes)


def _cleaned(content: bytes) -> None:
    """Read a roster and take it as the program would: what nobody has to decide is a name or a category of the file."""
    for table in files.read_roster_tables(content):
        assert all(isinstance(cell, str) for row in table.rows for cell in row), "a cell is no text"
        cleaned = clean(table.rows, guess_columns(table.rows), small_rubric().rubric.scheme.citizen_categories,
                        merged=table.merged)  # fmt: skip
        cleaned.require()
        assert all(one.name.strip() for one in cleaned.citizens), "a name of nothing"
        unseen = (one.name for one in cleaned.citizens if not one.name.isprintable())  # of a private font: told as such
        assert all(any(oddities(name)) for name in unseen), "a name of what nobody sees"


def _roster() -> Reader:
    return Reader([ROSTER.encode(), ROSTER.encode("gb18030"), ("\ufeff" + ROSTER).encode()], _cleaned, change_bytes)


def _roster_xlsx() -> Reader:
    seed = table_of({"a": ["姓名"], "b": ["类别"], "c": ["电话"]}, a=CITIZENS[0], b="群众代表", c="13900000101")
    return Reader([seed], _cleaned, change_parts)


def _self_check() -> Reader:
    rubric = small_rubric().rubric
    seeds = [files.self_check_template(rubric), table_of(SELF_CHECK_COLUMNS, item="1", points=1, page="3")]
    return Reader(seeds, lambda content: files.parse_self_check(content, rubric), change_parts)


def _desk_marks() -> Reader:
    rubric = small_rubric().rubric
    seeds = [files.desk_mark_template(rubric), table_of(DESK_MARK_COLUMNS, item="1", name=OTHER, points=1)]
    return Reader(seeds, lambda content: files.parse_desk_marks(content, rubric), change_parts)


def _rubric_xlsx() -> Reader:
    from inspection_app.files.rubric_sheet import rubric_sheet_xlsx

    def read(content: bytes) -> None:
        found = parse_rubric_table(content)
        proposed = propose(found.rows, id="fuzz", title="x", source="x", judged=found.judged, say=str)
        assert proposed.rubric.items, "a rubric of nothing"

    return Reader([rubric_sheet_xlsx(small_rubric().rubric)], read, change_parts)


def _answer_file() -> Reader:
    seed = answer_file_of(scene())
    own = read_answer_file(seed)

    def read(content: bytes) -> None:
        got = read_answer_file(content)
        for entry in got.sheet.entries:  # its digest must have been of exactly this
            assert entry in own.sheet.entries, "an entry came in that nobody wrote"

    return Reader([seed], read, change_json)


def _score_sheet() -> Reader:
    at = scoring()
    seed = bring_sheets.score_sheet_file(at.file, at.expert, at.expert.member_id, NOW)
    rubric = small_rubric()
    return Reader([seed], lambda content: read_score_sheet(content, rubric.rubric, rubric.digest), change_parts)


def _brought_sheets() -> Reader:
    """The look at what would be brought in: it never ends early, faults of a file stand beside it."""
    at = scoring()
    seeds = [bring_sheets.score_sheet_file(at.file, at.expert, at.expert.member_id, NOW), answer_file_of(at)]

    def read(content: bytes) -> None:
        shown = bring_sheets.preview(at.file, at.expert, [bring_sheets.Upload("x", content)])
        (one,) = shown.files
        if one.faults:
            raise InspectionError("not read", "not-read", faults=one.faults)
        assert shown.cases == () or {case.member.id for case in shown.cases} == {at.expert.member_id}, "another's sheet"

    return Reader(seeds, read, change_parts_or_bytes)


def _annex() -> Reader:
    text = parse_annex_of(scene()).text
    own = parse_annex(text)

    def read(content: bytes) -> None:
        found = parse_annex(content.decode("utf-8", "replace"))
        certificate = draw.draw_state(scene().file, draw.CITIZENS).certificate
        assert certificate
        found.require(certificate)
        assert found == own, "another annex than the certificate's"

    return Reader([text.encode()], read, change_json)


def parse_annex_of(at: Scene) -> Any:
    found = export_draw.seal_annex(at.file, at.secretary, draw.CITIZENS, entropy=os.urandom, now=NOW)
    return export_draw.open_annex(found.content, found.passphrase)


def _encrypted() -> Reader:
    passphrase = encrypted.new_passphrase(os.urandom)
    seed = encrypted.encrypt("geheim 秘密", passphrase, {"what": "annex"}, entropy=os.urandom)

    def read(content: bytes) -> None:
        encrypted.about(content)
        assert encrypted.decrypt(content, passphrase) == "geheim 秘密", "another text"

    return Reader([seed], read, change_json)


def _locked() -> Reader:
    passphrase = encrypted.new_passphrase(os.urandom)
    seed = encrypted.lock_bytes(b"0123456789" * 30, passphrase, {"visit": "x"}, entropy=os.urandom)

    def read(content: bytes) -> None:
        assert encrypted.unlock_bytes(content, passphrase) == b"0123456789" * 30, "other bytes"

    return Reader([seed], read, change_bytes)


def _report_pdf() -> Reader:
    at = scene()
    seed = feed_back.feedback_pdf(at.file, NOW)

    def read(content: bytes) -> None:
        checks = match_report.report_belongs(at.file, content)
        if any(one.holds is False for one in checks):
            raise InspectionError("does not belong", "changed")

    return Reader([seed], read, change_bytes)


def _paper() -> Reader:
    """What is issued or attached signed: kept as it is, so only its kind is looked at."""
    kinds = {seal.PDF, seal.DOCX, images.JPEG}

    def read(content: bytes) -> None:
        assert seal._document(content) in kinds, "issued as something else"
        if content.startswith(b"%PDF-"):
            assert seal._scan(content)[1] in kinds, "attached as something else"

    return Reader([PDF, shipped_template()], read, change_parts_or_bytes)


def _template() -> Reader:
    return Reader([shipped_template()], check_template, change_parts)


def _answers() -> Reader:
    rubric = small_rubric().rubric
    seed = {"1": {"1": True, "2": {"points": "0.5", "reason": "x"}}, "2": {"1": 2}, "3": {"1": "0.45"},
            "4": {"1": {"points": "2.5", "reason": "x"}}, "5": {"1": "2"}}  # fmt: skip

    def read(content: bytes) -> None:
        answers = cli_rubric._json_object(content.decode("utf-8-sig", "replace"), "--answers")
        if not all(isinstance(one, dict) for one in answers.values()):
            raise InspectionError("as the command refuses it", "not-json")
        sheet = score_sheet(rubric, answers, {}, vetoes=())
        assert all(0 <= one.points <= one.ceiling for one in sheet.aspects), "points beyond the ceiling"

    return Reader([json.dumps(seed).encode()], read, change_json)


def _typed_line() -> Reader:
    items = small_rubric().rubric.items

    def read(content: bytes) -> None:
        no, _colon, text = content.decode("utf-8", "replace").partition(":")
        item = next((one for one in items if one.no == no), items[0])
        answers = parse_line(item, text)
        score_item(item, answers, {})
        assert parse_line(item, line_of(item, answers)).keys() == answers.keys(), "written it reads otherwise"

    return Reader(
        [line.encode() for line in ("1:1 0", "1:1-1 1 1-2 5/0.5", "4:2.5 =4", "1:- *", "2:=*", "2:1")],
        read,
        change_bytes,
    )


_TOLD = {"signatures", "substitutions", "voided", "annex_digest", "verifier_digest", "digits_by", "format"}
"""What a certificate tells and nothing follows from; signatures and reasons are compared with the paper."""


def _certificate() -> Reader:
    seeds = []
    for kind in (draw.SITES, draw.CITIZENS):
        certificate = draw.draw_state(scene().file, kind).certificate
        assert certificate
        seeds.append(canonical_json(certificate).encode())
    own = [_recomputed(json.loads(seed)) for seed in seeds]

    def read(content: bytes) -> None:
        try:
            given = verify.parse(content)
        except verify.UNREADABLE as error:  # what everybody who reads one says in words
            raise InspectionError(str(error).replace("{", "").replace("}", ""), "no-certificate") from error
        if verify_certificate(given).ok:
            assert any(all(_recomputed(given).get(name) == value for name, value in one.items()) for one in own), (
                "a draw that was not held"  # names that nobody knows may come along: nothing is read of them
            )
        else:
            raise InspectionError("it does not follow", "changed")

    return Reader(seeds, read, change_json)


def _recomputed(certificate: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in certificate.items() if name not in _TOLD}
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def _picture() -> Reader:
    seeds = []
    for kind in ("PNG", "JPEG", "WEBP", "BMP"):
        out = io.BytesIO()
        Image.effect_noise((48, 40), 60).convert("RGB").save(out, kind)
        seeds.append(out.getvalue())
    seeds.append(b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n")

    def read(content: bytes) -> None:
        found = images.check_file(content)
        if found.media == images.JPEG:
            with Image.open(io.BytesIO(found.content)) as picture:
                picture.load()  # what is kept can be shown
                assert not picture.getexif(), "metadata came along"

    return Reader(seeds, read, change_bytes)


def _visit_file() -> Reader:
    seed, sealed = _closed_file(), check.verify(scene().file.path).sealed
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def read(content: bytes) -> None:
        path = folder / "fuzz.visit"
        path.write_bytes(content)
        found = check.verify(path)
        assert found.sealed == sealed, "another seal"

    return Reader([seed], read, change_bytes)


def _foreign_file() -> Reader:
    """Bringing in a visit from elsewhere: what is taken is a file of the hub's own, with every check passed again."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def read(content: bytes) -> None:
        path = folder / "fuzz.visit"
        path.write_bytes(content)
        taken = keep.open_foreign(path, folder / "visits")
        try:
            assert taken.path.parent == folder / "visits", "another folder"
            prepare.outline(taken)
        finally:
            taken.path.unlink()

    return Reader([_closed_file()], read, change_bytes)


def _closed_file() -> bytes:
    source = scene().file.path
    with closing(sqlite3.connect(source)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return source.read_bytes()


def _route(method: str, path: str) -> Reader:
    seed, read, share = reader_of(method, path)
    return Reader([seed], read, change_json, share)


READERS: Mapping[str, Callable[[], Reader]] = {
    "rubric (YAML)": _rubric,
    "roster (CSV)": _roster,
    "roster (XLSX)": _roster_xlsx,
    "self-check (XLSX)": _self_check,
    "desk marks (XLSX)": _desk_marks,
    "rubric table (XLSX)": _rubric_xlsx,
    "answer file (JSON)": _answer_file,
    "score sheet (XLSX)": _score_sheet,
    "sheets brought in": _brought_sheets,
    "annex (text)": _annex,
    "annex (encrypted)": _encrypted,
    "snapshot (encrypted)": _locked,
    "report (PDF)": _report_pdf,
    "issued document or scan": _paper,
    "office's template (DOCX)": _template,
    "answers (JSON)": _answers,
    "typed line": _typed_line,
    "certificate (JSON)": _certificate,
    "photo or file": _picture,
    "visit file (verify)": _visit_file,
    "visit file (bring in)": _foreign_file,
    **{f"{method} {path}": partial(_route, method, path) for method, path in ROUTES},
}


READ_BY: Mapping[str, str] = {
    "core.annex.parse_annex": "annex (text)",
    "core.typed_line.parse_line": "typed line",
    "files.application_tables.parse_desk_marks": "desk marks (XLSX)",
    "files.application_tables.parse_self_check": "self-check (XLSX)",
    "files.encrypted.about": "annex (encrypted)",
    "files.encrypted.decrypt": "annex (encrypted)",
    "files.encrypted.unlock_bytes": "snapshot (encrypted)",
    "files.images.check_file": "photo or file",
    "files.images.read_picture": "photo or file",
    "files.roster_tables.read_roster_tables": "roster (CSV)",
    "files.rubric_table.parse_rubric_table": "rubric table (XLSX)",
    "files.rubrics.parse_rubric": "rubric (YAML)",
    "files.spreadsheets.item_tables": "self-check (XLSX)",
    "files.spreadsheets.open_workbook": "roster (XLSX)",
    "files.spreadsheets.open_workbooks": "score sheet (XLSX)",
    "report.docx_template.check_template": "office's template (DOCX)",
    "report.docx_template.open_template": "office's template (DOCX)",
    "report.docx.render_docx": "office's template (DOCX)",
    "report.reading.read_pdf": "report (PDF)",
    "services.attach.attach": "POST /pad/evidence",
    "services.bring.bring_desk_marks": "desk marks (XLSX)",
    "services.bring.bring_self_check": "self-check (XLSX)",
    "services.bring.preview_desk_marks": "desk marks (XLSX)",
    "services.bring.preview_self_check": "self-check (XLSX)",
    "services.bring_sheets.preview": "sheets brought in",
    "services.check.consolidate": "visit file (verify)",
    "services.check.result_record": "visit file (verify)",
    "services.check.verify": "visit file (verify)",
    "services.check_draw.check_apart": "certificate (JSON)",
    "services.enlist.load_roster": "roster (CSV)",
    "services.export_draw.open_annex": "annex (text)",
    "services.keep.losses": "visit file (bring in)",
    "services.keep.open_foreign": "visit file (bring in)",
    "services.keep.restore": "visit file (bring in)",
    "services.match_report.report_belongs": "report (PDF)",
    "services.register.add_draw_photo": "photo or file",
    "services.register.register_by_hand": "photo or file",
    "services.seal.attach_scan": "issued document or scan",
    "services.seal.issue": "issued document or scan",
    "services.type_in.attach_photo": "photo or file",
    "sheets.answer_file.read_answer_file": "answer file (JSON)",
    "sheets.xlsx_reading.read_score_sheet": "score sheet (XLSX)",
    "verify.parse": "certificate (JSON)",
}
"""Every public function that takes a file from somebody, and the reader here that reaches it."""
