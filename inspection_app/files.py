"""YAML, CSV and XLSX in, every fault of a file reported at once with its line or cell; empty XLSX forms out.

What the content means is core's business; what to do with it the services'. No file is written here.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from inspection_app.core.application import DeskMark, SelfCheck, SelfCheckTable, half_width, self_check_table
from inspection_app.core.roster import Citizen
from inspection_app.core.rubric import Item, Rubric, contradictions
from inspection_app.core.scoring import parse_number
from inspection_app.errors import N_, Fault, NotFound, RosterError, RubricError, ScoreError
from inspection_app.places import shipped

if TYPE_CHECKING:  # openpyxl is read only when a spreadsheet comes in
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

MOST_BYTES = 5_000_000
MOST_DEPTH = 50
MOST_UNPACKED = 20_000_000
MOST_MEMBERS = 500
MOST_ROWS = 2000
MOST_COLUMNS = 60
TITLE_ROWS = 10


@dataclass(frozen=True)
class RubricFile:
    """A rubric together with the exact text it was loaded from and that text's SHA-256 (64 hex digits)."""

    rubric: Rubric
    text: str
    digest: str


def rubric_ids() -> tuple[str, ...]:
    """List the ids of the shipped rubrics."""
    return tuple(sorted(path.stem for path in shipped("rubrics").glob("*.yaml")))


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


