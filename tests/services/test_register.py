"""A draw made by hand: it takes a ceremony's place, says everywhere that it is one, and keeps its photos."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from inspection_app.core.certificate import verify_certificate
from inspection_app.errors import DrawError, InspectionError, NotFound, ScoreError, StageError
from inspection_app.services import draw, feed_back, observe, prepare, register, substitute
from inspection_app.services.draw import CITIZENS, SITE_STRATUM, SITES
from tests.services.conftest import NOW, Scene, begin, hold, lock, log_of, mark_all, open_up, photo, refused, rows

DRAWN = {SITE_STRATUM: [4, 2, 5, 1]}


def by_hand(scene: Scene, drawn: Mapping[str, Sequence[int]] = DRAWN, kind: str = SITES, **changes: Any) -> int:
    given = {
        "place": "三楼会议室", "at": NOW - timedelta(minutes=20), "drawer": "申必达", "witnesses": ["公证石", "赵副县长"],
        "photos": [photo()], "now": NOW,
    }  # fmt: skip
    return register.register_by_hand(scene.file, scene.secretary, kind, drawn, **given | changes)


def test_it_stands_as_it_was_drawn(prepared: Scene) -> None:
    """The first three are the sites, in the order drawn, the fourth is in reserve; the programme has them."""
    lock(prepared)
    assert by_hand(prepared) == 1
    state = draw.draw_state(prepared.file, SITES)
    assert state.by_hand
    assert state.standing == {SITE_STRATUM: (4, 2, 5)}
    assert state.result.reserves == {SITE_STRATUM: (1,)}
    assert list(observe.programme(prepared.file).sites) == [4, 2, 5]
    assert state.current.at == NOW - timedelta(minutes=20)


def test_its_record_is_refused_by_the_verifier(prepared: Scene) -> None:
    """The record says by hand, with everything that is known; a stranger's verifier says nothing can be recomputed."""
    lock(prepared)
    by_hand(prepared)
    record = draw.draw_state(prepared.file, SITES).certificate
    assert record["method"] == "by hand"
    assert record["selected"] == {SITE_STRATUM: [4, 2, 5]}
    assert [one["name"] for one in record["signatures"]] == ["申必达", "公证石", "赵副县长"]
    assert record["photos"] == [row["digest"] for row in rows(prepared, "draw_photo")]
    with pytest.raises(DrawError, match="by hand"):
        verify_certificate(record)


