"""A folder of visit files → the dataset: what is new or changed is read, everything else stays as it was.

Nothing is written to a visit or beside it. What does not count is named with its reason and leaves no row behind.
"""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inspection_app.archive.dataset import Dataset, Known, Manifest, Partition, next_manifest, table_of
from inspection_app.archive.reading import SealedVisit
from inspection_app.archive.sources import Found, State, look, read_one, settle
from inspection_app.archive.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "archive"
"""The dataset's folder below the folder of visits, unless another is named."""

_CHUNK = 20
_REREAD = frozenset({State.SAME, State.EARLIER, State.CONTRADICTS, State.UNREADABLE})
"""What must be read again though it did not change: whether it counts depends on the other files."""

Progress = Callable[[int, int], None]
Chunk = tuple[list[tuple[str, Known]], dict[str, "pa.Table"], dict[str, tuple[str, str]]]


@dataclass(frozen=True)
class Indexed:
    """What a run of indexing found: every file and closed folder with its state, and how many files were read."""

    files: Mapping[str, Known]
    read: int
    removed: int  # files that are no longer there
    unchanged: int

    @property
    def counts(self) -> Counter[State]:
        return Counter(State(one.state) for one in self.files.values())

    def of(self, *states: State) -> dict[str, Known]:
        return {place: one for place, one in self.files.items() if one.state in states}


def index(
    folder: Path,
    to: Path | None = None,
    *,
    now: datetime,
    entropy: Callable[[int], bytes],
    verify: bool = True,
    names: bool = False,
    workers: int = 1,
    progress: Progress = lambda done, of: None,
) -> Indexed:
    """Bring the dataset up to date with a folder of visit files.

    Args:
        to: the dataset's folder; ``archive`` below the folder of visits by default.
        entropy: a source of random bytes, such as ``os.urandom``, for the key of pseudonyms.
        verify: check every file that is read as ``services.check.verify`` does.
        names: keep who the experts are beside their pseudonyms; without it what was kept is removed.
        workers: processes that read, 1 for none beside this one.
        progress: called with how many files are read, and of how many.

    Raises:
        NotFound: the folder is not there, or cannot be looked into.
        InspectionError: the dataset is of another version, damaged, or its folder holds something else.
    """
    dataset = Dataset(to or folder / FOLDER)
    found = look(folder)
    before, key = dataset.begin(entropy)
    own = hashlib.sha256(key).hexdigest()
    anew = (names and not before.names) or own != before.key  # under another key everybody would be somebody else
    files, wanted = _standing(before, found, verify=verify, anew=anew)
    unchanged, chunks = len(files), list[Chunk]()
    for done, chunk in enumerate(_read(folder, wanted, key, verify=verify, workers=workers), 1):
        chunks.append(chunk)
        progress(min(done * _CHUNK, len(wanted)), len(wanted))
    files |= {place: known for read, _tables, _experts in chunks for place, known in read}
    fresh = {place for read, _tables, _experts in chunks for place, known in read if known.state == State.COUNTED}
    files = settle(folder, files)
    keep: dict[Partition, set[str]] = {}
    for place, one in files.items():
        if one.state == State.COUNTED and place not in fresh:
            keep.setdefault(one.partition, set()).add(one.visit)
    parts = dataset.replace_parts(
        before, {partition: frozenset(visits) for partition, visits in keep.items()},
        _counting(folder, key, chunks, files, fresh),
    )  # fmt: skip
    experts = ({} if anew else dataset.read_names()) | {one: told for chunk in chunks for one, told in chunk[2].items()}
    dataset.write_names(experts if names else None)
    listed = files | {place: Known(State.UNREADABLE, why=why) for place, why in found.closed.items()}
    dataset.commit(next_manifest(before, files=listed, parts=parts, names=names, written=now.isoformat(),
                                 key=own))  # fmt: skip
    return Indexed(listed, len(wanted), sum(place not in listed for place in before.files), unchanged)


def _standing(
    before: Manifest, found: Found, *, verify: bool, anew: bool
) -> tuple[dict[str, Known], list[tuple[str, tuple[int, ...]]]]:
    """Return the files that need not be read again, and those to read. Below a closed folder everything stays."""
    files: dict[str, Known] = {}
    wanted = []
    for place, stamp in found.files.items():
        one = before.files.get(place)
        unchecked = one is not None and one.state == State.COUNTED and verify and not one.verified
        if one and one.stamp == stamp and one.state not in _REREAD and not unchecked and not anew:
            files[place] = one
        else:
            wanted.append((place, stamp))
    for place, one in before.files.items():
        if one.state == State.COUNTED and any(place.startswith(f"{closed}/") for closed in found.closed):
            files[place] = one
    return files, wanted


def _read(
    folder: Path, wanted: Sequence[tuple[str, tuple[int, ...]]], key: bytes, *, verify: bool, workers: int
) -> Iterator[Chunk]:
    pieces = [wanted[begin : begin + _CHUNK] for begin in range(0, len(wanted), _CHUNK)]
    if workers <= 1 or len(pieces) <= 1:
        yield from (_read_chunk(folder, piece, key, verify) for piece in pieces)
        return
    with ProcessPoolExecutor(min(workers, len(pieces)), initializer=_seldom_collect) as pool:
        waiting = [pool.submit(_read_chunk, folder, piece, key, verify) for piece in pieces]
        yield from (one.result() for one in waiting)


def _seldom_collect() -> None:
    """Let this process look for garbage seldom: a chunk is tens of thousands of rows that stay until it is read."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _read_chunk(folder: Path, piece: Sequence[tuple[str, tuple[int, ...]]], key: bytes, verify: bool) -> Chunk:
    read: list[tuple[str, Known]] = []
    experts: dict[str, tuple[str, str]] = {}
    visits: list[SealedVisit] = []
    for place, stamp in piece:
        known, visit = read_one(folder, place, stamp, key, verify=verify)
        read.append((place, known))
        if visit is not None:
            experts |= visit.experts
            visits.append(visit)
    tables = {table: table_of(table, [(one.keys, one.columns[table]) for one in visits]) for table in TABLES}
    return read, tables, experts


def _counting(
    folder: Path, key: bytes, chunks: Iterable[Chunk], files: Mapping[str, Known], fresh: set[str]
) -> Iterator[Mapping[str, pa.Table]]:
    """Return the rows of what counts; where something that was read beside it does not, the rest is read once more."""
    for read, tables, _experts in chunks:
        sealed = [place for place, _known in read if place in fresh]
        counting = [place for place in sealed if files[place].state == State.COUNTED]
        if counting == sealed:
            yield tables
        elif counting:
            yield _read_chunk(folder, [(place, files[place].stamp) for place in counting], key, False)[1]
