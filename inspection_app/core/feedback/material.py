"""What report and feedback are made of: findings, the panel's recommendation, draws and events, as plain values.

It says nothing in order and sets no type (``report``, ``for_applicant``, ``cards``), and computes no score.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from inspection_app.core.audit import Entry
from inspection_app.core.consolidation import AspectResult, MethodChange, ReadingChoice, Result
from inspection_app.core.document import Block, Picture
from inspection_app.core.duties import Group
from inspection_app.core.rubric import Rubric
from inspection_app.core.sensitivity import Sensitivity
from inspection_app.core.visit import Member, Stage, Visit


class FindingKind(StrEnum):
    HIGHLIGHT = "highlight"
    PROBLEM = "problem"
    SUGGESTION = "suggestion"


class Recommendation(StrEnum):
    """What the panel proposes; the software never derives it from the score."""

    PASS = "pass"  # noqa: S105 - to pass, not a password
    PASS_AFTER_MENDING = "pass-after-mending"  # noqa: S105
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """A highlight, problem or suggestion, tied to items by number and to observations by id.

    ``id`` is 0 until it is stored; ``position`` is its place among those of its kind, equal places by id.
    """

    kind: FindingKind
    text: str
    items: tuple[str, ...] = ()
    id: int = 0
    observations: tuple[int, ...] = ()
    position: int = 0


@dataclass(frozen=True)
class FreshDigits:
    """How substitutes were drawn anew after a list of who is absent was closed (``core.fresh_digits``)."""

    closed: datetime
    absent: tuple[tuple[str, str], ...]  # number and name, reason
    signed: tuple[str, ...]
    public_digits: str
    digits_by: str
    seed: str
    attempt: int
    entropy: tuple[str, str]  # as of a draw
    first_digest: str  # of the certificate that the closed list names
    voided: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Drawn:
    """One draw as the report tells it: ``names`` by number of the locked list, in the order of the draw."""

    kind: str
    ceremony: int
    at: datetime
    place: str
    list_digest: str
    short_code: str
    seed: str
    public_digits: str
    cards: tuple[tuple[str, str, str], ...]  # party, name, digits
    selected: tuple[tuple[str, int, str], ...]  # stratum, number, name
    reserves: tuple[tuple[str, int, str], ...]
    candidates: int
    voided: tuple[tuple[int, str], ...] = ()
    replaced: tuple[tuple[str, str, str, str], ...] = ()  # who is gone, who came, why, who witnessed it
    drawer: str = ""  # of a draw made by hand, which has neither cards nor seed
    witnesses: tuple[str, ...] = ()
    photos: int = 0
    brief: str = ""  # what the certificate's QR code holds (core.papers.certificate_page)
    attempt: int = 0
    entropy: tuple[str, str] = ("", "")  # bits needed, bits that the public digits brought
    digits_by: str = ""  # how the public digits were drawn (``core.draw.DIGITS_BY``); empty: not told
    fresh: FreshDigits | None = None


@dataclass(frozen=True)
class Disclosure:
    """What the applicant's copy says beyond the findings: nothing, until the office switches it on by an act."""

    scores: bool = False
    verdict: bool = False
    names: bool = False


class EventKind(StrEnum):
    """What does not happen in every visit and is therefore told by itself."""

    RECUSAL = "recusal"
    HAND_OVER = "hand-over"
    REOPENING = "reopening"
    DISPUTE = "dispute"
    EXCUSE = "excuse"
    PAPER_HAND_IN = "paper-hand-in"
    OPENED_OVER_DISPUTE = "opened-over-dispute"
    LOOK_AGAIN = "look-again"
    EXPLAINED = "explained"
    DISSENT = "dissent"


@dataclass(frozen=True)
class Event:
    """One of them: when, who (names as they are printed), what about, and why."""

    kind: EventKind
    at: datetime
    who: str
    about: str
    reason: str


@dataclass(frozen=True)
class Said:
    """A member's word on the result, in the words of the report; ``at`` is None where nothing is said."""

    who: str
    word: str
    at: datetime | None = None


@dataclass(frozen=True)
class SealMade:
    """A seal as the report bears it; ``lifted`` is when the visit was reopened, None while the seal holds."""

    number: int
    digest: str
    at: datetime
    log_head: str
    lifted: datetime | None = None


