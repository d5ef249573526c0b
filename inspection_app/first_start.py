"""Install what lies in this folder for the person who starts it, once, and open it: nothing is downloaded.

It needs Python alone, for it runs before anything is installed; ``inspection-app bundle`` copies it into the folder
that it makes, as ``start.py``. It knows nothing of visits, and trusts no wheel: pip compares each with
``requirements.txt``.

    start.py [COMMAND …]    the command of inspection-app to run; ``serve`` where none is named
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEELS = HERE / "wheels"
REQUIREMENTS = HERE / "requirements.txt"
SPARE = 1.25  # what an installation takes beside the files themselves: what Python compiles, and small files' blocks


def say(chinese: str, english: str) -> None:
    """Print a sentence in both languages: nobody has chosen one yet."""
    sys.stdout.write(f"{chinese}\n{english}\n\n")
    sys.stdout.flush()


def place() -> Path:
    """Return where this folder's software is installed: among the user's own files, and never over another version."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "inspection-app" / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]


def python_of(environment: Path) -> Path:
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def room_needed() -> int:
    """Return how many bytes the installation takes, by what the wheels say."""
    inside = (one for wheel in WHEELS.glob("*.whl") for one in zipfile.ZipFile(wheel).infolist())
    return int(SPARE * sum(one.file_size for one in inside))


def install(environment: Path) -> bool:
    """Make a virtual environment with everything in it; say what is wrong where that fails."""
    try:
        environment.parent.mkdir(parents=True, exist_ok=True)
        needed, free = room_needed(), shutil.disk_usage(environment.parent).free
    except (OSError, zipfile.BadZipFile) as error:
        say(f"无法安装：{error}", f"It cannot be installed: {error}")
        return False
    megabytes = needed // 1_000_000 + 1
    if free < needed:
        say(
            f"磁盘空间不足：{environment.parent} 需要 {megabytes} MB，只有 {free // 1_000_000} MB。请先清理。",
            f"Too little room: {environment.parent} needs {megabytes} MB and has {free // 1_000_000} MB.",
        )
        return False
    say(
        f"首次启动：正在安装到 {environment}（{megabytes} MB），需要一两分钟……",
        f"First start: installing into {environment} ({megabytes} MB), which takes a minute or two …",
    )
    pip = next(WHEELS.glob("pip-*.whl"), WHEELS / "pip") / "pip"  # runs from its own wheel: Python need not bring one
    command = [
        python_of(environment), "-I", pip, "--isolated", "install", "--quiet", "--no-index", "--find-links", WHEELS,
        "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-cache-dir", "--no-warn-script-location",
        "--disable-pip-version-check", "-r", REQUIREMENTS,
    ]  # fmt: skip
    try:
        venv.EnvBuilder(clear=True, symlinks=os.name != "nt").create(environment)
        done = subprocess.run(list(map(str, command)), env={**os.environ, "PIP_CONFIG_FILE": os.devnull}, check=False)
        failed = f"pip {done.returncode}" if done.returncode else ""
        if not failed:
            (environment / "ready").write_text("ready\n", encoding="utf-8")
    except OSError as error:
        failed = str(error)
    if failed:
        say(
            f"安装未完成（{failed}）。请检查磁盘空间，重新复制整个文件夹后再启动。",
            f"It was not installed ({failed}). Look at the room on the disk, copy the whole folder again, start again.",
        )
    return not failed


def main(words: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    made_for = json.loads((HERE / "bundle.json").read_text(encoding="utf-8"))
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != made_for["python"]:
        say(
            f"这个文件夹需要 Python {made_for['python']}，现在运行的是 {running}。请看 HOW-TO.txt。",
            f"This folder needs Python {made_for['python']}; this is {running}. See HOW-TO.txt.",
        )
        return 1
    environment = place()
    if not (environment / "ready").is_file() and not install(environment):
        return 1
    if not words or (words[0].startswith("-") and words[0] not in {"--help", "--version"}):
        words = ["serve", *words]
    try:
        return subprocess.call([str(python_of(environment)), "-I", "-X", "utf8", "-m", "inspection_app", *words])
    except KeyboardInterrupt:  # the hub has been told too, and says so itself
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
