"""The programme of a visit as it is really held: activities, who was there, what was noted, what the sites showed.

It checks what is entered and says it in the report's blocks. It stores nothing, draws nothing, and does not decide what
may be edited when: those are the four stages of ``core.visit``. The visit's documents are Chinese, so the titles and
phrases here that end up in them are, too.

Source: the activities are the rubric's scheme. The texts are silent about the panel's own meetings (预备会, 内部评议)
and name the reading of documents only among an item's ways of verification; all three are practice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from inspection_app.core.document import Align, Block, Column, Heading, Paragraph, Row, Table
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Member
from inspection_app.core.wording import numeral
from inspection_app.errors import N_, InspectionError, Message, NotFound, StageError

MOST_CHARACTERS = 4000


class Draws(StrEnum):
    """What an activity is held with: the drawn sites, the drawn citizens, or neither."""

    NOTHING = ""
    SITES = "sites"
    CITIZENS = "citizens"


@dataclass(frozen=True)
class Activity:
    """One part of the programme; ``id`` is 0 until it is stored, ``text`` is what the rubric prescribes for it.

    ``time`` is free text, such as 9:00—10:30; ``position`` orders a programme.
    """

    id: int
    title: str
    text: str = ""
    draws: Draws = Draws.NOTHING
    day: date | None = None
    time: str = ""
    place: str = ""
    position: int = 0

    @property
    def internal(self) -> bool:
        """Whether the panel is by itself then: neither the room's agenda nor the applicant's papers tell of it."""
        return self.title in (_BEFOREHAND, _DELIBERATION)


class Attendee(StrEnum):
    """In which capacity somebody is there, and what ``Attendance.who`` is for them."""

    MEMBER = "member"  # the member's id
    CITIZEN = "citizen"  # the number on the locked list
    GUEST = "guest"  # the name


@dataclass(frozen=True)
class Attendance:
    """Whether somebody was at an activity; ``remark`` is a guest's office, or why somebody is away.

    ``stand_in`` is the name of who came in place of a drawn citizen who is away, without being drawn; a reserve who
    comes in by the draw's order is drawn (``core.substitution``).
    """

    activity: int
    kind: Attendee
    who: str
    present: bool = True
    remark: str = ""
    stand_in: str = ""


class ObservationKind(StrEnum):
    NOTE = "note"
    QUESTION = "question"
    ANSWER = "answer"
    GOOD_DEED = "good-deed"
    OPINION = "opinion"
    REPLY = "reply"


KIND_NAMES = {
    ObservationKind.NOTE: N_("Observation"),
    ObservationKind.QUESTION: N_("Question"),
    ObservationKind.ANSWER: N_("Answer"),
    ObservationKind.GOOD_DEED: N_("Good deed"),
    ObservationKind.OPINION: N_("Opinion or suggestion"),
    ObservationKind.REPLY: N_("Reply on the spot"),
}


@dataclass(frozen=True)
class Observation:
    """What somebody noted during an activity; item "" and site 0 (a number of the locked list) tie it to nothing."""

    activity: int
    kind: ObservationKind
    text: str
    person: str = ""
    item: str = ""
    site: int = 0
    id: int = 0
    by: int = 0
    at: datetime | None = None


class Agrees(StrEnum):
    """Whether what a site shows agrees with the application."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


AGREES_NAMES = {
    Agrees.YES: N_("Agrees"),
    Agrees.PARTLY: N_("Agrees in part"),
    Agrees.NO: N_("Does not agree"),
}


@dataclass(frozen=True)
class SiteCheck:
    """The panel's check of one drawn site against the application; ``people`` spoken to, ``documents`` seen."""

    site: int
    agrees: Agrees
    note: str = ""
    people: str = ""
    documents: str = ""
    id: int = 0
    by: int = 0
    at: datetime | None = None


