"""Claims about the PDF file, read back with pypdf."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from pypdf import PdfReader

from inspection_app.core.document import (
    Align,
    Boxes,
    Card,
    Cards,
    Cell,
    Column,
    Document,
    Facts,
    Form,
    FormRow,
    Heading,
    Large,
    PageBreak,
    Paragraph,
    Row,
    Signatures,
    Table,
    Weight,
)
from inspection_app.report.pdf import (
    FOLIO_GAP,
    FORM,
    HEIGHT,
    OFFICIAL,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    lay_out,
    missing_characters,
    render_pdf,
)
from inspection_app.report.typesetting import Fill, Words

CREATED = datetime(2026, 4, 6, 18, 0, tzinfo=timezone(timedelta(hours=8)))

DOCUMENT = Document(
    title="豫州县创建河南省质量强县现场验收报告",
    subtitle="（内部资料）",
    date="2026年4月6日",
    marking="内部资料　注意保存",
    imprint=("记录摘要 9f86d081884c7d65",),
    blocks=(
        Heading("一、基本情况"),
        Facts((("申报单位", "豫州县人民政府"), ("组长", "张㛃"), ("考察点", "李𬴊面业；" * 20))),
        Paragraph("产品质量合格率为98.5%，亿元GDP投诉率0.45‰。" * 4),
        Heading("（一）逐项得分", 2),
        Table(
            (Column("序号", 0.1, Align.CENTER), Column("说明", 0.7), Column("得分", 0.2, Align.RIGHT)),
            (
                *(Row((str(number), f"第{number}项：制度健全，台账完整。", "4.50")) for number in range(1, 41)),
                Row(("", "小计", "80.00"), Weight.SUBTOTAL),
                Row(("", "合计", "92.35"), Weight.TOTAL),
            ),
            "表1　逐项得分",
        ),
        Paragraph("注：得分为合议后的定分。", small=True),
        PageBreak(),
        Heading("1.签字", 3),
        Paragraph("以上内容经专家组确认。"),
        Signatures((("组长", "张㛃"), ("专家", "王䶮"), ("申报单位代表", ""))),
    ),
)


@cache
def rendered() -> bytes:
    return render_pdf(DOCUMENT, CREATED)


def reader(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    """Return a PDF's text without white space, which depends on where lines end."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in reader(content).pages))


def small(*blocks: object, **changes: object) -> Document:
    return Document(title="题", subtitle="", date="", blocks=blocks, **changes)  # type: ignore[arg-type]


def test_equal_documents_give_equal_bytes() -> None:
    """A second rendering is identical byte for byte, and another date is another file."""
    assert render_pdf(DOCUMENT, CREATED) == rendered()
    assert render_pdf(DOCUMENT, CREATED + timedelta(days=1)) != rendered()


def test_a_date_without_zone_is_refused() -> None:
    """A naive date would make the file depend on the machine's time zone."""
    with pytest.raises(ValueError, match="time zone"):
        render_pdf(DOCUMENT, CREATED.replace(tzinfo=None))


def test_every_word_can_be_read_back() -> None:
    """Title, marking, facts, every row, totals, notes, signers and imprint are in the file's text."""
    text = text_of(rendered())
    for words in (DOCUMENT.title, "内部资料注意保存", "2026年4月6日", "表1逐项得分", "合计92.35", "小计80.00"):
        assert words in text
    for words in (
        "98.5%",
        "0.45‰",
        "李𬴊面业；" * 3,
        "注：得分为合议后的定分。",
        "专家（王䶮）：",
        "申报单位代表：",
        "9f86d081884c7d65",
    ):
        assert words in text
    for number in range(1, 41):
        assert f"第{number}项：制度健全，台账完整。" in text


def test_rare_characters_are_embedded() -> None:
    """㛃 䶮 𬴊 are in the text and every font of the file is embedded with a way back to Unicode."""
    document = reader(rendered())
    assert all(rare in text_of(rendered()) for rare in "㛃䶮𬴊")
    fonts = [font.get_object() for page in document.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        assert "/ToUnicode" in font
        assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]


def test_a_character_without_glyph_is_reported() -> None:
    """〓 stands in its place, the imprint names its code point, and the caller can ask beforehand."""
    document = small(Table((Column("姓名", 1.0),), (Row(("张\ue123",)),)))
    assert missing_characters(document) == ("\ue123",)
    text = text_of(render_pdf(document, CREATED))
    assert "张〓" in text
    assert "U+E123" in text
    assert missing_characters(DOCUMENT) == ()


