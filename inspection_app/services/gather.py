"""Gather what report, feedback and score cards tell: the whole visit as ``core.feedback`` takes it. It changes nothing.

What is drawn, noted, decided and logged is read here in one place; what is made of it stands in ``core.feedback``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.draw import DrawResult
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import STAGE_TITLES, Drawn, Event, EventKind, Material
from inspection_app.core.papers.certificate_page import certificate_brief
from inspection_app.core.programme import Programme, evidence, on_site_blocks
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Stage
from inspection_app.services.consolidate import consolidation
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state
from inspection_app.services.export_draw import handed_out
from inspection_app.services.hand_in import standings
from inspection_app.services.observe import programme
from inspection_app.store import decisions, disputes, duties, feedback, hand_ins, log, panel, reopenings, seals
from inspection_app.store.file import VisitFile
from inspection_app.store.hand_ins import Ending
from inspection_app.store.seals import Answer

_ENDINGS = {
    None: "未答复", Ending.KEPT: "维持原评分", Ending.CHANGED: "已修改评分", Ending.WITHDRAWN: "撤回",
    Ending.ADJUDICATED: "合议定分",
}  # fmt: skip


def material(file: VisitFile, now: datetime) -> Material:
    """Return everything the documents tell.

    Args:
        now: the time the documents bear, with its offset.

    Raises:
        StageError: the marks are not opened yet.
    """
    found = consolidation(file)
    draws = [drawn for kind in (SITES, CITIZENS) if (drawn := _drawn(file, draw_state(file, kind)))]
    held = programme(file)
    own = {no: one.points for no, one in found.self_check.items() if one.points is not None}
    with file.reading() as db:
        return Material(
            found.visit, found.rubric, panel.members(db), draws, found.result, found.notes,
            decisions.findings(db), log.head(db), now,
            sources={key: figure.source for key, figure in found.figures.items()},
            on_site=on_site_blocks(held),
            events=tuple(_events(db, found.rubric)),
            evidence=evidence(held),
            set_aside=found.set_aside,
            groups=duties.groups(db),
            judgement=feedback.judgement(db),
            disclosure=feedback.disclosure(db),
            self_check=own,
            log=log.entries(db),
            held=_held(held),
            sealed=found.visit.stage is Stage.DONE,
        )  # fmt: skip


def _held(held: Programme) -> tuple[str, ...]:
    """Return what the applicant took part in before it is told: not the panel's own meetings, not the feedback."""
    public = [activity for activity in held.activities if not activity.internal]
    recorded = {one.activity for one in held.observations} | {one.activity for one in held.attendance}
    told = [activity for activity in public if activity.id in recorded] or public
    closing = public[-1:] if public and not public[-1].draws else []
    return tuple(activity.title for activity in told if activity not in closing)


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
    yield from _about_marks(db, rubric, names)
    for explained in seals.explanations(db).values():
        yield Event(
            EventKind.EXPLAINED, explained.at, names.get(explained.by, ""), "核对未通过而继续", explained.reason
        )
    for said in seals.confirmations(db).values():
        if said.answer is Answer.REFUSED:
            yield Event(EventKind.DISSENT, said.at, names.get(said.member, ""), "不确认汇总结果", said.reason)


def _about_marks(db: Database, rubric: Rubric, names: Mapping[int, str]) -> Iterator[Event]:
    for doubt in disputes.disputes(db):
        told = f"{doubt.note}；答复：{doubt.answer}" if doubt.settled else f"{doubt.note}（未答复）"
        title = rubric.figures[doubt.key].title
        yield Event(EventKind.DISPUTE, doubt.at, names.get(doubt.member, ""), title, told)
    for sheet in standings(db):
        if sheet.handed_in and sheet.handed_in.by != sheet.member.id:
            who, about = names.get(sheet.handed_in.by, ""), f"{sheet.member.name}的评分表"
            yield Event(EventKind.PAPER_HAND_IN, sheet.handed_in.at, who, about, "纸质评分表代录，专家已确认")
        if excuse := sheet.excuse:
            about = f"评分表{sheet.marked}/{sheet.assigned}项，" + ("已评分计入" if excuse.counts else "均不计入")
            yield Event(EventKind.EXCUSE, excuse.at, sheet.member.name, about, excuse.reason)
    for at, by, reason in decisions.openings(db):
        if reason:
            yield Event(EventKind.OPENED_OVER_DISPUTE, at, names.get(by, ""), "数据有异议时亮分", reason)
    for asked in hand_ins.askings(db):
        about = f"考核项{asked.item}：{_ENDINGS[asked.how]}"
        yield Event(EventKind.LOOK_AGAIN, asked.at, names.get(asked.member, ""), about, asked.reason)


def _drawn(file: VisitFile, state: DrawState) -> Drawn | None:
    result, ceremony = state.result, state.current
    if result is None or ceremony is None:
        return None

    def named(chosen: dict[str, tuple[int, ...]]) -> tuple[tuple[str, int, str], ...]:
        return tuple((stratum, number, state.name(number)) for stratum, numbers in chosen.items() for number in numbers)

    def numbered(number: int) -> str:
        return f"{number}号{state.name(number)}"

    certificate = handed_out(file, state.kind)
    entropy = certificate.get("entropy", {})
    hand = ceremony.hand
    return Drawn(
        state.kind, ceremony.number, ceremony.at, ceremony.place, result.locked.digest, result.locked.short_code,
        result.seed if isinstance(result, DrawResult) else "", ceremony.public_digits,
        tuple((c.party, c.name, c.digits) for c in ceremony.cards),
        named(result.selected), named(result.reserves), len(result.locked.rows),
        tuple((c.number, c.reason) for c in state.voided),
        tuple((numbered(one.gone), numbered(one.comes), one.reason, one.witness) for one in state.substitutions),
        drawer=hand.drawer if hand else "",
        witnesses=hand.witnesses if hand else (),
        photos=len(hand.photos) if hand else 0,
        brief=certificate_brief(certificate),
        attempt=result.attempt if isinstance(result, DrawResult) else 0,
        entropy=(str(entropy.get("needed_bits", "")), str(entropy.get("got_bits", ""))),
    )  # fmt: skip
