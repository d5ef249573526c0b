"""The public screen: what the room may see, led by the secretary or the chair, read by anybody without signing in.

Whatever stands in ``PublicScreen`` is public. It is put together here from the visit, the programme and the two draws
and from nothing else: no marks, no notes, and of citizens no more than number and category, with a masked name where
the secretary wants it. It does not say anything in words (``public_screen`` does) and keeps no picture of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from pathlib import Path

from sqlite_utils import Database

from inspection_app.core.certificate import TICKET_CHARACTERS, entropy
from inspection_app.core.draw import DrawResult
from inspection_app.core.roster import Citizen
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, InspectionError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.draw import CITIZENS, SITES, DrawState, read_on_the_table
from inspection_app.services.observe import programme
from inspection_app.services.prepare import rubric_of
from inspection_app.store import log, screen, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.screen import Clock, Led

TICKET_SECONDS = 2.0
"""A ticket of the order appears every so many seconds, faster where there are many: all of them within a minute."""
_MOST_SECONDS = 60.0
MOST_MINUTES = 600
"""The longest time that a clock is set to."""
_ONE_MORE = timedelta(minutes=1)


class Shows(StrEnum):
    """The pictures of the public screen. WELCOME tells nothing but the visit: it hides everything else."""

    WELCOME = "welcome"
    AGENDA = "agenda"
    LISTS = "lists"
    SITES = SITES
    CITIZENS = CITIZENS
    THANKS = "thanks"


class Step(IntEnum):
    """How far a draw is."""

    LOCK = 0
    CARDS = 1
    DIGITS = 2
    OPEN = 3
    DRAWN = 4


COLUMNS = (N_("Lock"), N_("Random digits"), N_("Draw"))
"""The three parts of a draw as the room is told of them, and below the one that each step belongs to."""
COLUMN_OF = {Step.LOCK: 0, Step.CARDS: 0, Step.DIGITS: 1, Step.OPEN: 1, Step.DRAWN: 2}
SENTENCES = {
    Step.LOCK: N_("The secretary locks the list. After that nobody can change it."),
    Step.CARDS: N_("The code of the locked list is read out. Each party copies it onto its card, writes digits of its "
                   "own and lays the card face down."),
    Step.DIGITS: N_("Two people draw the digits in public. The cards stay face down."),
    Step.OPEN: N_("The public digits are written down. Now the cards are opened."),
    Step.DRAWN: N_("The order is drawn. Anybody can compute it again from the certificate."),
}
"""What happens now and who acts, one sentence a step."""  # fmt: skip


@dataclass(frozen=True)
class PublicActivity:
    title: str
    day: date | None
    time: str
    place: str


@dataclass(frozen=True)
class PublicList:
    """A locked list: its short code and whole digest, rows in it and how many of them are to be drawn."""

    short_code: str
    digest: str
    rows: int
    wanted: int
    at: datetime


@dataclass(frozen=True)
class PublicTicket:
    """One number that was drawn, the ``place``-th of its stratum; ``name`` is a site's, or a citizen's masked one."""

    stratum: str
    place: int
    number: int
    name: str
    ticket: str = ""


@dataclass(frozen=True)
class PublicDraw:
    """A draw as the room has seen it up to now.

    ``wanted`` says how many of each stratum are drawn; ``tickets`` are those that have appeared. ``digits`` are the
    public digits, or those drawn so far while ``step`` is DIGITS; ``needed_bits`` and ``got_bits`` their entropy.
    """

    kind: str
    rehearsal: bool
    step: Step
    locked: PublicList | None = None
    wanted: tuple[tuple[str, int], ...] = ()
    ceremony: int = 0
    place: str = ""
    at: datetime | None = None
    witnesses: tuple[tuple[str, str], ...] = ()  # party and name
    digits: str = ""
    digits_wanted: int = 0
    needed_bits: str = ""
    got_bits: str = ""
    tickets: tuple[PublicTicket, ...] = ()
    reserves: int = 0
    by_hand: bool = False
    voided: tuple[tuple[int, str], ...] = ()
    drawn: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether every ticket has appeared."""
        return self.step is Step.DRAWN and len(self.tickets) == sum(k for _, k in self.wanted)


