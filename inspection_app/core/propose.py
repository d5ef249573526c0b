"""A proposed rubric from the rows of an office's table, with everything that a person must decide named beside it.

Here rows become aspects and items: chapters with the points of their headings, bonus, deductions, vetoes, numbers.
``core.clauses`` reads each item's rule; ``files`` reads the table and writes the proposal down. Wording is taken as it
stands and none is made: what a table does not say (issuer, year, stages of the visit) stays open and is a decision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from inspection_app.core.clauses import read_rule
from inspection_app.core.consistency import contradictions, slips
from inspection_app.core.rubric import (
    Aspect,
    AspectKind,
    Erratum,
    Grade,
    Item,
    Rate,
    Rubric,
    Scheme,
    SlipKind,
    Step,
    Tick,
    Veto,
)
from inspection_app.core.wording import plain
from inspection_app.errors import N_, RubricError

CHAPTERS = ("chapter", "aspect", "part", "content")
"""Fields of a row that group rows, from the widest to the narrowest."""


@dataclass(frozen=True)
class TableRow:
    """One row of a table: its cells by field, white space normalised; merged cells hold their words in every row.

    ``above`` names the fields whose cell is merged with the one above. ``banner``: a line of text across the table.
    Fields: no, chapter, aspect, part, content, points, verification, rule_text, responsible, prompts.
    """

    place: str
    cells: Mapping[str, str] = field(default_factory=dict)
    above: frozenset[str] = frozenset()
    banner: str = ""

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True)
class Decision:
    """What a person must decide: about the whole rubric, an aspect (by its id), an item, or a criterion of it."""

    message: str  # a catalogue key whose placeholders the context fills
    aspect: str = ""
    item: str = ""
    criterion: str = ""
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A rubric as it may be meant, and what has to be decided before it is one."""

    rubric: Rubric
    decisions: tuple[Decision, ...]

    def about(self, *, aspect: str = "", item: str = "", criterion: str = "") -> Iterator[Decision]:
        """Yield the decisions about exactly this place; without a place, those about the whole."""
        for one in self.decisions:
            if (one.aspect, one.item, one.criterion) == (aspect, item, criterion):
                yield one


_STATED = re.compile(r"[（(][^（）()\d]*(\d+(?:[.．]\d+)?)分[^（）()]*[）)]")
_MOST = re.compile(r"[（(][^（）()]*最高[^（）()]*分[^（）()]*[）)]")
_POINTS = re.compile(r"(\d+(?:[.．]\d+)?)\s*分?$")
_LEADING_NO = re.compile(r"^(\d{1,3})[.．、](?!\d)\s*")
_CLAUSE_NO = re.compile(r"(?:^|(?<=[。；;）)\n]))(\d{1,2})[.．、](?!\d)")
_VETO = re.compile(r"(?:[^,，;；。]*?)一律为([A-DＡ-Ｄ])级|一票否决|否决项")
_DEDUCTS = re.compile(r"[（(](?:每[^（）()]*扣[\d.．]+分[，,、;；])?(?:最高|最多|至多)扣[\d.．]+分[）)]$")
_REQUIRED = re.compile(r"^(?:总体要求|基本要求|考核要求)[:：]")


def propose(
    rows: Sequence[TableRow], *, id: str, title: str, source: str, judged: bool = False,
    say: Callable[[str], str] = str,
) -> Proposal:  # fmt: skip
    """Propose a rubric from a table's rows.

    Args:
        rows: in the order of the table, without titles.
        id: of the rubric: small letters, digits, hyphens.
        title: the official title.
        source: what the wording was taken from, e.g. the file's name.
        judged: the table has no column of scoring rules; what it lists is judged.
        say: translates what is written under ``errata`` about slips that the numbers show.

    Raises:
        RubricError: the rows hold no item.
    """
    return _Proposer(judged).propose(rows, id, title, source, say)


