"""Attacks on a draw, each as its attacker would go about it, from the roster's file to the certificate.

Those on single functions stand with them: ``test_cleaning``, ``test_draw``, ``test_quotas``, ``test_certificate`` and
``test_verify``; those on the order of a ceremony (a refused card, a restart) in ``tests/services/test_draw.py``.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import inspection_app
from inspection_app import verify
from inspection_app.core.certificate import canonical_json, certify, verify_certificate
from inspection_app.core.cleaning import Cleaned, Severity, clean, guess_columns
from inspection_app.core.draw import Band, Contribution, Entry, Head, LockedList, Quota, draw, leaf_of, lock_list
from inspection_app.core.roster import Citizen

CATEGORIES = ("群众代表", "人大代表")
CARDS = tuple(Contribution(party, party, "4821") for party in ("applicant", "chair", "neither"))
TITLES = ["姓名", "类别", "性别", "身份证号", "出生日期", "电话", "乡镇"]
ROWS = [
    [f"{surname}{given}", CATEGORIES[n % 2], "男女"[n % 2], "", f"19{60 + n}-03-0{n + 1}", f"1380000000{n}", "城关镇"]
    for n, (surname, given) in enumerate(zip("赵钱孙李周吴郑王", "建国秀英志强桂兰", strict=True))
]


def cleaned(*more: list[str], rows: list[list[str]] = ROWS) -> Cleaned:
    table = [TITLES, *rows, *more]
    return clean(table, guess_columns(table), CATEGORIES, digest=lambda text: hashlib.sha256(text.encode()).hexdigest())


def locked(citizens: tuple[Citizen, ...], visit_id: str = "visit-1") -> LockedList:
    entries = [
        Entry(one.identity, one.category, {"性别": one.attributes(date(2026, 5, 12))["性别"]}) for one in citizens
    ]
    nonces = [hashlib.sha256(bytes([n])).digest()[:16] for n in range(len(entries))]
    quotas = [Quota("群众代表", 2, 1), Quota("人大代表", 2)]
    return lock_list("citizens", visit_id, entries, nonces, quotas, bands=[Band("*", "性别", "女", 1, 3)])


def head(of: LockedList, public: str = "31415926") -> Head:
    return Head(
        1, of.visit_id, of.kind, "会议室", datetime(2026, 5, 12, 1, 30, tzinfo=UTC), of.digest, CARDS, public
    )


def certificate(of: LockedList) -> dict[str, Any]:
    return certify(draw(of, head(of)))


def with_digest(made: dict[str, Any], text: str) -> dict[str, Any]:
    """Do what a forger does who knows how digests are made."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {**made, "list": text, "list_digest": digest, "short_code": verify.short_code(digest)}


def test_the_honest_way_works() -> None:
    """Nothing below fails for a reason of its own."""
    found = cleaned()
    assert found.ready
    assert verify_certificate(certificate(locked(found.citizens))).ok


def test_reordering_the_file_before_the_lock_changes_nothing() -> None:
    """The office that sorts its file again gets the same list, the same code and the same draw."""
    one, other = (locked(cleaned(rows=rows).citizens) for rows in (ROWS, ROWS[::-1]))
    assert one.text == other.text
    assert draw(one, head(one)).selected == draw(other, head(other)).selected


def test_every_byte_of_the_list_counts() -> None:
    """Each single byte changed after the lock is another digest than the one on the signed slip."""
    of = locked(cleaned().citizens)
    made, content = certificate(of), of.text.encode()
    for at in range(0, len(content), 11):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue
        assert "list_digest" in verify_certificate({**made, "list": text}).failed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quota\t群众代表\t4\t2\t1", "quota\t群众代表\t4\t3\t1"),
        ("quota\t群众代表\t4\t2\t1", "quota\t群众代表\t4\t2\t2"),
        ("band\t*\t性别\t女\t1\t3", "band\t*\t性别\t女\t0\t3"),
        ("性别=女", "性别=男"),
        ("row\t2\t群众代表", "row\t2\t人大代表"),
    ],
    ids=["quota", "reserves", "band", "attribute", "category"],
)
def test_a_quota_or_attribute_changed_after_the_lock_is_named(old: str, new: str) -> None:
    """With or without a new digest: either the digest, or the head that carries the old one, or the form tells."""
    of = locked(cleaned().citizens)
    made = certificate(of)
    text = made["list"].replace(old, new, 1)
    assert text != made["list"]
    assert "list_digest" in verify_certificate({**made, "list": text}).failed
    assert {"head", "form"} & set(verify_certificate(with_digest(made, text)).failed)
    assert verify_certificate(with_digest(made, text), of.short_code).failed[0] == "slip"


@pytest.mark.parametrize("change", [{"public_digits": "31415927"}, {"contributions": (replace(CARDS[0], digits="4822"), *CARDS[1:])}])
def test_a_digit_changed_afterwards_is_named(change: dict[str, Any]) -> None:
    """One digit, public or of a card: seed, order and tickets are others."""
    of = locked(cleaned().citizens)
    made = certificate(of)
    forged = {**made, "head": replace(head(of), **change).text}
    assert {"seed", "order", "tickets"} <= set(verify_certificate(forged).failed)


