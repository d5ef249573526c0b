"""Keeping a visit: snapshots while a hub runs, putting one back, taking in a visit's file from elsewhere.

The hub's ``Keeper`` looks at every visit now and then; whoever serves calls it with the time. A restore keeps the
present file aside and stands in the log of what was restored. What was done in front of everybody (a draw, opened
marks, a seal) is not undone that way while the file is sound: reopening takes two people, a restore one.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from inspection_app.core.audit import Entry
from inspection_app.core.visit import Act, Actor, Role, permit
from inspection_app.errors import N_, InspectionError, StageError
from inspection_app.files.encrypted import lock_bytes, unlock_bytes
from inspection_app.services import check
from inspection_app.services.act import act
from inspection_app.store import log, panel, snapshots, visits
from inspection_app.store.file import VisitFile, visit_files
from inspection_app.store.read_only import ReadOnlyVisit
from inspection_app.store.snapshots import Snapshot

EVERY = timedelta(minutes=3)

_SEEN_BY_ALL = {
    Act.DRAW: N_("a draw"), Act.DRAW_FRESH: N_("a draw of substitutes"), Act.REGISTER_BY_HAND: N_("a draw by hand"),
    Act.OPEN_MARKS: N_("the opening of the marks"), Act.SEAL: N_("the seal"),
}  # fmt: skip
"""What was done in front of everybody: no snapshot takes it back while the visit's file is sound."""


@dataclass(frozen=True)
class Loss:
    """What a restore would take away: ``acts`` after the snapshot, oldest first.

    ``fault`` says what is wrong with the present file, None where it is sound; ``head`` is that of its log.
    """

    acts: tuple[Entry, ...]
    head: str
    fault: InspectionError | None

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(entry.act for entry in self.acts))


@dataclass(frozen=True)
class Found:
    """A visit after an end of the hub that was no proper one. ``waiting`` is what stood in the log beside the file, in
    bytes; ``last`` the last entry of the visit's own log; ``fault`` what is wrong, None where nothing is."""

    slug: str
    waiting: int
    last: Entry | None
    fault: InspectionError | None


def taken(file: VisitFile) -> tuple[Snapshot, ...]:
    """Return a visit's snapshots, the newest first."""
    return snapshots.snapshots(snapshots.place_of(file))


def snapshot(file: VisitFile, now: datetime) -> Snapshot:
    """Keep a snapshot of a visit now.

    Raises:
        InspectionError: the disk refused it, or the visit's file is damaged.
    """
    return snapshots.take(file, now)


def copied(file: VisitFile) -> bytes:
    """Return a visit's file as it stands, checked, to be taken to another hub or kept elsewhere.

    Raises:
        InspectionError: the disk refused the copy, or the visit's file is damaged.
    """
    with tempfile.TemporaryDirectory() as aside:
        copy = Path(aside) / file.path.name
        snapshots.copy_visit(file.path, copy)
        snapshots.check(copy)
        return copy.read_bytes()


def second_copies(file: VisitFile, second: Path, now: datetime, lock: Callable[[bytes], bytes] | None = None) -> int:
    """Copy to a second place what is kept of a visit and missing there, and return how many copies were made.

    Raises:
        InspectionError: the second place is not there, or refused to take a copy.
    """
    return snapshots.second_copies(file, second, now, lock)


def locking(passphrase: str, entropy: Callable[[int], bytes]) -> Callable[[bytes], bytes]:
    """Return what encrypts a copy and opens it again before it is believed."""

    def lock(content: bytes) -> bytes:
        locked = lock_bytes(content, passphrase, {"what": "snapshot"}, entropy=entropy)
        if unlock_bytes(locked, passphrase) != content:
            raise InspectionError(N_("An encrypted copy could not be opened again."), "not-opened")
        return locked

    return lock


def losses(file: VisitFile, source: Path, passphrase: str = "") -> Loss:
    """Say what putting a snapshot back would take away.

    Args:
        source: a snapshot, or its encrypted copy.

    Raises:
        InspectionError: the snapshot is damaged, of another visit, or the passphrase does not open it.
    """
    with _opened(source, passphrase) as path:
        return _losses(file, path)


def restore(file: VisitFile, actor: Actor | None, source: Path, now: datetime, passphrase: str = "") -> Loss:
    """Put a snapshot back in the place of a visit; the present file is kept aside, and the log tells of both.

    Args:
        actor: None for whoever sits at the hub itself; the log then names the secretary.
        source: a snapshot, or its encrypted copy.

    Raises:
        InspectionError: the snapshot is damaged or of another visit, or somebody saved meanwhile.
        StageError: a draw, opened marks or a seal would be undone though the file is sound.
    """
    with _opened(source, passphrase) as path:
        loss = _losses(file, path)
        if loss.fault is None:
            if actor:
                with file.reading() as db:
                    permit(Act.RESTORE, panel.member(db, actor.member_id).role, visits.read(db).stage)
            if undone := tuple(name for act_, name in _SEEN_BY_ALL.items() if str(act_) in loss.counts):
                raise StageError(
                    N_("This would undo what was done in front of everybody ({acts}). Chair and secretary can reopen "
                       "the visit together; a snapshot goes back there only when the file is damaged."),
                    "not-undone", acts=undone,
                )  # fmt: skip
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=file.path.parent) as aside:
            copy = VisitFile(Path(aside) / file.path.name)
            snapshots.copy_visit(path, copy.path)
            with act(copy, actor or _secretary(path), Act.RESTORE, now) as tx:
                tx.record(snapshot=log.head(tx.db), lost=loss.counts, replaced=loss.head)
            if loss.fault is None:
                snapshots.put_back(file, copy.path, lambda: _keep_aside(file, loss.head, now))
            else:
                snapshots.put_in_place(file, copy.path, now)
    return loss


