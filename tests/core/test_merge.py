"""The merge: each outcome once by hand, and for any files what order and repetition must not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app import load_rubric
from inspection_app.core.merge import (
    CarriedEntry,
    CarriedSheet,
    Kind,
    Outcome,
    Refusal,
    Revision,
    Stamp,
    Standing,
    merge,
    said,
)
from inspection_app.core.rubric import Grade, Rubric

AT = datetime(2026, 5, 12, 18, tzinfo=UTC)
VISIT, DIGEST, MEMBER = "visit-1", "digest", 3
History = dict[str, tuple[Revision, ...]]


@cache
def rubric() -> Rubric:
    return load_rubric("pingdingshan-city")


GRADED = next(item.no for item in load_rubric("pingdingshan-city").items
              if len(item.criteria) == 1 and isinstance(item.criteria[0], Grade))  # fmt: skip


def marked(points: str) -> dict[str, Any]:
    (criterion,) = rubric().item(GRADED).criteria
    return {criterion.id: {"points": points, "reason": "酌情"}}


def rev(points: str, *stamps: Stamp) -> Revision:
    return Revision(marked(points) if points else {}, "", frozenset(stamps))


def entry(points: str, base: int, sequence: int = 1, client: str = "tablet", item: str = GRADED) -> CarriedEntry:
    return CarriedEntry(item, marked(points) if points else {}, "", base, Stamp(client, sequence))


def sheet(*entries: CarriedEntry, **changed: Any) -> CarriedSheet:
    return replace(CarriedSheet(VISIT, DIGEST, MEMBER, "file", AT, entries), **changed)


def hub(*revisions: Revision, **changed: Any) -> Standing:
    every = frozenset(item.no for item in rubric().items)
    return replace(Standing(VISIT, rubric(), DIGEST, MEMBER, every, {GRADED: revisions}), **changed)


def kind(carried: CarriedEntry, *revisions: Revision) -> Kind:
    (outcome,) = merge([sheet(carried)], hub(*revisions))
    return outcome.kind


# --- each outcome -----------------------------------------------------------------------------------------------------


def test_each_outcome_by_hand() -> None:
    """New on an empty hub; newer on what it began from; conflicting where others moved on; same; older."""
    assert kind(entry("1", 0)) is Kind.NEW
    assert kind(entry("2", 1), rev("1")) is Kind.NEWER
    assert kind(entry("2", 1), rev("1"), rev("0")) is Kind.CONFLICTING
    assert kind(entry("1", 0), rev("1")) is Kind.SAME
    assert kind(entry("1", 1), rev("1"), rev("2")) is Kind.OLDER  # unchanged since it began
    assert kind(entry("", 0), rev("1")) is Kind.OLDER  # an untouched blank


def test_a_devices_own_edits_do_not_stand_in_its_way() -> None:
    """What the hub has from the same device and an earlier edit is no conflict; a later edit makes this one older."""
    mine = Stamp("tablet", 4)
    assert kind(entry("2", 0, 5), rev("1", mine)) is Kind.NEWER
    assert kind(entry("2", 0, 3), rev("1", mine)) is Kind.OLDER
    assert kind(entry("2", 0, 4), rev("1", mine)) is Kind.CONFLICTING  # one number for two things
    assert kind(entry("2", 0, 5), rev("1", mine), rev("0")) is Kind.CONFLICTING  # and then the pad changed it


def test_going_back_to_an_earlier_answer_is_an_edit() -> None:
    """The content of an earlier revision, entered anew on the latest one, is newer and not older."""
    assert kind(entry("1", 2), rev("1"), rev("2")) is Kind.NEWER
    assert kind(entry("1", 2), rev("1"), rev("2"), rev("0")) is Kind.CONFLICTING
    assert kind(entry("1", 0, 9), rev("1", Stamp("tablet", 1)), rev("2", Stamp("tablet", 2))) is Kind.NEWER


def test_two_devices_with_different_answers_conflict_whichever_is_first() -> None:
    """From one upload neither of two different first answers comes in by itself; equal ones do, once."""
    one, other = sheet(entry("1", 0)), sheet(entry("2", 0, client="workbook"), carrier="xlsx")
    for files in ([one, other], [other, one], [one, other, one]):
        assert [found.kind for found in merge(files, hub())] == [Kind.CONFLICTING, Kind.CONFLICTING]
    equal = sheet(entry("1.0", 0, client="workbook"), carrier="xlsx")
    assert sorted(found.kind for found in merge([equal, one], hub())) == [Kind.NEW, Kind.SAME]


def test_of_one_devices_files_the_latest_speaks() -> None:
    """Two exports of one tablet, in any order: the later edit is new, the earlier one older."""
    files = [sheet(entry("1", 0, 1)), sheet(entry("2", 0, 2))]
    for ordered in (files, files[::-1]):
        assert [(one.entry.stamp.sequence, one.kind) for one in merge(ordered, hub())] == [
            (1, Kind.OLDER), (2, Kind.NEW),
        ]  # fmt: skip


CLOSED = Refusal("handed in", "handed-in")


@pytest.mark.parametrize(
    ("carried", "standing", "code"),
    [
        (sheet(entry("1", 0), visit="visit-2"), hub(), "other-visit"),
        (sheet(entry("1", 0), rubric_digest="another"), hub(), "other-rubric"),
        (sheet(entry("1", 0), member=4), hub(), "other-expert"),
        (sheet(entry("1", 0)), hub(closed=CLOSED), "handed-in"),
        (sheet(entry("1", 0, item="999")), hub(), "unknown-item"),
        (sheet(entry("1", 0)), hub(recused=frozenset([GRADED])), "recused"),
        (sheet(entry("1", 0)), hub(assigned=frozenset()), "not-assigned"),
        (sheet(entry("1", 1)), hub(), "unknown-base"),
        (sheet(replace(entry("1", 0), note="长" * 4001)), hub(), "note-too-long"),
        (sheet(entry("9999", 0)), hub(), "out-of-range"),
        (sheet(replace(entry("1", 0), answers={"no-such": True})), hub(), "unknown-criterion"),
        (sheet(replace(entry("1", 0), answers={"1": [["1"]]})), hub(), "not-a-number"),
    ],
)
def test_what_is_refused_says_why(carried: CarriedSheet, standing: Standing, code: str) -> None:
    """Each reason of the list, and every one can be read."""
    (outcome,) = merge([carried], standing)
    assert outcome.kind is Kind.REFUSED
    assert outcome.why is not None
    assert outcome.why.code == code
    assert "{" not in outcome.why.text(str)


def test_a_refused_entry_takes_no_other_with_it() -> None:
    """An answer that cannot be taken is refused by itself; the rest of the file comes in."""
    others = [item.no for item in rubric().items if item.no != GRADED]
    mixed = sheet(entry("9999", 0), replace(entry("1", 0), item=others[0], answers={}, note="看了原件"))
    kinds = {one.item: one.kind for one in merge([mixed], hub())}
    assert kinds == {GRADED: Kind.REFUSED, others[0]: Kind.NEW}


@pytest.mark.parametrize(
    ("one", "other"),
    [({"1": 0.5}, {"1": "0.50"}), ({"1": {"points": "2", "reason": ""}}, {"1": 2}), ({"1": "３"}, {"1": "３ "})],
)
def test_the_same_number_written_otherwise_is_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """A spreadsheet's 0.5 is the tablet's "0.50"."""
    assert said(one, "") == said(other, " ")


def test_yes_is_not_one() -> None:
    """A tick's yes and a tier's 1 stay apart, as do no and 0."""
    assert len({said({"1": value}, "") for value in (True, 1, False, 0, "na")}) == 5


# --- for any files ----------------------------------------------------------------------------------------------------

POINTS = ["0", "1", "2"]
RANK = {"hub": 0, "tablet": 1, "phone": 2, "workbook": 3}


@st.composite
def travelled(draw: st.DrawFn) -> tuple[History, list[CarriedSheet]]:
    """A hub with some history, and the exports of up to three devices that went on from what they had seen of it.

    A device edits only upwards: its numbers rise, and an edit begins from a revision of the hub.
    """
    past = tuple(rev(draw(st.sampled_from(POINTS))) for _ in range(draw(st.integers(0, 3))))
    files = []
    for client in draw(st.lists(st.sampled_from(["tablet", "phone", "workbook"]), max_size=3, unique=True)):
        base = draw(st.integers(0, len(past)))
        for sequence in range(1, draw(st.integers(1, 3)) + 1):
            files.append(sheet(entry(draw(st.sampled_from(POINTS)), base, sequence, client)))
    return {GRADED: past}, files


def brought(history: History, files: Sequence[CarriedSheet]) -> tuple[History, int]:
    """Bring files in as the service does; of versions that conflict, the device of the highest rank wins.

    Returns the history, and how many revisions were added.
    """
    revisions, added = list(history[GRADED]), 0
    outcomes = merge(files, hub(*revisions))
    conflicting = [one for one in outcomes if one.kind is Kind.CONFLICTING]
    for one in outcomes:
        if one.kind in {Kind.NEW, Kind.NEWER}:
            revisions.append(Revision(one.entry.answers, "", frozenset([one.entry.stamp])))
            added += 1
        elif one.kind in {Kind.SAME, Kind.OLDER} and one.stands_at:
            at = revisions[one.stands_at - 1]
            revisions[one.stands_at - 1] = replace(at, stamps=at.stamps | {one.entry.stamp})
    if conflicting:
        revisions, more = _chosen(revisions, conflicting)
        added += more
    return {GRADED: tuple(revisions)}, added


def _chosen(revisions: list[Revision], conflicting: list[Outcome]) -> tuple[list[Revision], int]:
    standing = revisions[-1] if revisions else None
    ranked = sorted(conflicting, key=lambda one: (RANK[one.entry.stamp.client], one.entry.stamp.sequence))
    made = [Revision(one.entry.answers, "", frozenset([one.entry.stamp])) for one in ranked]
    owner = max((RANK[stamp.client] for stamp in standing.stamps), default=0) if standing else -1
    if standing and owner > RANK[ranked[-1].entry.stamp.client]:
        made.append(replace(standing, stamps=standing.stamps))
    return revisions + made, len(made)


@settings(max_examples=400, deadline=None)
@given(travelled(), st.data())
def test_the_order_and_number_of_files_in_an_upload_change_nothing(
    case: tuple[History, list[CarriedSheet]], data: st.DataObject
) -> None:
    """One upload, its files in any order, any of them twice: the same outcomes."""
    history, files = case
    again = data.draw(st.lists(st.sampled_from(files), max_size=3)) if files else []
    mixed = data.draw(st.permutations(files + again))
    standing = hub(*history[GRADED])
    assert merge(mixed, standing) == merge(files, standing)


@settings(max_examples=400, deadline=None)
@given(travelled())
def test_bringing_in_twice_changes_nothing(case: tuple[History, list[CarriedSheet]]) -> None:
    """Once files are in, the same files are all the same or older: no revision is added, none conflicts."""
    history, files = case
    once, _added = brought(history, files)
    kinds = {one.kind for one in merge(files, hub(*once[GRADED]))}
    assert kinds <= {Kind.SAME, Kind.OLDER}
    assert brought(once, files)[1] == 0


@settings(max_examples=400, deadline=None)
@given(travelled(), st.data())
def test_the_files_of_one_device_may_come_one_by_one_in_any_order(
    case: tuple[History, list[CarriedSheet]], data: st.DataObject
) -> None:
    """Brought in one after another, in any order and repeatedly, a device's exports leave what its last one says."""
    history, files = case
    own = [one for one in files if one.entries[0].stamp.client == "tablet" and one.entries[0].base == len(history[GRADED])]
    if not own:
        return
    mixed = data.draw(st.permutations(own + data.draw(st.lists(st.sampled_from(own), max_size=2))))
    for one in mixed:
        history, _added = brought(history, [one])
    last = own[-1].entries[0]
    assert said(history[GRADED][-1].answers, "") == said(last.answers, "")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(POINTS), min_size=3, max_size=6))
def test_a_file_from_before_three_later_edits_changes_nothing(later: list[str]) -> None:
    """What a tablet had exported and sent, brought in after three or more further edits of its own, does no harm."""
    early = entry("1", 0, 1)
    past = [rev("1", Stamp("tablet", 1)), *(rev(one, Stamp("tablet", n)) for n, one in enumerate(later, 2))]
    assert kind(early, *past) in {Kind.OLDER, Kind.SAME}
    by_others = [rev("1", Stamp("tablet", 1)), *(rev(one) for one in later)]
    assert kind(early, *by_others) in {Kind.OLDER, Kind.SAME}
