"""Printing: the paper pack of a visit, score sheets and personal codes. It reads and changes nothing.

Here it is decided who is handed what: nothing with scores, notes, declarations or the panel's own meetings goes into
the applicant's folder.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from inspection_app.core.application import SelfCheck
from inspection_app.core.document import Document
from inspection_app.core.duties import Duties
from inspection_app.core.papers.blank_sheet import blank_sheet
from inspection_app.core.papers.call_list import Callee, CategoryCalls, call_list
from inspection_app.core.papers.draws import contribution_cards, locked_list_slip
from inspection_app.core.papers.entries import ProgrammeEntry
from inspection_app.core.papers.people import PersonalCard, declarations, personal_cards
from inspection_app.core.papers.programme import programme, sign_in_sheet
from inspection_app.core.papers.records import minutes_form, site_check_form
from inspection_app.core.papers.score_sheet import score_sheet
from inspection_app.core.papers.script import host_script
from inspection_app.core.programme import Activity
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.rubric import Rubric, Scheme
from inspection_app.core.visit import Act, Actor, Member, permit
from inspection_app.core.wording import DRAW_TITLES, ROLE_TITLES
from inspection_app.errors import N_, NotFound, StageError
from inspection_app.report.pdf import render_pdf
from inspection_app.services import observe
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state, read_state
from inspection_app.services.prepare import Preparation, preparation
from inspection_app.store import application, panel, visits
from inspection_app.store import duties as store
from inspection_app.store.file import VisitFile

PANEL_FOLDER = "专家组（内部）"
APPLICANT_FOLDER = "申报单位"
_UNSAID = {
    "预备会": "熟悉细则、日程和评分分工；签署回避声明和保密承诺书。",
    "查阅资料": "专家按分工查阅创建资料汇编和证明材料，逐项核对。",
    "内部评议": "独立完成评分，汇总、合议，认定否决条件和基本条件，形成反馈要点和建议。",
}
"""What is done at activities that the official text does not describe, by their titles."""
_GUESTS = 30  # empty rows on the sign-in sheet of a public meeting
_CITIZENS = 20  # empty rows for citizens while their number is not known
_RESERVES = 4  # empty rows for reserves who step in

Papers = Document | Sequence[Document]


def blank_sheet_pdf(rubric: Rubric, now: datetime) -> bytes:
    """Return a rubric's empty score sheet as PDF, to print without a visit."""
    return render_pdf(blank_sheet(rubric), now)


def paper_pack(file: VisitFile, now: datetime) -> bytes:
    """Return the paper pack as ZIP: the panel's folder and the applicant's, equal bytes for an equal visit and time.

    A slip is there when its list is locked; names are printed as far as they are drawn; else there is room for them.

    Args:
        now: the time in the PDF files, with its offset.
    """
    found, self_check, duties = _found(file)
    draws = {kind: draw_state(file, kind) for kind in draw_kinds(found.rubric.scheme)}
    entries = [_entry(activity) for activity in observe.programme(file).activities]
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w") as archive:
        for folder, papers in (
            (PANEL_FOLDER, _panel_papers(found, self_check, duties, entries, draws)),
            (APPLICANT_FOLDER, _applicant_papers(found, entries, draws)),
        ):
            for number, (name, paper) in enumerate(papers, 1):
                entry = zipfile.ZipInfo(f"{folder}/{number:02} {_file_name(name)}.pdf")
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, render_pdf(paper, now))
    return pack.getvalue()


def score_sheet_pdf(file: VisitFile, member_id: int, now: datetime) -> bytes:
    """Return one expert's printed score sheet.

    Raises:
        NotFound: nobody with this id is on the panel, or they do not score.
    """
    found, self_check, duties = _found(file)
    member = found.member(member_id)
    if member is None or not member.scores:
        raise NotFound(N_("Only the chair and the experts have a score sheet."), "no-sheet", member=member_id)
    return render_pdf(_score_sheet(found, self_check, duties, member), now)


