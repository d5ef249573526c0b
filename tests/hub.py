"""A real hub process for tests: started on a port of this machine, and always ended as a power cut would end it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_START = """
import sys
from pathlib import Path
from inspection_app import server
server.run(Path(sys.argv[1]), int(sys.argv[2]), host="127.0.0.1", open_browser=False)
"""
_PATIENCE = 30


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def hub(folder: Path, port: int | None = None, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a hub on the visits of a folder and yield its address, without a slash at the end; then ``kill -9`` it.

    Args:
        folder: the visits; the hub's output is kept beside it, in ``<folder>.log``.
        port: the same port as before, to see what outlives a restart.
        environment: variables for this hub only, such as ``INSPECTION_DEMO_CODES``.
    """
    port = port or free_port()
    with serving([sys.executable, "-c", _START, str(folder), str(port)], port, folder, environment) as url:
        yield url


@contextmanager
def serving(
    command: list[str], port: int, folder: Path, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[str]:
    """Start a command that serves the visits of a folder on a port, wait until it is healthy, and kill it after use."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    variables = {**os.environ, "PYTHONPATH": path, "INSPECTION_VISITS": str(folder), **(environment or {})}
    log = folder.with_name(folder.name + ".log")
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=variables, cwd=cwd or folder.parent, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, log)
        yield url
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(_PATIENCE * 20):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url + "/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"The hub did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
