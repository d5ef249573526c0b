"""Claims about charts, photos, QR codes and contents, on the marks themselves and read back from the PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from PIL import Image
from pypdf import PdfReader

from inspection_app.core.document import (
    Bar,
    Block,
    Chart,
    Code,
    Contents,
    Document,
    Heading,
    PageBreak,
    Paragraph,
    Picture,
)
from inspection_app.report.illustrations import (
    HUE,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    TRACK,
    chart_strips,
    fit_photo,
    picture_strips,
)
from inspection_app.report.page_flow import Strip
from inspection_app.report.pdf import lay_out, render_pdf
from inspection_app.report.typesetting import Dot, Fill, Mark, Photo, Rule, Words
from tests.report.test_pdf import CREATED

WIDTH = 442.0
LONG = "进一步健全完善覆盖城乡的公共检验检测服务体系并持续提升能力水平" * 4


def document(*blocks: Block) -> Document:
    return Document("题", "", "", blocks)


def marks(strips: list[Strip]) -> list[Mark]:
    return [mark for strip in strips for mark in strip.marks]


def photo(
    size: tuple[int, int] = (1600, 1200), mode: str = "RGB", format_: str = "JPEG", colour: str = "gray", **more: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, format_, **more)
    return out.getvalue()


def test_bars_are_as_long_as_they_say() -> None:
    """Half of the room is half of the track, nothing and everything are its ends, and nothing leaves the width."""
    bars = tuple(Bar(f"项{share}", f"{share}分", Decimal(share)) for share in ("0", "0.5", "1"))
    drawn = marks(chart_strips(Chart("图1", bars), WIDTH))
    fills = [mark for mark in drawn if isinstance(mark, Fill)]
    track = {mark.width for mark in fills if mark.colour == TRACK}
    assert len(track) == 1
    assert [mark.width / max(track) for mark in fills if mark.colour == HUE] == pytest.approx([0, 0.5, 1])
    assert max(mark.x + mark.width for mark in fills) < WIDTH


def test_a_chart_can_be_read_without_colour() -> None:
    """Bar and track differ by more than half of the range from black to white, and every figure stands beside its bar."""

    def brightness(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return (0.299 * red + 0.587 * green + 0.114 * blue) / 255

    assert brightness(TRACK) - brightness(HUE) > 0.5
    text = "".join(mark.text for mark in marks(chart_strips(Chart("图", (Bar("甲", "86.8%", Decimal("0.868")),)), WIDTH))
                   if isinstance(mark, Words))  # fmt: skip
    assert "86.8%" in text


def test_equal_marks_stand_beside_each_other() -> None:
    """Four equal marks are four dots that can be counted, and the panel's score is a stroke across."""
    (bar,) = [strip for strip in chart_strips(
        Chart("图", (Bar("甲", "", None, (Decimal("0.5"),) * 4, Decimal("0.6")),)), WIDTH) if any(
            isinstance(mark, Dot) for mark in strip.marks)]  # fmt: skip
    dots = [mark for mark in bar.marks if isinstance(mark, Dot)]
    assert len({(dot.x, dot.y) for dot in dots}) == 4
    assert any(isinstance(mark, Rule) and mark.x1 == mark.x2 and mark.width > 1 for mark in bar.marks)


def test_a_long_label_takes_two_lines_and_says_that_it_goes_on() -> None:
    """It neither runs into the bar nor pushes the row higher than two lines."""
    strips = chart_strips(Chart("图", (Bar(LONG, "1", Decimal(1)),)), WIDTH)
    (row,) = [strip for strip in strips if any(isinstance(mark, Fill) for mark in strip.marks)]
    words = [mark for mark in row.marks if isinstance(mark, Words)]
    assert "".join(mark.text for mark in words).endswith("…1")
    assert len({mark.y for mark in words}) == 3  # two lines of the label, and the figure
    assert chart_strips(Chart("空", ()), WIDTH) == []


