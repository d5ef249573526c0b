"""The draw: what can be locked, what seeds it, and that nothing but list and head decides it."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inspection_app
from inspection_app.core.draw import (
    Band,
    Contribution,
    Entry,
    Head,
    LockedList,
    Quota,
    draw,
    draw_by_hand,
    draw_order,
    leaf_of,
    lock_list,
    parse_list,
    people_of,
    seed_of,
    tickets_of,
)
from inspection_app.core.quotas import chances
from inspection_app.errors import DrawError

SITES = [Entry(f"site|name={name}", "考察点") for name in ("水厂", "中学", "市场", "车间", "医院")]
CARDS = (
    Contribution("applicant", "张三", "4821"),
    Contribution("chair", "李四", "0073"),
    Contribution("neither", "王五", "99120"),
)


def nonces(count: int) -> list[bytes]:
    return [hashlib.sha256(f"nonce {number}".encode()).digest()[:16] for number in range(count)]


def sites(k: int = 3, entries: list[Entry] = SITES) -> LockedList:
    return lock_list("sites", "visit-1", entries, nonces(len(entries)), [Quota("考察点", k)], allowed=(3, 4))


def head(locked: LockedList, **changes: object) -> Head:
    time = datetime(2026, 5, 12, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    made = Head(1, locked.visit_id, locked.kind, "会议室", time, locked.digest, CARDS, "31415926")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_published_order_of_consistent_sampler() -> None:
    """The order is the one that consistent_sampler publishes for its own example."""
    ids = ["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"]
    assert draw_order(ids, "314159") == ["B-2", "B-3", "A-3", "A-2", "B-1", "A-1"]


def test_published_tickets_of_consistent_sampler() -> None:
    """A ticket is the fraction that consistent_sampler's documentation gives for its example, to the last digit."""
    (ticket,) = tickets_of(["AB-130"], "01382438112797316654")
    assert ticket.fraction == "0.26299714122838008416507544297546663599715395525154425586041245287750224561854"


def test_list_text_is_the_format_of_the_essay() -> None:
    """A small list comes out byte for byte as the module's head says it does."""
    entries = [
        Entry("citizen|name=乙", "群众", {"gender": "女", "age": "30–39"}),
        Entry("citizen|name=丙", "群众", {"gender": ""}),
    ]
    locked = lock_list("citizens", "v", entries, [b"0" * 16, b"1" * 16], [Quota("群众", 1, 1)], rules=["甲 规则"])
    first, second = leaf_of("citizen|name=丙", b"0" * 16), leaf_of("citizen|name=乙", b"1" * 16)
    assert locked.text == (
        "inspection-app list 1\nkind\tcitizens\nvisit\tv\nquota\t群众\t2\t1\t1\nrule\t甲 规则\n"
        f"row\t1\t群众\t{first}\nrow\t2\t群众\t{second}\tage=30–39\tgender=女\n"
    )
    assert locked.digest == hashlib.sha256(locked.text.encode()).hexdigest()
    assert locked.short_code == str(int(locked.digest, 16))[-8:]


def test_head_text_is_the_format_of_the_essay() -> None:
    """The head comes out byte for byte as the module's head says, cards sorted by party."""
    locked = sites()
    made = head(locked, contributions=tuple(reversed(CARDS)), rehearsal=True)
    assert made.text == (
        "inspection-app draw 1\nceremony 1\nmode REHEARSAL\nvisit visit-1\nkind sites\nplace 会议室\n"
        f"time 2026-05-12T09:30:00+08:00\nlist {locked.digest}\n"
        "contribution applicant 4821 张三\ncontribution chair 0073 李四\ncontribution neither 99120 王五\n"
        "public 31415926\n"
    )
    assert seed_of(made) == seed_of(made.text) == hashlib.sha256(made.text.encode()).hexdigest()


def test_reordered_rows_give_the_same_draw() -> None:
    """Entering the list in another order changes neither digest nor draw."""
    shuffled = sites(entries=SITES[::-1])
    assert shuffled.text == sites().text
    assert shuffled.annex == sites().annex
    assert draw(shuffled, head(shuffled)) == draw(sites(), head(sites()))


def test_cards_in_another_order_give_the_same_seed() -> None:
    """Whoever types in the cards cannot choose among their orders."""
    assert seed_of(head(sites(), contributions=CARDS[::-1])) == seed_of(head(sites()))


