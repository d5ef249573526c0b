"""The pad's modules as text: they hold no rule, ask nobody outside, and every word they show can be translated."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from inspection_app import scorepad
from inspection_app.core.rubric import AnyCriterion, Measure
from tests.hub import ROOT

FOLDER = Path(scorepad.__file__).parent
SOURCES = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.js"))}
WORD = re.compile(r'\.word\(\s*"((?:[^"\\]|\\.)*)"')


def test_the_modules_are_those_named() -> None:
    """Every module that is served, mounted or sent along is there, and none besides."""
    assert set(SOURCES) == {f"{name}.js" for name in {*scorepad.MODULES, *scorepad.OFFLINE_MODULES, "main", "sw"}}


@pytest.mark.parametrize("name", SOURCES)
def test_no_rule_is_in_the_modules(name: str) -> None:
    """No kind of rule and no measure is known by name outside ``core``: the modules apply tables."""
    kinds = {kind for one in get_args(AnyCriterion) for kind in get_args(one.model_fields["kind"].annotation)}
    assert kinds == {"tick", "choice", "step", "rate", "grade"}
    names = kinds | {str(measure) for measure in Measure} - {"value"}
    quoted = re.compile(rf"""(["'`])({"|".join(sorted(names))})\1|\.kind\b""")
    assert quoted.findall(SOURCES[name]) == []
    if name == "points.js":
        assert [word for word in re.findall(r"[A-Za-z_]+", SOURCES[name]) if word.lower() in kinds] == []


@pytest.mark.parametrize("name", [*SOURCES, "pad.css", "offline.css"])
def test_nobody_outside_is_asked(name: str) -> None:
    """No address of another host is in any file."""
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}|url\(|@import", scorepad.text(name)) == []


@pytest.mark.parametrize("modules", [scorepad.MODULES, scorepad.OFFLINE_MODULES], ids=["pad", "offline"])
def test_a_module_imports_only_those_before_it_by_their_bare_names(modules: tuple[str, ...]) -> None:
    """Whoever starts the pad joins the modules in their order, and an offline sheet can do it without a server."""
    for place, name in enumerate(modules):
        text = SOURCES[f"{name}.js"]
        imported = re.findall(r'^import (?:\{[^}]+\}|\* as \w+) from "(\w+)";$', text, re.MULTILINE)
        assert len(imported) == len(re.findall(r"^import\b|\bimport\(|\bfrom\s+[\"']", text, re.MULTILINE)) / 2
        assert set(imported) <= set(modules[:place])
        for other, exported in ((one, SOURCES[f"{one}.js"]) for one in imported):
            given = re.findall(rf'^import (?:\{{ ([^}}]+) \}}|\* as \w+) from "{other}";$', text, re.MULTILINE)[0]
            names = given.split(", ") if given else []  # or all of it, to be handed on
            for one in names:
                assert re.search(rf"^export (?:function|class|const) {one}\b", exported, re.MULTILINE), (name, one)
                assert len(re.findall(rf"\b{one}\b", text)) > 1, (name, one)


def test_the_outbox_and_the_reckoning_stand_alone() -> None:
    """What stores, sends and reckons needs no screen: neither imports anything nor touches the page."""
    for name in ("points", "outbox", "shelf"):
        assert re.findall(r"^import\b|\bdocument\b", SOURCES[f"{name}.js"], re.MULTILINE) == []


def test_every_word_shown_can_be_translated() -> None:
    """What the view shows is exactly what is listed for the catalogues, and no message is put together in it."""
    offline = "".join(SOURCES[f"{name}.js"] for name in ("ledger", "offline"))
    shown = "".join(text for text in SOURCES.values() if text not in offline)
    for text in (shown, offline):
        assert len(WORD.findall(text)) == len(re.findall(r"\.word\(", text)), "a word is no plain string"
    assert sorted(set(WORD.findall(shown))) == sorted(scorepad.WORDS)
    assert set(WORD.findall(offline)) - set(WORD.findall(shown)) == set(scorepad.OFFLINE_WORDS)


def test_what_names_the_version_is_the_content() -> None:
    """The modules' address changes with what they hold, and only modules are given out."""
    assert re.fullmatch(r"[0-9a-f]{16}", scorepad.version())
    assert tuple(scorepad.modules()) == scorepad.MODULES


def test_the_files_travel_in_the_wheel() -> None:
    """The package is taken as a whole, and nothing leaves out modules or stylesheets."""
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'packages = ["inspection_app"]' in settings
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()  # hatchling leaves out what git ignores
    assert [line for line in ignored if line.strip() in {"*.js", "*.css", "scorepad", "inspection_app/scorepad"}] == []


def test_the_pad_is_small() -> None:
    """As they travel, modules, what the page brings and stylesheet leave most of the 150 kB of a first load to the sheet."""
    modules = gzip.compress(json.dumps(scorepad.modules(), ensure_ascii=False).encode())
    assert len(modules) + sum(len(scorepad.text(name).encode()) for name in ("main.js", "pad.css")) < 60_000