class _Proposer:
    def __init__(self, judged: bool) -> None:
        self.judged = judged
        self.aspects: list[dict[str, Any]] = []
        self.figures: dict[str, Any] = {}
        self.vetoes: list[Veto] = []
        self.decisions: list[Decision] = []
        self.numbers: set[str] = set()

    def propose(
        self, rows: Sequence[TableRow], id_: str, title: str, source: str, say: Callable[[str], str]
    ) -> Proposal:
        self.decide(N_("Issuer, year and source are not in the table: enter them."))
        self.decide(N_("The table says nothing of the visit's stages and draws: the scheme is empty."))
        for chapter in self._chapters(rows):
            self._add(*chapter)
        if not any(aspect["items"] for aspect in self.aspects):
            raise RubricError(N_("The table holds no item: no row has a scoring rule below its titles."), "no-items")
        aspects = [self._aspect(number, aspect) for number, aspect in enumerate(self.aspects, 1) if aspect["items"]]
        bonus, base = (
            sum((a.ceiling if a.points is None else a.points for a in aspects if a.kind is kind), Decimal(0))
            for kind in (AspectKind.BONUS, AspectKind.BASE)
        )
        self.decide(
            N_("The totals are added up from headings and rows ({total}, of which bonus {bonus}): compare with the "
               "text, also whether it has a pass line or grades."), total=plain(base + bonus), bonus=plain(bonus),
        )  # fmt: skip
        rubric = Rubric(
            id=id_, version="1", title=title, issuer="", year="—", source=source, stated_total=base + bonus,
            stated_bonus=bonus, scheme=Scheme(prescribed=False, activities=()), figures=self.figures,
            aspects=tuple(aspects), vetoes=tuple(self.vetoes),
        )  # fmt: skip
        return Proposal(self._with_slips(self._usable(rubric), say), tuple(self.decisions))

    def decide(self, message: str, *, aspect: str = "", item: str = "", criterion: str = "", **context: object) -> None:
        self.decisions.append(Decision(message, aspect, item, criterion, context))

    # --- rows to chapters ---

    def _chapters(self, rows: Sequence[TableRow]) -> Iterator[tuple[str, str, list[TableRow]]]:
        """Yield title, requirement and rows of each chapter, by its column or by the lines across the table."""
        in_column = any(row["aspect"] for row in rows)
        banner, requirement, title, held = "", "", "", list[TableRow]()
        for row in rows:
            if row.banner:
                if held:
                    yield title, requirement, held
                    title, requirement, held = "", "", []
                if _REQUIRED.match(row.banner):
                    requirement = _REQUIRED.sub("", row.banner)
                else:
                    banner, requirement = row.banner, ""
                continue
            own = _chapter(banner, row["aspect"]) if in_column else banner
            if own and own != title and held:
                yield title, requirement, held
                requirement, held = "", []
            title = own or title
            requirement = requirement or (row["chapter"] if in_column else "")
            held.append(row)
        if held:
            yield title, requirement, held

    def _add(self, title: str, requirement: str, rows: Sequence[TableRow]) -> None:
        stated = _stated(title)
        bonus = "加分" in title or "加分" in requirement
        cap = None
        if bonus:
            most = _MOST.search(title) or _MOST.search(requirement)
            cap = _stated(most.group()) if most else None
            stated = stated or cap
        aspect: dict[str, Any] = {
            "title": _without_points(title), "points": stated, "requirement": requirement, "items": [], "cap": cap,
            "kind": AspectKind.BONUS if bonus else AspectKind.BASE, "asked": bool(title),
        }  # fmt: skip
        off = aspect | {"kind": AspectKind.DEDUCTION, "points": None, "items": [], "requirement": ""}
        for group in self._items(rows, bonus):
            first = group[0]
            if _vetoes(first):
                self._veto(first)
            elif aspect["kind"] is not AspectKind.BONUS and _DEDUCTS.search(first["rule_text"].rstrip("。")):
                off["items"].append(group)
            else:
                aspect["items"].append(group)
        self.aspects += [one for one in (aspect, off) if one["items"]]

    @staticmethod
    def _items(rows: Sequence[TableRow], bonus: bool) -> Iterator[list[TableRow]]:
        """Yield the rows of each item: mostly one; several where content and points are merged over them.

        In a section of bonus points every row, and every numbered clause of a row, is an item of its own.
        """
        groups: list[list[TableRow]] = []
        for row in rows:
            if groups and row["points"] and {"content", "points"} <= row.above:
                groups[-1] += [row] if "rule_text" not in row.above else []
            elif row["rule_text"] or row["content"]:
                groups.append([row])
        for group in groups:
            if not bonus:
                yield group
                continue
            rules = [rule for row in group for rule in _numbered(row["rule_text"])]
            points = group[0]["points"] if len(rules) == 1 else ""
            yield from ([replace(group[0], cells={**group[0].cells, "rule_text": r, "points": points})] for r in rules)

    def _veto(self, row: TableRow) -> None:
        text = row["rule_text"] or row["content"]
        found = _VETO.search(text)
        grade = found.group(1) if found and found.group(1) else ""
        effect = found.group().strip("，,。") if found and grade else ""
        number = str(len(self.vetoes) + 1)
        self.vetoes.append(Veto(id=number, text=text, effect=effect, grade=grade))
        if not effect:
            self.decide(N_("Veto {veto}: say what follows from it (“effect”)."), veto=number)

    # --- chapters to aspects ---

    def _aspect(self, number: int, found: dict[str, Any]) -> Aspect:
        id_ = str(number)
        bonus, off = found["kind"] is AspectKind.BONUS, found["kind"] is AspectKind.DEDUCTION
        if not found["asked"]:
            self.decide(N_("The rows below have no chapter: enter its title."), aspect=id_)
        if bonus or off:
            on_top, off_it = N_("Read as points on top of the total."), N_("Read as points that come off the total.")
            self.decide(on_top if bonus else off_it, aspect=id_)
        shared = [rows[0]["no"] for rows in found["items"]]
        items = tuple(self._item(rows, shared, bonus, off, found["cap"]) for rows in found["items"])
        return Aspect(
            id=id_, title=found["title"], points=found["points"], requirement=found["requirement"], kind=found["kind"],
            cap=found["cap"], items=items,
        )  # fmt: skip

    def _item(
        self, rows: Sequence[TableRow], shared: Sequence[str], bonus: bool, off: bool, most: Decimal | None
    ) -> Item:
        row = rows[0]
        no, content = self._number(row, shared)
        rule = "".join(one["rule_text"] for one in rows)
        points = None if off else _points(row["points"])
        if row["points"] and _points(row["points"]) is None:
            self.decide(N_("“{points}” is no number of points ({place})."), item=no, points=row["points"],
                        place=row.place)  # fmt: skip
        several = bonus and points is None and most is not None and len(re.findall(r"加[\d.．]+分", rule)) > 1
        judged = self.judged or bool(row["prompts"] and "rule_text" not in row.cells)
        reading = read_rule(rule, most if several else points, no=no, bonus=bonus, deduction=off, judged=judged)
        if len(rows) > 1:
            self.decide(N_("{count} rows of the table make this item: their content and points are merged."), item=no,
                        count=len(rows))  # fmt: skip
        if not content:
            content = _without_points(rule).rstrip("。") if self.judged else ""
            if not content:
                self.decide(N_("The row prints no content."), item=no)
        if "rule_text" in row.above:
            self.decide(N_("Its scoring rule is merged with the row above: which points are whose?"), item=no)
        self.figures.update(reading.figures)
        for doubt in reading.doubts:
            self.decisions.append(Decision(doubt.message, item=no, criterion=doubt.criterion, context=doubt.context))
        cap = most if several else reading.cap
        return Item(
            no=no, content=content, points=most if several and most else reading.points,
            verification=_listed(row["verification"]), rule_text=rule, responsible=_listed(row["responsible"]),
            criteria=reading.criteria, cap=cap, prompts=_listed(row["prompts"]),
        )  # fmt: skip

    def _number(self, row: TableRow, shared: Sequence[str]) -> tuple[str, str]:
        """Return the item's number, printed or counted, and its content without it."""
        content, no = row["content"], _listed_no(row["no"])
        leading = _LEADING_NO.match(content)
        if leading and not no:
            no, content = leading.group(1), content[leading.end() :]
        elif no and shared.count(row["no"]) > 1:
            no = f"{no}.{sum(1 for one in self.numbers if one.startswith(f'{no}.')) + 1}"
        if not no or no in self.numbers:
            counted = len(self.numbers) + 1
            while str(counted) in self.numbers:
                counted += 1
            no = str(counted)
        self.numbers.add(no)
        return no, content

    # --- what the numbers show ---

    def _usable(self, rubric: Rubric) -> Rubric:
        """Let judgement stand where a reading contradicts itself, such as ranges that overlap."""
        wrong = {path[:6] for path, fault in contradictions(rubric) if path[4:5] == ("criteria",) and path[6:] != ()
                 and "kind" not in fault.context}  # fmt: skip
        aspects = list(rubric.aspects)
        for _aspects, i, _items, j, _criteria, k in sorted(wrong, key=str):
            items = list(aspects[int(i)].items)
            item = items[int(j)]
            read = item.criteria[int(k)]
            judged = Grade(id=read.id, kind="grade", text=read.text, points=read.points, reason="less")
            criteria = (*item.criteria[: int(k)], judged, *item.criteria[int(k) + 1 :])
            items[int(j)] = item.model_copy(update={"criteria": criteria})
            aspects[int(i)] = aspects[int(i)].model_copy(update={"items": tuple(items)})
            self.decide(N_("Its levels contradict each other; judgement stands here."), item=item.no, criterion=read.id)
        read_by = _figures_read(aspects)
        figures = {key: figure for key, figure in rubric.figures.items() if key in read_by}
        return rubric.model_copy(update={"aspects": tuple(aspects), "figures": figures})

    def _with_slips(self, rubric: Rubric, say: Callable[[str], str]) -> Rubric:
        """List what the check finds under ``errata``, so that the file can be looked at before all is decided."""
        for slip in list(slips(rubric)):
            erratum = Erratum(says=replace(slip.fault, remedy="").text(say).strip("：: "), does=say(_DOES[slip.kind]),
                              about=slip.kind)  # fmt: skip
            rubric = self._listed_slip(rubric, slip.path, erratum)
        return rubric

    def _listed_slip(self, rubric: Rubric, path: tuple[str | int, ...], erratum: Erratum) -> Rubric:
        message = N_("The numbers do not fit; see “errata”: does the text say so, or was it read wrongly?")
        if len(path) < 2:
            self.decide(message)
            return rubric.model_copy(update={"errata": (*rubric.errata, erratum)})
        i = int(path[1])
        aspect = rubric.aspects[i]
        if len(path) < 4:
            self.decide(message, aspect=aspect.id)
            aspect = aspect.model_copy(update={"errata": (*aspect.errata, erratum)})
        else:
            j = int(path[3])
            item = aspect.items[j]
            self.decide(message, item=item.no)
            item = item.model_copy(update={"errata": (*item.errata, erratum)})
            aspect = aspect.model_copy(update={"items": (*aspect.items[:j], item, *aspect.items[j + 1 :])})
        return rubric.model_copy(update={"aspects": (*rubric.aspects[:i], aspect, *rubric.aspects[i + 1 :])})


