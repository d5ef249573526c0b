"""Where visit files lie below a folder, what each turns out to be, and which of them count.

A file counts once it is sealed, readable and, where that is asked, verified. Of files with the same visit the one
counts whose log holds the others' heads; where none does, they contradict each other and none of them counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from inspection_app.archive.dataset import MANIFEST, Known
from inspection_app.archive.reading import SealedVisit, heads_of, read_visit
from inspection_app.errors import N_, InspectionError, NotFound, TamperError
from inspection_app.store import snapshots
from inspection_app.store.file import SUFFIX

_LEFT_OUT = frozenset({snapshots.FOLDER})


class State(StrEnum):
    """What a visit file turned out to be."""

    COUNTED = "counted"
    OPEN = "open"
    SAME = "same"  # the same visit once more
    EARLIER = "earlier"  # an earlier copy of a visit that counts
    CONTRADICTS = "contradicts"  # one visit id, two contents: none of them counts
    CHANGED = "changed"  # it did not pass the check
    NEWER = "newer"  # made by a newer release
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"  # a folder, or a file that may not be opened


STATE_TITLES = {
    State.COUNTED: N_("sealed and counted"),
    State.OPEN: N_("open: not sealed yet"),
    State.SAME: N_("the same visit once more"),
    State.EARLIER: N_("an earlier copy of a visit that counts"),
    State.CONTRADICTS: N_("one visit with two contents: none counts"),
    State.CHANGED: N_("changed after it was recorded"),
    State.NEWER: N_("made by a newer release"),
    State.DAMAGED: N_("damaged, or no visit file"),
    State.UNREADABLE: N_("cannot be opened"),
}

_WHY = {
    State.SAME: N_("The same content lies in {other}."),
    State.EARLIER: N_("What was done later is in {other}."),
    State.CONTRADICTS: N_("{other} has the same visit with another content. Keep the right one in this folder."),
}


@dataclass(frozen=True)
class Found:
    """Visit files by their place below the folder with size and time, and the folders that could not be looked into."""

    files: Mapping[str, tuple[int, ...]]
    closed: Mapping[str, str]  # by place: the system's reason


def look(folder: Path) -> Found:
    """List the visit files of a folder and all folders below it; snapshots and hidden folders are left out.

    Raises:
        NotFound: there is no such folder, or it cannot be looked into.
    """
    if not folder.is_dir():
        raise NotFound(N_("There is no folder “{folder}”."), "no-folder", folder=str(folder))
    files: dict[str, tuple[int, ...]] = {}
    closed: dict[str, str] = {}

    def refused(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise NotFound(
                N_("The folder “{folder}” cannot be looked into ({reason})."),
                "folder-closed", folder=str(folder), reason=error.strerror or "?",
            ) from error  # fmt: skip
        closed[PurePosixPath(Path(error.filename).relative_to(folder)).as_posix()] = error.strerror or "?"

    for here, below, names in os.walk(folder, onerror=refused):
        below[:] = sorted(
            one for one in below
            if not one.startswith(".") and one not in _LEFT_OUT and not os.path.isfile(f"{here}/{one}/{MANIFEST}")
        )  # fmt: skip
        for name in sorted(names):
            if name.endswith(SUFFIX) and not name.startswith("."):
                path = Path(here) / name
                files[path.relative_to(folder).as_posix()] = tuple(_stamp(path))
    return Found(files, closed)


def _stamp(path: Path) -> Iterator[int]:
    """Yield size and time of a file, and of the changes that SQLite keeps beside it."""
    for one in (path, path.with_name(path.name + "-wal")):
        try:
            found = one.stat()
        except OSError:
            continue
        if found.st_size or one == path:
            yield from (found.st_size, found.st_mtime_ns)


def read_one(
    folder: Path, place: str, stamp: tuple[int, ...], key: bytes, *, verify: bool
) -> tuple[Known, SealedVisit | None]:
    """Read one visit file and say what it is; rows come with it where it is sealed and nothing is wrong with it."""
    path = folder / place
    try:
        found = read_visit(path, PurePosixPath(place), key)
        if not isinstance(found, SealedVisit):
            return Known(State.OPEN, stamp, found.visit, found.head), None
        if verify:
            from inspection_app.services.check import verify as verified

            verified(path)
    except InspectionError as error:
        state = State.CHANGED if isinstance(error, TamperError) else _STATES.get(error.code, State.DAMAGED)
        first = error.text().splitlines()
        return Known(state, stamp, why=" ".join(first[:2])), None
    except OSError as error:
        return Known(State.UNREADABLE, stamp, why=error.strerror or "?"), None
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:  # content without sense
        return Known(State.DAMAGED, stamp, why=type(error).__name__), None
    known = Known(
        State.COUNTED, stamp, found.visit, found.head, found.signature, found.rubric, found.year, found.rubric_digest,
        verify,
    )  # fmt: skip
    return known, found


_STATES = {"newer": State.NEWER, "not-read": State.UNREADABLE}
"""What is wrong with a file that was not tampered with, by the code of its fault; anything else is damage."""


def settle(folder: Path, files: Mapping[str, Known]) -> dict[str, Known]:
    """Let one file count for each visit, or none where files contradict each other."""
    settled = dict(files)
    groups: dict[str, list[str]] = {}
    for place, one in sorted(files.items()):
        if one.state == State.COUNTED:
            groups.setdefault(one.visit, []).append(place)
    for places in groups.values():
        if len(places) == 1:
            continue
        heads = {files[place].head for place in places}
        latest = next((place for place in places if heads <= heads_of(folder / place)), None)
        same_head = {files[place].signature for place in places if latest and files[place].head == files[latest].head}
        if latest is None or len(same_head) > 1:  # neither is a later state of the other, or rows differ under one log
            for place in places:
                other = next(one for one in places if one != place)
                settled[place] = _aside(files[place], State.CONTRADICTS, other)
            continue
        for place in places:
            if place != latest:
                same = files[place].signature == files[latest].signature
                settled[place] = _aside(files[place], State.SAME if same else State.EARLIER, latest)
    return settled


def _aside(one: Known, state: State, other: str) -> Known:
    return replace(one, state=str(state), why=str(_WHY[state]), context={"other": other})