def parse_rubric(text: str, name: str) -> RubricFile:
    """Turn a rubric file's text into a rubric.

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


ROSTER_COLUMNS = {
    "name": ("姓名", "名字", "name"),
    "category": ("类别", "人员类别", "代表类别", "category"),
    "gender": ("性别", "gender"),
    "birth": ("出生日期", "出生年月", "birth"),
    "phone": ("电话", "手机", "联系电话", "手机号", "phone"),
    "id_number": ("身份证号", "身份证号码", "id_number"),
    "household": ("户号", "户主", "household"),
    "township": ("乡镇", "乡镇街道", "乡镇（街道）", "township"),
}
"""The column titles that are understood, by field."""


def parse_roster(content: bytes) -> tuple[list[Citizen], list[int]]:
    """Read a roster from CSV in UTF-8 (with or without a byte order mark).

    Returns:
        The citizens, and the row each stands in, in the order of the file. Rows are counted from 1 as a spreadsheet
        counts them: the titles and empty rows too, and a line break inside quotes begins no new one.

    Raises:
        RosterError: it is not UTF-8, is too large, or has no column for name or category.
    """
    if len(content) > MOST_BYTES:
        raise RosterError(N_("The file is larger than 5 MB. A roster of citizens is much smaller."), "too-large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RosterError(
            N_("The file is not UTF-8 text (byte {place}). In Excel or WPS, save it as “CSV UTF-8”."),
            "not-utf-8", place=error.start,
        ) from None  # fmt: skip
    try:
        table = enumerate(csv.reader(io.StringIO(text)), 1)
        rows = [(number, row) for number, row in table if any(map(str.strip, row))]
    except csv.Error as error:
        raise RosterError(
            N_("The file is not a readable CSV table ({reason})."), "not-csv", reason=str(error)
        ) from None
    titles = [title.strip() for title in rows[0][1]] if rows else []
    columns = {
        field: next((titles.index(alias) for alias in aliases if alias in titles), None)
        for field, aliases in ROSTER_COLUMNS.items()
    }
    missing = [ROSTER_COLUMNS[field][0] for field in ("name", "category") if columns[field] is None]
    if missing:
        raise RosterError(
            N_("The first line has no column {missing}. It must name the columns 姓名 and 类别."),
            "no-column", missing="、".join(missing),
        )  # fmt: skip

    def cell(row: list[str], field: str) -> str:
        column = columns[field]
        return row[column].strip() if column is not None and column < len(row) else ""

    citizens = [Citizen(**{field: cell(row, field) for field in ROSTER_COLUMNS}) for _, row in rows[1:]]
    return citizens, [number for number, _ in rows[1:]]


SELF_CHECK_COLUMNS = {
    "item": ("序号", "考核项序号", "考核项", "项号", "编号"),
    "points": ("自查得分", "自查评分", "自查分"),
    "page": ("页码", "页码起止", "起止页码", "汇编页码", "资料汇编页码"),
}
DESK_MARK_COLUMNS = {
    "item": SELF_CHECK_COLUMNS["item"],
    "name": ("姓名", "评审人", "评审专家", "专家", "专家姓名"),
    "points": ("资料评审得分", "资料评审分", "评审得分"),
    "note": ("说明", "评审说明", "备注"),
}
"""The column titles that are understood, by field; the first of each stands in messages and in the empty forms."""
_SUMS = {"合计", "小计", "总计"}


def parse_self_check(content: bytes, rubric: Rubric) -> SelfCheckTable:
    """Read self-check points and page references per item from an XLSX file.

    Every visible sheet with the three columns counts; the titles stand anywhere in its first ten rows. A row in which
    neither points nor page is entered is skipped, and so is a row of sums.

    Raises:
        ScoreError: no XLSX, too large, or with every fault of the file, each with its cell.
    """
    rows: dict[str, SelfCheck] = {}
    with _spreadsheet(content, SELF_CHECK_COLUMNS, ("item", "points", "page")) as tables:
        for table in tables:
            for row in table.rows():
                item = table.item(row, rubric)
                points = table.points(row, item)
                page = table.text(row, "page", 60)
                if item and table.once(row, "item", item.no):
                    rows[item.no] = SelfCheck(item.no, points, page)
    return self_check_table(rubric, rows.values())


def parse_desk_marks(content: bytes, rubric: Rubric) -> tuple[DeskMark, ...]:
    """Read marks given from the documents before the visit: item, name, points and, where there is one, a note.

    Raises:
        ScoreError: as ``parse_self_check`` does.
    """
    marks = []
    with _spreadsheet(content, DESK_MARK_COLUMNS, ("item", "name", "points")) as tables:
        for table in tables:
            for row in table.rows(but={"item", "name"}):
                item = table.item(row, rubric)
                points = table.points(row, item)
                name = table.text(row, "name", 40)
                note = table.text(row, "note", 1000)
                if not name:
                    table.fault(row, "name", N_("The name is missing."), N_("Enter who gave these points."))
                if points is None and table.value(row, "points") is None:
                    table.fault(row, "points", N_("The points are missing."), N_("Enter them, or empty the row."))
                if item and name and table.once(row, "item", item.no, name) and points is not None:
                    marks.append(DeskMark(item.no, name, points, note))
    return tuple(marks)


def self_check_template(rubric: Rubric) -> bytes:
    """Return an empty XLSX form for the self-check: numbers, contents and full points are filled in."""
    return _template("自查表", rubric, SELF_CHECK_COLUMNS, {"points": 12, "page": 20})


def desk_mark_template(rubric: Rubric) -> bytes:
    """Return an empty XLSX form for desk marks: numbers, contents and full points are filled in."""
    return _template("资料评审表", rubric, DESK_MARK_COLUMNS, {"name": 12, "points": 16, "note": 40})


class _Table:
    """The rows of one worksheet below its titles, read cell by cell; faults are gathered for the whole file."""

    def __init__(
        self, sheet: Worksheet, formulas: Worksheet, titles: int, columns: Mapping[str, int], faults: list[Fault],
        met: dict[tuple[str, ...], str],
    ) -> None:  # fmt: skip
        self.sheet, self.columns, self.faults, self.met = sheet, columns, faults, met
        self._formulas = formulas
        used = set(columns.values())
        touching = [r for r in sheet.merged_cells.ranges if any(r.min_col <= c <= r.max_col for c in used)]
        self._first = max([titles, *(r.max_row for r in touching if r.min_row <= titles <= r.max_row)]) + 1
        self._merged: set[tuple[int, int]] = set()
        for one in sorted((r for r in touching if r.min_row >= self._first), key=lambda r: (r.min_row, r.min_col)):
            if one.min_row < one.max_row or self._entered(one.min_row, {"item"}):  # a heading across the table is none
                self._merged |= {(row, column) for row, column in one.cells if column in used}
                self._add(one.coord, N_("These cells are merged."), N_("Unmerge them and fill in each cell."))

    def rows(self, but: Iterable[str] = ("item",)) -> Iterator[int]:
        """Yield the numbers of the rows in which more than the fields ``but`` is entered; rows of sums are none."""
        last = self.sheet.max_row
        if last > self._first + MOST_ROWS:
            self._add(f"A{last}", N_("The sheet has more than {most} rows."),
                      N_("Delete everything below the table."), most=MOST_ROWS)  # fmt: skip
            return
        for row in range(self._first, last + 1):
            if self._entered(row, set(but)) and not self._sums(row):
                yield row

    def value(self, row: int, field: str) -> Any:
        """Return what a cell shows: texts without outer spaces, None where it is empty or cannot be read."""
        column = self.columns.get(field)
        if column is None or (row, column) in self._merged:
            return None
        value = self.sheet.cell(row, column).value
        if isinstance(value, float):
            value = f"{value:.15g}"  # as the spreadsheet shows it, without the dust of binary fractions
        return (value.strip() or None) if isinstance(value, str) else value

    def item(self, row: int, rubric: Rubric) -> Item | None:
        """Return the item a row is about; where there is none, that is a fault."""
        value = self.value(row, "item")
        if value is None:
            if not self._without_value(row, "item") and (row, self.columns["item"]) not in self._merged:
                self.fault(row, "item", N_("The item number is missing."), N_("Enter it, or empty the row."))
            return None
        no = half_width(str(value)).strip().rstrip("、.")
        found = next((item for item in rubric.items if item.no == no), None)
        if found is None:
            self.fault(
                row, "item", N_("The rubric has no item “{item}”."), N_("Its items run from {first} to {last}."),
                item=_short(value), first=rubric.items[0].no, last=rubric.items[-1].no,
            )  # fmt: skip
        return found

    def points(self, row: int, item: Item | None) -> Decimal | None:
        """Return the points of a row; None where there are none, or where they are a fault."""
        value = self.value(row, "points")
        if value is None:
            self._without_value(row, "points")
            return None
        try:
            if isinstance(value, (datetime, date, time, timedelta)):
                raise ScoreError(N_("a date"), "a-date")
            number = parse_number(value, item="", unit="分")
        except ScoreError:
            self.fault(row, "points", N_("“{value}” is not a number of points."), N_("Enter the points as a number."),
                       value=_short(value))  # fmt: skip
            return None
        if item and not 0 <= number <= item.ceiling:
            self.fault(
                row, "points", N_("{points} points are not between 0 and {ceiling}, item {item}'s full points."),
                N_("Correct the points."), points=number, ceiling=item.ceiling, item=item.no,
            )  # fmt: skip
            return None
        return number

    def text(self, row: int, field: str, most: int) -> str:
        """Return a cell's text of at most ``most`` characters, empty where there is none."""
        value = self.value(row, field)
        if value is None:
            self._without_value(row, field)
            return ""
        if isinstance(value, (datetime, date, time, timedelta)):
            self.fault(row, field, N_("The spreadsheet has turned this into a date."),
                       N_("Format the cell as text and enter it again."))  # fmt: skip
        elif self.sheet.cell(row, self.columns[field]).data_type == "e":
            self.fault(row, field, N_("The formula has failed: {value}."), N_("Enter the text itself."), value=value)
        elif len(str(value)) > most:
            self.fault(row, field, N_("The text is longer than {most} characters."), N_("Shorten it."), most=most)
        else:
            return str(value)
        return ""

    def once(self, row: int, field: str, *key: str) -> bool:
        """Say whether this is the first row of the file about this item (and person); a second one is a fault."""
        here = self.sheet.cell(row, self.columns[field]).coordinate
        if key not in self.met:
            self.met[key] = f"{self.sheet.title}!{here}"
            return True
        self.fault(row, field, N_("“{key}” stands here for the second time; it stands in {first} already."),
                   N_("Remove one of the two."), key=" ".join(key), first=self.met[key])  # fmt: skip
        return False

    def fault(self, row: int, field: str, fault: str, remedy: str, **context: object) -> None:
        self._add(self.sheet.cell(row, self.columns[field]).coordinate, fault, remedy, **context)

    def _add(self, cell: str, fault: str, remedy: str, **context: object) -> None:
        self.faults.append(
            Fault(N_("{sheet}!{cell}"), fault, remedy, {"sheet": self.sheet.title, "cell": cell, **context})
        )

    def _without_value(self, row: int, field: str) -> bool:
        """Say whether a cell holds a formula whose result was never stored; that is a fault."""
        column = self.columns.get(field)
        if column is None or self._formulas.cell(row, column).data_type != "f":
            return False
        if self.sheet.cell(row, column).value is None:
            self.fault(row, field, N_("The formula has no stored result."),
                       N_("Open the file in Excel or WPS and save it there, or enter the value itself."))  # fmt: skip
        return True

    def _entered(self, row: int, but: set[str]) -> bool:
        return any(
            self._formulas.cell(row, column).value not in (None, "")
            for field, column in self.columns.items()
            if field not in but
        )

    def _sums(self, row: int) -> bool:
        return any(_title(cell.value) in _SUMS for cell in self.sheet[row][:MOST_COLUMNS])


