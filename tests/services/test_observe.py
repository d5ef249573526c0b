"""On site: the programme and what is recorded in it, by whom, and what happens when two people edit the same thing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from inspection_app.core.duties import Scope
from inspection_app.core.programme import (
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Draws,
    Observation,
    ObservationKind,
    Programme,
    SiteCheck,
)
from inspection_app.core.roster import Site
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, StageError
from inspection_app.services import draw, observe, prepare, recuse
from tests.services.conftest import (
    CHAIR,
    CITIZENS,
    EXPERT,
    MEMBERS,
    NOW,
    SITES,
    Copy,
    Scene,
    hold,
    lock,
    log_of,
    refused,
    rows,
    scene_at,
)

LATER = NOW + timedelta(minutes=7)
TITLES = ["预备会", "实地考察", "群众座谈", "内部评议"]
PREPARING, VISITS, MEETING, REVIEW = 1, 2, 3, 4
NOTE = Observation(PREPARING, ObservationKind.NOTE, "日程已经确认。")


def _drawn(folder: Path) -> Scene:
    return scene_at(folder, Stage.SCORE)


@pytest.fixture
def drawn(copied: Copy, tmp_path: Path) -> Scene:
    """Both draws are held, scoring is open."""
    return copied(_drawn, tmp_path)


def held(scene: Scene) -> Programme:
    return observe.programme(scene.file)


def titles(scene: Scene) -> list[str]:
    return [activity.title for activity in held(scene).activities]


def activity(scene: Scene, id_: int) -> Activity:
    return next(one for one in held(scene).activities if one.id == id_)


def selected(scene: Scene, kind: str) -> Mapping[int, str]:
    """Who or what is drawn, names by number, asked of the draw itself."""
    state = draw.draw_state(scene.file, kind)
    assert state.result is not None
    return {number: state.name(number) for numbers in state.result.selected.values() for number in numbers}


def here(scene: Scene, id_: int, kind: Attendee) -> list[str]:
    found = held(scene)
    return [found.name(kind, one.who) for one in found.present(activity(scene, id_), kind)]


# --- the programme -------------------------------------------------------------------------------------------------


def test_the_programme_is_the_schemes_until_somebody_uses_it(prepared: Scene) -> None:
    """Reading stores nothing; the first record stores what was shown, under the same ids."""
    shown = held(prepared)
    assert [one.title for one in shown.activities] == TITLES
    assert rows(prepared, "activity") == []
    observe.observe(prepared.file, prepared.expert, NOTE, NOW)
    assert held(prepared).activities == shown.activities
    assert [row["id"] for row in rows(prepared, "activity")] == [1, 2, 3, 4]


def test_a_refused_use_stores_no_programme(prepared: Scene) -> None:
    """The programme is stored together with the act that needed it, or not at all."""
    with refused(prepared, InspectionError, "no-text"):
        observe.observe(prepared.file, prepared.expert, replace(NOTE, text=" "), NOW)


def test_the_office_fits_the_programme_to_the_visit(prepared: Scene) -> None:
    """Add, rename with day, time and place, move to both ends, take out and bring back; the official text stays."""
    file, secretary = prepared.file, prepared.secretary
    added = observe.add_activity(file, secretary, Activity(0, " 夜间走访 ", draws=Draws.NOTHING), NOW)
    assert titles(prepared) == [*TITLES, "夜间走访"]
    base = activity(prepared, VISITS)
    changed = replace(base, title="实地核查", day=date(2026, 5, 13), time="9:00", place="各点", draws=Draws.NOTHING)
    observe.change_activity(file, secretary, changed, NOW, base=base)
    assert activity(prepared, VISITS) == replace(changed, draws=Draws.SITES)
    observe.move_activity(file, prepared.chair, added, -2, NOW)
    assert titles(prepared) == ["预备会", "实地核查", "夜间走访", "群众座谈", "内部评议"]
    observe.move_activity(file, secretary, added, -9, NOW)
    observe.move_activity(file, secretary, PREPARING, 9, NOW)
    assert titles(prepared) == ["夜间走访", "实地核查", "群众座谈", "内部评议", "预备会"]
    observe.withdraw_activity(file, secretary, MEETING, NOW)
    assert titles(prepared) == ["夜间走访", "实地核查", "内部评议", "预备会"]
    assert [one.title for one in held(prepared).withdrawn] == ["群众座谈"]
    observe.withdraw_activity(file, secretary, MEETING, NOW, back=True)
    assert titles(prepared) == ["夜间走访", "实地核查", "群众座谈", "内部评议", "预备会"]


def test_a_programme_can_be_emptied(prepared: Scene) -> None:
    """Taking everything out does not bring the scheme's programme back by itself."""
    for id_ in (1, 2, 3, 4):
        observe.withdraw_activity(prepared.file, prepared.chair, id_, NOW)
    assert held(prepared).activities == ()
    with refused(prepared, NotFound, "no-activity"):
        observe.observe(prepared.file, prepared.expert, NOTE, NOW)


