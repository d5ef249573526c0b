"""The command ``inspection-app``: serve, demo, rubric, draw.

Exit codes: 0 done, 1 a fault, 2 wrong usage, 3 tampering. What is printed for programs is JSON; everything else is in
the reader's language (``INSPECTION_LANG=en`` for English).
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspection_app import __version__, language
from inspection_app.core.rubric import Item, Rubric
from inspection_app.core.scoring import Score, score_item
from inspection_app.core.visit import ROLE_NAMES, Role, Stage
from inspection_app.errors import N_, InspectionError, ScoreError
from inspection_app.files import load_rubric, load_rubric_file, rubric_ids
from inspection_app.language import _
from inspection_app.places import visits_folder

if TYPE_CHECKING:
    from inspection_app.sample import Sample

LANGUAGE_VARIABLE = "INSPECTION_LANG"
language.use(os.environ.get(LANGUAGE_VARIABLE))


class _Commands(click.Group):
    """A group that says expected faults in words and ends with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InspectionError as error:
            click.echo(error.text(_), err=True)
            sys.exit(error.exit_code)
        except OSError as error:  # a folder that cannot be written, a disk that is full
            click.echo(_("{path}: {reason}. Name another place.", path=error.filename, reason=error.strerror), err=True)
            sys.exit(1)


@click.group(cls=_Commands, help=_("On-site acceptance visits: draws, scoring, consolidation, report."))
@click.version_option(__version__)
def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]


_port = click.option(
    "--port", type=click.IntRange(1, 65535), default=None, help=_("Port; the first free one from 8501 on.")
)
_browser = click.option("--browser/--no-browser", default=True, help=_("Open the browser of this machine."))


@main.command(help=_("Open the app on your own visits."))
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("Where the visits are kept."))  # fmt: skip
@_port
@_browser
def serve(folder: Path | None, port: int | None, browser: bool) -> None:
    from inspection_app import server

    server.run(folder or visits_folder(), port, open_browser=browser, announce=click.echo)


@main.command(help=_("Build a complete sample visit and open it."))
@click.option("--stage", type=click.Choice([str(stage) for stage in Stage]), default=str(Stage.DONE),
              help=_("How far the sample visit has got."))  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("Where to build it; a folder of its own otherwise."))  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help=_("Write the report here (PDF)."))  # fmt: skip
@click.option("--serve/--no-serve", "serving", default=True, help=_("Open it in the browser."))
@_port
@_browser
def demo(stage: str, folder: Path | None, report: Path | None, serving: bool, port: int | None, browser: bool) -> None:
    click.echo(_("Building the sample visit …"), err=True)
    where = folder or Path(tempfile.gettempdir()) / f"inspection-app-demo-{_user()}"
    with ProcessPoolExecutor(1) as aside:  # the server is loaded while the sample is being built
        building = aside.submit(_build, where, Stage(stage))
        if serving:
            import_module("inspection_app.server")
        sample = building.result()
    click.echo(str(sample.file.path), err=True)
    if report:
        from inspection_app.services.feed_back import report_pdf

        try:
            report.write_bytes(report_pdf(sample.file, datetime.now().astimezone()))
        except OSError as error:
            raise InspectionError(
                N_("The report could not be written to {path} ({reason}). Name another place."),
                "not-written", path=str(report), reason=error.strerror or "?",
            ) from None  # fmt: skip
        click.echo(_("Report: {path}", path=report), err=True)
    if serving:
        from urllib.parse import quote

        from inspection_app import server

        people = [{"label": f"{who.name}（{_(ROLE_NAMES[who.role])}）", "code": who.code} for who in sample.codes]
        os.environ["INSPECTION_DEMO_CODES"] = json.dumps(people)
        chair = next(who.code for who in sample.codes if who.role is Role.CHAIR)
        server.run(
            sample.file.path.parent, port, open_path=f"/join/{quote(sample.file.slug)}/{chair}", open_browser=browser,
            announce=click.echo,
        )  # fmt: skip


def _build(folder: Path, stage: Stage) -> Sample:
    from inspection_app.sample import build_sample

    return build_sample(folder, stage)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


@main.group(help=_("Show, check and try rubric files."))
def rubric() -> None:
    pass


@rubric.command("list", help=_("List the shipped rubrics."))
def list_() -> None:
    for id_ in rubric_ids():
        found = load_rubric(id_)
        click.echo(f"{id_}\t{len(found.items)}\t{found.title}")


