"""Recompute a draw from its certificate, with Python's standard library (3.8 or newer) and nothing else.

    python3 -I verify.py CERTIFICATE.json
    python3 -I verify.py CERTIFICATE.json --slip 12345678
    python3 -I verify.py CERTIFICATE.json --row 17 --nonce HEX --identity TEXT

One line for each check; exit code 0 when all hold, 3 when something was changed, 2 when there is nothing that
could be recomputed. It cannot see paper: whether the signed slip carries this list's digest (``--slip`` takes its
64 hex digits or the eight decimal ones) and whether the cards carry these digits is for you to compare.
A list with bands that are hardly ever met takes it a while: it makes the same attempts as the draw, in the same order.
Reasons, witnesses, signatures and the digests of annex and verifier are taken as they are written. The draw itself
is ``recompute``; most of the rest is there to refuse what could be read in two ways.

Sources: the protocol is told in ``inspection_app/core/draw.py``; tickets are ``first_fraction`` of the
consistent_sampler package (Ronald L. Rivest, MIT licence).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

LIMIT = 8_000_000  # bytes; a certificate of 5,000 people has about 1,000,000
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def short_code(digest: str) -> str:
    return f"{int(digest, 16) % 10**8:08d}"


def ticket(seed: str, number: int) -> str:
    return "0." + f"{int(sha256(sha256(seed) + str(number)), 16):064d}"[::-1]


def entropy(groups: int, public: str) -> dict[str, str]:
    """Return log2 of the number of possible selections, rounded up, and of the public digits, rounded down."""
    bits = {"needed_bits": (groups**10 - 1).bit_length(), "got_bits": (10 ** (10 * len(public))).bit_length() - 1}
    return {name: f"{tenths // 10}.{tenths % 10}" for name, tenths in bits.items()}


def recompute(
    rows: list[list[str]], quotas: list[list[str]], bands: list[list[str]], head: str, public: str, last: int
) -> dict[str, Any]:
    """Return all that follows from a list and a head, by the names the certificate gives it. This is the draw.

    The first attempt that meets every band counts; ``attempt`` is None when not even the ``last`` one does.
    """
    seed, found = sha256(head), None
    for attempt in range(last + 1):
        tickets = {int(number): ticket(f"{seed}/{attempt}", int(number)) for number, *_ in rows}
        order = sorted(tickets, key=tickets.__getitem__)
        ranked: dict[str, list[int]] = {stratum: [] for stratum, *_ in quotas}
        for number in order:
            ranked[rows[number - 1][1]].append(number)
        selected = {stratum: ranked[stratum][: int(k)] for stratum, _, k, _ in quotas}
        if meets(bands, rows, (number for numbers in selected.values() for number in numbers)):
            found = attempt
            break
    reserves, groups = {}, 1
    for stratum, size, k, spare in quotas:
        reserves[stratum] = ranked[stratum][int(k) :][: int(size) if spare == "all" else int(spare)]
        groups *= math.comb(int(size), int(k))
    return {
        "seed": seed,
        "attempt": found,
        "order": order,
        "tickets": [tickets[number][:14] for number in order],
        "selected": selected,
        "reserves": reserves,
        "entropy": entropy(groups, public),
    }


def meets(bands: list[list[str]], rows: list[list[str]], numbers: Iterable[int]) -> bool:
    """Return whether these numbers together keep every band: at least and at most so many with an attribute."""
    chosen = [rows[number - 1] for number in numbers]
    return all(
        int(least) <= sum(stratum in ("*", row[1]) and f"{name}={value}" in row[3:] for row in chosen) <= int(most)
        for stratum, name, value, least, most in bands
    )


def parse_list(text: str) -> tuple[dict[str, str], list[list[list[str]]]]:
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
    if sorted(quota[:2] for quota in quotas) != sorted([stratum, str(size)] for stratum, size in sizes.items()):
        raise ValueError("the list's rows are not as many as its quotas say")
    for stratum, _, k, spare in quotas:
        if not 1 <= int(k) <= int(k) + int(0 if spare == "all" else spare) <= sizes[stratum]:
            raise ValueError("a quota asks for more rows than there are")
    if len(bands) > 99:
        raise ValueError("it has more than 99 bands")
    for stratum, _, _, least, most in bands:
        if not 0 <= int(least) <= int(most) or stratum not in ("*", *sizes):
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
    if not all(set(digits) <= set("0123456789") for digits in [facts["public"], *(card[1] for card in cards)]):
        raise ValueError("the head has something else than digits on a card or among the public digits")
    if len(facts["public"]) > 999 or facts["mode"] not in ("real", "REHEARSAL"):
        raise ValueError("the head has more than 999 public digits, or another mode than real or REHEARSAL")
    return facts, cards


def checks(certificate: dict[str, Any], slip: str = "") -> list[tuple[str, bool, str]]:
    """Return every check as (name, whether it holds, what was found), or raise one of ``UNREADABLE``."""
    if certificate.get("format") != "inspection-app certificate 1":
        raise ValueError("it is not an 'inspection-app certificate 1'")
    if certificate.get("method") != "computed":
        raise ValueError("this draw was made by hand: nothing can be recomputed")
    missing = [name for name in ("list", "head", "substitutions", "voided") if name not in certificate]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")

    def same(name: str, recomputed: object) -> tuple[str, bool, str]:
        claimed = certificate.get(name)
        says = "" if claimed == recomputed else f"the certificate says {claimed!r:.200}, recomputed: "
        return name, not says, f"{says}{recomputed!r:.200}"

    digest = sha256(certificate["list"])
    found = [same("list_digest", digest), same("short_code", short_code(digest))]
    if slip:
        found.append(("slip", slip in (digest, short_code(digest)), f"the slip says {slip!r:.80}"))
    try:
        listed, (rows, quotas, bands) = parse_list(certificate["list"])
        facts, cards = parse_head(certificate["head"])
        claimed, limit = certificate.get("attempt"), 20 * min(10_000, 2_000_000 // len(rows))
        last = claimed if type(claimed) is int and 0 <= claimed < limit else 0
        drawn = recompute(rows, quotas, bands, certificate["head"], facts["public"], last)
    except UNREADABLE as reason:
        return [*found, ("form", False, f"{reason!s:.200}")]
    form = f"{len(rows)} rows, {len(quotas)} quotas, {len(bands)} bands, {len(cards)} cards"
    found.append(("form", True, form))
    of_this_list = (facts["list"], facts["visit"], facts["kind"]) == (digest, listed["visit"], listed["kind"])
    found.append(("head", of_this_list, "it names the list's digest, its visit and its kind of draw"))
    found += [same(name, recomputed) for name, recomputed in drawn.items() if name != "attempt"]
    if drawn["attempt"] is None:  # whatever the certificate calls it
        found.append(("attempt", False, f"none up to {last} meets every band"))
    else:
        found.append(same("attempt", drawn["attempt"]))
    found.append(same("rehearsal", facts["mode"] == "REHEARSAL"))
    replaced = follows(certificate["substitutions"], drawn["selected"], drawn["reserves"], rows, bands)
    detail = "each brings in the next reserve of the stratum of who is absent, with whom every band is kept"
    found.append(("substitutions", replaced, detail))
    voided = [ceremony["ceremony"] for ceremony in certificate["voided"]]
    complete = [*voided, int(facts["ceremony"])] == list(range(1, len(voided) + 2))
    found.append(("voided", complete, f"this is ceremony {facts['ceremony']:.9}, and all before it are listed"))
    return found


def follows(
    substitutions: Any, selected: dict[str, list[int]], reserves: Any, rows: list[list[str]], bands: list[list[str]]
) -> bool:
    """Return whether every substitution replaces somebody who stands by the next reserve of the same stratum, passing
    over only those with whom a band would not be kept."""
    standing = {number for numbers in selected.values() for number in numbers}
    called = set()
    for substitution in substitutions:
        gone, come = substitution["out"], substitution["in"]
        if gone not in standing:
            return False
        standing.remove(gone)
        waiting = [number for number in reserves[rows[gone - 1][1]] if number not in called]
        if next((number for number in waiting if meets(bands, rows, {*standing, number})), None) != come:
            return False
        standing.add(come)
        called.add(come)
    return True


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

    if len(content) > LIMIT:
        raise ValueError(f"it is larger than {LIMIT // 1_000_000} MB")
    certificate = json.loads(content.decode("utf-8-sig"), parse_constant=refuse, object_pairs_hook=once)
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
        sys.stdout.write(f"{'ok     ' if ok else 'CHANGED'} {name}: {detail}\n")
    return 0 if all(ok for _, ok, _ in found) else 3


if __name__ == "__main__":
    sys.exit(main())
