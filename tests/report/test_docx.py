"""Documents as Word files: real styles, accessible tables and pictures, an office's own template, nothing that acts."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from docx import Document as open_document
from PIL import Image

from inspection_app.core.document import (
    Align,
    Bar,
    Block,
    Boxes,
    Card,
    Cards,
    Cell,
    Chart,
    Code,
    Column,
    Contents,
    Document,
    Facts,
    Fine,
    Form,
    FormRow,
    Heading,
    Large,
    PageBreak,
    Paragraph,
    Picture,
    Row,
    Signatures,
    Table,
    Weight,
)
from inspection_app.errors import InspectionError
from inspection_app.report.archive import packed, unpacked
from inspection_app.report.docx import render_docx
from inspection_app.report.docx_template import check_template, shipped_template
from tests.office import converted
from tests.report.make_template import TEMPLATE, parts

NOW = datetime.fromisoformat("2026-05-13T18:30:00+08:00")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DESCRIPTION = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"


def photo(size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(out, "JPEG")
    return out.getvalue()


TABLE = Table(
    (Column("序号", 0.2, Align.CENTER), Column("考核项", 0.6), Column("得分", 0.2, Align.RIGHT)),
    (Row(("1", "领导机构", "1.50")), Row(("", "小计", "1.50"), Weight.SUBTOTAL)), caption="表1　得分",
)  # fmt: skip
BLOCKS: tuple[Block, ...] = (
    Contents("目　录"), PageBreak(), Heading("一、总体评价"), Paragraph("清溪县人民政府：", indent=False),
    Paragraph("机构健全。"), Paragraph("说明文字。", small=True), Paragraph("（稍停）", aside=True),
    Heading("（一）专家组", 2), TABLE, Facts((("申报单位", "清溪县人民政府"), ("类别", "县"))), Heading("1. 图表", 3),
    Chart("图1　得分率", (Bar("一、组织领导", "75.0%", Decimal("0.75"), (Decimal("0.5"), Decimal("0.5")), Decimal("0.6")),
                     Bar("二、保障", "未评")), "横条为得分率。"),
    Picture(photo(), "图2　现场", "会议室里的宣传栏"), Picture(b"no photo", "图3　坏文件", "无"), Picture(photo((30, 90)), "", "长图"),
    Code("visit 1\nlog ab", ("编号 1", "末值 ab"), "本报告的编号"), Signatures((("组长", "章北川"), ("专家", ""))),
    Form((FormRow((Cell("日期", label=True), Cell(share=3))), FormRow((Cell("内容", 1, label=True), Cell("", 1), Cell("", 2)), 20))),
    Fine(("甲", "乙", "丙"), 2), Large("1234 5678", "名单编码", "12345678"),
    Cards((Card("随机数字", "申报单位", (Boxes("数字", 4, "12"),), ("签名",), "写好后面朝下放置。"),)),
)  # fmt: skip
DOCUMENT = Document("现场验收报告", "小细则", "2026年5月13日", BLOCKS, "内部资料　注意保存", ("记录链末值：abc",), subject="现场验收报告",
                    keywords=("visit v1", "log abc"))  # fmt: skip


def opened(content: bytes) -> Any:
    return open_document(io.BytesIO(content))


def text_of(content: bytes) -> str:
    """All text of all parts, header and description included."""
    texts = [part.decode() for name, part in unpacked(content).items() if name.endswith(".xml")]
    return "\n".join(unescape("".join(re.findall(r">([^<]*)<", text))) for text in texts)


@pytest.fixture(scope="module")
def whole() -> bytes:
    return render_docx(DOCUMENT, NOW)


def test_the_shipped_template_is_the_made_one() -> None:
    """The template in the package is what its script makes of the styles, byte for byte, and it can be used."""
    assert TEMPLATE.read_bytes() == packed(parts()) == shipped_template()
    check_template(shipped_template())


def test_every_block_comes_in_words_own_styles(whole: bytes) -> None:
    """Headings are headings, text is 正文, each in the order of the document; captions and notes have styles, too."""
    styled = [(one.style.name, one.text) for one in opened(whole).paragraphs if one.text]
    assert ("Title", "现场验收报告") in styled
    wanted = [
        ("Heading 1", "一、总体评价"), ("Salutation", "清溪县人民政府："), ("Normal", "机构健全。"), ("说明", "说明文字。"),
        ("提示", "（稍停）"), ("Heading 2", "（一）专家组"), ("Caption", "表1　得分"), ("Heading 3", "1. 图表"),
        ("Caption", "图1　得分率"),
    ]  # fmt: skip
    assert [pair for pair in styled if pair in wanted] == wanted
    assert ("密级标记", "内部资料　注意保存") in styled
    assert ("版记", "记录链末值：abc") in styled


def test_official_fonts_and_indents_by_characters() -> None:
    """The styles name 仿宋, 楷体, 黑体 and 小标宋 for Chinese, each with what may stand in; text is indented by 2 characters."""
    document = opened(shipped_template())
    fonts = {
        style.name: style.element.rPr.rFonts.get(f"{W}eastAsia") for style in document.styles if style.type == 1
    }
    assert {name: fonts[name] for name in ("Normal", "Heading 1", "Heading 2", "Title")} == {
        "Normal": "仿宋_GB2312", "Heading 1": "黑体", "Heading 2": "楷体_GB2312", "Title": "方正小标宋简体",
    }  # fmt: skip
    assert document.styles["Normal"].element.pPr.find(f"{W}ind").get(f"{W}firstLineChars") == "200"
    table = unpacked(shipped_template())["word/fontTable.xml"].decode()
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋,' in table


def test_tables_say_what_their_heads_are(whole: bytes) -> None:
    """The first row of a table is marked as its head, repeated on every page; rows stay whole unless they are very long."""
    table = next(one for one in opened(whole).tables if one.cell(0, 0).text == "序号")
    head, *rows = table.rows
    assert head._tr.trPr.find(f"{W}tblHeader") is not None
    assert [row._tr.trPr.find(f"{W}tblHeader") for row in rows] == [None, None]
    assert all(row._tr.trPr.find(f"{W}cantSplit") is not None for row in table.rows)
    assert table._tbl.tblPr.find(f"{W}tblCaption").get(f"{W}val") == "表1　得分"
    long = replace(TABLE, rows=(Row(("1", "很长" * 400, "1")),))
    (one,) = opened(render_docx(replace(DOCUMENT, blocks=(long,)), NOW)).tables
    assert one.rows[1]._tr.trPr.find(f"{W}cantSplit") is None


def test_pictures_say_what_they_show(whole: bytes) -> None:
    """Chart, photos and QR codes carry alternative text; a chart's tells its figures; a broken photo says so."""
    told = [one.get("descr") for one in opened(whole).element.body.iter(DESCRIPTION)]
    assert told == [
        "图1　得分率：一、组织领导 75.0%；二、保障 未评", "会议室里的宣传栏", "长图", "二维码：本报告的编号", "二维码：名单编码",
    ]  # fmt: skip
    assert "（照片无法读取）" in text_of(whole)
    images = [part for name, part in unpacked(whole).items() if name.startswith("word/media/")]
    found = [code.text for image in images for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(image)))]
    assert sorted(found) == ["12345678", "visit 1\nlog ab"]


