"""The office's archive: indexing with and without verification, and every question from 100 to 10,000 visits.

    python -m tests.benchmarks.archive [--made 60] [--visits 100 1000 10000] [--engine duckdb] [--samples FOLDER]

``--made`` sample visits with panels of ten to thirteen are made through the services and indexed from their files; goal
without verification 200 a second on two processor cores. The rate is told by wall time and by processor time, because
what else runs on the machine shows in the one and not in the other.

For the questions no 10,000 files are made: that would take hours. The rows that were read from the made visits are
written to a dataset under other ids, years and experts until there are enough, so that sizes and values are real and
the visits are copies. Each question is asked three times on an engine that is started; the best time counts; goal 1 s.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from inspection_app.archive.dataset import Dataset, Known, Manifest, next_manifest, table_of
from inspection_app.archive.engines import opened
from inspection_app.archive.index import index
from inspection_app.archive.questions import QUESTIONS, ask
from inspection_app.archive.reading import SealedVisit, read_visit
from inspection_app.archive.samples import make_samples
from inspection_app.archive.sources import look, read_one
from inspection_app.archive.tables import KEYS, TABLES

if TYPE_CHECKING:
    import pyarrow as pa

GOAL_RATE, GOAL_QUESTION = 200, 1.0
PANEL = range(10, 14)


def indexing(samples: Path, aside: Path, *, verify: bool, workers: int) -> None:
    begun, before = time.perf_counter(), os.times()
    found = index(samples, aside, now=datetime.now().astimezone(), entropy=os.urandom, verify=verify, workers=workers)
    wall, after = time.perf_counter() - begun, os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    print(f"index {'with' if verify else 'without'} verification, {workers} processes: {found.read} visits, "
          f"{found.read / wall:.1f} visits/s of wall time; {1000 * cpu / found.read:.1f} ms of processor time a visit, "
          f"{workers * found.read / cpu:.0f} visits/s on {workers} cores")  # fmt: skip


def reading(samples: Path) -> None:
    """Tell what a visit costs by itself, once rubrics are parsed: a short run of ``index`` is mostly beginning."""
    files = look(samples).files
    for _turn in range(2):
        begun = time.process_time()
        for place, stamp in files.items():
            read_one(samples, place, stamp, b"key", verify=False)
        each = (time.process_time() - begun) / len(files)
    print(f"reading alone, warm: {1000 * each:.1f} ms of processor time a visit, {2 / each:.0f} visits/s on 2 cores "
          f"(goal {GOAL_RATE})")  # fmt: skip


def copies(made: list[SealedVisit], visits: int) -> list[dict[str, pa.Table]]:
    """Return the rows of so many visits, by chunk and table: copies of those that were made."""
    chunks = []
    for begin in range(0, visits, len(made)):
        year = 2017 + begin // len(made) % 10
        copied = [
            (number, (f"{number:016x}", one.keys[1], year, one.keys[3]), one.columns)
            for number, one in enumerate(made[: visits - begin], begin)
        ]
        chunks.append({
            table: table_of(table, [(keys, renamed(table, columns[table], number)) for number, keys, columns in copied])
            for table in TABLES
        })  # fmt: skip
    return chunks


def renamed(table: str, columns: Sequence[Sequence[object]], number: int) -> Sequence[Sequence[object]]:
    """Give a visit's experts other pseudonyms, one of eleven sets."""
    if "expert" not in TABLES[table] or not columns:
        return columns
    place = list(TABLES[table]).index("expert") - len(KEYS)
    return [*columns[:place], [f"{expert}-{number % 11}" for expert in columns[place]], *columns[place + 1 :]]


def dataset(folder: Path, made: list[SealedVisit], visits: int) -> Path:
    empty = Dataset(folder)
    empty.begin(os.urandom)
    chunks = copies(made, visits)
    parts = empty.replace_parts(Manifest(), {}, chunks)
    files = {}
    for chunk in chunks:
        for row in chunk["visits"].select(["visit", "rubric", "year"]).to_pylist():
            files[f"{row['visit']}.visit"] = Known("counted", (), row["visit"], rubric=row["rubric"], year=row["year"],
                                                   verified=True)  # fmt: skip
    empty.commit(next_manifest(Manifest(), files=files, parts=parts))
    size = sum(one.stat().st_size for one in folder.rglob("*.parquet"))
    print(f"{visits} visits: {sum(chunk['marks'].num_rows for chunk in chunks):,} marks, {size / 1e6:.0f} MB")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--made", type=int, default=60)
    parser.add_argument("--visits", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--engine", default="duckdb")
    parser.add_argument("--samples", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        samples, cores = asked.samples or here / "samples", min(os.cpu_count() or 1, 2)
        if not samples.is_dir():
            begun = time.perf_counter()
            make_samples(samples, asked.made, panel=PANEL, workers=cores)
            print(f"sample visits made through the services: {asked.made / (time.perf_counter() - begun):.1f} a second")
        reading(samples)
        for verify in (False, True):
            indexing(samples, here / f"index-{verify}", verify=verify, workers=cores)
        made = [read_visit(samples / place, PurePosixPath(place), b"key") for place in look(samples).files]
        made = [one for one in made if isinstance(one, SealedVisit)]
        times: dict[str, list[float]] = {question.name: [] for question in QUESTIONS}
        for visits in asked.visits:
            folder = dataset(here / f"visits-{visits}", made, visits)
            begun = time.perf_counter()
            with opened(folder, asked.engine) as archive:
                print(f"  {asked.engine} opened in {time.perf_counter() - begun:.2f} s")
                for question in QUESTIONS:
                    found = []
                    for _turn in range(3):
                        begun = time.perf_counter()
                        ask(archive, question.name)
                        found.append(time.perf_counter() - begun)
                    times[question.name].append(min(found))
    print(f"{'seconds':<12}" + "".join(f"{visits:>10,}" for visits in asked.visits))
    for name, told in times.items():
        print(f"{name:<12}" + "".join(f"{one:>10.3f}" for one in told))
    worst = max(told[-1] for told in times.values())
    print(f"slowest question over {asked.visits[-1]:,} visits: {worst:.2f} s (goal {GOAL_QUESTION})")
    sys.exit(worst > GOAL_QUESTION)


if __name__ == "__main__":
    main()
