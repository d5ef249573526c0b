"""A visit in which every free text of every table is hostile, and what each of Streamlit's elements would make of it.

Each text begins with the name of its field, so that whoever finds one interpreted knows where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspection_app.core.cleaning import guess_columns
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.programme import (
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Observation,
    ObservationKind,
    SiteCheck,
)
from inspection_app.core.roster import Site
from inspection_app.core.visit import Appointment, Role, Stage
from inspection_app.errors import InspectionError
from inspection_app.files import read_roster_tables
from inspection_app.services import (
    assign,
    attach,
    bring,
    consolidate,
    dispute,
    draw,
    enlist,
    feed_back,
    hand_in,
    observe,
    pad,
    prepare,
    recuse,
    reopen,
    score,
    seal,
    type_in,
)
from inspection_app.store.evidence import Place
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import (
    CARD_DIGITS,
    CITIZENS,
    DESCRIPTION,
    MARKS,
    NOW,
    PUBLIC_DIGITS,
    ROSTER,
    THIRD,
    Scene,
    create,
    declare_all,
    lock,
    mark_all,
    open_up,
    photo,
    revision,
    seal_up,
)

PIECES = (
    "<script>alert(1)</script>", "**bold**", "[a](javascript:x)", "![x](http://h.example/x)", '=HYPERLINK("http://h.example")', "{{7*7}}",
    "{name}", "../../etc", ":material/home:", "$x^2$", ":red[r]", "`c`", "\u202eRTL",
)  # fmt: skip


def hostile(field: str, most: int = 1000) -> str:
    """As much as fits of every hostile piece, after the field's name; the short fields get Markdown and an icon."""
    pieces = PIECES if most > 200 else ("**bold**", "[a](javascript:x)", ":material/home:")
    return f"{field} {' '.join(pieces)}"[:most]


def tried(service: Callable[..., object], *given: Any, **more: Any) -> None:
    """Enter a text; a service may refuse it in words."""
    try:
        service(*given, **more)
    except InspectionError as error:
        error.text()


def hostile_visit(folder: Path, stage: Stage) -> Scene:
    """A visit at this stage with hostile texts in every field that the way there has."""
    scene = create(folder)
    file, secretary, chair, expert = scene.file, scene.secretary, scene.chair, scene.expert
    prepare.describe_visit(file, secretary, replace(DESCRIPTION, applicant=hostile("applicant"),
                                                    place=hostile("place")), NOW)  # fmt: skip
    third = scene.people[THIRD].member_id
    prepare.change_member(
        file, secretary, third, Appointment(hostile("member", 60), Role.EXPERT, hostile("organisation"), hostile("speciality")),
        NOW,
    )  # fmt: skip
    sites = [Site(hostile(f"site{number}", 60), hostile("address"), hostile("remark")) for number in range(5)]
    prepare.name_sites(file, secretary, sites, NOW)
    (table,) = read_roster_tables(ROSTER.replace(CITIZENS[1], hostile("citizen", 40)).encode())
    tried(enlist.take_roster, file, secretary, table, guess_columns(table.rows), (), NOW)
    if not enlist.roster_changes(file) and not _has_roster(scene):
        enlist.load_roster(file, secretary, ROSTER.encode(), NOW)
    for key, value in (("fund", "0.45"), ("awards", "1")):
        prepare.enter_figure(file, secretary, AgreedFigure(key, value, source=hostile("source")), NOW)
    tried(bring.enter_fact, file, secretary, "located", hostile("fact"), base=0, now=NOW)
    declare_all(scene)
    tried(assign.form_group, file, secretary, hostile("group", 40), hostile("group-speciality"), scene.other.member_id,
          [scene.other.member_id, third], False, NOW)  # fmt: skip
    tried(recuse.propose_recusal, file, secretary, scene.other.member_id, Scope.ITEM, "2", hostile("recusal"), NOW)
    tried(recuse.decide_recusal, file, secretary, 1, hostile("organiser"), False, NOW)
    tried(observe.add_activity, file, secretary, Activity(0, hostile("activity", 60)), NOW)
    activities = observe.programme(file).activities
    tried(observe.take_attendance, file, secretary,
          [Attendance(activities[0].id, Attendee.GUEST, hostile("guest", 60))], NOW)  # fmt: skip
    tried(pad.share_phrases, file, chair, [hostile("phrase", 40)], NOW)
    if stage is Stage.PREPARE:
        tried(reopen.propose_reopening, file, chair, Stage.PREPARE, hostile("reopening"), NOW)
        return scene
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        cards = [(party, hostile(party, 40)) for party in ("applicant", "chair", "neither")]
        draw.begin_ceremony(file, secretary, kind, hostile("ceremony-place", 60), cards, NOW)
        draw.void_ceremony(file, secretary, kind, hostile("void"), NOW)
        draw.begin_ceremony(file, secretary, kind, hostile("ceremony-place", 60), cards, NOW)
        draw.enter_public_digits(file, secretary, kind, PUBLIC_DIGITS, NOW)
        draw.draw_list(file, secretary, kind, CARD_DIGITS, NOW)
    prepare.open_scoring(file, secretary, NOW)
    for one in activities[:3]:
        tried(observe.observe, file, expert, Observation(one.id, ObservationKind.NOTE, hostile("observation")), NOW)
    tried(observe.check_site, file, expert, SiteCheck(1, Agrees.NO, hostile("site-check")), NOW, base=0)
    tried(dispute.dispute_figure, file, expert, "fund", hostile("dispute"), NOW)
    tried(attach.attach, file, expert, photo("red"), Place(item="1"), NOW, caption=hostile("cap", 30), name=hostile("file"))
    tried(attach.attach, file, secretary, photo("blue"), Place(site=sites[0].name), NOW, caption="**bold**", name="x")
    tried(type_in.type_in_item, file, secretary, third, "1", {"1": True, "2": True}, hostile("typed"), base=0, now=NOW)
    if stage is Stage.SCORE:
        mark_all(scene, *list(MARKS)[:2])
        return scene
    for name in MARKS:
        actor = scene.people[name]
        tried(type_in.confirm_typed, file, actor, NOW, seen={"1": 1})
    mark_all(scene)
    for item in ("1", "4"):
        score.answer_item(file, expert, item, {"1": {"points": "0.5", "reason": hostile("part-reason")}} if item == "1"
                          else {"1": {"points": "2.5", "reason": hostile("grade-reason")}}, hostile("note"),
                          base=revision(scene, next(n for n, a in scene.people.items() if a == expert), item), now=NOW)  # fmt: skip
    tried(dispute.settle_dispute, file, secretary, 1, hostile("settled"), NOW)
    open_up(scene)
    tried(hand_in.ask_again, file, chair, expert.member_id, "4", hostile("asked"), NOW)
    for kind in FindingKind:
        tried(feed_back.state_finding, file, secretary, Finding(kind, hostile("finding") + "。", ("4",)), NOW)
    tried(feed_back.state_judgement, file, chair, hostile("judgement"), NOW)
    tried(consolidate.adjudicate, file, chair, "4", "3", hostile("adjudication"), hostile("clause"), NOW)
    tried(consolidate.let_stand, file, chair, "1", hostile("stand"), NOW)
    tried(consolidate.change_method, file, chair, "median", 2, "items", 1, hostile("method-reason"), NOW)
    for veto in ("1", "2"):
        consolidate.decide_veto(file, chair, veto, False, hostile("veto-proof"), NOW)
    consolidate.decide_gate(file, chair, "2", True, hostile("gate-proof"), NOW)
    if stage is Stage.CONSOLIDATE:
        tried(reopen.propose_reopening, file, chair, Stage.SCORE, hostile("reopening"), NOW)
        return scene
    tried(hand_in.withdraw_asking, file, chair, 1, NOW)
    consolidate.recommend(file, chair, Recommendation.PASS, NOW)
    seal_up(scene)
    tried(seal.issue, file, secretary, hostile("document"), hostile("recipient"), b"%PDF-1.7\n%%EOF\n", NOW)
    tried(seal.attach_scan, file, secretary, hostile("scan"), photo(), NOW)
    tried(reopen.propose_reopening, file, chair, Stage.CONSOLIDATE, hostile("reopening"), NOW)
    return scene


