"""An expert's score sheet as one HTML file that is opened from a device's storage and asks nobody for anything.

The pad's own modules travel in it, unchanged, as ``data:`` addresses of an import map; rubric, duties and answers lie
beside them as JSON that no browser runs. What may be in a sheet, and whose it is, is decided by whoever makes it; what
comes back is the answer file (``answer_file``). A policy in the page's head forbids every request.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from string import Template
from typing import Any

from inspection_app import scorepad
from inspection_app.errors import N_

OPENING = N_(
    "The offline score sheet is being opened. If this line stays, this program cannot show it: save the file on the "
    "device and open it with a browser (Chrome, Edge, Firefox); where that is not possible, use the XLSX or paper "
    "sheet."
)
TITLE = N_("Score sheet of {name}")

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' data:; \
style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$title</title>
<style>
$style</style>
<script type="importmap">$modules</script>
</head>
<body>
<main id="sheet"><p>$opening</p></main>
<script type="application/json" id="given">$given</script>
<script type="module">
import { start } from "offline";
start(document.getElementById("sheet"), JSON.parse(document.getElementById("given").textContent));
</script>
</body>
</html>
""")


def messages() -> tuple[str, ...]:
    """Return every message that an offline sheet shows, in English."""
    return (*scorepad.messages(), *scorepad.OFFLINE_WORDS, OPENING, TITLE)


def offline_sheet_html(
    sheet: Mapping[str, Any], *, visit: str, made_at: datetime, words: Mapping[str, str], language: str, hub: str = ""
) -> bytes:
    """Write one expert's offline sheet.

    Args:
        sheet: as ``services.pad.pad_sheet`` tells it.
        visit: the visit's id, which the answer file will name.
        made_at: when it is made, with its offset; two sheets of different times never mix on a device.
        words: the translations of ``messages()`` by message.
        language: of the words, such as ``"zh-CN"``.
        hub: the hub's address, to be opened in its range; empty where it is not known.
    """
    given = {"visit": visit, "made_at": made_at.isoformat(timespec="seconds"), "hub": hub, "words": dict(words),
             "sheet": dict(sheet)}  # fmt: skip
    imports = {name: _address(text) for name, text in scorepad.offline_modules().items()}
    title = words.get(TITLE, TITLE).format(name=f"{sheet['visit']} · {sheet['name']}")
    page = _PAGE.substitute(
        language=escape(language), title=escape(title), opening=escape(words.get(OPENING, OPENING)),
        style=scorepad.text("pad.css") + scorepad.text("offline.css"),
        modules=_inert({"imports": imports}), given=_inert(given),
    )  # fmt: skip
    return page.encode()


def _address(text: str) -> str:
    return "data:text/javascript;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()


def _inert(content: object) -> str:
    """Write JSON that no text in it can end, whatever somebody entered: no tag and no comment can begin in it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
