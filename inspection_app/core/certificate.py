"""Write down a draw as a certificate and check one.

It does not draw (``core.draw``), does not print, and does not recompute anything itself: the only verifier is
``inspection_app/verify.py``, the file that strangers are given too, so that what the software says about a
certificate is what they will see. No citizen is named in a certificate: names and nonces are the sealed annex.

A certificate is JSON with these names, all present:

    format          "inspection-app certificate 1"
    method          "computed"; a draw made by hand says "by hand" and cannot be recomputed
    list            the locked list's text, with list_digest and short_code
    head            the head's text
    seed            64 hex digits; attempt: which of seed/0, seed/1 … the tickets come from
    order           all numbers by ticket; tickets: the first twelve digits of each, in the same order
    selected        numbers by stratum; reserves: the same
    substitutions   {"out": number, "in": number, "reason": …, "witness": …} as they happened
    entropy         {"needed_bits": …, "got_bits": …}
    rehearsal       true or false
    voided          {"ceremony": number, "reason": …} for every ceremony before this one
    signatures      {"role": …, "name": …}; an empty name is left to paper
    annex_digest    of the sealed annex, empty when there is none
    verifier_digest SHA-256 of the verify.py handed out with it, empty when none was
    digits_by       "balls" (numbered balls or slips), "dice", or empty: how the public digits were drawn

``digits_by`` is told like reasons and signatures, for the page that is signed, and is no part of the head: the order
does not follow from it, and a head with one word more to choose would be one more thing to be fixed beforehand.

After fresh public digits (``core.fresh_digits``) the follow-up certificate has all of the first, to the byte, and
besides, under the name ``fresh``:

    head            its text, with the first certificate's digest: SHA-256 of its canonical JSON (without ``fresh``)
    seed, attempt, order, tickets, reserves, entropy, digits_by    as above, of those who were not called before
    substitutes     {"out": number, "in": number} for each who is absent
    substitutions   those after the fresh digits, as above
    voided          {"closing": number, "reason": …} for every list of who is absent that was taken back

The record of a draw made by hand has the same names as far as they mean something for it (no head, seed, attempt,
order, tickets and entropy), and besides: ceremony, place, time, and photos (SHA-256 of each photo of slips and
signatures). The verifier refuses it by its method.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import Any, NamedTuple

from inspection_app import verify
from inspection_app.core.draw import DIGITS_BY, DrawResult, LockedList, Selection
from inspection_app.core.fresh_digits import FreshDraw
from inspection_app.errors import N_, DrawError, TamperError

FORMAT = "inspection-app certificate 1"
TICKET_CHARACTERS = 14  # "0." and twelve digits


class Check(NamedTuple):
    """One thing the verifier looked at; ``explanation`` is English, as verify.py prints it."""

    name: str
    ok: bool
    explanation: str


@dataclass(frozen=True)
class Verification:
    """All that the verifier found out about one certificate."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that do not hold."""
        return tuple(check.name for check in self.checks if not check.ok)

    def require(self) -> None:
        """Raise TamperError, naming the checks, unless all of them hold."""
        if not self.ok:
            raise TamperError(
                N_("The certificate was changed; these checks fail: {names}."),
                "certificate",
                names=", ".join(self.failed),
            )


def certify(
    result: DrawResult,
    *,
    substitutions: Sequence[Mapping[str, Any]] = (),
    voided: Sequence[tuple[int, str]] = (),
    signatures: Sequence[tuple[str, str]] = (),
    annex_digest: str = "",
    verifier_digest: str = "",
    digits_by: str = "",
) -> dict[str, Any]:
    """Return the certificate of a draw.

    Args:
        result: the draw.
        substitutions: who came for whom, see the head of this module.
        voided: number and reason of every ceremony before this one, in order.
        signatures: role and name of everybody who signs; the name may be empty.
        annex_digest: of the sealed annex.
        verifier_digest: of the verifier handed out with the certificate.
        digits_by: how the public digits were drawn, one of ``core.draw.DIGITS_BY``; empty: not told.

    Raises:
        DrawError: when a voided ceremony is missing or has no reason, or ``digits_by`` is something else.
    """
    _check_voided(result.head.ceremony, voided)
    check_digits_by(digits_by)
    return {
        "format": FORMAT,
        "method": "computed",
        "list": result.locked.text,
        "list_digest": result.locked.digest,
        "short_code": result.locked.short_code,
        "head": result.head.text,
        "seed": result.seed,
        "attempt": result.attempt,
        "order": list(result.order),
        "tickets": [ticket.fraction[:TICKET_CHARACTERS] for ticket in result.tickets],
        "selected": {stratum: list(numbers) for stratum, numbers in result.selected.items()},
        "reserves": {stratum: list(numbers) for stratum, numbers in result.reserves.items()},
        "substitutions": [dict(substitution) for substitution in substitutions],
        "entropy": entropy(result.locked, result.head.public_digits),
        "rehearsal": result.head.rehearsal,
        "voided": [{"ceremony": number, "reason": reason} for number, reason in voided],
        "signatures": [{"role": role, "name": name} for role, name in signatures],
        "annex_digest": annex_digest,
        "verifier_digest": verifier_digest,
        "digits_by": digits_by,
    }