def call_list_pdf(file: VisitFile, actor: Actor, now: datetime) -> bytes:
    """Return the list by which the drawn citizens are called, with what is noted of the calls.

    Of the reserves it has those who came in and as many more as were drawn: nobody else's telephone is needed.

    Raises:
        PermissionDenied: names and telephones are for whoever makes the calls only.
        StageError: nothing is drawn yet, or the time for calls is over.
    """
    with file.reading() as db:
        visit, members, state = visits.read(db), panel.members(db), read_state(db, CITIZENS)
        permit(Act.CALL, panel.member(db, actor.member_id).role, visit.stage)
    if state.result is None:
        raise StageError(N_("Draw the citizens first: then it is known who is to be called."), "not-drawn")
    drawn, reserves = state.result.selected, state.result.reserves
    return render_pdf(
        call_list(visit, [_calls(state, name, drawn[name], reserves[name]) for name in drawn], members), now
    )


def personal_cards_pdf(file: VisitFile, codes: Mapping[int, str], now: datetime, *, hub: str = "") -> bytes:
    """Return the personal cards of these members, to cut apart: the code, and a QR code that signs the tablet in.

    Args:
        codes: by member id; they are known only while they are fresh.
        hub: the address at which tablets reach the hub (``places.hub_address``); without it there are no QR codes.
    """
    with file.reading() as db:
        members, visit = panel.members(db), visits.read(db)
    join = f"{hub}/join/{quote(file.slug)}"
    cards = [
        PersonalCard(member, codes[member.id], f"{join}/{codes[member.id]}" if hub else "")
        for member in members
        if member.id in codes
    ]
    return render_pdf(personal_cards(visit, cards, hub), now)


def draw_kinds(scheme: Scheme) -> tuple[str, ...]:
    """Return the draws a visit by this scheme has."""
    return (*([SITES] if scheme.drawn_sites else []), *([CITIZENS] if scheme.citizen_categories else []))


def _entry(activity: Activity) -> ProgrammeEntry:
    return ProgrammeEntry(
        activity.title,
        activity.text or _UNSAID.get(activity.title, ""),
        activity.draws.value,
        f"{activity.day.month}月{activity.day.day}日" if activity.day else "",
        activity.time,
        activity.place,
        internal=activity.internal,
    )


def _found(file: VisitFile) -> tuple[Preparation, Mapping[str, SelfCheck], Duties]:
    """Read what is prepared, with the panel in the order of papers: chair, experts, secretary."""
    found = preparation(file)
    with file.reading() as db:
        duties, self_check = store.duties(db), application.self_check(db)
    order = [*ROLE_TITLES]
    members = tuple(sorted(found.members, key=lambda one: order.index(one.role)))
    return replace(found, members=members), self_check, duties


def _panel_papers(
    found: Preparation,
    self_check: Mapping[str, SelfCheck],
    duties: Duties,
    entries: Sequence[ProgrammeEntry],
    draws: Mapping[str, DrawState],
) -> Iterator[tuple[str, Papers]]:
    visit, rubric, members = found.visit, found.rubric, found.members
    locked = {kind: state.kept.locked for kind, state in draws.items() if state.kept}
    sites = _drawn_sites(found, draws)
    yield "现场验收日程安排", programme(visit, rubric, entries, members)
    yield "主持词", host_script(visit, rubric, entries, members, locked=locked, sites=[site.name for site in sites])
    yield "回避声明和保密承诺书", [declarations(visit, member) for member in members]
    yield "签到表", [_sign_in(found, entry, draws) for entry in entries]
    for kind in draws:
        code = locked[kind].short_code if kind in locked else ""
        yield f"随机数字卡片（{DRAW_TITLES[kind]}）", contribution_cards(visit, kind, code)
    yield from _slips(found, draws)
    yield "记录表", [minutes_form(visit, entry, members) for entry in entries if entry.draws != SITES]
    if SITES in draws:
        blank: list[Site | None] = [None] * max(rubric.scheme.drawn_sites)
        yield "实地考察记录表", [site_check_form(visit, site) for site in sites or blank]
    for member in members:
        if member.scores and duties.sheet(member.id):  # else the whole group's is on another's sheet, or they recused
            yield f"评分表 {member.name}", _score_sheet(found, self_check, duties, member)


