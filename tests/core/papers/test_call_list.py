"""The list of calls: who is called in which order, and what is known of it already."""

from __future__ import annotations

from inspection_app.core.papers.call_list import Callee, CategoryCalls, call_list
from inspection_app.core.substitution import CallState
from inspection_app.report.pdf import lay_out
from tests.core.papers.conftest import MEMBERS, VISIT, said, tables

CALLS = (
    CategoryCalls(
        "群众代表",
        [
            Callee(7, "王芳", "13900000007", CallState.COMING), Callee(3, "李伟", "", CallState.NOT_COMING, replaced_by=9),
            Callee(5, "赵敏", call=CallState.NOTIFIED),
        ],
        [Callee(9, "钱进", "13900000009", instead_of=3), Callee(1, "孙立")],
        waiting=4,
    ),
    CategoryCalls("人大代表", [Callee(12, "周明")]),
)  # fmt: skip


def test_the_drawn_stand_first_and_then_the_reserves_with_what_is_known() -> None:
    """In the order of the draw: number, name, telephone where there is one, a tick for each recorded answer, who comes
    for whom; what is not known is left open."""
    first, second = tables(call_list(VISIT, CALLS))
    assert [row.cells for row in first.rows] == [
        ("1", "7", "王芳", "13900000007", "√", "√", "□", "", "", ""),
        ("2", "3", "李伟", "", "√", "□", "√", "9号", "", ""),
        ("3", "5", "赵敏", "", "√", "□", "□", "", "", ""),
        ("候1", "9", "钱进\n（替3号）", "13900000009", "□", "□", "□", "", "", ""),
        ("候2", "1", "孙立", "", "□", "□", "□", "", "", ""),
    ]
    assert (first.caption, second.caption) == ("群众代表（抽取3人）", "人大代表（抽取1人）")
    assert [row.cells[:3] for row in second.rows] == [("1", "12", "周明")]


def test_it_is_marked_as_internal_and_says_what_it_leaves_out() -> None:
    """It names people, so it says to keep it; reserves that are not on it are counted."""
    document = call_list(VISIT, CALLS, MEMBERS)
    assert document.title == "群众座谈通知登记表"
    assert document.marking == "内部资料　注意保存"
    assert said(document).count("后面还有候补") == 1
    assert "候补4人" in said(document)


def test_a_line_is_a_line_on_paper() -> None:
    """No telephone and no title is broken inside a word: twenty people and their reserves keep to two pages."""
    people = [Callee(number, "欧阳明月", "13900000000") for number in range(1, 21)]
    assert len(lay_out(call_list(VISIT, [CategoryCalls("群众代表", people, people)], MEMBERS))) == 2