def certify_fresh(
    first: Mapping[str, Any],
    fresh: FreshDraw,
    *,
    substitutions: Sequence[Mapping[str, Any]] = (),
    voided: Sequence[tuple[int, str]] = (),
    digits_by: str = "",
) -> dict[str, Any]:
    """Return the follow-up certificate of fresh digits: the first one, unchanged, with the part ``fresh``.

    Args:
        first: the certificate when the list of who is absent was closed.
        substitutions: those after the fresh digits.
        voided: number and reason of every such list that was taken back.
        digits_by: as for ``certify``.
    """
    return {
        **first,
        "fresh": {
            "head": fresh.head,
            "seed": fresh.seed,
            "attempt": fresh.attempt,
            "order": [int(ticket.id) for ticket in fresh.tickets],
            "tickets": [ticket.fraction[:TICKET_CHARACTERS] for ticket in fresh.tickets],
            "substitutes": [{"out": gone, "in": comes} for gone, comes in fresh.substitutes],
            "reserves": {stratum: list(numbers) for stratum, numbers in fresh.reserves.items()},
            "entropy": verify.entropy(fresh.selections, fresh.public_digits),
            "digits_by": digits_by,
            "substitutions": [dict(substitution) for substitution in substitutions],
            "voided": [{"closing": number, "reason": reason} for number, reason in voided],
        },
    }


def digest_of(certificate: Mapping[str, Any]) -> str:
    """Return SHA-256 of a certificate's canonical JSON, 64 hex digits: of the file as it is handed out."""
    return hashlib.sha256(canonical_json(certificate).encode()).hexdigest()


def check_digits_by(digits_by: str) -> None:
    """Refuse a way of drawing digits that is not one of ``core.draw.DIGITS_BY``; empty is not told."""
    if digits_by and digits_by not in DIGITS_BY:
        raise DrawError(
            N_("Digits are not drawn by {way}; use one of: {allowed}."),
            "digits-by", way=digits_by, allowed=", ".join(DIGITS_BY),
        )  # fmt: skip


def record_by_hand(
    selection: Selection,
    ceremony: int,
    place: str,
    time: datetime,
    *,
    substitutions: Sequence[Mapping[str, Any]] = (),
    voided: Sequence[tuple[int, str]] = (),
    signatures: Sequence[tuple[str, str]] = (),
    photos: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the record of a draw that was made by hand: what came out and who was there, nothing to recompute.

    Args:
        ceremony: its number; every earlier one is void.
        photos: the digests of the photos of slips and signatures.
        substitutions, voided, signatures: as for ``certify``, which also says what is raised.
    """
    _check_voided(ceremony, voided)
    return {
        "format": FORMAT,
        "method": "by hand",
        "list": selection.locked.text,
        "list_digest": selection.locked.digest,
        "short_code": selection.locked.short_code,
        "ceremony": ceremony,
        "place": place,
        "time": time.isoformat(timespec="seconds"),
        "selected": {stratum: list(numbers) for stratum, numbers in selection.selected.items()},
        "reserves": {stratum: list(numbers) for stratum, numbers in selection.reserves.items()},
        "substitutions": [dict(substitution) for substitution in substitutions],
        "rehearsal": False,
        "voided": [{"ceremony": number, "reason": reason} for number, reason in voided],
        "signatures": [{"role": role, "name": name} for role, name in signatures],
        "photos": list(photos),
    }


def _check_voided(ceremony: int, voided: Sequence[tuple[int, str]]) -> None:
    if [number for number, _ in voided] != list(range(1, ceremony)) or not all(why for _, why in voided):
        raise DrawError(
            N_("Ceremony {number} needs every earlier one listed as void, with its reason."),
            "voided",
            number=ceremony,
        )


def entropy(locked: LockedList, public_digits: str) -> dict[str, str]:
    """Return how many bits of chance the draw needs and how many the public digits alone brought, to one decimal.

    Needed is log2 of the number of different selections (the product over the strata of "size choose k"; the
    order of the reserves is not counted, and bands, which leave fewer, neither), rounded up. Got is log2(10) for
    each public digit, rounded down; the cards are not counted, since people do not write random digits. Less got
    than needed: the public digits alone could not have produced every selection; ``digits_wanted`` says how many
    can. Both are computed in integers, so that no platform rounds them otherwise.
    """
    return verify.entropy(_selections(locked), public_digits)


def digits_wanted(locked: LockedList) -> int:
    """Return how many public digits let every possible selection come out (see ``entropy``)."""
    return len(str(_selections(locked) - 1))


def _selections(locked: LockedList) -> int:
    sizes = Counter(row.stratum for row in locked.rows)
    return math.prod(math.comb(sizes[quota.stratum], quota.k) for quota in locked.quotas)


def canonical_json(content: Mapping[str, Any]) -> str:
    """Return the one JSON text of a mapping: names sorted, no white space, no escapes of Chinese, one LF at the end.

    Raises:
        DrawError: when it holds something that JSON cannot say (NaN, other types) or is nested without end.
    """
    try:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
        text.encode()
    except (TypeError, ValueError, RecursionError) as reason:
        raise DrawError(N_("This cannot be written as JSON: {reason}"), "json", reason=str(reason)[:200]) from reason
    return text


def verify_certificate(certificate: Mapping[str, Any] | str | PathLike[str], slip: str = "") -> Verification:
    """Recompute a certificate and return every check.

    The result tells tampering (``ok``, ``failed``, ``require``); only what cannot be recomputed at all is raised.

    Args:
        certificate: the certificate, or the path of its file (the one place where this package's core reads one,
            through verify.py, for callers' convenience).
        slip: digest or short code as printed on the signed slip, where it is at hand.

    Raises:
        DrawError: when it is no certificate: unreadable, larger than 8 MB, not JSON, of another format, or by hand.
    """
    try:
        content = verify.read(certificate) if isinstance(certificate, str | PathLike) else dict(certificate)
        return Verification(tuple(Check(*check) for check in verify.checks(content, slip)))
    except verify.UNREADABLE as reason:
        raise DrawError(
            N_("Nothing was verified, for this is no certificate that can be recomputed: {reason}"),
            "unreadable",
            reason=str(reason)[:200],
        ) from reason
