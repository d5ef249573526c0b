"""The offline folder: what it takes for another computer, what its check finds, and what starts in it.

The wheels are tiny ones made here, so that nothing is fetched; the soak test makes the real folders from the index that
pip is set to, and installs and runs the one for this platform.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from inspection_app import bundle
from inspection_app.bundle import PLATFORMS, Target
from inspection_app.cli import main
from inspection_app.errors import InspectionError

WINDOWS, LINUX = Target(PLATFORMS["win_amd64"], "3.11"), Target(PLATFORMS["linux_x86_64"], "3.11")
STARTED = "import os, sys; print('started', sys.argv[1:], os.environ.get('PYTHONPATH'), sys.prefix)"


def wheel(folder: Path, name: str, *requires: str, version: str = "1.0", tag: str = "py3-none-any", code: str = "") -> Path:
    """Write a wheel that says what it needs; with ``code``, a package of that name that can be run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    inside = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{inside}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{inside}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{name}/__init__.py": "",
        f"{name}/__main__.py": code,
    }
    record = "".join(f"{one},,\n" for one in [*files, f"{inside}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in {**files, f"{inside}/RECORD": record}.items():
            archive.writestr(one, text)
    return path


def lacking(folder: Path, target: Target) -> list[str]:
    return [str(one) for one in bundle.missing(bundle.wheels_in(folder, target), target)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels that pip may find, and ours among them; pip itself is the one that Python brings."""
    folder = tmp_path_factory.mktemp("index")
    brought = next(iter((Path(importlib.util.find_spec("ensurepip").origin).parent / "_bundled").glob("pip-*.whl")), None)  # type: ignore[union-attr,arg-type]
    if brought:
        shutil.copy(brought, folder)
    else:
        wheel(folder, "pip")
    wheel(folder / "own", "inspection_app", "plain", 'fitted; sys_platform == "win32"', code=STARTED)
    wheel(folder, "plain")
    wheel(folder, "fitted", tag="cp311-cp311-win_amd64")
    return folder


@pytest.fixture(scope="module")
def made(index: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders for Windows and for Linux, made by pip without any index."""
    place = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(index)), ("PIP_CONFIG_FILE", os.devnull)):
            patch.setenv(name, value)
        for target in (WINDOWS, LINUX):
            bundle.make(place / target.platform.name, target, next((index / "own").iterdir()))
    return {target.platform.name: place / target.platform.name for target in (WINDOWS, LINUX)}


@pytest.fixture
def copy(made: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made["linux_x86_64"], tmp_path / "带走 的"))


def test_conditions_are_those_of_the_other_computer(tmp_path: Path) -> None:
    """Requirements are followed from wheel to wheel with their extras, and "only on Windows" is asked of the target."""
    wheel(tmp_path, "inspection_app", "a[x]>=1", 'w; platform_system == "Windows"', 'old; python_version < "3.11"')
    wheel(tmp_path, "pip")
    wheel(tmp_path, "a", 'b; extra == "x"', 'c; extra == "y"', 'd; sys_platform == "linux"')
    assert lacking(tmp_path, WINDOWS) == ['w; platform_system == "Windows"', 'b; extra == "x"']
    assert lacking(tmp_path, LINUX) == ['b; extra == "x"', 'd; sys_platform == "linux"']


def test_a_wheel_must_fit_the_computer_and_the_version_that_is_asked_for(tmp_path: Path) -> None:
    """One for another system, another Python or a newer C library, of a version too low, or cut off, is not there."""
    wheel(tmp_path, "inspection_app", "mac", "newer", "glibc", "low>=2", "cut", "good", "stable")
    wheel(tmp_path, "pip")
    wheel(tmp_path, "mac", tag="cp311-cp311-macosx_11_0_arm64")
    wheel(tmp_path, "newer", tag="cp312-cp312-manylinux_2_17_x86_64")
    wheel(tmp_path, "glibc", tag="cp311-cp311-manylinux_2_39_x86_64")
    wheel(tmp_path, "low")
    cut = wheel(tmp_path, "cut")
    cut.write_bytes(cut.read_bytes()[:-40])
    wheel(tmp_path, "good", tag="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64")
    wheel(tmp_path, "stable", tag="cp39-abi3-manylinux_2_28_x86_64")
    assert lacking(tmp_path, LINUX) == ["mac", "newer", "glibc", "low>=2", "cut"]


def test_each_folder_holds_what_its_computer_needs(made: dict[str, Path]) -> None:
    """Wheels, a launcher in that system's own line ends, and a list that the system's own tool accepts."""
    windows, linux = made["win_amd64"], made["linux_x86_64"]
    assert (windows / "wheels" / "fitted-1.0-cp311-cp311-win_amd64.whl").is_file()
    assert not list((linux / "wheels").glob("fitted*"))
    command, how_to = (windows / "start.cmd").read_bytes(), (windows / "HOW-TO.txt").read_bytes()
    assert (command.isascii(), command.count(b"\n")) == (True, command.count(b"\r\n"))
    assert "双击 start.cmd" in how_to.decode("utf-8")
    script = linux / "start.sh"
    assert b"\r" not in script.read_bytes()
    assert "$" not in (linux / "HOW-TO.txt").read_text("utf-8")
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert (windows / "start.py").read_bytes() == (linux / "start.py").read_bytes()
    assert not list(linux.parent.glob(".*"))


