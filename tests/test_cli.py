"""The command: what it prints for people and programs, and the exit codes 0 done, 1 fault, 2 usage, 3 tampering."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from inspection_app import __version__, load_rubric
from inspection_app.cli import main
from inspection_app.core.certificate import canonical_json
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Stage
from inspection_app.files import load_rubric_file
from inspection_app.places import shipped
from inspection_app.services.draw import SITES, draw_state
from tests.conftest import SampleAt

ROOT = Path(__file__).parents[1]


def ran(*arguments: str | Path) -> Result:
    """Run the command in this process; an exception that is not an exit is the test's failure."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def started(*arguments: str | Path, language: str = "en", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as people do, in a process of its own."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path, "INSPECTION_LANG": language, **variables}
    command = [sys.executable, "-m", "inspection_app", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False)


# --- rubric --------------------------------------------------------------------------------------------------------


def test_the_shipped_rubrics_are_listed() -> None:
    """Id, number of items and title of each, one a line."""
    lines = ran("rubric", "list").output.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        ["henan-county", "37"], ["huiji-district", "24"], ["hunan-city", "50"], ["pingdingshan-city", "68"],
        ["suzhou-town", "34"],
    ]  # fmt: skip


def test_a_rubric_is_shown_to_people() -> None:
    """Its title, its aspects, and a line for each item."""
    lines = ran("rubric", "show", "henan-county").output.splitlines()
    assert lines[0].endswith("考核验收细则")
    assert "一、质量发展战略规划明确清晰（10）" in lines
    assert "  3\t3\t为实施质量发展战略规划、创建质量强县提供经费保障" in lines
    assert sum(line.startswith("  ") for line in lines) == 37


def test_a_rubric_is_shown_to_programs() -> None:
    """JSON with title, aspects, items, vetoes, gates and every erratum with its place."""
    shown = json.loads(ran("rubric", "show", "henan-county", "--json").output)
    rubric = load_rubric("henan-county")
    assert shown["title"] == rubric.title
    assert [(a["title"], a["points"]) for a in shown["aspects"]] == [(a.title, str(a.points)) for a in rubric.aspects]
    assert [item["no"] for item in shown["items"]] == [str(no) for no in range(1, 38)]
    third = shown["items"][2]
    assert {"content", "points", "verification", "rule_text", "responsible", "criteria"} <= third.keys()
    assert third["criteria"][0]["bands"][1] == {
        "from": "0.4", "over": None, "to": None, "below": "0.6", "points": "2", "text": "达到0．4‰得2分",
        "official": True,
    }  # fmt: skip
    assert (len(shown["vetoes"]), len(shown["gates"])) == (4, 13)
    listed = [
        rubric.errata, *(aspect.errata for aspect in rubric.aspects), *(gate.errata for gate in rubric.gates),
        *(item.errata for item in rubric.items),
        *(criterion.errata for item in rubric.items for criterion in item.criteria),
    ]  # fmt: skip
    assert len(shown["errata"]) == sum(map(len, listed))
    assert {"place": "item 3"} | rubric.item("3").errata[0].model_dump() in shown["errata"]


def test_a_sound_rubric_passes_the_check() -> None:
    """Every shipped one when none is named; the digest is printed, so that two offices can compare."""
    for arguments in ((), ("henan-county",), (shipped("rubrics") / "henan-county.yaml",)):
        result = ran("rubric", "check", *arguments)
        assert result.exit_code == 0
        assert load_rubric_file("henan-county").digest in result.output


