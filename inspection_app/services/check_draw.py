"""Check somebody's certificate with the very file that strangers are given, in a process of its own.

What is uploaded may have been made to keep a computer busy: a draw of a million attempts takes ``verify.py`` minutes
before it can say that it is wrong. Here it gets a time limit and stands back behind everybody who works on the hub; the
process is ended with the page that waits for it. It needs no visit and keeps nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspection_app import verify
from inspection_app.core.certificate import Check, Verification
from inspection_app.errors import N_, DrawError

SECONDS = 60
AT_ONCE = 2
_POLL = 0.2  # seconds
_LINE = re.compile(r"(ok     |CHANGED) ([^:]+): (.*)")
_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Checked:
    """A certificate and what the verifier found out about it."""

    certificate: dict[str, Any]
    verification: Verification


def check_apart(
    content: bytes, slip: str = "", *, seconds: float = SECONDS, waiting: Callable[[float], object] = lambda share: None
) -> Checked:
    """Run ``verify.py`` on a file's content.

    Args:
        content: of the certificate's file, as it was uploaded.
        slip: digest or short code on the signed slip, empty when it is not at hand.
        seconds: after so many the verifier is stopped.
        waiting: is called now and then with the share of that time that is used up, until 1.0; what it raises ends
            the verifier, too.

    Raises:
        DrawError: it is no certificate (``unreadable``), one of a draw made by hand (``by-hand``), the time was not
            enough (``too-long``), or others are being checked (``busy``).
    """
    if len(content) > verify.LIMIT:
        raise _unreadable(f"larger than {verify.LIMIT // 1_000_000} MB")
    if not _places.acquire(blocking=False):
        raise DrawError(N_("Other certificates are being checked right now. Try again in a minute."), "busy")
    try:
        code, said, refused = _run(content, slip, seconds, waiting)
    finally:
        _places.release()
    if code not in (0, 3):
        if _by_hand(content):
            raise DrawError(
                N_("This draw was made by hand. Nobody can recompute it; photos and signatures are its only proof."),
                "by-hand",
            )
        raise _unreadable(refused.strip()[-300:])
    found = [_LINE.fullmatch(line) for line in said.splitlines()]
    checks = tuple(Check(line[2], line[1] != "CHANGED", line[3]) for line in found if line)
    return Checked(verify.parse(content), Verification(checks))


def _run(
    content: bytes, slip: str, seconds: float, waiting: Callable[[float], object]
) -> tuple[int, str, str]:
    """Return exit code, output and error output of the verifier."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        path.write_bytes(content)
        command = [sys.executable, "-I", "-X", "utf8", verify.__file__, str(path)]
        slip = "".join(char for char in slip if char.isprintable())[:200]
        process = subprocess.Popen(
            [*command, f"--slip={slip}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace", cwd=folder,
        )  # fmt: skip
        try:
            if hasattr(os, "setpriority"):
                os.setpriority(os.PRIO_PROCESS, process.pid, 10)  # those who score come first
            polls = max(1, round(seconds / _POLL))
            for poll in range(1, polls + 1):
                try:
                    said, refused = process.communicate(timeout=_POLL)
                except subprocess.TimeoutExpired:
                    waiting(poll / polls)
                else:
                    return process.returncode, said, refused
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
    raise DrawError(
        N_("Stopped after {seconds} seconds: this certificate makes an unusual number of attempts, or was made to keep "
           "computers busy. Nothing was verified. On a computer of your own: python3 -I verify.py certificate.json"),
        "too-long", seconds=round(seconds),
    )  # fmt: skip


def _by_hand(content: bytes) -> bool:
    try:
        return verify.parse(content).get("method") == "by hand"
    except verify.UNREADABLE:
        return False


def _unreadable(reason: str) -> DrawError:
    return DrawError(N_("Nothing was checked: this is no certificate ({reason})."), "unreadable", reason=reason)
