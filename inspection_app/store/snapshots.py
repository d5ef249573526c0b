"""Copies of a visit's file as it stood at some moment: taken, checked, kept by rule, and put back.

A snapshot is a whole visit file under a name that says when it was taken, how far the log had got, and before which
act. It is made by SQLite's backup API beside its place and takes its name only when it was checked and is on the disk.
Who may put one back, and what may not be undone that way, is decided in ``services.keep``.

Source: the SQLite backup API, sqlite.org/backup.html.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlite_utils import Database

from inspection_app.core.audit import GENESIS, Entry, check_chain
from inspection_app.errors import N_, InspectionError, NotFound, TamperError
from inspection_app.store import hold, log
from inspection_app.store.file import SUFFIX, VisitFile, configured, take_name
from inspection_app.store.migrations import APPLICATION_ID
from inspection_app.store.read_only import ReadOnlyVisit

FOLDER = "snapshots"
LOCKED_SUFFIX = ".locked"
"""What an encrypted copy's name ends with."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_HEAD = 12
_NAME = re.compile(rf"(\d{{8}}T\d{{6}}Z)-(\d+)-([0-9a-f]{{{_HEAD}}})(?:-before-([a-z0-9-]+))?{re.escape(SUFFIX)}")
_TIME = "%Y%m%dT%H%M%SZ"
_PAGES = 64
_MAKING = ".taking-"
_keeping: list[Path] = []


@dataclass(frozen=True)
class Snapshot:
    """One copy of a visit. ``seq`` and ``head`` are its log's last entry; ``before`` an act, or "" by the clock."""

    path: Path
    taken: datetime
    seq: int
    head: str
    before: str = ""

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(LOCKED_SUFFIX)

    @property
    def locked(self) -> bool:
        return self.path.name.endswith(LOCKED_SUFFIX)


def place_of(file: VisitFile) -> Path:
    """Return the folder of a visit's snapshots: beside the visits, so that it moves with them."""
    return file.path.parent / FOLDER / file.slug


def snapshots(place: Path) -> tuple[Snapshot, ...]:
    """List the snapshots in a folder, the newest first; other files there are left alone."""
    found = []
    for path in place.iterdir() if place.is_dir() else ():
        if match := _NAME.fullmatch(path.name.removesuffix(LOCKED_SUFFIX)):
            taken = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
            found.append(Snapshot(path, taken, int(match[2]), match[3], match[4] or ""))
    return tuple(sorted(found, key=lambda one: (one.taken, one.seq), reverse=True))


def changed(file: VisitFile) -> bool:
    """Say whether anything was done in a visit since its last snapshot: every change has an entry in the log."""
    newest = next(iter(snapshots(place_of(file))), None)
    with file.reading() as db:
        return newest is None or not log.head(db).startswith(newest.head)


def take(file: VisitFile, now: datetime, before: str = "") -> Snapshot:
    """Keep a copy of a visit as it stands; where nothing has changed since the same was kept, that one stands.

    Raises:
        InspectionError: the disk refused it, or the copy did not pass the check.
    """
    place = place_of(file)
    with _refused_politely(place):
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_MAKING, dir=place) as aside:
            copy = Path(aside) / file.path.name
            copy_visit(file.path, copy)
            last = check(copy)
            seq, head = (last.seq, last.hash) if last else (0, GENESIS)
            for one in snapshots(place):
                if (one.seq, one.head, one.before) == (seq, head[:_HEAD], before):
                    return one
            at = now.astimezone(UTC)
            why = f"-before-{before}" if before else ""
            path = place / f"{at.strftime(_TIME)}-{seq:06}-{head[:_HEAD]}{why}{SUFFIX}"
            _take_name(copy, path)
    return Snapshot(path, at.replace(microsecond=0), seq, head[:_HEAD], before)


def keep_for(folder: Path | None) -> None:
    """Say for which folder's visits this program is the hub: only there ``take_before`` takes snapshots."""
    _keeping[:] = [folder] if folder else []