@dataclass(frozen=True)
class Programme:
    """The programme with everything recorded in it, and the names it needs.

    ``sites`` and ``citizens`` are the drawn ones by number of the locked list, in the order of the draw, and empty
    before it; ``checks`` holds each site's latest one.
    """

    activities: tuple[Activity, ...]
    members: tuple[Member, ...]
    withdrawn: tuple[Activity, ...] = ()
    sites: Mapping[int, Site] = field(default_factory=dict)
    citizens: Mapping[int, Citizen] = field(default_factory=dict)
    attendance: tuple[Attendance, ...] = ()
    observations: tuple[Observation, ...] = ()
    checks: Mapping[int, SiteCheck] = field(default_factory=dict)

    def activity(self, id_: int) -> Activity:
        """Return one activity; raise NotFound where it is not, or no longer, in the programme."""
        for activity in self.activities:
            if activity.id == id_:
                return activity
        raise NotFound(
            N_("This activity is no longer in the programme. Reload the page."), "no-activity", activity=id_
        )

    def expected(self, activity: Activity, kind: Attendee) -> tuple[str, ...]:
        """Return who should be at an activity; of guests nobody knows."""
        if kind is Attendee.MEMBER:
            return tuple(str(member.id) for member in self.members)
        if kind is Attendee.CITIZEN and activity.draws is Draws.CITIZENS:
            return tuple(str(number) for number in self.citizens)
        return ()

    def present(self, activity: Activity, kind: Attendee) -> tuple[Attendance, ...]:
        return tuple(one for one in self._marked(activity, kind) if one.present)

    def taken(self, activity: Activity, kind: Attendee) -> bool:
        """Say whether attendance was taken: until somebody is marked, nobody is absent either."""
        return bool(self._marked(activity, kind))

    def absent(self, activity: Activity, kind: Attendee) -> tuple[Attendance, ...]:
        """Return who should have been there and is not marked present, once attendance was taken."""
        marked = {one.who: one for one in self._marked(activity, kind)}
        if not marked:
            return ()
        away = (marked.get(who) or Attendance(activity.id, kind, who, False) for who in self.expected(activity, kind))
        return tuple(one for one in away if not one.present)

    def _marked(self, activity: Activity, kind: Attendee) -> tuple[Attendance, ...]:
        return tuple(one for one in self.attendance if (one.activity, one.kind) == (activity.id, kind))

    def observed(self, activity: Activity) -> tuple[Observation, ...]:
        return tuple(one for one in self.observations if one.activity == activity.id)

    def name(self, kind: Attendee, who: str) -> str:
        """Return an attendee's name, empty where it was removed from the visit."""
        if kind is Attendee.MEMBER:
            return next((member.name for member in self.members if str(member.id) == who), "")
        if kind is Attendee.CITIZEN:
            return self.citizens[int(who)].name if int(who) in self.citizens else ""
        return who

    def empty(self) -> bool:
        """Say whether nothing was recorded in the whole programme."""
        return not (self.attendance or self.observations or self.checks)


_BEFOREHAND, _READING, _DELIBERATION = "预备会", "查阅资料", "内部评议"
_READ = "查阅"


def default_activities(rubric: Rubric) -> tuple[Activity, ...]:
    """Return the scheme's activities in order, with those that every panel holds besides, numbered from 1.

    The panel first meets by itself; it reads documents, where an item is verified by them, before anything drawn is
    visited; it deliberates when all is seen and heard: before the last activity, unless that one is held with what is
    drawn, too.
    """
    planned = [Activity(0, part.title, part.text, Draws(part.draws)) for part in rubric.scheme.activities]
    titles = {activity.title for activity in planned}
    drawn = [place for place, activity in enumerate(planned) if activity.draws]
    closing = len(planned) - (1 if planned and not planned[-1].draws else 0)
    added = [(0, _BEFOREHAND)]
    if any(_READ in way for item in rubric.items for way in item.verification):
        added.append((min(drawn, default=closing), _READING))
    added.append((closing, _DELIBERATION))
    for place, title in reversed(added):  # from the end, so that what is inserted moves no place that is still to come
        if title not in titles:
            planned.insert(place, Activity(0, title))
    return tuple(replace(activity, id=number, position=number) for number, activity in enumerate(planned, 1))


def check_activity(activity: Activity) -> Activity:
    """Return an activity without blanks around its words.

    Raises:
        InspectionError: without a title, or with one that is a story.
    """
    tidy = replace(
        activity, title=" ".join(activity.title.split()), time=activity.time.strip(), place=activity.place.strip()
    )
    if not tidy.title:
        raise InspectionError(N_("An activity needs a title. Write what is done."), "no-title")
    _not_too_long(tidy.title, tidy.time, tidy.place, most=200)
    return tidy


def check_attendance(programme: Programme, marked: Sequence[Attendance]) -> tuple[Attendance, ...]:
    """Return attendance without blanks around its words.

    Raises:
        InspectionError: a guest without a name, a citizen at an activity that draws none, or a stand-in who is no name,
            who stands in for two, or for somebody who is there or was not drawn.
        StageError: a citizen who is not drawn.
        NotFound: no such activity or member.
    """
    tidy = tuple(
        replace(one, who=" ".join(one.who.split()), remark=one.remark.strip(), stand_in=" ".join(one.stand_in.split()))
        for one in marked
    )
    for one in tidy:
        _check_attendee(programme, one)
    after = {(one.activity, one.kind, one.who): one for one in (*programme.attendance, *tidy)}
    for one in tidy:
        if one.stand_in:
            _check_stand_in(one, [other for other in after.values() if other.activity == one.activity])
    return tidy


