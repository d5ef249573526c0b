"""Claims about tables and pages, checked on the marks themselves, without a PDF."""

from __future__ import annotations

import re

import pytest

from inspection_app.core.document import Align, Column, Row, Table, Weight
from inspection_app.report.page_flow import (
    NewPage,
    Page,
    Strip,
    TableStyle,
    column_widths,
    paginate,
    paragraph_strips,
    table_strips,
)
from inspection_app.report.typesetting import MM, Bookmark, Face, Style, Words

BODY = Style(Face.SERIF, 16, 29)
CELL = Style(Face.SERIF, 10, 15)
CELLS = TableStyle(plain=CELL, strong=Style(Face.BOLD, 10, 15), head=Style(Face.SANS, 10, 15))
PAGE = 600.0

TEXT = (
    "专家组一行5人（组长张㛃）听取了汇报；查阅资料（共1,286份），实地考察了“豫州机械”、“李𬴊面业”等4个点：产品质量合格率"
    "为98.5%，亿元GDP投诉率0.45‰，同比下降1.2个百分点（目标≤0.5‰）。《质量强县建设纲要》（GB/T 19001-2016）……"
    "落实到位——尤其是县、乡两级；群众满意度达到92.35％！存在的问题有：①台账不全；②“首席质量官”制度未落实。"
)


def shown(pages_or_strips: list[Page] | Page) -> str:
    """Return every drawn word of pages in order."""
    return "".join(
        mark.text for page in pages_or_strips for _, strip in page for mark in strip.marks if isinstance(mark, Words)
    )


def page_text(page: Page) -> str:
    return shown([page])


def table(rows: list[Row], columns: tuple[Column, ...] = ()) -> Table:
    three = (Column("序号", 0.2, Align.CENTER), Column("说明", 0.6), Column("得分", 0.2, Align.RIGHT))
    return Table(columns or three, tuple(rows))


def laid(*parts: Table | Strip | NewPage) -> list[Page]:
    strips: list[Strip | NewPage] = []
    for part in parts:
        strips += table_strips(part, CELLS, 400, PAGE) if isinstance(part, Table) else [part]
    return paginate(strips, PAGE)


def test_the_header_stands_on_every_page() -> None:
    """A table of 100 rows begins every page with its header and loses no row."""
    pages = laid(table([Row((str(number), f"第{number}项", "1.0")) for number in range(100)]))
    assert len(pages) > 2
    assert all(page_text(page).startswith("序号说明得分") for page in pages)
    assert re.findall(r"第(\d+)项", shown(pages)) == [str(number) for number in range(100)]


def test_a_row_moves_whole() -> None:
    """A row that does not fit what remains begins the next page, with all its lines."""
    pages = laid(Strip(PAGE - 60), table([Row(("1", "短", "1")), Row(("2", "长" * 200, "2"))]))
    assert "长" not in page_text(pages[0])
    assert page_text(pages[1]).count("长") == 200


def test_the_last_row_is_not_left_alone() -> None:
    """Where only the last row would come onto a new page, the one above it goes with it."""
    for count in range(2, 80):
        pages = laid(table([Row((f"【{number}】", "短", "1")) for number in range(count)]))
        assert len(pages) == 1 or page_text(pages[-1]).count("【") > 1


def test_a_row_higher_than_a_page_is_cut() -> None:
    """Its text runs on over the pages, complete, each with the header, and nothing leaves the page."""
    text = "".join(chr(0x4E00 + number) for number in range(2400))
    pages = laid(table([Row(("1", "前", "1")), Row(("2", text, "2")), Row(("3", "后", "3"))]))
    assert len(pages) >= 3
    assert all(page_text(page).startswith("序号说明得分") for page in pages)
    assert text in shown(pages).replace("序号说明得分", "").replace("2", "")
    assert all(top + strip.height <= PAGE + 0.1 for page in pages for top, strip in page)


