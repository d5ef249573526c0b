"""The certificate: it verifies as it was made, and every change to it has a name."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inspection_app import verify
from inspection_app.core.certificate import (
    canonical_json,
    certify,
    digits_wanted,
    entropy,
    verify_certificate,
)
from inspection_app.core.draw import Band, Contribution, Entry, Head, LockedList, Quota, draw, lock_list
from inspection_app.errors import DrawError, TamperError

CARDS = (
    Contribution("applicant", "张三", "4821"),
    Contribution("chair", "李四", "0073"),
    Contribution("neither", "王五", "99120"),
)


def roster(visit_id: str = "visit-1", size: int = 8) -> LockedList:
    entries = [
        Entry(f"citizen|name={category}{n}", category, {"gender": "女" if n % 2 else "男"})
        for category in ("群众代表", "人大代表")
        for n in range(size)
    ]
    nonces = [hashlib.sha256(str(n).encode()).digest()[:16] for n in range(len(entries))]
    return lock_list("citizens", visit_id, entries, nonces, [Quota("群众代表", 3), Quota("人大代表", 2, 4)])


def head(locked: LockedList, public: str = "31415926", ceremony: int = 1, rehearsal: bool = False) -> Head:
    time = datetime(2026, 5, 12, 1, 30, tzinfo=UTC)
    return Head(ceremony, locked.visit_id, locked.kind, "会议室", time, locked.digest, CARDS, public, rehearsal)


def certificate(**changes: Any) -> dict[str, Any]:
    locked = roster()
    return {**certify(draw(locked, head(locked))), **changes}


def failed(**changes: Any) -> tuple[str, ...]:
    return verify_certificate(certificate(**changes)).failed


def test_what_was_certified_verifies() -> None:
    """An untouched certificate passes every check, before and after a journey through JSON, also from its file."""
    made = certificate()
    result = verify_certificate(made)
    assert result.ok, result.failed
    result.require()
    assert verify_certificate(json.loads(canonical_json(made))) == result
    assert {check.name for check in result.checks} >= {
        "list_digest",
        "short_code",
        "seed",
        "order",
        "selected",
        "reserves",
    }


def test_a_certificate_is_read_from_its_file(tmp_path: Path) -> None:
    """A path is as good as a mapping; a file that is not there is a clear error."""
    file = tmp_path / "证书.json"
    file.write_text(canonical_json(certificate()), encoding="utf-8")
    assert verify_certificate(file).ok
    assert verify_certificate(str(file)).ok
    with pytest.raises(DrawError, match="Nothing was verified"):
        verify_certificate(tmp_path / "other.json")


def test_no_citizen_is_named() -> None:
    """Names and nonces stay in the annex."""
    text = canonical_json(certificate())
    locked = roster()
    assert not any(row.identity in text or row.nonce in text for row in locked.annex)


def test_a_changed_byte_of_the_list_is_named() -> None:
    """Any single byte of the list changed fails at least the list's digest, wherever it is."""
    text = certificate()["list"]
    for position in range(0, len(text), 7):
        changed = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]
        assert "list_digest" in failed(list=changed), position


