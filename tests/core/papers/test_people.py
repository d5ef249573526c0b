"""Declarations and codes: each person's own."""

from __future__ import annotations

from inspection_app.core.papers.people import codes_sheet, declarations
from tests.core.papers.conftest import EXPERT, MEMBERS, SECRETARY, VISIT, said, tables


def test_declarations_are_the_members_own() -> None:
    """Conflicts and confidence with the member's name; only those who score promise to score independently."""
    expert, secretary = (said(declarations(VISIT, member)) for member in (EXPERT, SECRETARY))
    assert all(words in expert for words in ("江晚舟", "一、回避声明", "二、保密承诺", "清溪县人民政府", "□没有上述情形"))
    assert "独立评分" in expert
    assert "独立评分" not in secretary


def test_the_sheet_of_codes_has_a_line_for_everybody() -> None:
    """Each person's role, name and code, to be cut apart."""
    (table,) = tables(codes_sheet(VISIT, MEMBERS, {1: "AAAA", 2: "BBBB", 3: "CCCC"}))
    assert [row.cells for row in table.rows] == [
        ("组长", "章北川", "AAAA"), ("专家", "江晚舟", "BBBB"), ("秘书", "高知微", "CCCC"),
    ]  # fmt: skip