def test_the_order_changed_by_two_neighbours_is_named() -> None:
    """Exchanging the last drawn and the first reserve is seen in order and selection."""
    made = certificate(locked(cleaned().citizens))
    last, first = made["selected"]["群众代表"][-1], made["reserves"]["群众代表"][0]
    swap = {last: first, first: last}
    forged = {
        **made,
        "order": [swap.get(number, number) for number in made["order"]],
        "selected": {**made["selected"], "群众代表": [swap.get(n, n) for n in made["selected"]["群众代表"]]},
    }
    assert set(verify_certificate(forged).failed) == {"order", "selected"}


def test_another_identity_behind_a_number_is_named() -> None:
    """Number 3 stays who it was: another name, or the same name with another ID number of the same last four
    characters, does not give the leaf."""
    rows = [["赵建", "群众代表", "男", "110101196001011232", "", "", ""], *ROWS[1:]]
    found = cleaned(rows=rows)
    of = locked(found.citizens)
    made = certificate(of)
    number, identity, nonce = next(row for row in of.annex if "赵建" in row.identity)
    assert verify.check_row(made, number, nonce, identity)[1]
    other = cleaned(rows=[[*rows[0][:3], "110101196101011232", "", "", ""], *rows[1:]]).citizens[0]
    assert other.id_number == found.citizens[0].id_number
    for forged in (identity.replace("赵建", "赵健"), other.identity):
        assert not verify.check_row(made, number, nonce, forged)[1]
        assert leaf_of(forged, bytes.fromhex(nonce)) not in made["list"]


@pytest.mark.parametrize(
    ("spelling", "more"),
    [
        ("钱\u200b国", {}),
        ("钱 国", {}),
        ("錢國", {}),
        ("钱国", {1: "群众代表"}),
    ],
    ids=["zero-width space", "space", "variant characters", "two categories"],
)
def test_a_person_cannot_be_entered_twice_by_another_spelling(spelling: str, more: dict[int, str]) -> None:
    """The second row of one person stops for a decision; nobody gets two chances unseen."""
    twin = [spelling, *ROWS[1][1:]]
    for at, text in more.items():
        twin[at] = text
    found = cleaned(twin)
    assert [finding.rows for finding in found.of(Severity.DECIDE)] == [(3, 10)]
    assert not found.ready


def test_an_old_identity_number_is_no_second_person() -> None:
    """15 and 18 digits of one person, under two names even, are one number: a hard stop."""
    found = cleaned(
        ["王伟", "群众代表", "", "110105491231002", "", "", ""], ["王玮", "人大代表", "", "11010519491231002x", "", "", ""]
    )
    assert [finding.rows for finding in found.of(Severity.STOP)] == [(10, 11)]


def test_another_visits_certificate_cannot_be_replayed() -> None:
    """Its head, or its list, beside this visit's other half is named; as a whole it fails this visit's slip."""
    here, there = (locked(cleaned().citizens, visit) for visit in ("visit-1", "visit-2"))
    mine, theirs = certificate(here), certificate(there)
    assert "head" in verify_certificate({**mine, "head": theirs["head"]}).failed
    assert "head" in verify_certificate({**theirs, "list": mine["list"]}).failed
    assert verify_certificate(theirs, here.short_code).failed == ("slip",)


def test_a_voided_ceremony_leaves_its_trace() -> None:
    """Restart after seeing the result: the second ceremony cannot call itself the first, for its number is in the head,
    nor keep quiet about the one before; the first one's digits do not fit the second's number."""
    of = locked(cleaned().citizens)
    second = certify(draw(of, replace(head(of, "27182818"), ceremony=2)), voided=[(1, "重来")])
    assert verify_certificate(second).ok
    assert verify_certificate({**second, "voided": []}).failed == ("voided",)
    renumbered = {**second, "voided": [], "head": second["head"].replace("ceremony 2", "ceremony 1")}
    assert {"seed", "order"} <= set(verify_certificate(renumbered).failed)
    assert "seed" in verify_certificate({**second, "head": certificate(of)["head"]}).failed


WHOLE = """
import tests.core.test_attacks as it
from inspection_app.core.certificate import canonical_json
print(it.hashlib.sha256(canonical_json(it.certificate(it.locked(it.cleaned().citizens))).encode()).hexdigest())
"""


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (["-O"], {"PYTHONHASHSEED": "0", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}),
        ([], {"PYTHONHASHSEED": "4242", "LANG": "zh_CN.GBK", "PYTHONUTF8": "0", "TZ": "Pacific/Chatham"}),
    ],
    ids=["-O", "GBK"],
)
def test_a_whole_draw_is_the_same_to_the_byte_in_every_interpreter(
    flags: list[str], environment: dict[str, str]
) -> None:
    """From the roster's file to the certificate: -O, hash seeds, locales and time zones change nothing."""
    root = Path(inspection_app.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, *flags, "-c", WHOLE], env={**os.environ, **environment, "PYTHONPATH": str(root)}, cwd=root,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    content = canonical_json(certificate(locked(cleaned().citizens))).encode()
    assert done.stdout.strip() == hashlib.sha256(content).hexdigest()
