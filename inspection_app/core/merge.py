"""One merge for every sheet that travelled: what each carried entry is to the hub's history of the same item.

A carried sheet says from which revision of the hub each entry began and by which stamp (the device's own name and a
rising number) the entry is known. From that alone, and from the hub's history, follows whether an entry is new, the
same, newer, conflicting or older, or is refused with the reason. The outcome does not depend on the order in which
files come, nor on how often: of one device's entries the one with the highest number speaks for the device, and two
devices that changed the same item from the same revision conflict, whichever comes first.

Nothing is stored, chosen or shown here; what is done with a conflict is the matter of ``services.bring_sheets``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Figures, check_measured, score_item
from inspection_app.errors import N_, Fault, ScoreError


@dataclass(frozen=True)
class Stamp:
    """What an entry is known by where it was made: the device's (or the workbook's) own name, and a rising number."""

    client: str
    sequence: int


@dataclass(frozen=True)
class CarriedEntry:
    """One item as a carrier brings it. ``base`` is the hub's revision that it was made from, 0 for none."""

    item: str
    answers: Mapping[str, Any]
    note: str
    base: int
    stamp: Stamp


@dataclass(frozen=True)
class CarriedSheet:
    """One expert's score sheet as a carrier brings it (``carrier``: ``"file"``, ``"xlsx"`` or ``"paper"``)."""

    visit: str
    rubric_digest: str
    member: int
    carrier: str
    made_at: datetime
    entries: tuple[CarriedEntry, ...]


@dataclass(frozen=True)
class Salvaged:
    """What could be read of a file: the sheet, and everything that could not, each with its place and remedy."""

    sheet: CarriedSheet
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why an entry is not taken: a catalogue key and what fills it."""

    message: str
    code: str
    context: Mapping[str, object] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str]) -> str:
        """Return the reason in the reader's language."""
        error = ScoreError(self.message, self.code)
        error.context = dict(self.context)
        return error.text(translate)


@dataclass(frozen=True)
class Revision:
    """One revision on the hub, and the stamps of the carried entries that it is known to stand for."""

    answers: Mapping[str, Any]
    note: str
    stamps: frozenset[Stamp] = frozenset()


@dataclass(frozen=True)
class Standing:
    """How one expert's sheet stands on the hub: ``history`` holds each item's revisions from the first.

    ``closed`` says why nothing of this sheet can be changed, None where it can; ``recused`` is told apart from what is
    merely not assigned. ``member`` is 0 where whoever brings a sheet may not bring this one.
    """

    visit: str
    rubric: Rubric
    rubric_digest: str
    member: int
    assigned: frozenset[str]
    history: Mapping[str, Sequence[Revision]]
    recused: frozenset[str] = frozenset()
    figures: Figures = field(default_factory=dict)
    closed: Refusal | None = None
    most_note: int = 4000  # characters


class Kind(StrEnum):
    """What a carried entry is to the hub."""

    NEW = "new"  # the hub has nothing of this item
    NEWER = "newer"  # made from what the hub has
    CONFLICTING = "conflicting"  # the hub, or another device, has moved on since: somebody has to choose
    SAME = "same"
    OLDER = "older"  # on the hub it is history already
    REFUSED = "refused"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.NEW: N_("new"), Kind.NEWER: N_("newer"), Kind.CONFLICTING: N_("conflict"), Kind.SAME: N_("same"),
    Kind.OLDER: N_("older"), Kind.REFUSED: N_("not taken"),
}  # fmt: skip

@dataclass(frozen=True)
class Outcome:
    """What becomes of one carried entry.

    ``hub`` is the item's latest revision on the hub, 0 for none; ``stands_at`` the revision that says the same, where
    there is one; ``why`` the reason of a refusal.
    """

    member: int
    item: str
    kind: Kind
    entry: CarriedEntry
    carrier: str
    made_at: datetime
    hub: int = 0
    stands_at: int = 0
    why: Refusal | None = None


def merge(sheets: Iterable[CarriedSheet], standing: Standing) -> tuple[Outcome, ...]:
    """Say of every entry of these sheets what it is to the hub.

    Args:
        sheets: carried sheets, in any order and any number of times.
        standing: the hub's history of the sheet that they are brought to.

    Returns:
        One outcome for each different entry: by item in official order, then by stamp and content.
    """
    found: dict[tuple[object, ...], Outcome] = {}
    for sheet in sheets:
        for entry in sheet.entries:
            why = _refusal(sheet, entry, standing)
            outcome = Outcome(sheet.member, entry.item, Kind.REFUSED, entry, sheet.carrier, sheet.made_at, why=why)
            if why is None:
                outcome = _against_history(outcome, standing.history.get(entry.item, ()))
            key = (*_order(outcome), outcome.kind, sheet.member, why.code if why else "")
            if key not in found or sheet.made_at < found[key].made_at:
                found[key] = outcome
    by_item: dict[str, list[Outcome]] = {}
    for outcome in found.values():
        by_item.setdefault(outcome.item, []).append(outcome)
    places = {item.no: place for place, item in enumerate(standing.rubric.items)}
    items = sorted(by_item, key=lambda no: (places.get(no, len(places)), no))
    return tuple(one for no in items for one in _among_themselves(sorted(by_item[no], key=_order)))