def test_an_activity_that_was_held_stays(drawn: Scene) -> None:
    """What somebody recorded cannot vanish with its activity; withdrawn first, it may."""
    file, chair = drawn.file, drawn.chair
    noted = observe.observe(file, chair, NOTE, NOW)
    with refused(drawn, StageError, "activity-held"):
        observe.withdraw_activity(file, chair, PREPARING, NOW)
    observe.withdraw_observation(file, chair, noted, NOW)
    observe.withdraw_activity(file, chair, PREPARING, NOW)
    with refused(drawn, NotFound, "no-activity"):
        observe.withdraw_observation(file, chair, noted, NOW, back=True)
    observe.check_site(file, chair, SiteCheck(min(selected(drawn, draw.SITES)), Agrees.YES), NOW, base=0)
    with refused(drawn, StageError, "activity-held"):
        observe.withdraw_activity(file, chair, VISITS, NOW)


def test_an_activity_that_is_not_there(prepared: Scene) -> None:
    """An id the programme does not have is refused by every act on activities."""
    file, chair = prepared.file, prepared.chair
    for attempt in (
        lambda: observe.change_activity(file, chair, Activity(9, "座谈"), NOW, base=Activity(9, "座谈")),
        lambda: observe.move_activity(file, chair, 9, 1, NOW),
        lambda: observe.withdraw_activity(file, chair, 9, NOW),
        lambda: observe.take_attendance(file, chair, [Attendance(9, Attendee.GUEST, "申必达")], NOW),
    ):
        with refused(prepared, NotFound, "no-activity"):
            attempt()


def test_two_people_change_one_activity(prepared: Scene) -> None:
    """The second sees both and saves nothing; that somebody else moved it in between is no conflict."""
    file, base = prepared.file, activity(prepared, MEETING)
    observe.change_activity(file, prepared.secretary, replace(base, place="一楼"), NOW, base=base)
    with refused(prepared, InspectionError, "changed-elsewhere") as caught:
        observe.change_activity(file, prepared.chair, replace(base, place="三楼"), LATER, base=base)
    assert "“群众座谈 / 一楼”" in caught.value.text()
    assert "“群众座谈 / 三楼”" in caught.value.text()
    observe.change_activity(file, prepared.chair, replace(base, place="一楼"), LATER, base=base)  # the same words
    newest = activity(prepared, MEETING)
    observe.move_activity(file, prepared.secretary, MEETING, -1, LATER)
    observe.change_activity(file, prepared.chair, replace(newest, place="三楼"), LATER, base=newest)
    assert activity(prepared, MEETING).place == "三楼"
    assert titles(prepared) == ["预备会", "群众座谈", "实地考察", "内部评议"]


# --- attendance ----------------------------------------------------------------------------------------------------


