"""Who comes for whom: the next in line, with every quota kept, and nobody passed over for good."""

from __future__ import annotations

import pytest

from inspection_app.core.draw import Band, Entry, LockedList, Quota, Selection, draw_by_hand, lock_list
from inspection_app.core.substitution import Substitution, next_reserve, standing
from inspection_app.errors import DrawError

PEOPLE = {"甲类": "女男女男女男", "乙类": "男女男"}


def listed(*bands: Band) -> LockedList:
    """Six and three people, numbered 1 to 6 (乙类 comes first in the order of code points: 1 to 3, then 甲类)."""
    entries = [
        Entry(f"{stratum}{number}", stratum, {"性别": gender} if bands else {})
        for stratum, genders in PEOPLE.items()
        for number, gender in enumerate(genders, 1)
    ]
    nonces = [bytes([number] * 16) for number in range(len(entries))]
    return lock_list("citizens", "V", entries, nonces, [Quota("甲类", 2), Quota("乙类", 1)], bands=bands)


def selection(locked: LockedList) -> Selection:
    rows = {stratum: [row.number for row in locked.rows if row.stratum == stratum] for stratum in PEOPLE}
    return draw_by_hand(locked, rows)


def went(gone: int, comes: int) -> Substitution:
    return Substitution(gone, comes, "出差", "公证石")


def test_the_next_in_line_comes_in_the_same_place() -> None:
    """The first reserve of the stratum takes the place of who is gone; the other stratum is untouched."""
    drawn = selection(listed())
    (first, second), reserves = drawn.selected["甲类"], drawn.reserves["甲类"]
    assert next_reserve(drawn, [], second) == reserves[0]
    now = standing(drawn, [went(second, reserves[0])])
    assert now == {"甲类": (first, reserves[0]), "乙类": drawn.selected["乙类"]}


def test_a_reserve_may_be_gone_too() -> None:
    """Who came and is gone again is replaced by the next after them, in the same place; nobody comes twice."""
    drawn = selection(listed())
    first, reserves = drawn.selected["甲类"][0], drawn.reserves["甲类"]
    history = [went(first, reserves[0])]
    assert next_reserve(drawn, history, reserves[0]) == reserves[1]
    history.append(went(reserves[0], reserves[1]))
    assert standing(drawn, history)["甲类"][0] == reserves[1]
    assert next_reserve(drawn, history, drawn.selected["甲类"][1]) == reserves[2]


def test_nobody_is_left() -> None:
    """After the last reserve of a stratum the place stays empty, and the message says so."""
    drawn = selection(listed())
    history, gone = [], drawn.selected["乙类"][0]
    for reserve in drawn.reserves["乙类"]:
        assert next_reserve(drawn, history, gone) == reserve
        history.append(went(gone, reserve))
        gone = reserve
    with pytest.raises(DrawError) as caught:
        next_reserve(drawn, history, gone)
    assert caught.value.code == "no-reserve"


@pytest.mark.parametrize("gone", [0, 99, "reserve", "replaced"])
def test_only_who_stands_is_replaced(gone: int | str) -> None:
    """A reserve, somebody replaced before, or a number of nobody: refused."""
    drawn = selection(listed())
    number = {"reserve": drawn.reserves["甲类"][1], "replaced": drawn.selected["甲类"][0]}.get(str(gone), gone)
    with pytest.raises(DrawError) as caught:
        next_reserve(drawn, [went(drawn.selected["甲类"][0], drawn.reserves["甲类"][0])], int(number))
    assert caught.value.code == "not-standing"


def test_quotas_are_kept() -> None:
    """Where one of two must be a woman, a man is passed over for her place, and stays in line for the next."""
    locked = listed(Band("甲类", "性别", "女", 1, 2))
    drawn = selection(locked)
    genders = {row.number: dict(row.attributes)["性别"] for row in locked.rows}
    woman = next(number for number in drawn.selected["甲类"] if genders[number] == "女")
    (man,) = set(drawn.selected["甲类"]) - {woman}
    first_woman = next(number for number in drawn.reserves["甲类"] if genders[number] == "女")
    first_man = next(number for number in drawn.reserves["甲类"] if genders[number] == "男")
    assert drawn.reserves["甲类"].index(first_man) != drawn.reserves["甲类"].index(first_woman)
    assert next_reserve(drawn, [], woman) == first_woman
    came = [went(woman, first_woman)]
    assert next_reserve(drawn, came, man) == next(n for n in drawn.reserves["甲类"] if n != first_woman)
