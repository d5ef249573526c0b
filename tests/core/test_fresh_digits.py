"""Substitutes by fresh public digits: same input, same result; whatever is changed afterwards has a name."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from inspection_app.core.certificate import certify, certify_fresh, digest_of, verify_certificate
from inspection_app.core.draw import Band, Contribution, DrawResult, Entry, Head, Quota, draw, lock_list
from inspection_app.core.fresh_digits import AbsentList, FreshDraw, check_absent, draw_fresh
from inspection_app.core.quotas import meets
from inspection_app.core.substitution import Substitution, next_reserve
from inspection_app.errors import DrawError

CARDS = tuple(Contribution(party, party, "4821") for party in ("applicant", "chair", "neither"))
MORNING = datetime(2026, 5, 14, 1, 30, tzinfo=UTC)
WOMEN = Band("*", "性别", "女", 3, 3)


def drawn(*bands: Band, size: int = 0) -> DrawResult:
    """Four and two of ten each; with bands of twenty each, so that whoever is absent enough women are left."""
    size = size or (20 if bands else 10)
    entries = [
        Entry(f"citizen|name={category}{n:02}", category, {"性别": "男女"[n % 2]} if bands else {})
        for category in ("群众代表", "人大代表")
        for n in range(size)
    ]
    nonces = [hashlib.sha256(entry.identity.encode()).digest()[:16] for entry in entries]
    quotas = [Quota("群众代表", 4, None if bands else 2), Quota("人大代表", 2)]
    of = lock_list("citizens", "visit-1", entries, nonces, quotas, bands=bands)
    return draw(of, Head(1, "visit-1", "citizens", "会议室", MORNING, of.digest, CARDS, "31415926"))


def came(result: DrawResult, gone: int) -> Substitution:
    return Substitution(gone, next_reserve(result, [], gone), "住院", "李四")


def closed(result: DrawResult, *absent: int, before: tuple[Substitution, ...] = (), closing: int = 1) -> AbsentList:
    first = certify(result, substitutions=[one.certified() for one in before])
    return AbsentList(closing, digest_of(first), MORNING, tuple((one, "出差") for one in absent), ("张三", "李四"))


def certificate(result: DrawResult, before: tuple[Substitution, ...] = (), digits: str = "271828", **more: Any) -> Any:
    """The follow-up certificate of a draw of which, after one was replaced, three do not come."""
    absent = [n for n in (*result.selected["群众代表"], *result.selected["人大代表"])
              if n not in {one.gone for one in before}][:3]  # fmt: skip
    fresh = draw_fresh(result, before, closed(result, *absent, before=before), digits)
    first = certify(result, substitutions=[one.certified() for one in before])
    return certify_fresh(first, fresh, digits_by="balls", **more)


def failed(changed: dict[str, Any]) -> set[str]:
    return set(verify_certificate(changed).failed)


@pytest.mark.parametrize("bands", [(), (WOMEN,)], ids=["plain", "banded"])
def test_same_input_same_result_and_it_verifies(bands: tuple[Band, ...]) -> None:
    """Who was closed out in another order, or signed in another, makes no difference; a stranger finds the same."""
    result = drawn(*bands)
    before = (came(result, result.selected["群众代表"][0]),)
    made = certificate(result, before)
    assert made == certificate(result, before)
    assert verify_certificate(made).ok, verify_certificate(made).failed
    one = closed(result, *result.selected["群众代表"][1:])
    other = replace(one, absent=one.absent[::-1], signed=one.signed[::-1])
    assert draw_fresh(result, (), one, "271828").selected == draw_fresh(result, (), other, "271828").selected


def test_the_first_certificate_stays_and_is_named_by_its_digest() -> None:
    """The follow-up is the first certificate, unchanged, with one part more; its head has the first one's digest."""
    made = certificate(drawn())
    first = {name: part for name, part in made.items() if name != "fresh"}
    assert first == certify(drawn())
    assert f"first {digest_of(first)}\n" in made["fresh"]["head"]
    assert verify_certificate(first).ok


def test_nobody_who_was_called_is_drawn_again() -> None:
    """The drawn, those who came in, and the absent are out; everybody else of the stratum is in line, also who was
    beyond the named reserves."""
    result = drawn()
    before = (came(result, result.selected["群众代表"][0]),)
    made = certificate(result, before)
    called = {number for numbers in result.selected.values() for number in numbers} | {before[0].comes}
    assert sorted(made["fresh"]["order"]) == sorted({row.number for row in result.locked.rows} - called)


