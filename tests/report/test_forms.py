"""Claims about what is filled in by hand, checked on the marks themselves, without a PDF."""

from __future__ import annotations

import pytest

from inspection_app.core.document import Boxes, Card, Cards, Cell, Document, Facts, Form, FormRow, Large, Paragraph
from inspection_app.report.forms import (
    BOX,
    QR_SIZE,
    card_strips,
    facts_strips,
    form_strips,
    large_strips,
    qr_matrix,
)
from inspection_app.report.page_flow import Strip
from inspection_app.report.pdf import lay_out
from inspection_app.report.typesetting import MM, Fill, Mark, Rule, Words

WIDTH = 480.0
DIGEST = "7e8a98f1dc068bc2df2d333863c967d3e97bbf4572a84701679e7a1eaa14e935"


def marks(strips: list[Strip]) -> list[Mark]:
    return [mark for strip in strips for mark in strip.marks]


def shown(strips: list[Strip]) -> str:
    return "".join(mark.text for mark in marks(strips) if isinstance(mark, Words))


def within(strips: list[Strip]) -> bool:
    """Say whether nothing leaves the width."""
    rights = [mark.x + mark.width if isinstance(mark, Fill) else mark.x2 for mark in marks(strips)
              if isinstance(mark, Fill | Rule)]  # fmt: skip
    return max(rights) <= WIDTH + 0.1


def test_rows_of_a_form_have_cells_of_their_own_widths() -> None:
    """A row's shares need not add up to one and do not depend on the row above."""
    rows = (FormRow((Cell("甲", 1), Cell("乙", 3))), FormRow((Cell("丙", 1), Cell("丁", 1))))
    strips = form_strips(Form(rows), WIDTH)
    upright = [{mark.x1 for mark in strip.marks if isinstance(mark, Rule) and mark.x1 == mark.x2} for strip in strips]
    assert upright[:2] == [{0, 120, WIDTH}, {0, 240, WIDTH}]


def test_a_form_is_not_cut_unless_it_is_higher_than_a_page() -> None:
    """Below text it moves to the next page whole; higher than a page, it goes on over pages with every word."""
    rows = tuple(FormRow((Cell(f"第{number}行"),), height=20) for number in range(6))
    for count in range(8, 22):
        pages = lay_out(Document("题", "", "", (*[Paragraph("段落。")] * count, Form(rows))))
        texts = ["".join(m.text for _, s in page for m in s.marks if isinstance(m, Words)) for page in pages]
        assert sum("第0行" in text and "第5行" in text for text in texts) == 1
    long = lay_out(Document("题", "", "", (Form((FormRow((Cell("字" * 3000),)),)),)))
    assert sum(m.text.count("字") for page in long for _, s in page for m in s.marks if isinstance(m, Words)) == 3000
    assert len(long) > 1


def test_room_to_write_is_ruled_evenly() -> None:
    """A ruled cell has a line about every 8.5 mm and none on its edges; a cell that is not ruled has none."""
    (ruled, _) = form_strips(Form((FormRow((Cell("说明", label=True), Cell(ruled=True)), height=34),)), WIDTH)
    lines = [m for m in ruled.marks if isinstance(m, Rule) and m.y1 == m.y2 and 0 < m.y1 < ruled.height]
    assert [round(line.y1 / MM, 1) for line in lines] == [8.5, 17.0, 25.5]
    assert min(line.x1 for line in lines) > WIDTH / 2


def test_short_facts_share_a_row_and_long_ones_do_not() -> None:
    """Two short values stand side by side; a long one has the whole width."""
    strips = facts_strips(Facts((("姓名", "甲"), ("职责", "乙"), ("说明", "长" * 60), ("单位", "丙"))), WIDTH)
    assert [shown([strip])[:4] for strip in strips[:-1]] == ["姓名甲职", "说明长长", "单位丙"]


def test_a_qr_code_is_drawn_module_by_module() -> None:
    """What is dark on paper is exactly what is dark in the code, with white on all sides as wide as four modules."""
    (strip,) = large_strips(Large("3833 2469", "名单编码", DIGEST), WIDTH)
    fills = [mark for mark in strip.marks if isinstance(mark, Fill)]
    left, top, matrix = min(f.x for f in fills), min(f.y for f in fills), qr_matrix(DIGEST)
    module = QR_SIZE / len(matrix)
    drawn = {
        (round((fill.y - top) / module), round((fill.x - left) / module) + step)
        for fill in fills
        for step in range(round(fill.width / module))
    }
    assert drawn == {(y, x) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
    assert max(m.x + len(m.text) * m.size for m in strip.marks if isinstance(m, Words) and m.size < 20) < left
    assert within([strip])
    finder = [[x in (0, 6) or y in (0, 6) or (1 < x < 5 and 1 < y < 5) for x in range(7)] for y in range(7)]
    assert [row[:7] for row in matrix[:7]] == finder


def test_large_type_shrinks_to_its_room() -> None:
    """A long text in large type stays on one line and on the paper."""
    (strip,) = large_strips(Large("1234 5678 1234 5678 1234 5678", qr=DIGEST), WIDTH)
    (words,) = {mark.size for mark in strip.marks if isinstance(mark, Words)}
    assert words < 54
    assert shown([strip]) == "1234 5678 1234 5678 1234 5678"


def test_a_card_has_its_boxes_and_lines_to_cut_along() -> None:
    """Eight boxes a row with the code's digits in the first ones; a broken line above, between and below the cards."""
    card = Card("卡片", "组长", (Boxes("编码", 8, "3833"), Boxes("数字", 8, note="至少4位")), ("姓名", "签名"), "扣放。")
    strips = card_strips(Cards((card, card)), WIDTH)
    assert shown(strips) == 2 * "卡片组长编码3833数字至少4位姓名：签名：扣放。"
    assert within(strips)
    first = strips[1]
    upright = [m for m in first.marks if isinstance(m, Rule) and m.x1 == m.x2]
    assert {round(m.y2 - m.y1, 3) for m in upright} == {round(BOX, 3)}
    assert len(upright) == 2 * 2 * 8
    for strip, y in ((strips[0], 0), (first, first.height), (strips[2], strips[2].height)):
        dashes = [m for m in strip.marks if isinstance(m, Rule) and m.y1 == m.y2 == y]
        assert sum(m.x2 - m.x1 for m in dashes) == pytest.approx(WIDTH * 5 / 8, rel=0.02)
