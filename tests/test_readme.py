"""What the README says is what the software does."""

import doctest
import re
from fractions import Fraction
from pathlib import Path

import pytest

from inspection_app import load_rubric, score_sheet
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