def test_photos_are_fitted_and_say_what_they_show() -> None:
    """No more pixels than 200 dpi need, upright, two in a row; the alternative text and caption are in the file."""
    fitted = fit_photo(photo((4000, 3000)))
    assert fitted
    with Image.open(io.BytesIO(fitted[0])) as image:
        assert image.width <= PICTURE_WIDTH * 200 / 72
    assert fitted[1] <= PICTURE_WIDTH + 0.1
    upright = fit_photo(
        photo(
            (400, 300),
            exif=bytes.fromhex("457869660000")
            + b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00",
        )
    )
    assert upright
    assert upright[2] > upright[1]
    assert upright[2] <= PICTURE_HEIGHT + 0.1
    pictures = [
        Picture(photo(colour=colour), f"照片{number}　台账", "桌上的台账")
        for number, colour in enumerate(("red", "green", "blue"))
    ]
    assert len(picture_strips(pictures, WIDTH)) == 2
    reader = PdfReader(io.BytesIO(render_pdf(document(*pictures), CREATED)))
    assert sum(len(page.images) for page in reader.pages) == 3
    assert "照片2" in "".join(page.extract_text() for page in reader.pages)
    assert list(alternatives(reader.trailer["/Root"]["/StructTreeRoot"])) == ["桌上的台账"] * 3


def alternatives(node: object) -> Iterator[str]:
    """Yield every alternative text in a file's structure."""
    found = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(found, dict):
        if "/Alt" in found:
            yield str(found["/Alt"])
        yield from alternatives(found.get("/K", ()))
    elif isinstance(found, list):
        for one in found:
            yield from alternatives(one)


def test_a_photo_that_is_none_leaves_a_frame_that_says_so() -> None:
    """The document is sound, and its reader knows that a picture is missing."""
    for content in (b"", b"not a photo", photo()[:300]):
        drawn = marks(picture_strips([Picture(content, "照片1", "")], WIDTH))
        assert not any(isinstance(mark, Photo) for mark in drawn)
        assert "照片无法读取" in "".join(mark.text for mark in drawn if isinstance(mark, Words))
    assert fit_photo(photo(mode="RGBA", format_="PNG"))
    assert fit_photo(photo(mode="L"))


def test_contents_name_the_page_of_each_heading_and_lead_there() -> None:
    """The number printed is the page the heading stands on, and the line links to it."""
    headings = [Heading(f"{sign}、章") for sign in "一二三"]
    body = [block for heading in headings for block in (heading, Paragraph("段落。" * 300), PageBreak())]
    made = document(Contents("目　录"), PageBreak(), *body)
    reader = PdfReader(io.BytesIO(render_pdf(made, CREATED)))
    pages = ["".join(page.extract_text().split()) for page in reader.pages]
    stands = [next(n for n, text in enumerate(pages[1:], 2) if heading.text in text) for heading in headings]
    assert all(f"{heading.text}{page}" in pages[0] for heading, page in zip(headings, stands, strict=True))
    links = [note.get_object() for note in reader.pages[0]["/Annots"]]
    assert [reader.get_page_number(link["/Dest"][0].get_object()) + 1 for link in links] == stands


def test_a_code_stands_beside_its_facts() -> None:
    """The facts can be read back, and neither code nor facts leave the page."""
    pages = lay_out(document(Code("inspection-app draw 1\nlist " + "a" * 64, ("名单摘要 " + "a" * 64, "种子"))))
    drawn = [mark for _, strip in pages[0] for mark in strip.marks]
    assert "名单摘要" in "".join(mark.text for mark in drawn if isinstance(mark, Words))
    assert max(mark.x + mark.width for mark in drawn if isinstance(mark, Fill)) < WIDTH


def test_contents_of_many_headings_stand_on_one_page() -> None:
    """Twenty lines of them and a title of two leave the page together; a few keep the wide pitch."""

    def first(count: int) -> tuple[int, float]:
        blocks = [Contents("目　录"), PageBreak(), *(Heading(f"{number}、章") for number in range(count))]
        made = replace(document(*blocks), title="质" * 20 + "\n现场验收报告", marking="内部资料", date="2026年5月13日")
        page = lay_out(made)[0]
        lines = [strip.height for _, strip in page if any(isinstance(mark, Dot) for mark in strip.marks)]
        return len(lines), lines[0]

    assert first(4) == (4, 27)
    count, pitch = first(20)
    assert count == 20
    assert pitch < 27
