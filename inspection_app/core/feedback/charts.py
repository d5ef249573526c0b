"""The report's charts: score rates, losses, marks far apart, and the applicant's own points beside the panel's.

At most four, each from the result as it stands; one that would say nothing is left out. It draws nothing.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from inspection_app.core.consolidation import ItemResult
from inspection_app.core.document import Bar, Chart
from inspection_app.core.feedback.material import Material, bare_title, earned
from inspection_app.core.feedback.results import rate
from inspection_app.core.rubric import AspectKind
from inspection_app.core.wording import ASPECT_KINDS, fixed, plain

_MOST_LOSSES, _MOST_APART = 10, 8


def charts(material: Material) -> list[Chart]:
    """Return the charts of a report, in order."""
    made = (_rates(material), _losses(material), _apart(material), _self_check(material))
    numbered = [chart for chart in made if chart.bars]
    return [
        replace(chart, caption=f"图{number}　{chart.caption}") for number, chart in enumerate(numbered, 1)
    ]


def _rates(material: Material) -> Chart:
    places = material.visit.places
    bars = tuple(
        Bar(
            bare_title(aspect.title) + ASPECT_KINDS[aspect.kind],
            f"{rate(points, aspect.ceiling)}　{fixed(points, places)}/{plain(aspect.ceiling)}",
            _share(points, aspect.ceiling),
        )
        for aspect, points in earned(material)
        if aspect.kind is not AspectKind.DEDUCTION and points is not None and aspect.ceiling
    )
    return Chart("各指标项得分率", bars if len(bars) > 1 else (), "深色为得分，浅色为满分。")


def _losses(material: Material) -> Chart:
    places = material.visit.places
    lost = [
        (item.lost, item)
        for item in material.result.items
        if item.lost and not _bonus(material, item)
    ]
    lost.sort(key=lambda pair: -pair[0])
    most = max((loss for loss, _ in lost), default=Decimal(1))
    bars = tuple(
        Bar(_label(item), f"{'扣' if item.deduction else '失'}{fixed(loss, places)}", _share(loss, most))
        for loss, item in lost[:_MOST_LOSSES]
    )
    return Chart("失分最多的考核项（分）", bars, whole=False)


def _apart(material: Material) -> Chart:
    """Show the items whose marks lie furthest apart; whose dot is whose stands in the annex."""
    apart = sorted((item for item in material.result.items if item.spread), key=lambda item: -item.spread)
    bars = tuple(
        Bar(
            _label(item),
            f"{plain(item.panel.marks[0])}—{plain(item.panel.marks[-1])}，满分{plain(item.item.ceiling)}",
            None,
            tuple(_share(mark, item.item.ceiling) for mark in item.panel.marks),
            None if item.points is None else _share(item.points, item.item.ceiling),
        )
        for item in apart[:_MOST_APART]
    )
    return Chart("专家评分差异最大的考核项", bars, "圆点为各专家评分，竖线为专家组得分，左端为零分，右端为满分。")


def _self_check(material: Material) -> Chart:
    """Set the applicant's own points beside the panel's, of the aspects of which every item has both."""
    places = material.visit.places
    bars = []
    for aspect, (found, points) in zip(material.rubric.aspects, earned(material), strict=True):
        own = [material.self_check[item.no] for item in aspect.items if item.no in material.self_check]
        if found.kind is AspectKind.DEDUCTION or found.open_items or points is None or len(own) < len(aspect.items):
            continue
        total = min(sum(own, Decimal(0)), found.ceiling)
        text = f"自查{plain(total)}　验收{fixed(points, places)}"
        label = bare_title(found.title) + ASPECT_KINDS[found.kind]
        bars.append(Bar(label, text, _share(points, found.ceiling), tick=_share(total, found.ceiling)))
    note = "深色为专家组得分，竖线为自查分，浅色为满分。"
    return Chart("自查分与专家组得分", tuple(bars) if len(bars) > 1 else (), note)


def _label(item: ItemResult) -> str:
    return f"{item.item.no}　{item.item.content}".rstrip()


def _bonus(material: Material, item: ItemResult) -> bool:
    return material.rubric.aspect_of(item.item.no).bonus


def _share(points: Decimal | None, ceiling: Decimal) -> Decimal:
    """Return points as a share of the ceiling, within 0..1; nothing else can be drawn."""
    if points is None or not ceiling:
        return Decimal(0)
    return min(max(points / ceiling, Decimal(0)), Decimal(1))