def test_missing_characters_are_looked_for_everywhere() -> None:
    """No part of a document is left out of the search."""
    bad = "\ue001"
    for document in (
        Document(bad, "", "", ()),
        Document("", bad, "", ()),
        Document("", "", bad, ()),
        small(marking=bad),
        small(imprint=(bad,)),
        small(running=bad),
        small(Form((FormRow((Cell(bad),)),))),
        small(Large(bad)),
        small(Large("", bad)),
        small(Cards((Card(bad, "", (), (), ""),))),
        small(Cards((Card("", bad, (), (), ""),))),
        small(Cards((Card("", "", (Boxes(bad, 1),), (), ""),))),
        small(Cards((Card("", "", (Boxes("", 1, bad),), (), ""),))),
        small(Cards((Card("", "", (Boxes("", 1, "", bad),), (), ""),))),
        small(Cards((Card("", "", (), (bad,), ""),))),
        small(Cards((Card("", "", (), (), bad),))),
        small(Heading(bad)),
        small(Paragraph(bad)),
        small(Facts((("", bad),))),
        small(Signatures(((bad, ""),))),
        small(Table((Column(bad, 1.0),), ())),
        small(Table((Column("", 1.0),), (Row((bad,)),))),
        small(Table((Column("", 1.0),), (), bad)),
    ):
        assert missing_characters(document) == (bad,)


def test_page_numbers_stand_outside() -> None:
    """Pages are numbered — 1 — from one, odd ones at the right and even ones at the left."""
    document = reader(rendered())
    assert len(document.pages) >= 3
    for number, page in enumerate(document.pages, 1):
        found: list[float] = []

        def seen(text: str, _ctm: object, matrix: list[float], *_: object, found: list[float] = found) -> None:
            if text.strip().startswith("—"):
                found.append(matrix[4])

        words = page.extract_text(visitor_text=seen)
        assert re.search(rf"—\s*{number}\s*—", words)
        assert (max(found) > PAGE_WIDTH / 2) is (number % 2 == 1)


def test_a_form_is_set_smaller_and_wider_than_a_document() -> None:
    """The same text needs fewer pages as a form, and stays on the paper."""
    blocks = [Paragraph("产品质量合格率为98.5%。" * 30)] * 12
    document, form = small(*blocks), small(*blocks, form=True)
    assert len(lay_out(form)) < len(lay_out(document))
    assert FORM.left + FORM.width < PAGE_WIDTH
    assert FORM.top + FORM.height + FOLIO_GAP + 14 < PAGE_HEIGHT
    for format_ in (FORM, OFFICIAL):  # a full line is squeezed by less than a hair
        assert format_.characters * format_.body.size == pytest.approx(format_.width, rel=0.02)


def test_the_running_foot_counts_all_pages() -> None:
    """Leaves that get mixed tell whose they are and how many there are; a single one needs no number."""
    pages = reader(render_pdf(small(PageBreak(), Paragraph("二"), running="清溪县　评分表"), CREATED)).pages
    feet = ["".join(page.extract_text().split())[-13:] for page in pages]
    assert [foot.endswith(f"评分表第{number}页共2页") for number, foot in enumerate(feet, 1)] == [True, True]
    assert text_of(render_pdf(small(running="清溪县"), CREATED)) == "题清溪县"
    assert text_of(render_pdf(small(form=True), CREATED)) == "题"


def test_several_documents_are_one_file() -> None:
    """Each begins a page of its own and counts from one; the first one names the file."""
    first, second = small(Paragraph("甲"), PageBreak(), Paragraph("乙")), Document("另题", "", "", ())
    document = reader(render_pdf([first, second], CREATED))
    assert ["".join(page.extract_text().split()) for page in document.pages] == ["题甲—1—", "乙—2—", "另题—1—"]
    assert document.metadata is not None
    assert document.metadata.title == "题"


def test_page_size_language_and_title() -> None:
    """The file is A4, says that it is Chinese, and bears the title and the date it was given."""
    document = reader(rendered())
    box = document.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)
    assert document.trailer["/Root"]["/Lang"] == "zh-CN"
    assert document.metadata is not None
    assert document.metadata.title == DOCUMENT.title
    assert document.metadata.creation_date == CREATED


def test_headings_are_bookmarks() -> None:
    """The outline lists the headings with their levels."""
    first, nested = reader(rendered()).outline
    assert first.title == "一、基本情况"
    assert [entry.title for entry in flat(nested)] == ["（一）逐项得分", "1.签字"]


def flat(entries: list) -> list:
    return [leaf for entry in entries for leaf in (flat(entry) if isinstance(entry, list) else [entry])]


def test_the_imprint_is_at_the_foot_of_the_last_page() -> None:
    """The imprint ends where the text area ends, also where it needs a page of its own."""
    for count in (1, 21, 22, 23):
        pages = lay_out(small(*[Paragraph("段落。")] * count, imprint=("甲", "乙")))
        bottom = max(top + strip.height for top, strip in pages[-1])
        assert bottom == pytest.approx(HEIGHT)
        assert all(
            "甲" not in mark.text for page in pages[:-1] for _, s in page for mark in s.marks if isinstance(mark, Words)
        )


