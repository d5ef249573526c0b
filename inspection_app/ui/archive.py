"""The office's archive on the hub: one question at a time over all sealed visits, a visit's own numbers, and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from inspection_app.archive import exports
from inspection_app.archive.dataset import Manifest
from inspection_app.archive.index import FOLDER, index
from inspection_app.archive.questions import QUESTIONS, Answer, Narrowed, Question, kept_answer, kept_manifest
from inspection_app.archive.sources import STATE_TITLES, State
from inspection_app.core.wording import plain
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.places import visits_folder
from inspection_app.ui import session, widgets
from inspection_app.ui.bars import Bar, draw

MOST_BARS, FEW_BARS, MOST_ROWS, MOST_FILES = 15, 8, 60, 100
IN_FILES_ONLY = {"years": {"text"}, "visits": {"visit", "file", "starts", "maximum"}}
"""Columns that the page has no room for, by question: the files have them."""
WORDY = frozenset({"title", "content", "text", "applicant"})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rows = Sequence[Mapping[str, Any]]

SHADES = {"above": "blue", "below": "grey"}
"""By the side of nought on which a bar lies."""


def label(row: Mapping[str, Any], most: int = 20) -> str:
    number = row.get("item") or row.get("gate") or ""
    text = str(row.get("title") or row.get("content") or row.get("text") or "")
    return f"{number}　{text if len(text) <= most else text[: most - 1] + '…'}".strip("　")


def bar(place: str, size: float | int | None, said: str) -> Bar:
    size = float(size or 0)
    return place, "below" if size < 0 else "above", size, said


def share(value: float | None) -> str:
    return exports.shown("share", value, _)


def severity(rows: Rows) -> list[Bar]:
    """Show how far each expert marks from the others; the words say to which side."""
    far = sorted(rows, key=lambda row: -abs(row["mean_apart"]))[:MOST_BARS]
    return [
        bar(row["expert"], row["mean_apart"],
            f"{_('stricter') if row['mean_apart'] < 0 else _('milder')} {share(abs(row['mean_apart']))}")
        for row in sorted(far, key=lambda row: row["mean_apart"])
    ]  # fmt: skip


CHARTS: Mapping[str, Callable[[Rows], list[Bar]]] = {
    "years": lambda rows: [
        bar(str(row["year"]), row["share"], f"{row['mean']:.2f}　{share(row['share'])}") for row in rows
    ],
    "aspects": lambda rows: [
        bar(f"{label(row)}　{row['region']}", row["share"], share(row["share"]))
        for row in sorted(rows, key=lambda row: row["share"] or 0) if row["kind"] != "deduction"
    ],
    "losses": lambda rows: [
        bar(label(row), row["mean_lost"], f"−{row['mean_lost']:.2f}　{share(row['share'])}") for row in rows
    ],
    "self-check": lambda rows: [bar(label(row), max(row["gap"] or 0, 0), share(row["gap"])) for row in rows],
    "spread": lambda rows: [
        bar(label(row), row["mean_spread"], f"{share(row['mean_spread'])}　{_('adjudicated')} {row['adjudicated']}")
        for row in rows
    ],
    "severity": severity,
    "gates": lambda rows: [
        bar(label(row), row["share"], f"{row['failed']} / {row['visits']}") for row in rows if row["failed"]
    ],
    "draws": lambda rows: [
        bar(f"{row['year']}　{exports.shown('kind', row['kind'], _)}", row["voided"],
            f"{row['voided']} / {row['ceremonies']}")
        for row in rows if row["voided"]
    ],
    "stages": lambda rows: [
        bar(exports.shown("stage", row["stage"], _), row["mean_hours"], f"{row['mean_hours']:.1f} {_('hours')}")
        for row in rows
    ],
}  # fmt: skip


def bring_up_to_date(folder: Path) -> None:
    """Read what is new among the visits; the one button that writes, and only to the archive."""
    if not st.button(_("Bring the archive up to date"), key="index"):
        return
    shown = st.progress(0.0, _("Reading the visits …"))

    def progress(done: int, of: int) -> None:
        shown.progress(done / max(of, 1), f"{done} / {of}")

    try:
        found = index(folder, now=session.now(), entropy=os.urandom, progress=progress)
    except InspectionError as error:
        st.error(error.text(_))
        return
    session.say("success", _("Files read: {read}; unchanged: {unchanged}; gone: {gone}", read=found.read,
                             unchanged=found.unchanged, gone=found.removed))  # fmt: skip
    st.rerun()


def files(manifest: Manifest) -> None:
    """Say what became of every file that does not count."""
    aside = [(place, one) for place, one in manifest.files.items() if one.state != State.COUNTED]
    if not aside:
        return
    if part := widgets.folded(_("Files that do not count: {count}", count=len(aside)), key="aside"):
        with part:
            widgets.table(
                [_("File"), _("What it is"), _("Reason")],
                [(place, _(STATE_TITLES[State(one.state)]), _(one.why, **one.context) if one.context else one.why)
                 for place, one in aside[:MOST_FILES]],
            )  # fmt: skip


def narrowing(manifest: Manifest, dataset: Path) -> Narrowed:
    counted = manifest.counted.values()
    regions = sorted({row["region"] for row in kept_answer(dataset, "visits", Narrowed()).dicts() if row["region"]})
    texts = {row["rubric"]: row["text"] for row in kept_answer(dataset, "years", Narrowed()).dicts()}
    rubrics = st.multiselect(_("Rubric"), sorted(texts), format_func=texts.__getitem__, key="rubrics",
                             placeholder=_("All"))  # fmt: skip
    second, third = st.columns(2)
    years = second.multiselect(_("Year"), sorted({one.year for one in counted}), key="years", placeholder=_("All"))
    chosen = third.multiselect(_("Region"), regions, key="regions", placeholder=_("All"))
    return Narrowed(tuple(rubrics), tuple(years), tuple(chosen))


def shown(answer: Answer, titles: Mapping[str, str]) -> None:
    """Draw and tell the answer, for each rubric by itself where it tells rubrics apart."""
    name, rows = answer.question.name, answer.dicts()
    parts: dict[str, Rows] = {"": rows}
    if "rubric" in answer.columns:
        rubrics = dict.fromkeys(row["rubric"] for row in rows)
        parts = {one: [row for row in rows if row["rubric"] == one] for one in rubrics}
    for rubric, own in parts.items():
        if rubric:
            st.html(f"<b>{widgets.escape(titles.get(rubric, rubric))}</b>")
        bars = CHARTS[name](own) if name in CHARTS else []
        if bars:
            draw(bars[: MOST_BARS if len(parts) == 1 else FEW_BARS], SHADES)
        left_out = IN_FILES_ONLY.get(name, set()) | ({"rubric"} if rubric else set())
        columns = [column for column in answer.columns if column not in left_out]
        table(answer.question, columns, own, titles, MOST_ROWS // len(parts))


def cell(column: str, value: Any) -> str:
    told = exports.shown(column, value, _)
    if column not in WORDY:
        return told
    short = told if len(told) <= 40 else told[:39] + "…"
    return widgets.Markup(f'<span style="display:inline-block;min-width:10em">{widgets.escape(short)}</span>')


def table(question: Question, columns: Sequence[str], rows: Rows, titles: Mapping[str, str], most: int) -> None:
    few = [{name: row[name] for name in columns} for row in rows[:most]]
    numbers = [place for place, column in enumerate(columns)
               if any(isinstance(row[column], (int, float, Decimal)) for row in few)]  # fmt: skip
    widgets.table(
        [_(question.columns[name]) for name in columns],
        [[cell(name, titles.get(value, value) if name == "rubric" else value) for name, value in row.items()]
         for row in few], numbers=numbers, key="wide",
    )  # fmt: skip
    if len(rows) > most:
        st.caption(_("The first {count} of {all} rows; the files hold all of them.", count=most, all=len(rows)))


def downloads(answer: Answer) -> None:
    name = f"archive-{answer.question.name}"
    with st.container(horizontal=True):
        st.download_button("XLSX", lambda: exports.as_xlsx(answer, _), f"{name}.xlsx", XLSX, key="xlsx",
                           on_click="ignore")  # fmt: skip
        st.download_button("CSV", lambda: exports.as_csv(answer, _), f"{name}.csv", "text/csv", key="csv",
                           on_click="ignore")  # fmt: skip
        st.download_button("Parquet", lambda: exports.as_parquet(answer), f"{name}.parquet",
                           "application/vnd.apache.parquet", key="parquet", on_click="ignore")  # fmt: skip


def one_visit(dataset: Path, narrowed: Narrowed) -> None:
    """Show one visit's aspects and where it lost points, and lead to it where it lies among this hub's visits."""
    st.subheader(_("One visit"))
    visits = {row["visit"]: row for row in kept_answer(dataset, "visits", narrowed).dicts()}
    chosen = st.selectbox(
        _("Which visit"), list(visits), index=None, key="visit", placeholder=_("Choose a visit"),
        format_func=lambda id_: f"{visits[id_]['applicant']}　{visits[id_]['starts']}" if id_ in visits else "",
    )  # fmt: skip
    if chosen not in visits:
        return
    row, only = visits[chosen], Narrowed(visits=(str(chosen),))
    st.html(f"<b>{widgets.escape(row['applicant'])}</b>　{plain(row['total'])} / {plain(row['maximum'])}")
    aspects = kept_answer(dataset, "aspects", only).dicts()
    draw([bar(label(one, 26), one["share"], f"{one['mean']:.2f}　{share(one['share'])}") for one in aspects], SHADES)
    losing = [one for one in kept_answer(dataset, "losses", only).dicts() if one["lost"]][:MOST_BARS]
    if losing:
        widgets.table(
            [_("Item"), _("Content"), _("Points lost")],
            [(one["item"], one["content"], plain(one["lost"])) for one in losing], numbers=[2],
        )  # fmt: skip
    if "/" not in row["file"]:
        st.link_button(_("Open this visit"), f"/sign-in?visit={quote(row['file'].removesuffix('.visit'))}")


def yearly(dataset: Path, years: Sequence[int]) -> None:
    from inspection_app.archive.yearly import yearly_report
    from inspection_app.services.feed_back import pdf_of

    st.subheader(_("Yearly report"))
    year = st.selectbox(_("Year"), years, index=len(years) - 1, key="report-year")
    now = session.now()
    st.download_button(
        _("Report of the year (PDF)"), lambda: pdf_of(yearly_report(dataset, year, now, translate=_), now),
        f"archive-{year}.pdf", "application/pdf", key="report", on_click="ignore",
    )  # fmt: skip


st.title(_("Archive"))
if not session.on_the_hub():
    widgets.empty(_("The archive is on the hub laptop"), _("It is for the office. Open this page there."))
    st.stop()
folder = visits_folder()
dataset = folder / FOLDER
bring_up_to_date(folder)
try:
    manifest = kept_manifest(dataset)
    kept_answer(dataset, "years", Narrowed())
except InspectionError as error:
    widgets.empty(_("Nothing to ask yet"), error.text(_))
    st.stop()
files(manifest)
narrowed = narrowing(manifest, dataset)
titles = {question.name: _(question.title) for question in QUESTIONS}
asked = st.selectbox(_("What to ask"), list(titles), format_func=titles.__getitem__, key="question")
answer = kept_answer(dataset, asked, narrowed)
st.subheader(titles[asked])
st.caption(_("Rests on {count} sealed visits.", count=answer.visits))
for said, context in answer.cautions:
    st.caption("· " + _(said, **context))
if not answer.rows:
    st.info(_("No visit is of this kind. Take something out of the filters."))
    st.stop()
texts = {row["rubric"]: row["text"] for row in kept_answer(dataset, "years", Narrowed()).dicts()}
shown(answer, texts)
downloads(answer)
one_visit(dataset, narrowed)
yearly(dataset, sorted({one.year for one in manifest.counted.values()}))
