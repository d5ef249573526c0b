"""Throw broken files and requests at everything that reads one: does it crash, hang, show a traceback, or believe it?

``python -m tests.soak.fuzz [--inputs N] [--seed S] [READER]...`` makes N inputs over all readers, mostly by changing valid
ones, and prints, reader by reader, how many were refused and accepted, and what went wrong. A refusal is an
``InspectionError`` or an HTTP status below 500; anything else is a crash. An input is accepted though invalid where what
it says is not what was signed, checked or can be read back.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import shutil
import sqlite3
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.applications import Starlette

from inspection_app import access, files, places, routes, verify
from inspection_app.core.certificate import canonical_json, verify_certificate
from inspection_app.core.merge import CarriedEntry, CarriedSheet, Stamp
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError
from inspection_app.files import images
from inspection_app.files.application_tables import DESK_MARK_COLUMNS, SELF_CHECK_COLUMNS
from inspection_app.files.rubric_table import parse_rubric_table
from inspection_app.services import check, draw, prepare, score
from inspection_app.sheets.answer_file import read_answer_file, write_answer_file
from inspection_app.sheets.xlsx import read_score_sheet
from inspection_app.store.file import VisitFile
from tests.services.conftest import NOW, OTHER, ROSTER, RUBRIC, Scene, scene_at, small_rubric, table_of

HANGS = 2.0  # seconds of the processor's time
TOKENS = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"'", b'"', b"\\", b"\n", b",", b":", b"{", b"}", b"[", b"]", b"null",
    b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"9" * 400, b"0.1", b"{" * 200, b"[" * 3000, b"&a [*a,*a]", b"*a",
    b"!!python/object/apply:os.system ['x']", b"<<: *a", b"<b>", b"=1+1", b"{{7*7}}", b"../../x", b"\xed\xa0\x80",
    "\u202e".encode(), "１２".encode(), "群".encode() * 50, b"\r", b"\t", b"- ", b"  ", b"|", b"%s", b"${x}", b"A" * 70000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**53, 2**70, 1.5, -0.0, 1e308, "", "x", "1", "１", "NaN", "x" * 5000, "\ud800", "\x00",
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
    share: int  # of all inputs, in proportion to the others


@dataclass
class Tally:
    """What became of one reader's inputs."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return sum(self.counts[one] for one in ("crash", "hang", "traceback", "believed"))


class Traceback(Exception):
    """A traceback was shown to whoever sent the input."""


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


# --- what reads -----------------------------------------------------------------------------------------------------


@cache
def scene() -> Scene:
    """A visit that is sealed, both draws held."""
    return scene_at(Path(tempfile.mkdtemp(prefix="fuzz-")), Stage.SEALED)


@cache
def _built() -> Scene:
    return scene_at(Path(tempfile.mkdtemp(prefix="fuzz-")), Stage.SCORE)


def scoring() -> Scene:
    """A visit in which people score, of the caller's own."""
    path = shutil.copy(_built().file.path, tempfile.mkdtemp(prefix="fuzz-"))
    return replace(_built(), file=VisitFile(Path(path)))


def _rubric() -> Reader:
    shipped = [load.encode() for load in (RUBRIC,)]

    def read(content: bytes) -> None:
        found = files.parse_rubric(content.decode("utf-8", "replace"), "fuzz.yaml")
        assert found.rubric.items

    return Reader(shipped, read, change_bytes, 6)


def _roster() -> Reader:
    def read(content: bytes) -> None:
        for table in files.read_roster_tables(content):
            assert all(isinstance(cell, str) for row in table.rows for cell in row), "a cell is no text"

    return Reader([ROSTER.encode(), ROSTER.encode("gb18030"), ("\ufeff" + ROSTER).encode()], read, change_bytes, 20)


def _roster_xlsx() -> Reader:
    seed = table_of({"a": ["姓名"], "b": ["类别"], "c": ["电话"]}, a="蓝若水", b="群众代表", c="13900000101")
    return Reader([seed], files.read_roster_tables, change_parts, 3)


def _self_check() -> Reader:
    rubric = small_rubric().rubric
    seeds = [files.self_check_template(rubric), table_of(SELF_CHECK_COLUMNS, item="1", points=1, page="3")]
    return Reader(seeds, lambda content: files.parse_self_check(content, rubric), change_parts, 3)


def _desk_marks() -> Reader:
    rubric = small_rubric().rubric
    seeds = [files.desk_mark_template(rubric), table_of(DESK_MARK_COLUMNS, item="1", name=OTHER, points=1)]
    return Reader(seeds, lambda content: files.parse_desk_marks(content, rubric), change_parts, 3)


def _rubric_xlsx() -> Reader:
    from inspection_app.files.rubric_sheet import rubric_sheet_xlsx

    return Reader([rubric_sheet_xlsx(small_rubric().rubric)], parse_rubric_table, change_parts, 2)


def _answer_file() -> Reader:
    entries = tuple(
        CarriedEntry(item, answers, f"第{item}项", 0, Stamp("t1", number))
        for number, (item, answers) in enumerate({"1": {"1": True, "2": False}, "4": {"1": "2.5"}}.items(), 1)
    )
    found = prepare.outline(scene().file).visit
    sheet = CarriedSheet(found.id, found.rubric_digest, scene().expert.member_id, "file", NOW, entries)
    seed = write_answer_file(sheet)
    own = read_answer_file(seed)

    def read(content: bytes) -> None:
        got = read_answer_file(content)
        for entry in got.sheet.entries:  # its digest must have been of exactly this
            assert entry in own.sheet.entries, "an entry came in that nobody wrote"

    return Reader([seed], read, change_json, 25)