def test_reading_on_and_fresh_digits_differ() -> None:
    """The fresh order is no part of the old one: other digits bring other substitutes, evenly."""
    result = drawn()
    absent = closed(result, result.selected["群众代表"][0])
    comes = Counter(draw_fresh(result, (), absent, f"{n:06}").substitutes[0][1] for n in range(600))
    assert len(comes) == 6  # ten less the four drawn
    assert max(comes.values()) < 140  # 100 each expected; 140 is more than four standard deviations away


def test_quotas_are_kept() -> None:
    """Whoever is absent, the group still has exactly three women; that took more attempts than one at least once."""
    result = drawn(WOMEN)
    attempts = set()
    for n in range(20):
        fresh = draw_fresh(result, (), closed(result, *result.selected["群众代表"][:3]), f"{n:06}")
        people = [(row.stratum, dict(row.attributes)) for row in result.locked.rows]
        assert meets([WOMEN], [people[one - 1] for numbers in fresh.selected.values() for one in numbers])
        attempts.add(fresh.attempt)
    assert max(attempts) > 0


def test_who_is_absent_later_is_replaced_in_the_fresh_order() -> None:
    """After fresh digits reading on is reading on in the fresh order, and a stranger checks that, too."""
    result = drawn()
    absent = closed(result, result.selected["群众代表"][0])
    fresh = draw_fresh(result, (), absent, "271828")
    gone, comes = fresh.selected["群众代表"][0], fresh.reserves["群众代表"][0]
    assert next_reserve(fresh, [], gone) == comes
    for number, right in ((comes, True), (fresh.reserves["群众代表"][1], False)):
        told = Substitution(gone, number, "生病", "李四").certified()
        made = certify_fresh(certify(result), fresh, substitutions=[told])
        assert failed(made) == (set() if right else {"fresh.substitutions"})


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("出差", "生病", {"fresh.seed"}),
        ("public 271828", "public 271829", {"fresh.seed"}),
        ("signed 李四", "signed 李五", {"fresh.seed"}),
        ("public 271828", "public 27182", {"fresh.form"}),
        ("public 271828", "public 27182x", {"fresh.form"}),
        ("signed 李四\n", "", {"fresh.form"}),
        ("closing 1", "closing 2", {"fresh.seed", "fresh.voided"}),
        ("first ", "first 0", {"fresh.seed", "fresh.head"}),
        ("fresh digits 1", "fresh digits 2", {"fresh.form"}),
        ("time ", "when ", {"fresh.form"}),
    ],
)
def test_a_changed_closed_list_is_named(old: str, new: str, names: set[str]) -> None:
    """A reason, a signature, a digit, a number of the closing, the digest of the first certificate: each is found."""
    made = certificate(drawn())
    head = made["fresh"]["head"].replace(old, new, 1)
    assert head != made["fresh"]["head"]
    assert names <= failed({**made, "fresh": {**made["fresh"], "head": head}})


def test_who_is_absent_cannot_be_exchanged() -> None:
    """Somebody else put on the list, somebody left out, somebody twice, or somebody who was never drawn."""
    made = certificate(drawn())
    lines = made["fresh"]["head"].splitlines(keepends=True)
    absent = [line for line in lines if line.startswith("absent")]
    standing = {number for numbers in made["selected"].values() for number in numbers}
    other = min(standing - {int(line.split()[1]) for line in absent})
    for changed in ([f"absent {other} 出差\n"], absent[1:], [*absent, absent[-1]], ["absent 99 出差\n"],
                    [f"absent {made['fresh']['order'][0]} 出差\n"], ["absent 0x1 出差\n"]):  # fmt: skip
        head = "".join([*lines[:4], *sorted(changed), *lines[4 + len(absent) :]])
        assert {"fresh.seed", "fresh.form"} & failed({**made, "fresh": {**made["fresh"], "head": head}})


@pytest.mark.parametrize("name", ["seed", "order", "tickets", "reserves", "substitutes", "entropy", "attempt"])
def test_a_changed_result_is_named(name: str) -> None:
    """Exactly the part that was changed is named."""
    made = certificate(drawn(WOMEN))
    part = made["fresh"][name]
    if isinstance(part, dict):
        changed: Any = {key: value[::-1] for key, value in part.items()}
    else:
        changed = part + 1 if isinstance(part, int) else part[::-1]
    assert failed({**made, "fresh": {**made["fresh"], name: changed}}) == {f"fresh.{name}"}