def test_attendance_is_taken(drawn: Scene) -> None:
    """Members by id, drawn citizens by number, guests by name; whoever is not named stays as marked."""
    file, secretary, numbers = drawn.file, drawn.secretary, list(selected(drawn, draw.CITIZENS))
    chair, expert = (str(drawn.people[name].member_id) for name in (CHAIR, EXPERT))
    observe.take_attendance(
        file, secretary,
        [Attendance(MEETING, Attendee.MEMBER, chair), Attendance(MEETING, Attendee.MEMBER, expert),
         Attendance(MEETING, Attendee.CITIZEN, str(numbers[0])), Attendance(MEETING, Attendee.CITIZEN, str(numbers[1])),
         Attendance(MEETING, Attendee.GUEST, " 申　必达 ", True, " 局长 ")], NOW,
    )  # fmt: skip
    observe.take_attendance(file, drawn.chair, [Attendance(MEETING, Attendee.MEMBER, expert, False, "请假")], LATER)
    assert here(drawn, MEETING, Attendee.MEMBER) == [CHAIR]
    assert here(drawn, MEETING, Attendee.CITIZEN) == [selected(drawn, draw.CITIZENS)[n] for n in numbers[:2]]
    assert here(drawn, MEETING, Attendee.GUEST) == ["申 必达"]
    found, meeting = held(drawn), activity(drawn, MEETING)
    assert [one.who for one in found.absent(meeting, Attendee.CITIZEN)] == [str(n) for n in numbers[2:]]
    assert {one.remark for one in found.absent(meeting, Attendee.MEMBER)} == {"", "请假"}
    assert not found.taken(activity(drawn, REVIEW), Attendee.MEMBER)


def test_who_cannot_be_there(drawn: Scene) -> None:
    """Strangers, citizens who are not drawn or at an activity without, a guest without a name: nobody is marked."""
    numbers = selected(drawn, draw.CITIZENS)
    reserve = next(number for number in range(1, len(CITIZENS) + 1) if number not in numbers)
    fine = Attendance(MEETING, Attendee.GUEST, "申必达")
    for one, error, code in (
        (Attendance(MEETING, Attendee.MEMBER, "99"), NotFound, "no-member"),
        (Attendance(MEETING, Attendee.CITIZEN, str(reserve)), StageError, "not-drawn"),
        (Attendance(VISITS, Attendee.CITIZEN, str(min(numbers))), InspectionError, "no-citizens-here"),
        (Attendance(VISITS, Attendee.GUEST, " "), InspectionError, "no-name"),
    ):
        with refused(drawn, error, code):
            observe.take_attendance(drawn.file, drawn.secretary, [fine, one], NOW)


def test_before_the_draw_no_citizen_is_there(prepared: Scene) -> None:
    """The refusal says what to do."""
    with refused(prepared, StageError, "not-drawn") as caught:
        observe.take_attendance(prepared.file, prepared.chair, [Attendance(MEETING, Attendee.CITIZEN, "1")], NOW)
    assert "Hold the draw first" in caught.value.text()


def test_who_came_in_anothers_place_is_on_record(drawn: Scene) -> None:
    """Beside whoever is away; whoever comes after all needs nobody, and the log holds no name."""
    number, other, *_ = map(str, selected(drawn, draw.CITIZENS))
    away = Attendance(MEETING, Attendee.CITIZEN, number, False, "住院", " 王小明 ")
    observe.take_attendance(drawn.file, drawn.secretary, [away], NOW)
    (kept, *_others) = held(drawn).absent(activity(drawn, MEETING), Attendee.CITIZEN)
    assert kept == replace(away, stand_in="王小明")
    assert "王小明" not in str(log_of(drawn)[-1].details)
    with refused(drawn, InspectionError, "stands-in-twice"):
        observe.take_attendance(drawn.file, drawn.secretary, [replace(away, who=other)], NOW)
    observe.take_attendance(drawn.file, drawn.secretary, [Attendance(MEETING, Attendee.CITIZEN, number)], LATER)
    (kept,) = held(drawn).present(activity(drawn, MEETING), Attendee.CITIZEN)
    assert kept == Attendance(MEETING, Attendee.CITIZEN, number)


