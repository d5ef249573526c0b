"""The short form of ``tests.soak.fuzz``: a few inputs for every reader, and what would count as a fault is seen as one."""

from __future__ import annotations

import random

import pytest

from inspection_app.errors import InspectionError
from tests.soak.fuzz import READERS, Reader, Traceback, change_bytes, change_json, change_parts, fuzz


@pytest.mark.parametrize("name", READERS)
def test_a_reader_refuses_in_words_or_reads(name: str) -> None:
    """No crash, no hang, no traceback, and nothing believed that nobody wrote; the valid ones are read."""
    reader = READERS[name]()
    tally = fuzz(reader, max(4, reader.share), random.Random(name))
    assert tally.wrong == []
    assert tally.counts["refused"] > 0


@pytest.mark.parametrize("name", [name for name in READERS if name not in {"POST /pad/looked-again", "POST /pad/hand-in",
                                                                           "POST /pad/evidence/change",
                                                                           "desk marks (XLSX)", "self-check (XLSX)"}])  # fmt: skip
def test_what_is_changed_is_valid_before(name: str) -> None:
    """The last of a reader's own inputs is taken as it is, so that a refusal is due to what was changed."""
    reader = READERS[name]()
    reader.read(reader.seeds[-1])


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ValueError(), "crash"), (RecursionError(), "crash"), (AssertionError(), "believed"), (Traceback(), "traceback"),
     (InspectionError("no", "no"), "refused")],
)  # fmt: skip
def test_a_fault_would_be_seen(error: Exception, outcome: str) -> None:
    """What a reader lets through is counted as what it is."""

    def read(content: bytes) -> None:
        raise error

    tally = fuzz(Reader([b"valid"], read, change_bytes, 1), 3, random.Random(1))
    assert tally.counts[outcome] == 3
    assert tally.faults == 3 * (outcome != "refused")


def test_inputs_are_changed() -> None:
    """Each way of changing gives many different inputs, the same ones for the same seed."""
    xlsx = READERS["roster (XLSX)"]().seeds
    for mutate, seeds in ((change_bytes, [b"a,b\n1,2\n"]), (change_json, [b'{"a": [1, {"b": "c"}]}']), (change_parts, xlsx)):
        first, again = ([mutate(rng, seeds) for _ in range(20)] for rng in (random.Random(3), random.Random(3)))
        assert first == again or mutate is change_parts  # a packed file holds the time of its packing
        assert len(set(first) - set(seeds)) > 10
