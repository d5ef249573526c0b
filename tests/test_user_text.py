"""What people enter stays text: no name, note or finding becomes Markdown, HTML, a formula, a template or a path."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
import streamlit as st
from markdown_it import MarkdownIt
from openpyxl import load_workbook
from pypdf import PdfReader
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest, local_script_runner
from streamlit.util import calc_hash

from inspection_app import access
from inspection_app.core.feedback import Finding, FindingKind
from inspection_app.core.roster import Site
from inspection_app.core.visit import Appointment, Role, Stage
from inspection_app.services import draw, enlist, export, feed_back, prepare, score
from inspection_app.ui import widgets
from tests.services.conftest import (
    CHAIR,
    CITIZENS,
    DESCRIPTION,
    EXPERT,
    MARKS,
    NOW,
    ROSTER,
    SECRETARY,
    THIRD,
    Scene,
    create,
    decide_all,
    hold,
    lock,
    mark_all,
    open_up,
    revision,
    scene_at,
    seal_up,
    small_rubric,
)
from tests.soak import fuzz_routes
from tests.user_text_scene import MARKDOWN, PIECES, fields, hostile, hostile_visit, interpreted

LINKIFY = find_spec("linkify_it") is not None
UI = Path(widgets.__file__).parent
HOSTILE = ("<b>粗</b>", "**星**", "$x^2$", ":red[红]", "{{7*7}}", "=1+1", "../../x", "+SUM(A1)", "@cmd", "-2+3|x")
EVERYTHING = " ".join(HOSTILE)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A sealed visit in which every free text is hostile."""
    scene = scene_at(tmp_path_factory.mktemp("visits"), Stage.PREPARE)
    file, secretary = scene.file, scene.secretary
    prepare.describe_visit(file, secretary, replace(DESCRIPTION, applicant=f"=县{EVERYTHING}", place="../../x"), NOW)
    third = scene.people[THIRD].member_id
    prepare.change_member(file, secretary, third, Appointment("=1+1<b>", Role.EXPERT, HOSTILE[4], HOSTILE[2]), NOW)
    prepare.name_sites(file, secretary, [Site(text, text, text) for text in HOSTILE[:5]], NOW)
    enlist.load_roster(file, secretary, ROSTER.replace(CITIZENS[1], "=1+1").encode(), NOW)
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        hold(scene, kind)
    prepare.open_scoring(file, secretary, NOW)
    mark_all(scene)
    score.answer_item(file, scene.expert, "4", MARKS[EXPERT]["4"], f"={EVERYTHING}",
                      base=revision(scene, EXPERT, "4"), now=NOW)  # fmt: skip
    open_up(scene)
    decide_all(scene)
    for text in HOSTILE:
        feed_back.state_finding(file, secretary, Finding(FindingKind.PROBLEM, f"{text}不全。", ("4",)), NOW)
    seal_up(scene)
    return scene


def exported(scene: Scene) -> Iterator[tuple[str, bytes]]:
    """Every file that leaves the visit as a table, those inside packed ones too."""
    yield "matrix.xlsx", export.score_matrix(scene.file, scene.secretary, NOW)
    with zipfile.ZipFile(io.BytesIO(export.everything(scene.file, scene.secretary, NOW))) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def test_no_cell_is_a_formula(scene: Scene) -> None:
    """In workbooks what begins with an equals sign is text; in CSV it does not begin with what a spreadsheet runs."""
    seen = 0
    for name, content in exported(scene):
        if name.endswith(".xlsx"):
            for sheet in load_workbook(io.BytesIO(content)):
                for row in sheet.iter_rows():
                    for cell in row:
                        if any(text in str(cell.value) for text in HOSTILE):
                            seen += 1
                            assert cell.data_type == "s", (name, cell.coordinate, cell.value)
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
                for cell_text in row:
                    seen += any(text in cell_text for text in HOSTILE)
                    assert not cell_text.startswith(("=", "+", "@", "\t")), (name, cell_text)
    assert seen > 10


def test_the_report_prints_the_signs(scene: Scene) -> None:
    """Nothing is set bold, worked out or left out: every sign stands in the report as it was entered."""
    pages = PdfReader(io.BytesIO(feed_back.report_pdf(scene.file, NOW))).pages
    printed = "".join("".join(page.extract_text().split()) for page in pages)
    assert [text for text in HOSTILE if "".join(text.split()) + "不全" not in printed] == []
    assert "49不全" not in printed


