"""Throw broken files and requests at everything that reads one: does it crash, hang, show a traceback, or believe it?

``python -m tests.soak.fuzz [--only NAME]... [--inputs 100000] [--minutes M] [--jobs 2] [--seed S]`` makes so many inputs
over each reader and each route (``fuzz_routes``), mostly by changing valid ones, and prints for each how many were
refused and accepted, and what went wrong. A refusal is an ``InspectionError`` or an HTTP status from 400 to 499; anything
else is a crash. An input is accepted though invalid ("believed") where what it says is not what was signed, checked or
can be read back. ``--minutes`` ends a reader earlier; the table counts what was really made.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from PIL import Image

from inspection_app import cli_rubric, files, verify
from inspection_app.core.annex import parse_annex
from inspection_app.core.certificate import canonical_json, verify_certificate
from inspection_app.core.cleaning import clean, guess_columns
from inspection_app.core.merge import CarriedEntry, CarriedSheet, Stamp
from inspection_app.core.propose import propose
from inspection_app.core.scoring import score_item
from inspection_app.core.totals import score_sheet
from inspection_app.core.typed_line import line_of, parse_line
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError
from inspection_app.files import encrypted, images
from inspection_app.files.application_tables import DESK_MARK_COLUMNS, SELF_CHECK_COLUMNS
from inspection_app.files.rubric_table import parse_rubric_table
from inspection_app.report import docx
from inspection_app.services import bring_sheets, check, draw, export_draw, feed_back, keep, match_report, prepare, seal
from inspection_app.sheets import read_score_sheet
from inspection_app.sheets.answer_file import read_answer_file, write_answer_file
from tests.services.conftest import CITIZENS, NOW, OTHER, PDF, ROSTER, RUBRIC, Scene, small_rubric, table_of
from tests.soak.fuzz_routes import ROUTES, Traceback, copy_at, reader_of

HANGS = 2.0  # seconds of the processor's time
PATIENCE = 60  # seconds by the clock: then a reader is torn away, so that one that never ends is counted
TOKENS = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"'", b'"', b"\\", b"\n", b",", b":", b"{", b"}", b"[", b"]", b"null",
    b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"9" * 400, b"0.1", b"{" * 200, b"[" * 3000, b"&a [*a,*a]", b"*a",
    b"!!python/object/apply:os.system ['x']", b"<<: *a", b"<b>", b"=1+1", b"{{7*7}}", b"../../x", b"\xed\xa0\x80",
    "\u202e".encode(), "１２".encode(), "群".encode() * 50, b"\r", b"\t", b"- ", b"  ", b"|", b"%s", b"${x}", b"<fuzz>", b"A" * 70000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**53, 2**70, 1.5, -0.0, 1e308, "", "x", "1", "１", "NaN", "x" * 5000, "\ud800", "\x00", "<fuzz>",
    [], {}, [[]], {"1": True}, ["a"] * 50, {"a": {"b": {"c": {}}}}, "<b>", "=1+1", "../../x", "2026-05-12T09:30:00+08:00",
)  # fmt: skip

Read = Callable[[bytes], object]
Mutate = Callable[[random.Random, Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Reader:
    """Something that reads: valid inputs, how they are changed, and what reads them (``AssertionError``: believed)."""

    seeds: Sequence[bytes]
    read: Read
    mutate: Mutate
    share: int = 3  # how many inputs the short form makes


@dataclass
class Tally:
    """What became of one reader's inputs."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return sum(self.counts[one] for one in ("crash", "hang", "slow", "traceback", "believed"))


# --- changing what is valid -----------------------------------------------------------------------------------------


