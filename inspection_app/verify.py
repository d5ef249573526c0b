"""Recompute a draw from its certificate, with Python's standard library (3.8 or newer) and nothing else.

    python3 -I verify.py CERTIFICATE.json
    python3 -I verify.py CERTIFICATE.json --slip 12345678
    python3 -I verify.py CERTIFICATE.json --row 17 --nonce HEX --identity TEXT

One line for each check; exit code 0 when all hold, 3 when something was changed, 2 when there is nothing that
could be recomputed. It cannot see paper: whether the signed slip carries this list's digest (``--slip`` takes its
64 hex digits or the eight decimal ones) and whether the cards carry these digits is for you to compare.
Reasons, witnesses, signatures, the way digits were drawn and the digests of annex and verifier are taken as they are
written. The draw itself is ``recompute``; most of the rest is there to refuse what could be read in two ways.

A list with bands that are hardly ever met takes it a while: it makes the same attempts as the draw, in the same order.
It ends in any case: no more than 8 MB are read, and no more than 40,000,000 tickets are computed for one draw (some
minutes), which is as many as the draw itself may take.

Sources: the protocol is told in ``inspection_app/core/draw.py`` and ``fresh_digits.py`` beside it; tickets are
``first_fraction`` of the consistent_sampler package (Ronald L. Rivest, MIT licence).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Table = list[list[str]]
    Strata = dict[str, list[int]]  # numbers of rows

LIMIT = 8_000_000  # bytes; a certificate of 5,000 people has about 1,000,000
MOST_TICKETS = 40_000_000  # that are computed for one draw
MOST_SUBSTITUTIONS = 999
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def short_code(digest: str) -> str:
    return f"{int(digest, 16) % 10**8:08d}"


def ticket(hashed_seed: str, number: int) -> str:
    return "0." + f"{int(sha256(hashed_seed + str(number)), 16):064d}"[::-1]


def whole(text: str) -> int:
    """Return a number as the certificate may write it, so that no other way of writing it passes."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and (text == "0" or text[0] != "0")):
        raise ValueError(f"{text:.20} is no whole number")
    return int(text)


def entropy(groups: int, public: str) -> dict[str, str]:
    """Return log2 of the number of possible selections, rounded up, and of the public digits, rounded down."""
    bits = {"needed_bits": (groups**10 - 1).bit_length(), "got_bits": (10 ** (10 * len(public))).bit_length() - 1}
    return {name: f"{tenths // 10}.{tenths % 10}" for name, tenths in bits.items()}


def recompute(
    seed: str, waiting: Strata, wanted: dict[str, int], bands: Bands, staying: list[int], last: int
) -> tuple[int | None, list[int], list[str], Strata]:
    """Return the attempt, all numbers and their tickets in order, and the order of each stratum. This is the draw.

    The first attempt counts with which the first ``wanted`` of those ``waiting``, together with those ``staying``,
    meet every band; it is None when not even the ``last`` one does.
    """
    found = None
    for attempt in range(last + 1):
        hashed = sha256(f"{seed}/{attempt}")
        tickets = {number: ticket(hashed, number) for numbers in waiting.values() for number in numbers}
        ranked = {stratum: sorted(numbers, key=tickets.__getitem__) for stratum, numbers in waiting.items()}
        taken = [number for stratum, k in wanted.items() for number in ranked[stratum][:k]]
        if bands.met(bands.count(staying) + bands.count(taken)):
            found = attempt
            break
    order = sorted(tickets, key=tickets.__getitem__)
    return found, order, [tickets[number][:14] for number in order], ranked


class Bands:
    """At least and at most so many with an attribute. Counts of all bands stand in one integer, 32 bits for each."""

    def __init__(self, bands: Table, rows: Table) -> None:
        self.limits = [(32 * at, whole(least), whole(most)) for at, (*_, least, most) in enumerate(bands)]
        self.counts = [0]  # of nobody; numbers begin with 1
        for _, stratum, _, *pairs in rows:
            having = {*pairs}
            self.counts.append(sum(
                1 << 32 * at for at, (where, name, value, _, _) in enumerate(bands)
                if where in ("*", stratum) and f"{name}={value}" in having
            ))  # fmt: skip

    def count(self, numbers: Any) -> int:
        return sum([self.counts[number] for number in numbers])

    def met(self, counts: int) -> bool:
        return all(least <= counts >> shift & 0xFFFFFFFF <= most for shift, least, most in self.limits)


