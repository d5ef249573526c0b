r"""The message catalogues: nothing untranslated, nothing left over, and Chinese only where it belongs.

The Chinese catalogue is brought up to date from the root of the repository with these two commands; then what is still
empty is filled in (the tests below name it), and ``messages.pot`` is deleted::

    python -m babel.messages.frontend extract -F pyproject.toml --no-location --sort-output \
        -o messages.pot inspection_app
    python -m babel.messages.frontend update -i messages.pot -d inspection_app/catalogues -D inspection_app -l zh_CN \
        -N -w 120 --ignore-obsolete --ignore-pot-creation-date
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from contextvars import Context
from functools import cache
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from inspection_app import language
from inspection_app.core.cleaning import TITLES
from inspection_app.core.roster import UNSAID

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "inspection_app"
CATALOGUE = SOURCES / "catalogues" / "zh_CN" / "LC_MESSAGES" / "inspection_app.po"
IDEOGRAPHS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
MARKERS = {"_", "N_"}

CHINESE_PLACES = {
    "core/feedback/material.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/feedback/results.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/feedback/report.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/feedback/charts.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/feedback/annexes.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/feedback/for_applicant.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/feedback/cards.py": "builds the visit's documents, which are Chinese whatever the reader's language",
    "core/papers/draws.py": "builds papers of the visit, which are Chinese whatever the reader's language",
    "core/papers/entries.py": "room to write in, and the days and people of a visit as its papers print them",
    "core/papers/call_list.py": "builds papers of the visit",
    "core/papers/people.py": "builds papers of the visit",
    "core/papers/programme.py": "builds papers of the visit",
    "core/papers/records.py": "builds papers of the visit",
    "core/papers/score_sheet.py": "builds papers of the visit",
    "core/papers/script.py": "builds papers of the visit",
    "core/wording.py": "words that all documents of a visit share, which are Chinese",
    "services/print_out.py": "names the papers' files and folders, which are Chinese",
    "services/gather.py": "tells the report's events, which are Chinese",
    "report/forms.py": "lines of the documents",
    "report/illustrations.py": "words beside pictures and codes of the documents",
    "core/papers/blank_sheet.py": "builds the printed score sheet of a rubric",
    "core/clauses.py": "the words by which official rules say what earns points",
    "core/thresholds.py": "the words by which official rules set thresholds",
    "core/propose.py": "column titles and words of the offices' scoring tables",
    "files/rubric_table.py": "column titles as they stand in the offices' own tables",
    "files/rubric_sheet.py": "the printed score sheet, which is Chinese like its rubric",
    "core/scoring.py": "the unit of points, as people write it behind a number",
    "core/cleaning.py": "column titles and categories as they stand in the offices' own rosters",
    "core/lookalikes.py": "characters and their variants",
    "core/roster.py": "attributes of the public list, which is Chinese",
    "core/programme.py": "titles of activities and phrases of the report",
    "core/rubric.py": "describes fields of a rubric file by the official words that they hold",
    "core/application.py": "the source of figures that are sums of the self-check, and dates as offices write them",
    "files/application_tables.py": "column titles and words as they stand in the offices' own tables",
    "files/spreadsheets.py": "words for sums and the unit of points as they stand in the offices' own tables",
    "sheets/xlsx_layout.py": "the score sheet as a workbook, which is Chinese like its rubric",
    "sheets/xlsx_reading.py": "the score sheet as a workbook, which is Chinese like its rubric",
    "sheets/xlsx_writing.py": "the score sheet as a workbook, which is Chinese like its rubric",
    "services/bring_sheets.py": "names the score sheets' files, which are Chinese",
    "report/docx.py": "phrases of the documents", "report/docx_template.py": "style names of the documents",
    "report/workbook.py": "builds the score matrix, which is Chinese",
    "services/check_up.py:trial_page": "a page printed for trial, with Chinese characters of every kind",
    "ui/application_form.py:edit": "an example of a date as offices write it",
    "language.py:LANGUAGES": "a language is offered under its own name",
    "report/typesetting.py": "the parts of a date, which stay with their number",
    "report/pdf.py": "page numbers and small print of the documents",
    "sample.py": "names activities of the sample visit, which is Chinese like every visit",
    "archive/reading.py": "the words that districts' names end with",
    "archive/samples.py": "what people enter in sample visits, which are Chinese like every visit",
    "archive/yearly.py": "builds the yearly report, which is Chinese like every document",
    "core/papers/certificate_page.py": "builds papers of the visit",
    "cli_draw.py": "words of a certificate, which are Chinese",
    "services/export_draw.py": "names the files that are handed out, which are Chinese",
    "services/draw_papers.py": "builds papers of the visit",
    "services/draw.py:REHEARSED": "the word a rehearsal is marked with, on Chinese papers",
    "services/draw.py:SITE_STRATUM": "stands in the locked list and its certificate, which are Chinese",
    "bundle.py:_WORDS": "words of the folder's how-to, which says everything in both languages",
    "first_start.py": "says everything in both languages: nobody has chosen one yet",
}
"""Where Chinese string literals are meant, by file or by file and module-level name, and why."""


def python_messages(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield every message written out in a Python file (an extraction method of Babel's)."""
    for call in _message_calls(ast.parse(file.read())):
        message = call.args[0]
        if isinstance(message, ast.Constant) and isinstance(message.value, str):
            yield call.lineno, call.func.id, message.value, []  # type: ignore[attr-defined]


def _message_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS and node.args:
            yield node


