"""The commands ``inspection-app archive …``: what they print, the exit codes, and what they do not write."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from pypdf import PdfReader

from inspection_app.archive import exports
from inspection_app.archive.engines import opened
from inspection_app.archive.questions import QUESTIONS, ask
from inspection_app.cli import main


def ran(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["archive", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_questions_are_listed() -> None:
    """One a line, by the name that ``ask`` takes."""
    assert [line.split()[0] for line in ran("ask").output.splitlines()] == [one.name for one in QUESTIONS]


def test_index_then_ask(three: Path, tmp_path: Path) -> None:
    """A folder is indexed elsewhere and asked of, as JSON with exact points and as CSV; the second run reads nothing."""
    to = tmp_path / "office"
    assert ran("index", three, "--to", to, "--no-verify").exit_code == 0
    assert "3" in ran("index", three, "--to", to, "--no-verify").output
    told = json.loads(ran("ask", "losses", "--archive", to, "--json", "--year", "2025").stdout)
    assert (told["visits"], told["rows"][0]["item"], told["rows"][0]["lost"]) == (2, "4", "3")
    rows = list(csv.reader(io.StringIO(ran("ask", "visits", "--archive", to, "--csv").stdout)))
    assert [row[4] for row in rows[1:]] == ["清溪县人民政府", "白川县人民政府", "青原县人民政府"]
    refused = ran("ask", "severity", "--archive", to, "--names")
    assert (refused.exit_code, "--names" in refused.output) == (1, True)


def test_faults_have_exit_codes(tmp_path: Path) -> None:
    """A folder or archive that is not there and a question that does not exist are faults, told in words."""
    for arguments in (("index", tmp_path / "none"), ("ask", "years", "--archive", tmp_path), ("ask", "beauty")):
        result = ran(*arguments)
        assert result.exit_code == 1
        assert result.output.strip()


def test_an_engine_that_cannot_be_reached(three: Path) -> None:
    """Its address is named, and nothing of its own error's many lines is shown."""
    result = ran("ask", "years", "--archive", three / "archive", "--engine", "nonsense://x")
    assert result.exit_code == 1
    assert "nonsense" in result.output
    assert "Traceback" not in result.output


def test_the_yearly_report(three: Path, tmp_path: Path) -> None:
    """Its figures are the year's own: two visits in 2025 and the mean of 8.835; no expert is named."""
    target = tmp_path / "2025.pdf"
    assert ran("report", "2025", target, "--archive", three / "archive").exit_code == 0
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(target).pages)
    for wanted in ("2025年现场验收情况分析报告", "共2次", "8.8", "11.67", "领导机构", "作废"):
        assert wanted in text
    assert not any(name in text for name in ("章北川", "江晚舟", "罗云岫"))


@pytest.mark.parametrize("name", [one.name for one in QUESTIONS])
def test_answers_are_exported(three: Path, name: str) -> None:
    """Every answer becomes a workbook and a Parquet file with as many rows, and no cell is taken for a formula."""
    import pyarrow.parquet as pq

    with opened(three / "archive") as archive:
        answer = ask(archive, name)
    sheet = load_workbook(io.BytesIO(exports.as_xlsx(answer, str))).active
    assert sheet is not None
    assert sheet.max_row == 2 + len(answer.rows)
    assert not any(cell.data_type == "f" for row in sheet for cell in row)
    table = pq.read_table(io.BytesIO(exports.as_parquet(answer)))
    assert (table.num_rows, tuple(table.column_names)) == (len(answer.rows), answer.columns)
