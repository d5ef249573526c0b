"""Change a sealed visit in every way that somebody with the file can, and see whether ``verify`` finds it.

``python -m tests.soak.tamper [--changes N] [--seed S] [KIND]...`` tries N changes of rows (with the triggers taken away and put
back), blobs, schema, page bytes and the log beside the file, and prints for each kind how many were found. A change that
leaves everything that the file says as it was is counted apart; one of what is no content of a visit (sign-in codes, the
public screen, when a migration ran) is not tried. ``verify`` is given the head that was printed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from inspection_app.errors import InspectionError
from inspection_app.services import seal
from inspection_app.services.check import verify
from tests.services.conftest import NOW, PDF, Scene
from tests.services.test_seal import changed, full

NO_CONTENT = {"_sqlite_migrations", "sqlite_sequence", "screen", "sqlite_stat1"}
NO_COLUMN = {"code_hash", "code_number"}
Change = tuple[str, Callable[[Path], None]]
Said = dict[str, list[tuple[Any, ...]]]


def said(path: Path) -> Said:
    """Return everything that a file says, but for what is no content; nothing where it cannot be read."""
    found: Said = {}
    try:
        with closing(sqlite3.connect(path)) as db:
            names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in names:
                if table not in NO_CONTENT:
                    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in NO_COLUMN]
                    found[table] = db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid").fetchall()
            found["sqlite_master"] = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return {}
    return found


# --- the changes ----------------------------------------------------------------------------------------------------


def of_rows(path: Path, rng: random.Random) -> Iterator[Change]:
    """Every cell changed, every row deleted and every row doubled, in an order by chance."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        statements: list[tuple[str, list[Any]]] = []
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table in NO_CONTENT:
                continue
            rows = db.execute(f"SELECT rowid AS place, * FROM {table}").fetchall()
            for row in rows:
                columns = [column for column in row.keys()[1:] if column not in NO_COLUMN]
                for column in columns:
                    where = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
                    statements.append((where, [changed(row[column]), row["place"]]))
                    if isinstance(row[column], bytes) and len(row[column]) > 20:
                        for at in rng.sample(range(len(row[column])), 10):
                            blob = bytearray(row[column])
                            blob[at] ^= 1 << rng.randrange(8)
                            statements.append((where, [bytes(blob), row["place"]]))
                    other = rng.choice(rows)[column]
                    if other != row[column]:
                        statements.append((where, [other, row["place"]]))
                statements.append((f"DELETE FROM {table} WHERE rowid = ?", [row["place"]]))
                own = [column for column in row.keys()[1:] if column not in {"id", "seq"}]
                names = ", ".join(own)
                double = f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE rowid = ?"
                statements.append((double, [row["place"]]))
    rng.shuffle(statements)
    for statement, values in statements:
        yield f"{statement} {values!r:.80}", _written(statement, values)