def open_foreign(source: Path, folder: Path) -> VisitFile:
    """Take in a visit's file from elsewhere: checked without believing it, then copied under a name that is free.

    The file itself is not touched; one of an earlier release is brought up to date in the copy.

    Raises:
        InspectionError: it is no visit file, too large, damaged, of a newer release, or not what was recorded.
    """
    snapshots.check(source)
    name = re.sub(r"[^\w.-]+", "-", source.name.partition(".visit")[0]).strip("-._")[:80] or "visit"
    return snapshots.bring_in(source, folder, name, check.verify)


# --- the hub --------------------------------------------------------------------------------------------------------


@dataclass
class Keeper:
    """Keeps the visits of a hub: a snapshot when one has changed and the last is ``EVERY`` old, and a second copy.

    Args:
        folder: the visits.
        second: another disk's folder for copies; what is wrong with it never stops a save.
        lock: encrypts the second copies (see ``locking``); None leaves them plain.
        found: what was found at the start after an unclean end; None after a clean one.
    """

    folder: Path
    second: Path | None = None
    lock: Callable[[bytes], bytes] | None = None
    found: tuple[Found, ...] | None = None
    troubles: dict[str, InspectionError] = field(default_factory=dict)

    def look(self, now: datetime, *, ending: bool = False) -> None:
        """Keep what is due; trouble is noted for the secretary's page and goes away when it is over."""
        for file in visit_files(self.folder):
            try:
                self._keep(file, now, ending)
                self.troubles.pop(file.slug, None)
            except InspectionError as error:
                self.troubles[file.slug] = error

    def _keep(self, file: VisitFile, now: datetime, ending: bool) -> None:
        newest = next((one for one in taken(file) if one.taken <= now), None)
        if (ending or newest is None or now - newest.taken >= EVERY) and snapshots.changed(file):
            snapshots.take(file, now)
            snapshots.forget(snapshots.place_of(file), now)
        if self.second:
            snapshots.second_copies(file, self.second, now, self.lock)


def look_over(folder: Path, waiting: dict[str, int]) -> tuple[Found, ...]:
    """Check every visit after an unclean end.

    Args:
        waiting: by slug, how many bytes stood in the log beside the file before anybody opened it.
    """
    return tuple(_looked_over(file, waiting.get(file.slug, 0)) for file in visit_files(folder))


def tell_keeper(keeper: Keeper | None) -> None:
    """Say who keeps the visits of this program's hub, or that nobody does any more."""
    _keepers[:] = [keeper] if keeper else []
    snapshots.keep_for(keeper.folder if keeper else None)


def keeper_of(file: VisitFile) -> Keeper | None:
    """Return who keeps this visit; None where no hub is running, as in a test."""
    return next((keeper for keeper in _keepers if keeper.folder == file.path.parent), None)


_keepers: list[Keeper] = []


# --- details --------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(source: Path, passphrase: str) -> Iterator[Path]:
    """Yield a checked plain snapshot."""
    if not source.name.endswith(snapshots.LOCKED_SUFFIX):
        snapshots.check(source)
        yield source
        return
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / source.name.removesuffix(snapshots.LOCKED_SUFFIX)
        path.write_bytes(unlock_bytes(source.read_bytes(), passphrase))
        snapshots.check(path)
        yield path


def _secretary(path: Path) -> Actor:
    with ReadOnlyVisit(path).reading() as db:
        member = next(member for member in panel.members(db) if member.role is Role.SECRETARY)
    return Actor(member.id, member.role)


def _losses(file: VisitFile, path: Path) -> Loss:
    with ReadOnlyVisit(path).reading() as db:
        before, visit = {entry.hash for entry in log.entries(db)}, visits.read(db).id
    try:
        with file.reading() as db:
            if visits.read(db).id != visit:
                raise InspectionError(N_("This is a snapshot of another visit."), "another-visit")
            snapshots.sound(db)
            entries = log.entries(db)
    except InspectionError as error:
        if error.code in {"another-visit", "not-read"}:
            raise
        return Loss((), "", error)
    acts = tuple(entry for entry in entries if entry.hash not in before)
    return Loss(acts, entries[-1].hash if entries else "", None)


def _keep_aside(file: VisitFile, head: str, now: datetime) -> None:
    with file.reading() as db:
        if log.head(db) != head:
            raise InspectionError(N_("Somebody saved meanwhile. Look again at what would be lost."), "saved-meanwhile")
    snapshots.take(file, now, str(Act.RESTORE))


def _looked_over(file: VisitFile, left: int) -> Found:
    try:
        with file.reading() as db:
            return Found(file.slug, left, snapshots.sound(db), None)
    except InspectionError as error:
        return Found(file.slug, left, None, error)