def parse_list(text: str) -> tuple[dict[str, str], list[Table]]:
    """Return (facts, [rows, quotas, bands]); ValueError where the list does not say one thing only."""
    title, *lines = [line.split("\t") for line in text.split("\n")[:-1]]
    tags = ["kind", "visit", "quota", "band", "rule", "row"]
    rows, quotas, bands = ([rest for tag, *rest in lines if tag == wanted] for wanted in ("row", "quota", "band"))
    sizes = Counter(row[1] for row in rows)
    order = [tags.index(tag) for tag, *_ in lines]
    if title != ["inspection-app list 1"] or order != sorted(order) or order[:3] != [0, 1, 2] or text[-1] != "\n":
        raise ValueError("the list's lines are not those of an 'inspection-app list 1'")
    if [row[0] for row in rows] != [str(number) for number in range(1, len(rows) + 1)]:
        raise ValueError("the list's rows are not numbered 1, 2, 3 and so on")
    if any(len(row[2]) != 64 for row in rows):
        raise ValueError("a row's leaf is no SHA-256")
    if sorted(quota[:2] for quota in quotas) != sorted([stratum, str(size)] for stratum, size in sizes.items()):
        raise ValueError("the list's rows are not as many as its quotas say")
    for stratum, _, k, spare in quotas:
        if not 1 <= whole(k) <= whole(k) + (0 if spare == "all" else whole(spare)) <= sizes[stratum]:
            raise ValueError("a quota asks for more rows than there are")
    if len(bands) > 99:
        raise ValueError("it has more than 99 bands")
    for stratum, _, _, least, most in bands:
        if not whole(least) <= whole(most) or stratum not in ("*", *sizes):
            raise ValueError("a band is of no stratum, or asks for more than it allows")
    if any(len({pair.split("=")[0] for pair in row[3:]}) != len(row[3:]) for row in rows):
        raise ValueError("a row says an attribute twice")
    return {line[0]: line[1] for line in lines[:2]}, [rows, quotas, bands]


def parse_head(text: str) -> tuple[dict[str, str], list[list[str]]]:
    """Return (facts, cards); ValueError where the head does not say one thing only."""
    title, *lines = [line.split(" ", 1) for line in text.split("\n")[:-1]]
    cards = [rest.split(" ", 2) for tag, rest in lines if tag == "contribution"]
    tags = ["ceremony", "mode", "visit", "kind", "place", "time", "list", *["contribution"] * len(cards), "public"]
    facts = dict(lines)
    if " ".join(title) != "inspection-app draw 1" or [tag for tag, _ in lines] != tags or text[-1] != "\n":
        raise ValueError("the head's lines are not those of an 'inspection-app draw 1'")
    if {party for party, _, _ in cards} != {"applicant", "chair", "neither"}:
        raise ValueError("the head lacks the card of one of the three parties")
    written = [facts["public"], *(digits for _, digits, _ in cards)]
    if not all(digits and set(digits) <= set("0123456789") for digits in written):
        raise ValueError("the head has something else than digits on a card or among the public digits")
    if len(facts["public"]) > 999 or facts["mode"] not in ("real", "REHEARSAL"):
        raise ValueError("the head has more than 999 public digits, or another mode than real or REHEARSAL")
    return facts, cards


