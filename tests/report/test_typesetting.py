"""Claims about lines and glyphs, checked on the marks themselves, without a PDF."""

from __future__ import annotations

import doctest
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app.core.document import Align
from inspection_app.report import typesetting
from inspection_app.report.page_flow import (
    TableStyle,
)
from inspection_app.report.typesetting import (
    NO_END,
    NO_START,
    Face,
    Style,
    balanced_lines,
    break_lines,
    glyph,
    missing_from,
    set_line,
    visible,
)

BODY = Style(Face.SERIF, 16, 29)
CELL = Style(Face.SERIF, 10, 15)
CELLS = TableStyle(plain=CELL, strong=Style(Face.BOLD, 10, 15), head=Style(Face.SANS, 10, 15))
PAGE = 600.0

TEXT = (
    "专家组一行5人（组长张㛃）听取了汇报；查阅资料（共1,286份），实地考察了“豫州机械”、“李𬴊面业”等4个点：产品质量合格率"
    "为98.5%，亿元GDP投诉率0.45‰，同比下降1.2个百分点（目标≤0.5‰）。《质量强县建设纲要》（GB/T 19001-2016）……"
    "落实到位——尤其是县、乡两级；群众满意度达到92.35％！存在的问题有：①台账不全；②“首席质量官”制度未落实。"
)


@pytest.mark.parametrize("characters", range(10, 31))
def test_no_line_begins_or_ends_with_forbidden_punctuation(characters: int) -> None:
    """At every measure from 10 to 30 characters no line starts on ，。；） … or ends on （ “ 《."""
    lines = break_lines(TEXT * 3, BODY, characters * BODY.size)
    assert len(lines) > 3
    assert not [line.text for line in lines[1:] if line.text[0] in NO_START]
    assert not [line.text for line in lines[:-1] if line.text[-1] in NO_END]


@pytest.mark.parametrize("characters", range(10, 31))
def test_numbers_words_and_units_are_not_cut(characters: int) -> None:
    """1,286, 98.5%, 0.45‰, ≤0.5‰, 92.35％ and GDP always stand whole on one line; —— and …… too."""
    lines = [line.text for line in break_lines(TEXT * 3, BODY, characters * BODY.size)]
    for whole in ("1,286", "98.5%", "0.45‰", "≤0.5‰", "92.35％", "19001-2016", "GDP", "——", "……"):
        assert sum(line.count(whole) for line in lines) == 3, whole


def test_a_piece_longer_than_a_line_is_cut() -> None:
    """A digest wider than its column is cut between characters and nothing of it is lost."""
    digest = "9f86d081884c7d659a2feaa0c55ad015" * 2
    lines = break_lines(f"摘要{digest}。", CELL, 80)
    assert "".join(line.text for line in lines) == f"摘要{digest}。"
    assert all(CELL.width(line.text) <= 80 + CELL.size for line in lines)


def test_a_cut_word_is_not_followed_by_lonely_punctuation() -> None:
    """However the digest falls, the full stop after it never stands alone on the last line."""
    for digits in range(16, 64):
        assert CELL.width("a" * digits) > 80
        lines = break_lines("a" * digits + "。", CELL, 80)
        assert lines[-1].text != "。"


def test_a_number_stays_whole_where_its_punctuation_does_not_fit() -> None:
    """In a column of four characters 0.45‰ is on one line, though its brackets are not."""
    assert [line.text for line in break_lines("（0.45‰）；", CELL, 40)] == ["（0.45‰", "）；"]


def test_a_column_narrower_than_a_character_still_ends() -> None:
    """Each character gets a line of its own where none fits."""
    assert [line.text for line in break_lines("签号12", CELL, 3)] == ["签", "号", "1", "2"]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="质量强县，。；（）“”《》 0123.%‰GDP\n…—①", max_size=120), st.floats(8, 30))
def test_breaking_loses_nothing_and_fits(text: str, characters: float) -> None:
    """All but spaces comes back in order, and no line is wider than the measure unless it could not be broken."""
    width = characters * CELL.size
    lines = break_lines(text, CELL, width)
    assert re.sub(r"\s", "", "".join(line.text for line in lines)) == re.sub(r"\s", "", visible(text))
    for line in lines:
        assert line.width - CELL.blank(line.text) <= width + 0.1


