"""The score matrix as XLSX: its formulas come to the app's figures exactly, and nothing in it acts."""

from __future__ import annotations

import io
import itertools
import random
import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from inspection_app.core.consolidation import Adjudication, Method, Rounding, consolidate
from inspection_app.core.feedback import Material
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Score, State
from inspection_app.core.visit import Description, Member, Role, Stage, Visit
from inspection_app.report.archive import packed, unpacked
from inspection_app.report.workbook import HEAD_ROW, SCORES, score_workbook, units_of
from tests.office import converted

NOW = datetime.fromisoformat("2026-05-13T18:30:00+08:00")


def item(no: str, points: str, content: str = "考核内容") -> dict[str, Any]:
    criteria = [{"id": "1", "kind": "grade", "points": points, "text": "酌情得分"}]
    return {"no": no, "content": content, "points": points, "rule_text": "酌情得分。", "criteria": criteria}


RUBRIC = Rubric.model_validate({
    "id": "small", "version": "1", "title": "小细则", "issuer": "测试单位", "year": "2026", "source": "虚构",
    "stated_total": "13.5", "scheme": {"prescribed": False, "activities": []},
    "aspects": [
        {"id": "a", "title": "一、组织", "points": "6", "items": [item("1", "2"), item("2", "4")]},
        {"id": "b", "title": "二、保障", "points": "7.5", "items": [item("3", "2.5"), item("4", "5")]},
        {"id": "c", "title": "三、加分", "points": "2", "kind": "bonus", "items": [item("5", "2"), item("6", "2")]},
        {"id": "d", "title": "四、扣分", "points": "3", "kind": "deduction", "items": [item("7", "3")]},
    ],
})  # fmt: skip


def material(
    marks: dict[int, dict[str, Score]], *, adjudications: tuple[Adjudication, ...] = (), rubric: Rubric = RUBRIC,
    names: dict[int, str] | None = None, **method: Any,
) -> Material:  # fmt: skip
    visit = Visit(
        "v1", Description("清溪县人民政府", "县", date(2026, 5, 12), date(2026, 5, 13)), Stage.CONSOLIDATE, rubric.id,
        rubric.version, "ab" * 32, method.get("places", 2), "", NOW, None, method.get("method", "mean"),
        method.get("rounding", "items"), method.get("min_marks", 1),
    )  # fmt: skip
    members = tuple(Member(id_, (names or {}).get(id_, f"专家{id_}"), Role.EXPERT) for id_ in marks)
    result = consolidate(rubric, marks, adjudications=adjudications, **method)
    return Material(visit, rubric, members, (), result, {}, (), "cd" * 32, NOW)


def mark(points: str | None, ceiling: Decimal, state: State = State.SCORED) -> Score:
    given = None if points is None else Decimal(points)
    return Score(given, state if given is None else State.SCORED, given or Decimal(0), ceiling, ceiling)


def at_random(seed: int, count: int, **method: Any) -> Material:
    """Marks of every kind, gaps among them, and every fifth item adjudicated."""
    chance = random.Random(seed)
    gaps = (State.UNMARKED, State.RECUSED, State.NOT_APPLICABLE, State.NOT_ASSIGNED)
    step = chance.choice(["0.5", "0.25", "0.1", "0.01", "1"])

    def one(ceiling: Decimal) -> Score:
        if chance.random() < 0.15:
            return mark(None, ceiling, chance.choice(gaps))
        return mark(str(chance.randint(0, int(ceiling / Decimal(step))) * Decimal(step)), ceiling)

    marks = {id_: {each.no: one(each.ceiling) for each in RUBRIC.items} for id_ in range(1, count + 1)}
    if seed % 4 == 0:  # an item that applies to nobody: then the total is prorated
        marks = {id_: {**sheet, "4": mark(None, Decimal(5), State.NOT_APPLICABLE)} for id_, sheet in marks.items()}
    decided = (Adjudication("2", Decimal("3.5"), "依据第二款", "第二款", NOW),) if method["places"] else ()
    return material(marks, adjudications=decided if seed % 3 == 0 else (), **method)


CASES = [
    at_random(number, count, method=method, rounding=rounding, places=places)
    for number, (count, method, rounding, places) in enumerate(
        zip(itertools.cycle((1, 3, 6, 7, 13, 15)), *zip(*itertools.product(Method, Rounding, (0, 1, 2, 4)), strict=True))
    )
]
MANY = [
    at_random(number, count, method=method, rounding=rounding, places=places)
    for number, (count, method, rounding, places) in enumerate(
        itertools.product((2, 4, 5, 9, 11, 14), Method, Rounding, (0, 1, 2, 3, 4))
    )
]


def formulas_of(content: bytes) -> dict[str, str]:
    sheet = load_workbook(io.BytesIO(content))[SCORES]
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}


def values_of(content: bytes, places: dict[str, str]) -> dict[str, Decimal | None]:
    sheet = load_workbook(io.BytesIO(content), data_only=True)[SCORES]
    found = {place: sheet[place].value for place in places}
    return {place: None if value in (None, "") else Decimal(repr(value)) for place, value in found.items()}


def without_values(content: bytes) -> bytes:
    """The same workbook as if nobody had computed it, so that whoever opens it has to."""
    parts = unpacked(content)
    name = "xl/worksheets/sheet1.xml"
    parts[name] = re.sub(rb"</f><v>[^<]*</v>", b"</f>", parts[name])
    return packed(parts)