def test_a_complete_folder_is_said_to_be_complete(made: dict[str, Path]) -> None:
    """By our own reading of the wheels and by pip's, which may look nowhere else."""
    done = CliRunner().invoke(main, ["bundle", "--check", str(made["win_amd64"])])
    assert (done.exit_code, "win_amd64" in done.output) == (0, True), done.output


def test_everything_that_is_wrong_with_a_folder_is_told_at_once(copy: Path) -> None:
    """What is missing, changed or strange, each by its name, and what can no longer be installed."""
    (copy / "wheels" / "plain-1.0-py3-none-any.whl").unlink()
    (copy / "HOW-TO.txt").write_text("x", "utf-8")
    (copy / "autorun.inf").write_text("x", "utf-8")
    (copy / "Thumbs.db").write_text("x", "utf-8")
    with pytest.raises(InspectionError) as refused:
        bundle.check(copy)
    assert [(fault.place, fault.fault) for fault in refused.value.faults] == [
        ("wheels/plain-1.0-py3-none-any.whl", "is missing."),
        ("autorun.inf", "is not on the list."),
        ("HOW-TO.txt", "has been changed."),
        ("plain", "no wheel in the folder meets this requirement."),
    ]


@pytest.mark.parametrize("broken", ["{}", '{"platform": "amiga", "python": "3.11"}', "", '["x"]'])
def test_what_is_no_offline_folder(copy: Path, broken: str) -> None:
    """A folder without its head, or with one of another kind, is refused in words."""
    (copy / "bundle.json").write_text(broken, "utf-8")
    with pytest.raises(InspectionError, match="is no offline folder"):
        bundle.check(copy)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A folder that holds something is left alone."""
    (tmp_path / "mine.txt").write_text("x", "utf-8")
    with pytest.raises(InspectionError, match="is there already and not empty"):
        bundle.make(tmp_path, LINUX)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unreachable_index_is_told(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip asks an address where nobody listens: the network is named as the cause, and nothing half-made is left."""
    for name, value in (("PIP_CONFIG_FILE", os.devnull), ("PIP_INDEX_URL", "http://127.0.0.1:9/"), ("PIP_RETRIES", "1"),
                        ("PIP_FIND_LINKS", ""), ("PIP_EXTRA_INDEX_URL", ""), ("PIP_NO_INDEX", "")):  # fmt: skip
        monkeypatch.setenv(name, value)
    with pytest.raises(InspectionError) as refused:
        bundle.make(tmp_path / "out", LINUX, next((index / "own").iterdir()))
    assert refused.value.code == "no-network"
    assert list(tmp_path.iterdir()) == []


def test_python_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is named before anything is made."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InspectionError, match="-m ensurepip"):
        bundle.make(tmp_path / "out", LINUX)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("complaint", "code"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk-full"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found for a",
         "no-network"),
        ("ERROR: Could not find a version\nERROR: No matching distribution found for a==1", "no-such-wheel"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "pip-failed"),
        ("", "pip-failed"),
    ],
)  # fmt: skip
def test_pips_complaints_become_one_sentence(complaint: str, code: str) -> None:
    """Full disk, no network, no such wheel, and pip's own words where it is something else."""
    assert bundle.refusal(complaint).code == code


def test_an_unknown_platform_is_wrong_usage(tmp_path: Path) -> None:
    """The known ones are named."""
    done = CliRunner().invoke(main, ["bundle", str(tmp_path / "out"), "--platform", "amiga"])
    assert (done.exit_code, "win_amd64" in done.output) == (2, True)


def start(folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Start the launcher as somebody with nothing but a home folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    command = ["sh", str(folder / bundle.PLATFORMS[bundle.this_platform()].launcher), *words]
    variables = {"HOME": str(home), "PATH": path, "PIP_NO_INDEX": "", "LANG": "C"}
    return subprocess.run(command, cwd=home, env=variables, capture_output=True, encoding="utf-8", check=False)


@pytest.mark.soak
@pytest.mark.skipif(bundle.this_platform() != "linux_x86_64" or sys.version_info[:2] != (3, 11), reason="made for Linux")
def test_the_launcher_installs_once_and_then_starts(copy: Path, tmp_path: Path) -> None:
    """The first start makes an environment among the user's own files; a damaged wheel is not installed."""
    damaged = Path(shutil.copytree(copy, tmp_path / "damaged"))
    wheel(damaged / "wheels", "plain", code="print('not ours')")
    refused = start(damaged, tmp_path)
    assert (refused.returncode, "started" in refused.stdout, "HASHES" in refused.stderr.upper()) == (1, False, True)
    first = start(copy, tmp_path, "--port", "9000")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "started ['serve', '--port', '9000'] None" in first.stdout
    (ready,) = (tmp_path / ".local" / "share" / "inspection-app").glob("*/ready")
    again = start(copy, tmp_path, "rubric", "list")
    assert again.stdout.splitlines() == [f"started ['rubric', 'list'] None {ready.parent}"]


@pytest.mark.soak
def test_the_real_folders(tmp_path: Path) -> None:
    """From the index that pip is set to: Windows is complete; this platform's is installed without any index and scores."""
    for name in ("win_amd64", bundle.this_platform()):
        folder = tmp_path / name
        done = CliRunner().invoke(main, ["bundle", str(folder), "--platform", name])
        assert done.exit_code == 0, done.output
        bundle.check(folder)
    answer = start(folder, tmp_path, "rubric", "score", "henan-county", "--item", "3", "--answers", '{"1": "0.45"}')
    assert json.loads(answer.stdout[answer.stdout.index("{") :])["points"] == "2", answer.stderr
