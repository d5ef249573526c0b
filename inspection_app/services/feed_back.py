"""Feeding back: findings, judgement, what may be told outside, and the documents: feedback, report, score cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlite_utils import Database

from inspection_app.core.document import Document
from inspection_app.core.feedback import (
    Disclosure,
    Finding,
    FindingKind,
    Material,
    default_judgement,
    report,
    score_card,
    undisclosed,
)
from inspection_app.core.feedback import feedback as feedback_of
from inspection_app.core.visit import Act, Actor, Role, Stage
from inspection_app.errors import N_, Fault, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.report.pdf import fonts_of, missing_characters, render_pdf
from inspection_app.report.preview import page_picture
from inspection_app.services.act import Transaction, act
from inspection_app.services.gather import material
from inspection_app.services.prepare import rubric_of
from inspection_app.services.score import all_scores
from inspection_app.services.seal import sealing
from inspection_app.store import decisions, feedback, lists, log, panel, sheets, visits
from inspection_app.store.file import VisitFile

MOST_CHARACTERS = 4000
"""The longest overall judgement that is taken."""


def findings(file: VisitFile) -> tuple[Finding, ...]:
    """Return the findings that stand."""
    with file.reading() as db:
        return decisions.findings(db)


def state_finding(file: VisitFile, actor: Actor, finding: Finding, now: datetime) -> int:
    """Add a finding, or reword the one whose id it carries; return its id. A reworded one keeps its place.

    Raises:
        ScoreError: without text.
        NotFound: an item, an observation or a finding that does not exist.
    """
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        return _state(tx, finding)


def collect_finding(
    file: VisitFile,
    actor: Actor,
    kind: FindingKind,
    text: str,
    items: Sequence[str],
    observations: Sequence[int],
    now: datetime,
) -> int:
    """Make a finding of a note as it stands, tied to where it came from; return its id.

    Tapping twice collects once: where the same finding stands already, its id is returned.

    Raises:
        ScoreError, NotFound: as ``state_finding`` does.
    """
    finding = Finding(kind, text.strip(), tuple(items), observations=tuple(observations))
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        for standing in decisions.findings(tx.db):
            if replace(standing, id=0, position=0) == finding:
                tx.record(finding=standing.id, same=True)
                return standing.id
        return _state(tx, finding)


def merge_findings(file: VisitFile, actor: Actor, ids: Sequence[int], text: str, now: datetime) -> int:
    """Put one finding in the place of several and return its id: their ties united, of the kind of the first.

    The merged ones are withdrawn, not lost: ``part_findings`` brings them back.

    Raises:
        ScoreError: fewer than two, or without text.
        NotFound: one of them does not stand.
    """
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        chosen = [finding for finding in decisions.findings(tx.db) if finding.id in ids]
        if len(chosen) < len(set(ids)):
            raise _no_finding(ids)
        if len(chosen) < 2:
            raise ScoreError(N_("Choose at least two findings to merge."), "too-few-findings")
        first = chosen[0]
        merged = Finding(
            first.kind, text, tuple(dict.fromkeys(item for one in chosen for item in one.items)),
            observations=tuple(dict.fromkeys(id_ for one in chosen for id_ in one.observations)),
        )  # fmt: skip
        id_ = _state(tx, merged)
        order = [finding.id for finding in decisions.findings(tx.db) if finding.kind is first.kind]
        order.remove(id_)
        order.insert(order.index(first.id), id_)
        decisions.place_findings(tx.db, order)
        for one in chosen:
            decisions.withdraw_finding(tx.db, one.id, now)
        tx.record(merged=[one.id for one in chosen])
    return id_


def part_findings(file: VisitFile, actor: Actor, id_: int, ids: Sequence[int], now: datetime) -> None:
    """Undo a merging: the finding it made is withdrawn and the merged ones stand again, each in its old place."""
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        decisions.withdraw_finding(tx.db, id_, now)
        for one in ids:
            decisions.withdraw_finding(tx.db, one, None)
        tx.record(finding=id_, parted=list(ids))


def move_finding(file: VisitFile, actor: Actor, id_: int, now: datetime, *, up: bool) -> None:
    """Move a finding one place up or down among those of its kind; at the end it stays.

    Raises:
        NotFound: it does not stand.
    """
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        standing = decisions.findings(tx.db)
        kind = next((finding.kind for finding in standing if finding.id == id_), None)
        if kind is None:
            raise _no_finding([id_])
        order = [finding.id for finding in standing if finding.kind is kind]
        place = order.index(id_)
        other = max(place - 1, 0) if up else min(place + 1, len(order) - 1)
        order[place], order[other] = order[other], order[place]
        decisions.place_findings(tx.db, order)
        tx.record(finding=id_, place=other + 1)


def withdraw_finding(file: VisitFile, actor: Actor, id_: int, now: datetime, *, back: bool = False) -> None:
    """Take a finding back, or with ``back`` undo that."""
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        decisions.withdraw_finding(tx.db, id_, None if back else now)
        tx.record(finding=id_, withdrawn=not back)


def _state(tx: Transaction, finding: Finding) -> int:
    if not finding.text.strip():
        raise ScoreError(N_("A finding needs a sentence. Write what was seen."), "no-text")
    rubric = rubric_of(tx.db)
    for item in finding.items:
        rubric.item(item)
    if not set(finding.observations) <= decisions.observation_ids(tx.db):
        raise NotFound(N_("A note that this rests on is gone. Reload the page."), "no-observation")
    if finding.id:
        decisions.reword_finding(tx.db, finding.id, finding)
    id_ = finding.id or decisions.state_finding(tx.db, finding, tx.now, tx.member.id)
    tx.record(
        finding=id_, kind=str(finding.kind), text=tx.digest(finding.text), items=list(finding.items),
        observations=list(finding.observations),
    )  # fmt: skip
    return id_


def _no_finding(ids: Sequence[int]) -> NotFound:
    return NotFound(N_("There is no such finding. Reload the page."), "no-finding", finding=list(ids))


# --- judgement and disclosure --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """The overall judgement as it will be printed; ``own`` is false while it is the sentence made of the findings."""

    text: str
    own: bool


def judgement(file: VisitFile) -> Judgement:
    """Return the overall judgement as it stands."""
    with file.reading() as db:
        if text := feedback.judgement(db):
            return Judgement(text, own=True)
        applicant = visits.read(db).description.applicant
        return Judgement(default_judgement(applicant, rubric_of(db), decisions.findings(db)), own=False)


def state_judgement(file: VisitFile, actor: Actor, text: str, now: datetime) -> None:
    """State the overall judgement in the chair's words; without any, the sentence made of the findings stands again.

    Raises:
        ScoreError: it is longer than ``MOST_CHARACTERS``.
    """
    with act(file, actor, Act.STATE_JUDGEMENT, now) as tx:
        tidy = text.strip()
        if len(tidy) > MOST_CHARACTERS:
            raise ScoreError(
                N_("This is longer than {most} characters. Shorten it."), "too-long", most=MOST_CHARACTERS
            )
        feedback.state_judgement(tx.db, tidy, now, tx.member.id)
        tx.record(text=tx.digest(tidy) if tidy else "")


def disclosure(file: VisitFile) -> Disclosure:
    """Return what the applicant's copy says beyond the findings."""
    with file.reading() as db:
        return feedback.disclosure(db)


