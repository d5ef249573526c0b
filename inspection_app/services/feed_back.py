"""Feeding back: the findings, and the consolidated report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.document import Document
from inspection_app.core.draw import DrawResult
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import (
    STAGE_TITLES,
    Drawn,
    Event,
    EventKind,
    Finding,
    FindingKind,
    Material,
    report,
)
from inspection_app.core.programme import evidence, on_site_blocks
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, NotFound, ScoreError
from inspection_app.report.pdf import render_pdf
from inspection_app.services.act import Transaction, act
from inspection_app.services.consolidate import consolidation
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state
from inspection_app.services.observe import programme
from inspection_app.services.prepare import rubric_of
from inspection_app.store import decisions, disputes, duties, log, panel, reopenings
from inspection_app.store.file import VisitFile


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


def report_document(file: VisitFile, now: datetime) -> Document:
    """Build the consolidated report.

    Raises:
        StageError: the marks are not opened yet.
    """
    found = consolidation(file)
    draws = [drawn for kind in (SITES, CITIZENS) if (drawn := _drawn(draw_state(file, kind)))]
    held = programme(file)
    with file.reading() as db:
        return report(
            Material(
                found.visit, found.rubric, panel.members(db), draws, found.result, found.notes,
                decisions.findings(db), log.head(db), now,
                {key: figure.source for key, figure in found.figures.items()}, on_site_blocks(held),
                tuple(_events(db, found.rubric)), evidence(held), found.set_aside, duties.groups(db),
            )
        )  # fmt: skip


def _events(db: Database, rubric: Rubric) -> Iterator[Event]:
    """Tell what does not happen in every visit, with names, for the report."""
    names = {member.id: member.name for member in panel.members(db)}
    for one in duties.recusals(db):
        decision = {None: "尚未批准", True: f"{one.organiser}批准", False: f"{one.organiser}未批准"}[one.approved]
        about = {Scope.VISIT: "全部考核项", Scope.SITE: f"考察点：{one.ref}", Scope.ITEM: f"考核项{one.ref}"}[one.scope]
        yield Event(EventKind.RECUSAL, one.at, names.get(one.member, ""), about, f"{one.reason}（{decision}）")
    for given in duties.hand_overs(db):
        both = f"{names.get(given.from_member, '')}→{names.get(given.to_member, '')}"
        yield Event(EventKind.HAND_OVER, given.at, both, "组长职责", given.reason)
    for back in reopenings.reopenings(db):
        if back.confirmed and back.confirmed_by:
            who = f"{names.get(back.by, '')}、{names.get(back.confirmed_by, '')}"
            about = f"{STAGE_TITLES[back.from_stage]}→{STAGE_TITLES[back.to_stage]}"
            yield Event(EventKind.REOPENING, back.confirmed, who, about, back.reason)
    for doubt in disputes.disputes(db):
        told = f"{doubt.note}；答复：{doubt.answer}" if doubt.settled else f"{doubt.note}（未答复）"
        title = rubric.figures[doubt.key].title
        yield Event(EventKind.DISPUTE, doubt.at, names.get(doubt.member, ""), title, told)
    for at, by, reason in decisions.openings(db):
        if reason:
            yield Event(EventKind.MARKS_MISSING, at, names.get(by, ""), "评分不全或数据有异议时亮分", reason)


def report_pdf(file: VisitFile, now: datetime) -> bytes:
    """Return the consolidated report as PDF; raises as ``report_document`` does."""
    return render_pdf(report_document(file, now), now)


def _drawn(state: DrawState) -> Drawn | None:
    result, ceremony = state.result, state.current
    if result is None or ceremony is None:
        return None

    def named(chosen: dict[str, tuple[int, ...]]) -> tuple[tuple[str, int, str], ...]:
        return tuple((stratum, number, state.name(number)) for stratum, numbers in chosen.items() for number in numbers)

    def numbered(number: int) -> str:
        return f"{number}号{state.name(number)}"

    return Drawn(
        state.kind, ceremony.number, ceremony.at, ceremony.place, result.locked.digest, result.locked.short_code,
        result.seed if isinstance(result, DrawResult) else "", ceremony.public_digits,
        tuple((c.party, c.name, c.digits) for c in ceremony.cards),
        named(result.selected), named(result.reserves), len(result.locked.rows),
        tuple((c.number, c.reason) for c in state.voided),
        tuple((numbered(one.gone), numbered(one.comes), one.reason, one.witness) for one in state.substitutions),
        *((hand.drawer, hand.witnesses, len(hand.photos)) if (hand := ceremony.hand) else ()),
    )  # fmt: skip