@dataclass(frozen=True)
class PublicScreen:
    """All that the public screen knows at one moment."""

    led: Led
    applicant: str
    starts: date
    ends: date
    agenda: tuple[PublicActivity, ...] = ()
    draws: tuple[PublicDraw, ...] = ()

    @property
    def shows(self) -> Shows:
        return Shows(self.led.shows)

    @property
    def clock(self) -> Clock | None:
        """The clock as the room sees it: not while the screen hides everything."""
        return None if self.shows is Shows.WELCOME else self.led.clock

    def draw(self, kind: str) -> PublicDraw | None:
        return next((one for one in self.draws if one.kind == kind), None)


def lead_screen(file: VisitFile, actor: Actor, shows: Shows, now: datetime) -> None:
    """Choose what the public screen shows; the order of a draw then appears from its beginning."""
    with act(file, actor, Act.LEAD_SCREEN, now) as tx:
        _lead(tx, lambda led: replace(led, shows=str(shows), since=now, whole=False))


def name_citizens(file: VisitFile, actor: Actor, names: bool, now: datetime) -> None:
    """Choose whether drawn citizens appear with their masked name (张*三) or with their number only."""
    with act(file, actor, Act.LEAD_SCREEN, now) as tx:
        _lead(tx, lambda led: replace(led, names=names))


def show_whole_order(file: VisitFile, actor: Actor, now: datetime) -> None:
    """Let every ticket of the order stand on the screen at once."""
    with act(file, actor, Act.LEAD_SCREEN, now) as tx:
        _lead(tx, lambda led: replace(led, whole=True))


def start_clock(file: VisitFile, actor: Actor, activity: int, minutes: int, now: datetime) -> None:
    """Give an activity its time, from now on; a screen that shows nothing else shows the agenda with it.

    Args:
        activity: its id.
        minutes: 1..MOST_MINUTES.

    Raises:
        NotFound: there is no such activity.
        StageError: the panel is by itself then, and the room is told nothing of it.
        InspectionError: the minutes are out of range.
    """
    with act(file, actor, Act.LEAD_SCREEN, now) as tx:
        chosen = programme(file).activity(activity)
        if chosen.internal:
            raise StageError(N_("“{title}” is the panel's own; it has no clock in the room."), "internal",
                             title=chosen.title)  # fmt: skip
        if not 1 <= minutes <= MOST_MINUTES:
            raise InspectionError(N_("A clock runs for 1 to {most} minutes."), "no-such-time", most=MOST_MINUTES)
        clock = Clock(chosen.title, now, now + timedelta(minutes=minutes))

        def begun(led: Led) -> Led:
            told = replace(led, clock=clock)
            return replace(told, shows=str(Shows.AGENDA), since=now) if led.shows == Shows.WELCOME else told

        _lead(tx, begun)


def give_a_minute(file: VisitFile, actor: Actor, now: datetime) -> None:
    """Let the clock run a minute longer; where its time is over, a minute from now.

    Raises:
        StageError: no clock runs.
    """
    with act(file, actor, Act.LEAD_SCREEN, now) as tx:
        running = _led(tx.db).clock
        if running is None:
            raise StageError(N_("No clock runs any more. Start one first."), "no-clock")
        longer = replace(running, ends=max(running.ends, now) + _ONE_MORE)
        _lead(tx, lambda led: replace(led, clock=longer))


def stop_clock(file: VisitFile, actor: Actor, now: datetime) -> None:
    """Take the clock off the screen."""
    with act(file, actor, Act.LEAD_SCREEN, now) as tx:
        _lead(tx, lambda led: replace(led, clock=None))


def _lead(tx: Transaction, change: Callable[[Led], Led]) -> None:
    chosen = change(_led(tx.db))
    screen.lead(tx.db, chosen, tx.now, tx.member.id)
    clock = [chosen.clock.of, chosen.clock.ends.isoformat()] if chosen.clock else []
    tx.record(shows=chosen.shows, names=chosen.names, whole=chosen.whole, clock=clock)


def _led(db: Database) -> Led:
    return screen.led(db) or Led(Shows.WELCOME, visits.read(db).created)


def screen_led(file: VisitFile) -> Led:
    """Return what the public screen is told to show."""
    with file.reading() as db:
        return _led(db)


def public_screen(file: VisitFile, now: datetime) -> PublicScreen:
    """Return what the public screen shows at this moment; nobody needs to be signed in for it."""
    with file.reading() as db:
        head = log.head(db)
    found = _whole_screen(file.path, head)  # every change is in the log, so its head stands for all that can be seen
    draws = tuple(_appeared(one, found.led, now) for one in found.draws)
    return replace(found, draws=draws)


