"""The hash chain: whole logs pass, and any change shows at the entry that was changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app.core.audit import GENESIS, Entry, chained, check_chain, entry_hash
from inspection_app.errors import TamperError

AT = "2026-05-12T09:30:00+08:00"


def log(count: int = 5) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, count + 1):
        last = entries[-1] if entries else None
        entries.append(chained(last, AT, number % 2 + 1, "answer-item", {"item": str(number), "内容": ["a", number]}))
    return entries


def broken_at(entries: list[Entry]) -> int:
    with pytest.raises(TamperError) as caught:
        check_chain(entries)
    assert caught.value.exit_code == 3
    seq = caught.value.context["seq"]
    assert isinstance(seq, int)
    assert str(seq) in caught.value.text()
    return seq


def test_a_whole_log_passes_and_gives_its_head() -> None:
    """The head is the last entry's hash; an empty log stands at the beginning."""
    entries = log()
    assert check_chain(entries) == entries[-1].hash
    assert check_chain([]) == GENESIS == "0" * 64
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].previous == GENESIS


def test_the_hash_is_the_one_anybody_can_recompute() -> None:
    """SHA-256 of the compact JSON list, names sorted, Chinese unescaped: the digest was computed with sha256sum."""
    digest = entry_hash(1, AT, 2, "draw", {"b": 1, "a": "云"}, GENESIS)
    assert digest == "520fb7ed098efa70bfc0aa3d388cb2bf27e71f31860e8798ef72b39ceb0372ea"


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 9}, {"at": AT.replace("09", "10")}, {"actor": 7}, {"act": "draw"}, {"details": {"item": "3"}},
        {"details": {}}, {"previous": GENESIS}, {"hash": "f" * 64},
    ],
    ids="-".join,
)  # fmt: skip
@pytest.mark.parametrize("place", [1, 3, 5])
def test_a_change_in_any_field_shows_at_its_entry(change: dict[str, Any], place: int) -> None:
    """Whatever was changed, and wherever, that entry is named; the very first's previous hash is already the start."""
    entries = log()
    entries[place - 1] = replace(entries[place - 1], **change)
    if place == 1 and "previous" in change:
        check_chain(entries)
    else:
        assert broken_at(entries) == place


@pytest.mark.parametrize("place", [1, 2, 4])
def test_a_removed_entry_shows_where_it_stood(place: int) -> None:
    """The next entry does not fit any more. (What is cut off the end shows only against a printed head.)"""
    entries = log()
    del entries[place - 1]
    assert broken_at(entries) == place
    assert check_chain(log()[:4]) != check_chain(log())


def test_an_inserted_repeated_or_moved_entry_shows() -> None:
    """Order and number of the entries are fixed."""
    entries = log()
    assert broken_at([*entries[:2], entries[1], *entries[2:]]) == 3
    assert broken_at([entries[0], entries[2], entries[1], *entries[3:]]) == 2
    assert broken_at(entries[::-1]) == 1


def test_a_number_left_out_shows_even_where_the_hashes_fit() -> None:
    """A log built without its second entry, all hashes right, still misses a number."""
    first, second, third = log(3)
    skipped = chained(replace(second, hash=first.hash), AT, third.actor, third.act, third.details)
    assert (skipped.seq, skipped.previous) == (3, first.hash)
    assert broken_at([first, skipped]) == 2


def test_an_entry_rehashed_after_a_change_breaks_the_next() -> None:
    """Whoever repairs one hash has to repair all that follow, and then the printed head differs."""
    entries = log()
    forged = replace(entries[1], act="draw")
    entries[1] = replace(
        forged, hash=entry_hash(forged.seq, forged.at, forged.actor, forged.act, forged.details, forged.previous)
    )
    assert broken_at(entries) == 3


recorded_details = st.dictionaries(
    st.text(max_size=3), st.text(max_size=3) | st.integers() | st.none() | st.lists(st.booleans()), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.lists(recorded_details, min_size=1, max_size=6), st.data())
def test_whatever_is_recorded_is_pinned(details: list[dict[str, object]], data: st.DataObject) -> None:
    """A log of any content passes; adding one word to the details of any entry breaks it there."""
    entries: list[Entry] = []
    for recorded in details:
        entries.append(chained(entries[-1] if entries else None, AT, 1, "act", recorded))
    assert check_chain(entries) == entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 1))
    entries[place] = replace(entries[place], details=entries[place].details | {"longer": "添"})
    assert broken_at(entries) == place + 1
