"""A small rubric with every kind of criterion, its workbook, and how a test fills one in by ids."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from inspection_app.core.merge import Revision
from inspection_app.core.rubric import Rubric
from inspection_app.files import parse_rubric
from inspection_app.sheets import score_sheet_xlsx
from tests.services.conftest import RUBRIC

DIGEST = "digest"
MORE = RUBRIC.replace(
    "  awards: {title: 获奖数量, unit: 项, from: 0}\n",
    "  awards: {title: 获奖数量, unit: 项, from: 0}\n  tax: {title: 税收, unit: 亿元, from: 0}\n",
).replace(
    "  - id: c\n    title: 三、加分\n",
    """      - no: 6
        content: 税收增长
        points: 3
        na: 无税收的
        rule_text: 增长10%以上得3分，5%以上得1分。
        criteria:
          - id: 1
            kind: step
            text: 增长
            figure: tax
            measure: growth
            bands:
              - {from: 10, points: 3}
              - {from: 5, below: 10, points: 1}
              - {below: 5, points: 0}
  - id: c
    title: 三、加分
""",
    1,
).replace("stated_total: 14", "stated_total: 17").replace("二、保障\n    points: 6", "二、保障\n    points: 9")  # fmt: skip


def every_kind() -> Rubric:
    return parse_rubric(MORE, "small-county.yaml").rubric


def workbook(rubric: Rubric, standing: Mapping[str, tuple[int, Revision]] | None = None, **changed: Any) -> bytes:
    given: dict[str, Any] = {
        "visit": "visit-1", "rubric_digest": DIGEST, "member": 3, "name": "江晚舟", "applicant": "清溪县人民政府",
        "assigned": [item.no for item in rubric.items], "standing": standing or {}, "figures": {}, "client": "xlsx-1",
    }  # fmt: skip
    return score_sheet_xlsx(rubric, **(given | changed))


class Filled:
    """A workbook as somebody fills it in: cells by row key and column id."""

    def __init__(self, content: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))
        (self.sheet,) = self.book.worksheets

    def columns(self) -> dict[str, int]:
        return {str(cell.value)[4:]: cell.column for cell in self.sheet[2] if str(cell.value).startswith("col:")}

    def row(self, key: str) -> int:
        column = self.columns()["key"]
        return next(n for n in range(1, self.sheet.max_row + 1) if self.sheet.cell(n, column).value == key)

    def put(self, key: str, **values: Any) -> Filled:
        for id_, value in values.items():
            self.sheet.cell(self.row(key), self.columns()[id_]).value = value
        return self

    def at(self, key: str, id_: str) -> str:
        return self.sheet.cell(self.row(key), self.columns()[id_]).coordinate

    def change(self, how: Callable[[Worksheet], object]) -> Filled:
        how(self.sheet)
        return self

    def saved(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


@pytest.fixture(scope="session")
def rubric() -> Rubric:
    return every_kind()


@pytest.fixture(scope="session")
def blank(rubric: Rubric) -> bytes:
    return workbook(rubric)