def test_the_schema_is_json_schema() -> None:
    """What is printed is the model's own schema, by the names that files use."""
    schema = json.loads(ran("rubric", "schema").output)
    assert schema == Rubric.model_json_schema(by_alias=True)
    assert {"from", "below"} <= schema["$defs"]["Band"]["properties"].keys()


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A rubric with three faults, on lines 3, 4 and 5."""
    path = tmp_path / "坏.yaml"
    path.write_text(
        'id: bad\nversion: "1"\ntitle: [x]\nissuers: 某局\nid: worse\nissuer: 某局\nyear: 2026\nsource: 附件\n'
        "stated_total: 1\nscheme: {prescribed: false, activities: []}\n"
        'aspects:\n- {id: "1", title: 一, points: 1, items: [{no: 1, content: 项, points: 1, rule_text: 文,\n'
        '  criteria: [{id: "1", kind: tick, text: 款, points: 1}]}]}\n',
        encoding="utf-8",
    )
    return path


def test_every_fault_of_a_rubric_file_is_printed_and_the_exit_code_is_1(faulty: Path) -> None:
    """All faults with file and line, in words and without a traceback; sound files named beside it still pass."""
    result = started("rubric", "check", faulty, "henan-county")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "The rubric file 坏.yaml cannot be used; faults found: 3.",
        "坏.yaml, line 3, title: Text is expected here. Put the value in quotes.",
        "坏.yaml, line 4, issuers: This field is unknown. Remove it or correct its spelling.",
        "坏.yaml, line 5: The field “id” stands here for the second time. Remove one of the two.",
    ]
    assert result.stdout.startswith(
        "henan-county: no faults; 37 items; slips of the text found by the check and listed: 2; SHA-256 "
    )


def test_the_reader_chooses_the_language(faulty: Path) -> None:
    """Chinese by default and for anything unknown, English by INSPECTION_LANG=en; help texts too."""
    for language in ("", "xx"):
        told = started("rubric", "check", faulty, language=language).stderr
        assert "The field" not in told
        assert "坏.yaml" in told
    assert "check draws" in started("draw", "--help").stdout
    assert "check draws" not in started("draw", "--help", language="").stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["3", '{"1": "0.45"}'], {"points": "2", "state": "scored", "flags": []}),
        (["3", '{"1": 0.45}'], {"points": "2", "state": "scored", "flags": []}),  # not a binary float
        (["3", '{"1": "0.1"}'], {"points": "0", "state": "scored", "flags": ["no_tier"]}),
        (["3", "{}"], {"points": None, "state": "unmarked", "partial": "0", "ceiling": "3"}),
        (["1", '{"1": true}'], {"points": None, "state": "unmarked", "partial": "2"}),
        (["4", '{"1": 0}'], {"points": None, "state": "unmarked", "flags": ["no_tier"]}),
        (["1", '{"1": true, "2": {"points": "1", "reason": "草案"}}'], {"points": "3", "item": "1"}),
        (["1", '{"item": {"override": "1.5", "reason": "补交"}}'], {"points": "1.5", "flags": ["override"]}),
        (["3", "{}", "--figures", '{"quality_fund_share": "0.6"}'], {"points": "3", "state": "scored"}),
    ],
)
def test_one_item_is_scored_for_programs(arguments: list[str], expected: Mapping[str, Any]) -> None:
    """Points, state and flags as JSON; what is not marked is null, never nought."""
    no, answers, *more = arguments
    result = ran("rubric", "score", "henan-county", "--item", no, "--answers", answers, *more)
    assert result.exit_code == 0
    scored = json.loads(result.output)
    assert scored | expected == scored


@pytest.mark.parametrize(
    ("no", "answers"),
    [
        ("38", "{}"), ("3", '{"2": 1}'), ("3", '{"1": "1,500"}'), ("3", '{"1": NaN}'), ("3", '{"1": 1e999}'),
        ("3", '{"1": Infinity}'), ("3", '{"1": true}'), ("3", "[]"), ("3", "{"), ("3", "null"),
        ("3", '{"1": ' + "9" * 5000 + "}"), ("3", '{"1": ' + "[" * 100_000 + "}"), ("3", '{"1": "\\ud800"}'),
        ("1", '{"1": 1}'), ("1", '{"item": {"override": "9", "reason": "x"}}'),
    ],
    ids=lambda value: value[:24],
)  # fmt: skip
def test_an_answer_that_cannot_be_taken_is_a_message(no: str, answers: str) -> None:
    """Exit code 1, a sentence on the error stream, and nothing for a program to misread."""
    result = ran("rubric", "score", "henan-county", "--item", no, "--answers", answers)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.strip()


@pytest.mark.parametrize(
    "arguments",
    [["rubric", "score", "henan-county"], ["rubric", "shew"], ["demo", "--stage", "later"], ["serve", "--port", "0"],
     ["rubric", "show"], ["demo", "--folder", __file__]],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    """What the command line itself does not allow is told apart from a fault in a file."""
    assert ran(*arguments).exit_code == 2


def test_the_version_is_the_packages() -> None:
    """``--version`` prints the version that Python code sees."""
    assert __version__ in ran("--version").output


def test_an_unknown_rubric_ends_with_1_and_names_the_known() -> None:
    """In a process of its own: no traceback."""
    result = started("rubric", "show", "henan")
    assert (result.returncode, result.stdout) == (1, "")
    assert "henan-county" in result.stderr
    assert "Traceback" not in result.stderr


# --- draw verify ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, sample_at: SampleAt) -> Mapping[str, Any]:
    """The certificate of the sample visit's draw of sites."""
    found = draw_state(sample_at(tmp_path_factory.mktemp("visit"), Stage.SCORE).file, SITES).certificate
    assert found is not None
    return found