@contextmanager
def _spreadsheet(
    content: bytes, titles: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Iterator[tuple[_Table, ...]]:
    """Open the tables of an XLSX file whose titles are found; raise all faults together when they have been read."""
    values, formulas = _workbooks(content)
    visible = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
    faults: list[Fault] = []
    met: dict[tuple[str, ...], str] = {}
    tables, best = [], (-1, "", list(needed))
    for sheet in visible:
        row, columns = max(_title_rows(sheet, titles), key=lambda found: len(set(found[1]) & set(needed)))
        missing = [field for field in needed if field not in columns]
        if not missing:
            tables.append(_Table(sheet, formulas[sheet.title], row, columns, faults, met))
        elif len(columns) > best[0]:
            best = (len(columns), sheet.title, missing)
    if not tables:
        raise ScoreError(
            N_("The columns {columns} are not in the first {rows} rows of any sheet (nearest: {sheet}). Enter these "
               "titles, or use the empty form."),
            "no-columns", columns="、".join(titles[field][0] for field in best[2]), rows=TITLE_ROWS, sheet=best[1],
        )  # fmt: skip
    yield tuple(tables)
    if faults:
        raise ScoreError(
            N_("The spreadsheet cannot be taken; faults found: {count}. Nothing was changed."),
            "xlsx-faults", faults=faults, count=len(faults),
        )  # fmt: skip
    if not met:
        raise ScoreError(N_("Nothing is entered in the table. Fill it in first."), "xlsx-empty")


def _title_rows(sheet: Worksheet, titles: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, dict[str, int]]]:
    """Yield each of the first rows with the columns whose titles it holds; of two equal titles the first counts."""
    meant = {alias: field for field, aliases in titles.items() for alias in aliases}
    for row in sheet.iter_rows(max_row=TITLE_ROWS, max_col=MOST_COLUMNS):
        columns: dict[str, int] = {}
        for cell in row:
            if (field := meant.get(_title(cell.value))) and cell.column:
                columns.setdefault(field, cell.column)
        yield int(row[0].row or 0), columns


