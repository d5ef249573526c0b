"""Keeping a visit's file open for a moment after a save, so that a burst of saves is not one of checkpoints.

SQLite moves what was committed from the log beside the file into the file when the last connection closes. With one
connection for each save that is every time, and costs several times the commit itself. Held open, it happens once a
second at most, and the file is complete again a second after the last save: copying it still is the backup.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from inspection_app.store.file import VisitFile

_SECONDS = 1.0
_held: dict[Path, sqlite3.Connection] = {}
_lock = threading.Lock()


def hold(file: VisitFile, seconds: float = _SECONDS) -> None:
    """Keep a visit's file open for so many seconds from now; nothing is done where it is already held.

    It never fails: without it a save is slower, and what is wrong with the file is said by whoever opens it.
    """
    with _lock, suppress(sqlite3.Error):
        if file.path in _held or not file.path.is_file():
            return
        connection = sqlite3.connect(file.path, check_same_thread=False)
        try:
            connection.execute("SELECT id FROM visit").fetchall()  # only now it counts as a connection
        except sqlite3.Error:
            connection.close()
            raise
        _held[file.path] = connection
        timer = threading.Timer(seconds, _release, [file.path])
        timer.daemon = True
        timer.start()


def _release(path: Path) -> None:
    with _lock, suppress(sqlite3.Error):
        _held.pop(path).close()
