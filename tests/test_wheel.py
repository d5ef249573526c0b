"""The wheel: what is in it, and that what is installed from it does the main job without the checkout."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.hub import ROOT, free_port, serving

pytestmark = pytest.mark.slow

IMPORTED = "import inspection_app; print(inspection_app.__file__)"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout, with the build tool that the ``test`` extra installs: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--disable-pip-version-check",
    ]
    run([sys.executable, *command, "--wheel-dir", str(folder), str(ROOT)], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own and return that environment's folder of programs.

    What the wheel depends on is borrowed from the environment of the tests, behind the new one's own packages; the
    checkout, which an editable installation would add, is not.
    """
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], folder)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    own = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    # A .pth is read when Python starts; those of the borrowed folder are not, and one of them leads to the checkout.
    (own / "borrowed.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    command = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--ignore-installed",
        "--disable-pip-version-check",
    ]
    run([python, *command, str(wheel)], folder)
    return programs


def run(command: list[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command in a folder that is not the checkout, without the paths that the tests' own Python was given."""
    variables = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "INSPECTION_VISITS"}}
    done = subprocess.run(
        command, cwd=folder, env={**variables, **(environment or {})}, capture_output=True, text=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_all_that_is_needed_is_in_the_wheel_and_no_visit(wheel: Path) -> None:
    """Every file of the package travels, and rubrics and the sample's input with it; visits, tests and notes do not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "inspection_app").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {
        f"inspection_app/shipped/{path.relative_to(ROOT).as_posix()}"
        for folder in (ROOT / "rubrics", ROOT / "data" / "sample")
        for path in folder.rglob("*")
        if path.is_file()
    } | {"inspection_app/shipped/constraints.txt"}  # what an offline folder is made by
    assert {
        "inspection_app/.streamlit/config.toml", "inspection_app/report/fonts/serif.ttf",
        "inspection_app/templates/sign_in.html", "inspection_app/ui/score.py", "inspection_app/ui/style.css",
        "inspection_app/catalogues/zh_CN/LC_MESSAGES/inspection_app.po", "inspection_app/verify.py",
        "inspection_app/shipped/rubrics/henan-county.yaml", "inspection_app/shipped/data/sample/roster.csv",
    } <= package | shipped  # fmt: skip
    assert sorted((package | shipped) - names) == []
    others = {name for name in names - package - shipped if ".dist-info/" not in name}
    assert others == set()


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    """The checkout is not what the tests below try."""
    imported = Path(run([installed / "python", "-c", IMPORTED], tmp_path).strip())
    assert imported.is_relative_to(installed.parent)
    assert not imported.is_relative_to(ROOT)


def test_the_report_is_made_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """``inspection-app demo --report`` needs nothing but the installation, and writes nothing beside what was asked."""
    here, temporary = tmp_path / "empty", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    run(
        [installed / "inspection-app", "demo", "--report", "out.pdf", "--no-serve"], here,
        {"TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)},
    )  # fmt: skip
    assert [path.name for path in here.iterdir()] == ["out.pdf"]
    text = "".join(page.extract_text() for page in PdfReader(here / "out.pdf").pages)
    assert [words for words in ("云岭县", "陆维岳", "李㛃", "王䶮", "陈𬴊") if words not in "".join(text.split())] == []


def test_an_item_is_scored_from_the_shell(installed: Path, tmp_path: Path) -> None:
    """The shipped rubric is found: 0.45 ‰ for item 3 gives 2 points."""
    command: list[str | Path] = [installed / "inspection-app", "rubric", "score", "henan-county", "--item", "3"]
    answer = json.loads(run([*command, "--answers", '{"1": "0.45"}'], tmp_path))
    assert (answer["points"], answer["state"], answer["flags"]) == ("2", "scored", [])


def test_the_hub_serves(installed: Path, tmp_path: Path) -> None:
    """``inspection-app serve`` answers, in its own words, and keeps its visits where it was told to."""
    port = free_port()
    folder = tmp_path / "visits"
    command = [str(installed / "inspection-app"), "serve", "--folder", str(folder), "--port", str(port), "--no-browser"]
    with serving(command, port, folder, {"PYTHONPATH": ""}) as url:
        with urllib.request.urlopen(url + "/healthz", timeout=10) as answer:
            assert answer.read() == b"ok"
        with urllib.request.urlopen(url + "/sign-in", timeout=10) as answer:
            assert 'lang="zh-CN"' in answer.read().decode()
    assert (folder / ".hub-secret").is_file()