def test_a_changed_digit_is_named() -> None:
    """A digit changed on a card or among the public ones fails the seed and what follows from it."""
    text = certificate()["head"]
    for old, new in (("31415926", "31415927"), ("4821", "4822")):
        assert {"seed", "order", "selected"} <= set(failed(head=text.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quota\t群众代表\t8\t3", "quota\t群众代表\t8\t4"),
        ("gender=女", "gender=男"),
        ("visit\tvisit-1", "visit\tvisit-2"),
    ],
    ids=["quota", "attribute", "visit"],
)
def test_a_forger_who_recomputes_the_digest_fails_at_the_head(old: str, new: str) -> None:
    """Changing the list and its digest and code still contradicts the head, which the cards were opened under."""
    text = certificate()["list"].replace(old, new, 1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    names = failed(list=text, list_digest=digest, short_code=f"{int(digest, 16) % 10**8:08d}")
    assert "head" in names
    assert "list_digest" not in names


def test_a_forger_who_recomputes_everything_fails_at_the_slip() -> None:
    """A wholly new certificate is consistent, so only the signed slip tells it from the real one: by digest or code."""
    real, other = roster(), roster(size=9)
    forged = certify(draw(other, head(other)))
    assert verify_certificate(forged).ok
    for slip in (real.digest, real.short_code):
        assert verify_certificate(forged, slip).failed == ("slip",)
        assert verify_certificate(certify(draw(real, head(real))), slip).ok


def test_a_replayed_certificate_of_another_visit_is_named() -> None:
    """The head of another visit's ceremony does not fit this list."""
    other = roster("visit-2")
    assert "head" in failed(head=head(other).text)


@pytest.mark.parametrize("name", ["order", "tickets", "selected", "reserves", "seed", "short_code", "entropy"])
def test_a_changed_result_is_named(name: str) -> None:
    """Exactly the part that was changed is named."""
    made = certificate()[name]
    if isinstance(made, list):
        changed: Any = made[::-1]
    elif isinstance(made, dict):
        changed = {key: value[::-1] for key, value in made.items()}
    else:
        changed = made[::-1]
    assert failed(**{name: changed}) == (name,)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"attempt": 1}, "attempt"),
        ({"rehearsal": True}, "rehearsal"),
        ({"voided": [{"ceremony": 1, "reason": "拒交卡片"}]}, "voided"),
        ({"list_digest": None}, "list_digest"),
        ({"order": float("nan")}, "order"),
    ],
)
def test_small_lies_are_named(changes: dict[str, Any], name: str) -> None:
    """Another attempt, a rehearsal sold as real, an invented ceremony, an empty field: named."""
    assert failed(**changes) == (name,)


def test_a_rehearsal_cannot_be_passed_off_as_real() -> None:
    """REHEARSAL stands in the head; taking it out changes the seed."""
    locked = roster()
    made = certify(draw(locked, head(locked, rehearsal=True)))
    assert verify_certificate(made).ok
    forged = {**made, "rehearsal": False, "head": made["head"].replace("REHEARSAL", "real")}
    assert "seed" in verify_certificate(forged).failed


def test_a_voided_ceremony_cannot_be_left_out() -> None:
    """Ceremony 2 needs ceremony 1 with its reason, when certified and when verified."""
    locked = roster()
    second = draw(locked, head(locked, ceremony=2))
    made = certify(second, voided=[(1, "申报单位拒交卡片")])
    assert verify_certificate(made).ok
    assert verify_certificate({**made, "voided": []}).failed == ("voided",)
    for voided in ([], [(1, "")], [(2, "断电")]):
        with pytest.raises(DrawError, match="needs every earlier one"):
            certify(second, voided=voided)


def test_substitutes_must_be_next_in_line() -> None:
    """A no-show is replaced by the next reserve of the same stratum and by nobody else."""
    made = certificate()
    absent, reserves = made["selected"]["群众代表"][1], made["reserves"]["群众代表"]

    def holds(*pairs: tuple[int, int]) -> bool:
        entries = [{"out": out, "in": come, "reason": "住院", "witness": "李四"} for out, come in pairs]
        return verify_certificate({**made, "substitutions": entries}).ok

    assert holds((absent, reserves[0]), (reserves[0], reserves[1]))
    assert not holds((absent, reserves[1]))
    assert not holds((absent, made["reserves"]["人大代表"][0]))
    assert not holds((reserves[0], reserves[1]))
    assert not holds((absent, reserves[0]), (absent, reserves[1]))


def test_entropy_worked_by_hand() -> None:
    """8 choose 3 is 56, 8 choose 2 is 28: 1568 groups, log2 10.61…, up to 10.7; 8 digits give 26.57…, down to 26.5."""
    assert entropy(roster(), "31415926") == {"needed_bits": "10.7", "got_bits": "26.5"}
    assert digits_wanted(roster()) == 4