def test_a_changed_first_certificate_is_named() -> None:
    """Even a part of the first certificate that cannot be recomputed cannot be changed any more: its digest tells."""
    made = certificate(drawn())
    assert failed({**made, "signatures": [{"role": "chair", "name": "别人"}]}) == {"fresh.head"}


@pytest.mark.parametrize("fresh", [None, [], {}, {"head": 7}, "x", 1, {"head": ""}, {"head": "x\n" * 100_000}])
def test_what_is_no_fresh_part_is_refused(fresh: Any) -> None:
    """Wrong types and missing parts fail the check of its form."""
    assert failed({**certificate(drawn()), "fresh": fresh}) == {"fresh.form"}


def test_a_list_taken_back_stays_counted() -> None:
    """Closing 2 needs closing 1 with its reason."""
    result = drawn()
    fresh = draw_fresh(result, (), closed(result, result.selected["人大代表"][0], closing=2), "271828")
    assert failed(certify_fresh(certify(result), fresh, voided=[(1, "误录")])) == set()
    assert failed(certify_fresh(certify(result), fresh)) == {"fresh.voided"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"absent": ()}, "absent"),
        ({"absent": ((1, "出差"), (1, "生病"))}, "absent"),
        ({"absent": ((1, " "),)}, "no-reason"),
        ({"absent": ((1, "出\n差"),)}, "control"),
        ({"signed": ("张三",)}, "no-witness"),
        ({"signed": ("张三", "张三 ")}, "no-witness"),
        ({"closing": 0}, "absent"),
        ({"first_digest": "abc"}, "absent"),
        ({"time": datetime(2026, 5, 14)}, "absent"),
    ],
)
def test_a_closed_list_must_be_whole(change: dict[str, Any], code: str) -> None:
    """Nobody absent, somebody twice, no reason, one signature, no offset: refused."""
    with pytest.raises(DrawError) as caught:
        replace(closed(drawn(), 1), **change)
    assert caught.value.code == code


def test_what_cannot_be_drawn_is_refused_before_the_digits() -> None:
    """Somebody who does not stand, more absent than are left, and too few digits."""
    result = drawn(size=6)
    first, *_others = drawn_four = result.selected["群众代表"]
    for absent, code in ((result.reserves["群众代表"][:1], "not-standing"), (drawn_four[:3], "no-reserve")):
        with pytest.raises(DrawError) as caught:
            check_absent(result, (), closed(result, *absent))
        assert caught.value.code == code
    check_absent(result, (), closed(result, first))
    with pytest.raises(DrawError, match="at least 6 are needed"):
        draw_fresh(result, (), closed(result, first), "12345")


def test_a_woman_left_alone_cannot_be_replaced_by_a_man() -> None:
    """Of five two are women, both drawn and both needed: when one is absent, that is said before any digit is drawn."""
    entries = [Entry(f"人{n}", "群众", {"性别": "女" if n < 2 else "男"}) for n in range(5)]
    of = lock_list("citizens", "v", entries, [bytes([n]) * 16 for n in range(5)], [Quota("群众", 3)],
                   bands=[Band("*", "性别", "女", 2, 3)])  # fmt: skip
    result = draw(of, Head(1, "v", "citizens", "会议室", MORNING, of.digest, CARDS, "31415926"))
    women = [n for n in result.selected["群众"] if dict(of.rows[n - 1].attributes)["性别"] == "女"]
    (man,) = set(result.selected["群众"]) - set(women)
    with pytest.raises(DrawError) as caught:
        check_absent(result, (), closed(result, women[0]))
    assert caught.value.code == "bands"
    check_absent(result, (), closed(result, man))


def test_chance_needed_and_got() -> None:
    """One of the six of the first stratum that are left, and one of eight of the second: 48, 5.58… bits, up to 5.6."""
    result = drawn()
    absent = closed(result, result.selected["群众代表"][0], result.selected["人大代表"][0])
    fresh: FreshDraw = draw_fresh(result, (), absent, "271828")
    assert fresh.selections == 6 * 8
    assert certify_fresh(certify(result), fresh)["fresh"]["entropy"] == {"needed_bits": "5.6", "got_bits": "19.9"}