def _title(value: object) -> str:
    """Fold a title: no spaces or line breaks, nothing in brackets behind it."""
    return re.sub(r"\(.*\)$", "", "".join(half_width(str(value or "")).split()))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"


def _workbooks(content: bytes) -> tuple[Workbook, Workbook]:
    """Open an XLSX file twice, by its stored values and by its formulas, after a look at what it unpacks to.

    Links to other files are not followed.
    """
    from openpyxl import load_workbook

    if len(content) > MOST_BYTES:
        raise ScoreError(N_("The file is larger than 5 MB. A table of the items is much smaller."), "too-large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
                raise ScoreError(
                    N_("The file unpacks to far more than a table of the items. Copy the table into a new file."),
                    "too-large",
                )
            for member in members:
                with archive.open(member) as stream:  # in pieces: a member that is larger than it says ends in an error
                    text = b"".join(iter(lambda: stream.read(65536), b""))
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise zipfile.BadZipFile("no spreadsheet program declares entities")
        values = load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
        return values, load_workbook(io.BytesIO(content), keep_links=False)
    except ScoreError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file leads it to
        raise ScoreError(
            N_("The file is no readable XLSX spreadsheet. Save it as .xlsx, without a password, in Excel or WPS."),
            "not-xlsx",
        ) from error


def _template(title: str, rubric: Rubric, titles: Mapping[str, Sequence[str]], widths: Mapping[str, int]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    fields = ["item", "", "", *widths]
    sheet.append([titles["item"][0], "考核内容", "满分", *(titles[field][0] for field in widths)])
    line = Side(style="thin", color="FFD5D9E0")
    for number, item in enumerate(rubric.items, 2):
        sheet.append([item.no, item.content, item.ceiling, *("" for _ in widths)])
        for cell in (sheet.cell(number, 1), sheet.cell(number, 2)):
            cell.data_type = "s"  # a content that begins with "=" is no formula
        points = sheet.cell(number, fields.index("points") + 1)
        rule = DataValidation(
            type="decimal", operator="between", formula1="0", formula2=f"{item.ceiling:f}", allow_blank=True,
            showErrorMessage=True, errorTitle=titles["points"][0], error=f"0 – {item.ceiling:f}",
        )  # fmt: skip
        rule.add(points.coordinate)
        sheet.add_data_validation(rule)
    for row in sheet.iter_rows():
        for cell, field in zip(row, fields, strict=True):
            cell.border = Border(top=line, bottom=line, left=line, right=line)
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            if field not in ("", "points"):
                cell.number_format = "@"  # as text: a page 3-5 must not become the third of May
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFF5F6F8")
    for number, width in enumerate((8, 50, 8, *widths.values()), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


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