# --- observations --------------------------------------------------------------------------------------------------


def test_everybody_observes(drawn: Scene) -> None:
    """Tied to an item, a drawn site and a person, or to nothing; with who noted it and when."""
    site = min(selected(drawn, draw.SITES))
    tied = Observation(VISITS, ObservationKind.QUESTION, "产能多少？", "章北川", "2", site)
    for actor, observation in ((drawn.expert, tied), (drawn.secretary, NOTE), (drawn.chair, NOTE)):
        observe.observe(drawn.file, actor, observation, NOW)
    first, second, third = held(drawn).observations
    assert first == replace(tied, id=1, by=drawn.expert.member_id, at=NOW)
    assert (second.by, third.by) == (drawn.secretary.member_id, drawn.chair.member_id)
    assert held(drawn).observed(activity(drawn, VISITS)) == (first,)


def test_what_a_record_cannot_be_tied_to(drawn: Scene) -> None:
    """An unknown item and a site that is not drawn are refused."""
    sites = selected(drawn, draw.SITES)
    spare = next(number for number in range(1, len(SITES) + 1) if number not in sites)
    with refused(drawn, NotFound, "unknown-item"):
        observe.observe(drawn.file, drawn.expert, replace(NOTE, item="99"), NOW)
    with refused(drawn, StageError, "site-not-drawn"):
        observe.observe(drawn.file, drawn.expert, replace(NOTE, site=spare), NOW)


def test_ones_own_record_is_reworded_and_withdrawn(drawn: Scene) -> None:
    """New words under the same id; withdrawn it is gone, brought back it is there; somebody else's stays as it is."""
    file, expert = drawn.file, drawn.expert
    id_ = observe.observe(file, expert, NOTE, NOW)
    base = held(drawn).observations[0]
    wanted = Observation(REVIEW, ObservationKind.OPINION, "先看台账。", item="1", id=id_)
    observe.reword_observation(file, expert, wanted, LATER, base=base)
    assert held(drawn).observations == (replace(wanted, by=expert.member_id, at=LATER),)
    for attempt in (
        lambda: observe.reword_observation(file, drawn.chair, wanted, LATER, base=base),
        lambda: observe.withdraw_observation(file, drawn.secretary, id_, LATER),
    ):
        with refused(drawn, PermissionDenied, "not-yours"):
            attempt()
    observe.withdraw_observation(file, expert, id_, LATER)
    assert held(drawn).observations == ()
    with refused(drawn, NotFound, "withdrawn"):
        observe.reword_observation(file, expert, wanted, LATER, base=base)
    observe.withdraw_observation(file, expert, id_, LATER, back=True)
    assert [one.text for one in held(drawn).observations] == ["先看台账。"]


def test_one_record_on_two_screens(drawn: Scene) -> None:
    """The second screen is shown both wordings and saves nothing; the wording that is there already is no conflict."""
    file, expert = drawn.file, drawn.expert
    observe.observe(file, expert, NOTE, NOW)
    base = held(drawn).observations[0]
    observe.reword_observation(file, expert, replace(base, text="其一"), LATER, base=base)
    with refused(drawn, InspectionError, "changed-elsewhere") as caught:
        observe.reword_observation(file, expert, replace(base, text="其二"), LATER, base=base)
    assert "“Observation / 其一”" in caught.value.text()
    assert "“Observation / 其二”" in caught.value.text()
    observe.reword_observation(file, expert, replace(base, text="其一"), LATER, base=base)
    newest = held(drawn).observations[0]
    observe.reword_observation(file, expert, replace(base, text="其二"), LATER, base=newest)
    assert held(drawn).observations[0].text == "其二"


# --- site checks ---------------------------------------------------------------------------------------------------


