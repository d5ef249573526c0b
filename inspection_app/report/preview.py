"""Turn a page of a PDF into a picture, to be looked at before anything is printed.

It reads what ``report.pdf`` wrote and nothing from outside; the pages themselves stay in the PDF.
"""

from __future__ import annotations

import io
import threading

RESOLUTION = 110 / 72  # 110 dpi: the smallest print can still be read on a tablet

_one_at_a_time = threading.Lock()  # PDFium is not made for several threads


def page_picture(pdf: bytes, number: int) -> tuple[bytes, int]:
    """Return a page, counted from 1, as PNG, and how many pages there are.

    Raises:
        ValueError: there is no such page.
    """
    import pypdfium2

    with _one_at_a_time:
        document = pypdfium2.PdfDocument(pdf)
        try:
            count = len(document)
            if not 1 <= number <= count:
                raise ValueError(f"page {number} of {count}")
            page = document[number - 1]
            picture = page.render(scale=RESOLUTION).to_pil()
            page.close()
        finally:
            document.close()
    out = io.BytesIO()
    picture.convert("P", palette=1, colors=64).save(out, "PNG")
    return out.getvalue(), count