def parse_fresh(text: str) -> tuple[dict[str, str], list[int]]:
    """Return (facts, who is absent) of the head of fresh digits; ValueError where it does not say one thing only."""
    title, *lines = [line.split(" ", 1) for line in text.split("\n")[:-1]]
    absent = [whole(rest.split(" ", 1)[0]) for tag, rest in lines if tag == "absent"]
    signed = {rest for tag, rest in lines if tag == "signed"}
    facts = dict(lines)
    tags = ["first", "closing", "time", *["absent"] * len(absent), *["signed"] * len(signed), "public"]
    if " ".join(title) != "inspection-app fresh digits 1" or [tag for tag, _ in lines] != tags or text[-1] != "\n":
        raise ValueError("the lines are not those of an 'inspection-app fresh digits 1'")
    if not absent or absent != sorted({*absent}) or len(signed) < 2:
        raise ValueError("the absent are not listed once each, by number, or fewer than two signed")
    if not 6 <= len(facts["public"]) <= 999 or not set(facts["public"]) <= set("0123456789"):
        raise ValueError("the fresh digits are fewer than 6, more than 999, or something else than digits")
    return facts, absent


def same(part: dict[str, Any], name: str, recomputed: object, prefix: str = "") -> tuple[str, bool, str]:
    claimed = part.get(name)
    says = "" if claimed == recomputed else f"the certificate says {claimed!r:.200}, recomputed: "
    return prefix + name, not says, f"{says}{recomputed!r:.200}"


def last_attempt(part: dict[str, Any], rows: Table) -> int:
    """Return the attempt that the certificate tells, if a draw may have come so far, else 0."""
    claimed = part.get("attempt")
    return claimed if type(claimed) is int and 0 <= claimed < most_attempts(rows) else 0


def most_attempts(rows: Table) -> int:
    return MOST_TICKETS // max(len(rows), 200)


def same_attempt(part: dict[str, Any], found: int | None, rows: Table, prefix: str = "") -> tuple[str, bool, str]:
    claimed = part.get("attempt")
    if type(claimed) is not int or last_attempt(part, rows) != claimed:
        most = f"of {len(rows)} people no draw makes more than {most_attempts(rows)} attempts"
        return prefix + "attempt", False, f"the certificate says {claimed!r:.40}; {most}"
    if found is None:
        return prefix + "attempt", False, f"none up to {claimed} meets every band"
    return same(part, "attempt", found, prefix)


def checks(certificate: dict[str, Any], slip: str = "") -> list[tuple[str, bool, str]]:
    """Return every check as (name, whether it holds, what was found), or raise one of ``UNREADABLE``."""
    if certificate.get("format") != "inspection-app certificate 1":
        raise ValueError("it is not an 'inspection-app certificate 1'")
    if certificate.get("method") != "computed":
        raise ValueError("this draw was made by hand: nothing can be recomputed")
    missing = [name for name in ("list", "head", "substitutions", "voided") if name not in certificate]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    digest = sha256(certificate["list"])
    found = [same(certificate, "list_digest", digest), same(certificate, "short_code", short_code(digest))]
    if slip:
        found.append(("slip", slip in (digest, short_code(digest)), f"the slip says {slip!r:.80}"))
    try:
        listed, (rows, quotas, banded) = parse_list(certificate["list"])
        facts, cards = parse_head(certificate["head"])
        bands, seed = Bands(banded, rows), sha256(certificate["head"])
        everybody: Strata = {stratum: [] for stratum, *_ in quotas}
        for number, stratum, *_ in rows:
            everybody[stratum].append(int(number))
        wanted = {stratum: whole(k) for stratum, _, k, _ in quotas}
        last = last_attempt(certificate, rows)
        attempt, order, tickets, ranked = recompute(seed, everybody, wanted, bands, [], last)
    except UNREADABLE as reason:
        return [*found, ("form", False, f"{reason!s:.200}")]
    selected = {stratum: ranked[stratum][:k] for stratum, k in wanted.items()}
    reserves = {stratum: ranked[stratum][whole(k) :][: None if spare == "all" else whole(spare)]
                for stratum, _, k, spare in quotas}  # fmt: skip
    groups = math.prod(math.comb(len(everybody[stratum]), k) for stratum, k in wanted.items())
    found.append(("form", True, f"{len(rows)} rows, {len(quotas)} quotas, {len(banded)} bands, {len(cards)} cards"))
    of_this_list = (facts["list"], facts["visit"], facts["kind"]) == (digest, listed["visit"], listed["kind"])
    found.append(("head", of_this_list, "it names the list's digest, its visit and its kind of draw"))
    drawn = {"seed": seed, "order": order, "tickets": tickets, "selected": selected, "reserves": reserves}
    found += [same(certificate, name, recomputed) for name, recomputed in drawn.items()]
    found.append(same(certificate, "entropy", entropy(groups, facts["public"])))
    found.append(same_attempt(certificate, attempt, rows))
    found.append(same(certificate, "rehearsal", facts["mode"] == "REHEARSAL"))
    replaced, standing = follow(certificate["substitutions"], selected, reserves, rows, bands)
    detail = "each brings in the next reserve of the stratum of who is absent, with whom every band is kept"
    found.append(("substitutions", replaced, detail))
    voided = [ceremony["ceremony"] for ceremony in certificate["voided"]]
    complete = [*voided, whole(facts["ceremony"])] == list(range(1, len(voided) + 2))
    found.append(("voided", complete, f"this is ceremony {facts['ceremony']:.9}, and all before it are listed"))
    if "fresh" in certificate:
        try:
            called = {number for numbers in selected.values() for number in numbers}
            called |= {one["in"] for one in certificate["substitutions"]}
            found += fresh_checks(certificate, standing, called, everybody, rows, bands)
        except UNREADABLE as reason:
            found.append(("fresh.form", False, f"{reason!s:.200}"))
    return found


