"""The public screen tells the room what it has heard already, and nothing else."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from inspection_app.errors import InspectionError, NotFound, PermissionDenied, StageError
from inspection_app.public_screen import picture, time_left
from inspection_app.services import draw, observe, screen
from inspection_app.services.draw import CITIZENS, SITES
from inspection_app.services.screen import PublicDraw, PublicScreen, Shows, Step
from tests.services.acts import public_activity
from tests.services.conftest import (
    CARD_DIGITS,
    CHAIR,
    DESCRIPTION,
    NOW,
    PUBLIC_DIGITS,
    QUOTAS,
    Scene,
    begin,
    hold,
    lock,
    refused,
)
from tests.services.conftest import CITIZENS as PEOPLE
from tests.services.conftest import SITES as PLACES


def lead(scene: Scene, shows: Shows, at: datetime = NOW) -> None:
    screen.lead_screen(scene.file, scene.secretary, shows, at)


def seen(scene: Scene, seconds: float = 0) -> PublicScreen:
    return screen.public_screen(scene.file, NOW + timedelta(seconds=seconds))


def seen_draw(scene: Scene, kind: str = SITES, seconds: float = 0) -> PublicDraw:
    found = seen(scene, seconds).draw(kind)
    assert found
    return found


def test_before_anybody_leads_it_shows_the_welcome(new: Scene) -> None:
    """Applicant and dates, and no draw behind them."""
    found = seen(new)
    assert (found.shows, found.applicant, found.starts) == (
        Shows.WELCOME, DESCRIPTION.applicant, DESCRIPTION.starts
    )  # fmt: skip
    assert (found.draws, found.agenda) == ((), ())


def test_it_holds_only_what_its_picture_shows(consolidating: Scene) -> None:
    """Hiding everything leaves nothing behind the picture that somebody could look up; a draw's picture holds that one
    draw."""
    kinds = {
        Shows.WELCOME: [], Shows.AGENDA: [], Shows.LISTS: [SITES, CITIZENS], Shows.SITES: [SITES],
        Shows.CITIZENS: [CITIZENS], Shows.THANKS: [],
    }  # fmt: skip
    for shows, expected in kinds.items():
        lead(consolidating, shows)
        found = seen(consolidating)
        assert [one.kind for one in found.draws] == expected
        assert bool(found.agenda) == (shows is Shows.AGENDA)


def test_the_agenda_leaves_out_the_panels_own_meetings(prepared: Scene) -> None:
    """The room is told what it is part of."""
    lead(prepared, Shows.AGENDA)
    titles = {one.title for one in seen(prepared).agenda}
    assert {"实地考察", "群众座谈"} <= titles
    assert titles.isdisjoint({"预备会", "内部评议"})


def test_each_step_as_it_happens(prepared: Scene) -> None:
    """Lock, cards, digits one by one, cards open, drawn: the picture follows, and shows no digit of a closed card."""
    lead(prepared, Shows.SITES)
    told = [seen_draw(prepared)]
    lock(prepared)
    told.append(seen_draw(prepared))
    begin(prepared)
    told.append(seen_draw(prepared))
    draw.note_digits_so_far(prepared.file, prepared.secretary, SITES, "31", NOW)
    told.append(seen_draw(prepared))
    draw.enter_public_digits(prepared.file, prepared.secretary, SITES, PUBLIC_DIGITS, NOW)
    told.append(seen_draw(prepared))
    draw.draw_list(prepared.file, prepared.secretary, SITES, CARD_DIGITS, NOW)
    told.append(seen_draw(prepared, seconds=60))
    assert [one.step for one in told] == [Step.LOCK, Step.CARDS, Step.DIGITS, Step.DIGITS, Step.OPEN, Step.DRAWN]
    assert [one.digits for one in told] == ["", "", "", "31", PUBLIC_DIGITS, PUBLIC_DIGITS]
    kept = draw.draw_state(prepared.file, SITES).kept
    assert kept
    assert all(one.locked and one.locked.short_code == kept.locked.short_code for one in told[1:])
    assert ("chair", CHAIR) in told[2].witnesses
    assert told[-1].complete
    assert {ticket.name for ticket in told[-1].tickets} <= {site.name for site in PLACES}


def test_tickets_appear_one_after_the_other(prepared: Scene) -> None:
    """One at once, the next every two seconds; put on the screen again they begin again; or all at a time."""
    lead(prepared, Shows.SITES)
    lock(prepared)
    hold(prepared)

    def count(seconds: float) -> int:
        return len(seen_draw(prepared, seconds=seconds).tickets)

    assert [count(seconds) for seconds in (0, 1.9, 2, 4, 99)] == [1, 1, 2, 3, 3]
    assert not seen_draw(prepared, seconds=2).complete
    lead(prepared, Shows.SITES, NOW + timedelta(minutes=5))
    assert [count(seconds) for seconds in (300, 302, 304)] == [1, 2, 3]
    lead(prepared, Shows.SITES, NOW + timedelta(minutes=9))
    screen.show_whole_order(prepared.file, prepared.secretary, NOW + timedelta(minutes=9))
    assert count(540) == 3


def test_no_citizen_is_named(prepared: Scene) -> None:
    """Numbers only; by the secretary's choice masked names; a whole name never."""
    lead(prepared, Shows.CITIZENS)
    lock(prepared, CITIZENS)
    hold(prepared, CITIZENS)
    tickets = seen_draw(prepared, CITIZENS, 600).tickets
    assert len(tickets) == sum(QUOTAS.values())
    assert {ticket.name for ticket in tickets} == {""}
    screen.name_citizens(prepared.file, prepared.secretary, True, NOW)
    found = seen(prepared, 600)
    masked = {ticket.name for one in found.draws for ticket in one.tickets}
    assert masked <= {f"{name[0]}*{name[-1]}" for name in PEOPLE}
    assert "" not in masked
    assert [name for name in PEOPLE if name in repr(found)] == []


