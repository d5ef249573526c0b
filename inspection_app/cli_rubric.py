"""The commands ``inspection-app rubric …``: show, check, try and start rubric files."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from inspection_app.core.consistency import slips
from inspection_app.core.propose import propose
from inspection_app.core.rubric import Item, Rubric
from inspection_app.core.scoring import Score, score_item
from inspection_app.core.totals import SheetScore, score_sheet
from inspection_app.core.wording import plain
from inspection_app.errors import N_, InspectionError, RubricError, ScoreError
from inspection_app.files import load_rubric, load_rubric_file, rubric_ids
from inspection_app.language import _


@click.group(help=_("Show, check and try rubric files."))
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
        click.echo(f"\n{aspect.title}（{aspect.worth}）")
        for item in aspect.items:
            click.echo(f"  {item.no}\t{item.points}\t{item.content}")


def _shown(found: Rubric) -> dict[str, Any]:
    content = found.model_dump(mode="json", by_alias=True)
    aspects = [
        {"id": a.id, "title": a.title, "points": None if a.points is None else str(a.points), "kind": a.kind,
         "items": [i.no for i in a.items]}
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
            click.echo(_("{id}: no faults; {count} items; slips of the text found by the check and listed: {slips}; "
                         "SHA-256 {digest}", id=found.rubric.id, count=len(found.rubric.items),
                         slips=sum(1 for _slip in slips(found.rubric)), digest=found.digest))  # fmt: skip
        except InspectionError as error:
            failed = True
            click.echo(error.text(_), err=True)
    sys.exit(1 if failed else 0)


@rubric.command(help=_("Print the JSON Schema that lets an editor complete rubric files."))
def schema() -> None:
    click.echo(json.dumps(Rubric.model_json_schema(by_alias=True), ensure_ascii=False, indent=2))


@rubric.command(help=_("Start a rubric file from an office's table (XLSX); what has to be decided is marked."))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.yaml")
@click.option("--from", "table", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="TABLE.xlsx", help=_("The table: what is assessed, the points, how it is scored."))  # fmt: skip
@click.option("--id", "id_", default=None, help=_("The rubric's id; else the name of OUT."))
@click.option("--title", default=None, help=_("The official title; else the table's first line."))
def new(out: Path, table: Path, id_: str | None, title: str | None) -> None:
    from inspection_app.files.rubric_draft import decision_text, rubric_yaml
    from inspection_app.files.rubric_table import parse_rubric_table

    id_ = id_ or re.sub(r"[^a-z0-9]+", "-", out.stem.lower()).strip("-") or "rubric"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", id_):
        raise RubricError(N_("“{id}” is no id of a rubric: small letters, digits and hyphens. Example: {example}"),
                          "bad-id", id=id_, example="my-county")  # fmt: skip
    if out.exists():
        raise RubricError(N_("{path} is there already; nothing was changed. Name another file."), "exists",
                          path=str(out))  # fmt: skip
    read = parse_rubric_table(table.read_bytes())
    proposal = propose(
        read.rows, id=id_, title=title or read.title or table.stem, source=table.name, judged=read.judged, say=_
    )
    out.write_text(rubric_yaml(proposal, _), encoding="utf-8", newline="\n")
    items, decisions = proposal.rubric.items, proposal.decisions
    touched = {decision.item for decision in decisions if decision.item}
    for decision in decisions:
        place = [_("item {item}", item=decision.item)] if decision.item else []
        place += [_("criterion {criterion}", criterion=decision.criterion)] if decision.criterion else []
        place += [_("aspect {aspect}", aspect=decision.aspect)] if decision.aspect else []
        click.echo(f"{' '.join(place) or out.name}: {decision_text(decision, _)}")
    click.echo(_("{path}: {items} items proposed, {certain} of them without anything to decide; to decide: {count}. "
                 "Search the file for DECIDE, then run: inspection-app rubric check {path}",
                 path=out, items=len(items), certain=len(items) - len(touched), count=len(decisions)))  # fmt: skip


@rubric.command(help=_("Write the printable score sheet of a rubric, without a visit: PDF, XLSX or both."))
@click.argument("id_or_path", metavar="ID")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="OUT.pdf",
              help=_("Write the sheet here (PDF)."))  # fmt: skip
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="OUT.xlsx",
              help=_("Write the sheet here (XLSX)."))  # fmt: skip
def sheet(id_or_path: str, pdf: Path | None, xlsx: Path | None) -> None:
    if pdf is None and xlsx is None:
        raise click.UsageError(_("Name --pdf OUT.pdf, --xlsx OUT.xlsx or both."))
    found = load_rubric(id_or_path)
    if pdf:
        from inspection_app.services.print_out import blank_sheet_pdf

        pdf.write_bytes(blank_sheet_pdf(found, datetime.now().astimezone()))
    if xlsx:
        from inspection_app.files.rubric_sheet import rubric_sheet_xlsx

        xlsx.write_bytes(rubric_sheet_xlsx(found))
    for path in (pdf, xlsx):
        if path:
            click.echo(str(path))


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


@rubric.command(help=_("Score a whole sheet: totals, verdict and flags as JSON."))
@click.argument("id_or_path", metavar="ID")
@click.option("--answers", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help=_("JSON file: answers by item number, then by criterion id."))  # fmt: skip
@click.option("--figures", default="{}", help=_("JSON of agreed figures by key."))
@click.option("--veto", "vetoes", multiple=True, help=_("The id of a veto that applies; may be given again."))
def total(id_or_path: str, path: Path, figures: str, vetoes: tuple[str, ...]) -> None:
    found = load_rubric(id_or_path)
    answers = _json_object(path.read_text(encoding="utf-8-sig"), "--answers")
    for no, answered in answers.items():
        if not isinstance(answered, dict):
            raise ScoreError(N_("Item {item}: the answers must be a JSON object by criterion id. Example: {example}"),
                             "not-json", item=no, example='{"1": true}')  # fmt: skip
    sheet = score_sheet(found, answers, _json_object(figures, "--figures"), vetoes=vetoes)
    click.echo(json.dumps(_summed(sheet), ensure_ascii=False, indent=2))


def _summed(sheet: SheetScore) -> dict[str, Any]:
    return {
        "total": _number(sheet.total), "base": _number(sheet.base), "bonus": _number(sheet.bonus),
        "deductions": _number(sheet.deductions), "maximum": plain(sheet.maximum), "applicable": plain(sheet.applicable),
        "prorated": None if sheet.prorated is None else _number(sheet.prorated), "verdict": str(sheet.verdict),
        "open_items": list(sheet.open_items),
        "aspects": [
            {"id": one.id, "kind": one.kind, "points": _number(one.points), "ceiling": plain(one.ceiling),
             "applicable": plain(one.applicable), "open_items": list(one.open_items)}
            for one in sheet.aspects
        ],
        "flags": {no: [str(flag) for flag in flags] for no, flags in sheet.flags.items()},
    }  # fmt: skip


def _number(exact: Fraction) -> str:
    """Write a sum as a decimal where it is one, else as a fraction: nothing is rounded here."""
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}" if _finite(exact) else str(exact)


def _finite(exact: Fraction) -> bool:
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


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
        "lines": [
            {"criterion": line.criterion, "text": line.text, "how": line.how, "reason": line.reason,
             "points": None if line.points is None else str(line.points), "flags": [str(flag) for flag in line.flags]}
            for line in scored.lines
        ],
    }  # fmt: skip