def test_a_draft_is_marked_in_every_header() -> None:
    """草稿 stands in the headers of odd and even pages of a draft, and nowhere in what is sealed."""
    for draft in (True, False):
        made = unpacked(render_docx(replace(DOCUMENT, draft=draft), NOW))
        assert [b'string="\xe8\x8d\x89\xe7\xa8\xbf"' in made[f"word/header{number}.xml"] for number in (1, 2)] == [draft] * 2
    feet = [made[f"word/footer{number}.xml"].decode() for number in (1, 2)]
    assert [re.search(r'<w:jc w:val="(\w+)"/>', foot).group(1) for foot in feet] == ["right", "left"]
    assert all("— </w:t>" in foot and " PAGE " in foot for foot in feet)


def test_equal_documents_give_equal_bytes(whole: bytes) -> None:
    """No clock and no chance is in the file; its description and language are the document's."""
    assert render_docx(DOCUMENT, NOW) == whole
    assert render_docx(DOCUMENT, NOW + timedelta(hours=1)) != whole
    about = opened(whole).core_properties
    assert (about.title, about.subject, about.keywords) == ("现场验收报告", "现场验收报告", "visit v1; log abc")
    assert (about.author, about.last_modified_by, about.language) == ("inspection-app", "", "zh-CN")
    assert b'w:eastAsia="zh-CN"' in unpacked(whole)["word/styles.xml"]


UGLY = (
    "{{ 7*7 }}", "{% for x in y %}", "{_{ x }_}", "{%_ x _%}", "{#c#}", "<b>粗</b>&amp;", "]]>", "a\x00b\x0bc\x1fd", "\ud800单",
    "\ufffe\uffff末", "\u0639\u0631\u0628\u064a \u200f", "👍🏽", "无空格" * 3000, "一\n二\r\n三", "制\t表", "**粗** # 标题", "=HYPERLINK(\"x\")", "\u202e反",
)  # fmt: skip


@pytest.mark.parametrize("text", UGLY, ids=range(len(UGLY)))
def test_text_is_text(text: str) -> None:
    """Whatever a title, paragraph, cell or caption says stands in the file as it is, but for what has no shape; nothing
    is run, and the file stays well-formed."""
    blocks = (Heading(text), Paragraph(text), replace(TABLE, rows=(Row(("1", text, "2")),), caption=text), Facts(((text, text),)),
              Picture(photo(), text, text), Signatures(((text, text),)), Code("x", (text,), text))  # fmt: skip
    made = render_docx(replace(DOCUMENT, title=text, subtitle=text, imprint=(text,), running=text, blocks=blocks), NOW)
    document = opened(made)
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff\u200f\u202e]", "", text).replace("\r", "").replace("\t", " ")
    words = ["".join(one.split()) for one in (document.paragraphs[1].text, document.tables[0].cell(1, 1).text, text_of(made))]
    assert all("".join(shown.split()) in one for one in words)
    assert "49" not in words[0]


