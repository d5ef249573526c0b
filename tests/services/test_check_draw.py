"""Certificates that were made to keep a hub busy, and honest ones: the check runs apart and always ends."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from inspection_app import verify
from inspection_app.core.certificate import canonical_json, certify
from inspection_app.errors import DrawError
from inspection_app.services import check_draw
from inspection_app.services.check_draw import check_apart
from tests.core.test_attacks import certificate, cleaned, locked
from tests.core.test_fresh_digits import certificate as fresh_certificate
from tests.core.test_fresh_digits import drawn


def written(made: dict[str, Any]) -> bytes:
    return canonical_json(made).encode()


def made() -> dict[str, Any]:
    return certificate(locked(cleaned().citizens))


def endless() -> dict[str, Any]:
    """A certificate whose band no attempt meets, and which claims that attempt 199,999 did."""
    honest = made()
    text = re.sub("band.*", "band\t*\t性别\t未填\t1\t3", honest["list"])
    return {**honest, "list": text, "attempt": 199_999}


def test_the_check_apart_finds_what_the_verifier_finds() -> None:
    """Check by check the same as the verifier called directly, for a draw, for fresh digits and for a changed one."""
    for content in (made(), fresh_certificate(drawn()), {**made(), "order": []}):
        found = check_apart(written(content), "12345678")
        assert [(one.name, one.ok) for one in found.verification.checks] == [
            (name, ok) for name, ok, _ in verify.checks(content, "12345678")
        ]
        assert found.certificate == content


def test_an_endless_certificate_is_stopped() -> None:
    """The verifier is ended at its time limit, with a plain message; until then the waiting person sees progress."""
    shares: list[float] = []
    with pytest.raises(DrawError, match="Stopped after 1 seconds") as caught:
        check_apart(written(endless()), seconds=1, waiting=shares.append)
    assert caught.value.code == "too-long"
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_whoever_leaves_ends_the_verifier() -> None:
    """When the waiting page is left, nothing goes on computing, and the next one finds its place free."""

    class Left(Exception):
        pass

    def leave(share: float) -> None:
        raise Left

    for _again in range(check_draw.AT_ONCE + 1):
        with pytest.raises(Left):
            check_apart(written(endless()), seconds=60, waiting=leave)
    assert check_apart(written(made())).verification.ok


def test_a_crowd_is_turned_away() -> None:
    """No more than two are checked at once: the third is told to wait, and the hub stays free."""
    told: list[str] = []

    def more(depth: int) -> None:
        def waiting(share: float) -> None:
            if not told:
                more(depth + 1)

        try:
            check_apart(written(endless()), seconds=0.4, waiting=waiting)
        except DrawError as error:
            if error.code == "busy":
                told.append(f"{error.code} {depth}")

    more(1)
    assert told == [f"busy {check_draw.AT_ONCE + 1}"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000,
        b'{"format": NaN}',
        b'{"format": ' + b"9" * 1_000_000 + b"}",
        b" " * 100_000_000,
        b'"' + b"x" * 7_000_000,
        b"[" + b"{}," * 300_000 + b"{}]",
        b"{}",
    ],
    ids=["empty", "binary", "deep list", "deep object", "NaN", "long number", "100 MB", "open string", "many", "object"],
)
def test_what_is_no_certificate_is_told(content: bytes) -> None:
    """Every hostile file ends in one plain sentence."""
    with pytest.raises(DrawError, match="Nothing was checked") as caught:
        check_apart(content)
    assert caught.value.code == "unreadable"


def test_a_draw_by_hand_is_told_apart() -> None:
    """The record of a draw by hand is no forgery, but nothing can be recomputed."""
    content = json.dumps({"format": "inspection-app certificate 1", "method": "by hand"}).encode()
    with pytest.raises(DrawError) as caught:
        check_apart(content)
    assert caught.value.code == "by-hand"


def test_a_slip_is_only_compared() -> None:
    """Whatever is typed as the code of a slip, options of the program too, is compared and nothing else."""
    for typed in ("--help", "-h", "\0", "码" * 5000, "--row=1"):
        found = check_apart(written(made()), typed).verification
        assert set(found.failed) <= {"slip"}


def test_how_digits_were_drawn_is_told() -> None:
    """It stands in the certificate, which verifies with it; another way than balls or dice is refused."""
    assert check_apart(written(certify(drawn(), digits_by="dice"))).verification.ok
    with pytest.raises(DrawError, match="Digits are not drawn by wish"):
        certify(drawn(), digits_by="wish")
