"""How much of the five official texts `rubric new --from` proposes exactly as the shipped files have it.

    python -m tests.benchmarks.proposals [ID …] [--differences] [--keep FOLDER]

Each text is rebuilt as the table it is printed as (XLSX, cells merged as in print), from the wording columns of the shipped
file alone: chapters, content, points, ways of verification, rule text, departments, never its criteria. The proposal made
from that table is compared with the shipped criteria, item by item in the order of the text: kind, points, tiers, ranges
with their open and closed ends, rates, caps. Keys and titles of figures, ids of criteria and wording do not count here;
wording and checks are counted in columns of their own. "to decide" are items with a DECIDE, "silent" those that differ
without one.

The rules of `core.clauses` were written with these five texts at hand, so the share says how well they are covered, not
how well a sixth one would be.
"""

from __future__ import annotations

import argparse
import io
import re
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from inspection_app.core.propose import Proposal, propose
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Interval, Item, Rate, Rubric, Step, Tick
from inspection_app.files import load_rubric
from inspection_app.files.rubric_table import parse_rubric_table

TEXTS = ("henan-county", "hunan-city", "huiji-district", "suzhou-town", "pingdingshan-city")


@dataclass(frozen=True)
class Share:
    """How many of a text's items are proposed as shipped."""

    items: int
    exact: int
    checks: int  # of these, the checks behind a value are the same, too
    wording: int  # of the exact items, the criteria's wording is the same
    marked: int  # items about which something is to be decided
    silent: int  # items that differ from the shipped ones and say nothing
    differences: tuple[tuple[str, str, list[object], list[object]], ...]


def measured(id_: str, folder: Path | None = None) -> Share:
    """Rebuild one text's table, propose a rubric from it, and compare the two."""
    shipped = load_rubric(id_)
    content = table(shipped)
    if folder:
        (folder / f"{id_}.xlsx").write_bytes(content)
    read = parse_rubric_table(content)
    return compared(shipped, propose(read.rows, id=id_, title=shipped.title, source=id_, judged=read.judged))


def compared(shipped: Rubric, proposal: Proposal) -> Share:
    """Compare item by item, by number where the proposal has it, else by place."""
    proposed = in_order(shipped, proposal.rubric)
    exact = checks = wording = silent = 0
    marked = {decision.item for decision in proposal.decisions if decision.item}
    differences = []
    for item, mine in zip(shipped.items, proposed, strict=True):
        theirs, ours = meaning(item), meaning(mine) if mine else []
        if theirs != ours:
            differences.append((item.no, item.rule_text, theirs, ours))
            silent += not mine or mine.no not in marked
            continue
        assert mine
        exact += 1
        checks += [checks_of(c) for c in item.criteria] == [checks_of(c) for c in mine.criteria]
        wording += [plain(c.text) for c in item.criteria] == [plain(c.text) for c in mine.criteria]
    return Share(len(shipped.items), exact, checks, wording, len(marked), silent, tuple(differences))


def in_order(shipped: Rubric, proposed: Rubric) -> list[Item | None]:
    """Pair items by their rule text in the order of the text; None where a row has become no item."""
    waiting = list(proposed.items)
    found: list[Item | None] = []
    for item in shipped.items:
        same = [one for one in waiting if plain(one.rule_text) == plain(item.rule_text)]
        found.append(same[0] if same else None)
        if same:
            waiting.remove(same[0])
    return found


def meaning(item: Item) -> list[object]:
    """Return what an item's criteria do, without wording, ids and keys; first its ceiling."""
    return [item.ceiling, *(criterion_meaning(criterion) for criterion in item.criteria)]


def criterion_meaning(criterion: AnyCriterion) -> object:
    match criterion:
        case Tick():
            return "tick", criterion.points, criterion.parts, criterion.official, bool(criterion.na)
        case Choice():
            return "choice", [(tier.points, tier.official) for tier in criterion.tiers]
        case Step():
            bands = [(ends(band), band.points, band.official) for band in criterion.bands]
            return "step", criterion.measure.value, criterion.target, sorted(bands, key=str)
        case Rate():
            return ("rate", criterion.measure.value, criterion.target, criterion.points, criterion.each, criterion.unit,
                    criterion.start)  # fmt: skip
        case Grade():
            return "grade", criterion.points, criterion.allowed, criterion.external, criterion.reason