def own_template(change: tuple[str, str], part: str = "word/document.xml") -> bytes:
    made = parts()
    assert change[0] in made[part].decode()
    made[part] = made[part].decode().replace(*change).encode()
    return packed(made)


def test_an_office_brings_its_own_template() -> None:
    """Its letterhead and its type are kept; styles that it does not know are added, so that nothing loses its form."""
    own = own_template(("{{ title }}", "清溪市质量办　{{ title }}"))
    bare = unpacked(own)
    bare["word/styles.xml"] = re.sub(
        r'<w:style w:type="(?:paragraph|table)" w:styleId="(?!Normal|Title|Heading1)\w+">.*?</w:style>', "",
        bare["word/styles.xml"].decode().replace("黑体", "隶书"),
    ).encode()  # fmt: skip
    made = packed(bare)
    check_template(made)
    document = opened(render_docx(DOCUMENT, NOW, made))
    styled = {one.text: one.style.name for one in document.paragraphs}
    assert styled["清溪市质量办　现场验收报告"] == "Title"
    assert styled["说明文字。"] == "说明"
    assert document.styles["Heading 1"].element.rPr.rFonts.get(f"{W}eastAsia") == "隶书"
    assert next(one for one in document.tables if one.cell(0, 0).text == "序号").style.name == "表格"


def test_a_body_as_wide_as_the_templates_page() -> None:
    """Tables are as wide as the text of the page that the template has."""
    own = own_template(('w:w="11906" w:h="16838"', 'w:w="16838" w:h="11906"'))
    (table,) = opened(render_docx(replace(DOCUMENT, blocks=(TABLE,)), NOW, own)).tables
    section = opened(own).sections[0]
    wide = (section.page_width - section.left_margin - section.right_margin) / 635
    assert abs(sum(int(one.get(f"{W}w")) for one in table._tbl.tblGrid) - wide) < 4


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (b"", "no DOCX"),
        (b"PK\x03\x04 broken", "no DOCX"),
        (packed({"a.txt": b"x"}), "no DOCX"),
        (packed({**parts(), "word/vbaProject.bin": b"x"}), "no DOCX"),
        (packed({**parts(), "word/document.xml": b"<w:document>"}), "no DOCX"),
        (own_template(("{{ title }}", "")), "{{ title }} is missing"),
        (own_template(("{{p body }}", "")), "{{ body }} is missing"),
        (own_template(("{{p body }}", "{{ body }} und")), "{{p body }}"),
        (own_template(("{{ date }}", "{{ dates }}")), "“dates”"),
        (own_template(("{%p endif %}", "")), "cannot be read"),
        (own_template(("{{ date }}", "{{ date.__class__.__mro__ }}")), "cannot be read"),
        (own_template(("{{ date }}", "{{ 1/0 }}")), "cannot be read"),
        (own_template(("{{ date }}", "{{ " + "[" * 3000 + " }}")), "no DOCX"),
        (shipped_template().replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"), "no DOCX"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_template_that_is_refused(template: bytes, words: str) -> None:
    """What is no template, lacks a place, asks for what is not there or reaches outside is refused, naming the fault."""
    with pytest.raises(InspectionError) as caught:
        check_template(template)
    assert caught.value.code == "bad-template"
    assert words in caught.value.text()
    with pytest.raises(InspectionError):
        render_docx(DOCUMENT, NOW, template)


def test_libreoffice_opens_all_of_it(whole: bytes, tmp_path: Path) -> None:
    """Converted by LibreOffice, all text stands on the pages, with page numbers; a cell longer than a page goes on."""
    cell = "甲" * 4000 + "乙"
    long = replace(DOCUMENT, blocks=(replace(TABLE, rows=(Row(("1", cell, "1")), Row(("2", "末行", "2")))),), draft=True)
    files = [tmp_path / "whole.docx", tmp_path / "long.docx"]
    for path, content in zip(files, (whole, render_docx(long, NOW)), strict=True):
        path.write_bytes(content)
    pdfs = converted(files, "pdf", tmp_path)
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext")
    texts = ["".join(subprocess.check_output(["pdftotext", str(path), "-"], text=True).split()) for path in pdfs]
    for word in ("内部资料", "一、总体评价", "机构健全。", "小计", "组长（章北川）：", "—1—", "—2—", "记录链末值：abc", "12345678"):
        assert word in texts[0]
    assert texts[1].count("甲") == 4000
    assert texts[1].index("乙") < texts[1].index("末行")
    assert texts[1].count("序号") >= 2


def test_a_long_title_is_broken_where_its_name_begins() -> None:
    """What does not stand on one line has a break after the applicant's name; the file's own title has none."""
    name = "现场验收反馈意见"
    for applicant, breaks in (("清溪县人民政府", 0), ("苏州市吴江区震泽镇人民政府", 1)):
        made = open_document(io.BytesIO(render_docx(replace(DOCUMENT, title=f"{applicant}\n{name}"), NOW)))
        (title,) = (one for one in made.paragraphs if one.text.replace("\n", "") == applicant + name)
        assert title.text.count("\n") == breaks
        assert made.core_properties.title == applicant + name
