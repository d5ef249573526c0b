"""The dataset on disk: Parquet files by rubric and year, and the manifest that says which of them count.

A change writes new part files and then replaces the manifest in one step; whoever reads follows the manifest, so that
half a change is never seen. What the files say about visits is not known here.

    manifest.json   format, every visit file with what became of it, and the part files that count
    experts.parquet names, where the office switched them on
    <table>/rubric=<id>/year=<year>/part-<n>.parquet

Beside the folder, so that it is not handed on with it, lies ``<folder>.key``: what experts' pseudonyms are made with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspection_app.archive.tables import EXPERTS, FORMAT, PLACES, POINTS, TABLES, TEXT, TRUTH, WHOLE
from inspection_app.errors import N_, InspectionError, NotFound

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST, KEY, NAMES = "manifest.json", ".key", "experts.parquet"
_GROUP_ROWS = 120_000
"""Rows that an engine's worker takes at a time: several of them work on one large part."""

Partition = tuple[str, int]


@dataclass(frozen=True)
class Known:
    """What became of one visit file when it was last read.

    ``state`` is one of ``sources.State``; ``stamp`` its size and time then; ``why`` a catalogue key with ``context``.
    """

    state: str
    stamp: tuple[int, ...] = ()
    visit: str = ""
    head: str = ""
    signature: str = ""
    rubric: str = ""
    year: int = 0
    rubric_digest: str = ""
    verified: bool = False
    why: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition(self) -> Partition:
        return self.rubric, self.year


@dataclass(frozen=True)
class Manifest:
    """What the dataset holds: every visit file by its place below the folder, and the part number by partition."""

    files: Mapping[str, Known] = field(default_factory=dict)
    parts: Mapping[Partition, int] = field(default_factory=dict)
    names: bool = False
    number: int = 0  # of the last change
    written: str = ""
    key: str = ""  # the digest of the key that pseudonyms were made with

    @property
    def counted(self) -> dict[str, Known]:
        return {place: one for place, one in self.files.items() if one.state == "counted"}