@cache
def sources() -> dict[str, str]:
    """Return every message of the sources with its places, extracted the way pyproject.toml says."""
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]
    assert configured["extractors"] == {"messages": "tests.test_catalogues:python_messages"}
    methods = {"messages": python_messages}
    places: dict[str, list[str]] = {}
    for file, line, message, _comments, _context in extract_from_dir(
        SOURCES,
        method_map=[(one["pattern"], methods.get(one["method"], one["method"])) for one in configured["mappings"]],
        options_map={one["pattern"]: {"silent": one.get("silent", "true")} for one in configured["mappings"]},
    ):
        places.setdefault(message, []).append(f"{Path(file).as_posix()}:{line}")
    return {message: ", ".join(found) for message, found in places.items()}


@cache
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_CN", abort_invalid=True)


def translations() -> dict[str, str]:
    return {message.id: message.string for message in catalogue() if message.id}


def placeholders(text: str) -> Counter[tuple[str | None, ...]]:
    """Count the placeholders of a message with their conversions and formats."""
    return Counter(parts[1:] for parts in Formatter().parse(text) if parts[1] is not None)


def words(text: str) -> str:
    """Return the letters a message has around its placeholders."""
    return "".join(filter(str.isalpha, "".join(literal for literal, *_ in Formatter().parse(text))))


@cache
def python_files() -> tuple[tuple[str, ast.Module], ...]:
    paths = sorted(SOURCES.rglob("*.py"))
    return tuple((path.relative_to(SOURCES).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


def test_messages_are_found() -> None:
    """Extraction sees calls and marked messages, inside f-strings too, and templates."""
    program = BytesIO(
        b"""print(f"<b>{html(_('Sign out'))}</b>", _("Draw " "sites"), N_("Save"), other("Void"), _(x))"""
    )
    assert {found[2] for found in python_messages(program, (), (), {})} == {"Sign out", "Draw sites", "Save"}
    files = {place.split(":")[0] for places in sources().values() for place in places.split(", ")}
    assert {"core/draw.py", "ui/widgets.py", "templates/sign_in.html"} <= files


def test_every_message_is_translated() -> None:
    """Every message of the sources has a Chinese translation; what is a placeholder and nothing else stays itself."""
    chinese = translations()
    missing = {
        message: places
        for message, places in sources().items()
        if not IDEOGRAPHS.search(chinese.get(message, "")) and (words(message) or not chinese.get(message))
    }
    assert missing == {}


def test_nothing_obsolete() -> None:
    """The catalogue holds no message that the sources no longer have, not even as a comment."""
    assert sorted(set(translations()) - set(sources())) == []
    assert list(catalogue().obsolete) == []


def test_placeholders_agree() -> None:
    """A translation has exactly the placeholders of its message."""
    wrong = {
        message: chinese
        for message, chinese in translations().items()
        if chinese and placeholders(message) != placeholders(chinese)
    }
    assert wrong == {}


def test_nothing_fuzzy() -> None:
    """No translation is a guess of the tool's."""
    assert [message.id for message in catalogue() if message.fuzzy] == []
    assert not catalogue().fuzzy


def test_messages_are_english() -> None:
    """Message ids are English; only what is quoted from rosters and dates, as offices write them, is in Chinese."""
    quoted = {alias for aliases in TITLES.values() for alias in aliases} | {*"年月日男女", UNSAID}
    wrong = {message: places for message, places in sources().items() if set(IDEOGRAPHS.findall(message)) - quoted}
    assert wrong == {}


def test_messages_are_written_out() -> None:
    """No message is put together in the call, where it would never match a catalogue."""
    wrong = [
        f"{file}:{call.lineno}"
        for file, tree in python_files()
        for call in _message_calls(tree)
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.IfExp)
    ]
    assert wrong == []


def test_chinese_stands_only_where_it_is_meant() -> None:
    """Python code holds Chinese string literals only in the places listed above, and each of those still does."""
    found: dict[str, list[str]] = {}
    for file, tree in python_files():
        for owner, line, text in chinese_literals(tree):
            place = file if file in CHINESE_PLACES else f"{file}:{owner}"
            found.setdefault(place, []).append(f"{line}: {text}")
    assert {place: texts for place, texts in found.items() if place not in CHINESE_PLACES} == {}
    assert sorted(CHINESE_PLACES) == sorted(found)


def chinese_literals(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """Yield owner, line and text of every string with ideographs that is neither a docstring nor a message."""
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    left_out |= {id(call.args[0]) for call in _message_calls(tree)}
    for statement in tree.body:
        for node in ast.walk(statement):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in left_out:
                continue
            if IDEOGRAPHS.search(node.value):
                yield owner_of(statement), node.lineno, node.value


def owner_of(statement: ast.stmt) -> str:
    """Return the module-level name a statement defines, or its line."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return statement.name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return str(statement.lineno)


def test_the_reader_chooses_the_language() -> None:
    """Chinese is what one gets without choosing, or by choosing something unknown; English is the message itself."""
    message = "Too many wrong codes came from this device. Try again in {minutes} min."

    def shown(*chosen: str | None) -> str:
        for code in chosen:
            language.use(code)
        return language._(message, minutes=5)

    chinese, english = translations()[message].format(minutes=5), message.format(minutes=5)
    assert IDEOGRAPHS.search(chinese)
    assert Context().run(shown) == chinese
    assert Context().run(shown, "en") == english
    assert Context().run(shown, "en", "fr") == chinese
    assert Context().run(shown, "en", None) == chinese
