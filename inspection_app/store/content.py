"""The content of a visit as one digest: every table and row by subject, never the file's bytes.

Personal data enters only as leaves, SHA-256 over a nonce of its own and the value, so that it can be removed later
without breaking the digest. Left out are the log, which is a chain of its own, the public screen, sign-in codes, and
where the visit stands. What a digest covers is written down with it (``Scope``): columns and tables that a later
release adds leave it as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlite_utils import Database

_NO_CONTENT = frozenset({"_sqlite_migrations", "sqlite_sequence", "log", "screen", "seal", "seal_leaf"})

GROWING = frozenset({"attendance", "issued", "reopening", "signed_scan"})
"""What goes on growing after the seal; their rows up to then are content."""

_LEFT_OUT: Mapping[str, frozenset[str]] = {
    "visit": frozenset({"stage", "finished"}),
    "member": frozenset({"code_hash", "code_number"}),
    "fact": frozenset({"removed"}),
}

_PERSONAL: Mapping[str, frozenset[str]] = {
    "absent_list": frozenset({"signed"}),
    "annex": frozenset({"identity", "nonce"}),
    "attendance": frozenset({"who", "remark", "stand_in"}),
    "card": frozenset({"name"}),
    "citizen": frozenset(
        {"name", "gender", "birth", "phone", "id_number", "household", "township", "id_digest", "others"}
    ),
    "declaration": frozenset({"conflict"}),
    "evidence": frozenset({"caption", "name"}),
    "evidence_content": frozenset({"content", "thumbnail"}),
    "evidence_change": frozenset({"caption"}),
    "fact": frozenset({"value"}),
    "hand_draw": frozenset({"drawer", "witnesses"}),
    "member": frozenset({"name", "organisation", "speciality"}),
    "observation": frozenset({"person"}),
    "recusal": frozenset({"organiser", "reason"}),
    "roster_change": frozenset({"before", "after"}),
    "site_check": frozenset({"people"}),
    "substitution": frozenset({"reason", "witness"}),
    "visit": frozenset({"salt"}),
}

_SHORT = 64
"""How long bytes may be that are written out in a leaf; a photo stands there by its digest."""

Cell = str | int | float | bytes | None


@dataclass(frozen=True)
class Part:
    """What a digest covers of one table: plain columns, those that are leaves, and how many rows from the first."""

    columns: tuple[str, ...]
    leaves: tuple[str, ...]
    rows: int


Scope = Mapping[str, Part]


@dataclass(frozen=True)
class Leaf:
    """A personal value's place (``table/row/column``), its nonce, empty once the value was removed, and its digest."""

    place: str
    nonce: str
    digest: str


def scope_of(db: Database) -> Scope:
    """Return what a digest taken now covers: all there is."""
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    found = {}
    for (table,) in names.fetchall():
        if table in _NO_CONTENT:
            continue
        out, personal = _LEFT_OUT.get(table, frozenset()), _PERSONAL.get(table, frozenset())
        columns = [name for name in sorted(db.table(table).columns_dict) if name not in out]
        found[table] = Part(
            tuple(name for name in columns if name not in personal),
            tuple(name for name in columns if name in personal), _count(db, table),
        )  # fmt: skip
    return found


def leaves(db: Database, scope: Scope, entropy: Callable[[int], bytes]) -> Iterator[Leaf]:
    """Make a leaf of every personal value.

    Args:
        entropy: a source of random bytes, such as ``os.urandom``.
    """
    for table, part in scope.items():
        for number, row in _rows(db, table, part.leaves, part.rows):
            for column, value in zip(part.leaves, row, strict=True):
                place, nonce = f"{table}/{number}/{column}", entropy(16).hex()
                yield Leaf(place, nonce, leaf_digest(place, nonce, value))


def leaf_digest(place: str, nonce: str, value: Cell) -> str:
    """Return a leaf's SHA-256 (64 hex digits)."""
    told = f"blob {value.hex()}" if isinstance(value, bytes) and len(value) <= _SHORT else _told(value)
    return hashlib.sha256(json.dumps([place, nonce, told], ensure_ascii=False).encode()).hexdigest()


def column_of(place: str) -> str:
    """Return the ``table/column`` of a leaf's place.

    >>> column_of("citizen/7/phone")
    'citizen/phone'
    """
    table, _number, column = place.split("/")
    return f"{table}/{column}"


def is_removed(place: str, value: Cell) -> bool:
    """Say whether a value is what a removal leaves: nothing, or a number in the place of a guest's name."""
    if column_of(place) == "attendance/who":
        return isinstance(value, str) and value.startswith("#") and value[1:].isdecimal()
    return value in ("", b"")


def values(db: Database, scope: Scope) -> Iterator[tuple[str, Cell]]:
    """Return every personal value with its place, in the order of ``leaves``."""
    for table, part in scope.items():
        for number, row in _rows(db, table, part.leaves, part.rows):
            yield from ((f"{table}/{number}/{column}", value) for column, value in zip(part.leaves, row, strict=True))


def digest(db: Database, scope: Scope, leaf_digests: Mapping[str, str]) -> str:
    """Return the SHA-256 (64 hex digits) of the content that a scope names.

    Args:
        leaf_digests: by place.

    Raises:
        LookupError: a leaf is missing.
    """
    lines = [canonical_scope(scope)]
    for table, part in scope.items():
        for number, row in _rows(db, table, (*part.columns, *part.leaves), part.rows):
            plain = [_told(value) for value in row[: len(part.columns)]]
            hidden = [leaf_digests[f"{table}/{number}/{column}"] for column in part.leaves]
            lines.append(json.dumps([table, number, plain, hidden], ensure_ascii=False))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def rows_beyond(db: Database, scope: Scope) -> tuple[str, ...]:
    """Return the tables that hold more rows than a scope says and may not have grown."""
    return tuple(table for table, part in scope.items() if table not in GROWING and _count(db, table) > part.rows)


def canonical_scope(scope: Scope) -> str:
    """Return the text that a scope is kept as."""
    listed = {table: [list(part.columns), list(part.leaves), part.rows] for table, part in scope.items()}
    return json.dumps(listed, sort_keys=True, separators=(",", ":"))


def parse_scope(text: str) -> Scope:
    """Return a scope from its text.

    Raises:
        ValueError, TypeError, AttributeError: it is none.
    """
    return {
        table: Part(tuple(columns), tuple(hidden), rows)
        for table, (columns, hidden, rows) in sorted(json.loads(text).items())
    }


def _told(value: Cell) -> object:
    return {"sha256": hashlib.sha256(value).hexdigest()} if isinstance(value, bytes) else value


def _count(db: Database, table: str) -> int:
    return int(db.table(table).count)


def _rows(db: Database, table: str, columns: tuple[str, ...], most: int) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Return the rows in the order they were written, numbered from 1: numbers that outlive a VACUUM."""
    if columns:
        listed = ", ".join(map(_quoted, columns))
        rows = db.table(table).rows_where(select=listed, order_by="rowid", limit=most)
        yield from ((number, tuple(row[name] for name in columns)) for number, row in enumerate(rows, 1))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
