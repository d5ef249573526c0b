"""Throw broken files and requests at everything that reads one: does it crash, hang, show a traceback, or believe it?

``python -m tests.soak.fuzz [--only NAME]... [--inputs 100000] [--minutes M] [--jobs 2] [--seed S]`` makes so many inputs
over each reader and each route (``fuzz_routes``), mostly by changing valid ones, and prints for each how many were
refused and accepted, and what went wrong. A refusal is an ``InspectionError`` or an HTTP status from 400 to 499; anything
else is a crash. An input is accepted though invalid ("believed") where what it says is not what was signed, checked or
can be read back. ``--minutes`` ends a reader earlier; the table counts what was really made.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from inspection_app import access
from inspection_app.core.audit import Entry
from inspection_app.errors import InspectionError
from inspection_app.files import encrypted
from inspection_app.services import match_report
from inspection_app.store.file import VisitFile
from tests.soak.fuzz_readers import READERS, Reader
from tests.soak.fuzz_routes import Traceback

HANGS = 2.0  # seconds of the processor's time
PATIENCE = 60  # seconds by the clock: then a reader is torn away, so that one that never ends is counted


@dataclass
class Tally:
    """What became of one reader's inputs."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return sum(self.counts[one] for one in ("crash", "hang", "slow", "traceback", "believed"))


@contextmanager
def _torn_away() -> Iterator[None]:
    """End what takes longer than ``PATIENCE``, where there are alarms and this is the main thread."""

    def tear(signum: int, frame: object) -> None:
        raise TimeoutError

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, tear)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(reader: Reader, inputs: int, rng: random.Random, seconds: float = float("inf")) -> Tally:
    """Throw so many inputs at a reader, for at most so many seconds; every thousandth is a valid one, unchanged."""
    tally = Tally()
    until = time.monotonic() + seconds
    for number in range(inputs):
        if time.monotonic() > until:
            break
        content = reader.mutate(rng, reader.seeds) if number % 1000 else reader.seeds[-1]
        before = time.process_time()
        try:
            with _torn_away():
                reader.read(content)
            outcome = "accepted"
        except InspectionError as error:
            outcome = "refused"
            error.text()
        except AssertionError as error:
            outcome = "believed"
            tally.wrong.append((f"#{number} {error}", content))
        except Traceback:
            outcome = "traceback"
            tally.wrong.append((f"#{number} traceback", content))
        except TimeoutError:
            outcome = "hang"
            tally.wrong.append((f"#{number} did not end within {PATIENCE} s", content))
        except Exception as error:
            outcome = "crash"
            tally.wrong.append((f"#{number} {type(error).__name__}: {error}"[:300], content))
        tally.counts[outcome] += 1
        if outcome != "hang" and time.process_time() - before > HANGS:
            tally.counts["slow"] += 1
            tally.wrong.append((f"#{number} took {time.process_time() - before:.1f} s", content))
    return tally


HEAD = f"{'reader':40} {'inputs':>8} {'refused':>8} {'accepted':>8} crash hang traceback believed  seconds"


def _make_once() -> None:
    """Spare, in this process, what would be done again for each input and reads none of it: the slow keys of codes and
    passphrases, whose time is meant for whoever guesses, and the program's own copy of a report that is compared."""
    access._SCRYPT["n"] = encrypted._SCRYPT["n"] = 2
    again, made = match_report._again, dict[object, bytes | None]()

    def once(file: VisitFile, subject: str, created: datetime, then: Sequence[Entry]) -> bytes | None:
        key = subject, created, len(then)
        if key not in made:
            made[key] = again(file, subject, created, then)
        return made[key]

    match_report._again = once


def _one(name: str, given: argparse.Namespace) -> tuple[str, Counter[str], str]:
    """Fuzz one reader and return its name, what was counted, and its line of the table with what went wrong below."""
    began = time.monotonic()
    tally = fuzz(READERS[name](), given.inputs, random.Random(f"{given.seed} {name}"), 60 * given.minutes)
    counts = tally.counts
    counts["inputs"] = sum(count for outcome, count in counts.items() if outcome != "slow")
    lines = [f"{name:40} {counts['inputs']:8} {counts['refused']:8} {counts['accepted']:8} {counts['crash']:5} "
             f"{counts['hang'] + counts['slow']:4} {counts['traceback']:9} {counts['believed']:8} "
             f"{time.monotonic() - began:8.0f}"]  # fmt: skip
    for said, content in tally.wrong[:5]:
        lines.append(f"    {said}")
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / f"{name.replace('/', '_')}-{said.split()[0][1:]}").write_bytes(content)
    return name, counts, "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", action="append", metavar="NAME", help="a part of a reader's name; all by default")
    asked.add_argument("--inputs", type=int, default=100_000, help="for each reader")
    asked.add_argument("--minutes", type=float, default=float("inf"), help="for each reader, at most")
    asked.add_argument("--jobs", type=int, default=1, help="so many readers at once")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--keep", type=Path, help="a folder for the inputs that went wrong")
    given = asked.parse_args()
    chosen = [name for name in READERS if not given.only or any(part in name for part in given.only)]
    total = Counter[str]()
    short: list[str] = []
    print(HEAD, flush=True)
    with ProcessPoolExecutor(given.jobs, initializer=_make_once) as pool:
        for name, counts, told in pool.map(_one, chosen, [given] * len(chosen)):
            print(told, flush=True)
            total.update(counts)
            if counts["inputs"] < given.inputs:
                short.append(name)
    faults = sum(total[one] for one in ("crash", "hang", "slow", "traceback", "believed"))
    print(f"{len(chosen)} readers and routes, {total['inputs']} inputs, {faults} faults"
          + (f"; ended by the clock before {given.inputs}: {', '.join(short)}" if short else ""))  # fmt: skip
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