def _check_attendee(programme: Programme, one: Attendance) -> None:
    activity = programme.activity(one.activity)
    if not one.who:
        raise InspectionError(N_("The name is missing. Write who is there."), "no-name")
    if one.kind is Attendee.CITIZEN:
        if activity.draws is not Draws.CITIZENS:
            raise InspectionError(
                N_("“{title}” is held without drawn citizens. Mark them as guests."),
                "no-citizens-here", title=activity.title,
            )  # fmt: skip
        if one.who not in programme.expected(activity, Attendee.CITIZEN):
            raise StageError(
                N_("Number {number} is not drawn. Hold the draw first, under Draws. Who came in another's place is "
                   "named beside whoever is away."),
                "not-drawn", number=one.who,
            )  # fmt: skip
    if one.kind is Attendee.MEMBER and one.who not in programme.expected(activity, Attendee.MEMBER):
        raise NotFound(N_("This person is not on the panel. Reload the page."), "no-member", member=one.who)


def _check_stand_in(one: Attendance, others: Iterable[Attendance]) -> None:
    if one.kind is not Attendee.CITIZEN or one.present:
        raise InspectionError(
            N_("A stand-in comes for a drawn citizen who is away. Mark who is away first."), "nobody-away"
        )
    _not_too_long(one.stand_in, most=200)
    if not any(letter.isalpha() for letter in one.stand_in):
        raise InspectionError(
            N_("“{stand_in}” is no name. A reserve comes in under Draws, in the order drawn; somebody else is named "
               "here."),
            "no-name", stand_in=one.stand_in,
        )  # fmt: skip
    twice = next((other.who for other in others if other.stand_in == one.stand_in and other.who != one.who), None)
    if twice:
        raise InspectionError(
            N_("“{stand_in}” already stands in for number {away}. Everybody stands in for one."),
            "stands-in-twice", stand_in=one.stand_in, away=twice,
        )  # fmt: skip


def check_observation(observation: Observation, sites: Collection[int]) -> Observation:
    """Return an observation without blanks around its words.

    Args:
        sites: the numbers of the drawn sites.

    Raises:
        InspectionError: without text, or too long.
        StageError: tied to a site that is not drawn.
    """
    tidy = replace(observation, text=observation.text.strip(), person=" ".join(observation.person.split()))
    if not tidy.text:
        raise InspectionError(N_("A record needs a sentence. Write what was seen or said."), "no-text")
    _not_too_long(tidy.text)
    _not_too_long(tidy.person, most=200)
    if tidy.site:
        _drawn(tidy.site, sites)
    return tidy


def check_site_check(check: SiteCheck, sites: Collection[int]) -> SiteCheck:
    """Return a site check without blanks around its words.

    Raises:
        InspectionError: the site does not wholly agree and no note says where, or a text is too long.
        StageError: the site is not drawn.
    """
    tidy = replace(
        check, note=check.note.strip(), people=check.people.strip(), documents=check.documents.strip()
    )
    _drawn(tidy.site, sites)
    if tidy.agrees is not Agrees.YES and not tidy.note:
        raise InspectionError(N_("Say in the note what does not agree with the application."), "no-note")
    _not_too_long(tidy.note, tidy.people, tidy.documents)
    return tidy


def _drawn(site: int, sites: Collection[int]) -> None:
    if not sites:
        raise StageError(N_("No sites are drawn yet. Hold the draw first, under Draws."), "not-drawn")
    if site not in sites:
        raise StageError(
            N_("Site {number} was not drawn. The drawn ones are: {drawn}."), "site-not-drawn",
            number=site, drawn=tuple(str(number) for number in sites),
        )  # fmt: skip


def _not_too_long(*texts: str, most: int = MOST_CHARACTERS) -> None:
    if any(len(text) > most for text in texts):
        raise InspectionError(N_("This is longer than {most} characters. Shorten it."), "too-long", most=most)


def told(said: Activity | Observation | SiteCheck) -> tuple[Message | str, ...]:
    """Return what somebody entered as the words to show beside another's, empty ones left out."""
    match said:
        case Activity():
            words: tuple[Message | str, ...] = (
                said.title, said.day.isoformat() if said.day else "", said.time, said.place
            )  # fmt: skip
        case Observation():
            words = (KIND_NAMES[said.kind], said.text, said.person, said.item, str(said.site or ""))
        case SiteCheck():
            words = (AGREES_NAMES[said.agrees], said.note, said.people, said.documents)
    return tuple(word for word in words if word)


# --- in the report -------------------------------------------------------------------------------------------------

KIND_TITLES = {
    ObservationKind.NOTE: "记录",
    ObservationKind.QUESTION: "提问",
    ObservationKind.ANSWER: "答复",
    ObservationKind.GOOD_DEED: "为群众做的实事",
    ObservationKind.OPINION: "意见建议",
    ObservationKind.REPLY: "现场答复",
}
AGREES_TITLES = {Agrees.YES: "一致", Agrees.PARTLY: "部分一致", Agrees.NO: "不一致"}
_EXPECTED_TITLES = {Attendee.MEMBER: "专家组", Attendee.CITIZEN: "抽取群众"}