@dataclass(frozen=True)
class Attached:
    """A document that lies in the visit's file and is named only: a signed scan, or evidence that is no picture.

    ``about`` is what it belongs to, in words, and ``digest`` the SHA-256 of its content in hex.
    """

    title: str
    about: str
    by: str
    at: datetime
    digest: str


@dataclass(frozen=True)
class Material:
    """Everything the report tells."""

    visit: Visit
    rubric: Rubric
    members: Sequence[Member]
    draws: Sequence[Drawn]
    result: Result
    notes: Mapping[str, Mapping[int, str]]  # item number → member id → note
    findings: Sequence[Finding]
    log_head: str
    now: datetime
    sources: Mapping[str, str] = field(default_factory=dict)  # figure key → source
    on_site: Sequence[Block] = ()  # what was done and noted during the visit, as core.programme tells it
    events: Sequence[Event] = ()
    evidence: Mapping[int, str] = field(default_factory=dict)  # observation id → as core.programme tells it
    set_aside: Mapping[str, Collection[int]] = field(default_factory=dict)  # item number → whose mark does not count
    groups: Sequence[Group] = ()
    judgement: str = ""  # the panel's overall judgement in its own words
    disclosure: Disclosure = Disclosure()
    self_check: Mapping[str, Decimal] = field(default_factory=dict)  # item number → the applicant's own points
    log: Sequence[Entry] = ()
    pictures: Mapping[int, Sequence[Picture]] = field(default_factory=dict)  # finding id → what shows it
    held: Sequence[str] = ()  # titles of the activities that the applicant took part in
    result_digest: str = ""  # of the result that the panel confirms (``core.outcome``)
    said: Sequence[Said] = ()  # of that result, by everybody who scores
    seals: Sequence[SealMade] = ()
    method_changes: Sequence[MethodChange] = ()
    readings: Sequence[ReadingChoice] = ()  # every choice, oldest first; those in force are the result's
    sensitivity: Sensitivity | None = None
    shown: Sequence[tuple[str, Sequence[Picture]]] = ()  # where photos belong that no finding rests on, and they
    attached: Sequence[Attached] = ()

    @property
    def seal(self) -> SealMade | None:
        """The seal that holds; without one the documents are drafts."""
        return next((one for one in self.seals if one.lifted is None), None)

    @property
    def sealed(self) -> bool:
        return self.seal is not None


KIND_TITLES = {FindingKind.HIGHLIGHT: "亮点", FindingKind.PROBLEM: "问题", FindingKind.SUGGESTION: "建议"}
RECOMMENDATION_TITLES = {
    Recommendation.PASS: "建议通过",
    Recommendation.PASS_AFTER_MENDING: "整改后通过",
    Recommendation.FAIL: "不建议通过",
}
STAGE_TITLES = {Stage.PREPARE: "准备", Stage.SCORE: "评分", Stage.CONSOLIDATE: "汇总", Stage.SEALED: "已定稿"}
EVENT_TITLES = {
    EventKind.RECUSAL: "回避",
    EventKind.HAND_OVER: "组长职责移交",
    EventKind.REOPENING: "环节重新开启",
    EventKind.DISPUTE: "数据异议",
    EventKind.EXCUSE: "专家缺席",
    EventKind.PAPER_HAND_IN: "代交纸质评分表",
    EventKind.OPENED_OVER_DISPUTE: "异议未决亮分",
    EventKind.LOOK_AGAIN: "请专家复核",
    EventKind.EXPLAINED: "核对说明",
    EventKind.DISSENT: "不同意见",
}


def earned(material: Material) -> list[tuple[AspectResult, Decimal | None]]:
    """Return every aspect with its points: None while none of its items has any, for that is not a zero."""
    pairs = zip(material.rubric.aspects, material.result.aspects, strict=True)
    return [(found, None if len(found.open_items) == len(aspect.items) else found.points) for aspect, found in pairs]


_NUMBER = re.compile(r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+[.．、])\s*")


def bare_title(title: str) -> str:
    """Return an aspect's title without the number printed before it.

    >>> bare_title("二、质量文化特色鲜明")
    '质量文化特色鲜明'
    """
    return _NUMBER.sub("", title)
