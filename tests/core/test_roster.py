"""The roster and the candidate sites: what is refused, where, and what stands for a person in the draw."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspection_app.core.roster import Citizen, Site, check_roster, check_sites, identity_text, masked
from inspection_app.errors import RosterError

CATEGORIES = ("群众代表", "人大代表", "政协委员", "社会监督员")


def faults_of(*citizens: Citizen, rows: list[int] | None = None) -> list[str]:
    with pytest.raises(RosterError) as caught:
        check_roster(citizens, CATEGORIES, rows)
    return [fault.text() for fault in caught.value.faults]


def test_a_clean_roster_passes() -> None:
    """Namesakes whom a birth date or a phone tells apart are two people."""
    check_roster(
        [
            Citizen("王伟", "群众代表", birth="1980-01-01"),
            Citizen("王伟", "群众代表", birth="1991-05-06"),
            Citizen("李娜", "人大代表", phone="13800000001"),
            Citizen("李娜", "人大代表", phone="13800000002"),
        ],
        CATEGORIES,
    )


def test_all_faults_come_at_once_with_row_and_remedy() -> None:
    """Three faults in one file are three messages, each with its row in the file and what to do."""
    texts = faults_of(
        Citizen("王伟", "群众"),
        Citizen(" ", "人大代表"),
        Citizen("李娜", "政协委员"),
        Citizen("李娜", "政协委员"),
        rows=[2, 3, 5, 8],
    )
    assert texts == [
        "Row 2: The category 群众 is not one of this visit's. Use one of: 群众代表、人大代表、政协委员、社会监督员.",
        "Row 3: The name is missing. Enter the name or remove the row.",
        "Row 8: 李娜 seems to be the person of row 5. "
        "Remove one of the two rows, or give both a birth date or phone that tells them apart.",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Citizen("王伟", "群众代表"), Citizen("王伟", "人大代表")),
        (Citizen("Wang", "群众代表"), Citizen("ＷＡＮＧ", "群众代表")),
        (Citizen("王伟", "群众代表"), Citizen("王　伟", "群众代表")),
        (Citizen("王伟", "群众代表"), Citizen("王\u200b伟", "群众代表")),
        (Citizen("王伟", "群众代表", phone="13800000001"), Citizen("王伟", "群众代表", phone="１３８００００００01")),
        (Citizen("王伟", "群众代表", phone="13800000001"), Citizen("王伟", "群众代表", birth="1980-01-01")),
        (
            Citizen("王伟", "群众代表", id_number="41010119800101123x"),
            Citizen("王威", "群众代表", id_number="41010119800101123X"),
        ),
    ],
    ids=["two categories", "width", "space", "zero width", "same phone", "nothing tells apart", "same ID"],
)
def test_one_person_twice_is_refused(one: Citizen, other: Citizen) -> None:
    """Nobody gets two chances by another category, spelling or half-filled row."""
    assert faults_of(one, other)[0].startswith("Row 2: ")


def test_masked_numbers_make_nobody_the_same_person() -> None:
    """Two different people whose masked numbers end alike stay two people."""
    check_roster(
        [
            Citizen("王伟", "群众代表", id_number="**************1234"),
            Citizen("李娜", "群众代表", id_number="**************1234"),
        ],
        CATEGORIES,
    )


def test_an_empty_roster_is_refused() -> None:
    """A roster with nobody on it is a fault, not a success."""
    assert faults_of() == ["Roster: Nobody is on it. Enter at least as many people as will be drawn."]


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
