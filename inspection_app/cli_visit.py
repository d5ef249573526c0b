"""The commands ``inspection-app visit …``: what came out of a visit, and whether its file is what was recorded.

    visit result FILE --json        the whole result with every mark, for programs
    visit verify FILE --head HEX    re-derives log, answers, totals, draws, rubric, attachments and seal from the file

Nothing is written to the file or beside it. Exit codes of ``verify``: 0 nothing is wrong, 1 the file cannot be read,
3 something was changed.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from inspection_app.language import _

_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group(help=_("Look at a visit's file: its result, and whether it was changed."))
def visit() -> None:
    pass


@visit.command(help=_("Print the result of a visit whose marks are opened."))
@_file
@click.option("--json", "as_json", is_flag=True, help=_("The whole result with every mark, as JSON."))
def result(file: Path, as_json: bool) -> None:
    from inspection_app.services.check import result_record

    found = result_record(file)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    told = found["outcome"]
    click.echo(f"{found['applicant']}　{told['rubric']['id']}")
    for item in told["items"]:
        click.echo(f"{item['no']:>4}  {item['points'] or '—':>8} / {item['ceiling']:<6} {item['working']}")
    click.echo(_("Total: {total} of {maximum}", total=told["total"], maximum=told["maximum"]))
    click.echo(_("Digest of the result: {digest}", digest=found["digest"]))


@visit.command(help=_("Re-derive everything from the file alone and name the first thing that is wrong."))
@_file
@click.option("--head", default="", metavar="HEX", help=_("The head of the log as a slip or report printed it."))
def verify(file: Path, head: str) -> None:
    from inspection_app.services.check import verify as verified

    found = verified(file, head)
    for said, context in found.checks:
        click.echo(f"✓ {_(said, **context)}")
    click.echo(_("Head of the log: {head}", head=found.head))
    if found.result:
        click.echo(_("Digest of the result: {digest}", digest=found.result))
    for caution in found.unproven:
        click.echo(f"· {_(caution)}")