@rubric.command(help=_("Show a rubric: title, aspects, items, vetoes, gates, errata."))
@click.argument("id_or_path", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help=_("For programs."))
def show(id_or_path: str, as_json: bool) -> None:
    found = load_rubric(id_or_path)
    if as_json:
        click.echo(json.dumps(_shown(found), ensure_ascii=False, indent=2))
        return
    click.echo(found.title)
    for aspect in found.aspects:
        click.echo(f"\n{aspect.title}（{aspect.points}）")
        for item in aspect.items:
            click.echo(f"  {item.no}\t{item.points}\t{item.content}")


def _shown(found: Rubric) -> dict[str, Any]:
    content = found.model_dump(mode="json", by_alias=True)
    aspects = [
        {"id": a.id, "title": a.title, "points": str(a.points), "bonus": a.bonus, "items": [i.no for i in a.items]}
        for a in found.aspects
    ]
    items = [item for aspect in content["aspects"] for item in aspect["items"]]
    places = [
        ("", content),
        *((f"aspect {aspect['id']}", aspect) for aspect in content["aspects"]),
        *((f"item {item['no']}", item) for item in items),
        *((f"item {item['no']}, criterion {one['id']}", one) for item in items for one in item["criteria"]),
        *((f"gate {gate['id']}", gate) for gate in content["gates"]),
    ]
    errata = [{"place": place, **erratum} for place, part in places for erratum in part["errata"]]
    kept = ("id", "version", "title", "issuer", "year", "source", "stated_total", "stated_bonus", "verdict_text",
            "scheme", "figures")  # fmt: skip
    return {key: content[key] for key in kept} | {
        "aspects": aspects, "items": items, "vetoes": content["vetoes"], "gates": content["gates"], "errata": errata,
    }  # fmt: skip


@rubric.command(help=_("Check rubric files and list every fault."))
@click.argument("paths", nargs=-1, metavar="[FILE]...")
def check(paths: tuple[str, ...]) -> None:
    failed = False
    for path in paths or rubric_ids():
        try:
            found = load_rubric_file(path)
            click.echo(_("{id}: no faults; {count} items; SHA-256 {digest}", id=found.rubric.id,
                         count=len(found.rubric.items), digest=found.digest))  # fmt: skip
        except InspectionError as error:
            failed = True
            click.echo(error.text(_), err=True)
    sys.exit(1 if failed else 0)


@rubric.command(help=_("Print the JSON Schema that lets an editor complete rubric files."))
def schema() -> None:
    click.echo(json.dumps(Rubric.model_json_schema(by_alias=True), ensure_ascii=False, indent=2))


@rubric.command(help=_("Score one item: points, state and flags as JSON."))
@click.argument("id_or_path", metavar="ID")
@click.option("--item", "no", required=True, help=_("The item's number."))
@click.option("--answers", required=True, help=_('JSON by criterion id, e.g. {"1": "0.45"}.'))
@click.option("--figures", default="{}", help=_("JSON of agreed figures by key."))
def score(id_or_path: str, no: str, answers: str, figures: str) -> None:
    found = load_rubric(id_or_path)
    item = found.item(no)
    scored = score_item(
        item, _json_object(answers, "--answers"), _json_object(figures, "--figures"),
        part_step=found.scheme.part_step,
    )  # fmt: skip
    click.echo(json.dumps(_scored(item, scored), ensure_ascii=False))


def _json_object(text: str, option: str) -> dict[str, Any]:
    try:
        content = json.loads(text, parse_float=str)  # a float would no longer be the number that was written
    except (ValueError, RecursionError) as error:
        raise ScoreError(
            N_("{option} is not JSON ({reason}). Example: {example}"),
            "not-json", option=option, reason=str(error), example='{"1": "0.45"}',
        ) from None  # fmt: skip
    if not isinstance(content, dict):
        raise ScoreError(N_("{option} must be a JSON object. Example: {example}"), "not-json", option=option,
                         example='{"1": "0.45"}')  # fmt: skip
    return content


def _scored(item: Item, scored: Score) -> dict[str, Any]:
    return {
        "item": item.no, "points": None if scored.points is None else str(scored.points), "state": str(scored.state),
        "partial": str(scored.partial), "ceiling": str(scored.ceiling), "flags": [str(flag) for flag in scored.flags],
    }  # fmt: skip


@main.group(help=_("Check draws."))
def draw() -> None:
    pass


@draw.command(help=_("Recompute a draw from its certificate."), context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, metavar="CERT.json [--slip CODE]", type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Run the very file that is handed to strangers."""
    program = str(resources.files("inspection_app") / "verify.py")
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")
