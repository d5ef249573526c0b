"""Keeping a visit's connections open for a moment after a run, for whoever comes next.

Opening a file costs more than most looks at it: SQLite reads the schema anew. And when the last connection closes,
SQLite moves what was committed from the log beside the file into the file, which costs several times the commit
itself. Held for a second, both happen once a second at most in a burst of saves, and the file is complete again a
second after the last one: copying it still is the backup.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlite_utils import Database

SECONDS = 1.0
MOST = 8
"""So many connections are left at a time: each has a memory of its own."""
_held: dict[Path, list[Opened]] = {}
_lock = threading.Lock()


class Connection(sqlite3.Connection):
    """A connection for several looks: a row that one of them left unread would hold all later ones at its moment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked: WeakSet[sqlite3.Cursor] = WeakSet()

    def execute(self, *args: Any) -> sqlite3.Cursor:
        cursor = super().execute(*args)
        self._asked.add(cursor)
        return cursor

    def end_look(self) -> None:
        """Let nothing more be read of what was asked for, as if the file had been closed."""
        for cursor in tuple(self._asked):
            cursor.close()
        self._asked.clear()


@dataclass(frozen=True)
class Opened:
    """A connection that nobody is using, and which file it is to: another may have taken its name."""

    inode: int
    db: Database
    connection: Connection

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.connection.close()


def leave(path: Path, opened: Opened, seconds: float = SECONDS) -> None:
    """Leave a connection to others, until so many seconds after the first one was left."""
    with _lock:
        first, held = path not in _held, _held.setdefault(path, [])
        room = len(held) < MOST
        if room:
            held.append(opened)
    if not room:
        opened.close()
    if first:
        timer = threading.Timer(seconds, let_go, [path])
        timer.daemon = True
        timer.start()


def take_up(path: Path, inode: int) -> Opened | None:
    """Return a connection to this very file that was left, None where there is none."""
    with _lock:
        held = _held.get(path, [])
        while held:
            opened = held.pop()
            if opened.inode == inode:
                return opened
            opened.close()
    return None


def let_go(path: Path) -> None:
    """Close what was left: before another file takes this one's place it must be."""
    with _lock:
        held = _held.pop(path, [])
    for opened in held:  # the last one may have much to move: nobody else waits for it
        opened.close()