def take_before(file: VisitFile, act: str, now: datetime) -> None:
    """Keep a copy before an act that ends something, where a hub is running; the act goes on in any case."""
    if file.path.parent in _keeping:
        with suppress(InspectionError):  # the next look of the hub meets the same trouble and tells it
            take(file, now, act)


def check(path: Path) -> Entry | None:
    """Open a copy for reading only, check it whole, and return the last entry of its log.

    Raises:
        InspectionError: it is no visit file, damaged, made by a newer release, or its schema or log was changed.
    """
    with ReadOnlyVisit(path).reading() as db:
        (mark,) = db.execute("PRAGMA application_id").fetchone()
        if mark not in (0, APPLICATION_ID):
            raise NotFound(N_("“{path}” belongs to another program."), "not-a-visit", path=path.name)
        return sound(db)


def sound(db: Database) -> Entry | None:
    """Check every page, every foreign key and the log's chain of an open visit; return the last entry of the log.

    Raises:
        TamperError: something is damaged or was changed.
    """
    faults = [str(found) for (found,) in db.execute("PRAGMA integrity_check(5)") if found != "ok"]
    faults += [f"{row[0]} {row[1]}" for row in db.execute("PRAGMA foreign_key_check").fetchmany(5)]
    if faults:
        raise TamperError(
            N_("The visit file is damaged: {places}. Restore a snapshot."), "damaged", places="; ".join(faults)
        )
    entries = log.entries(db)
    check_chain(entries)
    return entries[-1] if entries else None


def kept(found: Iterable[Snapshot], now: datetime) -> frozenset[Snapshot]:
    """Return which snapshots stay: all of the last hour, the last one of each hour for a day, of each day after that,
    and those taken before an act, always."""
    stay, slots = set(), set()
    for one in sorted(found, key=lambda one: (one.taken, one.seq), reverse=True):
        age = now - one.taken
        slot = one.taken.strftime("%Y%m%d%H" if age <= _DAY else "%Y%m%d")
        if one.before or age <= _HOUR or slot not in slots:
            stay.add(one)
        if not one.before and age > _HOUR:
            slots.add(slot)
    return frozenset(stay)


def forget(place: Path, now: datetime) -> None:
    """Remove the snapshots of a folder that need not be kept, and what a killed hub left half made a day ago."""
    found = snapshots(place)
    with _refused_politely(place):
        for one in set(found) - kept(found, now):
            one.path.unlink(missing_ok=True)
        for left in place.glob(f"{_MAKING}*"):
            if datetime.fromtimestamp(left.stat().st_mtime, UTC) < now - _DAY:
                shutil.rmtree(left, ignore_errors=True)


def second_copies(
    file: VisitFile, second: Path, now: datetime, lock: Callable[[bytes], bytes] | None = None
) -> int:
    """Copy to a second place what is kept and missing there, and return how many copies were made.

    Args:
        second: a folder on another disk; it must be there, so that nothing is written where a stick should be.
        lock: encrypts a copy; each is then read back and compared by the caller's own means.

    Raises:
        InspectionError: the second place is not there, or refused to take a copy.
    """
    if not second.is_dir():
        raise InspectionError(
            N_("The second place for snapshots, {path}, is not there. Plug it in; saving goes on meanwhile."),
            "no-second-place", path=str(second),
        )  # fmt: skip
    place = second / file.slug
    made = 0
    with _refused_politely(place):
        place.mkdir(exist_ok=True)
        there = {one.name for one in snapshots(place)}
        for one in sorted(kept(snapshots(place_of(file)), now), key=lambda one: one.taken):
            if one.name in there:
                continue
            with tempfile.TemporaryDirectory(prefix=_MAKING, dir=place) as aside:
                copy = Path(aside) / one.name
                content = one.path.read_bytes()
                copy.write_bytes(lock(content) if lock else content)
                if not lock:
                    check(copy)
                _take_name(copy, place / (one.name + (LOCKED_SUFFIX if lock else "")))
            made += 1
        forget(place, now)
    return made