def test_a_drawn_site_is_checked(drawn: Scene) -> None:
    """The latest check counts, earlier ones stay on file, and saving the same again adds none."""
    site = min(selected(drawn, draw.SITES))
    wanted = SiteCheck(site, Agrees.PARTLY, " 产能不符 ", "车间主任", "台账")
    first = observe.check_site(drawn.file, drawn.expert, wanted, NOW, base=0)
    assert held(drawn).checks == {site: first}
    assert (first.note, first.by, first.at) == ("产能不符", drawn.expert.member_id, NOW)
    assert observe.check_site(drawn.file, drawn.other, wanted, LATER, base=0) == first
    second = observe.check_site(drawn.file, drawn.chair, SiteCheck(site, Agrees.YES), LATER, base=first.id)
    assert held(drawn).checks == {site: second}
    assert [row["agrees"] for row in rows(drawn, "site_check")] == ["partly", "yes"]


def test_two_people_check_one_site(drawn: Scene) -> None:
    """The second sees both and nothing is saved; checking another site meanwhile is no conflict."""
    one, two, *_ = selected(drawn, draw.SITES)
    observe.check_site(drawn.file, drawn.other, SiteCheck(two, Agrees.YES), NOW, base=0)
    observe.check_site(drawn.file, drawn.expert, SiteCheck(one, Agrees.NO, "已停产"), NOW, base=0)
    with refused(drawn, InspectionError, "changed-elsewhere") as caught:
        observe.check_site(drawn.file, drawn.chair, SiteCheck(one, Agrees.YES, "在生产"), LATER, base=0)
    assert "“Does not agree / 已停产”" in caught.value.text()
    assert "“Agrees / 在生产”" in caught.value.text()


def test_before_the_draw_no_site_is_checked(prepared: Scene) -> None:
    """The refusal says what to do; a list that is locked is not drawn yet, either."""
    for _ in range(2):
        with refused(prepared, StageError, "not-drawn") as caught:
            observe.check_site(prepared.file, prepared.expert, SiteCheck(1, Agrees.YES), NOW, base=0)
        assert "Hold the draw first" in caught.value.text()
        if not prepare.preparation(prepared.file).sites_locked:
            lock(prepared)


def test_a_site_that_is_not_drawn_is_not_checked(drawn: Scene) -> None:
    """Two of the five candidates stay unvisited."""
    spare = next(number for number in range(1, len(SITES) + 1) if number not in selected(drawn, draw.SITES))
    with refused(drawn, StageError, "site-not-drawn"):
        observe.check_site(drawn.file, drawn.expert, SiteCheck(spare, Agrees.YES), NOW, base=0)


def test_whoever_is_recused_from_a_site_does_not_check_it(drawn: Scene) -> None:
    """Not that one, and recused from the visit none; another site, and another expert, as ever. A recusal that is only
    proposed changes nothing."""
    (one, name), (two, _), *_ = selected(drawn, draw.SITES).items()
    file, secretary, expert = drawn.file, drawn.secretary, drawn.expert
    id_ = recuse.propose_recusal(file, secretary, expert.member_id, Scope.SITE, name, "曾任厂长", NOW)
    first = observe.check_site(file, expert, SiteCheck(one, Agrees.YES), NOW, base=0)
    recuse.decide_recusal(file, secretary, id_, "省质量办", True, NOW)
    with refused(drawn, StageError, "recused") as caught:
        observe.check_site(file, expert, SiteCheck(one, Agrees.NO, "停产"), NOW, base=first.id)
    assert name in caught.value.text()
    observe.check_site(file, expert, SiteCheck(two, Agrees.YES), NOW, base=0)
    observe.check_site(file, drawn.other, SiteCheck(one, Agrees.NO, "停产"), NOW, base=first.id)
    id_ = recuse.propose_recusal(file, secretary, drawn.other.member_id, Scope.VISIT, "", "亲属任职", NOW)
    recuse.decide_recusal(file, secretary, id_, "省质量办", True, NOW)
    with refused(drawn, StageError, "recused"):
        observe.check_site(file, drawn.other, SiteCheck(two, Agrees.NO, "停产"), NOW, base=0)


