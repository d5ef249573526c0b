"""A real hub process over https, and the page to install its certificate authority from."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.hub import ROOT, free_port

_START = """
import sys
from pathlib import Path
from inspection_app import server
server.run(Path(sys.argv[1]), int(sys.argv[2]), host="127.0.0.1", open_browser=False, secure=True,
           announce=lambda line: print(line, flush=True))
"""


@contextmanager
def https_hub(folder: Path, port: int | None = None) -> Iterator[tuple[str, str]]:
    """Run a hub over https; yield its address and that of the page to install from; then kill it."""
    port = port or free_port()
    log = folder.with_name("https.log")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, str(folder), str(port)], env=environment, stdout=output, stderr=output
        )
    try:
        for _ in range(600):
            found = re.search(r"http://localhost:(\d+)/ca", log.read_text("utf-8"))
            healthy = found and requests.get(f"https://127.0.0.1:{port}/healthz", verify=False).ok
            if healthy:
                break
            assert process.poll() is None, log.read_text("utf-8")
            time.sleep(0.05)
        else:
            raise AssertionError("the hub did not start")
        yield f"https://127.0.0.1:{port}", f"http://127.0.0.1:{found[1]}"
    finally:
        process.kill()
        process.wait()