def test_a_long_imprint_goes_on_over_pages() -> None:
    """Nothing of an imprint higher than a page leaves the paper."""
    pages = lay_out(small(imprint=("字" * 9000,)))
    marks = [mark for page in pages for _, strip in page for mark in strip.marks if isinstance(mark, Words)]
    assert "".join(mark.text for mark in marks).count("字") == 9000
    assert max(top + strip.height for page in pages for top, strip in page) <= HEIGHT + 0.1


def test_signatures_are_not_parted_from_their_text() -> None:
    """Wherever the page ends, the page with the signatures has the sentence above them."""
    for count in range(10, 22):
        blocks = [*[Paragraph("段落。")] * count, Paragraph("以上确认。"), Signatures((("组长", ""), ("专家", "")))]
        pages = lay_out(small(*blocks))
        texts = ["".join(m.text for _, s in page for m in s.marks if isinstance(m, Words)) for page in pages]
        (page,) = [text for text in texts if "组长：" in text]
        assert "以上确认。" in page
        assert "专家：" in page


def test_totals_stand_out() -> None:
    """A total row is shaded and bold; a plain row is neither."""
    table = Table((Column("项", 1.0),), (Row(("甲",)), Row(("合计",), Weight.TOTAL)))
    strips = [strip for _, strip in lay_out(small(table))[0]]

    def row(text: str) -> tuple[str, bool]:
        (strip,) = [s for s in strips if any(isinstance(m, Words) and m.text == text for m in s.marks)]
        (face,) = [m.face.value for m in strip.marks if isinstance(m, Words)]
        return face, any(isinstance(mark, Fill) for mark in strip.marks)

    assert row("甲") == ("serif", False)
    assert row("合计") == ("serif-bold", True)


def test_an_empty_document_is_one_page() -> None:
    """A document without blocks is still a page with its title."""
    content = render_pdf(small(), datetime(2026, 1, 1, tzinfo=UTC))
    assert len(reader(content).pages) == 1
    assert "题" in text_of(content)


def test_each_font_travels_with_its_licence() -> None:
    """The licence texts lie beside the fonts, and the Kai does not bear the reserved name."""
    fonts = resources.files("inspection_app.report") / "fonts"
    for name in ("OFL-noto.txt", "OFL-lxgw-wenkai.txt"):
        assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / name).read_text("utf-8")
    fonts_used = {
        font.get_object()["/BaseFont"]
        for page in reader(rendered()).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert any("InspectionKai" in name for name in fonts_used)


def test_a_title_is_broken_where_its_name_begins() -> None:
    """A line feed breaks a title that does not stand on one line, and is nothing in one that does."""

    def first_line(title: str) -> str:
        strips = [strip for _, strip in lay_out(small_titled(title))[0] if strip.marks]
        return "".join(mark.text for mark in strips[0].marks if isinstance(mark, Words))

    assert first_line("云岭县人民政府\n现场验收报告") == "云岭县人民政府现场验收报告"
    assert first_line("苏州市吴江区震泽镇人民政府\n现场验收反馈意见") == "苏州市吴江区震泽镇人民政府"
    metadata = reader(render_pdf(small_titled("云岭县\n现场验收报告"), CREATED)).metadata
    assert metadata is not None
    assert metadata.title == "云岭县现场验收报告"


def small_titled(title: str) -> Document:
    return Document(title=title, subtitle="", date="", blocks=())


@pytest.mark.skipif(
    not shutil.which("pdftotext") and os.environ.get("CI") != "true", reason="needs poppler's pdftotext"
)
def test_closed_up_punctuation_is_read_with_its_word(tmp_path: Path) -> None:
    """》， and ”、“ come back in one line, although the marks are set closer than their boxes."""
    path = tmp_path / "marks.pdf"
    path.write_bytes(render_pdf(small(Paragraph("按照《规划》，在“质量”、“标准”（（试行））方面")), CREATED))
    told = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert "按照《规划》，在“质量”、“标准”（（试行））方面" in told


def test_more_rows_than_a_page_stand_closer_where_that_spares_one() -> None:
    """A small table that would leave a few rows for another page is set closer; a much longer one is not."""

    def pages(rows: int) -> list[set[float]]:
        columns = (Column("项", 0.5), Column("分", 0.5))
        table = Table(columns, tuple(Row((str(number), "1")) for number in range(rows)), small=True)
        return [{strip.height for _, strip in page} for page in lay_out(small(table))]

    (few,), (spared,), [first, second] = pages(10), pages(37), pages(60)
    (roomy,) = second - {0}
    assert roomy in few & first
    assert roomy not in spared