def by_title(content: bytes, title: str) -> dict[str, Any]:
    """A column's stored values by what stands in the columns of numbers and titles."""
    sheet = load_workbook(io.BytesIO(content), data_only=True)[SCORES]
    (place,) = [cell.column for cell in sheet[HEAD_ROW] if cell.value == title]
    rows = sheet.iter_rows(min_row=HEAD_ROW + 1)
    return {str(row[0].value or row[1].value): row[place - 1].value for row in rows}


@pytest.mark.parametrize("cases", [CASES[::6], pytest.param(CASES + MANY, marks=pytest.mark.soak)], ids=["some", "many"])
def test_libreoffice_computes_the_apps_figures_exactly(cases: list[Material], tmp_path: Path) -> None:
    """Every formula of these workbooks - each method, rounding and number of decimals, 1 to 15 experts, gaps,
    adjudications, a part that does not apply - comes to the very decimal that the app has."""
    books = [score_workbook(case) for case in cases]
    files = []
    for number, book in enumerate(books):
        files.append(tmp_path / f"book{number}.xlsx")
        files[-1].write_bytes(without_values(book))
        assert not [value for value in values_of(files[-1].read_bytes(), formulas_of(book)).values() if value is not None]
    for case, book, path in zip(cases, books, converted(files, "xlsx", tmp_path), strict=True):
        places = formulas_of(book)
        assert values_of(path.read_bytes(), places) == values_of(book, places), (case.visit, units_of(case))


def test_the_stored_values_are_the_results() -> None:
    """Panel scores, sums and totals beside the formulas are those of the result, for readers that compute nothing."""
    for case in CASES:
        shown = by_title(score_workbook(case), "专家组得分")
        wanted: dict[str, Decimal | None] = {one.item.no: one.points for one in case.result.items}
        wanted |= {one.title: one.points for one in case.result.aspects}
        wanted |= {"基本分合计": case.result.base, "加分合计": case.result.bonus, "扣分合计": case.result.deductions}
        wanted |= {"总分": case.result.total}
        assert {name: None if shown[name] in (None, "") else Decimal(repr(shown[name])) for name in wanted} == wanted


def test_half_up_where_binary_fractions_fail() -> None:
    """1.005 and 2.675 are rounded up, as by hand; the nearest binary fractions lie below the half."""
    marks = {1: {"1": mark("1", Decimal(2)), "2": mark("2.67", Decimal(4))},
             2: {"1": mark("1.01", Decimal(2)), "2": mark("2.68", Decimal(4))}}  # fmt: skip
    shown = by_title(score_workbook(material(marks)), "专家组得分")
    assert (shown["1"], shown["2"]) == (1.01, 2.68)


def test_equal_material_gives_equal_bytes() -> None:
    """No clock is in the file: only the time that the material bears."""
    assert score_workbook(CASES[5]) == score_workbook(replace(CASES[5]))
    later = replace(CASES[5], now=NOW.replace(hour=20))
    assert score_workbook(later) != score_workbook(CASES[5])


@pytest.mark.parametrize("text", ["=HYPERLINK(\"http://x.example\",\"y\")", "+1", "-1+2", "@SUM(A1)", "<b>&", "a\x00b\ud800", "长" * 40000])
def test_text_never_acts(text: str) -> None:
    """Whatever somebody is called or an item says, the cell holds text; what no file can hold is left out."""
    rubric = Rubric.model_validate(RUBRIC.model_dump(mode="json", by_alias=True) | {"title": text[:200]})
    told = material(
        {1: {"1": mark("1", Decimal(2))}}, rubric=rubric, names={1: text},
        adjudications=(Adjudication("1", Decimal(1), text, "", NOW),),
    )  # fmt: skip
    book = score_workbook(told)
    sheet = load_workbook(io.BytesIO(book))[SCORES]
    written = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str) and cell.data_type != "f"]
    assert all(cell.data_type == "s" for cell in written)
    kept = text.replace("\x00", "").replace("\ud800", "")
    assert any(cell.value[:3] == kept[:3] for cell in written)
    allowed = re.compile(r"=[A-Z0-9:+*/(),<>=\"\-. ]+")
    assert all(allowed.fullmatch(formula) for formula in formulas_of(book).values())


def test_it_can_be_read_and_printed() -> None:
    """Numbers are numbers, titles stay in sight, pages are as wide as the table, an adjudication shows its reason."""
    told = material(
        {1: {"1": mark("1.5", Decimal(2))}, 2: {"1": mark(None, Decimal(2), State.RECUSED)}},
        adjudications=(Adjudication("1", Decimal("1.75"), "补交了文件", "第一款", NOW),),
    )  # fmt: skip
    sheet = load_workbook(io.BytesIO(score_workbook(told)))[SCORES]
    row = [cell.value for cell in sheet[HEAD_ROW + 1]]
    assert row[:5] == ["1", "考核内容", 2, 1.5, "回避"]
    assert row[8] == 1.75
    assert row[-1] == "补交了文件（第一款）"
    assert sheet.freeze_panes == "D5"
    assert sheet.print_title_rows == "$4:$4"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == ("landscape", 1, 0)