def fresh_checks(
    certificate: dict[str, Any], standing: Strata, called: set[int], everybody: Strata, rows: Table, bands: Bands
) -> list[tuple[str, bool, str]]:
    """Return the checks of a draw of substitutes with fresh public digits, after which these were standing."""
    fresh = certificate["fresh"]
    facts, absent = parse_fresh(fresh["head"])
    first = {name: part for name, part in certificate.items() if name != "fresh"}
    canonical = json.dumps(first, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    digest = sha256(canonical)
    missing = set(absent) - {number for numbers in standing.values() for number in numbers}
    if missing:
        raise ValueError(f"number {min(missing)} is told to be absent, but was not drawn or is replaced")
    gone = {stratum: [number for number in numbers if number in absent] for stratum, numbers in standing.items()}
    wanted = {stratum: len(numbers) for stratum, numbers in gone.items()}
    waiting = {stratum: [number for number in numbers if number not in called]
               for stratum, numbers in everybody.items()}  # fmt: skip
    if any(wanted[stratum] > len(waiting[stratum]) for stratum in wanted):
        raise ValueError("more are told to be absent than are left")
    staying = [number for numbers in standing.values() for number in numbers if number not in absent]
    seed = sha256(fresh["head"])
    attempt, order, tickets, ranked = recompute(seed, waiting, wanted, bands, staying, last_attempt(fresh, rows))
    comes = {out: ranked[stratum][at] for stratum, numbers in gone.items() for at, out in enumerate(numbers)}
    reserves = {stratum: ranked[stratum][k:] for stratum, k in wanted.items()}
    groups = math.prod(math.comb(len(waiting[stratum]), k) for stratum, k in wanted.items())
    drawn = {
        "seed": seed, "order": order, "tickets": tickets, "reserves": reserves,
        "substitutes": [{"out": out, "in": come} for out, come in comes.items()],
        "entropy": entropy(groups, facts["public"]),
    }  # fmt: skip
    now = {stratum: [comes.get(number, number) for number in numbers] for stratum, numbers in standing.items()}
    replaced, _ = follow(fresh["substitutions"], now, reserves, rows, bands)
    voided = [one["closing"] for one in fresh["voided"]]
    complete = [*voided, whole(facts["closing"])] == list(range(1, len(voided) + 2))
    return [
        ("fresh.head", facts["first"] == digest, f"the first certificate's digest is {digest}"),
        *(same(fresh, name, recomputed, "fresh.") for name, recomputed in drawn.items()),
        same_attempt(fresh, attempt, rows, "fresh."),
        ("fresh.substitutions", replaced, "each after the fresh digits brings in the next in their order"),
        ("fresh.voided", complete, f"this is closing {facts['closing']:.9}, and all before it are listed"),
    ]


def follow(
    substitutions: list[dict[str, Any]], selected: Strata, reserves: Strata, rows: Table, bands: Bands
) -> tuple[bool, Strata]:
    """Return whether every substitution replaces somebody who stands by the next reserve of the same stratum, passing
    over only those with whom a band would not be kept; and who stands after them."""
    standing = {stratum: list(numbers) for stratum, numbers in selected.items()}
    if len(substitutions) > MOST_SUBSTITUTIONS:
        raise ValueError(f"it has more than {MOST_SUBSTITUTIONS} substitutions")
    called: set[int] = set()
    total = bands.count(number for numbers in standing.values() for number in numbers)
    for substitution in substitutions:
        gone, come = substitution["out"], substitution["in"]
        stratum = next((stratum for stratum, numbers in standing.items() if gone in numbers), None)
        if stratum is None:
            return False, standing
        total -= bands.counts[gone]
        waiting = (number for number in reserves[stratum] if number not in called)
        if next((number for number in waiting if bands.met(total + bands.counts[number])), None) != come:
            return False, standing
        standing[stratum][standing[stratum].index(gone)] = come
        total += bands.counts[come]
        called.add(come)
    return True, standing


def check_row(certificate: dict[str, Any], number: int, nonce: str, identity: str) -> tuple[str, bool, str]:
    """Return whether row ``number`` was locked over this identity (a check, as in ``checks``)."""
    leaf = hashlib.sha256(bytes.fromhex(nonce) + identity.encode("utf-8")).hexdigest()
    rows = [line.split("\t") for line in certificate["list"].split("\n") if line.startswith(f"row\t{number}\t")]
    return f"row {number}", [row[3] for row in rows] == [leaf], f"nonce and identity give the leaf {leaf}"


def parse(content: bytes) -> dict[str, Any]:
    """Return the certificate; ValueError when it is too large, not JSON, or JSON that can be read in two ways."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name occurs twice in one JSON object")
        return dict(pairs)

    def short(digits: str) -> int:  # an older Python would spend hours on a number of a million digits
        if len(digits) > 20:
            raise ValueError("it has a number of more than 20 digits")
        return int(digits)

    if len(content) > LIMIT:
        raise ValueError(f"it is larger than {LIMIT // 1_000_000} MB")
    certificate = json.loads(
        content.decode("utf-8-sig"), parse_constant=refuse, parse_int=short, object_pairs_hook=once
    )
    if not isinstance(certificate, dict):
        raise ValueError("it is not a JSON object")
    return certificate


def read(path: Any) -> dict[str, Any]:
    with open(path, "rb") as file:
        return parse(file.read(LIMIT + 1))


def main() -> int:
    parser = argparse.ArgumentParser(description="Recompute a draw from its certificate.")
    parser.add_argument("certificate", help="the certificate, a JSON file")
    parser.add_argument("--slip", default="", help="digest or eight digits on the signed slip")
    parser.add_argument("--row", type=int, help="a row whose identity is to be proved")
    parser.add_argument("--nonce", default="", help="that row's nonce, 32 hex digits")
    parser.add_argument("--identity", default="", help="that row's identity text")
    asked = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a console may lack Chinese
    try:
        certificate = read(asked.certificate)
        found = checks(certificate, asked.slip)
        if asked.row is not None:
            found.append(check_row(certificate, asked.row, asked.nonce, asked.identity))
    except UNREADABLE as reason:
        sys.stderr.write(f"nothing was verified: {str(reason)[:300]!r}\n")
        return 2
    for name, ok, detail in found:
        sys.stdout.write(f"{'ok     ' if ok else 'CHANGED'} {name}: {' '.join(detail.split())}\n")
    return 0 if all(ok for _, ok, _ in found) else 3


if __name__ == "__main__":
    sys.exit(main())