def test_no_name_is_a_path(scene: Scene, tmp_path: Path) -> None:
    """Whatever the applicant is called, its file stands in the visits' folder, and files in an archive stay in it."""
    hostile = replace(DESCRIPTION, applicant="../../x/<b>")
    folder = tmp_path / "visits"
    made = prepare.create_visit(folder, small_rubric(), hostile, [
        Appointment("../秘书", Role.SECRETARY), Appointment("组长", Role.CHAIR)
    ], entropy=lambda count: bytes(range(count)), now=NOW).file  # fmt: skip
    assert made.path.resolve().parent == folder.resolve()
    assert [path.name for path in tmp_path.iterdir()] == ["visits"]
    for name, _content in exported(scene):
        assert not name.startswith(("/", "\\"))
        assert ".." not in Path(name).parts


def test_pages_escape() -> None:
    """What a page puts into HTML of its own is escaped first."""
    assert widgets.escape("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"


# --- on the pages ---------------------------------------------------------------------------------------------------

PAGES = sorted(set(re.findall(r'Entry\("\w+", N?_\("[^"]+"\), "([\w-]+)"', (UI.parent / "app.py").read_text("utf-8")))
               - {"home", "new", "visits", "archive"})  # fmt: skip
"""The addresses of the pages of those who are signed in; home is the one without."""


@pytest.mark.parametrize(
    "text",
    [*PIECES, *HOSTILE, "1. eins", "- eins", "+ eins", "# Titel", "Titel\n===", "Titel\n---", "> eins", "~~weg~~", "_k_",
     "|a|b|\n|-|-|\n|1|2|", "http://h.example/x", "www.example.com", "a@b.com", "&lt;b&gt;", ":tada:", ":100:", "\\", "![", "](x)",
     "12:30:45", "甲：乙", "*" * 50, "`" * 7],
)  # fmt: skip
def test_markdown_shows_the_signs(text: str) -> None:
    """By a reader of Markdown that also finds links in plain text, what was made literal is one run of text again; and
    what Streamlit looks for afterwards (icons, emoji, colours) is not in it any more."""
    shown = widgets.literal(text)
    html_ = MarkdownIt("gfm-like", {"linkify": LINKIFY, "html": True}).render(shown)
    tags = set(re.findall(r"</?\w+", html_))
    assert tags <= {"<p", "</p"}, html_
    read = html.unescape(re.sub(r"</?p>", "", html_)).strip("\n").replace("\u2060", "")
    assert read.split() == text.split()
    assert not re.search(r":[a-z_]+[:/\[]|:100:", html.unescape(html_))


class Walk:
    """Runs pages of the app as somebody who is signed in, and remembers what the browser would be sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cookies: dict[str, str] = {}
        self.sent: list[Any] = []
        real, expander = local_script_runner.parse_tree_from_messages, st.expander

        def keep(messages: list[Any]) -> Any:
            self.sent[:] = messages
            return real(messages)

        monkeypatch.setattr(local_script_runner, "parse_tree_from_messages", keep)
        monkeypatch.setattr(ContextProxy, "cookies", property(lambda _context: self.cookies))
        monkeypatch.setattr(st, "expander", lambda label, expanded=False, **more: expander(label, True, **more))
        self._set = monkeypatch.setenv

    def sign_in(self, scene: Scene, who: str) -> None:
        self._set("INSPECTION_VISITS", str(scene.file.path.parent))
        session = access.Session(scene.file.slug, scene.people[who].member_id, 1, prepare.outline(scene.file).visit.id)
        self.cookies[access.COOKIE] = access.sign_session(session, access.hub_secret(scene.file.path.parent))

    def look(self, page: str, *, parts: bool = True) -> Iterator[str]:
        """Open a page by its address, and each of its parts that a row of buttons leads to; yield what is more than text there."""
        app = AppTest.from_file(str(UI.parent / "app.py"), default_timeout=90)
        app._page_hash = calc_hash(page) if page else ""  # ``switch_page`` goes by the file's name, the app by the address
        app.run()
        yield from self._interpreted(app)
        for key, options in [(group.key, list(group.options)) for group in app.get("button_group") if parts]:
            for option in options[:8]:
                group = next((one for one in app.get("button_group") if one.key == key), None)
                if group is None:
                    break
                group.set_value([option] if isinstance(group.value, list) else option)
                app.run()
                yield from self._interpreted(app)

    def _interpreted(self, app: AppTest) -> Iterator[str]:
        for error in app.exception:
            yield f"exception: {error.value}"
        for message in self.sent:
            change = message.delta.WhichOneof("type") if message.HasField("delta") else ""
            element = getattr(message.delta, change) if change in {"new_element", "add_block"} else None
            kind = element.WhichOneof("type") if element is not None else None
            if kind is None:
                continue
            proto = getattr(element, kind)
            if kind == "html" or (kind == "markdown" and proto.allow_html):
                texts = [("html", proto.body)]
            else:
                texts = [(kind, text) for text in fields(proto, MARKDOWN.get(kind, ()))]
            for what, text in texts:
                yield from (f"{what}: {made} of {text[:120]!r}" for made in interpreted(what, text))


@pytest.fixture
def walk(monkeypatch: pytest.MonkeyPatch) -> Walk:
    return Walk(monkeypatch)


def test_pages_interpret_nothing(walk: Walk, tmp_path: Path) -> None:
    """With every text of a visit in preparation hostile, the pages with most of them show text only and fail nowhere."""
    scene = hostile_visit(tmp_path / "visits", Stage.PREPARE)
    walk.sign_in(scene, SECRETARY)
    assert [found for page in ("", "duties") for found in walk.look(page, parts=False)] == []


@pytest.mark.soak
@pytest.mark.parametrize("stage", list(Stage))
def test_no_page_interprets_anything(walk: Walk, tmp_path: Path, stage: Stage) -> None:
    """The same for every page, every role and every stage, folded parts open."""
    scene = hostile_visit(tmp_path / "visits", stage)
    found = set()
    for who in (SECRETARY, CHAIR, EXPERT):
        walk.sign_in(scene, who)
        found |= {f"{page} by {who}: {one}" for page in ("", *PAGES) for one in walk.look(page)}
    assert sorted(found) == []


def test_what_a_page_would_make_of_a_text_is_seen() -> None:
    """Each hostile piece that Streamlit would interpret is found where it stands as it was entered, and not after it was
    made literal; in HTML a tag is found that was not escaped."""
    text = hostile("x")
    assert set(interpreted("markdown", text)) == {"bold", "a link", "a formula", "an icon", "code", "a colour"}
    assert interpreted("markdown", widgets.literal(text)) == []
    assert interpreted("html", text) == ["HTML"]
    assert interpreted("html", widgets.escape(text)) == []


@pytest.mark.parametrize("page", ["/sign-in?visit={slug}", "/sign-in", "/screen", "/screen/{slug}", "/screen/{slug}/now"])
def test_the_hubs_own_pages_escape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """Applicant and place are HTML and Markdown here: the plain pages escape them, and what the projector asks for is
    JSON, of which its script makes text (no script of ours sets HTML)."""
    scene = create(tmp_path / "visits")
    prepare.describe_visit(scene.file, scene.secretary, replace(DESCRIPTION, applicant=hostile("applicant"),
                                                                place=hostile("place")), NOW)  # fmt: skip
    monkeypatch.setenv("INSPECTION_VISITS", str(tmp_path / "visits"))
    where, _mark, query = page.format(slug=quote(scene.file.slug)).partition("?")
    scope = {
        "type": "http", "method": "GET", "path": unquote(where), "raw_path": where.encode(), "root_path": "",
        "query_string": query.encode(), "http_version": "1.1", "scheme": "http", "headers": [(b"host", b"127.0.0.1:8501")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8501),
    }  # fmt: skip
    answer = asyncio.run(fuzz_routes.ask(fuzz_routes.hub_app(), scope, b""))
    assert answer.status in {200, 303}
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert b"<script>alert" not in answer.body
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    if page.endswith("/now"):
        assert answer.headers["content-type"] == "application/json"
        assert "<script>alert" in str(answer.told)


def test_no_script_of_ours_makes_html_of_text() -> None:
    """What the scripts show is set as text: none of them hands a text to the reader of HTML."""
    scripts = [path for path in UI.parent.rglob("*.js") if "static" not in path.parts]
    assert len(scripts) > 10
    sets = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)")
    assert {path.name: found for path in scripts if (found := sets.findall(path.read_text("utf-8")))} == {}
