"""An expert's printed score sheet (专家评分表): each clause under the code by which it is typed in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from inspection_app.core.application import SelfCheck
from inspection_app.core.document import Align, Block, Cell, Document, Form, FormRow, Heading, Paragraph, Signatures
from inspection_app.core.duties import Group
from inspection_app.core.papers.entries import BLANK, person_facts, visit_days
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import score_item
from inspection_app.core.table import part_choices
from inspection_app.core.typed_line import code
from inspection_app.core.visit import Member, Visit
from inspection_app.core.wording import ROLE_TITLES, aspect_heading, plain

Figures = Mapping[str, Mapping[str, str]]
_CODE, _CLAUSE, _ANSWER, _POINTS = 0.07, 0.48, 0.34, 0.11  # shares of a row
HOW_TO_FILL = (
    "在方框内打“√”，每个评分点只选一个；“部分”须在评分说明中写明理由。档次均不符合的选0，并写明理由。"
    "得分与各评分点合计不同的，写明理由。写0是零分，空着是未评。"
)


def score_sheet(
    visit: Visit,
    rubric: Rubric,
    member: Member,
    assigned: Collection[str],
    figures: Figures | None = None,
    *,
    recused: Collection[str] = (),
    self_check: Mapping[str, SelfCheck] | None = None,
    agreed_for: Group | None = None,
) -> Document:
    """Build one expert's printed score sheet: what is assigned, each clause under the code it is typed in by.

    Args:
        assigned: numbers of the items this expert scores.
        figures: the agreed figures by key, as ``core.scoring`` takes them (``value``, ``target``, ``last``).
        recused: numbers of the items this expert stands aside from.
        self_check: what the applicant says of each item, by number: its own points, and where the documents are.
        agreed_for: the group whose one agreed mark this sheet carries; without one the expert scores alone.
    """
    figures, self_check = figures or {}, self_check or {}
    mine = [item.no for item in rubric.items if item.no in assigned and item.no not in recused]
    aside = [item.no for item in rubric.items if item.no in recused]
    others = [item.no for item in rubric.items if item.no not in mine and item.no not in recused]
    blocks: list[Block] = [
        person_facts(member),
        Paragraph(
            f"填写说明：共{len(rubric.items)}项，本人评{len(mine)}项"
            + (f"，回避{len(aside)}项（第{_ranges(aside)}项）" if aside else "")
            + (f"，未分工{len(others)}项（第{_ranges(others)}项）" if others else "")
            + f"。{HOW_TO_FILL}需要回避的项目写“回避”并告知秘书。"
            "左栏编号（如6-2）供录入时核对。标“已约定”的数据由专家组统一采用，有异议的写在评分说明中。"
            + ("“自查”是申报单位自己的评分，仅供参考。" if any(no in self_check for no in mine) else ""),
            small=True,
        ),
    ]
    if agreed_for:
        blocks.insert(1, Paragraph(f"本表是{agreed_for.name}的统一评分：全组商定，每项只填一份，由{member.name}填写。"))
    for aspect in rubric.aspects:
        forms = [
            Form(tuple(item_rows(item, figures, rubric, self_check.get(item.no))))
            for item in aspect.items
            if item.no in mine
        ]
        if forms:
            blocks += [Heading(aspect_heading(aspect)), *forms]
    return Document(
        title="专家评分表",
        subtitle=f"{visit.description.applicant}现场验收　{visit_days(visit)}",
        date="",
        blocks=(
            *blocks,
            Paragraph(f"以上由{agreed_for.name}全组商定。" if agreed_for else "以上由本人独立评分。"),
            Signatures(((ROLE_TITLES[member.role], member.name), ("代录人", ""), ("录入后本人核对", ""))),
        ),
        imprint=(
            f"{rubric.title}（{visit.rubric_id}，版本 {visit.rubric_version}）",
            f"现场验收编号：{visit.id}",
        ),
        form=True,
        running=f"{visit.description.applicant}　专家评分表　{member.name}",
    )


def _ranges(numbers: Sequence[str]) -> str:
    """Write item numbers shortly, in the order given.

    >>> _ranges(["1", "2", "3", "7", "9", "10"])
    '1—3、7、9、10'
    """
    runs: list[list[str]] = []
    for no in numbers:
        if runs and no.isdecimal() and runs[-1][-1].isdecimal() and int(no) == int(runs[-1][-1]) + 1:
            runs[-1].append(no)
        else:
            runs.append([no])
    return "、".join(f"{run[0]}—{run[-1]}" if len(run) > 2 else "、".join(run) for run in runs)


def item_rows(item: Item, figures: Figures, rubric: Rubric, claimed: SelfCheck | None) -> Iterator[FormRow]:
    """Yield an item's rows: its words, its clauses, and room for the note and the points."""
    yield FormRow(
        (
            Cell(item.no, _CODE, label=True, align=Align.CENTER),
            Cell(item.content, _CLAUSE + _ANSWER, label=True),
            Cell(f"{plain(item.points)}分", _POINTS, label=True, align=Align.CENTER),
        ),
        shaded=True,
    )
    ways = f"验收方式：{'、'.join(item.verification)}。" if item.verification else ""
    yield FormRow((Cell(f"{ways}评分方法：{item.rule_text}"),), small=True)
    if claimed:
        yield FormRow((Cell(_claim(claimed)),), small=True)
    for criterion in item.criteria:
        yield _criterion_row(item, criterion, figures, rubric)
    not_applicable = f"□本项不适用（{item.na}）" if item.na else ""
    yield FormRow(
        (
            Cell("评分\n说明", _CODE, label=True, align=Align.CENTER),
            Cell(not_applicable, 1 - _CODE - 0.1 - _POINTS),
            Cell("得分", 0.1, label=True, align=Align.CENTER),
            _points_box(item.ceiling),
        ),
        height=13,
    )


