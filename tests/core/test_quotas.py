"""Quotas beyond the strata: what cannot be met, and chances that agree with counting every selection."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app.core import quotas as module
from inspection_app.core.quotas import Band, Quota, chances, check_bands, meets
from inspection_app.errors import DrawError

WOMAN, MAN = {"性别": "女", "乡镇": "城关"}, {"性别": "男", "乡镇": "城关"}
People = list[tuple[str, dict[str, str]]]


def refused(quotas: list[Quota], bands: list[Band], people: People) -> str:
    with pytest.raises(DrawError) as caught:
        check_bands(quotas, bands, people)
    return str(caught.value)


def counted(quotas: list[Quota], bands: list[Band], people: People) -> tuple[int, int, Counter[int]]:
    """Look at every selection there is."""
    of = {quota.stratum: [at for at, row in enumerate(people) if row[0] == quota.stratum] for quota in quotas}
    total, good, within = 0, 0, Counter[int]()
    for parts in product(*(combinations(of[quota.stratum], quota.k) for quota in quotas)):
        selection = [at for part in parts for at in part]
        total += 1
        if meets(bands, [people[at] for at in selection]):
            good += 1
            within.update(selection)
    return total, good, within


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[Quota], list[Band], People]:
    strata = ["甲", "乙", "丙"][: draw(st.integers(1, 3))]
    people = [
        (stratum, {"性别": draw(st.sampled_from("男女")), "乡镇": draw(st.sampled_from("东西南"))})
        for stratum in strata
        for _ in range(draw(st.integers(1, 5)))
    ]
    sizes = Counter(stratum for stratum, _ in people)
    quotas = [Quota(stratum, draw(st.integers(1, sizes[stratum]))) for stratum in strata]
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(["*", *strata]), st.sampled_from(["性别=女", "乡镇=东", "乡镇=西"])),
            max_size=3, unique=True,
        )
    )  # fmt: skip
    bands = [
        Band(stratum, *pair.split("="), least, least + draw(st.integers(0, 2)))
        for stratum, pair in keys
        for least in [draw(st.integers(0, 3))]
    ]
    return quotas, bands, people


@settings(max_examples=150, deadline=None)
@given(lists())
def test_chances_are_those_of_counting_every_selection(given: tuple[list[Quota], list[Band], People]) -> None:
    """Acceptance and everybody's chance are the exact fractions that going through all selections gives; nothing that
    can be met is refused, and nothing that cannot be met is let through."""
    quotas, bands, people = given
    total, good, within = counted(quotas, bands, people)
    if not good:
        with pytest.raises(DrawError):
            check_bands(quotas, bands, people)
        return
    found = chances(quotas, bands, people)
    assert found.exact
    assert found.acceptance == Fraction(good, total)
    assert [found.of(at) for at in range(len(people))] == [Fraction(within[at], good) for at in range(len(people))]
    if Fraction(good, total) >= module.RAREST and all(any(b.counts(*row) for row in people) for b in bands):
        check_bands(quotas, bands, people)


def test_without_bands_everybody_of_a_stratum_has_the_same_chance() -> None:
    """Two of five is two fifths, whoever else is on the list."""
    people: People = [("甲", {})] * 5 + [("乙", {})] * 3
    found = chances([Quota("甲", 2), Quota("乙", 1)], [], people)
    assert {found.of(at) for at in range(5)} == {Fraction(2, 5)}
    assert {found.of(at) for at in range(5, 8)} == {Fraction(1, 3)}
    assert found.acceptance == 1


@pytest.mark.parametrize(
    ("band", "message"),
    [
        (Band("*", "性别", "女", 3, 4), "性别=女: 3–4: At most 2 can be drawn; short by 1."),
        (Band("甲", "性别", "女", 2, 2), "甲, 性别=女: 2–2: At most 1 can be drawn; short by 1."),
        (Band("*", "性别", "男", 0, 1), "性别=男: 0–1: At least 2 are drawn in any case; too many by 1."),
        (Band("丁", "性别", "女", 1, 1), "There is no such category."),
        (Band("*", "性别", "妇", 0, 1), "Nobody on the list has this value."),
        (Band("*", "职业", "教师", 0, 1), "7 rows do not say it."),
        (Band("*", "性别", "女", 2, 1), "At least is more than at most."),
    ],
    ids=lambda one: "" if isinstance(one, Band) else one,
)
def test_what_cannot_be_drawn_is_refused_with_the_exact_shortfall(band: Band, message: str) -> None:
    """Each fault names the quota, what is possible, and by how many it misses: a hand-counted list of seven."""
    people: People = [("甲", WOMAN)] + [("甲", MAN)] * 3 + [("乙", WOMAN)] + [("乙", MAN)] * 2
    assert message in refused([Quota("甲", 2), Quota("乙", 2)], [band], people)


def test_bands_that_contradict_each_other_are_named_with_what_they_miss() -> None:
    """Of four drawn, three from each of two towns is impossible by two; a band that has no part in it is not named."""
    people: People = [("甲", {"乡镇": town, "性别": sex}) for town in "东西" for sex in "男女" for _ in range(3)]
    bands = [Band("*", "乡镇", "东", 3, 4), Band("*", "性别", "女", 1, 3), Band("*", "乡镇", "西", 3, 4)]
    text = refused([Quota("甲", 4)], bands, people)
    assert "乡镇=东: 3–4 / 乡镇=西: 3–4" in text
    assert "missed by 2" in text
    assert "性别" not in text


def test_what_is_nearly_impossible_is_refused() -> None:
    """Exactly the nine women of 200 people: far less than one attempt in 10,000."""
    people: People = [("甲", WOMAN)] * 9 + [("甲", MAN)] * 191
    assert "nearly impossible" in refused([Quota("甲", 9)], [Band("*", "性别", "女", 9, 9)], people)
    check_bands([Quota("甲", 2)], [Band("*", "性别", "女", 2, 2)], people)


def test_a_long_list_must_succeed_more_often() -> None:
    """One attempt in 1,000 will do for 200 people and not for 5,000, whose room would wait."""
    def people(size: int) -> People:
        return [("甲", WOMAN)] * (size // 10) + [("甲", MAN)] * (size - size // 10)

    band = [Band("*", "性别", "女", 3, 3)]
    check_bands([Quota("甲", 3)], band, people(200))
    assert "one in 400 must" in refused([Quota("甲", 3)], band, people(5000))


def test_a_band_twice_or_too_many_of_them_are_refused() -> None:
    """Two quotas for one value could be read two ways; more than the verifier takes are not locked."""
    people: People = [("甲", WOMAN), ("甲", MAN)]
    assert "stands here twice" in refused([Quota("甲", 1)], [Band("*", "性别", "女", 0, 1)] * 2, people)
    many = [Band("*", "性别", str(number), 0, 1) for number in range(100)]
    assert "100 quotas" in refused([Quota("甲", 1)], many, people)


def test_estimates_agree_with_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many states to count, the same chances come out of trying, to within four standard errors,
    and say that they are estimates; the same again at the second time."""
    people: People = [
        (stratum, {"性别": "男女"[n % 2], "乡镇": "东西南"[n % 3]}) for stratum in "甲乙" for n in range(12)
    ]
    quotas, bands = [Quota("甲", 3), Quota("乙", 3)], [Band("*", "性别", "女", 3, 4), Band("*", "乡镇", "东", 1, 2)]
    exact = chances(quotas, bands, people)
    monkeypatch.setattr(module, "MOST_STATES", 3)
    tried = chances(quotas, bands, people)
    assert (exact.exact, tried.exact) == (True, False)
    successes = module.TRIES * exact.acceptance
    for at in range(len(people)):
        p = exact.of(at)
        assert abs(tried.of(at) - p) < 4 * (float(p * (1 - p)) / float(successes)) ** 0.5
    assert chances(quotas, bands, people) == tried


def test_progress_is_told_up_to_the_end() -> None:
    """Whoever waits sees it grow to 1."""
    seen: list[float] = []
    people: People = [("甲", {"性别": "男女"[n % 2]}) for n in range(10)]
    chances([Quota("甲", 2)], [Band("*", "性别", "女", 1, 1)], people, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