def disclose(file: VisitFile, actor: Actor, disclosure: Disclosure, now: datetime) -> None:
    """Decide what the applicant's copy says beyond the findings: the office's decision, not the panel's."""
    with act(file, actor, Act.DISCLOSE, now) as tx:
        feedback.disclose(tx.db, disclosure, now, tx.member.id)
        tx.record(scores=disclosure.scores, verdict=disclosure.verdict, names=disclosure.names)


# --- documents -----------------------------------------------------------------------------------------------------


def report_document(file: VisitFile, now: datetime) -> Document:
    """Build the consolidated report (现场验收报告), a draft until the visit is sealed.

    Raises:
        StageError: the marks are not opened yet.
    """
    return report(material(file, now))


def report_pdf(file: VisitFile, now: datetime) -> bytes:
    """Return the consolidated report as PDF; raises as ``report_document`` does."""
    return render_pdf(report_document(file, now), now)


def feedback_document(file: VisitFile, now: datetime) -> Document:
    """Build the feedback for the applicant (现场验收反馈意见), a draft until the visit is sealed.

    Raises:
        StageError: the marks are not opened yet, or what the panel wrote names somebody or tells a score that the
            office has not switched on, each named.
    """
    told = material(file, now)
    if faults := _gives_away(file, told):
        raise StageError(
            N_("The feedback would tell what stays inside. Reword it, or have the office switch that on:"),
            "gives-away", faults=faults,
        )  # fmt: skip
    return feedback_of(told)


def feedback_pdf(file: VisitFile, now: datetime) -> bytes:
    """Return the feedback for the applicant as PDF; raises as ``feedback_document`` does."""
    return render_pdf(feedback_document(file, now), now)


def score_card_pdf(file: VisitFile, actor: Actor, member_id: int, now: datetime) -> bytes:
    """Return one expert's marks and notes on paper, for signature.

    Everybody may print their own at any time; those of others are for chair and secretary, once the marks are opened.

    Raises:
        PermissionDenied: it is another's, and the actor is neither chair nor secretary.
        StageError: it is another's, and the marks are not opened yet.
        NotFound: nobody with this id scores.
    """
    with file.reading() as db:
        card = _score_card(db, actor, member_id, now)
    return render_pdf(card, now)


