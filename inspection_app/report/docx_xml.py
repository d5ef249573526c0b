"""Text as WordprocessingML has it. Sources: ECMA-376 part 1; XML 1.0 for the characters that have no place."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import quoteattr

from inspection_app.report.typesetting import visible_paragraphs

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def w_tag(tag: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{tag}"


def text_of(paragraph: Any) -> str:
    return "".join(one.text or "" for one in paragraph.iter(w_tag("t")))


def text_lines(text: str) -> list[str]:
    """Return a text's lines without what has no shape or no place in XML."""
    return [_NO_XML.sub("", line) for line in visible_paragraphs(text)]


def one_line(text: str) -> str:
    return " ".join(text_lines(text)).strip()


def quoted(text: str) -> str:
    return quoteattr(one_line(text))
