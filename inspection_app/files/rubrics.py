"""Rubric files: YAML in, with every fault of a file at once, each with its line.

What a rubric may say is ``core.rubric``'s business; nothing is written here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from inspection_app.core.consistency import contradictions
from inspection_app.core.rubric import Rubric
from inspection_app.errors import N_, Fault, NotFound, RubricError
from inspection_app.files.limits import MOST_BYTES, MOST_DEPTH
from inspection_app.places import shipped


@dataclass(frozen=True)
class RubricFile:
    """A rubric together with the exact text it was loaded from and that text's SHA-256 (64 hex digits)."""

    rubric: Rubric
    text: str
    digest: str


def rubric_ids() -> tuple[str, ...]:
    """List the ids of the shipped rubrics."""
    return tuple(sorted(path.stem for path in shipped("rubrics").glob("*.yaml")))


def rubrics_to_choose(own: Path) -> tuple[dict[str, RubricFile], tuple[RubricError, ...]]:
    """Load what a visit may be made with: the shipped rubrics, and the office's own in a folder that need not be there.

    Returns the rubrics by id, and why files of the office cannot be used.
    """
    found, refused = {id_: load_rubric_file(id_) for id_ in rubric_ids()}, []
    for path in sorted(own.glob("*.yaml")):
        try:
            loaded = load_rubric_file(path)
        except RubricError as error:
            refused.append(error)
            continue
        if loaded.rubric.id in found:
            fault = Fault(N_("{file}, “id”"), N_("Another rubric is called “{id}”."),
                          N_("Give this one an id of its own."),
                          {"file": path.name, "id": loaded.rubric.id, "line": 1})  # fmt: skip
            refused.append(_rubric_faults(path.name, [fault]))
        else:
            found[loaded.rubric.id] = loaded
    return found, tuple(refused)


def load_yaml(path: Path) -> Any:
    """Return the content of a YAML file of our own; faults in it are ours and not reported one by one."""
    return yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader


def load_rubric(id_or_path: str | Path) -> Rubric:
    """Load a rubric by its shipped id, or from a file.

    Raises:
        NotFound: no shipped rubric has this id, or there is no such file.
        RubricError: with every fault of the file, each with line, place, fault and remedy.
    """
    return load_rubric_file(id_or_path).rubric