@pytest.mark.parametrize(
    "change",
    [
        {"public_digits": "31415927"},
        {"place": "礼堂"},
        {"ceremony": 2},
        {"rehearsal": True},
        {"contributions": (replace(CARDS[0], digits="4822"), *CARDS[1:])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_the_head_changes_the_seed(change: dict[str, object]) -> None:
    """Another digit, place, ceremony or mode is another seed."""
    assert seed_of(head(sites(), **change)) != seed_of(head(sites()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contributions": CARDS[:2]}, "neither side is missing"),
        ({"contributions": (*CARDS, Contribution("press", "赵六", "1234"))}, "press is no party"),
        ({"contributions": (*CARDS, Contribution("neither", "赵\n六", "1234"))}, "line break"),
        ({"contributions": (*CARDS, Contribution("neither", "赵六", "123"))}, "at least 4"),
        ({"contributions": (*CARDS, Contribution("neither", "赵六", "１２３４"))}, "Only the digits 0 to 9"),
        ({"public_digits": "31415"}, "at least 6"),
        ({"public_digits": "3141 5926"}, "Only the digits 0 to 9"),
        ({"public_digits": "1" * 1000}, "at most 999"),
        ({"place": "会议室\tpublic"}, "tab"),
        ({"place": " "}, "empty"),
        ({"time": datetime(2026, 5, 12, 9, 30)}, "offset"),
        ({"ceremony": 0}, "numbered from 1"),
        ({"kind": "experts"}, "experts is not drawn"),
        ({"list_digest": "0" * 63}, "64 hex digits"),
    ],
)
def test_a_head_that_breaks_the_protocol_is_refused(change: dict[str, object], message: str) -> None:
    """A missing party, too few digits, other characters or a second line in a field never reach a seed."""
    with pytest.raises(DrawError, match=message):
        head(sites(), **change)


@pytest.mark.parametrize("k", [2, 5])
def test_the_scheme_says_how_many_sites_are_drawn(k: int) -> None:
    """Two or five of five are refused where the scheme says three or four."""
    with pytest.raises(DrawError, match=f"lets 3 / 4 be drawn, not {k}"):
        sites(k)


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        (Quota("考察点", 6), "6 are wanted .* has 5; short by 1"),
        (Quota("考察点", 3, 3), "6 are wanted .* has 5; short by 1"),
        (Quota("考察点", 0), "at least one"),
        (Quota("别的", 3), "考察点 has entries but no quota"),
    ],
)
def test_a_quota_that_cannot_be_met_is_refused_with_its_shortfall(quota: Quota, message: str) -> None:
    """Locking says which stratum lacks how many, and locks nothing."""
    with pytest.raises(DrawError, match=message):
        lock_list("sites", "v", SITES, nonces(5), [quota])


@pytest.mark.parametrize(
    ("entries", "secrets", "message"),
    [
        ([*SITES, SITES[0]], nonces(6), "twice: site|name=水厂"),
        (SITES, nonces(4), "5 different nonces"),
        (SITES, [b"0" * 16] * 5, "5 different nonces"),
        (SITES, [bytes([number]) for number in range(5)], "16 bytes"),
        ([*SITES, Entry("x", "考察点", {"a": "b\tc"})], nonces(6), "tab"),
        ([*SITES, Entry("x", "考察点", {"a=b": "c"})], nonces(6), "equals sign"),
    ],
)
def test_a_list_that_could_be_read_two_ways_is_refused(
    entries: list[Entry], secrets: list[bytes], message: str
) -> None:
    """Duplicates, reused nonces and texts that would end a field cannot be locked."""
    with pytest.raises(DrawError, match=message):
        lock_list("sites", "v", entries, secrets, [Quota("考察点", 3)])


def test_a_list_comes_back_from_its_text() -> None:
    """Parsing the text gives the same public list, bands included; a single other byte is refused."""
    bands = [Band("*", "gender", "女", 1, 2)]
    entries = [Entry(f"citizen|name={n}", "群众", {"gender": "女"}) for n in "甲乙丙"]
    locked = lock_list("citizens", "v", entries, nonces(3), [Quota("群众", 2, 0)], bands=bands)
    assert parse_list(locked.text) == locked
    assert parse_list(sites().text).digest == sites().digest
    for text in ("", locked.text[:-1], locked.text + "\n", locked.text.replace("row\t1", "row\t01"), "row\t" * 9):
        with pytest.raises(DrawError, match="not the text of a locked list"):
            parse_list(text)


def banded(k: int = 4, women: tuple[int, int] = (2, 2), size: int = 20) -> LockedList:
    """Half of the people are women; every fourth is from the county town."""
    entries = [
        Entry(f"citizen|name={n}", "群众", {"性别": "男女"[n % 2], "乡镇": "城关" if n % 4 == 0 else "白庙"})
        for n in range(size)
    ]
    bands = [Band("*", "性别", "女", *women), Band("群众", "乡镇", "城关", 1, 1)]
    return lock_list("citizens", "v", entries, nonces(size), [Quota("群众", k)], bands=bands)


@pytest.mark.parametrize("public", ["00000000", "11111111", "22222222", "33333333", "44444444"])
def test_the_first_attempt_that_meets_every_band_counts(public: str) -> None:
    """The selection meets the bands, none of the attempts before it does, and its tickets are those of its attempt."""
    locked = banded()
    result = draw(locked, head(locked, public_digits=public))
    attributes = {row.number: dict(row.attributes) for row in locked.rows}

    def good(numbers: Iterable[int]) -> bool:
        chosen = [attributes[number] for number in numbers]
        return (sum(one["性别"] == "女" for one in chosen), sum(one["乡镇"] == "城关" for one in chosen)) == (2, 1)

    assert good(result.selected["群众"])
    assert result.order == tuple(draw_order(range(1, 21), f"{result.seed}/{result.attempt}"))
    for earlier in range(result.attempt):
        assert not good(draw_order(range(1, 21), f"{result.seed}/{earlier}")[:4])


def test_some_ceremonies_need_more_than_one_attempt() -> None:
    """The test above is not about attempt 0 only."""
    locked = banded()
    attempts = {draw(locked, head(locked, public_digits=str(n) * 8)).attempt for n in range(5)}
    assert max(attempts) > 0


def test_bands_that_cannot_be_met_are_not_locked() -> None:
    """The lock is refused with the shortfall, before anybody has laid a card."""
    with pytest.raises(DrawError, match="At most 4 can be drawn; short by 1"):
        banded(women=(5, 5))


def test_a_draw_by_hand_has_to_meet_the_bands_too() -> None:
    """Numbers drawn by hand that miss a locked band are refused; those of a computed draw are taken."""
    locked = banded()
    good = draw(locked, head(locked)).selected["群众"]
    assert draw_by_hand(locked, {"群众": good}).selected == {"群众": good}
    men = [row.number for row in locked.rows if ("性别", "男") in row.attributes]
    with pytest.raises(DrawError, match="does not meet the quotas"):
        draw_by_hand(locked, {"群众": men[:4]})


def test_attributes_that_a_band_reads_must_be_on_every_row() -> None:
    """A row without the attribute would slip through: it is refused with the number of such rows."""
    with pytest.raises(DrawError, match="5 rows do not say it"):
        lock_list("sites", "v", SITES, nonces(5), [Quota("考察点", 3)], bands=[Band("*", "type", "企业", 1, 2)])


@pytest.mark.parametrize("change", [{"visit_id": "visit-2"}, {"kind": "citizens"}, {"list_digest": "0" * 64}])
def test_a_ceremony_cannot_be_used_for_another_list(change: dict[str, object]) -> None:
    """A head made for another visit, kind or list draws nothing."""
    with pytest.raises(DrawError, match="held for another list"):
        draw(sites(), head(sites(), **change))


def test_duplicate_ids_are_refused() -> None:
    """The same id twice is refused, also when one is a number and the other its text."""
    with pytest.raises(DrawError, match="7 is in the draw twice"):
        draw_order([1, 7, 7], "seed")
    with pytest.raises(DrawError, match="7 is in the draw twice"):
        draw_order(["7", 7], "seed")  # type: ignore[list-item]


@pytest.mark.parametrize(("flags", "hash_seed"), [(["-O"], "0"), ([], "1"), (["-O"], "4242")])
def test_the_order_is_the_same_in_every_interpreter(flags: list[str], hash_seed: str) -> None:
    """Neither -O, which drops asserts, nor string hashing, locale and time zone change order or refusals."""
    program = (
        "from inspection_app.core.draw import draw_order\n"
        "from inspection_app.errors import DrawError\n"
        "print(draw_order(['A-1', 'A-2', 'A-3', 'B-1', 'B-2', 'B-3'], '314159'))\n"
        "try:\n    draw_order(['A', 'A'], '1')\nexcept DrawError:\n    print('refused')\n"
    )
    root = Path(inspection_app.__file__).parent.parent
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "LC_ALL": "C",
        "TZ": "America/New_York",
        "PYTHONPATH": str(root),
    }
    done = subprocess.run(
        [sys.executable, *flags, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["['B-2', 'B-3', 'A-3', 'A-2', 'B-1', 'A-1']", "refused"]


def test_three_of_five_is_fair() -> None:
    """Over 20,000 seeds each of the ten groups of three comes about as often as the others.

    Chi-square with 9 degrees of freedom exceeds 27.88 once in a thousand fair experiments.
    """
    seen = Counter(tuple(sorted(draw_order([1, 2, 3, 4, 5], f"fair {seed}")[:3])) for seed in range(20_000))
    groups = list(combinations(range(1, 6), 3))
    assert sum((seen[group] - 2000) ** 2 / 2000 for group in groups) < 27.88


def test_with_bands_everybody_comes_as_often_as_the_printed_chance_says() -> None:
    """Over 1,500 ceremonies each row is drawn at the rate of the table that was shown before: within 4.5 standard
    errors, which one of eight rows exceeds once in 18,000 times."""
    locked = banded(k=3, women=(1, 1), size=8)
    expected = chances(locked.quotas, locked.bands, people_of(locked))
    rounds = 1500
    seen = Counter[int]()
    for number in range(rounds):
        seen.update(draw(locked, head(locked, public_digits=f"{number:08d}")).selected["群众"])
    assert {expected.of(number - 1) for number in range(1, 9)} == {Fraction(1, 4), Fraction(1, 2)}
    for number in range(1, 9):
        p = float(expected.of(number - 1))
        assert abs(seen[number] / rounds - p) < 4.5 * (p * (1 - p) / rounds) ** 0.5


def test_published_example_of_rfc_3797() -> None:
    """The idea this protocol follows: the selection that RFC 3797 publishes comes out of its inputs and its algorithm
    (section 4 and appendix): from a pool of 25, in order, with MD5 between two copies of the count."""
    inputs = b"9319./2.5.8.10.12./9.18.26.34.41.45./"
    pool, drawn = list(range(1, 26)), []
    for count in range(10):
        index = count.to_bytes(2, "big")
        digest = hashlib.md5(index + inputs + index, usedforsecurity=False).hexdigest()
        drawn.append(pool.pop(int(digest, 16) % len(pool)))
    assert drawn == [17, 7, 2, 16, 25, 23, 8, 24, 19, 13]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_quotas_are_met_and_nobody_is_lost(data: st.DataObject) -> None:
    """Whatever the strata: as many as the quota says, nobody twice, and selected plus reserves is everybody."""
    sizes = data.draw(st.dictionaries(st.sampled_from("甲乙丙丁"), st.integers(1, 12), min_size=1))
    quotas = [Quota(stratum, data.draw(st.integers(1, size))) for stratum, size in sizes.items()]
    entries = [Entry(f"citizen|name={stratum}{n}", stratum) for stratum, size in sizes.items() for n in range(size)]
    random.Random(data.draw(st.integers())).shuffle(entries)
    locked = lock_list("citizens", "v", entries, nonces(len(entries)), quotas)
    result = draw(locked, head(locked, public_digits=data.draw(st.text("0123456789", min_size=6, max_size=20))))
    stratum_of = {row.number: row.stratum for row in locked.rows}
    for quota in quotas:
        chosen, waiting = result.selected[quota.stratum], result.reserves[quota.stratum]
        assert len(chosen) == quota.k
        assert [*chosen, *waiting] == [n for n in result.order if stratum_of[n] == quota.stratum]
    assert sorted(result.order) == [row.number for row in locked.rows]


def test_a_limited_number_of_reserves_is_the_front_of_the_queue() -> None:
    """Naming one reserve names the next in line and no other."""
    locked = lock_list("sites", "v", SITES, nonces(5), [Quota("考察点", 3, 1)])
    result = draw(locked, head(locked))
    assert result.selected["考察点"] + result.reserves["考察点"] == result.order[:4]


def test_leaving_a_row_out_lets_nobody_pass_anybody() -> None:
    """With the same seed the others keep their order: what reserves rely on."""
    whole = draw_order(range(1, 101), "seed")
    assert draw_order([n for n in range(1, 101) if n % 3], "seed") == [n for n in whole if n % 3]