def said(answers: Mapping[str, Any], note: str) -> str:
    """Write what an entry says in one way, however its numbers are written.

    >>> said({"1": {"points": 0.50, "reason": ""}, "2": None}, "") == said({"1": "0.5"}, "")
    True
    """
    return json.dumps([_plain(answers), note.strip()], ensure_ascii=False, sort_keys=True)


_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{0,20})?", re.ASCII)


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, Decimal)):
        return _plain(str(value))
    if isinstance(value, str):
        text = value.strip()
        return f"{Decimal(text).normalize():f}" if _NUMBER.fullmatch(text) else text
    if isinstance(value, Mapping):
        kept = {key: one.strip() if key == "reason" and isinstance(one, str) else _plain(one)
                for key, one in value.items()}  # fmt: skip
        kept = {key: one for key, one in kept.items() if one not in (None, "")}
        return kept["points"] if set(kept) == {"points"} else kept
    return value


def _order(outcome: Outcome) -> tuple[str, str, int, int, str]:
    entry = outcome.entry
    try:
        content = said(entry.answers, entry.note)
    except (ValueError, RecursionError):  # what is refused need not even be writable
        content = ""
    return entry.item, entry.stamp.client, entry.stamp.sequence, entry.base, content


def _against_history(outcome: Outcome, history: Sequence[Revision]) -> Outcome:
    """Compare one entry with what the hub has of its item."""
    entry, latest = outcome.entry, len(history)
    stamp, content = entry.stamp, said(entry.answers, entry.note)
    contents = [said({}, ""), *(said(one.answers, one.note) for one in history)]
    outcome = replace(outcome, hub=latest)
    if content == contents[latest]:
        return replace(outcome, kind=Kind.SAME, stands_at=latest)
    own = [(one.sequence, number) for number, revision in enumerate(history, 1) for one in revision.stamps
           if one.client == stamp.client]  # fmt: skip
    if any(sequence > stamp.sequence for sequence, _number in own):
        return replace(outcome, kind=Kind.OLDER)
    again = next((number for sequence, number in own if sequence == stamp.sequence), 0)
    if again:  # the same number for something else: a file that was changed by hand, or a device's clock set back
        same = contents[again] == content
        return replace(outcome, kind=Kind.OLDER if same else Kind.CONFLICTING, stands_at=again if same else 0)
    ours = {number for _sequence, number in own}
    if all(number in ours for number in range(entry.base + 1, latest + 1)):
        return replace(outcome, kind=Kind.NEWER if latest else Kind.NEW)
    for number in range(latest - 1, entry.base - 1, -1):
        if contents[number] == content:
            return replace(outcome, kind=Kind.OLDER, stands_at=number)
    return replace(outcome, kind=Kind.CONFLICTING)


def _among_themselves(outcomes: Sequence[Outcome]) -> Iterable[Outcome]:
    """Compare the entries for one item with each other: only a device's last one counts, and only one can come in."""
    last: dict[str, int] = {}
    for one in outcomes:
        if one.kind is not Kind.REFUSED:
            last[one.entry.stamp.client] = max(last.get(one.entry.stamp.client, 0), one.entry.stamp.sequence)
    waiting = {Kind.NEW, Kind.NEWER, Kind.CONFLICTING}
    told: list[Outcome] = []
    contents: set[str] = set()
    for one in outcomes:
        content = ""
        if one.kind in waiting:
            content = said(one.entry.answers, one.entry.note)
            if one.entry.stamp.sequence < last[one.entry.stamp.client]:
                one = replace(one, kind=Kind.OLDER)  # noqa: PLW2901
            elif content in contents:
                one = replace(one, kind=Kind.SAME)  # noqa: PLW2901
            else:
                contents.add(content)
        told.append(one)
    if len(contents) > 1:
        told = [replace(one, kind=Kind.CONFLICTING) if one.kind in waiting else one for one in told]
    return told


def _refusal(sheet: CarriedSheet, entry: CarriedEntry, standing: Standing) -> Refusal | None:
    if sheet.visit != standing.visit:
        return Refusal(N_("It belongs to another visit."), "other-visit")
    if sheet.rubric_digest != standing.rubric_digest:
        return Refusal(N_("It was made for another version of the rubric."), "other-rubric")
    if sheet.member != standing.member:
        return Refusal(N_("It is another expert's sheet. They or the secretary bring it in."), "other-expert")
    if standing.closed:
        return standing.closed
    item = next((one for one in standing.rubric.items if one.no == entry.item), None)
    if item is None:
        return Refusal(N_("The rubric has no item “{item}”."), "unknown-item", {"item": entry.item[:40]})
    if item.no in standing.recused:
        return Refusal(N_("This expert is recused from item {item}. Others score it."), "recused", {"item": item.no})
    if item.no not in standing.assigned:
        return Refusal(
            N_("Item {item} is not assigned to this expert. Their items are those on their own list."), "not-assigned",
            {"item": item.no},
        )  # fmt: skip
    if not 0 <= entry.base <= len(standing.history.get(item.no, ())):
        return Refusal(N_("It was made from a revision that the hub does not have."), "unknown-base")
    if len(entry.note) > standing.most_note:
        return Refusal(
            N_("Item {item}: the note is longer than {most} characters. Shorten it."), "note-too-long",
            {"item": item.no, "most": standing.most_note},
        )  # fmt: skip
    try:
        score_item(item, entry.answers, standing.figures, part_step=standing.rubric.scheme.part_step)
        check_measured(standing.rubric, item, entry.answers)
    except ScoreError as error:
        return Refusal(error.message, error.code, error.context)
    return None
