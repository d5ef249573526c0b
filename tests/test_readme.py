"""What the READMEs say is what the software does.

Examples and the commands of ``RUN`` are run. Of every other command the words and options are looked up, for it serves,
fetches, takes minutes, or needs a visit: click parses those of ``inspection-app``; a module of ours must be there and know
its options; ``ELSEWHERE`` names the programs that are not ours, of which nothing is tried.
"""

import ast
import doctest
import hashlib
import importlib
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from inspection_app import load_rubric, score_sheet, verify
from inspection_app.cli import main
from inspection_app.core import rubric as rubric_module
from inspection_app.core.consistency import slips
from inspection_app.errors import RubricError
from inspection_app.files import rubric_ids

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"


def commands(path: Path) -> list[str]:
    return re.findall(r"^(python3 -m venv .*)$", path.read_text("utf-8"), re.MULTILINE)


def test_the_python_examples_print_what_the_readme_prints() -> None:
    """Every >>> example of the README gives the answer that stands below it."""
    failed, attempted = doctest.testfile(str(ENGLISH), module_relative=False)
    assert (failed, attempted > 5) == (0, True)


def test_both_readmes_have_the_same_two_commands() -> None:
    """A reader of either language is given the same command for the demo and for the tests."""
    assert commands(ENGLISH) == commands(CHINESE)
    demo, test = commands(ENGLISH)
    assert demo.endswith("inspection-app demo")
    assert "pytest" in test


def test_ci_runs_exactly_the_readmes_test_command() -> None:
    """CI proves the command that a newcomer is told to run, not one of its own."""
    assert commands(ENGLISH)[1] in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_the_example_of_a_rubric_is_one(tmp_path: Path) -> None:
    """The example passes the check and scores as its wording says; without its erratum it fails."""
    (text,) = re.findall(r"```yaml\n(.*?)```", ENGLISH.read_text("utf-8"), re.DOTALL)
    path = tmp_path / "sample-town.yaml"
    path.write_text(text, "utf-8")
    sheet = score_sheet(
        load_rubric(str(path)),
        {"1": {"1": True, "2": 2}, "2": {"2": 3}, "3": {"1": {"points": 1, "reason": "首创"}}},
        {"pass_rate": "97.9"},
    )
    assert (sheet.base, sheet.bonus, sheet.total, sheet.verdict) == (Fraction(11, 2), 1, Fraction(13, 2), "fail")
    path.write_text(text.replace("about: no_zero", "# "), "utf-8")
    with pytest.raises(RubricError, match="no level earns nothing"):
        load_rubric(str(path))


def test_the_slips_that_the_check_finds_are_as_many_as_the_readme_says() -> None:
    """The figures are those of the check, text by text; all of them are listed in the files."""
    (told,) = re.findall(r"By itself it finds in the shipped texts: (.*?);", ENGLISH.read_text("utf-8"), re.DOTALL)
    found = {id_: list(slips(load_rubric(id_))) for id_ in rubric_ids()}
    assert dict(re.findall(r"([a-z-]+) (\d+)", told)) == {id_: str(len(one)) for id_, one in found.items()}
    assert all(slip.listed for one in found.values() for slip in one)


# --- commands ------------------------------------------------------------------------------------------------------

ELSEWHERE = ("python3 -m venv", ". .venv/bin/activate", "pip wheel", "pipx install", "python -m pytest", "python -m mypy",
             "python -m babel.messages.frontend", "{ printf", "cp rubrics/", "git grep", "uv tool")  # fmt: skip
RUN = (
    "rubric list", "rubric show henan-county --json", "rubric score henan-county --item 3", "rubric check my-rubric.yaml",
    "rubric schema", "draw sites sites.csv --draw 3 --to", "draw sites ceremony/list.txt",
    "draw verify certificate.json --slip",
)  # fmt: skip
LAUNCHED = re.compile(r"^(?:\.venv/bin/)?(inspection-app|python -m tests\.[\w.]+|python3 -I verify\.py)\b(.*)$")


def written(path: Path) -> Iterator[str]:
    """Yield the commands of a README: the lines of its sh blocks without remarks, and what stands in backticks."""
    text = path.read_text("utf-8")
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            if command := re.sub(r"\s+# .*| {2,}#.*", "", line).strip():
                yield " ".join(command.split())
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    for command in re.findall(r"`([^`\n]+)`", prose):
        if LAUNCHED.match(command):
            yield command


def look_up(command: str) -> None:
    """Fail where a command of ours has another name, other options or other arguments than are written."""
    found = LAUNCHED.match(command)
    assert found, f"neither ours nor among those of others: {command}"
    program, rest = found[1], shlex.split(found[2])
    if program == "inspection-app":
        group: click.Command = main
        while isinstance(group, click.Group) and rest and not rest[0].startswith("-"):
            name = rest.pop(0)
            known = group.get_command(click.Context(group), name)
            assert known, command
            group = known
        if rest:
            group.make_context("inspection-app", rest)
        return
    source = Path(verify.__file__) if "verify.py" in program else ROOT / (program.split()[-1].replace(".", "/") + ".py")
    options = {word for word in rest if word.startswith("--")}
    assert source.is_file(), command
    assert {option for option in options if f'"{option}"' not in source.read_text("utf-8")} == set(), command