def checks_of(criterion: AnyCriterion) -> object:
    if not isinstance(criterion, Tick):
        return None
    return [(plain(check.text), check.holds and ends(check.holds)) for check in criterion.checks]


def ends(range_: Interval) -> tuple[object, ...]:
    return range_.from_, range_.over, range_.to, range_.below


def plain(text: str) -> str:
    """Leave punctuation, brackets' width and the points behind a clause aside."""
    return re.sub(r"[（(][\d.]+分[)）]|[\s，,；;。、.（）()]", "", text)


# --- the texts as the tables they are printed as ---


def table(rubric: Rubric) -> bytes:
    """Rebuild the table of one of the five texts."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet
    PRINTED[rubric.id](sheet, rubric)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def merge_down(sheet: Worksheet, column: int, first: int, last: int) -> None:
    if last > first:
        sheet.merge_cells(start_row=first, end_row=last, start_column=column, end_column=column)


def across(sheet: Worksheet, text: str, columns: int) -> None:
    sheet.append([text])
    sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=columns)


def henan(sheet: Worksheet, rubric: Rubric) -> None:
    """A table for each chapter: its heading and requirement above, its titles again, the first column merged."""
    across(sheet, rubric.title, 5)
    for aspect in rubric.aspects:
        bonus = "此部分为加分项目，" if aspect.bonus else ""
        across(sheet, f"{aspect.title}（{bonus}满分{aspect.points}分)", 5)
        across(sheet, f"总体要求：{aspect.requirement}考核要点：见下表。", 5)
        sheet.append(["指标项", "指标内容", "分值", "验收方式", "考核评分方法"])
        first = sheet.max_row + 1
        for item in aspect.items:
            sheet.append([aspect.title, f"{item.no}．{item.content}", float(item.points), "\n".join(item.verification),
                          item.rule_text])  # fmt: skip
        merge_down(sheet, 1, first, sheet.max_row)


def hunan(sheet: Worksheet, rubric: Rubric) -> None:
    """One table on several pages, its titles repeated; the last three items share one cell of content."""
    across(sheet, "表A.1 质量强市（区、县）评分表", 4)
    titles = ["指标项", "指标内容", "分值", "考核评分方法"]
    sheet.append(titles)
    for aspect in rubric.aspects:
        if aspect.id in ("2", "5", "8"):
            across(sheet, "续表A.1", 4)
            sheet.append(titles)
        first = sheet.max_row + 1
        for item in aspect.items:
            sheet.append([aspect.title, item.content, float(item.points), item.rule_text])
        merge_down(sheet, 1, first, sheet.max_row)
        if aspect.id == "11":
            merge_down(sheet, 2, first, sheet.max_row)


def huiji(sheet: Worksheet, rubric: Rubric) -> None:
    """考核内容 and 序号 stand beside the chapters; the bonus is one row of six numbered clauses; a row of the veto."""
    across(sheet, rubric.title, 7)
    sheet.append(["考核内容", "序号", "考核指标", "考核要点", "分值", "评分标准", "责任部门"])
    for aspect in rubric.aspects:
        first = sheet.max_row + 1
        area = aspect.requirement.removeprefix("考核内容：")
        if aspect.bonus:
            sheet.append(["否决项", "5", "质量责任", rubric.vetoes[0].text])
            rules = "\n".join(item.rule_text for item in aspect.items)
            sheet.append([area, "6", aspect.title, aspect.items[0].content, f"{aspect.points}分", rules])
            continue
        for item in aspect.items:
            no = item.no.split(".")[0]
            sheet.append([area, no, f"{aspect.title}（{aspect.points}分）", item.content, f"{item.points}分",
                          re.sub(r"(?<=[。）)])(?=\d\.)", "\n", item.rule_text), "\n".join(departments(item))])  # fmt: skip
        merge_down(sheet, 1, first, sheet.max_row)
        merge_down(sheet, 3, first, sheet.max_row)
        if "." in aspect.items[0].no:
            merge_down(sheet, 2, first, sheet.max_row)


def departments(item: Item) -> tuple[str, ...]:
    own = dict.fromkeys(one for criterion in item.criteria for one in criterion.responsible)
    return item.responsible or tuple(own)


def suzhou(sheet: Worksheet, rubric: Rubric) -> None:
    """Equal contents below each other are one cell; an empty row after 13; bonus rows without content and points."""
    across(sheet, rubric.title, 7)
    sheet.append(["序\n号", "类别", "指标内容", "分数", "评分方法", "得分", "备注"])
    for aspect in rubric.aspects:
        first = begun = sheet.max_row + 1
        for before, item in zip([None, *aspect.items], aspect.items, strict=False):
            points = None if aspect.bonus else float(item.points)
            sheet.append(
                [int(item.no), f"{aspect.title}（{aspect.points}分）", item.content or None, points, item.rule_text]
            )
            if before and (before.content != item.content or not item.content):
                merge_down(sheet, 3, begun, sheet.max_row - 1)
                begun = sheet.max_row
            if item.no == "13":
                merge_down(sheet, 3, begun, sheet.max_row)
                sheet.append([None])
                begun = sheet.max_row + 1
        merge_down(sheet, 3, begun, sheet.max_row)
        merge_down(sheet, 2, first, sheet.max_row)


def pingdingshan(sheet: Worksheet, rubric: Rubric) -> None:
    """Neither points nor a rule have a column: both stand in 具体内容; deductions and the veto stand inside chapter one."""
    across(sheet, rubric.source.split("（")[0], 4)
    titles = ["考核领域", "考核要点", "具体内容", "评价部门"]
    sheet.append(titles)
    base = [aspect for aspect in rubric.aspects if not aspect.deduction]
    off = [aspect for aspect in rubric.aspects if aspect.deduction]
    for aspect in base:
        if aspect is not base[0]:
            sheet.append(titles)
        first = sheet.max_row + 1
        rows = [(item, point(item)) for item in aspect.items]
        rows += [(item, "（二）质量安全") for one in off if aspect is base[0] for item in one.items]
        for item, part in rows:
            sheet.append([f"{aspect.title}（{aspect.points}分）", part, item.rule_text, "\n".join(item.responsible)])
        if aspect is base[0]:
            veto = f"{rubric.vetoes[0].text}，{rubric.vetoes[0].effect}。"
            sheet.append([f"{aspect.title}（{aspect.points}分）", "（二）质量安全", veto, "市场监督管理局"])
        merge_down(sheet, 1, first, sheet.max_row)
        begun = first
        for row in range(first + 1, sheet.max_row + 2):
            if row > sheet.max_row or sheet.cell(row, 2).value != sheet.cell(begun, 2).value:
                merge_down(sheet, 2, begun, row - 1)
                begun = row


def point(item: Item) -> str:
    found = re.search(r"〔(.*)〕$", item.content)
    return found.group(1) if found else ""


PRINTED = {
    "henan-county": henan, "hunan-city": hunan, "huiji-district": huiji, "suzhou-town": suzhou,
    "pingdingshan-city": pingdingshan,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what is proposed from the five official tables.")
    parser.add_argument("ids", nargs="*", default=TEXTS)
    parser.add_argument("--differences", action="store_true", help="show both readings of every other item")
    parser.add_argument("--keep", type=Path, help="a folder for the rebuilt tables")
    options = parser.parse_args()
    shares = {id_: measured(id_, options.keep) for id_ in options.ids}
    heads = ("items", "exact", "share", "checks too", "wording too", "to decide", "silent")
    print(f"{'text':20}" + "".join(f"{head:>13}" for head in heads))
    total = Share(*(sum(getattr(share, name) for share in shares.values())
                    for name in ("items", "exact", "checks", "wording", "marked", "silent")), ())  # fmt: skip
    for id_, share in [*shares.items(), ("all", total)]:
        counts = (share.checks, share.wording, share.marked, share.silent)
        print(f"{id_:20}{share.items:>13}{share.exact:>13}{share.exact / share.items:>13.1%}" +
              "".join(f"{count:>13}" for count in counts))  # fmt: skip
    for id_, share in shares.items():
        for no, rule, theirs, ours in share.differences:
            print(f"\n{id_} {no}: {rule if options.differences else rule[:60]}")
            if options.differences:
                print(f"  shipped  {theirs}\n  proposed {ours}")


if __name__ == "__main__":
    main()
