"""The roster and the candidate sites: what is refused, where, and what stands for a person in the draw."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspection_app.core.roster import (
    Citizen,
    Site,
    age_band,
    check_sites,
    identity_text,
    masked,
    others_text,
    parse_others,
)
from inspection_app.errors import RosterError


@pytest.mark.parametrize("count", [2, 6])
def test_the_scheme_says_how_many_sites(count: int) -> None:
    """Two or six sites are refused where the scheme asks for five, and accepted where it asks for as many."""
    sites = [Site(f"企业{number}") for number in range(count)]
    with pytest.raises(RosterError, match=f"There are {count}, and the scheme asks for exactly 5"):
        check_sites(sites, 5)
    check_sites(sites, count)


def test_sites_need_names_that_differ() -> None:
    """An unnamed site and one named twice are told together, with their rows."""
    with pytest.raises(RosterError) as caught:
        check_sites([Site("水厂"), Site(""), Site("水 厂")], 3)
    assert [fault.text() for fault in caught.value.faults] == [
        "Row 2: The name is missing. Enter the name or remove the row.",
        "Row 3: 水 厂 is already in row 1. Remove one of the two rows, or give the sites names that tell them apart.",
    ]


def test_identity_does_not_depend_on_composition_or_spaces() -> None:
    """The same person typed with a decomposed letter and double spaces has the same identity text."""
    assert Citizen("Zoe\u0308  Li", "群众代表").identity == Citizen("Zo\u00eb Li ", "群众代表").identity


def test_identity_survives_masking_the_number() -> None:
    """The identity text is the same before and after the plain identity number is removed from the visit."""
    number = "410101198001011234"
    assert (
        Citizen("王伟", "群众代表", id_number=number).identity
        == Citizen("王伟", "群众代表", id_number=masked(number)).identity
    )
    assert number not in Citizen("王伟", "群众代表", id_number=number).identity


words = st.text(alphabet="ab|\\= ", max_size=6).map(lambda text: " ".join(text.split()))


@example(("a", "b"), ("a|address=b", ""))
@example(("a\\", "b"), ("a|address=b", ""))
@given(st.tuples(words, words), st.tuples(words, words))
def test_different_entries_have_different_identities(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Bars, backslashes and equals signs in a value cannot make two entries look alike."""
    texts = [identity_text("site", name=name, address=address) for name, address in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)


def test_the_digest_of_the_number_is_part_of_the_identity() -> None:
    """Two people whom only the middle of their ID numbers tells apart have two identities, though both are masked."""
    one, other = (Citizen("王伟", "群众代表", id_number=masked("410101198001011234"), id_digest=d) for d in "ab")
    assert one.identity != other.identity


@pytest.mark.parametrize(
    ("birth", "band"),
    [
        ("1991-05-13", "34岁及以下"), ("1991-05-12", "35–59岁"), ("1991-05", "35–59岁"), ("1991-06", "34岁及以下"),
        ("1991", "35–59岁"), ("1966-05-12", "60岁及以上"), ("", ""), ("五月", ""),
    ],
)  # fmt: skip
def test_age_bands_on_the_visits_first_day(birth: str, band: str) -> None:
    """The birthday itself counts as reached; where only a year or month is known it counts as past."""
    assert age_band(birth, date(2026, 5, 12), (35, 60)) == band


@given(st.lists(st.tuples(st.text("ab职|\\", min_size=1), st.text("ab业|\\=", min_size=1))))
def test_further_columns_come_back_as_they_were(others: list[tuple[str, str]]) -> None:
    """Whatever stands in names and values, bars and backslashes too."""
    assert parse_others(others_text(others)) == others


def test_attributes_of_the_public_list_are_never_empty() -> None:
    """What a roster does not say is 未填, so that nobody slips through a quota; ages only where bands are asked for."""
    citizen = Citizen("王伟", "群众代表", gender="男", others=others_text([("职业", "教师")]))
    assert citizen.attributes(date(2026, 5, 12)) == {"性别": "男", "乡镇街道": "未填", "职业": "教师"}
    assert citizen.attributes(date(2026, 5, 12), (60,))["年龄段"] == "未填"