@pytest.mark.parametrize("path", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_every_command_is_one(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are parsed by the command itself, or found in the module that reads them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _question: "a passphrase that somebody types")
    Path("FILE").touch()  # some arguments want a file that is there, so do some options
    found = list(dict.fromkeys(written(path)))
    assert len(found) > 20
    for command in found:
        if not command.startswith(ELSEWHERE):
            for name in re.findall(r"[\w./-]+\.(?:pdf|json|xlsx|csv|yaml|visit|txt)\b", command):
                Path(name).parent.mkdir(exist_ok=True)
                Path(name).touch()
            look_up(command)


def test_a_wrong_command_would_be_found() -> None:
    """An option, a command and a module that are not there."""
    for wrong in ("inspection-app demo --stages score", "inspection-app drew sites", "python -m tests.soak.cash --kills 3",
                  "python -m tests.soak.crash --deaths 3"):  # fmt: skip
        with pytest.raises((click.UsageError, AssertionError)):
            look_up(wrong)


def test_the_chinese_readme_has_no_command_of_its_own() -> None:
    """What is tried and told in one language is told in the other."""
    assert sorted(set(written(CHINESE)) - set(written(ENGLISH))) == []


def test_the_quick_commands_run_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rubrics from the shell, and a draw from its list to its verification, one after the other in an empty folder."""
    monkeypatch.chdir(tmp_path)
    (text,) = re.findall(r"```yaml\n(.*?)```", ENGLISH.read_text("utf-8"), re.DOTALL)
    Path("my-rubric.yaml").write_text(text, "utf-8")
    Path("sites.csv").write_text("名称,地址\n" + "".join(f"考察点{n},某路{n}号\n" for n in "一二三四五"), "utf-8")
    commands = list(written(ENGLISH))
    for wanted in RUN:
        command = next(one for one in commands if one.startswith(f"inspection-app {wanted}"))
        words = shlex.split(command.replace("12345678", _slip()))[1:]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, (command, done.output)
        for certificate in tmp_path.glob("*/certificate.json"):
            (tmp_path / "certificate.json").write_bytes(certificate.read_bytes())
    (alone,) = [one for one in commands if one.startswith("python3 -I verify.py") and "--slip" in one]
    words = shlex.split(alone.replace("12345678", _slip()))[2:]
    done = subprocess.run([sys.executable, "-I", verify.__file__, *words[1:]], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def _slip() -> str:
    """Return the eight digits that the locked list has been read out with, as soon as there is one."""
    path = Path("ceremony") / "list.txt"
    if not path.is_file():
        return "12345678"
    return f"{int(hashlib.sha256(path.read_bytes()).hexdigest(), 16) % 10**8:08}"


# --- examples, pictures, links -------------------------------------------------------------------------------------


def test_the_example_of_a_page_is_one() -> None:
    """Everything that it imports is there, and so is the line of the app that its own goes beside."""
    (text,) = [one for one in re.findall(r"```python\n(.*?)```", ENGLISH.read_text("utf-8"), re.DOTALL) if "session" in one]
    tree = ast.parse(text)
    compile(tree, "members.py", "exec")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for alias in node.names:
                assert hasattr(module, alias.name) or importlib.util.find_spec(f"{node.module}.{alias.name}"), alias.name
    assert re.search(r'Entry\("duties", N_\("Duties"\), "duties"', (ROOT / "inspection_app/app.py").read_text("utf-8"))


def test_the_example_of_a_kind_is_one() -> None:
    """The class works beside the five kinds, and the places to change are where they are said to be."""
    (text,) = re.findall(r"^ *```python\n( *class Tally.*?)^ *```", ENGLISH.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names = dict(vars(rubric_module))
    exec("\n".join(line.removeprefix("   ") for line in text.splitlines()), names)
    assert names["Tally"](id="1", kind="tally", text="三类平台", each=1, things=("甲", "乙", "丙")).points == 3
    for file, word in (("core/rubric.py", "AnyCriterion ="), ("files/rubrics.py", "_KINDS ="), ("core/table.py", "def _criterion"),
                       ("core/scoring.py", "def _answered"), ("services/pad.py", "case Grade"), ("ui/typed_row.py", "case Grade"),
                       ("core/typed_line.py", "case Grade"), ("core/papers/score_sheet.py", "case Grade"),
                       ("scorepad/controls.js", "tiers"), ("ui/widgets.py", "def _language_link"), ("language.py", "LANGUAGES =")):  # fmt: skip
        assert word in (ROOT / "inspection_app" / file).read_text("utf-8"), file


@pytest.mark.parametrize("path", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    """Pictures are there and small; files are there; a place within has its heading."""
    text = path.read_text("utf-8")
    heads = {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert sum(link.endswith(".webp") for link in links) >= 4
    for link in links:
        if link.startswith("#"):
            assert link[1:] in heads, link
        else:
            assert (ROOT / link).is_file(), link
            assert not link.endswith(".webp") or (ROOT / link).stat().st_size <= 150_000


def test_every_benchmark_and_long_run_is_told() -> None:
    """A module that measures and is not in the README is found by nobody."""
    told = set(re.findall(r"python -m (tests\.(?:benchmarks|soak)\.\w+)", ENGLISH.read_text("utf-8")))
    there = {
        f"tests.{folder}.{file.stem}"
        for folder in ("benchmarks", "soak")
        for file in (ROOT / "tests" / folder).glob("*.py")
        if '__name__ == "__main__"' in file.read_text("utf-8")
    }
    assert told == there