_DOES = {
    SlipKind.SUM: N_("Both numbers are shown as printed; the lower one is the most that counts."),
    SlipKind.GAP: N_("Such a value earns nothing by itself and is flagged; the expert decides with a reason."),
    SlipKind.NO_ZERO: N_("“None of them fits” can be chosen; the expert decides with a reason, and it is flagged."),
}


def _figures_read(aspects: Sequence[Aspect]) -> set[str]:
    criteria = [criterion for aspect in aspects for item in aspect.items for criterion in item.criteria]
    read = {criterion.figure for criterion in criteria if isinstance(criterion, (Rate, Step))}
    return read | {check.figure for one in criteria if isinstance(one, Tick) for check in one.checks if check.figure}


def _chapter(banner: str, cell: str) -> str:
    """Take the line above the table for the chapter's cell where it says the same and states the points."""
    return banner if cell and cell in banner else cell


def _vetoes(row: TableRow) -> bool:
    text = row["rule_text"] or row["content"]
    if row["points"] or re.search(r"[\d.．]\s*分", text):
        return False
    return any("否决" in row[name] for name in CHAPTERS) or bool(_VETO.search(text))


def _numbered(rule: str) -> list[str]:
    """Cut a rule before its clauses 1., 2., … where they are numbered in order; else leave it whole."""
    found = list(_CLAUSE_NO.finditer(rule))
    if len(found) < 2 or [int(match.group(1)) for match in found] != list(range(1, len(found) + 1)):
        return [rule]
    starts = [match.start() for match in found]
    return [rule[start:end] for start, end in zip(starts, [*starts[1:], len(rule)], strict=True)]


def _stated(text: str) -> Decimal | None:
    found = _STATED.search(text)
    return Decimal(found.group(1).replace("．", ".")) if found else None


def _without_points(title: str) -> str:
    return _STATED.sub("", title).strip() or title


def _points(text: str) -> Decimal | None:
    found = _POINTS.match(text)
    points = Decimal(found.group(1).replace("．", ".")) if found else None
    return points if points is not None and points <= 10000 else None


def _listed_no(text: str) -> str:
    return text.strip("、.．）)（(").strip()[:40]


def _listed(text: str) -> tuple[str, ...]:
    """Part a cell that lists things: by lines, else by its marks outside brackets."""
    parts = text.split("\n")
    if len(parts) == 1:
        parts = re.split(r"[、；;](?![^（(]*[）)])", text)
    return tuple(part.strip(" 。；;、") for part in parts if part.strip(" 。；;、"))