def test_it_takes_the_place_of_a_ceremony(prepared: Scene) -> None:
    """A ceremony that stands must be voided first; numbers go on, and both ways tell the voided ones."""
    with refused(prepared, StageError, "not-locked"):
        by_hand(prepared)
    lock(prepared)
    begin(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        by_hand(prepared)
    draw.void_ceremony(prepared.file, prepared.secretary, SITES, "停电，改用手工抽签", NOW)
    assert by_hand(prepared) == 2
    record = draw.draw_state(prepared.file, SITES).certificate
    assert (record["ceremony"], record["voided"]) == (2, [{"ceremony": 1, "reason": "停电，改用手工抽签"}])
    for again in (begin, by_hand):
        with refused(prepared, StageError, "ceremony-stands"):
            again(prepared)
    draw.void_ceremony(prepared.file, prepared.secretary, SITES, "签条有误", NOW)
    certificate = hold(prepared)
    assert [one["ceremony"] for one in certificate["voided"]] == [1, 2]
    assert verify_certificate(certificate).ok
    assert not draw.draw_state(prepared.file, SITES).by_hand


def test_not_while_it_is_rehearsed(prepared: Scene) -> None:
    """The room never sees a rehearsal and a real draw at once; when the rehearsal is over, the draw is registered."""
    lock(prepared)
    draw.lock_sites(prepared.file, prepared.secretary, 3, entropy=os.urandom, now=NOW, rehearsal=True)
    with refused(prepared, StageError, "rehearsal-stands"):
        by_hand(prepared)
    draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    assert by_hand(prepared) == 1


def test_its_reserves_step_in_too(prepared: Scene) -> None:
    """A site drawn by hand that is closed is replaced by the next that was drawn, until none is left."""
    lock(prepared)
    by_hand(prepared)
    substitute.substitute(prepared.file, prepared.secretary, SITES, 2, 1, "停业", "公证石", NOW)
    state = draw.draw_state(prepared.file, SITES)
    assert state.standing == {SITE_STRATUM: (4, 1, 5)}
    assert state.certificate["substitutions"] == [{"out": 2, "in": 1, "reason": "停业", "witness": "公证石"}]
    with refused(prepared, DrawError, "no-reserve"):
        substitute.substitute(prepared.file, prepared.secretary, SITES, 4, 3, "停业", "公证石", NOW)


def test_citizens_by_hand(prepared: Scene) -> None:
    """Of each category its quota, by the numbers of the locked list."""
    lock(prepared, CITIZENS)
    kept = draw.draw_state(prepared.file, CITIZENS).kept
    drawn = {
        quota.stratum: [row.number for row in kept.locked.rows if row.stratum == quota.stratum][: quota.k]
        for quota in kept.locked.quotas
    }
    by_hand(prepared, drawn, CITIZENS)
    assert draw.draw_state(prepared.file, CITIZENS).standing == {s: tuple(numbers) for s, numbers in drawn.items()}


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        ({SITE_STRATUM: [1, 2]}, "too-few"),
        ({}, "too-few"),
        ({SITE_STRATUM: [1, 2, 6]}, "not-listed"),
        ({SITE_STRATUM: [1, 2, 2]}, "twice"),
        ({SITE_STRATUM: [0, 1, 2]}, "not-listed"),
    ],
)
def test_results_that_cannot_be(prepared: Scene, drawn: Mapping[str, Sequence[int]], code: str) -> None:
    """Too few, a number twice, or one that is not on the list: refused."""
    lock(prepared)
    with refused(prepared, DrawError, code):
        by_hand(prepared, drawn)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"place": " "}, "empty"),
        ({"drawer": ""}, "empty"),
        ({"witnesses": ["公证石"]}, "witnesses"),
        ({"witnesses": ["公证石", " 公证石 "]}, "witnesses"),
        ({"witnesses": ["公证石", "申必达"]}, "witnesses"),
        ({"at": NOW + timedelta(minutes=1)}, "time"),
        ({"at": NOW.replace(tzinfo=None)}, "time"),
    ],
)
def test_records_that_cannot_be(prepared: Scene, changes: Mapping[str, Any], code: str) -> None:
    """Without place or drawer, with fewer than two witnesses beside who drew, or drawn in the future: refused."""
    lock(prepared)
    with refused(prepared, DrawError, code):
        by_hand(prepared, **changes)


def test_photos(prepared: Scene) -> None:
    """Photos come with the result or later, the same one once; one that does not belong there goes, its digest stays
    in the log; what is no picture is refused."""
    lock(prepared)
    file, office = prepared.file, prepared.secretary
    with refused(prepared, StageError, "not-by-hand"):
        register.add_draw_photo(file, office, SITES, photo(), NOW)
    with refused(prepared, ScoreError, "not-a-photo"):
        by_hand(prepared, photos=[b"no picture"])
    by_hand(prepared)
    for content in (photo(), photo("red"), photo("red")):
        register.add_draw_photo(file, office, SITES, content, NOW)
    first, second = register.draw_photos(file, SITES)
    with refused(prepared, NotFound, "no-photo"):
        register.remove_draw_photo(file, office, SITES, 99, NOW)
    register.remove_draw_photo(file, office, SITES, second.id, NOW)
    assert register.draw_photos(file, SITES) == (first,)
    assert log_of(prepared)[-1].details["removed"] == second.digest


def test_the_report_says_so(prepared: Scene) -> None:
    """The report tells who drew and who watched, and that nothing can be recomputed; of the other draw it does not."""
    lock(prepared)
    by_hand(prepared)
    substitute.substitute(prepared.file, prepared.secretary, SITES, 2, 1, "停业整顿", "公证石", NOW)
    lock(prepared, CITIZENS)
    hold(prepared, CITIZENS)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared)
    open_up(prepared)
    text = str(feed_back.report_document(prepared.file, NOW))
    assert text.count("不可复算") == 1
    assert text.count("可由任何人重新计算验证") == 1
    assert "申必达抽取，公证石、赵副县长见证" in text
    assert "停业整顿" in text


def test_not_after_the_marks(consolidating: Scene) -> None:
    """From consolidation on no draw is registered."""
    with refused(consolidating, InspectionError, "wrong-stage"):
        by_hand(consolidating)