def test_a_header_higher_than_a_third_of_a_page_is_not_repeated() -> None:
    """A column title of 200 characters in a narrow column does not keep the rows from being set."""
    columns = (Column("题" * 200, 0.1), Column("说明", 0.9))
    pages = laid(table([Row((str(number), f"第{number}项")) for number in range(60)], columns))
    assert shown(pages).count("题") == 200
    assert shown(pages).count("第") == 60


def test_a_total_is_not_alone_on_a_page() -> None:
    """However many rows come before it, the page with the total has a row above the total."""
    for count in range(15, 40):
        rows = [Row((str(number), "项", "1.0")) for number in range(count)]
        pages = laid(table([*rows, Row(("", "合计", "9.0"), Weight.TOTAL)]))
        assert "项" in page_text(pages[-1])


def test_a_heading_is_not_alone_at_the_foot() -> None:
    """A strip that keeps to what follows moves with it, wherever the page ends."""
    heading = Strip(29, (Bookmark(0, "一", 1),), keep=True)
    for used in range(400, 600, 7):
        text = paragraph_strips(TEXT, BODY, 442)
        pages = paginate([Strip(used), heading, *text], PAGE)
        page = next(page for page in pages if any(strip is heading for _, strip in page))
        after = [strip for _, strip in page if strip.height][[s for _, s in page if s.height].index(heading) :]
        assert len(after) >= 3  # heading and two lines


def test_a_new_page_begins_once() -> None:
    """Page breaks at the start, at the end or twice in a row make no empty page."""
    pages = laid(NewPage(), Strip(10), NewPage(), NewPage(), Strip(10), NewPage())
    assert len(pages) == 2


def test_a_narrow_column_takes_room_for_its_numbers() -> None:
    """A share of 1 % still gives a column its widest number, and the widths add up to the table's."""
    columns = (Column("得分", 0.01, Align.RIGHT), Column("说明", 0.99))
    widths = column_widths(table([Row(("100.00", "说明" * 50))], columns), CELLS, 400)
    assert widths[0] >= CELLS.strong.width("100.00")
    assert sum(widths) == pytest.approx(400)




def test_a_table_to_write_in_has_rows_of_the_height_asked_for() -> None:
    """Empty rows are as high as asked, and a row whose text needs more is higher."""
    table = Table((Column("", 1.0),), (Row(("",)), Row(("字" * 200,))), height=9.5)
    empty, full, _ = table_strips(table, CELLS, 200, PAGE)
    assert empty.height == pytest.approx(9.5 * MM)
    assert full.height > empty.height


def item_rows(count: int, lines: int) -> list[Row]:
    return [Row((f"【{number}】", "长" * 23 * lines, "1")) for number in range(count)]


def test_a_high_row_is_cut_rather_than_leave_a_hole() -> None:
    """At every place of the page a table of high rows leaves at most a tenth of it and three lines empty."""
    for used in range(0, 400, 29):
        pages = laid(Strip(used), table(item_rows(9, 11)))
        for page in pages[:-1]:
            assert max(top + strip.height for top, strip in page) > 0.9 * PAGE - 3.5 * CELL.leading
        assert shown(pages).count("长") == 9 * 23 * 11


def test_a_row_that_goes_on_says_which_it_is() -> None:
    """The number of a row that was cut stands again beside its first line on the next page."""
    pages = laid(Strip(PAGE - 150), table(item_rows(1, 30)))
    assert len(pages) > 1
    assert all("【0】" in page_text(page) for page in pages)


def test_a_subtotal_is_never_parted_from_a_high_row() -> None:
    """However high the row above it, lines of that row stand on the page of the subtotal."""
    for lines in range(1, 45):
        pages = laid(Strip(90), table([*item_rows(1, lines), Row(("", "小计", "9.0"), Weight.SUBTOTAL)]))
        (page,) = [page for page in pages if "小计" in page_text(page)]
        assert "长" in page_text(page)


def test_one_low_row_is_not_left_alone_below_its_heading() -> None:
    """Where only the first row would stay behind, it goes with the second."""
    for used in range(300, 600, 5):
        pages = laid(Strip(used), table([Row((f"【{number}】", "短", "1")) for number in range(6)]))
        assert page_text(pages[0]).count("【") != 1
