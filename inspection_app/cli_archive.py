"""The commands ``inspection-app archive …``: many visits as one dataset, and what the office asks of it.

    archive index FOLDER      bring the dataset up to date with the visit files of a folder; name what does not count
    archive files FOLDER      list what became of every file
    archive ask QUESTION      answer a question; without one, list them all
    archive report YEAR PDF   write the yearly report
    archive sample            make plausible sealed visits, for trying and measuring

Nothing is written to a visit. Exit codes: 0 done, 1 a fault, 3 a file that counted or would count was changed.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inspection_app.errors import N_, TamperError
from inspection_app.language import _
from inspection_app.places import visits_folder

if TYPE_CHECKING:
    from inspection_app.archive.dataset import Known

_SHOWN = 40
_archive = click.option("--archive", "dataset", type=click.Path(path_type=Path, file_okay=False), default=None,
                        help=_("The archive's folder; “archive” below the visits otherwise."))  # fmt: skip
_engine = click.option("--engine", default="duckdb", metavar="ADDRESS",
                       help=_("Where it runs: duckdb, spark://local[2], spark://HOST:PORT, or another."))  # fmt: skip


@click.group(help=_("Ask many visits one question: where points are lost, and whether the rubric worked."))
def archive() -> None:
    pass


@archive.command("index", help=_("Read the visit files of a folder and bring the archive up to date."))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DATASET",
              help=_("The archive's folder; “archive” below the visits otherwise."))  # fmt: skip
@click.option("--verify/--no-verify", default=True, help=_("Check every file that is read for changes."))
@click.option("--names", is_flag=True, help=_("Keep who the experts are; without it what was kept is removed."))
def index_folder(folder: Path, to: Path | None, verify: bool, names: bool) -> None:
    from inspection_app.archive.index import index
    from inspection_app.archive.sources import STATE_TITLES, State

    found = index(
        folder, to, now=datetime.now().astimezone(), entropy=os.urandom, verify=verify, names=names,
        workers=os.cpu_count() or 1, progress=_progress,
    )  # fmt: skip
    click.echo(_("Files read: {read}; unchanged: {unchanged}; gone: {gone}", read=found.read,
                 unchanged=found.unchanged, gone=found.removed))  # fmt: skip
    for state in State:
        if count := found.counts[state]:
            click.echo(f"{count:>6}  {_(STATE_TITLES[state])}")
    for place, one in list(found.of(*(set(State) - {State.COUNTED})).items())[:_SHOWN]:
        _tell(place, one)
    if changed := found.of(State.CHANGED):
        raise TamperError(
            N_("{count} files were changed after they were recorded; they do not count."), "changed", count=len(changed)
        )


@archive.command("files", help=_("List what became of every file."))
@_archive
def list_files(dataset: Path | None) -> None:
    from inspection_app.archive.dataset import Dataset

    for place, one in Dataset(_place(dataset)).manifest().files.items():
        _tell(place, one)


def _tell(place: str, one: Known) -> None:
    from inspection_app.archive.sources import STATE_TITLES, State

    why = _(one.why, **one.context) if one.context else one.why
    click.echo(f"{place}  {_(STATE_TITLES[State(one.state)])}{f'  {why}' if why else ''}")


@archive.command("ask", help=_("Answer a question about all visits; without one, list the questions."))
@click.argument("question", required=False)
@_archive
@click.option("--rubric", "rubrics", multiple=True, help=_("Only visits by this rubric; may be repeated."))
@click.option("--year", "years", type=int, multiple=True, help=_("Only visits of this year; may be repeated."))
@click.option("--region", "regions", multiple=True, help=_("Only visits in this region; may be repeated."))
@click.option("--names", is_flag=True, help=_("Tell who the experts are, where the archive keeps it."))
@click.option("--json", "form", flag_value="json", help=_("Print JSON."))
@click.option("--csv", "form", flag_value="csv", help=_("Print CSV."))
@_engine
def ask_question(
    question: str | None, dataset: Path | None, rubrics: tuple[str, ...], years: tuple[int, ...],
    regions: tuple[str, ...], names: bool, form: str | None, engine: str,
) -> None:  # fmt: skip
    from inspection_app.archive import exports
    from inspection_app.archive.engines import opened
    from inspection_app.archive.questions import QUESTIONS, Narrowed, ask, question_named

    if question is None:
        for one in QUESTIONS:
            click.echo(f"{one.name:<12}{_(one.title)}")
        return
    question_named(question)  # a slip of the pen is told before an engine is started
    with opened(_place(dataset), engine, names=names) as found:
        answer = ask(found, question, Narrowed(rubrics, years, regions))
    if form == "json":
        click.echo(exports.as_json(answer))
    elif form == "csv":
        click.echo(exports.as_csv(answer, _).decode("utf-8-sig"), nl=False)
    else:
        click.echo(f"{_(answer.question.title)}　{_('Number of visits')}: {answer.visits}")
        click.echo("\t".join(exports.titles(answer, _)))
        for row in answer.rows:
            told = (exports.shown(name, value, _) for name, value in zip(answer.columns, row, strict=True))
            click.echo("\t".join(told))
    for caution, context in answer.cautions:
        click.echo(f"· {_(caution, **context)}", err=True)


@archive.command("report", help=_("Write the report of a year (PDF)."))
@click.argument("year", type=int)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@_archive
def report_year(year: int, target: Path, dataset: Path | None) -> None:
    from inspection_app.archive.yearly import yearly_report
    from inspection_app.services.feed_back import pdf_of

    now = datetime.now().astimezone()
    target.write_bytes(pdf_of(yearly_report(_place(dataset), year, now, translate=_), now))
    click.echo(_("Report: {path}", path=target))


@archive.command("sample", help=_("Make plausible sealed visits, for trying and measuring; invented from end to end."))
@click.option("--visits", type=click.IntRange(1, 100_000), required=True, help=_("How many."))
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("Where to make them; “archive-sample” here otherwise."))  # fmt: skip
@click.option("--seed", type=int, default=1, help=_("The same seed makes the same visits."))
def make_sample_visits(visits: int, to: Path | None, seed: int) -> None:
    from inspection_app.archive.samples import make_samples

    where = to or Path("archive-sample")
    made = make_samples(where, visits, seed=seed, workers=os.cpu_count() or 1, progress=_progress)
    click.echo(_("Sealed visits made in {folder}: {count}", folder=where, count=len(made)))


def _place(dataset: Path | None) -> Path:
    from inspection_app.archive.index import FOLDER

    return dataset or visits_folder() / FOLDER


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} / {of}", err=True, nl=done == of)
