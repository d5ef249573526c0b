"""LibreOffice for tests: what people open our Word and Excel files with, run without a screen."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def converted(files: list[Path], kind: str, folder: Path) -> list[Path]:
    """Have LibreOffice open files and save them as another kind, e.g. ``pdf``; return what it saved.

    Without LibreOffice the test is skipped by name, and fails where ``.ci/run`` promises to install it.
    """
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("CI") == "true" and "libreoffice" in (ROOT / ".ci" / "run").read_text("utf-8"):
            pytest.fail("LibreOffice is missing")
        pytest.skip("needs LibreOffice (soffice)")
    out = folder / "converted"
    command = [program, "--headless", "--norestore", f"-env:UserInstallation={(folder / 'office').as_uri()}"]
    done = subprocess.run(
        [*command, "--convert-to", kind, "--outdir", str(out), *map(str, files)],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    made = [out / f"{file.stem}.{kind}" for file in files]
    assert all(path.is_file() for path in made), done.stdout + done.stderr
    return made