def test_a_number_is_somebody_elses_after_a_new_lock(drawn: Scene) -> None:
    """Voided, unlocked, another list locked and drawn: what was said of a number before counts for nobody now, and the
    record itself stays."""
    file, secretary = drawn.file, drawn.secretary
    for number in selected(drawn, draw.SITES):
        observe.check_site(file, drawn.expert, SiteCheck(number, Agrees.YES), NOW, base=0)
        observe.observe(file, drawn.expert, replace(NOTE, activity=VISITS, site=number), NOW)
    for number in selected(drawn, draw.CITIZENS):
        observe.take_attendance(file, secretary, [Attendance(MEETING, Attendee.CITIZEN, str(number))], NOW)
    for kind in (draw.SITES, draw.CITIZENS):
        draw.void_ceremony(file, secretary, kind, "名单有误", NOW)
        assert held(drawn).checks == {}
        draw.unlock_list(file, secretary, kind, "名单有误", NOW)
    prepare.name_sites(file, secretary, [Site(f"新{n}", "", "") for n in range(5)], NOW)
    draw.lock_sites(file, secretary, 3, entropy=os.urandom, now=LATER)
    draw.lock_citizens(file, secretary, {"群众代表": 6, "人大代表": 4, "政协委员": 2}, entropy=os.urandom, now=LATER)
    hold(drawn)
    hold(drawn, draw.CITIZENS)
    found = held(drawn)
    assert len(found.sites) == 3
    assert len(found.citizens) == len(CITIZENS)
    assert found.checks == {}
    assert found.attendance == ()
    assert {one.site for one in found.observations} == {0}
    assert len(rows(drawn, "site_check")) == len(found.observations) == 3
    number = min(found.sites)
    observe.check_site(file, drawn.expert, SiteCheck(number, Agrees.YES), LATER, base=0)
    assert set(held(drawn).checks) == {number}


# --- what is read and logged ---------------------------------------------------------------------------------------


def test_the_programme_names_what_is_drawn(drawn: Scene) -> None:
    """Sites and citizens by number in the order of the draw; of a citizen no more than name and category."""
    found = held(drawn)
    assert {number: site.name for number, site in found.sites.items()} == selected(drawn, draw.SITES)
    assert list(found.citizens) == list(selected(drawn, draw.CITIZENS))
    assert {number: one.name for number, one in found.citizens.items()} == selected(drawn, draw.CITIZENS)
    assert {one.phone + one.id_number + one.gender for one in found.citizens.values()} == {""}


def test_the_log_tells_nothing_about_people(drawn: Scene) -> None:
    """Names, titles and words enter the log as digests; numbers and kinds as they are."""
    file, expert, site = drawn.file, drawn.expert, min(selected(drawn, draw.SITES))
    before = len(log_of(drawn))
    added = observe.add_activity(file, drawn.chair, Activity(0, "走访申必达", place="申宅"), NOW)
    observe.take_attendance(file, drawn.chair, [Attendance(added, Attendee.GUEST, "申必达", True, "局长")], NOW)
    observe.observe(file, expert, Observation(added, ObservationKind.OPINION, "申必达说好", "申必达", "1", site), NOW)
    observe.check_site(file, expert, SiteCheck(site, Agrees.NO, "申必达说停产", "申必达", "申记台账"), NOW, base=0)
    entries = log_of(drawn)[before:]
    assert [entry.act for entry in entries] == ["plan-activities", "take-attendance", "observe", "check-site"]
    for words in ("申", "局长", *MEMBERS, *selected(drawn, draw.CITIZENS).values()):
        assert not any(words in str(entry.details) for entry in entries)
    assert entries[2].details["item"] == "1"
    assert entries[3].details["agrees"] == "no"
