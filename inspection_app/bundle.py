"""The offline folder for a laptop without internet: making it, and finding what is missing or changed in it.

    DIR/start.cmd, start.sh or start.command    finds Python and hands over to
    DIR/start.py                                first_start.py: installs once, then opens the app
    DIR/HOW-TO.txt                              what a person does with it, in Chinese and English
    DIR/bundle.json                             the platform and the Python it was made for
    DIR/requirements.txt                        every wheel's name, version and SHA-256, which pip insists on
    DIR/SHA256SUMS                              every other file's
    DIR/wheels/                                 the wheels

What is needed is decided here, for the computer it is made for: pip reads the conditions of requirements ("only on
Windows") by the computer it runs on. pip only fetches, from whatever index this machine is set to; it installs nothing
here.

Sources: wheel names and tags, requirements and their conditions as ``packaging`` reads them (PEP 425, 427, 508).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from functools import cached_property
from importlib import resources
from pathlib import Path
from string import Template

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from inspection_app import first_start
from inspection_app.errors import N_, Fault, InspectionError
from inspection_app.places import checkout, shipped

OURS = "inspection-app"
SUMS = "SHA256SUMS"
_MADE_FOR = "bundle.json"
_GLIBC = range(28, 4, -1)
"""Versions 2.28 (2018: Debian 10, Kylin V10, UOS 20) and older: newer ones run what was made for these."""


@dataclass(frozen=True)
class Platform:
    """A kind of computer: what wheels may say they are for, and what requirements' conditions see there."""

    name: str
    os_name: str
    sys_platform: str
    system: str
    machine: str
    tags: tuple[str, ...]
    launcher: str


def _linux(machine: str) -> Platform:
    old = {17: (f"manylinux2014_{machine}",), 12: (f"manylinux2010_{machine}",), 5: (f"manylinux1_{machine}",)}
    tags = tuple(tag for minor in _GLIBC for tag in (f"manylinux_2_{minor}_{machine}", *old.get(minor, ())))
    return Platform(f"linux_{machine}", "posix", "linux", "Linux", machine, tags, "start.sh")


def _mac(machine: str, version: tuple[int, int]) -> Platform:
    tags = tuple(mac_platforms(version, machine))
    return Platform(f"macosx_{machine}", "posix", "darwin", "Darwin", machine, tags, "start.command")