@dataclass(frozen=True)
class Dataset:
    """A folder with the archive's tables."""

    folder: Path

    @property
    def there(self) -> bool:
        return (self.folder / MANIFEST).is_file()

    def manifest(self) -> Manifest:
        """Return the manifest.

        Raises:
            NotFound: there is no dataset in this folder.
            InspectionError: it is damaged, or of another version.
        """
        try:
            told = json.loads((self.folder / MANIFEST).read_text("utf-8"))
            if not isinstance(told, dict):
                raise ValueError
            found = told.get("format")
        except FileNotFoundError:
            raise NotFound(
                N_("There is no archive in “{folder}”. Make one with: inspection-app archive index."),
                "no-archive", folder=str(self.folder),
            ) from None  # fmt: skip
        except (OSError, ValueError) as error:
            raise self._damaged() from error
        if found != FORMAT:
            raise InspectionError(
                N_("The archive in “{folder}” is of another version ({found}; here: {known}). Index the visits anew "
                   "into another folder; the two are never mixed."),
                "other-archive", folder=str(self.folder), found=str(found), known=FORMAT,
            )  # fmt: skip
        try:
            return Manifest(
                {place: Known(**one | {"stamp": tuple(one["stamp"])}) for place, one in told["files"].items()},
                {(rubric, int(year)): int(part) for rubric, year, part in told["parts"]},
                bool(told["names"]), int(told["number"]), str(told["written"]), str(told["key"]),
            )  # fmt: skip
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise self._damaged() from error

    def begin(self, entropy: Callable[[int], bytes]) -> tuple[Manifest, bytes]:
        """Return the manifest, an empty one where the folder is new, and the key of pseudonyms.

        Raises:
            InspectionError: as ``manifest`` does; or the folder holds something else.
        """
        if self.there:
            manifest = self.manifest()
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            if any(self.folder.iterdir()):
                raise InspectionError(
                    N_("“{folder}” holds something else. Name an empty folder for the archive."),
                    "not-empty", folder=str(self.folder),
                )  # fmt: skip
            manifest = Manifest()
        key = self.folder.with_name(self.folder.name + KEY)
        if not key.is_file():
            with open(key, "xb", opener=partial(os.open, mode=0o600)) as out:
                out.write(entropy(32))
        return manifest, key.read_bytes()

    def paths(self, table: str, manifest: Manifest) -> list[Path]:
        """Return the part files of a table that count, in a fixed order."""
        return [self._part(table, partition, number) for partition, number in sorted(manifest.parts.items())]

    def replace_parts(
        self, manifest: Manifest, keep: Mapping[Partition, frozenset[str]], fresh: Iterable[Mapping[str, pa.Table]]
    ) -> dict[Partition, int]:
        """Write new part files for every partition whose visits change, and return the parts that count from now on.

        Args:
            keep: by partition, the ids of the visits that stay as they are in the parts of the manifest.
            fresh: rows of new visits by table, of any partitions.
        """
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        chunks = list(fresh)
        new = {table: _by_partition(pa.concat_tables([schema(table).empty_table(), *(one[table] for one in chunks)]))
               for table in TABLES}  # fmt: skip
        touched = set(new["visits"])
        had = self._visits_by_partition(manifest)
        touched |= {one for one, visits in had.items() if visits != keep.get(one, frozenset())}
        parts = {one: number for one, number in manifest.parts.items() if one not in touched}
        number = manifest.number + 1
        writing: list[tuple[pa.Table, Path]] = []
        for partition in sorted(touched):
            stay, empty = keep.get(partition, frozenset()), True
            for table in TABLES:
                pieces = [new[table].get(partition, schema(table).empty_table())]
                if stay:
                    old = pq.read_table(self._part(table, partition, manifest.parts[partition]), partitioning=None)
                    pieces.append(old.filter(pc.is_in(old["visit"], pa.array(sorted(stay)))).cast(schema(table)))
                whole = pa.concat_tables(pieces)
                if table == "visits":
                    empty = not whole.num_rows
                if empty:
                    break
                path = self._part(table, partition, number)
                path.parent.mkdir(parents=True, exist_ok=True)
                writing.append((whole, path))
            if not empty:
                parts[partition] = number
        with ThreadPoolExecutor() as pool:  # most of it is done outside Python
            list(pool.map(lambda one: pq.write_table(*one, compression="zstd", row_group_size=_GROUP_ROWS), writing))
        return parts

    def _visits_by_partition(self, manifest: Manifest) -> dict[Partition, frozenset[str]]:
        found: dict[Partition, set[str]] = {partition: set() for partition in manifest.parts}
        for one in manifest.counted.values():
            found.setdefault(one.partition, set()).add(one.visit)
        return {partition: frozenset(visits) for partition, visits in found.items()}

    def write_names(self, experts: Mapping[str, tuple[str, str]] | None) -> None:
        """Write who the experts are, or take that away."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / NAMES
        if experts is None:
            path.unlink(missing_ok=True)
            return
        rows = [dict(zip(EXPERTS, (expert, *told), strict=True)) for expert, told in sorted(experts.items())]
        aside = path.with_suffix(".new")
        pq.write_table(pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in EXPERTS])), aside)
        os.replace(aside, path)

    def read_names(self) -> dict[str, tuple[str, str]]:
        """Return who the experts are by pseudonym; empty where names are not kept."""
        import pyarrow.parquet as pq

        path = self.folder / NAMES
        if not path.is_file():
            return {}
        return {row["expert"]: (row["name"], row["organisation"]) for row in pq.read_table(path).to_pylist()}

    def commit(self, manifest: Manifest) -> Manifest:
        """Let a new manifest count from now on, and remove the part files that no longer do."""
        told = {
            "format": FORMAT, "number": manifest.number, "written": manifest.written, "names": manifest.names,
            "key": manifest.key,
            "parts": [[*partition, part] for partition, part in sorted(manifest.parts.items())],
            "files": {place: vars(one) for place, one in sorted(manifest.files.items())},
        }  # fmt: skip
        aside = self.folder / f"{MANIFEST}.new"
        aside.write_text(json.dumps(told, ensure_ascii=False, indent=0), "utf-8")
        os.replace(aside, self.folder / MANIFEST)
        wanted = {path for table in TABLES for path in self.paths(table, manifest)}
        for table in TABLES:
            for path in (self.folder / table).rglob("part-*.parquet"):
                if path not in wanted:
                    path.unlink(missing_ok=True)
        return manifest

    def _part(self, table: str, partition: Partition, number: int) -> Path:
        rubric, year = partition
        return self.folder / table / f"rubric={rubric}" / f"year={year}" / f"part-{number}.parquet"

    def _damaged(self) -> InspectionError:
        return InspectionError(
            N_("The archive's manifest in “{folder}” cannot be read. Index the visits anew into another folder."),
            "archive-damaged", folder=str(self.folder),
        )  # fmt: skip


def _by_partition(table: pa.Table) -> dict[Partition, pa.Table]:
    """Cut rows into those of each rubric and year."""
    import numpy as np
    import pyarrow as pa

    rows = table.unify_dictionaries().combine_chunks()
    places = rows.select(["rubric", "year"]).append_column("place", pa.array(np.arange(len(rows))))
    found = places.group_by(["rubric", "year"], use_threads=False).aggregate([("place", "list")])
    return {
        (rubric.as_py(), year.as_py()): rows.take(own.values)
        for rubric, year, own in zip(*(found[name] for name in ("rubric", "year", "place_list")), strict=True)
    }


def next_manifest(before: Manifest, **changes: Any) -> Manifest:
    """Return the manifest that follows."""
    return replace(before, number=before.number + 1, **changes)


def schema(table: str) -> pa.Schema:
    """Return a table's Arrow schema."""
    import pyarrow as pa

    kinds = {
        TEXT: pa.dictionary(pa.int32(), pa.string()), WHOLE: pa.int64(), POINTS: pa.decimal128(18, PLACES),
        TRUTH: pa.bool_(),
    }  # fmt: skip
    return pa.schema([(name, kinds[kind]) for name, kind in TABLES[table].items()])


def table_of(table: str, visits: Sequence[tuple[Sequence[Any], Sequence[Sequence[Any]]]]) -> pa.Table:
    """Return rows as an Arrow table.

    Args:
        visits: of each visit what its rows begin with, and the columns of the rest; no columns where it has no rows.
    """
    import numpy as np
    import pyarrow as pa

    asked = schema(table)
    given = [(keys, columns) for keys, columns in visits if columns]
    if not given:
        return asked.empty_table()
    each = pa.array(np.repeat(np.arange(len(given)), [len(columns[0]) for _keys, columns in given]))
    keys = zip(*(keys for keys, _columns in given), strict=True)
    own = zip(*(columns for _keys, columns in given), strict=True)
    kinds = iter(asked.types)
    repeated = [_array(values, next(kinds)).take(each) for values in keys]
    return pa.table([*repeated, *(_array([*chain.from_iterable(parts)], next(kinds)) for parts in own)], schema=asked)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)