def on_site_blocks(programme: Programme) -> list[Block]:
    """Say what was done on site, an activity after the other, under a heading of the caller's."""
    if programme.empty():
        return [Paragraph("本次验收未在系统中作现场记录。")]
    blocks: list[Block] = []
    for number, activity in enumerate(programme.activities, 1):
        blocks.append(Heading(f"（{numeral(number)}）{activity.title}", 2))
        recorded = [
            *_held(activity), *_presence(programme, activity), *_checks(programme, activity),
            *_observed(programme, activity),
        ]  # fmt: skip
        blocks += recorded or [Paragraph("未作记录。")]
    left_out = [activity.title for activity in programme.withdrawn if activity.text]
    if left_out:
        blocks.append(Paragraph(f"验收方案列明而未举行的环节：{'、'.join(left_out)}。"))
    return blocks


def _held(activity: Activity) -> list[Block]:
    day = f"{activity.day.month}月{activity.day.day}日" if activity.day else ""
    when = f"{day}{activity.time}"
    said = [f"{label}：{value}" for label, value in (("时间", when), ("地点", activity.place)) if value]
    return [Paragraph(f"{'；'.join(said)}。")] if said else []


def _presence(programme: Programme, activity: Activity) -> list[Block]:
    blocks: list[Block] = []
    for kind, title in _EXPECTED_TITLES.items():
        if not programme.taken(activity, kind):
            continue
        here, away = programme.present(activity, kind), programme.absent(activity, kind)
        # whoever was marked and is no longer expected was there all the same
        expected = len(here) + len(away)
        text = f"{title}：应到{expected}人，实到{len(here)}人"
        if kind is Attendee.CITIZEN and here:
            text += f"（{'、'.join(_named(programme, one) for one in here)}）"
        if away:
            text += f"；未到：{'、'.join(_named(programme, one) for one in away)}"
        blocks.append(Paragraph(f"{text}。"))
    guests = programme.present(activity, Attendee.GUEST)
    if guests:
        blocks.append(Paragraph(f"申报单位及其他人员：{'、'.join(_named(programme, one) for one in guests)}。"))
    return blocks


def _named(programme: Programme, one: Attendance) -> str:
    name = programme.name(one.kind, one.who)
    if one.kind is Attendee.CITIZEN:
        name = f"{one.who}号{name}"
    stand_in = f"{one.stand_in}代为到会，非抽取产生" if one.stand_in else ""
    said = "；".join(words for words in (one.remark, stand_in) if words)
    return name + (f"（{said}）" if said else "")


def _checks(programme: Programme, activity: Activity) -> list[Block]:
    if activity.draws is not Draws.SITES or not programme.sites:
        return []
    rows = []
    for number in programme.sites:
        check = programme.checks.get(number)
        said = (AGREES_TITLES[check.agrees], check.note, check.people, check.documents) if check else (
            "未核查", "", "", ""
        )  # fmt: skip
        rows.append(Row((_site(programme, number), *said)))
    columns = (
        Column("考察点", 0.22), Column("是否一致", 0.13, Align.CENTER), Column("核查说明", 0.31),
        Column("交谈人员", 0.14), Column("查看资料", 0.2),
    )  # fmt: skip
    return [Table(columns, tuple(rows))]


def _site(programme: Programme, number: int) -> str:
    return f"{number}号 {programme.sites[number].name}".strip() if number in programme.sites else f"{number}号考察点"


def _observed(programme: Programme, activity: Activity) -> list[Block]:
    """Tell the records in the order they were made, so that an answer follows its question."""
    observed = programme.observed(activity)
    return [Paragraph(f"（{place}）{_said(programme, one)}") for place, one in enumerate(observed, 1)]


def evidence(programme: Programme) -> dict[int, str]:
    """Return what every record says, by its id, with the activity it was made at: what findings rest on."""
    titles = {activity.id: activity.title for activity in (*programme.activities, *programme.withdrawn)}
    return {one.id: f"{titles.get(one.activity, '')}，{_said(programme, one)}" for one in programme.observations}


def _said(programme: Programme, one: Observation) -> str:
    kind = "" if one.kind is ObservationKind.NOTE else f"{KIND_TITLES[one.kind]}："
    return f"{kind}{one.text}{_ties(programme, one)}"


def _ties(programme: Programme, one: Observation) -> str:
    ties = [
        f"考核项{one.item}" if one.item else "", _site(programme, one.site) if one.site else "", one.person,
        f"{name}记" if (name := programme.name(Attendee.MEMBER, str(one.by))) else "",
    ]  # fmt: skip
    said = "；".join(tie for tie in ties if tie)
    return f"（{said}）" if said else ""
