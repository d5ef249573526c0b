"""A rubric's table as offices keep it (XLSX): its rows, with merged cells, repeated titles and lines across the table.

What the rows mean is ``core.propose``'s business. Nothing is added to the wording; only white space is normalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspection_app.core.propose import TableRow
from inspection_app.errors import N_, RubricError, ScoreError
from inspection_app.files.limits import MOST_COLUMNS, MOST_ROWS
from inspection_app.files.spreadsheets import SUM_WORDS, open_workbooks, plain_title

if TYPE_CHECKING:  # openpyxl is read only when a spreadsheet comes in
    from openpyxl.worksheet.worksheet import Worksheet

_TITLES = {
    "no": "序号 编号 项号 项目编号",
    "points": "分值 分数 标准分 标准分值 满分 满分值 分值权重 权重 配分",
    "verification": "验收方式 验收方法 考核方式 考核方法 评价方式 检查方式 查验方式 评审方式 考核形式",
    "rule_text": "评分方法 考核评分方法 评分标准 考核评分标准 考评标准 评分细则 评分办法 计分办法 计分方法 "
    "计分标准 评分说明 考核标准 评价标准 评分规则 评分要求 考核细则 评价方法",
    "detail": "具体内容 具体要求 考核内容及要求 主要内容 工作要求 内容要求",
    "responsible": "责任部门 评价部门 责任单位 负责单位 牵头单位 考核部门 评价单位 牵头部门 考核单位 数据来源部门",
    "prompts": "重点考核 重点考核内容 考核重点",
    "head": "考核领域 一级指标 指标项 类别 考核类别 项目 考核项目 评价项目 考核内容 评价内容 考核指标 评价指标 "
    "二级指标 考核要点 评价要点 指标内容 指标 三级指标 内容 考核事项 验收项目 验收内容 评分项目 "
    "评估内容 评估指标 指标名称",
}
"""Titles of columns, by what they hold. ``head``: what is assessed; which of them names chapters and which
the item shows in their order."""
_MEANT = {title: name for name, titles in _TITLES.items() for title in titles.split()}
_LIKE = (
    ("rule_text", re.compile(r"(?:评分|计分|考评|打分|扣分|得分|赋分)(?:标准|办法|方法|细则|依据|规则|要求)")),
    ("points", re.compile(r"^(?:标准)?(?:分值|满分|配分|标准分)")),
    ("responsible", re.compile(r"(?:责任|负责|牵头|评价|考核|评分)(?:部门|单位)")),
    ("verification", re.compile(r"(?:验收|考核|评价|检查|考评|评审|查验|核查)(?:方式|方法|办法|形式)")),
    ("head", re.compile(r"^.{0,4}(?:指标|内容|要点|项目|类别|领域|事项)$")),
)
"""What other titles are about, where none is known to the letter."""
_CONTINUED = re.compile(r"^[（(]?续(?:表|上表)[）)]?")
_CHAPTER = re.compile(r"^第?[一二三四五六七八九十]+[、部章]|^总体要求|[（(][^（）()]*\d\s*分[^（）()]*[）)]$")
_CJK = "\u2e80-\u9fff\uff00-\uffef\u3000-\u303f“”‘’…—"
_HEAD_ROWS = 30


@dataclass(frozen=True)
class RubricTable:
    """The rows of all tables of a file, and whether none has a column of scoring rules."""

    rows: tuple[TableRow, ...]
    judged: bool
    title: str = ""


def parse_rubric_table(content: bytes) -> RubricTable:
    """Read the rows of every visible table that names what is assessed and how.

    Raises:
        RubricError: this is no readable spreadsheet, or no sheet has such titles.
    """
    try:
        workbook, _formulas = open_workbooks(content)
    except ScoreError as error:
        raise RubricError(error.message, error.code) from error
    rows: list[TableRow] = []
    judged, title = True, ""
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            continue
        read = _Reader(sheet)
        if read.columns:
            rows += read.rows()
            judged = judged and not read.has_rules
            title = title or read.title
    if not rows:
        raise RubricError(
            N_("No sheet has the titles of a scoring table. Needed are a column of what is assessed (e.g. {heads}) and "
               "one of how (e.g. {rules})."),
            "no-columns", heads="指标内容", rules="评分方法",
        )  # fmt: skip
    return RubricTable(tuple(rows), judged, title)


class _Reader:
    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self._origin = {cell: (one.min_row, one.min_col) for one in sheet.merged_cells.ranges for cell in one.cells}
        self.columns: dict[int, str] = {}
        self.has_rules, self.title, self._first = False, "", 1
        self._above: list[TableRow] = []
        self._titles: dict[int, str] = {}
        for row in range(1, min(sheet.max_row, _HEAD_ROWS) + 1):
            meant = self._meant(row)
            if meant and ("rule_text" in meant.values() or "detail" in meant.values()):
                self.columns = self._named(meant, row)
                self._titles = {column: plain_title(self._value(row, column)) for column in meant}
                self._first = row
                break
            text = next(iter(self._texts(row)), "")
            if _CHAPTER.search(text):
                self._above.append(TableRow(f"{sheet.title}!{row}", banner=text))
            else:
                self.title = self.title or text

    def _meant(self, row: int) -> dict[int, str]:
        found = {}
        for column in range(1, min(self.sheet.max_column, MOST_COLUMNS) + 1):
            if name := _meaning(plain_title(self._value(row, column))):
                found[column] = name
        return found if len(found) > 1 else {}

    def _named(self, meant: Mapping[int, str], row: int) -> dict[int, str]:
        """Name the columns: the last that says what is assessed is the item, the one that states points a chapter."""
        heads = [column for column, name in meant.items() if name == "head"]
        heads = [
            column
            for place, column in enumerate(heads)
            if not place or not self._one_cell(row, heads[place - 1], column)
        ]
        columns = {column: name for column, name in meant.items() if name != "head"}
        self.has_rules = "rule_text" in columns.values()
        detail = next((column for column, name in columns.items() if name == "detail"), None)
        if detail is not None and self.has_rules:
            del columns[detail]
            heads.append(detail)
        elif detail is not None:
            columns[detail] = "rule_text"
        both = any(  # 考核内容及评分标准 is one column
            name == "rule_text" and re.search("内容|要点|指标|项目", plain_title(self._value(row, column)))
            for column, name in columns.items()
        )
        if heads and self.has_rules and not both:
            columns[heads.pop()] = "content"
        stating = [column for column in heads if self._states_points(column)]
        aspect = stating[-1] if stating else heads[-1] if heads else None
        for column in heads:
            columns[column] = "aspect" if column == aspect else "chapter" if aspect and column < aspect else "part"
        return dict(sorted(columns.items()))

    def _one_cell(self, row: int, one: int, other: int) -> bool:
        return (row, other) in self._origin and self._origin[(row, other)] == self._origin.get((row, one))

    def _states_points(self, column: int) -> bool:
        texts = (str(self.sheet.cell(row, column).value or "") for row in range(1, self.sheet.max_row + 1))
        return any(re.search(r"[（(][^（）()]*\d\s*分[^（）()]*[）)]", text) for text in texts)

    def rows(self) -> Iterator[TableRow]:
        yield from self._above
        last = min(self.sheet.max_row, self._first + MOST_ROWS)
        for row in range(self._first + 1, last + 1):
            texts = list(self._texts(row))
            if not texts or _CONTINUED.match(texts[0]) or any(plain_title(text) in SUM_WORDS for text in texts):
                continue
            if sum(plain_title(self._value(row, column)) == title for column, title in self._titles.items()) >= 2:
                continue  # the titles again, on another page of the print
            place = f"{self.sheet.title}!{row}"
            if self._across(row):
                yield TableRow(place, banner=texts[0])
                continue
            cells: dict[str, str] = {}
            above: set[str] = set()
            for column, name in self.columns.items():
                text = _normalised(self._value(row, column), lines=name in ("verification", "prompts", "responsible"))
                if text and text not in cells.get(name, ""):
                    cells[name] = cells.get(name, "") + text
                origin = self._origin.get((row, column))
                if origin and origin[0] < row and text:
                    above.add(name)
            yield TableRow(place, cells, frozenset(above))

    def _across(self, row: int) -> bool:
        """Say whether one text stands across the whole row: merged, or alone where the item's cells are empty."""
        filled = {self._origin.get((row, column), (row, column)) for column in self.columns if self._value(row, column)}
        filled |= {self._origin.get((row, 1), (row, 1))} if self._value(row, 1) else set()
        if len(filled) != 1:
            return False
        origin = next(iter(filled))
        if origin[0] != row:
            return False
        covered = [name for column, name in self.columns.items() if self._origin.get((row, column)) == origin]
        return len(covered) > 1 or not set(covered or [self.columns.get(origin[1], "")]) & {"rule_text", "content"}

    def _texts(self, row: int) -> Iterator[str]:
        for column in range(1, min(self.sheet.max_column, MOST_COLUMNS) + 1):
            if text := _normalised(self.sheet.cell(row, column).value):
                yield text

    def _value(self, row: int, column: int) -> object:
        return self.sheet.cell(*self._origin.get((row, column), (row, column))).value


def _meaning(title: str) -> str:
    """Say what a column holds by its title; empty where that is not known."""
    if not title or len(title) > 12:
        return ""
    return _MEANT.get(title) or next((name for name, like in _LIKE if like.search(title)), "")


def _normalised(value: object, *, lines: bool = False) -> str:
    """Take out the white space of the print: everywhere but between Latin words; of lists, lines stay lines."""
    if value is None:
        return ""
    if isinstance(value, float):
        value = f"{value:.15g}"
    parts = str(value).splitlines() if lines else [" ".join(str(value).split())]
    cleaned = (re.sub(rf"(?<=[{_CJK}\d（(])\s+|\s+(?=[{_CJK}\d）)])", "", part.strip()) for part in parts)
    return "\n".join(part for part in cleaned if part)
