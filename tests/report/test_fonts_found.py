"""The official fonts are used where they are, and nothing changes where they are not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from pypdf import PdfReader

from inspection_app.core.document import Column, Document, Heading, Paragraph, Row, Table
from inspection_app.places import FONTS_VARIABLE, font_folders
from inspection_app.report import typesetting
from inspection_app.report.fonts_found import find_official_fonts
from inspection_app.report.pdf import fonts_of, render_pdf
from inspection_app.report.typesetting import Face
from tests.report.test_pdf import CREATED

DOCUMENT = Document("题", "副题", "", (Heading("一、章"), Paragraph("正文㛃。"), Table((Column("列", 1),), (Row(("格",)),))))


def forget() -> None:
    for kept in (typesetting.official_fonts, typesetting._font, typesetting.glyph):
        kept.cache_clear()


@pytest.fixture
def with_fangsong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a font of the name that 仿宋 has on Windows; what is in it is the Kai, so that it can be told apart."""
    font = tmp_path / "deep" / "SimFang.TTF"
    font.parent.mkdir()
    font.write_bytes((resources.files("inspection_app.report") / "fonts" / "kai.ttf").read_bytes())
    monkeypatch.setenv(FONTS_VARIABLE, str(tmp_path))
    forget()
    yield font
    monkeypatch.undo()
    forget()


def test_it_is_found_by_its_name_whatever_the_case(with_fangsong: Path) -> None:
    """Anywhere below the folder; other files are left alone."""
    (with_fangsong.parent / "arial.ttf").write_bytes(b"")
    assert find_official_fonts() == {"fangsong": with_fangsong}


def test_running_text_is_set_in_it_and_the_file_says_so(with_fangsong: Path) -> None:
    """The body is in the official font, the table is not, a character it lacks is lent, and the keywords name both."""
    reader = PdfReader(io.BytesIO(render_pdf(DOCUMENT, CREATED)))
    assert reader.metadata is not None
    assert "Inspection Kai" in reader.metadata["/Keywords"]
    assert Face.FANGSONG.here is Face.FANGSONG
    assert Face.XIAOBIAOSONG.here is Face.BOLD
    assert fonts_of(DOCUMENT)[0] == "Inspection Kai"
    assert with_fangsong.exists()


def test_without_them_the_free_fonts_stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, one that is not there, and ``none``: the shipped fonts, and no fault."""
    for folder in (str(tmp_path), str(tmp_path / "gone"), "none"):
        monkeypatch.setenv(FONTS_VARIABLE, folder)
        assert find_official_fonts() == {}
    assert [face.here for face in (Face.FANGSONG, Face.KAITI, Face.HEITI, Face.XIAOBIAOSONG)] == [
        Face.SERIF, Face.KAI, Face.SANS, Face.BOLD,
    ]  # fmt: skip


def test_where_a_machine_keeps_its_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' own folder and the user's, and those of the other systems."""
    monkeypatch.delenv(FONTS_VARIABLE)
    monkeypatch.setenv("WINDIR", "/w")
    monkeypatch.setenv("LOCALAPPDATA", "/l")
    folders = [path.as_posix() for path in font_folders()]
    assert folders[:2] == ["/w/Fonts", "/l/Microsoft/Windows/Fonts"]
    assert "/usr/share/fonts" in folders
