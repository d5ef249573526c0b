"""The offline sheet as a file: its modules unchanged, everything else inert, and nobody asked for anything."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from inspection_app import scorepad
from inspection_app.sheets.offline import messages, offline_sheet_html

NOW = datetime(2026, 5, 12, 8, 30, tzinfo=timezone(timedelta(hours=8)))


def given(page: bytes) -> dict[str, Any]:
    """Return what is embedded in a sheet beside its modules, as a browser would find it."""
    found = re.findall(r'<script type="application/json" id="given">(.*?)</script>', page.decode(), re.DOTALL)
    assert len(found) == 1
    told: dict[str, Any] = json.loads(found[0])
    return told


def test_the_modules_travel_unchanged() -> None:
    """The import map holds every module under its bare name; what the pad has too is the very text that it runs."""
    page = offline_sheet_html({"visit": "县", "name": "甲"}, visit="v", made_at=NOW, words={}, language="zh-CN")
    found = re.findall(r'<script type="importmap">(.*?)</script>', page.decode())
    imports = json.loads(found[0])["imports"]
    texts = {name: base64.b64decode(address.partition("base64,")[2]).decode() for name, address in imports.items()}
    assert texts == scorepad.offline_modules()
    pad = scorepad.modules()
    assert {"points", "view", "note", "overview"} <= texts.keys() & pad.keys()
    assert all(texts[name] == pad[name] for name in texts.keys() & pad.keys())


def test_the_page_can_ask_nobody() -> None:
    """Its own policy forbids every request, and it holds no address but the hub's."""
    page = offline_sheet_html(
        {"visit": "县", "name": "甲"}, visit="v", made_at=NOW, words={}, language="zh-CN", hub="http://192.168.8.2:8501"
    ).decode()
    assert "default-src 'none'" in page
    assert "connect-src" not in page
    assert re.findall(r"\w+://[\w.:]+", page) == ["http://192.168.8.2:8501"]
    assert re.findall(r"<(?:link|img|iframe|script[^>]* src)\b", page) == []


@pytest.mark.parametrize(
    "hostile", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028'\"&<b>", "$given ${style}"]
)
def test_what_people_wrote_stays_text(hostile: str) -> None:
    """No name, note or word ends the block it stands in, is run, or is taken for a place to fill in."""
    sheet = {"visit": hostile, "name": hostile, "note": hostile}
    page = offline_sheet_html(sheet, visit="v", made_at=NOW, words={"a": hostile}, language="zh-CN")
    told = given(page)
    assert (told["sheet"], told["words"]) == (sheet, {"a": hostile})
    assert page.decode().count("<script") == 3
    assert page.decode().count("</script>") == 3


def test_every_message_is_named_once() -> None:
    """What is translated for a sheet is complete and without doubles."""
    assert len(set(messages())) == len(messages())
    assert {*scorepad.WORDS, *scorepad.OFFLINE_WORDS} <= set(messages())