def test_entropy_is_exact_at_powers_of_two() -> None:
    """One of four needs two bits, not 2.1; the only possible group needs none."""
    entries = [Entry(name, "群众") for name in "甲乙丙丁"]
    nonces = [bytes([n]) * 16 for n in range(4)]
    one, all_ = (lock_list("citizens", "v", entries, nonces, [Quota("群众", k)]) for k in (1, 4))
    assert entropy(one, "000000")["needed_bits"] == "2.0"
    assert entropy(all_, "000000")["needed_bits"] == "0.0"


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "hostile",
    [
        {},
        {"format": "inspection-app certificate 1"},
        certificate(format="inspection-app certificate 2"),
        certificate(method="by hand"),
        certificate(list=7),
        certificate(list=None),
        certificate(list="\ud800"),
        certificate(voided=7),
        certificate(voided=[7]),
        certificate(substitutions={"out": 1}),
        certificate(substitutions=nested(10_000)),
        nested(10_000),
        7,
        None,
    ],
    ids=lambda _: "",
)
def test_what_is_no_certificate_is_refused(hostile: Any) -> None:
    """Wrong types, missing parts, lone surrogates and other formats end in one clear error, never in a traceback."""
    with pytest.raises(DrawError, match="Nothing was verified"):
        verify_certificate(hostile)


@pytest.mark.parametrize(
    "changes",
    [
        {"list": ""},
        {"head": ""},
        {"head": 7},
        {"head": nested(10_000)},
        {"list": "inspection-app list 1\n"},
        {"list": certificate()["list"].replace("quota\t群众代表\t8\t3", "quota\t群众代表\t8\t" + "9" * 5000)},
        {"list": certificate()["list"] + "row\t17\t群众代表\tx\n"},
        {"head": certificate()["head"].replace("public ", "public " + "9" * 100_000)},
        {"head": certificate()["head"].replace("contribution chair", "contribution neither")},
        {"head": certificate()["head"] + "public 1234567\n"},
        {"head": certificate()["head"] + "public 1234567"},
        {"list": certificate()["list"] + "rule\tother"},
        {"head": certificate()["head"].replace("mode real", "mode other")},
    ],
    ids=lambda _: "",
)
def test_a_list_or_head_of_another_form_is_named(changes: dict[str, Any]) -> None:
    """A list or head that is not of the format fails the check of its form, at once and without an exception."""
    assert "form" in failed(**changes)


def test_a_deeply_nested_result_does_not_pass() -> None:
    """A result that is only brackets is refused: it is too deep even to be shown."""
    with pytest.raises(DrawError, match="Nothing was verified"):
        failed(order=nested(100_000))


def banded() -> dict[str, Any]:
    """The certificate of a draw with bands over all and over one category that needed more than one attempt."""
    entries = [
        Entry(f"citizen|name={category}{n}", category, {"gender": "女" if n % 2 else "男"})
        for category in ("群众代表", "人大代表")
        for n in range(8)
    ]
    nonces = [hashlib.sha256(str(n).encode()).digest()[:16] for n in range(len(entries))]
    locked = lock_list(
        "citizens", "visit-1", entries, nonces, [Quota("群众代表", 3), Quota("人大代表", 2)],
        bands=[Band("*", "gender", "女", 2, 2), Band("人大代表", "gender", "男", 1, 2)],
    )  # fmt: skip
    made = next(
        result for n in range(50) if (result := draw(locked, head(locked, public=f"{n:08d}"))).attempt > 1
    )
    return certify(made)


def test_a_draw_with_bands_verifies() -> None:
    """The verifier makes the same attempts on its own and comes to the same one."""
    made = banded()
    assert verify_certificate(made).ok, verify_certificate(made).failed
    assert verify_certificate({**made, "attempt": made["attempt"] + 5}).failed == ("attempt",)
    for attempt in (0, made["attempt"] - 1, -1, True, None, 10**9, "2"):
        assert {"attempt", "order"} <= set(verify_certificate({**made, "attempt": attempt}).failed)


