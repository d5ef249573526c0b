"""A real tablet, a real hub and the line between them, and what a visit does to all three: short forms.

After each fault every change that a person saw on the tablet is on the hub exactly once, or shown as waiting. What is
done stands in ``tests/soak/pad_faults.py``, which runs the same faults for minutes; how it is counted, in ``pad_bed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.soak import pad_faults
from tests.soak.pad_bed import SHORT, Bed, Tablet, Verdict
from tests.soak.pad_faults import Fault

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Bed]:
    bed = Bed(tmp_path_factory.mktemp("faults"), chromium, SHORT)
    yield bed
    bed.close()


@pytest.fixture
def bed(hub: Bed) -> Iterator[Bed]:
    """The hub of all these tests, mended after each, and tablets of each one's own."""
    yield hub
    hub.clear()


def judged(bed: Bed, tablet: Tablet) -> Verdict:
    verdict = bed.verdict(tablet)
    assert verdict.good, str(verdict)
    return verdict


FAULTS: tuple[tuple[Fault, dict[str, float]], ...] = (
    (pad_faults.cut, {"seconds": 1, "every": 0.2}),
    (pad_faults.black_hole, {"seconds": 2, "every": 0.2}),
    (pad_faults.late_hole, {"seconds": 2, "every": 0.2}),
    (pad_faults.killed_before_commit, {}),
    (pad_faults.killed_before_answering, {}),
    (pad_faults.killed_after_answering, {}),
    (pad_faults.reload_and_close, {}),
    (pad_faults.storage_full, {}),
    (pad_faults.disk_full, {}),
    (pad_faults.two_tabs, {}),
    (pad_faults.two_tablets, {}),
    (pad_faults.late_request, {}),
    (pad_faults.sleep, {"seconds": 1.5}),
    (pad_faults.composing, {}),
    (pad_faults.typing_while_dead, {"characters": 100}),
    (pad_faults.tablets_clock, {}),
    (pad_faults.hubs_clock, {}),
)


ALSO_ELSEWHERE = {
    pad_faults.cut, pad_faults.killed_before_commit, pad_faults.black_hole, pad_faults.late_hole, pad_faults.reload_and_close, pad_faults.storage_full,
    pad_faults.two_tabs, pad_faults.composing, pad_faults.typing_while_dead, pad_faults.late_request,
    pad_faults.killed_after_answering, pad_faults.hubs_clock,
}  # fmt: skip
"""What ``test_pad_outbox``, ``tests/pad_routes`` and ``tests/services`` show in every run already, though they count fewer
changes."""


@pytest.mark.parametrize(
    ("fault", "given"),
    [
        pytest.param(*one, id=one[0].__name__, marks=[pytest.mark.soak] if one[0] in ALSO_ELSEWHERE else [])
        for one in FAULTS
    ],
)
def test_nothing_is_lost_or_doubled(bed: Bed, fault: Fault, given: dict[str, float]) -> None:
    """Each change made is found once when all is well again, and the tablet shows what the hub has."""
    verdict = judged(bed, fault(bed, **given))
    assert verdict.found == verdict.made > 0


def test_while_the_hub_is_away_everything_is_shown_as_waiting(bed: Bed) -> None:
    """Out of range the tablet counts as waiting what the hub has not, and nothing else."""
    tablet = bed.tablet()
    tablet.change(bed.items[0])
    tablet.settles()
    bed.proxy.cut()
    for no in bed.items[1:4]:
        tablet.change(no)
    tablet.waits()
    verdict = judged(bed, tablet)
    assert (verdict.made, verdict.found, verdict.waiting) == (4, 1, 3)


def test_a_lost_change_would_be_noticed(bed: Bed, tmp_path: Path) -> None:
    """The count can fail: a change that the hub never got and the tablet has forgotten is told as lost, a repeated one
    as doubled."""
    tablet = bed.tablet()
    word = tablet.write(bed.items[0])
    tablet.settles()
    tablet.page.keyboard.type(word)
    tablet.settles()
    bed.word(bed.items[1])
    verdict = bed.verdict(tablet)
    assert (len(verdict.lost), verdict.doubled, verdict.good) == (1, (word,), False)
