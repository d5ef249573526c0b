"""Gather what report, feedback and score cards tell: the whole visit as ``core.feedback`` takes it. It changes nothing.

What is drawn, noted, decided and logged is read here in one place; what is made of it stands in ``core.feedback``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.document import Picture
from inspection_app.core.draw import DrawResult
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import (
    STAGE_TITLES,
    Attached,
    Drawn,
    Event,
    EventKind,
    Finding,
    FreshDigits,
    Material,
    Said,
    SealMade,
)
from inspection_app.core.invariants import Breach, unconfirmed, undecided
from inspection_app.core.papers.certificate_page import certificate_brief
from inspection_app.core.programme import Observation, Programme, evidence, on_site_blocks
from inspection_app.core.rubric import Rubric
from inspection_app.services.attach import Exhibit, evidence_for_report
from inspection_app.services.consolidate import consolidation
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state
from inspection_app.services.export_draw import handed_out
from inspection_app.services.hand_in import standings
from inspection_app.services.observe import programme
from inspection_app.services.seal import Sealing, Word, sealing
from inspection_app.store import decisions, disputes, duties, feedback, hand_ins, log, panel, reopenings, seals
from inspection_app.store.evidence import Place
from inspection_app.store.file import VisitFile
from inspection_app.store.hand_ins import Ending
from inspection_app.store.seals import Explanation

_ENDINGS = {
    None: "未答复", Ending.KEPT: "维持原评分", Ending.CHANGED: "已修改评分", Ending.WITHDRAWN: "撤回",
    Ending.ADJUDICATED: "合议定分",
}  # fmt: skip
_WORDS = {
    Word.CONFIRMED: "已确认", Word.SIGNED: "已在签字稿上签名", Word.REFUSED: "不同意", Word.STALE: "所确认的结果已变动",
    Word.WAITING: "未确认", Word.EXCUSED: "回避或缺席",
}  # fmt: skip
_EXPLAINED = {
    "open-items": "考核项未定分", "unconfirmed": "成员未确认汇总结果", "not-assigned": "对未分工的考核项作答",
    "strange-figure": "数据存疑", "totals": "合计复核不一致", "recusal": "回避专家的评分计入",
}  # fmt: skip
_MOST_ON_CAPTION = 30  # characters


def material(file: VisitFile, now: datetime) -> Material:
    """Return everything the documents tell.

    Args:
        now: the time the documents bear, with its offset.

    Raises:
        StageError: the marks are not opened yet.
    """
    found, towards_seal = consolidation(file), sealing(file)
    draws = [drawn for kind in (SITES, CITIZENS) if (drawn := _drawn(file, draw_state(file, kind)))]
    held = programme(file)
    own = {no: one.points for no, one in found.self_check.items() if one.points is not None}
    stated = _stated(file)
    exhibits = evidence_for_report(file)
    tied, others = _pictures(exhibits, stated, held)
    with file.reading() as db:
        return Material(
            found.visit, found.rubric, panel.members(db), draws, found.result, found.notes,
            stated, log.head(db), now,
            sources={key: figure.source for key, figure in found.figures.items()},
            on_site=on_site_blocks(held),
            events=(*_events(db, found.rubric), *_about_seal(towards_seal, seals.explanations(db).values())),
            evidence=evidence(held),
            set_aside=found.set_aside,
            groups=duties.groups(db),
            judgement=feedback.judgement(db),
            disclosure=feedback.disclosure(db),
            self_check=own,
            log=log.entries(db),
            held=_held(held),
            pictures=tied,
            shown=others,
            attached=tuple(_attached(db, exhibits)),
            result_digest=towards_seal.digest,
            said=tuple(_said(towards_seal)),
            seals=tuple(SealMade(one.id, one.digest, one.at, one.log_head, one.lifted) for one in towards_seal.seals),
            method_changes=found.method_changes,
            readings=decisions.readings(db),
            sensitivity=found.sensitivity(),
        )  # fmt: skip


def _stated(file: VisitFile) -> tuple[Finding, ...]:
    with file.reading() as db:
        return decisions.findings(db)


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


def _about_seal(found: Sealing, explanations: Iterable[Explanation]) -> Iterator[Event]:
    """Tell what the panel went on with although a check found it, and who does not agree with the result."""
    names = {member.id: member.name for member in found.members}
    everybody = [*unconfirmed(found.members, names)]  # what was explained is not among a sealed visit's points
    breaches = {one.key: one for one in (*undecided(found.result, found.visit), *everybody)}
    breaches |= {point.breach.key: point.breach for point in found.points}
    standing = {point.breach.key for point in found.points}
    for one in explanations:
        if not found.held and one.breach not in standing:  # mended since
            continue
        yield Event(
            EventKind.EXPLAINED, one.at, names.get(one.by, ""), _went_on_with(one.breach, breaches), one.reason
        )
    for id_, word in found.words.items():
        if word is Word.REFUSED:
            said = found.said[id_]
            yield Event(EventKind.DISSENT, said.at, names[id_], "汇总结果", said.reason)


def _went_on_with(key: str, breaches: Mapping[str, Breach]) -> str:
    what = _EXPLAINED.get(key.rpartition("-")[0], "核对未通过的事项")
    context = breaches[key].fault.context if key in breaches else {}
    told = [str(context[name]) for name in ("name", "items", "figure") if name in context]
    return f"{what}：{'，'.join(told)}" if told else what


def _said(found: Sealing) -> Iterator[Said]:
    for member in found.members:
        word, given = found.words[member.id], found.said.get(member.id)
        told = given is not None and word in {Word.CONFIRMED, Word.SIGNED, Word.REFUSED}
        yield Said(member.name, _WORDS[word], given.at if given and told else None)


def _pictures(
    exhibits: Sequence[Exhibit], findings: Sequence[Finding], held: Programme
) -> tuple[dict[int, list[Picture]], list[tuple[str, list[Picture]]]]:
    """Return the photos by the finding they show something of, each once, and all others by where they belong."""
    noted = {one.id: one for one in held.observations}
    tied: dict[int, list[Picture]] = {}
    others: dict[str, list[Picture]] = {}
    for exhibit in exhibits:
        if exhibit.content:
            place = exhibit.evidence.place
            caption = (exhibit.evidence.caption or exhibit.place)[:_MOST_ON_CAPTION]
            picture = Picture(exhibit.content, caption, f"{exhibit.place}：{caption}，{exhibit.by}附")
            on = next((one.id for one in findings if _rests_on(one, place, noted, held)), None)
            (others.setdefault(exhibit.place, []) if on is None else tied.setdefault(on, [])).append(picture)
    return tied, [*others.items()]


def _attached(db: Database, exhibits: Sequence[Exhibit]) -> Iterator[Attached]:
    """Name what lies in the file and is not printed: signed scans, then evidence that is no picture."""
    names = {member.id: member.name for member in panel.members(db)}
    for scan in seals.scans(db):
        yield Attached(scan.title, "签字扫描件", names.get(scan.by, ""), scan.at, scan.digest)
    for exhibit in exhibits:
        if not exhibit.content:
            found = exhibit.evidence
            title = "　".join(filter(None, (found.caption, found.name)))
            yield Attached(title, exhibit.place, exhibit.by, found.at, found.digest)


def _rests_on(finding: Finding, place: Place, noted: Mapping[int, Observation], held: Programme) -> bool:
    """Say whether a finding rests on the item, the site or the activity that a photo belongs to."""
    if place.item:
        return place.item in finding.items
    records = [noted[id_] for id_ in finding.observations if id_ in noted]
    if place.site:
        return any(one.site in held.sites and held.sites[one.site].name == place.site for one in records)
    return any(one.activity == place.activity for one in records)


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
        digits_by=str(certificate.get("digits_by", "")),
        fresh=_fresh(state, certificate),
    )  # fmt: skip


def _fresh(state: DrawState, certificate: Mapping[str, Any]) -> FreshDigits | None:
    closed, fresh = state.closed, state.fresh
    if closed is None or fresh is None:
        return None
    part = certificate["fresh"]
    return FreshDigits(
        closed.absent.time, tuple((f"{number}号{state.name(number)}", why) for number, why in closed.absent.absent),
        closed.absent.signed, closed.public_digits, closed.digits_by, fresh.seed, fresh.attempt,
        (str(part["entropy"]["needed_bits"]), str(part["entropy"]["got_bits"])), closed.absent.first_digest,
        tuple((one["closing"], one["reason"]) for one in part["voided"]),
    )  # fmt: skip