def _has_roster(scene: Scene) -> bool:
    return bool(draw.draw_state(scene.file, draw.CITIZENS))


# --- what Streamlit makes of a text ---------------------------------------------------------------------------------

MARKDOWN = {
    "markdown": ("body", "help"), "heading": ("body", "help"), "alert": ("body",), "toast": ("body",),
    "button": ("label", "help"), "download_button": ("label", "help"), "link_button": ("label", "help"),
    "page_link": ("label", "help"), "checkbox": ("label", "help"), "radio": ("label", "help", "options", "captions"),
    "selectbox": ("label", "help"), "multiselect": ("label", "help"), "text_input": ("label", "help"),
    "text_area": ("label", "help"), "number_input": ("label", "help"), "slider": ("label", "help"),
    "date_input": ("label", "help"), "time_input": ("label", "help"), "file_uploader": ("label", "help"),
    "camera_input": ("label", "help"), "metric": ("label", "body", "delta", "help"), "progress": ("text",),
    "spinner": ("text",), "expandable": ("label",), "tab": ("label",), "popover": ("label", "help"), "dialog": ("title",),
    "button_group": ("label", "help", "options.content"), "imgs": ("imgs.caption",),
}  # fmt: skip
"""The fields of Streamlit's elements that are Markdown; the others show their text as it is."""

INTERPRETED = (
    (re.compile(r"(?<!\\)\*\*bold(?<!\\)\*\*"), "bold"), (re.compile(r"(?<!\\)\[a(?<!\\)\]\("), "a link"),
    (re.compile(r"(?<!\\)\$x\^2"), "a formula"), (re.compile(r":material/"), "an icon"),
    (re.compile(r"(?<!\\)`c`"), "code"), (re.compile(r":red(?<!\\)\["), "a colour"), (re.compile(r"https?://"), "a link"),
)  # fmt: skip


def interpreted(element: str, text: str) -> list[str]:
    """Say what of a text would be more than text in this element."""
    if element == "html":
        return ["HTML"] if re.search(r"<script>alert|<b>粗", text) else []
    return [what for pattern, what in INTERPRETED if pattern.search(text)]


def fields(proto: Any, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        first, _, rest = name.partition(".")
        found = getattr(proto, first, "")
        for one in [found] if isinstance(found, str) or hasattr(found, "DESCRIPTOR") else list(found):
            yield from fields(one, (rest,)) if rest else [str(one)]