def test_a_rehearsal_is_marked_and_a_voided_ceremony_told(prepared: Scene) -> None:
    """The screen says which of the two it shows, and tells voided ceremonies with number and reason."""
    lead(prepared, Shows.SITES)
    draw.lock_sites(prepared.file, prepared.secretary, 3, entropy=os.urandom, now=NOW, rehearsal=True)
    assert seen_draw(prepared).rehearsal
    draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    assert not seen_draw(prepared).rehearsal
    lock(prepared)
    begin(prepared)
    draw.void_ceremony(prepared.file, prepared.secretary, SITES, "组长卡片被撤回", NOW)
    assert seen_draw(prepared).voided == ((1, "组长卡片被撤回"),)


def test_only_secretary_and_chair_lead_it(consolidating: Scene) -> None:
    """Experts do not; a finished visit still says thanks."""
    with refused(consolidating, PermissionDenied, "role-may-not"):
        screen.lead_screen(consolidating.file, consolidating.expert, Shows.THANKS, NOW)
    screen.lead_screen(consolidating.file, consolidating.chair, Shows.THANKS, NOW)
    assert seen(consolidating).shows is Shows.THANKS


def test_whatever_the_file_was_last_the_picture_is_of_now(prepared: Scene) -> None:
    """A picture that is kept for speed never outlives a change of the visit."""
    lead(prepared, Shows.LISTS)
    assert [one.locked for one in seen(prepared).draws] == [None, None]
    lock(prepared)
    assert [one.locked is None for one in seen(prepared).draws] == [False, True]
    draw.unlock_list(prepared.file, prepared.secretary, SITES, "名单有误", NOW)
    assert [one.locked for one in seen(prepared).draws] == [None, None]


# --- the clock ------------------------------------------------------------------------------------------------------


def start(scene: Scene, minutes: int = 10, seconds: float = 0) -> None:
    at = NOW + timedelta(seconds=seconds)
    screen.start_clock(scene.file, scene.secretary, public_activity(scene).id, minutes, at)


def left(scene: Scene, seconds: float) -> int:
    told = time_left(seen(scene, seconds), NOW + timedelta(seconds=seconds))
    assert told
    return int(told["seconds"])


def test_a_clock_brings_the_agenda_and_counts_down(prepared: Scene) -> None:
    """From a screen that shows nothing else it goes to the agenda; the picture stays the same while time goes on."""
    start(prepared)
    found = seen(prepared, 1)
    assert found.shows is Shows.AGENDA
    assert found.clock
    assert found.clock.of == public_activity(prepared).title
    assert [left(prepared, seconds) for seconds in (0, 59, 600, 690)] == [600, 541, 0, -90]
    assert picture(seen(prepared, 1)) == picture(seen(prepared, 500))
    assert [one["title"] for one in picture(found)["agenda"] if one["now"]] == [found.clock.of]


def test_a_minute_more_and_the_end(prepared: Scene) -> None:
    """A minute is added to what is left; where nothing is left, it is a minute from now; stopped, there is none."""
    start(prepared)
    screen.give_a_minute(prepared.file, prepared.secretary, NOW)
    assert left(prepared, 0) == 660
    screen.give_a_minute(prepared.file, prepared.secretary, NOW + timedelta(minutes=20))
    assert left(prepared, 20 * 60) == 60
    screen.stop_clock(prepared.file, prepared.secretary, NOW)
    assert time_left(seen(prepared), NOW) is None
    with refused(prepared, StageError, "no-clock"):
        screen.give_a_minute(prepared.file, prepared.secretary, NOW)


def test_another_picture_keeps_the_clock_and_hiding_everything_hides_it(prepared: Scene) -> None:
    """It runs on behind the picture that hides everything, and is there again with the next one."""
    lead(prepared, Shows.LISTS)
    start(prepared)
    assert seen(prepared).shows is Shows.LISTS
    lead(prepared, Shows.WELCOME)
    assert time_left(seen(prepared, 30), NOW + timedelta(seconds=30)) is None
    lead(prepared, Shows.THANKS)
    assert left(prepared, 30) == 570


def test_a_clock_is_of_an_activity_that_the_room_is_part_of(prepared: Scene) -> None:
    """Not of the panel's own meetings, of none that there is, and for no time that makes no sense."""
    (own, *_) = (one for one in observe.programme(prepared.file).activities if one.internal)
    for activity, minutes, error, code in (
        (own.id, 10, StageError, "internal"),
        (999, 10, NotFound, "no-activity"),
        (public_activity(prepared).id, 0, InspectionError, "no-such-time"),
        (public_activity(prepared).id, screen.MOST_MINUTES + 1, InspectionError, "no-such-time"),
    ):
        with refused(prepared, error, code):
            screen.start_clock(prepared.file, prepared.secretary, activity, minutes, NOW)