def _applicant_papers(
    found: Preparation, entries: Sequence[ProgrammeEntry], draws: Mapping[str, DrawState]
) -> Iterator[tuple[str, Papers]]:
    yield "现场验收日程安排", programme(found.visit, found.rubric, entries, found.members, for_applicant=True)
    public = [entry for entry in entries if not entry.internal]
    for entry in public:
        opens_or_closes = entry in (public[0], public[-1]) and not entry.draws
        if opens_or_closes or entry.draws == CITIZENS:  # the meetings that the applicant holds
            yield f"签到表（{entry.title}）", _sign_in(found, entry, draws)
    yield from _slips(found, {kind: state for kind, state in draws.items() if kind == SITES})


def _sign_in(found: Preparation, entry: ProgrammeEntry, draws: Mapping[str, DrawState]) -> Document:
    if entry.internal:
        return sign_in_sheet(found.visit, entry, found.members)
    if entry.draws != CITIZENS or CITIZENS not in draws:
        return sign_in_sheet(found.visit, entry, found.members, guest_rows=_GUESTS)
    state = draws[CITIZENS]
    drawn = _drawn(state)
    wanted = sum(quota.k for quota in state.kept.locked.quotas) if state.kept else _CITIZENS
    return sign_in_sheet(
        found.visit, entry, found.members, citizens=[(stratum, state.name(number)) for stratum, number in drawn],
        citizen_rows=_RESERVES if drawn else wanted, guest_rows=_GUESTS // 3,
    )  # fmt: skip


def _slips(found: Preparation, draws: Mapping[str, DrawState]) -> Iterator[tuple[str, Papers]]:
    for kind, state in draws.items():
        if state.kept:
            sites = {number: site for number in state.kept.identities if (site := _site(state, number))}
            slip = locked_list_slip(found.visit, state.kept.locked, state.kept.at, found.members, sites=sites)
            yield f"名单锁定单（{DRAW_TITLES[kind]}）", slip


def _score_sheet(
    found: Preparation, self_check: Mapping[str, SelfCheck], duties: Duties, member: Member
) -> Document:
    figures = {key: figure.reading() for key, figure in found.figures.items()}
    recused = duties.recused_items(found.rubric, member.id)
    return score_sheet(
        found.visit, found.rubric, member, duties.sheet(member.id), figures, recused=recused, self_check=self_check,
        agreed_for=duties.one_mark_group(member.id),
    )  # fmt: skip


def _calls(state: DrawState, category: str, drawn: Sequence[int], reserves: Sequence[int]) -> CategoryCalls:
    assert state.current is not None
    calls = state.current.calls
    replaced_by = {one.gone: one.comes for one in state.substitutions}
    instead_of = {one.comes: one.gone for one in state.substitutions}

    def callee(number: int) -> Callee:
        person = state.person(number)
        phone = person.phone if isinstance(person, Citizen) else ""
        return Callee(
            number, state.name(number), phone, calls.get(number), replaced_by.get(number, 0), instead_of.get(number, 0)
        )

    used = max((place for place, number in enumerate(reserves, 1) if number in instead_of), default=0)
    listed = reserves[: used + len(drawn)]
    return CategoryCalls(category, [*map(callee, drawn)], [*map(callee, listed)], len(reserves) - len(listed))


def _drawn(state: DrawState) -> list[tuple[str, int]]:
    return [(stratum, number) for stratum, numbers in state.standing.items() for number in numbers]


def _drawn_sites(found: Preparation, draws: Mapping[str, DrawState]) -> list[Site]:
    if SITES not in draws:
        return []
    return [site for _, number in _drawn(draws[SITES]) if (site := _site(draws[SITES], number))]


def _site(state: DrawState, number: int) -> Site | None:
    identity = state.kept.identities.get(number) if state.kept else None
    return next((site for site in state.sites if site.identity == identity), None)


def _file_name(text: str) -> str:
    """Drop what some systems do not take in the name of a file."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "", text).strip(" .")
