"""Two hundred tablets on one hub: errors, lost and doubled answers, how long a save takes, how the memory grows.

``python -m tests.soak.load [--tablets 200] [--minutes 10]`` prints one line a minute and a table of all. The load is that of
``tests/benchmarks/pad.py``: each tablet saves every 2 s and sends the heartbeat every 3 s, one request in twenty twice.
The hub is the whole one, with Streamlit and the keeping of snapshots. Memory is read as Linux tells it.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.pad import Load, build
from tests.hub import free_port, hub

PART = 60.0  # seconds


def memory(port: int) -> float:
    """Return how many MB the process that listens on a port of this machine holds."""
    wanted = f":{port:04X} "
    inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines() if wanted in line and " 0A " in line}
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            sockets = {os.readlink(link) for link in folder.iterdir()}
        except OSError:
            continue
        if sockets & {f"socket:[{inode}]" for inode in inodes}:
            status = (folder.parent / "status").read_text()
            return int(status.split("VmRSS:")[1].split()[0]) / 1024
    raise AssertionError("nobody listens there")


def quantiles(found: Sequence[float]) -> str:
    ranked = sorted(found)
    return " / ".join(f"{ranked[math.ceil(len(ranked) * part) - 1]:.0f}" for part in (0.5, 0.95, 0.99))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--tablets", type=int, default=200)
    asked.add_argument("--minutes", type=float, default=10)
    options = asked.parse_args()
    saves: list[float] = []
    counts = {"acknowledged": 0, "lost": 0, "doubled": 0, "refused": 0}
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place) / "visits", free_port()
        visit = build(folder)
        with hub(folder, port):
            Load(visit, port, 15, 6).result()  # warm
            first = memory(port)
            left = options.minutes * 60
            while left > 0:
                load = Load(visit, port, options.tablets, min(PART, left))
                found = load.result()
                made, lost, doubled = load.count(found)
                for name, more in zip(counts, (made, lost, doubled, len(found["refused"])), strict=True):
                    counts[name] += more
                saves += found["saves"]
                print(f"  {made} answers, p50 / p95 / p99 {quantiles(found['saves'])} ms, {memory(port):.0f} MB", flush=True)
                left -= PART
            last = memory(port)
    rows = (
        ("tablets", options.tablets), ("minutes", f"{options.minutes:g}"), ("answers acknowledged", counts["acknowledged"]),
        ("errors (requests refused)", counts["refused"]), ("acknowledged answers lost", counts["lost"]),
        ("answers doubled", counts["doubled"]), ("a save, p50 / p95 / p99, ms", quantiles(saves)),
        ("memory at the start, MB", f"{first:.0f}"), ("memory at the end, MB", f"{last:.0f}"),
        ("memory growth, MB", f"{last - first:+.0f}"),
        ("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()}"),
    )  # fmt: skip
    print(*(f"{name:36} {value:>20}" for name, value in rows), sep="\n")
    sys.exit(bool(counts["lost"] or counts["doubled"] or counts["refused"]))


if __name__ == "__main__":
    main()