def test_an_attempt_that_misses_a_band_cannot_be_passed_off() -> None:
    """Results of attempt 0, which meets not every band, are wrong whatever the certificate calls the attempt."""
    made = banded()
    (_, (rows, quotas, _)), k = verify.parse_list(made["list"]), {"群众代表": 3, "人大代表": 2}
    numbers = {stratum: [int(row[0]) for row in rows if row[1] == stratum] for stratum, *_ in quotas}
    _, order, tickets, ranked = verify.recompute(made["seed"], numbers, k, verify.Bands([], rows), [], 0)
    first = {
        "order": order, "tickets": tickets, "selected": {stratum: ranked[stratum][:n] for stratum, n in k.items()},
        "reserves": {stratum: ranked[stratum][n:] for stratum, n in k.items()},
    }  # fmt: skip
    for claimed in (None, 0, False, "none"):
        assert verify_certificate({**made, **first, "attempt": claimed}).failed == ("attempt",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("band\t*\tgender\t女\t2\t2", "band\t*\tgender\t女\t0\t9"),
        ("band\t人大代表\tgender\t男\t1\t2\n", ""),
        ("gender=女", "gender=男"),
    ],
    ids=["band", "band left out", "attribute"],
)
def test_a_changed_band_contradicts_the_head(old: str, new: str) -> None:
    """Whoever changes a band or an attribute and recomputes the list's digest and code still fails at the head."""
    made = banded()
    text = made["list"].replace(old, new)
    digest = hashlib.sha256(text.encode()).hexdigest()
    forged = {**made, "list": text, "list_digest": digest, "short_code": f"{int(digest, 16) % 10**8:08d}"}
    assert "head" in verify_certificate(forged).failed


@pytest.mark.parametrize(
    "line",
    ["band\t丁\tgender\t女\t1\t2", "band\t*\tgender\t女\t2\t1", "band\t*\tgender\t女\tx\t1", "band\t*\tgender"],
)
def test_a_band_of_another_form_is_named(line: str) -> None:
    """A band of no category, with limits exchanged, or cut short fails the check of the list's form."""
    made = banded()
    assert "form" in verify_certificate({**made, "list": re.sub("band.*", line, made["list"], count=1)}).failed


def test_a_substitute_must_keep_the_bands() -> None:
    """The first in line with whom the group still meets every band is right; whoever is passed over for nothing, or
    would break a band, is named."""
    made = banded()
    gender = {int(line.split("\t")[1]): line.split("=")[-1] for line in made["list"].split("\n") if "row\t" in line}
    absent, waiting = made["selected"]["群众代表"][0], made["reserves"]["群众代表"]
    same = [number for number in waiting if gender[number] == gender[absent]]
    other = [number for number in waiting if gender[number] != gender[absent]]

    def holds(*pairs: tuple[int, int]) -> bool:
        entries = [{"out": out, "in": come, "reason": "住院", "witness": "李四"} for out, come in pairs]
        return verify_certificate({**made, "substitutions": entries}).ok

    assert holds((absent, same[0]))
    assert holds((absent, same[0]), (same[0], same[1]))
    assert not holds((absent, same[1]))
    assert not holds((absent, other[0]))


def test_tampering_is_raised_on_request() -> None:
    """``require`` names the failed checks in a TamperError, which the shell turns into exit code 3."""
    with pytest.raises(TamperError, match="these checks fail: order") as caught:
        verify_certificate(certificate(order=[])).require()
    assert caught.value.exit_code == 3


def test_canonical_json() -> None:
    """Names are sorted, nothing is padded or escaped; what JSON cannot say is refused."""
    assert canonical_json({"b": [1, "甲"], "a": None}) == '{"a":null,"b":[1,"甲"]}\n'
    for content in ({"a": float("nan")}, {"a": nested(10_000)}, {"a": b""}, {"a": "\ud800"}, {"a": 1, 2: 3}):
        with pytest.raises(DrawError, match="cannot be written as JSON"):
            canonical_json(content)  # type: ignore[arg-type]