def _claim(claimed: SelfCheck) -> str:
    """Say what the applicant gave itself, and the pages of its compilation that show it."""
    points = "未填" if claimed.points is None else f"{plain(claimed.points)}分"
    return f"自查得分：{points}" + (f"　　汇编页码：{claimed.page}" if claimed.page else "")


def _criterion_row(item: Item, criterion: AnyCriterion, figures: Figures, rubric: Rubric) -> FormRow:
    coded = Cell(code(item, criterion), _CODE, align=Align.CENTER)
    if isinstance(criterion, Choice):
        tiers = [
            f"□{number}　{tier.text}{_stated(tier.text, tier.points)}" for number, tier in enumerate(criterion.tiers, 1)
        ]
        text = [] if all(tier.text in criterion.text for tier in criterion.tiers) else [criterion.text]
        words = "\n".join([*text, *tiers, f"□0　以上均不符合{_not_applicable(criterion)}"])
        return FormRow((coded, Cell(words, _CLAUSE + _ANSWER), _points_box(criterion.points)))
    words = criterion.text
    if isinstance(criterion, Tick):
        words += "".join(
            f"\n［{rubric.figures[check.figure].title}：{_agreed(rubric, figures, check.figure)}］"
            for check in criterion.checks
            if check.figure and check.figure in figures
        )
    points = None
    if isinstance(criterion, (Step, Rate)):
        lines = {line.criterion: line for line in score_item(item, {}, figures).lines}
        points = lines[criterion.id].points
    return FormRow((
        coded,
        Cell(words, _CLAUSE),
        Cell(_answer(criterion, figures, rubric) + _not_applicable(criterion), _ANSWER),
        _points_box(criterion.points, points),
    ))  # fmt: skip


def _points_box(ceiling: Decimal, points: Decimal | None = None) -> Cell:
    return Cell(f"{'' if points is None else plain(points)} / {plain(ceiling)}", _POINTS, align=Align.RIGHT)


def _answer(criterion: AnyCriterion, figures: Figures, rubric: Rubric) -> str:
    """Return the boxes to tick, the room for a figure, or the agreed figure."""
    match criterion:
        case Tick():
            parts = part_choices(criterion, rubric.scheme.part_step)
            part = "/".join(plain(one) for one in parts)
            boxes = {0: "", 1: f"□部分{part}　"}.get(len(parts), f"□部分（{part}）＿＿　")
            return f"□达到{plain(criterion.points)}　{boxes}□未达0"
        case Step() | Rate():
            bands = criterion.bands if isinstance(criterion, Step) and len(criterion.bands) > 2 else ()
            unit = rubric.figures[criterion.figure].unit
            scale = "".join(f"\n{band}{unit}：{plain(band.points)}分" for band in bands)
            return f"数据：{_agreed(rubric, figures, criterion.figure, criterion.against)}{scale}"
        case Grade(allowed=allowed) if allowed:
            return "　".join(f"□{plain(points)}" for points in allowed)
        case Grade():
            return f"0至{plain(criterion.points)}分，写明理由" + ("（由有关部门提供）" if criterion.external else "")
        case _:
            raise TypeError(f"no such criterion: {criterion!r}")


_COMPARED = {"target": "对比值", "last": "上年"}


def _agreed(rubric: Rubric, figures: Figures, key: str, against: str = "") -> str:
    """Write an agreed figure with its unit, or room for what is not agreed yet."""
    figure, unit = figures.get(key, {}), rubric.figures[key].unit
    value = figure.get("value", "")
    compared = figure.get(against, "") if against else ""
    words = f"{value or BLANK}{unit}"
    if against:
        words += f"，{_COMPARED[against]}{compared or BLANK}{unit}"
    return words + ("（已约定）" if value and (compared or not against) else "")


def _stated(text: str, points: Decimal) -> str:
    """Return a tier's points where its official words do not say them."""
    said = f"得{plain(points)}分" in text or (not points and "不得分" in text)
    return "" if said else f"（{plain(points)}分）"


def _not_applicable(criterion: AnyCriterion) -> str:
    return f" □不适用（{criterion.na}）" if criterion.na else ""
