"""Read a PDF's own description and the words on its pages, of whatever file somebody brings.

It judges nothing, runs nothing that is in the file, and follows no link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspection_app.report.preview import _one_at_a_time

MOST_BYTES, MOST_PAGES = 60 * 1024**2, 500


@dataclass(frozen=True)
class ReadPdf:
    """``about`` as PDF names it (``Title``, ``Subject``, ``Keywords``, ``CreationDate``); ``pages`` without spaces."""

    about: Mapping[str, str]
    pages: tuple[str, ...]


def read_pdf(content: bytes) -> ReadPdf:
    """Read a PDF.

    Raises:
        ValueError: it cannot be read, or is larger than any report.
    """
    import pypdfium2

    if len(content) > MOST_BYTES:
        raise ValueError("too big")
    with _one_at_a_time:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise ValueError("no PDF") from error
        try:
            if len(document) > MOST_PAGES:
                raise ValueError("too many pages")
            pages = []
            for page in document:
                text = page.get_textpage()
                pages.append("".join(text.get_text_bounded().split()))
                text.close()
                page.close()
            return ReadPdf(dict(document.get_metadata_dict()), tuple(pages))
        except pypdfium2.PdfiumError as error:
            raise ValueError("a page cannot be read") from error
        finally:
            document.close()
