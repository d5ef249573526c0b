"""Hold a report or feedback (PDF) against a visit: does this paper belong to it?

What a file says of itself proves nothing: a figure on a page can be changed and the file's description left. So the
document is made once more of the visit, as of the moment that it names, and compared word by word. What pictures and
charts show is not compared, paper is not seen, and nothing is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from os import PathLike
from pathlib import Path

from inspection_app.core.audit import Entry
from inspection_app.core.document import Document
from inspection_app.core.feedback import Material, report
from inspection_app.core.feedback import feedback as feedback_of
from inspection_app.core.visit import Act
from inspection_app.errors import N_, Message
from inspection_app.report.pdf import render_pdf
from inspection_app.report.reading import ReadPdf, read_pdf
from inspection_app.services.gather import material
from inspection_app.store import log, seals, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.read_only import ReadOnlyVisit

_DOCUMENTS: tuple[Callable[[Material], Document], ...] = (report, feedback_of)

_TELL_NOTHING = frozenset({
    Act.SEAL, Act.ISSUE, Act.ATTACH_SCAN, Act.HAND_OUT_ANNEX, Act.ISSUE_CODE, Act.LEAD_SCREEN,
})  # fmt: skip
"""Acts after which the documents say the same as before, but for the log itself and the mark of a draft."""

_CREATED = re.compile(r"D:(\d{14})(?:Z|([+-])(\d\d)'?(\d\d))?")


@dataclass(frozen=True)
class PaperCheck:
    """One thing that was looked at; ``holds`` is None where nobody can tell. ``said`` is a catalogue key."""

    said: Message
    holds: bool | None
    context: Mapping[str, object] = field(default_factory=dict)


def report_belongs(visit: VisitFile | str | PathLike[str], pdf: bytes) -> list[PaperCheck]:
    """Say whether a report or feedback belongs to a visit, check by check; it does where none is false.

    Args:
        visit: a visit, or the path of its file, which is then only looked at.
        pdf: the file as it was handed over.

    Raises:
        NotFound, StageError: there is no such visit, or its marks are not opened yet.
    """
    file = visit if isinstance(visit, VisitFile) else ReadOnlyVisit(Path(visit))
    with file.reading() as db:
        found, entries, issued = visits.read(db), log.entries(db), seals.issued(db)
    digest = hashlib.sha256(pdf).hexdigest()
    checks = [
        PaperCheck(N_("It is, byte for byte, the document “{title}” that was issued to {recipient}."), True,
                   {"title": one.title, "recipient": one.recipient})
        for one in issued if one.digest == digest
    ]  # fmt: skip
    try:
        read = read_pdf(pdf)
    except ValueError:
        return [*checks, PaperCheck(N_("It is no PDF that can be read."), False)]
    named = dict(part.split(" ", 1) for part in read.about.get("Keywords", "").split("; ") if " " in part)
    created = _created(read.about.get("CreationDate", ""))
    if not {"visit", "rubric", "log"} <= set(named) or created is None:
        return [*checks, PaperCheck(N_("It names no visit: it is no report or feedback as this software writes them."),
                                    False)]  # fmt: skip
    checks.append(PaperCheck(N_("It names this visit."), named["visit"] == found.id))
    checks.append(PaperCheck(N_("It names the rubric of this visit."), named["rubric"] == found.rubric_digest))
    place = next((one.seq for one in entries if one.hash == named["log"]), None)
    if place is None:
        return [*checks, PaperCheck(N_("The head of the log that it names is no entry of this visit's log."), False)]
    then = [one for one in entries if one.seq <= place]
    since = len(entries) - len(then)
    checks.append(PaperCheck(N_("It was made after entry {seq} of the log; entries since: {since}."), True,
                             {"seq": place, "since": since}))  # fmt: skip
    changed = any(one.act not in _TELL_NOTHING for one in entries[len(then) :])
    return [*checks, *_words(file, read, pdf, created, then, changed=changed)]


def _words(
    file: VisitFile, read: ReadPdf, pdf: bytes, created: datetime, then: Sequence[Entry], *, changed: bool
) -> Iterator[PaperCheck]:
    """Make the document of this visit once more and compare what stands on its pages."""
    again = _again(file, read.about.get("Subject", ""), created, then)
    if again is None:
        yield PaperCheck(N_("It is neither a report nor a feedback."), False)
        return
    if again == pdf:
        yield PaperCheck(N_("The visit gives the same document, byte for byte."), True)
        return
    pages = read_pdf(again).pages
    page = next((number for number, (one, other) in enumerate(zip_longest(read.pages, pages), 1) if one != other), 0)
    if not page:
        yield PaperCheck(N_("The visit gives the same words on every page. The file was saved elsewhere: look "
                            "at its pictures."), True)  # fmt: skip
    elif changed:
        yield PaperCheck(N_("Page {page} says something else than the visit does now. The visit was changed after the "
                            "paper was made, so nobody can tell from here what it said then."), None,
                         {"page": page})  # fmt: skip
    else:
        yield PaperCheck(
            N_("Page {page} says something else than the visit, which was not changed since: the paper was."), False,
            {"page": page},
        )  # fmt: skip


def _again(file: VisitFile, subject: str, created: datetime, then: Sequence[Entry]) -> bytes | None:
    """Return the document of this subject as the visit gave it after these entries of its log."""
    told = _as_of(material(file, created), then)
    document = next((one for one in (make(told) for make in _DOCUMENTS) if one.subject == subject), None)
    return None if document is None else render_pdf(document, created)


def _as_of(told: Material, then: Sequence[Entry]) -> Material:
    """Return the material as its log and seals were after the last of these entries."""
    acts = [one.act for one in then]
    stood = list(told.seals[: acts.count(Act.SEAL)])
    if stood and Act.CONFIRM_REOPENING not in acts[len(acts) - acts[::-1].index(Act.SEAL) :]:
        stood[-1] = replace(stood[-1], lifted=None)
    return replace(told, log=then, log_head=then[-1].hash, seals=stood)


def _created(text: str) -> datetime | None:
    """Read a PDF's date; None where it is none."""
    found = _CREATED.match(text)
    if not found:
        return None
    digits, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=timezone(offset))
    except ValueError:
        return None
