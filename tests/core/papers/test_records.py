"""The forms to take notes on: room for everything that is noted."""

from __future__ import annotations

from inspection_app.core.document import Document, Form
from inspection_app.core.papers.records import minutes_form, site_check_form
from tests.core.papers.conftest import ENTRIES, SITES, VISIT, said


def rooms(document: Document) -> dict[str, float]:
    """The labels of a form with the height of their rows."""
    rows = [row for block in document.blocks if isinstance(block, Form) for row in block.rows]
    return {cell.text.replace("\n", ""): row.height for row in rows for cell in row.cells if cell.label}


def test_minutes_have_room_for_everything_that_is_noted() -> None:
    """Time, place, host, clerk, content and opinions; the citizens' meeting has its own three parts."""
    plain, citizens = (rooms(minutes_form(VISIT, entry)) for entry in (ENTRIES[1], ENTRIES[3]))
    assert {"时间", "地点", "主持人", "记录人", "记录内容", "意见建议"} <= set(plain)
    assert {"为群众办的实事", "群众意见和提问", "现场解答"} <= set(citizens)
    assert plain["记录内容"] >= 100


def test_a_site_is_checked_against_the_application() -> None:
    """Three boxes, people spoken to, documents seen and a note; the site's own words are printed where it is known."""
    form = site_check_form(VISIT, SITES[0])
    assert {"交谈人员（姓名、职务）", "查看资料", "不一致之处的说明"} <= set(rooms(form))
    assert all(words in said(form) for words in ("□一致　", "□部分一致", "□不一致", "第甲考察点", "特色甲"))
    assert "考察点" in rooms(site_check_form(VISIT))
