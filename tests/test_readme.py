"""What the README says is what the software does."""

import doctest
import re
from pathlib import Path

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
