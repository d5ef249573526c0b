"""Change every number and every open or closed end of the shipped rubrics in turn: does a test or the check notice?

``python -m tests.soak.mutate_rubrics [ID]...`` prints, text by text, how many of how many changes ``rubric check`` or the
tests typed from the official text caught, and lists those that nobody noticed. Each change is tried in a process of its
own, with the changed file in the place of the shipped one. Wording is not changed here: the tests compare it as a whole.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from inspection_app.errors import RubricError
from inspection_app.files import rubrics
from inspection_app.places import shipped

TESTS = Path(__file__).parents[1] / "rubrics"
NUMBERS = {
    "points", "from", "over", "to", "below", "cap", "floor", "each", "unit", "start", "target", "stated_total",
    "stated_bonus", "pass_line", "part_step", "candidate_sites", "drawn_sites", "allowed",
}  # fmt: skip
ENDS = {"from": "over", "over": "from", "to": "below", "below": "to"}


@dataclass(frozen=True)
class Change:
    """One change of a file's text: ``old`` at ``start`` becomes ``new``."""

    line: int
    start: int
    old: str
    new: str
    key: str

    def applied(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.start + len(self.old) :]


def changes(text: str) -> Iterator[Change]:
    """Find every number that a rubric scores by, and every end of a range."""
    stack: list[tuple[yaml.Node, str]] = [(yaml.compose(text), "")]
    while stack:
        node, key = stack.pop()
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                ranges = {"bands", "holds", "figures", ""}
                if name.value in ENDS and isinstance(value, yaml.ScalarNode):
                    taken = {one.value for one, _ in node.value}
                    if ENDS[name.value] not in taken and key not in ranges - {"bands", "holds"}:
                        yield _change(text, name, ENDS[name.value], f"{name.value} → {ENDS[name.value]}")
                stack.append((value, key if name.value == "" else name.value))
        elif isinstance(node, yaml.SequenceNode):
            stack += [(value, key) for value in node.value]
        elif key in NUMBERS and (number := _number(node)) is not None:
            step = Decimal(1).scaleb(min(0, int(number.as_tuple().exponent)))
            yield _change(text, node, str(number + step), key)


def _number(node: yaml.Node) -> Decimal | None:
    if not isinstance(node, yaml.ScalarNode) or node.style in ("'", '"'):
        return None
    try:
        return Decimal(node.value)
    except ArithmeticError:
        return None


def _change(text: str, node: yaml.Node, new: str, key: str) -> Change:
    start, end = node.start_mark.index, node.end_mark.index
    return Change(node.start_mark.line + 1, start, text[start:end], new, key)


def noticed(id_: str, text: str) -> str:
    """Say who notices a changed file: ``check``, ``test`` or nobody (empty)."""
    try:
        rubrics.parse_rubric(text, f"{id_}.yaml")
    except RubricError:
        return "check"
    child = os.fork()
    if child == 0:
        os._exit(_tests_pass(id_, text))
    return "" if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 else "test"


def _tests_pass(id_: str, text: str) -> int:
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        (Path(folder) / f"{id_}.yaml").write_text(text, "utf-8")
        rubrics.shipped = lambda name: Path(folder)  # type: ignore[assignment]
        test = TESTS / f"test_{id_.replace('-', '_')}.py"
        return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesis", str(test)]))


def main(ids: list[str]) -> None:
    for id_ in ids or rubrics.rubric_ids():
        text = (shipped("rubrics") / f"{id_}.yaml").read_text("utf-8")

        def who_notices(change: Change, id_: str = id_, text: str = text) -> str:
            return noticed(id_, change.applied(text))

        assert noticed(id_, text) == "", f"{id_}: the tests fail without any change"
        found = sorted(changes(text), key=lambda change: change.start)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            by = list(pool.map(who_notices, found))
        missed = [change for change, who in zip(found, by, strict=True) if not who]
        print(f"{id_}: {len(found) - len(missed)} of {len(found)} changes noticed "
              f"({by.count('check')} by the check, {by.count('test')} by tests)", flush=True)  # fmt: skip
        for change in missed:
            print(f"  line {change.line}: {change.key}: {change.old} → {change.new}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