def _score_sheet() -> Reader:
    from inspection_app.services import bring_sheets

    at = scoring()
    seed = bring_sheets.score_sheet_file(at.file, at.expert, at.expert.member_id, NOW)
    rubric = small_rubric()
    return Reader([seed], lambda content: read_score_sheet(content, rubric.rubric, rubric.digest), change_parts, 1)


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

    return Reader(seeds, read, change_json, 20)


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

    return Reader(seeds, read, change_bytes, 6)


def _visit_file() -> Reader:
    source = scene().file.path
    with closing(sqlite3.connect(source)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    seed, sealed = source.read_bytes(), check.verify(source).sealed
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def read(content: bytes) -> None:
        path = folder / "fuzz.visit"
        path.write_bytes(content)
        found = check.verify(path)
        assert found.sealed == sealed, "another seal"

    return Reader([seed], read, change_bytes, 2)


def _request(path: str, body: Mapping[str, Any], share: int) -> Reader:
    """A route of the pad, asked inside this process: no server's start in the loop."""
    at = scoring()
    folder, slug, member = at.file.path.parent, at.file.slug, at.expert.member_id
    visit = prepare.outline(at.file).visit.id
    cookie = access.sign_session(access.Session(slug, member, 1, visit), access.hub_secret(folder))
    app = Starlette(routes=routes.ROUTES)

    def read(content: bytes) -> None:
        os.environ[places.VISITS_VARIABLE] = str(folder)
        status, said = asyncio.run(_ask(app, path, content, {"cookie": f"{access.COOKIE}={cookie}"}))
        if b"Traceback" in said:
            raise Traceback
        if status >= 500:
            raise RuntimeError(f"status {status}: {said[:200]!r}")
        if status >= 400:
            raise InspectionError("refused", "refused")
        json.loads(said)
        assert score.sheet_of(at.file, at.expert).entries is not None  # what was taken can be read and scored

    return Reader([json.dumps({"visit": slug, "member": member, **body}).encode()], read, change_json, share)


async def _ask(app: Starlette, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "http_version": "1.1",
        "scheme": "http", "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


_ANSWER = {"item": "1", "client": "t1-p1", "sequence": 1, "base": 0, "answers": {"1": True, "2": False}, "note": "看了",
           "aside": [{"answers": {"1": True}, "note": "另一版"}]}  # fmt: skip

READERS: Mapping[str, Callable[[], Reader]] = {
    "rubric (YAML)": _rubric,
    "roster (CSV)": _roster,
    "roster (XLSX)": _roster_xlsx,
    "self-check (XLSX)": _self_check,
    "desk marks (XLSX)": _desk_marks,
    "rubric table (XLSX)": _rubric_xlsx,
    "answer file (JSON)": _answer_file,
    "score sheet (XLSX)": _score_sheet,
    "certificate (JSON)": _certificate,
    "photo or file": _picture,
    "visit file": _visit_file,
    "POST /pad/answers": lambda: _request("/pad/answers", _ANSWER, 6),
    "POST /pad/phrases": lambda: _request("/pad/phrases", {"own": ["查阅原件"]}, 3),
    "POST /pad/disputes": lambda: _request("/pad/disputes", {"figure": "fund", "note": "与年报不符"}, 3),
    "POST /pad/looked-again": lambda: _request("/pad/looked-again", {"item": "4"}, 3),
    "POST /pad/hand-in": lambda: _request("/pad/hand-in", {}, 2),
    "POST /pad/evidence/change": lambda: _request(
        "/pad/evidence/change", {"evidence": 1, "caption": "车间", "withdrawn": True}, 3
    ),
}


def fuzz(reader: Reader, inputs: int, rng: random.Random) -> Tally:
    """Throw so many inputs at a reader; the valid ones come first, unchanged, and must be taken."""
    tally = Tally()
    for number in range(inputs):
        content = reader.mutate(rng, reader.seeds)
        before = time.process_time()
        try:
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
        except Exception as error:
            outcome = "crash"
            tally.wrong.append((f"#{number} {type(error).__name__}: {error}"[:300], content))
        tally.counts[outcome] += 1
        if time.process_time() - before > HANGS:
            tally.counts["hang"] += 1
            tally.wrong.append((f"#{number} took {time.process_time() - before:.1f} s", content))
    return tally


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("readers", nargs="*", metavar="READER", help="a part of a reader's name; all by default")
    asked.add_argument("--inputs", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--keep", type=Path, help="a folder for the inputs that went wrong")
    given = asked.parse_args()
    chosen = [name for name in READERS if not given.readers or any(part in name for part in given.readers)]
    readers = {name: READERS[name]() for name in chosen}
    whole, total = sum(one.share for one in readers.values()), Counter[str]()
    print(f"{'reader':28} {'inputs':>8} {'refused':>8} {'accepted':>8} crash hang traceback believed", flush=True)
    for name, reader in readers.items():
        tally = fuzz(reader, given.inputs * reader.share // whole, random.Random(f"{given.seed} {name}"))
        counts = tally.counts
        made = sum(counts.values()) - counts["hang"]
        total.update(counts)
        total["inputs"] += made
        print(f"{name:28} {made:8} {counts['refused']:8} {counts['accepted']:8} {counts['crash']:5} {counts['hang']:4} "
              f"{counts['traceback']:9} {counts['believed']:8}", flush=True)  # fmt: skip
        for said, content in tally.wrong[:5]:
            print(f"    {said}", flush=True)
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                (given.keep / f"{name.split('/')[-1]}-{said.split()[0][1:]}").write_bytes(content)
    faults = sum(total[one] for one in ("crash", "hang", "traceback", "believed"))
    print(f"{total['inputs']} inputs, {faults} faults")


if __name__ == "__main__":
    main()
