"""Declarations and codes: each person's own."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from inspection_app.core.document import Large
from inspection_app.core.papers.people import PersonalCard, declarations, personal_cards
from inspection_app.report.pdf import lay_out, render_pdf
from tests.core.papers.conftest import AT, EXPERT, MEMBERS, SECRETARY, VISIT, said

HUB = "http://192.168.137.1:8501"
SLUG = "%E6%B8%85%E6%BA%AA%E5%8E%BF%E4%BA%BA%E6%B0%91%E6%94%BF%E5%BA%9C-2026-05-12"
CODES = ("7KQ4-PX2M", "8MR5-QY3N", "9NS6-RZ4P")
CARDS = [
    PersonalCard(member, code, f"{HUB}/join/{SLUG}/{code}") for member, code in zip(MEMBERS, CODES, strict=True)
]


def test_declarations_are_the_members_own() -> None:
    """Conflicts and confidence with the member's name; only those who score promise to score independently."""
    expert, secretary = (said(declarations(VISIT, member)) for member in (EXPERT, SECRETARY))
    assert all(words in expert for words in ("江晚舟", "一、回避声明", "二、保密承诺", "清溪县人民政府", "□没有上述情形"))
    assert "独立评分" in expert
    assert "独立评分" not in secretary


def test_everybody_has_a_card_of_their_own() -> None:
    """Name, role and visit, for the cards are cut apart; the code in large type; the address to type."""
    text = said(personal_cards(VISIT, CARDS, HUB))
    assert [
        text.index(f"{name}　{role}　　清溪县人民政府现场验收")
        for name, role in (("章北川", "组长"), ("江晚舟", "专家"), ("高知微", "秘书"))
    ] == sorted(text.index(member.name) for member in MEMBERS)
    blocks = [block for block in personal_cards(VISIT, CARDS, HUB).blocks if isinstance(block, Large)]
    assert [(block.text, block.qr) for block in blocks] == [(card.code, card.link) for card in CARDS]
    assert all(f"{HUB} ，输入登录码" in block.note for block in blocks)


def test_without_an_address_there_is_room_for_it() -> None:
    """A QR code that leads nowhere would only be tried; the code can be typed when the secretary knows the address."""
    document = personal_cards(VISIT, [PersonalCard(EXPERT, "8MR5-QY3N")])
    (block,) = [block for block in document.blocks if isinstance(block, Large)]
    assert (block.text, block.qr) == ("8MR5-QY3N", "")
    assert "打开 ＿＿＿＿" in block.note
    assert "扫" not in block.note


def test_the_largest_panel_fits_four_pages() -> None:
    """Four cards a page, each of them whole: fifteen who score and the secretary."""
    pages = lay_out(personal_cards(VISIT, [*CARDS, CARDS[0]] * 4, HUB))
    assert len(pages) == 4


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="needs poppler's pdftoppm")
def test_the_qr_codes_are_read_from_the_rendered_page(tmp_path: Path) -> None:
    """At 120 dots an inch, as a bad print: each card's own link, in the order of the cards."""
    path = tmp_path / "cards.pdf"
    path.write_bytes(render_pdf(personal_cards(VISIT, CARDS, HUB), AT))
    done = subprocess.run(["pdftoppm", "-r", "120", "-gray", "-png", str(path)], capture_output=True, check=True)
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(done.stdout)))
    found.sort(key=lambda code: code.position.top_left.y)
    assert [code.text for code in found] == [card.link for card in CARDS]