def kept(folder: Path, content: str) -> Path:
    path = folder / "证书.json"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_real_certificate_verifies(certificate: Mapping[str, Any], tmp_path: Path) -> None:
    """Exit code 0, each check with its line; the code on the slip is checked when it is given."""
    path = kept(tmp_path, canonical_json(certificate))
    result = started("draw", "verify", path, "--slip", certificate["short_code"])
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) > 5
    assert all(line.startswith("ok ") for line in result.stdout.splitlines())


def test_a_tampered_certificate_ends_with_3(certificate: Mapping[str, Any], tmp_path: Path) -> None:
    """Two sites exchanged in the order, or another slip: the check that fails is named."""
    first, second, *rest = certificate["order"]
    path = kept(tmp_path, canonical_json({**certificate, "order": [second, first, *rest]}))
    result = started("draw", "verify", path)
    assert result.returncode == 3
    assert "CHANGED order" in result.stdout
    sound = kept(tmp_path, canonical_json(certificate))
    assert started("draw", "verify", sound, "--slip", "00000000").returncode == 3


@pytest.mark.parametrize("content", ["", "x", "[]", "{}", "\x00", '{"format": "inspection-app certificate 2"}'])
def test_what_is_no_certificate_ends_with_2(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage is neither sound nor tampered with: nothing was verified, and that is said."""
    monkeypatch.setattr(sys, "argv", sys.argv)  # the verifier is run as a program, with arguments of its own
    monkeypatch.setenv("INSPECTION_LANG", "en")
    result = ran("draw", "verify", kept(tmp_path, content))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing was verified" in result.stderr


def test_no_certificate_is_a_message_in_a_process_of_its_own_too(tmp_path: Path) -> None:
    """The shell sees the exit code 2, and no traceback."""
    result = started("draw", "verify", kept(tmp_path, "{}"))
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


# --- demo ----------------------------------------------------------------------------------------------------------


def test_the_demo_writes_its_report_without_a_browser(tmp_path: Path) -> None:
    """One command in an empty folder: the visit's file and a PDF with the applicant's name."""
    folder, report = tmp_path / "visits", tmp_path / "报告.pdf"
    result = ran("demo", "--report", report, "--no-serve", "--folder", folder)
    assert (result.exit_code, result.stdout) == (0, "")
    assert [path.suffix for path in folder.iterdir()] == [".visit"]
    pages = PdfReader(report).pages
    assert len(pages) > 10
    assert "云岭县人民政府现场验收报告" in pages[0].extract_text().replace("\n", "")


def test_the_demo_has_no_report_before_the_marks_are_opened(tmp_path: Path) -> None:
    """The stage that was asked for is built; the report it cannot have is a message, and no file is left."""
    report = tmp_path / "report.pdf"
    result = ran("demo", "--stage", "prepare", "--report", report, "--no-serve", "--folder", tmp_path / "visits")
    assert result.exit_code == 1
    assert not report.exists()


def test_a_report_that_cannot_be_written_is_a_message(tmp_path: Path) -> None:
    """A folder that is not there: exit code 1 and the place that was named."""
    report = tmp_path / "none" / "report.pdf"
    result = ran("demo", "--report", report, "--no-serve", "--folder", tmp_path / "visits")
    assert result.exit_code == 1
    assert str(report) in result.stderr
