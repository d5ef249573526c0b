"""What the office asks of its archive, written once with Ibis: every engine gets the same question and says the same.

Sums are exact decimals and counts whole numbers; a share is one division at the end, so that no engine's order of
adding shows. Rows come in an order that leaves nothing open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspection_app.archive.dataset import MANIFEST, Dataset, Manifest
from inspection_app.archive.engines import Archive, opened
from inspection_app.archive.sources import State
from inspection_app.errors import N_, Message, NotFound

if TYPE_CHECKING:
    import ibis.expr.types as ir

Tables = Mapping[str, "ir.Table"]


@dataclass(frozen=True)
class Narrowed:
    """Which visits a question is about: of these rubrics, years, regions and ids; of all where none is named."""

    rubrics: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()

    def of(self, table: ir.Table) -> ir.Table:
        """Return the rows of these visits."""
        for column, wanted in (
            ("rubric", self.rubrics), ("year", self.years), ("region", self.regions), ("visit", self.visits)
        ):  # fmt: skip
            if wanted:
                table = table.filter(table[column].isin(wanted))
        return table


@dataclass(frozen=True)
class Question:
    """One question: its name, how it reads, the titles of its columns, and what it asks."""

    name: str
    title: Message
    columns: Mapping[str, Message]
    ask: Callable[[Tables, ir.Table | None], ir.Table]


@dataclass(frozen=True)
class Answer:
    """Rows in order; a share is a float between 0 and 1, or None where there is nothing to divide by."""

    question: Question
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    visits: int  # how many visits it rests on
    cautions: tuple[tuple[Message, Mapping[str, object]], ...] = ()

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def ask(archive: Archive, name: str, narrowed: Narrowed | None = None) -> Answer:
    """Answer a question.

    Args:
        name: one of ``QUESTIONS``.

    Raises:
        NotFound: there is no such question.
    """
    narrowed = narrowed or Narrowed()
    question = question_named(name)
    tables = {table: narrowed.of(one) for table, one in archive.tables.items()}
    found = question.ask(tables, archive.names).to_pyarrow()
    rows = tuple(tuple(map(_plain, row)) for row in zip(*(one.to_pylist() for one in found.columns), strict=True))
    counting = _counting(archive, narrowed)
    visits = counting if counting is not None else int(tables["visits"].count().to_pyarrow().as_py())
    return Answer(question, tuple(found.column_names), rows, visits, tuple(cautions(archive, narrowed)))


def kept_answer(folder: Path, name: str, narrowed: Narrowed) -> Answer:
    """Return what DuckDB answers, kept while the dataset stays as it is; without names. Raises as ``opened`` does."""
    return _kept(folder, _stamp(folder), name, narrowed)


def kept_manifest(folder: Path) -> Manifest:
    """Return the manifest, kept while it stays as it is; raises as ``Dataset.manifest`` does."""
    return _kept_manifest(folder, _stamp(folder))


def _stamp(folder: Path) -> tuple[int, ...]:
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=64)
def _kept(folder: Path, _stamp: tuple[int, ...], name: str, narrowed: Narrowed) -> Answer:
    with opened(folder) as archive:
        return ask(archive, name, narrowed)


@lru_cache(maxsize=2)
def _kept_manifest(folder: Path, _stamp: tuple[int, ...]) -> Manifest:
    return Dataset(folder).manifest()


def question_named(name: str) -> Question:
    """Return a question by its name; raise NotFound where there is none such."""
    for question in QUESTIONS:
        if question.name == name:
            return question
    raise NotFound(
        N_("There is no question “{name}”. Choose one of: {known}."),
        "no-question", name=name, known=", ".join(one.name for one in QUESTIONS),
    )  # fmt: skip


def _counting(archive: Archive, narrowed: Narrowed) -> int | None:
    """Return how many visits are meant, where the manifest knows: regions stand in the tables alone."""
    if narrowed.regions or narrowed.visits:
        return None
    return sum(
        (not narrowed.rubrics or one.rubric in narrowed.rubrics) and (not narrowed.years or one.year in narrowed.years)
        for one in archive.manifest.counted.values()
    )


def cautions(archive: Archive, narrowed: Narrowed) -> list[tuple[Message, Mapping[str, object]]]:
    """Return what whoever reads an answer must know: files that do not count, texts that differ, what is unchecked."""
    found: list[tuple[Message, Mapping[str, object]]] = []
    texts: dict[str, set[str]] = {}
    unverified = 0
    for one in archive.manifest.counted.values():
        if not narrowed.rubrics or one.rubric in narrowed.rubrics:
            texts.setdefault(one.rubric, set()).add(one.rubric_digest)
            unverified += not one.verified
    for rubric, digests in sorted(texts.items()):
        if len(digests) > 1:
            found.append((
                N_("Visits by {count} different texts of “{rubric}” are taken together; items count by their number."),
                {"count": len(digests), "rubric": rubric},
            ))  # fmt: skip
    if unverified:
        found.append((N_("{count} visits were indexed without being verified."), {"count": unverified}))
    aside = [one for one in archive.manifest.files.values() if one.state not in {State.COUNTED, State.SAME}]
    if open_ := sum(one.state == State.OPEN for one in aside):
        found.append((N_("{count} visits are not sealed yet and do not count."), {"count": open_}))
    if wrong := sum(one.state not in {State.OPEN, State.EARLIER} for one in aside):
        found.append((N_("{count} files or folders could not be counted: see the list of files."), {"count": wrong}))
    return found


def _plain(value: Any) -> Any:
    """Return a value without what engines write differently: the zeros behind a decimal."""
    if isinstance(value, Decimal):
        whole = value.normalize()
        return whole.quantize(Decimal(1)) if whole == whole.to_integral_value() else whole
    return value


# --- the questions ---------------------------------------------------------------------------------------------------


def _share(part: ir.Value, whole: ir.Value) -> ir.Value:
    return part.cast("float64") / whole.cast("float64").nullif(0)


def _count(condition: ir.Value) -> ir.Value:
    return condition.cast("int64").sum().coalesce(0)


def _years(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["visits"]
    found = t.group_by("rubric", "year").agg(
        visits=t.count(), total=t.total.sum(), maximum=t.maximum.sum(), text=t.rubric_title.max(),
        lowest=t.total.min(), highest=t.total.max(),
        passed=_count(t.verdict == "pass"), failed=_count(t.verdict == "fail"), vetoed=_count(t.vetoes > 0),
    )  # fmt: skip
    found = found.mutate(mean=_share(found.total, found.visits), share=_share(found.total, found.maximum))
    return found.select(
        "rubric", "year", "visits", "mean", "lowest", "highest", "passed", "failed", "vetoed", "share",
        "text",
    ).order_by("rubric", "year")


def _aspects(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["aspects"]
    found = t.group_by("rubric", "aspect", "region").agg(
        position=t.position.min(), title=t.title.max(), kind=t.kind.max(), visits=t.count(), points=t.points.sum(),
        applicable=t.applicable.sum(),
    )  # fmt: skip
    found = found.mutate(mean=_share(found.points, found.visits), share=_share(found.points, found.applicable))
    found = found.order_by("rubric", "position", "aspect", "region")
    return found.select("rubric", "aspect", "title", "kind", "region", "visits", "mean", "share")


def _losses(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["items"]
    t = t.filter(t.points.notnull())
    found = t.group_by("rubric", "item").agg(
        position=t.position.min(), content=t.content.max(), visits=t.count(), lost=t.lost.sum(),
        applicable=t.applicable.sum(), full=_count(t.lost == 0),
    )  # fmt: skip
    found = found.mutate(mean_lost=_share(found.lost, found.visits), share=_share(found.lost, found.applicable))
    found = found.order_by("rubric", found.mean_lost.desc(), "position", "item")
    return found.select("rubric", "item", "content", "visits", "lost", "mean_lost", "share", "full")


def _self_check(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["items"]
    t = t.filter(t.points.notnull() & t.self_points.notnull())
    found = t.group_by("rubric", "item").agg(
        position=t.position.min(), content=t.content.max(), visits=t.count(), own=t.self_points.sum(),
        panel=t.points.sum(), ceiling=t.ceiling.sum(), claimed_more=_count(t.self_points > t.points),
        claimed_less=_count(t.self_points < t.points),
    )  # fmt: skip
    found = found.mutate(
        mean_self=_share(found.own, found.visits), mean_panel=_share(found.panel, found.visits),
        gap=_share(found.own - found.panel, found.ceiling),
    )  # fmt: skip
    found = found.order_by("rubric", found.gap.desc(), "position", "item")
    return found.select(
        "rubric", "item", "content", "visits", "mean_self", "mean_panel", "gap", "claimed_more", "claimed_less"
    )


def _spread(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["items"]
    t = t.filter(t.marks > 0)
    found = t.group_by("rubric", "item").agg(
        position=t.position.min(), content=t.content.max(), visits=t.count(), sum_=t.spread.sum(),
        wide=_count(t.wide), adjudicated=_count(t.adjudicated), not_applicable=t.not_applicable.sum(),
    )  # fmt: skip
    found = found.mutate(mean_spread=_share(found.sum_, found.visits), share_wide=_share(found.wide, found.visits))
    found = found.order_by("rubric", found.mean_spread.desc(), "position", "item")
    return found.select(
        "rubric", "item", "content", "visits", "mean_spread", "wide", "share_wide", "adjudicated", "not_applicable"
    )


def _severity(tables: Tables, names: ir.Table | None) -> ir.Table:
    t = tables["marks"]
    t = t.filter(t.apart.notnull())
    by_visit = t.group_by("expert", "visit").agg(marks=t.count(), apart=t.apart.sum())
    found = by_visit.group_by("expert").agg(
        visits=by_visit.count(), marks=by_visit.marks.sum(), apart=by_visit.apart.sum()
    )
    found = found.mutate(mean_apart=_share(found.apart, found.marks))
    columns = ["expert", "visits", "marks", "mean_apart"]
    if names is not None:
        found = found.left_join(names, "expert")
        columns[1:1] = ["name", "organisation"]
    return found.order_by("mean_apart", "expert").select(*columns)


def _gates(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["gates"]
    found = t.group_by("rubric", "kind", "gate").agg(
        position=t.position.min(), text=t.text.max(), visits=t.count(), failed=_count(t.holds == False),  # noqa: E712
        undecided=_count(t.holds.isnull()),
    )  # fmt: skip
    found = found.mutate(share=_share(found.failed, found.visits)).order_by("rubric", "kind", "position", "gate")
    return found.select("rubric", "kind", "gate", "text", "visits", "failed", "undecided", "share")


def _draws(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["draws"]
    t = t.filter(~t.rehearsal)
    found = t.group_by("rubric", "year", "kind").agg(
        ceremonies=t.count(), drawn=_count(t.state == "drawn"), voided=_count(t.state == "void"),
        by_hand=_count(t.by_hand), substitutions=t.substitutions.sum(),
    )  # fmt: skip
    found = found.mutate(share_voided=_share(found.voided, found.ceremonies)).order_by("rubric", "year", "kind")
    return found.select(
        "rubric", "year", "kind", "ceremonies", "drawn", "voided", "share_voided", "by_hand", "substitutions"
    )


def _stages(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["stages"]
    found = t.group_by("rubric", "stage").agg(
        position=t.position.min(), visits=t.count(), seconds=t.seconds.sum(), shortest=t.seconds.min(),
        longest=t.seconds.max(), reopened=_count(t.entered > 1),
    )  # fmt: skip
    found = found.mutate(
        mean_hours=_share(found.seconds, found.visits) / 3600.0, shortest_hours=found.shortest.cast("float64") / 3600.0,
        longest_hours=found.longest.cast("float64") / 3600.0,
    ).order_by("rubric", "position")  # fmt: skip
    return found.select(
        "rubric", "stage", "visits", "mean_hours", "shortest_hours", "longest_hours", "reopened"
    )


def _visits(tables: Tables, _names: ir.Table | None) -> ir.Table:
    t = tables["visits"]
    found = t.mutate(share=_share(t.total, t.maximum))
    found = found.order_by("rubric", "year", found.share.desc(), "visit")
    return found.select(
        "visit", "rubric", "year", "region", "applicant", "starts", "experts", "total", "maximum", "share", "verdict",
        "recommendation", "file",
    )  # fmt: skip


_RUBRIC, _YEAR, _VISITS, _ITEM = N_("Rubric"), N_("Year"), N_("Number of visits"), N_("Item")
_CONTENT, _REGION, _TITLE, _TITLE_OF_TEXT = N_("Content"), N_("Region"), N_("Aspect"), N_("Scoring table")

QUESTIONS: tuple[Question, ...] = (
    Question("years", N_("Visits and results by year"), {
        "rubric": _RUBRIC, "year": _YEAR, "visits": _VISITS, "mean": N_("Mean total"), "lowest": N_("Lowest total"),
        "highest": N_("Highest total"), "passed": N_("Passed"), "failed": N_("Not passed"),
        "vetoed": N_("With a veto"), "share": N_("Share of the maximum"), "text": _TITLE_OF_TEXT,
    }, _years),
    Question("aspects", N_("Score by aspect and region"), {
        "rubric": _RUBRIC, "aspect": N_("Number"), "title": _TITLE, "kind": N_("Kind"), "region": _REGION,
        "visits": _VISITS, "mean": N_("Mean points"), "share": N_("Share of the points that apply"),
    }, _aspects),
    Question("losses", N_("Items where points are lost most"), {
        "rubric": _RUBRIC, "item": _ITEM, "content": _CONTENT, "visits": _VISITS, "lost": N_("Points lost"),
        "mean_lost": N_("Lost in a visit, mean"), "share": N_("Share of the points that apply"),
        "full": N_("Visits that lost nothing"),
    }, _losses),
    Question("self-check", N_("Self-check against panel"), {
        "rubric": _RUBRIC, "item": _ITEM, "content": _CONTENT, "visits": _VISITS, "mean_self": N_("Self-check, mean"),
        "mean_panel": N_("Panel, mean"), "gap": N_("Claimed too much, as a share of the item's points"),
        "claimed_more": N_("Claimed more"), "claimed_less": N_("Claimed less"),
    }, _self_check),
    Question("spread", N_("Spread and adjudications by item"), {
        "rubric": _RUBRIC, "item": _ITEM, "content": _CONTENT, "visits": _VISITS,
        "mean_spread": N_("Spread, mean, as a share of the item's points"), "wide": N_("Wide spreads"),
        "share_wide": N_("Share of wide spreads"), "adjudicated": N_("Adjudicated"),
        "not_applicable": N_("Found not applicable"),
    }, _spread),
    Question("severity", N_("Experts who mark far from the others"), {
        "expert": N_("Expert"), "name": N_("Name"), "organisation": N_("Organisation"), "visits": _VISITS,
        "marks": N_("Marks beside others' marks"),
        "mean_apart": N_("Mean distance from the others, as a share of the item's points; below nought: stricter"),
    }, _severity),
    Question("gates", N_("Basic conditions failed, vetoes applied"), {
        "rubric": _RUBRIC, "kind": N_("Kind"), "gate": N_("Number"), "text": N_("Text"), "visits": _VISITS,
        "failed": N_("Not met"), "undecided": N_("Undecided"), "share": N_("Share not met"),
    }, _gates),
    Question("draws", N_("Draws held and voided"), {
        "rubric": _RUBRIC, "year": _YEAR, "kind": N_("Kind"), "ceremonies": N_("Ceremonies"), "drawn": N_("Drawn"),
        "voided": N_("Voided"), "share_voided": N_("Share voided"), "by_hand": N_("By hand"),
        "substitutions": N_("Substitutions made"),
    }, _draws),
    Question("stages", N_("Time per stage"), {
        "rubric": _RUBRIC, "stage": N_("Stage"), "visits": _VISITS, "mean_hours": N_("Hours, mean"),
        "shortest_hours": N_("Hours, shortest"), "longest_hours": N_("Hours, longest"), "reopened": N_("Reopened"),
    }, _stages),
    Question("visits", N_("The visits one by one"), {
        "visit": N_("Id of the visit"), "rubric": _RUBRIC, "year": _YEAR, "region": _REGION,
        "applicant": N_("Applicant"),
        "starts": N_("First day"), "experts": N_("Experts"), "total": N_("Total"), "maximum": N_("Maximum"),
        "share": N_("Share of the maximum"), "verdict": N_("Verdict"), "recommendation": N_("Recommendation"),
        "file": N_("File"),
    }, _visits),
)  # fmt: skip