def change_bytes(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Change a valid input in one to four places: bits, cuts, repetitions, tokens, pieces of another."""
    found = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(found) + 1)
        until = min(len(found), at + rng.choice((1, 2, 8, 64, 4000)))
        match rng.randrange(7):
            case 0 if found:
                found[at - 1] ^= 1 << rng.randrange(8)
            case 1:
                del found[at:until]
            case 2:
                found[at:at] = found[at:until]
            case 3:
                found[at:at] = rng.choice(TOKENS)
            case 4:
                found[at:until] = rng.choice(TOKENS)
            case 5:
                other = rng.choice(seeds)
                cut = rng.randrange(len(other) + 1)
                found[at:until] = other[cut : cut + 200]
            case _ if rng.random() < 0.2:
                del found[at:]
            case _:
                found[at:until] = rng.randbytes(until - at)
    return bytes(found)


def change_json(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Change values and names somewhere in a JSON text; now and then its bytes."""
    if rng.random() < 0.25:
        return change_bytes(rng, seeds)
    found = json.loads(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(found))
        holder, key = rng.choice(places)
        match rng.randrange(5):
            case 0 if isinstance(holder, dict):
                holder[rng.choice(("x", "", "member", "item", "1", "__proto__", "群"))] = holder.pop(key)
            case 1:
                del holder[key]
            case 2 if isinstance(holder[key], str) and holder[key]:
                holder[key] = change_bytes(rng, [holder[key].encode("utf-8", "surrogatepass")]).decode("utf-8", "replace")
            case 3:
                other = rng.choice(places)
                holder[key] = json.loads(json.dumps(other[0][other[1]])) if _there(other) else None
            case _:
                holder[key] = deepcopy(rng.choice(VALUES))
        if not list(_places(found)):
            break
    return json.dumps(found, ensure_ascii=rng.random() < 0.3).encode("utf-8", "surrogatepass")


def _there(place: tuple[Any, Any]) -> bool:
    holder, key = place
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def change_parts(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Change one part inside a zipped file, so that what is behind the packing is reached; now and then the packing."""
    if rng.random() < 0.15:
        return change_bytes(rng, seeds)
    with zipfile.ZipFile(io.BytesIO(rng.choice(seeds))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheets = [name for name in parts if "sheet" in name or "sharedStrings" in name]
    name = rng.choice(sheets if sheets and rng.random() < 0.7 else sorted(parts))
    match rng.randrange(8):
        case 0:
            del parts[name]
        case 1:
            parts["../../" + name] = parts[name]
        case 2:
            parts[name] = bytes(rng.choice((10**4, 10**7)))
        case _:
            parts[name] = change_bytes(rng, [parts[name]])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return out.getvalue()


def change_parts_or_bytes(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    one = rng.choice(seeds)
    return change_parts(rng, [one]) if one.startswith(b"PK") else change_bytes(rng, [one])


# --- what reads -----------------------------------------------------------------------------------------------------


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
        assert all(one.name.strip() and one.name.isprintable() for one in cleaned.citizens), "a name of nothing"


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


def answer_file_of(at: Scene) -> bytes:
    """An answer file of the expert, as an offline sheet exports it."""
    entries = tuple(
        CarriedEntry(item, answers, f"第{item}项", 0, Stamp("t1", number))
        for number, (item, answers) in enumerate({"1": {"1": True, "2": False}, "4": {"1": "2.5"}}.items(), 1)
    )
    found = prepare.outline(at.file).visit
    return write_answer_file(CarriedSheet(found.id, found.rubric_digest, at.expert.member_id, "file", NOW, entries))


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

    return Reader(seeds, read, change_bytes)


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


def _remember_keys() -> None:
    """Make each key once: the third of a second that it takes is meant for whoever guesses, not for this."""
    if not hasattr(encrypted._key, "cache_info"):
        encrypted._key = lru_cache(10_000)(encrypted._key)  # type: ignore[assignment]


def _encrypted() -> Reader:
    _remember_keys()
    passphrase = encrypted.new_passphrase(os.urandom)
    seed = encrypted.encrypt("geheim 秘密", passphrase, {"what": "annex"}, entropy=os.urandom)

    def read(content: bytes) -> None:
        encrypted.about(content)
        assert encrypted.decrypt(content, passphrase) == "geheim 秘密", "another text"

    return Reader([seed], read, change_json)


def _locked() -> Reader:
    _remember_keys()
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

    return Reader([PDF, docx.shipped_template()], read, change_parts_or_bytes)


def _template() -> Reader:
    return Reader([docx.shipped_template()], docx.check_template, change_parts)


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

    return Reader([line.encode() for line in ("1:1 0", "1:1-1 1 1-2 5/0.5", "4:2.5 =4", "1:- *", "2:=*", "2:1")], read, change_bytes)


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
    "report.docx.check_template": "office's template (DOCX)",
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


@contextmanager
def _torn_away() -> Iterator[None]:
    """End what takes longer than ``PATIENCE``, where there are alarms and this is the main thread."""

    def tear(signum: int, frame: object) -> None:
        raise TimeoutError

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, tear)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(reader: Reader, inputs: int, rng: random.Random, seconds: float = float("inf")) -> Tally:
    """Throw so many inputs at a reader, for at most so many seconds; every thousandth is a valid one, unchanged."""
    tally = Tally()
    until = time.monotonic() + seconds
    for number in range(inputs):
        if time.monotonic() > until:
            break
        content = reader.mutate(rng, reader.seeds) if number % 1000 else reader.seeds[-1]
        before = time.process_time()
        try:
            with _torn_away():
                reader.read(content)
            outcome = "accepted"
        except InspectionError as error:
            outcome = "refused"
            error.text()
        except AssertionError as error:
            outcome = "believed"
            tally.wrong.append((f"#{number} {error}", content))
        except Traceback:
            outcome = "traceback"
            tally.wrong.append((f"#{number} traceback", content))
        except TimeoutError:
            outcome = "hang"
            tally.wrong.append((f"#{number} did not end within {PATIENCE} s", content))
        except Exception as error:
            outcome = "crash"
            tally.wrong.append((f"#{number} {type(error).__name__}: {error}"[:300], content))
        tally.counts[outcome] += 1
        if outcome != "hang" and time.process_time() - before > HANGS:
            tally.counts["slow"] += 1
            tally.wrong.append((f"#{number} took {time.process_time() - before:.1f} s", content))
    return tally


HEAD = f"{'reader':40} {'inputs':>8} {'refused':>8} {'accepted':>8} crash hang traceback believed  seconds"


def _one(name: str, given: argparse.Namespace) -> tuple[str, Counter[str], str]:
    """Fuzz one reader and return its name, what was counted, and its line of the table with what went wrong below."""
    began = time.monotonic()
    tally = fuzz(READERS[name](), given.inputs, random.Random(f"{given.seed} {name}"), 60 * given.minutes)
    counts = tally.counts
    counts["inputs"] = sum(count for outcome, count in counts.items() if outcome != "slow")
    lines = [f"{name:40} {counts['inputs']:8} {counts['refused']:8} {counts['accepted']:8} {counts['crash']:5} "
             f"{counts['hang'] + counts['slow']:4} {counts['traceback']:9} {counts['believed']:8} "
             f"{time.monotonic() - began:8.0f}"]  # fmt: skip
    for said, content in tally.wrong[:5]:
        lines.append(f"    {said}")
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / f"{name.replace('/', '_')}-{said.split()[0][1:]}").write_bytes(content)
    return name, counts, "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", action="append", metavar="NAME", help="a part of a reader's name; all by default")
    asked.add_argument("--inputs", type=int, default=100_000, help="for each reader")
    asked.add_argument("--minutes", type=float, default=float("inf"), help="for each reader, at most")
    asked.add_argument("--jobs", type=int, default=1, help="so many readers at once")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--keep", type=Path, help="a folder for the inputs that went wrong")
    given = asked.parse_args()
    chosen = [name for name in READERS if not given.only or any(part in name for part in given.only)]
    total = Counter[str]()
    short: list[str] = []
    print(HEAD, flush=True)
    with ProcessPoolExecutor(given.jobs) as pool:
        for name, counts, told in pool.map(_one, chosen, [given] * len(chosen)):
            print(told, flush=True)
            total.update(counts)
            if counts["inputs"] < given.inputs:
                short.append(name)
    faults = sum(total[one] for one in ("crash", "hang", "slow", "traceback", "believed"))
    print(f"{len(chosen)} readers and routes, {total['inputs']} inputs, {faults} faults"
          + (f"; ended by the clock before {given.inputs}: {', '.join(short)}" if short else ""))  # fmt: skip
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
