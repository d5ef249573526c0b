"""The hash chain of a visit's log: each entry's hash covers the entry and the hash before it.

An unkeyed chain proves that entries were not changed one by one; it proves more only where its head was printed and
signed. Storing and printing are not done here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from inspection_app.errors import N_, TamperError

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""


@dataclass(frozen=True)
class Entry:
    """One line of the log. ``at`` is ISO 8601 with offset; ``details`` holds no personal data, only salted digests."""

    seq: int
    at: str
    actor: int
    act: str
    details: dict[str, object]
    previous: str
    hash: str


def entry_hash(seq: int, at: str, actor: int, act: str, details: dict[str, object], previous: str) -> str:
    """Return the SHA-256 (64 hex digits) of an entry's canonical JSON."""
    content = json.dumps(
        [seq, at, actor, act, details, previous], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(content.encode()).hexdigest()


def chained(last: Entry | None, at: str, actor: int, act: str, details: dict[str, object]) -> Entry:
    """Return the entry that follows ``last``."""
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    return Entry(seq, at, actor, act, details, previous, entry_hash(seq, at, actor, act, details, previous))


def check_chain(entries: Iterable[Entry]) -> str:
    """Recompute a whole log and return its head.

    Raises:
        TamperError: naming the first entry that does not fit.
    """
    head = GENESIS
    for expected, entry in enumerate(entries, 1):
        computed = entry_hash(entry.seq, entry.at, entry.actor, entry.act, entry.details, entry.previous)
        if entry.seq != expected or entry.previous != head or entry.hash != computed:
            raise broken(expected)
        head = entry.hash
    return head


def broken(seq: int) -> TamperError:
    """Say that the log does not hold together at an entry."""
    return TamperError(
        N_("The log is broken at entry {seq}. Compare this file with the last backup."), "log-broken", seq=seq
    )
