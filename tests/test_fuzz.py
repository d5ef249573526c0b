"""The short form of ``tests.soak.fuzz``: every reader and every route has one, a few inputs for each go through, and what
would count as a fault is seen as one."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

import inspection_app
from inspection_app import routes
from inspection_app.errors import InspectionError
from tests.soak.fuzz import fuzz
from tests.soak.fuzz_changes import change_bytes, change_json, change_parts
from tests.soak.fuzz_readers import READ_BY, READERS, Reader
from tests.soak.fuzz_routes import ROUTES, Traceback, install_routes, request_of

HOME = Path(inspection_app.__file__).parent
GIVEN = {"content", "file", "paper", "pdf", "photos", "template", "text", "uploads", "path", "source"}
"""What a parameter is called by which a file of somebody else's comes in."""
NOT_READ = {
    "files.encrypted.lock_bytes", "report.archive.packed", "report.archive.unpacked", "report.preview.page_picture",
    "services.feed_back.preview", "services.redact.secretary_of",  # what this program has just made or checked
    "report.illustrations.fit_photo",  # a photo as it was kept when it was taken in
    "files.rubrics.load_rubric", "files.rubrics.load_rubric_file", "files.rubrics.load_yaml",  # parse_rubric, by its path
}  # fmt: skip


def takers() -> Iterator[str]:
    """Yield every public function of the readers' packages that is given somebody's file."""
    places = [HOME / "verify.py", HOME / "core" / "annex.py", HOME / "core" / "typed_line.py"]
    for package in ("files", "sheets", "services", "report"):
        places += sorted((HOME / package).glob("*.py"))
    for path in places:
        for function in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            arguments = [*function.args.args, *function.args.kwonlyargs]
            if any(
                one.arg in GIVEN and one.annotation and (
                    any(kind in ast.unparse(one.annotation) for kind in ("bytes", "Upload", "Path"))
                    or (path.parent.name == "core" and function.name.startswith("parse_"))
                )
                for one in arguments
            ):  # fmt: skip
                yield ".".join((*path.relative_to(HOME).with_suffix("").parts, function.name))


def test_every_reader_is_thrown_at() -> None:
    """A function that takes somebody's file and is reached by no reader here is named; so is a row without a function."""
    found = set(takers()) - NOT_READ
    assert len(found) > 25
    assert found - READ_BY.keys() == set()
    assert set(READ_BY.values()) <= set(READERS)


def test_every_route_is_thrown_at(tmp_path: Path) -> None:
    """A route of the hub, or of the page the certificate is installed from, without a valid request here is named."""
    there = [*routes.ROUTES, *install_routes(tmp_path)]
    assert all(isinstance(route, Route) for route in there)
    rows = {(method, route.path) for route in there for method in (route.methods or {"GET"}) - {"HEAD"}}
    assert rows ^ ROUTES.keys() == set()


@pytest.mark.parametrize("name", READERS)
def test_a_reader_refuses_in_words_or_reads(name: str) -> None:
    """No crash, no hang, no traceback, and nothing believed that nobody wrote; the last of its own inputs is taken as it
    is, so that a refusal is due to what was changed."""
    reader = READERS[name]()
    reader.read(reader.seeds[-1])
    tally = fuzz(reader, max(4, reader.share), random.Random(name))
    assert tally.wrong == []
    assert tally.counts["accepted"] > 0


def test_what_cannot_be_taken_apart_is_sent_as_it_is() -> None:
    """A text that is no request any more is the body, or the query, of an otherwise valid one: parsers meet raw bytes."""
    valid = {"headers": {"cookie": "x"}, "body": {"a": 1}}
    _parts, scope, body = request_of("POST", "/x/{id:int}", b'{"body": {"a"', valid, "http")
    assert (body, scope["headers"]) == (b'{"body": {"a"', [(b"cookie", b"x")])
    _parts, scope, body = request_of("GET", "/x/{id:int}", b"\xff&a", {**valid, "params": {"id": "7"}}, "http")
    assert (scope["path"], scope["query_string"]) == ("/x/7", b"%FF&a")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ValueError(), "crash"), (RecursionError(), "crash"), (AssertionError(), "believed"), (Traceback(), "traceback"),
     (TimeoutError(), "hang"), (InspectionError("no", "no"), "refused")],
)  # fmt: skip
def test_a_fault_would_be_seen(error: Exception, outcome: str) -> None:
    """What a reader lets through is counted as what it is."""

    def read(content: bytes) -> None:
        raise error

    tally = fuzz(Reader([b"valid"], read, change_bytes), 3, random.Random(1))
    assert tally.counts[outcome] == 3
    assert tally.faults == 3 * (outcome != "refused")


def test_inputs_are_changed() -> None:
    """Each way of changing gives many different inputs, the same ones for the same seed."""
    xlsx = READERS["roster (XLSX)"]().seeds
    for mutate, seeds in (
        (change_bytes, [b"a,b\n1,2\n"]),
        (change_json, [b'{"a": [1, {"b": "c"}]}']),
        (change_parts, xlsx),
    ):
        first, again = ([mutate(rng, seeds) for _ in range(20)] for rng in (random.Random(3), random.Random(3)))
        assert first == again or mutate is change_parts  # a packed file holds the time of its packing
        assert len(set(first) - set(seeds)) > 10
