"""``kill -9`` at random moments of a hub that ten tablets are saving to: what was acknowledged, and what is in the file.

``python -m tests.soak.crash [--kills 1000]`` prints a table: acknowledged answers lost, answers doubled, files that fail
the check (every page, foreign keys, the log's chain), and how long the kills took. ``tests/store/test_crash.py`` runs a few kills.

The hub is the pad's routes under uvicorn, without Streamlit: its start is not what is killed here. A parent that never
touches the visit keeps the modules loaded and the port open and makes a new hub for each life. Each tablet sends one
item of one expert, with a new note each time, and sends it again until it is acknowledged, as the pad does. A power cut
is another matter: ``tests/store/test_file.py`` cuts the log beside the file at every frame.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from inspection_app import access
from inspection_app.errors import InspectionError
from inspection_app.services import prepare
from inspection_app.store import snapshots
from inspection_app.store.file import VisitFile
from tests.hub import ROOT
from tests.services.conftest import MEMBERS, NOW, SECRETARY, Scene, create, dump, fill_in

TABLETS = 10
LIVES = 50  # on one visit; then another one is made, or checking its log would take longer than the lives


def serve(folder: str, listener: int) -> None:
    """Make a hub for each line of input and say its number; when it has died, wait for the next line."""
    import uvicorn
    from starlette.applications import Starlette

    from inspection_app import pad_routes
    from inspection_app.services import join, pad, score  # noqa: F401 - loaded once, not in each life

    os.environ["INSPECTION_VISITS"] = folder
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            settings = uvicorn.Config(
                Starlette(routes=pad_routes.ROUTES), log_level="error", access_log=False, lifespan="off"
            )
            uvicorn.Server(settings).run(sockets=[socket.socket(fileno=listener)])
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("dead", flush=True)


@dataclass
class Tablet:
    """Saves one item of one expert again and again; ``told`` are the notes that the hub acknowledged, by revision."""

    port: int
    scene: Scene
    name: str
    item: str
    client: str
    cookie: str
    over: threading.Event
    told: dict[int, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def work(self) -> None:
        base, sequence = 0, 0
        line = None
        while not self.over.is_set():
            sequence += 1
            note = f"{self.client} {sequence}"
            body = json.dumps({
                "visit": self.scene.file.slug, "member": self.scene.people[self.name].member_id, "item": self.item,
                "client": self.client, "sequence": sequence, "base": base, "answers": {}, "note": note,
            })  # fmt: skip
            while not self.over.is_set():
                try:
                    line = line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                    line.request("POST", "/pad/answers", body, {"Cookie": f"{access.COOKIE}={self.cookie}"})
                    answer = line.getresponse()
                    found = json.loads(answer.read())
                except (OSError, http.client.HTTPException, ValueError):
                    line = None
                    time.sleep(0.01)
                    continue
                if answer.status == 200:
                    base = found["revision"]
                    self.told[base] = note
                    break
                if answer.status < 500:
                    self.refused.append(f"{answer.status} {found.get('message')}")
                    return
                time.sleep(0.01)


@dataclass
class Found:
    """What became of a number of kills."""

    kills: int = 0
    told: int = 0
    lost: int = 0
    doubled: int = 0
    bad: int = 0
    refused: list[str] = field(default_factory=list)

    def table(self, seconds: float) -> str:
        rows = (
            ("kills", self.kills), ("answers acknowledged", self.told), ("acknowledged answers lost", self.lost),
            ("answers doubled", self.doubled), ("files that fail the check", self.bad),
            ("requests refused", len(self.refused)), ("seconds", f"{seconds:.0f}"),
            ("1,000 kills at this pace, minutes", f"{seconds / self.kills * 1000 / 60:.1f}"),
        )  # fmt: skip
        return "\n".join([*(f"{name:36} {value:>10}" for name, value in rows), *self.refused[:3]])


def crash(folder: Path, kills: int, seed: int) -> Found:
    """Kill a hub so many times and count."""
    found, chance = Found(), random.Random(seed)
    while found.kills < kills:
        _lives(folder / f"{found.kills}", min(LIVES, kills - found.kills), chance, found)
    return found


def _lives(folder: Path, lives: int, chance: random.Random, found: Found) -> None:
    scene = create(folder)
    fill_in(scene)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    over, secret = threading.Event(), access.hub_secret(folder)
    visit = prepare.outline(scene.file).visit.id
    pairs = [(name, str(item)) for item in range(1, 6) for name in MEMBERS if name != SECRETARY]
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        listener.set_inheritable(True)
        tablets = [
            Tablet(
                listener.getsockname()[1], scene, name, item, f"t{number}",
                access.sign_session(
                    access.Session(scene.file.slug, scene.people[name].member_id, 1, visit), secret
                ), over,
            )
            for number, (name, item) in enumerate(pairs[:TABLETS])
        ]  # fmt: skip
        parent = subprocess.Popen(
            [sys.executable, "-c", "import sys; from tests.soak.crash import serve; serve(sys.argv[1], int(sys.argv[2]))",
             str(folder), str(listener.fileno())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[listener.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert parent.stdin
        assert parent.stdout
        threads = [threading.Thread(target=tablet.work, daemon=True) for tablet in tablets]
        for thread in threads:
            thread.start()
        try:
            for life in range(lives + 1):
                parent.stdin.write("go\n")
                parent.stdin.flush()
                child = int(parent.stdout.readline())
                before = sum(len(tablet.told) for tablet in tablets)
                patience = time.monotonic() + 30
                while sum(len(tablet.told) for tablet in tablets) == before and time.monotonic() < patience:
                    time.sleep(0.002)
                time.sleep(chance.uniform(0, 0.15))
                if life == lives:  # the last one lives until everybody has got through
                    over.set()
                    for thread in threads:
                        thread.join(20)
                os.kill(child, signal.SIGKILL)
                assert parent.stdout.readline() == "dead\n"
                found.kills += life < lives
                found.bad += not _sound(scene.file)
        finally:
            over.set()
            parent.kill()
            parent.wait()
            parent.stdin.close()
            parent.stdout.close()
    rows = dump(scene.file, "answer")["answer"]
    kept = {(row["member"], row["item"], row["revision"]): row["note"] for row in rows}
    for tablet in tablets:
        member = scene.people[tablet.name].member_id
        found.told += len(tablet.told)
        found.lost += sum(kept.get((member, tablet.item, at)) != note for at, note in tablet.told.items())
        found.refused += tablet.refused
    found.doubled += sum(times - 1 for times in Counter(row["note"] for row in rows).values())


def _sound(file: VisitFile) -> bool:
    try:
        with file.reading() as db:
            snapshots.sound(db)
    except InspectionError:
        return False
    return True


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = asked.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = crash(Path(folder), options.kills, options.seed)
    print(f"seed {options.seed}, load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()}")
    print(found.table(time.monotonic() - began))
    sys.exit(bool(found.lost or found.doubled or found.bad or found.refused))


if __name__ == "__main__":
    main()