def load_rubric_file(id_or_path: str | Path) -> RubricFile:
    """Load a rubric and keep its text; see ``load_rubric``."""
    path = Path(id_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        if str(id_or_path) not in rubric_ids():
            raise NotFound(
                N_("There is no rubric “{id}”. The shipped ones are: {known}; any other is named by its .yaml file."),
                "no-rubric", id=str(id_or_path), known=", ".join(rubric_ids()),
            )  # fmt: skip
        path = shipped("rubrics") / f"{id_or_path}.yaml"
    return parse_rubric(_read(path), path.name)


@lru_cache(maxsize=16)
def parse_rubric(text: str, name: str) -> RubricFile:
    """Turn a rubric file's text into a rubric; the same text is read once.

    Args:
        text: YAML.
        name: the file's name, for the messages.

    Raises:
        RubricError: with every fault.
    """
    try:
        if (line := _too_deep(text)) is not None:
            fault = Fault(N_("{file}, line {line}"), N_("This is nested too deeply."),
                          N_("A rubric has no such depth."), {"file": name, "line": line})  # fmt: skip
            raise _rubric_faults(name, [fault])
        node = yaml.compose(text, Loader=_Loader)
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = getattr(error, "position", 0)  # of a character that no YAML may hold
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "?"
        fault = Fault(
            N_("{file}, line {line}"), N_("This is not YAML: {reason}."),
            N_("Look at the indentation and quotes just before this place."),
            {"file": name, "line": (mark.line if mark else text.count("\n", 0, place)) + 1, "reason": reason},
        )  # fmt: skip
        raise _rubric_faults(name, [fault]) from None
    faults = [*_repeated_keys(node, name)]
    try:
        rubric = Rubric.model_validate(content)
    except ValidationError as error:
        errors = error.errors()
        faults += [_structural(node, name, details) for details in errors if not _follows(details, errors)]
        raise _rubric_faults(name, faults) from None
    faults += [_placed(node, name, path, fault) for path, fault in contradictions(rubric)]
    if faults:
        raise _rubric_faults(name, faults)
    return RubricFile(rubric, text, hashlib.sha256(text.encode()).hexdigest())


def _rubric_faults(name: str, faults: list[Fault]) -> RubricError:
    return RubricError(
        N_("The rubric file {file} cannot be used; faults found: {count}."),
        "rubric-faults", faults=sorted(faults, key=lambda fault: int(str(fault.context["line"]))),
        file=name, count=len(faults),
    )  # fmt: skip


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """YAML 1.2's booleans: only true and false. YAML 1.1 would read the field ``no`` as false."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Say of a value that only looks like a date or a number, such as 2014-02-30, where it stands."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from None


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for sign, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"])


def _too_deep(text: str) -> int | None:
    """Return the line at which a text is nested deeper than any rubric, before the loader's own stack gives way."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            depth -= 1
        if depth > MOST_DEPTH and event.start_mark:
            return event.start_mark.line + 1
    return None


_SENTENCES = {
    "missing": (N_("The field is missing."), N_("Add it; the schema says what belongs there.")),
    "extra_forbidden": (N_("This field is unknown."), N_("Remove it or correct its spelling.")),
    "string_type": (N_("Text is expected here."), N_("Put the value in quotes.")),
    "literal_error": (N_("Only {expected} can stand here."), N_("Use one of them.")),
    "enum": (N_("Only {expected} can stand here."), N_("Use one of them.")),
    "union_tag_invalid": (N_("Only {expected_tags} can stand here."), N_("Use one of them.")),
    "union_tag_not_found": (N_("The kind of the criterion is missing."), N_("Add 'kind'.")),
    "greater_than_equal": (N_("The number is too small."), N_("Use {ge} or more.")),
    "less_than_equal": (N_("The number is too large."), N_("Use {le} or less.")),
    "too_short": (N_("There are too few entries."), N_("Give at least {min_length}.")),
    "string_pattern_mismatch": (N_("The text has the wrong form."), N_("It must match {pattern}.")),
    "model_type": (N_("Fields with values are expected here."), N_("Write them as 'name: value' lines.")),
    "tuple_type": (N_("A list is expected here."), N_("Begin each entry with a hyphen.")),
}  # fmt: skip
_OTHERWISE = (N_("The value cannot be used: {reason}."), N_("Correct it; the schema says what belongs there."))


_KINDS = {"tick", "choice", "step", "rate", "grade"}


def _follows(details: Mapping[str, Any], errors: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether a list is only called too short because its entries, which have faults of their own, do not count."""
    loc = details["loc"]
    return details["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in errors
    )


def _structural(node: yaml.Node | None, name: str, details: Mapping[str, Any]) -> Fault:
    fault, remedy = _SENTENCES.get(details["type"], _OTHERWISE)
    context = dict(details.get("ctx") or {}) | {"reason": str(details["msg"]).removeprefix("Value error, ")}
    loc = details["loc"]
    # pydantic names the kind of a criterion behind its index; the file has no such level
    path = tuple(key for before, key in zip(("", *loc), loc, strict=False)
                 if not (isinstance(before, int) and key in _KINDS))  # fmt: skip
    return _placed(node, name, path, Fault("", fault, remedy, context))


def _placed(node: yaml.Node | None, name: str, path: tuple[str | int, ...], fault: Fault) -> Fault:
    where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
    context = fault.context | {"file": name, "line": _line(node, path), "where": where or "-"}
    return Fault(N_("{file}, line {line}, {where}"), fault.fault, fault.remedy, context)


def _line(node: yaml.Node | None, path: tuple[str | int, ...]) -> int:
    """Follow a path as far as the file has it and return the line it leads to, counted from 1."""
    line = node.start_mark.line + 1 if node else 1
    for key in path:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == key]
            if not found:
                return line
            line, node = found[-1][0].start_mark.line + 1, found[-1][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _repeated_keys(node: yaml.Node | None, name: str) -> Iterator[Fault]:
    """YAML lets the later of two equal keys win in silence; a rubric file must not."""
    waiting, met = [node], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in met:  # an alias leads back to what was looked at already, or round in circles
            continue
        met.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    yield Fault(
                        N_("{file}, line {line}"), N_("The field “{key}” stands here for the second time."),
                        N_("Remove one of the two."),
                        {"file": name, "line": key.start_mark.line + 1, "key": key.value},
                    )  # fmt: skip
                seen.add(key.value)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(
            N_("The file {file} cannot be read ({reason})."), "no-file", file=str(path), reason=error.strerror or "?"
        ) from None
    if len(content) > MOST_BYTES:
        raise RubricError(N_("The file {file} is larger than 5 MB; a rubric is much smaller."), "too-large",
                          file=path.name)  # fmt: skip
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError(
            N_("The file {file} is not UTF-8 text (byte {place}). Save it as UTF-8."),
            "not-utf-8", file=path.name, place=error.start,
        ) from None  # fmt: skip