@lru_cache(maxsize=16)
def _whole_screen(path: Path, _head: str) -> PublicScreen:
    file = VisitFile(path)
    with file.reading() as db:
        led, description, scheme = _led(db), visits.read(db).description, rubric_of(db).scheme
        kinds = [*([SITES] if scheme.drawn_sites else []), *([CITIZENS] if scheme.citizen_categories else [])]
        shown = {Shows.LISTS: kinds}.get(Shows(led.shows), [kind for kind in kinds if kind == led.shows])
        draws = tuple(public_draw(read_on_the_table(db, kind), names=led.names) for kind in shown)
    agenda = _agenda(file) if led.shows == Shows.AGENDA else ()
    return PublicScreen(led, description.applicant, description.starts, description.ends, agenda, draws)


def _agenda(file: VisitFile) -> tuple[PublicActivity, ...]:
    return tuple(
        PublicActivity(one.title, one.day, one.time, one.place)
        for one in programme(file).activities
        if not one.internal
    )


def public_draw(state: DrawState, *, names: bool = False) -> PublicDraw:
    """Return what is public of a draw, with every ticket that was drawn.

    Args:
        names: with the masked names of citizens; sites, which everybody in the room was told of, always have theirs.
    """
    voided = tuple((one.number, one.reason) for one in state.voided)
    if state.kept is None:
        return PublicDraw(state.kind, state.rehearsal, Step.LOCK, voided=voided)
    locked, current, result = state.kept.locked, state.current, state.result
    found = PublicDraw(
        state.kind, state.rehearsal, Step.CARDS,
        PublicList(
            locked.short_code, locked.digest, len(locked.rows), sum(quota.k for quota in locked.quotas), state.kept.at
        ),
        tuple((quota.stratum, quota.k) for quota in locked.quotas), digits_wanted=state.digits_wanted, voided=voided,
    )  # fmt: skip
    if current is None:
        return found
    digits = current.public_digits or current.digits_so_far
    bits = entropy(locked, digits)
    found = replace(
        found, step=Step.OPEN if current.public_digits else Step.DIGITS, ceremony=current.number, place=current.place,
        at=current.at, witnesses=tuple((card.party, card.name) for card in current.cards), digits=digits,
        needed_bits=bits["needed_bits"], got_bits=bits["got_bits"], by_hand=state.by_hand,
    )  # fmt: skip
    if result is None:
        return found
    fractions = (
        {int(ticket.id): ticket.fraction[:TICKET_CHARACTERS] for ticket in result.tickets}
        if isinstance(result, DrawResult) else {}
    )  # fmt: skip
    return replace(
        found, step=Step.DRAWN, drawn=current.drawn, reserves=sum(map(len, result.reserves.values())),
        tickets=tuple(
            PublicTicket(stratum, place, number, _name(state, number, names), fractions.get(number, ""))
            for stratum, numbers in result.selected.items()
            for place, number in enumerate(numbers, 1)
        ),
    )  # fmt: skip


def _name(state: DrawState, number: int, names: bool) -> str:
    person = state.person(number)
    if person is None:
        return ""
    if isinstance(person, Citizen):
        return masked_name(person.name) if names else ""
    return person.name


def masked_name(name: str) -> str:
    """Return a name as it may stand on a screen: its first and last sign, whatever is between them as one star.

    >>> [masked_name(name) for name in ("张三", "张小三", "欧阳明月", "阿依古丽·买买提", "王")]
    ['张*', '张*三', '欧*月', '阿*提', '*']
    """
    signs = "".join(name.split())
    if len(signs) < 2:
        return "*"
    return f"{signs[0]}*" + (signs[-1] if len(signs) > 2 else "")


def _appeared(one: PublicDraw, led: Led, now: datetime) -> PublicDraw:
    """Leave out the tickets whose turn has not come: counted from when the draw was made or put on the screen."""
    if led.whole or led.shows not in (SITES, CITIZENS) or one.by_hand or one.drawn is None:
        return one
    every = min(TICKET_SECONDS, _MOST_SECONDS / max(1, len(one.tickets)))
    seconds = (now - max(one.drawn, led.since)).total_seconds()
    return replace(one, tickets=one.tickets[: max(1, 1 + int(seconds / every))])