PLATFORMS: dict[str, Platform] = {
    one.name: one
    for one in (
        Platform("win_amd64", "nt", "win32", "Windows", "AMD64", ("win_amd64",), "start.cmd"),
        Platform("win_arm64", "nt", "win32", "Windows", "ARM64", ("win_arm64",), "start.cmd"),
        _linux("x86_64"),
        _linux("aarch64"),
        _mac("arm64", (14, 0)),
        _mac("x86_64", (13, 0)),
    )
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def this_platform() -> str:
    """Return the name of the platform this runs on, or "" where no folder can be made for it."""
    name = sysconfig.get_platform().replace("-", "_")
    if name.startswith("macosx_"):  # with the oldest version of the system it runs on, and both processors at times
        name = f"macosx_{platform.machine()}"
    return name if name in PLATFORMS else ""


def this_python() -> str:
    """Return the version this runs on, without its last part."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Target:
    """The computer a folder is made for."""

    platform: Platform
    python: str

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """What a wheel may be tagged with to run there."""
        major, minor = map(int, self.python.split("."))
        interpreter = f"cp{major}{minor}"
        return frozenset([
            *cpython_tags((major, minor), [interpreter], self.platform.tags),
            *compatible_tags((major, minor), interpreter, self.platform.tags),
        ])  # fmt: skip

    @cached_property
    def environment(self) -> dict[str, str]:
        """What the conditions of requirements see there; of the versions of one Python, the first."""
        return {
            **dict.fromkeys(default_environment(), ""),
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": self.platform.os_name,
            "platform_machine": self.platform.machine,
            "platform_python_implementation": "CPython",
            "platform_system": self.platform.system,
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": self.platform.sys_platform,
        }

    def needs(self, requirement: Requirement, extras: Iterable[str]) -> bool:
        """Say whether a requirement's condition holds there, for any of the extras that were asked for."""
        marker = requirement.marker
        return marker is None or any(marker.evaluate({**self.environment, "extra": extra}) for extra in ("", *extras))


@dataclass(frozen=True)
class Wheel:
    """One wheel as its name and its own description tell of it."""

    path: Path
    name: str
    version: Version
    requires: tuple[Requirement, ...]


def make(
    folder: Path, target: Target, own: Path | None = None, tell: Callable[[Sequence[str]], object] = lambda _names: None
) -> None:
    """Make the folder, whole or not at all.

    Args:
        folder: not there yet, or empty.
        own: a wheel of this software; it is built from the checkout where none is given.
        tell: is called before each round of fetching with the names of what is fetched.

    Raises:
        InspectionError: the folder holds something; pip, the network, room on the disk or a wheel is missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InspectionError(
            N_("{folder} is there already and not empty. Name a new folder."), "folder-not-empty", folder=str(folder)
        )
    if importlib.util.find_spec("pip") is None:
        raise InspectionError(
            N_("This Python has no pip, which fetches the wheels. Install it with “{command}”, or use an environment"
               " made with “python -m venv”."),
            "no-pip", command=f"{sys.executable} -m ensurepip",
        )  # fmt: skip
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as aside:
        building = Path(aside) / "bundle"
        wheels = building / "wheels"
        wheels.mkdir(parents=True)
        _own_wheel(own, wheels)
        fetched: set[str] = set()
        while lacking := missing(wheels_in(wheels, target), target):
            names = [str(canonicalize_name(one.name)) for one in lacking]
            if again := fetched.intersection(names):
                raise _not_to_be_had(" ".join(sorted(again)))
            fetched.update(names)
            tell(names)
            _fetch(lacking, wheels, target)
        _write_rest(building, target)
        if folder.exists():
            folder.rmdir()
        building.rename(folder)


def check(folder: Path) -> Target:
    """Compare a folder with its list and see that what it holds is enough; return what it was made for.

    Raises:
        InspectionError: every file that is missing, changed or not listed, and every requirement that nothing meets.
    """
    try:
        told = json.loads((folder / _MADE_FOR).read_text("utf-8"))
        target = Target(PLATFORMS[told["platform"]], told["python"])
        lines = (folder / SUMS).read_text("utf-8").splitlines()
        listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InspectionError(
            N_("{folder} is no offline folder, or its list is damaged ({reason}). Make it again."),
            "no-bundle", folder=str(folder), reason=f"{type(error).__name__}: {error}",
        ) from None  # fmt: skip
    again = N_("Copy or make the folder again.")
    there = dict(_files(folder))
    faults = [Fault(name, N_("is missing."), again) for name in sorted(listed.keys() - there.keys())]
    strange = sorted(there.keys() - listed.keys())
    faults += [Fault(name, N_("is not on the list."), N_("Remove it.")) for name in strange]
    faults += [
        Fault(name, N_("has been changed."), again)
        for name in sorted(listed.keys() & there.keys())
        if _digest(there[name]) != listed[name]
    ]
    faults += [
        Fault(str(one), N_("no wheel in the folder meets this requirement."), again)
        for one in missing(wheels_in(folder / "wheels", target), target)
    ]
    if not faults and (reason := _refused_by_pip(folder, target)):
        faults.append(Fault("pip", N_("would not install it: {reason}"), again, {"reason": reason}))
    if faults:
        raise InspectionError(
            N_("The offline folder {folder} is not complete."), "bundle-incomplete", faults=faults, folder=str(folder)
        )
    return target


def missing(wheels: Mapping[str, Wheel], target: Target) -> list[Requirement]:
    """Return the requirements that none of the wheels meets on the target, each once, in the order they are met."""
    found: dict[str, Requirement] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(OURS), Requirement("pip")]
    while waiting:
        wanted = waiting.pop(0)
        name = canonicalize_name(wanted.name)
        wheel = wheels.get(name)
        if wheel is None or not wanted.specifier.contains(wheel.version, prereleases=True):
            found.setdefault(name, wanted)
        elif (key := (name, ",".join(sorted(wanted.extras)))) not in seen:
            seen.add(key)
            waiting += [one for one in wheel.requires if target.needs(one, wanted.extras)]
    return list(found.values())


def wheels_in(folder: Path, target: Target) -> dict[str, Wheel]:
    """Return the wheels of a folder that run on the target, by name; what cannot be read counts as not there."""
    found = {}
    for path in sorted(folder.glob("*.whl")):
        try:
            name, version, _build, tags = parse_wheel_filename(path.name)
            requires = tuple(_requirements(path))
        except (InvalidWheelFilename, InvalidRequirement, zipfile.BadZipFile, KeyError, OSError):
            continue
        if tags & target.tags:
            found[str(name)] = Wheel(path, str(name), version, requires)
    return found


def _requirements(path: Path) -> Iterator[Requirement]:
    with zipfile.ZipFile(path) as archive:
        inside = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        description = BytesHeaderParser().parsebytes(archive.read(inside))
    return map(Requirement, description.get_all("Requires-Dist") or [])


def _own_wheel(own: Path | None, wheels: Path) -> None:
    if own is not None:
        shutil.copy(own, wheels / own.name)
        return
    if (root := checkout()) is None:
        raise InspectionError(
            N_("This software was installed from a wheel and cannot be built anew. Name that wheel with --wheel."),
            "no-own-wheel",
        )
    _pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(root))


def _fetch(requirements: Iterable[Requirement], wheels: Path, target: Target) -> None:
    words = [f"{one.name}{one.specifier}" for one in requirements]  # extras and conditions have been seen to
    _pip("download", "--no-deps", "--constraint", str(shipped("constraints.txt")), "--dest", str(wheels),
         *_for(target), *words)  # fmt: skip


def _for(target: Target) -> Iterator[str]:
    """Yield the options that tell pip to look for a target's wheels."""
    yield from ("--only-binary=:all:", "--implementation", "cp", "--python-version", target.python)
    for tag in target.platform.tags:
        yield from ("--platform", tag)


def _refused_by_pip(folder: Path, target: Target) -> str:
    """Return what pip says against installing the folder on its target from nothing else; "" where it would, or where
    there is no pip to ask."""
    if importlib.util.find_spec("pip") is None:
        return ""
    with tempfile.TemporaryDirectory() as nowhere:
        try:
            _pip("install", "--dry-run", "--target", nowhere, "--no-index", "--find-links", str(folder / "wheels"),
                 "--no-deps", "--require-hashes", *_for(target), "-r", str(folder / "requirements.txt"))  # fmt: skip
        except InspectionError as error:
            return str(error)
    return ""


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", *words, "--progress-bar=off", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise refusal(done.stdout + done.stderr)  # that an index did not answer stands among the ordinary lines


_UNREACHED = re.compile(
    "NewConnectionError|Failed to establish|ConnectTimeout|Connection (refused|reset|aborted)|ProxyError|SSLError"
    "|Name or service not known|Temporary failure in name resolution|getaddrinfo failed|Network is unreachable"
    "|Read timed out"
)


def refusal(complaint: str) -> InspectionError:
    """Say in one sentence what pip complained about, and what to do."""
    if re.search(r"No space left on device|Errno 28|disk full|not enough space", complaint, re.IGNORECASE):
        return InspectionError(N_("The disk is full. Make room, or name a folder on another disk."), "disk-full")
    if _UNREACHED.search(complaint):
        return InspectionError(
            N_("The package index that pip is set to cannot be reached. The folder is made on a computer with a"
               " network; look at the cable, the proxy and pip's settings (“pip config list”)."),
            "no-network",
        )  # fmt: skip
    if unknown := re.search(r"No matching distribution found for (\S+)", complaint):
        return _not_to_be_had(unknown.group(1))
    lines = [line for line in complaint.splitlines() if line.startswith("ERROR")] or complaint.splitlines()[-3:]
    return InspectionError(N_("pip failed: {reason}"), "pip-failed", reason=" ".join(lines)[:600] or "?")


def _not_to_be_had(package: str) -> InspectionError:
    return InspectionError(
        N_("The package index has no wheel of {package} for that platform and Python. Try another Python version"
           " (--python), or another index in pip's settings."),
        "no-such-wheel", package=package,
    )  # fmt: skip


def _write_rest(folder: Path, target: Target) -> None:
    """Write everything but the wheels, the list of digests last."""
    wheels = sorted(wheels_in(folder / "wheels", target).values(), key=lambda wheel: wheel.name)
    version = next(wheel.version for wheel in wheels if wheel.name == OURS)
    pinned = (f"{wheel.name}=={wheel.version} --hash=sha256:{_digest(wheel.path)}\n" for wheel in wheels)
    _write(folder / "requirements.txt", "".join(pinned))
    told = {"version": str(version), "platform": target.platform.name, "python": target.python}
    _write(folder / _MADE_FOR, json.dumps(told) + "\n")
    shutil.copy(first_start.__file__, folder / "start.py")
    templates = resources.files("inspection_app") / "templates" / "bundle"
    words = {**told, "python_tuple": target.python.replace(".", ", "), **_WORDS[target.platform.os_name]}
    windows = target.platform.os_name == "nt"
    launcher = folder / target.platform.launcher
    for path, template in ((launcher, "start.cmd" if windows else "start.sh"), (folder / "HOW-TO.txt", "HOW-TO.txt")):
        words["launcher"] = launcher.name
        text = Template((templates / template).read_text("utf-8")).substitute(
            {name: Template(word).safe_substitute(words) for name, word in words.items()}
        )
        _write(path, text, "\r\n" if windows else "\n")
    if not windows:
        launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    _write(folder / SUMS, "".join(f"{_digest(path)}  {name}\n" for name, path in sorted(_files(folder))))


_WORDS = {
    "nt": {
        "start_zh": "双击 $launcher。",
        "start_en": "Double-click $launcher.",
        "command": "start.cmd",
        "python_zh": "双击后选“仅为我安装”（不需要管理员权限），勾选“Add python.exe to PATH”。",
        "python_en": "run it, install for yourself only (no administrator), and tick “Add python.exe to PATH”.",
        "installed": r"%LOCALAPPDATA%\inspection-app",
    },
    "posix": {
        "start_zh": "双击 $launcher 并选“在终端中运行”，或在终端中运行：sh $launcher",
        "start_en": "Double-click $launcher and choose to run it in a terminal, or type in a terminal: sh $launcher",
        "command": "sh $launcher",
        "python_zh": "或由系统软件源安装 python$python。",
        "python_en": "or install python$python from the system's own packages.",
        "installed": "~/.local/share/inspection-app（macOS：~/Library/Application Support/inspection-app）",
    },
}


def _write(path: Path, text: str, newline: str = "\n") -> None:
    path.write_text(text, encoding="utf-8", newline=newline)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file but the list of digests, by its name in that list; what systems leave lying about is no file."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != SUMS and path.name not in {".DS_Store", "Thumbs.db", "desktop.ini"}:
            yield name, path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
