"""The answer file that an offline score sheet exports: out, and in with limits, salvaged entry by entry.

Shape, as UTF-8 JSON::

    {"format": "inspection-app answers 1", "visit": "…", "rubric_digest": "…", "member": 3, "client": "…",
     "made_at": "2026-05-12T18:03:22+08:00",
     "entries": {"6": {"answers": {…}, "note": "…", "base_revision": 2, "sequence": 17, "check": "…"}},
     "check": "…"}

An entry's ``check`` is the SHA-256, in 64 hex digits, of the canonical JSON of ``[visit, rubric_digest, member, client,
item, answers, note, base_revision, sequence]``; the file's is that of ``[format, made_at, [[item, check], …]]`` with
the items sorted. Canonical JSON has no white space, its keys are sorted, and only what JSON must escape is escaped. The
checks show that a file was cut off or changed by hand. They are no signatures: who brings a file is signed in.
A browser without SHA-256 leaves all of them empty; such a file is read, and said to be unchecked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from inspection_app.core.merge import CarriedEntry, CarriedSheet, Salvaged, Stamp
from inspection_app.errors import N_, Fault, ScoreError
from inspection_app.files.limits import MOST_BYTES, MOST_DEPTH

FORMAT = "inspection-app answers 1"
UNCHECKED = ""  # the check where a browser offers no SHA-256 (no secure context)
MOST_ENTRIES = 2000
_MOST_NUMBER = 2**53 - 1  # beyond, a browser's numbers are no longer exact
_MOST_NAME = 100  # characters of a device's name


def write_answer_file(sheet: CarriedSheet) -> bytes:
    """Write a sheet as an answer file. All entries carry the stamp of the same device."""
    client = sheet.entries[0].stamp.client if sheet.entries else ""
    head = {"format": FORMAT, "visit": sheet.visit, "rubric_digest": sheet.rubric_digest, "member": sheet.member,
            "client": client, "made_at": sheet.made_at.isoformat()}  # fmt: skip
    entries = {}
    for one in sheet.entries:
        entry = {"answers": dict(one.answers), "note": one.note, "base_revision": one.base,
                 "sequence": one.stamp.sequence}  # fmt: skip
        entries[one.item] = {**entry, "check": _entry_check(head, one.item, entry)}
    content = {**head, "entries": entries, "check": _file_check(head, entries)}
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode()


def read_answer_file(content: bytes) -> Salvaged:
    """Read an answer file: every entry that is whole, and a fault for everything else.

    Raises:
        ScoreError: it is too large, nested too deeply, no answer file at all, or even its head cannot be read.
    """
    if len(content) > MOST_BYTES:
        raise ScoreError(N_("The file is larger than 5 MB. An answer file is much smaller."), "too-large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", "replace")
    if _depth(text) > MOST_DEPTH:
        raise ScoreError(N_("The file is nested more than {most} deep. That is no answer file."), "too-deep",
                         most=MOST_DEPTH)  # fmt: skip
    faults: list[Fault] = []
    try:
        head = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        head = _salvaged(text)
        faults.append(
            Fault(N_("File"), N_("It is cut off or damaged; only whole entries are read."),
                  N_("Export it once more on the device that it comes from."))
        )  # fmt: skip
    sheet_of, entries = _head(head)
    carried = []
    for item, entry in entries.items():
        found = _entry(head, item, entry)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            carried.append(found)
    if head.get("check") == UNCHECKED:
        faults.append(
            Fault(N_("File"), N_("It carries no checks against damage: the browser could not write them."),
                  N_("Compare the list below with the device."))
        )  # fmt: skip
    elif not faults and head.get("check") != _file_check(head, entries):
        faults.append(
            Fault(N_("File"), N_("Its check does not fit: something was changed or left out by hand."),
                  N_("Compare with the device that it comes from, or export it there once more."))
        )  # fmt: skip
    return Salvaged(
        CarriedSheet(head["visit"], head["rubric_digest"], head["member"], "file", sheet_of, tuple(carried)),
        tuple(faults),
    )


def _head(head: Any) -> tuple[datetime, Mapping[str, Any]]:
    """Check the head; return when the file was made, and its entries."""
    if not isinstance(head, Mapping) or head.get("format") != FORMAT:
        raise ScoreError(
            N_("This is no answer file of this software. Choose the file that the offline sheet exported, or the XLSX "
               "score sheet."), "no-answer-file",
        )  # fmt: skip
    texts = ("visit", "rubric_digest", "client", "made_at")
    entries = head.get("entries", {})
    made = None
    with contextlib.suppress(ValueError):
        made = datetime.fromisoformat(str(head.get("made_at")))
    whole = (
        made is not None
        and all(isinstance(head.get(key), str) and _writable(head[key]) for key in texts)
        and len(head["client"]) <= _MOST_NAME
        and _is_number(head.get("member"))
        and isinstance(entries, Mapping)
        and len(entries) <= MOST_ENTRIES
    )
    if not whole or made is None:
        raise ScoreError(
            N_("The head of the answer file is damaged: it does not say whose sheet it is. Export it once more."),
            "bad-head",
        )
    return made if made.tzinfo else made.replace(tzinfo=UTC), entries


def _entry(head: Mapping[str, Any], item: str, entry: Any) -> CarriedEntry | Fault:
    """Return an entry that is as the device wrote it, or what is wrong with it."""
    place = N_("Item {item}")
    context: dict[str, object] = {"item": item[:40]}
    shaped = (
        isinstance(entry, Mapping)
        and isinstance(entry.get("answers"), Mapping)
        and isinstance(entry.get("note"), str)
        and _is_number(entry.get("base_revision"))
        and _is_number(entry.get("sequence"))
    )
    if not shaped or not _writable(item, entry["note"], json.dumps(entry["answers"], ensure_ascii=False)):
        return Fault(place, N_("Its entry is damaged."), N_("Enter it on the score sheet."), context)
    try:
        check = _entry_check(head, item, entry)
        whole = entry.get("check") == (UNCHECKED if head.get("check") == UNCHECKED else check)
    except ValueError:  # a number too large to be one
        whole = False
    if not whole:
        return Fault(
            place, N_("Its entry is not as the offline sheet wrote it: it was changed by hand or damaged."),
            N_("Enter it on the score sheet, or export the file once more."), context,
        )  # fmt: skip
    stamp = Stamp(head["client"], entry["sequence"])
    return CarriedEntry(item, entry["answers"], entry["note"], entry["base_revision"], stamp)


def _entry_check(head: Mapping[str, Any], item: str, entry: Mapping[str, Any]) -> str:
    return _check([
        head["visit"], head["rubric_digest"], head["member"], head["client"], item, entry["answers"], entry["note"],
        entry["base_revision"], entry["sequence"],
    ])  # fmt: skip


def _file_check(head: Mapping[str, Any], entries: Mapping[str, Any]) -> str:
    return _check([head["format"], head["made_at"], [[no, entries[no].get("check")] for no in sorted(entries)]])


def _check(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_NUMBER


def _writable(*texts: str) -> bool:
    """Say whether texts can be stored: half a surrogate pair cannot."""
    return not any("\ud800" <= sign <= "\udfff" for text in texts for sign in text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _depth(text: str) -> int:
    """Return how deep lists and fields lie within each other, without building any."""
    deepest = depth = 0
    quoted = escaped = False
    for sign in text:
        if quoted:
            if escaped:
                escaped = False
            elif sign == "\\":
                escaped = True
            elif sign == '"':
                quoted = False
        elif sign == '"':
            quoted = True
        elif sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


_FIELD = re.compile(r'"([^"\\]{1,40})"\s*:\s*')
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _salvaged(text: str) -> dict[str, Any]:
    """Return what stands whole in a file that is cut off or broken somewhere: fields of the head, and entries."""
    head: dict[str, Any] = {}
    entries: dict[str, Any] = {}
    for field in _FIELD.finditer(text):  # a quotation mark inside a text is escaped, so that this finds real fields
        key = field.group(1)
        try:
            value, _end = _DECODER.raw_decode(text, field.end())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and "answers" in value and "check" in value:
            entries.setdefault(key, value)
        elif isinstance(value, (str, int)) and not entries:
            head.setdefault(key, value)
    return head | {"entries": entries}