def score_cards_pdf(file: VisitFile, actor: Actor, now: datetime) -> bytes:
    """Return the score cards of everybody who scores in one file; raises as ``score_card_pdf`` does."""
    with file.reading() as db:
        cards = [_score_card(db, actor, member.id, now) for member in panel.members(db) if member.scores]
    return render_pdf(cards, now)


def _score_card(db: Database, reader: Actor, member_id: int, now: datetime) -> Document:
    visit, asking = visits.read(db), panel.member(db, reader.member_id)
    if member_id != asking.id:
        if asking.role not in {Role.CHAIR, Role.SECRETARY}:
            raise PermissionDenied(
                N_("This is another expert's score sheet. Chair and secretary print it."), "not-own-sheet"
            )
        if visit.stage not in {Stage.CONSOLIDATE, Stage.SEALED}:
            raise StageError(
                N_("The marks are not opened yet. The chair opens them when all score sheets are in."),
                "marks-closed",
            )
    scores = all_scores(db, excuses={}).get(member_id)
    member = next((one for one in panel.members(db) if one.id == member_id), None)
    if scores is None or member is None:
        raise NotFound(N_("Only the chair and the experts have a score sheet."), "no-sheet", member=member_id)
    notes = {no: entry.note for no, entry in sheets.sheet(db, member_id).items() if entry.note}
    return score_card(
        visit, rubric_of(db), member, scores, notes, now, log_head=log.head(db), draft=visit.stage is Stage.SCORE
    )


def pdf_of(document: Document, now: datetime) -> bytes:
    """Return a document as PDF; ``now`` is the time in the file, with its offset."""
    return render_pdf(document, now)


def log_head(file: VisitFile) -> str:
    """Return the head of the log: while it is the same, so are the documents but for their time."""
    with file.reading() as db:
        return log.head(db)


def preview(pdf: bytes, number: int) -> tuple[bytes, int]:
    """Return a page of a PDF, counted from 1, as a picture (PNG), and how many pages there are."""
    return page_picture(pdf, number)


def fonts_used(document: Document) -> tuple[str, ...]:
    """Return the names of the fonts a document is set in."""
    return fonts_of(document)


# --- before it is final --------------------------------------------------------------------------------------------


def still_missing(file: VisitFile, now: datetime) -> StageError | None:
    """Return what the documents lack and what stands against the seal, each with its place and remedy; None: nothing.

    Raises:
        StageError: the marks are not opened yet.
    """
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)  # the hour that they bear makes nothing missing
    faults = _missing(file, file.as_written(), day)
    return StageError(N_("Before this is final:"), "not-complete", faults=faults) if faults else None


@lru_cache(maxsize=16)
def _missing(file: VisitFile, _written: tuple[object, ...], now: datetime) -> tuple[Fault, ...]:
    """Keep what was found by gathering and laying out a whole report, while nobody writes to the file."""
    told = material(file, now)
    against = sealing(file).refusal
    return (*_lacking(told), *_gives_away(file, told), *(against.faults if against else ()))


def _lacking(told: Material) -> Iterator[Fault]:
    if not told.judgement:
        yield Fault(
            N_("Overall judgement"), N_("It is the sentence made of the findings."),
            N_("The chair reads it, and rewords or keeps it."),
        )  # fmt: skip
    for kind, words in _NO_FINDING.items():
        if not any(finding.kind is kind for finding in told.findings):
            yield Fault(N_("Findings"), words, N_("Write at least one, or leave that part out knowingly."))
    for finding in told.findings:
        if not finding.items and not finding.observations:
            yield Fault(
                N_("Findings"), N_("“{text}” rests on no item and no note."), N_("Tie it to what it rests on."),
                {"text": _short(finding.text)},
            )  # fmt: skip
    if unprinted := missing_characters(report(told)):
        yield Fault(
            N_("Characters"), N_("No font has these: {characters}."), N_("Write them in another way."),
            {"characters": " ".join(f"{char} (U+{ord(char):04X})" for char in unprinted[:20])},
        )  # fmt: skip


_NO_FINDING = {
    FindingKind.HIGHLIGHT: N_("There is no highlight."),
    FindingKind.PROBLEM: N_("There is no problem."),
    FindingKind.SUGGESTION: N_("There is no suggestion."),
}


def _gives_away(file: VisitFile, told: Material) -> list[Fault]:
    with file.reading() as db:
        names = {member.name for member in told.members if member.scores} | {one.name for one in lists.roster(db)}
    return [
        Fault(
            N_("“{text}”"), N_("It says “{word}”, which stays inside."),
            N_("Reword it, or have the office switch that on."), {"text": _short(text), "word": word},
        )
        for text, word in undisclosed(told, names)
    ]  # fmt: skip


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