def copy_visit(source: Path, target: Path) -> None:
    """Copy a visit's file as it stands at one moment, while others may be writing to it, into a file of its own."""
    address = f"{source.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=10)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
        other.execute("PRAGMA journal_mode = DELETE")  # one file, which a medium that is read-only can show


def bring_in(source: Path, folder: Path, name: str, verify: Callable[[Path], object]) -> VisitFile:
    """Copy a visit file from elsewhere among the visits of a folder, under a name that is free.

    Args:
        verify: what looks at the content of the copy and raises where it does not hold.

    Raises:
        InspectionError: the copy did not pass the check, or the disk refused it.
    """
    with _refused_politely(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as aside:
            copy = Path(aside) / f"copy{SUFFIX}"
            with ReadOnlyVisit(source).reading() as db, closing(sqlite3.connect(copy)) as other:
                db.conn.backup(other)
                other.execute("PRAGMA journal_mode = DELETE")
            check(copy)  # what was checked before may have been exchanged meanwhile
            verify(copy)
            with closing(sqlite3.connect(copy)) as other:
                other.execute("PRAGMA journal_mode = WAL")
            for number in count(1):
                file = VisitFile(folder / (name + (f"-{number}" if number > 1 else "") + SUFFIX))
                try:
                    take_name(copy, file)
                except InspectionError as error:
                    if error.code != "visit-exists":
                        raise
                    continue
                _settle(folder)
                return file
    raise AssertionError  # numbers do not end


def put_back(file: VisitFile, restored: Path, keep_aside: Callable[[], None]) -> None:
    """Give a visit's file the content of another, in one transaction of SQLite that others wait for.

    The file keeps its place, so that whoever has it open goes on with what was restored and not with what was replaced.

    Args:
        restored: a checked visit file.
        keep_aside: is called when nobody else can write any more and nothing has been replaced yet; what it raises
            leaves everything as it was.
    """
    begun = False

    def first(*_progress: int) -> None:
        nonlocal begun
        if not begun:
            begun = True
            keep_aside()

    with closing(sqlite3.connect(restored)) as source, closing(sqlite3.connect(file.path, timeout=10)) as target:
        configured(target)
        try:
            source.backup(target, pages=_PAGES, progress=first)
        except sqlite3.OperationalError as error:
            raise InspectionError(
                N_("The visit file could not be written ({reason}). Nothing was changed; try again."),
                "not-written", reason=str(error),
            ) from error  # fmt: skip


def put_in_place(file: VisitFile, restored: Path, now: datetime) -> Path | None:
    """Put a visit file where another is damaged or gone; what is there is moved aside as it is, and where to returned.

    Args:
        restored: a checked visit file on the same disk; it is moved.
    """
    aside = None
    with _refused_politely(file.path):
        with closing(sqlite3.connect(restored)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        rest = [path for path in map(_beside(file), ("", "-wal", "-shm")) if path.exists()]
        if rest:
            aside = place_of(file) / f"{now.astimezone(UTC).strftime(_TIME)}-damaged-as-found"
            aside.mkdir(parents=True)
            for path in rest:
                shutil.copy2(path, aside / path.name)
            for path in rest[1:]:  # the log of what was damaged must not be read into what is put there
                path.unlink()
        hold.let_go(file.path)
        os.replace(restored, file.path)
        _settle(file.path.parent)
    return aside


def _beside(file: VisitFile) -> Callable[[str], Path]:
    return lambda ending: file.path.with_name(file.path.name + ending)


def _take_name(copy: Path, path: Path) -> None:
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(copy, path)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Let a new name reach the disk; some systems have no such thing for folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _refused_politely(place: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        raise InspectionError(
            N_("No snapshot could be kept in {path} ({reason}). What was saved is safe; see whether the disk is full."),
            "no-snapshot", path=str(place), reason=getattr(error, "strerror", "") or str(error),
        ) from error  # fmt: skip