def test_full_lines_end_at_the_right_edge() -> None:
    """Flush lines end within a tenth of a point of the edge, and numbers in them are not spread."""
    lines = break_lines(TEXT.replace("（GB/T 19001-2016）", ""), BODY, 28 * BODY.size)
    assert len(lines) > 4
    for line in lines[:-1]:
        words = set_line(line, 0, 0, BODY, 442.2, flush=True)
        last = words[-1]
        end = last.x + BODY.width(last.text) + last.spacing * (len(last.text) - 1) - BODY.blank(last.text)
        assert abs(end - 442.2) < 0.1
        assert all(one.spacing == 0 for one in words if one.text[0].isascii())


def test_alignment() -> None:
    """A short text stands at the left, in the middle or at the right of its width."""
    (line,) = break_lines("4.83", CELL, 100)
    lefts = [set_line(line, 10, 0, CELL, 100, align)[0].x for align in Align]
    assert lefts == pytest.approx([10, 10 + (100 - line.width) / 2, 110 - line.width])


def test_digits_are_equally_wide() -> None:
    """Points stand in columns: every digit of every face has the same advance."""
    for face in Face:
        assert len({glyph(digit, face).advance for digit in "0123456789"}) == 1


def test_adjoining_punctuation_closes_up() -> None:
    """Of two full-width marks one gives up its empty half: 》， takes one and a half characters."""
    assert BODY.width("》，") == 1.5 * BODY.size
    assert BODY.width("（《") == 1.5 * BODY.size
    assert BODY.width("县，") == 2 * BODY.size


def test_a_title_is_broken_into_equal_lines() -> None:
    """A title too long for one line becomes two of about the same length, not one and a stump."""
    title = Style(Face.BOLD, 22, 34)
    first, second = balanced_lines("豫州县创建河南省质量强县（市、区）现场验收报告", title, 442)
    assert abs(first.width - second.width) < 3 * title.size


def test_another_face_lends_what_one_lacks() -> None:
    """䶮 in a face without it comes from the serif, and is reported as present."""
    rare = chr(0x3400)  # in GB 18030, neither in GB 2312 nor in the general-use table
    assert glyph("县", Face.KAI).face is Face.KAI
    assert glyph(rare, Face.KAI).face is Face.SERIF
    assert not glyph(rare, Face.KAI).missing
    (line,) = break_lines(f"县{rare}县", Style(Face.SANS, 10, 15), 100)
    words = set_line(line, 0, 0, Style(Face.SANS, 10, 15), 100)
    assert [(one.text, one.face) for one in words] == [("县", Face.SANS), (rare, Face.SERIF), ("县", Face.SANS)]


def test_what_no_font_has_is_drawn_and_reported() -> None:
    """A private-use character becomes 〓 and is named; invisible characters are neither drawn nor named."""
    (line,) = break_lines("张\ue123\u200b", CELL, 100)
    assert "".join(one.text for one in set_line(line, 0, 0, CELL, 100)) == "张〓"
    assert missing_from("张\ue123\u200b\n\t") == {"\ue123"}


@pytest.mark.parametrize("face", Face)
def test_every_general_character_is_in_every_face(face: Face) -> None:
    """Each face has all ideographs of GB 2312 and the three rare ones of the issue itself."""
    rows = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    for char in "".join(row.decode("gb2312", "ignore") for row in rows) + "㛃䶮𬴊":
        assert glyph(char, face).face is face.stand_in, char


def test_the_serif_has_gbk_and_the_symbols_of_forms() -> None:
    """Nothing of GBK is missing, nor the signs that forms and figures need."""
    rows = (bytes([high, low]) for high in range(0x81, 0xFE) for low in range(0x40, 0xFF) if low != 0x7F)
    gbk = "".join(row.decode("gbk", "ignore") for row in rows)
    symbols = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳‰％№□☐☑☒✓─│≥≤×÷½→←↑↓㎡℃"
    assert missing_from(gbk + symbols) == set()


def test_the_examples_in_the_module_hold() -> None:
    """Every doctest of the module passes."""
    results = doctest.testmod(typesetting)
    assert results.attempted
    assert not results.failed


def test_a_box_to_tick_stays_with_its_word_and_a_blank_is_not_cut() -> None:
    """However narrow the column, no line ends with a box, and a blank to fill in stands on one line."""
    for width in range(30, 120, 3):
        lines = [line.text for line in break_lines("□达到2　□部分1　□未达0 数据：＿＿＿‰", CELL, width)]
        assert [line for line in lines if line.endswith("□") and line != "□"] == []
        assert sum("＿" in line for line in lines) == 1
