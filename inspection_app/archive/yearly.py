"""A year's report of the archive as plain structure: what was visited, where points were lost, what the panels did.

It is Chinese, as all documents are, names no expert, and says what does not count. ``report`` sets it in type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from inspection_app.archive.engines import opened
from inspection_app.archive.questions import Answer, Narrowed, ask
from inspection_app.core.document import Align, Bar, Block, Chart, Column, Document, Heading, Paragraph, Row, Table
from inspection_app.core.wording import chinese_date, numeral

ASKED = ("years", "aspects", "losses", "self-check", "spread", "gates", "draws", "stages")
_MOST = 8
_STAGES = {"prepare": "准备", "score": "评分", "consolidate": "汇总合议"}
_DRAWS = {"sites": "考察点", "citizens": "群众代表"}
_KINDS = {"gate": "基本条件", "veto": "否决条件"}

Rows = Sequence[Mapping[str, Any]]


def yearly_report(folder: Path, year: int, now: datetime, *, translate: Callable[[str], str] = str) -> Document:
    """Build the report of one year from the archive in a folder.

    Args:
        now: the date of the report.
        translate: of what is to be cautioned about, into Chinese.

    Raises:
        NotFound, InspectionError: as ``engines.opened`` does.
    """
    with opened(folder) as archive:
        answers = {name: ask(archive, name, Narrowed(years=(year,))) for name in ASKED}
    sections = [(title, blocks) for title, blocks in _sections(answers, translate) if blocks]
    blocks: list[Block] = []
    for number, (title, own) in enumerate(sections, 1):
        blocks += [Heading(f"{numeral(number)}、{title}"), *own]
    return Document(
        f"{year}年现场验收情况分析报告", "", chinese_date(now.date()), tuple(blocks), marking="内部资料　注意保存"
    )


def _sections(answers: Mapping[str, Answer], translate: Callable[[str], str]) -> Iterator[tuple[str, list[Block]]]:
    years = answers["years"].dicts()
    titles = {row["rubric"]: row["text"] for row in years}
    visits = answers["years"].visits
    yield "总体情况", [
        Paragraph(f"全年定稿归档的现场验收共{visits}次，按细则分列如下。得分为各次验收总分的平均，含加分。"),
        _table([("评分细则", 0.4), ("次数", 0.1), ("平均得分", 0.14), ("最低", 0.12), ("最高", 0.12), ("否决", 0.12)],
               [(row["text"], row["visits"], _two(row["mean"]), _cell(row["lowest"]), _cell(row["highest"]),
                 row["vetoed"]) for row in years]),
    ]  # fmt: skip
    yield "各指标得分情况", [
        _shares(titles.get(rubric, rubric),
                [(row["title"], row["share"]) for row in rows if row["kind"] != "deduction"])
        for rubric, rows in _by_rubric(_over_regions(answers["aspects"].dicts()))
    ]  # fmt: skip
    yield "失分较多的考核项", [
        block for rubric, rows in _by_rubric(answers["losses"].dicts())
        for block in (
            Paragraph(f"{titles.get(rubric, rubric)}，按平均失分排列的前{min(_MOST, len(rows))}项："),
            _table([("项", 0.1), ("考核内容", 0.54), ("平均失分", 0.18), ("失分比例", 0.18)],
                   [(row["item"], row["content"], _two(row["mean_lost"]), _percent(row["share"]))
                    for row in rows[:_MOST]]),
        )
    ]  # fmt: skip
    yield "自查与专家组得分对照", [
        _table([("项", 0.1), ("考核内容", 0.42), ("自查平均", 0.16), ("专家组平均", 0.16), ("高出比例", 0.16)],
               [(row["item"], row["content"], _two(row["mean_self"]), _two(row["mean_panel"]),
                 _percent(row["gap"])) for row in rows[:_MOST]], titles.get(rubric, rubric))
        for rubric, rows in _by_rubric(answers["self-check"].dicts())
    ]  # fmt: skip
    yield "评分离散和合议情况", [
        _table([("项", 0.1), ("考核内容", 0.42), ("平均极差", 0.16), ("极差偏大次数", 0.16), ("合议定分次数", 0.16)],
               [(row["item"], row["content"], _percent(row["mean_spread"]), row["wide"], row["adjudicated"])
                for row in rows[:_MOST]], titles.get(rubric, rubric))
        for rubric, rows in _by_rubric(answers["spread"].dicts())
    ]  # fmt: skip
    failed = [row for row in answers["gates"].dicts() if row["failed"] or row["undecided"]]
    yield "基本条件和否决条件", [
        _table([("类别", 0.14), ("编号", 0.1), ("内容", 0.52), ("未达次数", 0.12), ("未定次数", 0.12)],
               [(_KINDS[row["kind"]], row["gate"], row["text"], row["failed"], row["undecided"]) for row in failed])
        if failed else Paragraph("各次验收的基本条件均达到，未发生否决情形。")
    ]  # fmt: skip
    draws = answers["draws"].dicts()
    if draws:
        yield "抽取情况", [
            _table([("对象", 0.28), ("仪式次数", 0.18), ("完成", 0.18), ("作废", 0.18), ("手工抽签", 0.18)],
                   _summed(draws, "kind", _DRAWS, ("ceremonies", "drawn", "voided", "by_hand"))),
        ]  # fmt: skip
    yield "各环节用时", [
        _table([("评分细则", 0.4), ("环节", 0.15), ("平均（小时）", 0.15), ("最短", 0.15), ("最长", 0.15)],
               [(titles.get(row["rubric"], row["rubric"]), _STAGES.get(row["stage"], row["stage"]),
                 _two(row["mean_hours"]), _two(row["shortest_hours"]), _two(row["longest_hours"]))
                for row in answers["stages"].dicts()]),
    ]  # fmt: skip
    yield "口径说明", [
        Paragraph("本报告只统计已定稿归档的现场验收，每次验收的得分由其档案文件重新计算得出；不同细则的分值不相加、不比较。"),
        *(Paragraph(translate(said).format(**context)) for said, context in answers["years"].cautions),
    ]


def _by_rubric(rows: Rows) -> list[tuple[str, Rows]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["rubric"], []).append(row)
    return list(found.items())


def _over_regions(rows: Rows) -> Rows:
    """Return each aspect once: the regions' shares weighed by their visits."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault((row["rubric"], row["aspect"]), {**row, "sum": 0.0, "of": 0})
        if row["share"] is not None:
            one["sum"], one["of"] = one["sum"] + row["share"] * row["visits"], one["of"] + row["visits"]
    return [one | {"share": one["sum"] / one["of"] if one["of"] else None} for one in found.values()]


def _summed(rows: Rows, by: str, words: Mapping[str, str], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        sums = found.setdefault(row[by], [0] * len(columns))
        for place, column in enumerate(columns):
            sums[place] += row[column]
    return [(words.get(key, key), *sums) for key, sums in found.items()]


def _shares(caption: str, rows: Sequence[tuple[str, float | None]]) -> Chart:
    bars = tuple(
        Bar(label, _percent(share), None if share is None else Decimal(str(min(max(share, 0.0), 1.0))))
        for label, share in rows
    )
    return Chart(caption, bars, "得分占适用分值的比例")


def _table(columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[Any]], caption: str = "") -> Table:
    listed = tuple(
        Column(title, share, Align.LEFT if share > 0.25 or place == 0 else Align.RIGHT)
        for place, (title, share) in enumerate(columns)
    )
    return Table(listed, tuple(Row(tuple(str(cell) for cell in row)) for row in rows), caption)


def _two(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _cell(value: Any) -> str:
    return "—" if value is None else f"{value:f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"