def _written(statement: str, values: list[Any]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _sql in triggers:
                db.execute(f"DROP TRIGGER {name}")
            with suppress(sqlite3.IntegrityError):  # the file cannot even say this
                db.execute(statement, values)
            for _name, sql in triggers:
                db.execute(sql)
            db.execute("COMMIT")

    return change


def of_schema(path: Path, rng: random.Random) -> Iterator[Change]:
    """Every object taken away, weakened or added to, again and again with other names."""
    with closing(sqlite3.connect(path)) as db:
        objects = db.execute("SELECT type, name, tbl_name FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    number = 0
    while True:
        number += 1
        kind, name, table = rng.choice(objects)
        yield rng.choice((
            (f"drop {kind} {name}", _scripted(f"PRAGMA foreign_keys = OFF; DROP {kind} {name}")),
            (f"trigger on {table}",
             _scripted(f"CREATE TRIGGER t{number} AFTER INSERT ON {table} BEGIN DELETE FROM finding; END")),
            (f"view {number}", _scripted(f"CREATE VIEW v{number} AS SELECT * FROM {table}")),
            (f"table {number}", _scripted(f"CREATE TABLE x{number} (a)")),
            (f"column on {table}", _scripted(f"ALTER TABLE {table} ADD COLUMN c{number} TEXT")),
            (f"rename {table}", _scripted(f"ALTER TABLE {table} RENAME TO r{number}")),
            (f"weakened {name}", _scripted(
                "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'ABORT', 'IGNORE') "
                f"WHERE name = '{name}'")),
        ))  # fmt: skip


def _scripted(script: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, suppress(sqlite3.DatabaseError):
            db.executescript("PRAGMA synchronous = OFF;" + script)

    return change


def of_bytes(ending: str, rng: random.Random) -> Iterator[Change]:
    """Bits turned, pieces exchanged, cut off or blanked, in the file or in the log beside it."""
    while True:
        seed = rng.random()
        yield f"bytes{ending} {seed}", _damaged(ending, seed)


def _damaged(ending: str, seed: float) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        rng, at = random.Random(seed), path.with_name(path.name + ending)
        found = bytearray(at.read_bytes())
        place = rng.randrange(len(found))
        match rng.randrange(6):
            case 0:
                found[place : place + 16] = bytes(16)
            case 1:
                other = rng.randrange(len(found))
                found[place : place + 8] = found[other : other + 8]
            case 2 if rng.random() < 0.2:
                del found[place:]
            case _:
                found[place] ^= 1 << rng.randrange(8)
        at.write_bytes(found)

    return change


# --- whether it is found --------------------------------------------------------------------------------------------


def with_log(scene: Scene, folder: Path) -> Path:
    """Return a copy of a visit whose last act still stands in the log beside it."""
    folder.mkdir()
    with closing(sqlite3.connect(scene.file.path)) as held:
        held.execute("SELECT id FROM visit").fetchall()
        seal.issue(scene.file, scene.secretary, "反馈意见（送达）", "清溪县人民政府", PDF, NOW)
        for ending in ("", "-wal"):
            shutil.copy(f"{scene.file.path}{ending}", folder)
    return folder / scene.file.path.name


def tamper(path: Path, change: Change, known: Said, head: str) -> str:
    """Try one change on a copy: ``found``, ``content equal``, or ``UNDETECTED``."""
    with tempfile.TemporaryDirectory() as aside:
        copy = Path(aside) / "copy.visit"
        for ending in ("", "-wal"):
            if (one := path.with_name(path.name + ending)).is_file():
                shutil.copy(one, copy.with_name(copy.name + ending))
        change[1](copy)
        try:
            verify(copy, head)
        except InspectionError:
            return "found"
        return "content equal" if said(copy) == known else "UNDETECTED"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("kinds", nargs="*", metavar="KIND", help="a part of a kind's name; all by default")
    asked.add_argument("--changes", type=int, default=5000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    rng, folder = random.Random(given.seed), Path(tempfile.mkdtemp(prefix="tamper-"))
    (folder / "visits").mkdir()
    scene = full(folder / "visits")
    waiting = with_log(scene, folder / "waiting")
    path = folder / "whole.visit"
    shutil.copy(scene.file.path, path)
    head = verify(path).head
    verify(waiting, head)
    known, total = said(path), Counter[str]()
    kinds = (
        ("rows and blobs", path, of_rows(path, rng), 0.62),
        ("schema", path, of_schema(path, rng), 0.08),
        ("page bytes", path, of_bytes("", rng), 0.2),
        ("log beside it", waiting, of_bytes("-wal", rng), 0.1),
    )
    print(f"{'kind':16} {'changes':>8} {'found':>8} {'content equal':>14} undetected", flush=True)
    for name, source, changes, share in kinds:
        if given.kinds and not any(part in name for part in given.kinds):
            continue
        tally = Counter[str]()
        for change in islice(changes, round(given.changes * share)):
            outcome = tamper(source, change, known, head)
            tally[outcome] += 1
            if outcome == "UNDETECTED":
                print(f"    {change[0]}", flush=True)
        total += tally
        print(f"{name:16} {sum(tally.values()):8} {tally['found']:8} {tally['content equal']:14} {tally['UNDETECTED']:10}",
              flush=True)  # fmt: skip
    print(f"{sum(total.values())} changes, {total['UNDETECTED']} undetected")


if __name__ == "__main__":
    main()
