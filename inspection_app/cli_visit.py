"""The commands ``inspection-app visit …``: what came out of a visit, whether its file is what was recorded, and what is
removed of it.

    visit result FILE --json        the whole result with every mark, for programs
    visit verify FILE --head HEX    re-derives log, answers, totals, draws, rubric, attachments and seal from the file;
                                    with --report PDF says whether that paper belongs to it
    visit hand-over FILE TARGET     writes a copy without phones, identity numbers and the citizens' annex
    visit redact FILE               removes the personal data of a sealed visit from its file, for good;
                                    with --photos also the photos and files that were attached as evidence

Only ``redact`` writes to the file. In the log both stand as the secretary's, on whose machine they are given. Exit
codes of ``verify``: 0 nothing is wrong, 1 the file cannot be read, 3 something was changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from inspection_app.errors import N_, TamperError
from inspection_app.language import _

_SIGNS = {True: "✓", False: "✗", None: "·"}
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
    total, maximum = told["total"], told["maximum"]
    click.echo(_("Total: {total}; the maximum without bonus is {maximum}", total=total, maximum=maximum))
    click.echo(_("Digest of the result: {digest}", digest=found["digest"]))


@visit.command(help=_("Re-derive everything from the file alone and name the first thing that is wrong."))
@_file
@click.option("--head", default="", metavar="HEX", help=_("The head of the log as a slip or report printed it."))
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="PDF",
    help=_("Say whether this report belongs to this visit."),
)  # fmt: skip
def verify(file: Path, head: str, report: Path | None) -> None:
    from inspection_app.services.check import verify as verified

    found = verified(file, head)
    for said, context in found.checks:
        click.echo(f"✓ {_(said, **context)}")
    click.echo(_("Head of the log: {head}", head=found.head))
    if found.result:
        click.echo(_("Digest of the result: {digest}", digest=found.result))
    for caution in found.unproven:
        click.echo(f"· {_(caution)}")
    if report is not None:
        _compare(file, report)


def _compare(file: Path, report: Path) -> None:
    """Say what of a printed report agrees with the visit.

    Raises:
        TamperError: something in it does not.
    """
    from inspection_app.services.match_report import report_belongs

    checks = report_belongs(file, report.read_bytes())
    for one in checks:
        click.echo(f"{_SIGNS[one.holds]} {_(one.said, **one.context)}")
    if any(one.holds is False for one in checks):
        raise TamperError(N_("This report does not belong to this visit, or was changed."), "other-report")


@visit.command("hand-over", help=_("Write a copy without phones, identity numbers and the citizens' annex."))
@_file
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def hand_over(file: Path, target: Path) -> None:
    from inspection_app.services import check, redact
    from inspection_app.store.file import VisitFile

    check.verify(file)
    removed = redact.hand_over(VisitFile(file), redact.secretary_of(file), target, datetime.now().astimezone())
    check.verify(target)
    _tell_removed(removed)
    click.echo(_("Written and verified: {path}", path=target))


@visit.command("redact", help=_(
    "Remove the personal data of a sealed visit from its file, for good. Notes on items stay: they are the reason for "
    "the marks, and the log pins both together. Findings, observations, signed and issued documents stay as well."
))  # fmt: skip
@_file
@click.option("--photos", is_flag=True, help=_(
    "Also remove the photos and files that were attached as evidence, and their captions; their digests stay."
))  # fmt: skip
@click.option("--yes", is_flag=True, help=_("Do not ask."))
def redact_visit(file: Path, photos: bool, yes: bool) -> None:
    from inspection_app.services import check, keep, redact
    from inspection_app.store.file import VisitFile

    check.verify(file)  # what was tampered with must not be explained by a removal afterwards
    if not yes and photos:
        click.confirm(_("No photo or file of evidence can ever be shown again. Remove them, too?"), abort=True)
    if not yes:
        click.confirm(_("Who was on the roster, attended or spoke can never be told again. Remove it?"), abort=True)
    visit_file = VisitFile(file)
    removed = redact.redact(visit_file, redact.secretary_of(file), datetime.now().astimezone(), photos=photos)
    check.verify(file)
    _tell_removed(removed)
    click.echo(_("Removed; scores, draws and the seal still verify."))
    for copy in keep.taken(visit_file):
        click.echo(_("This snapshot still holds it, delete it: {path}", path=copy.path))
    click.echo(_("Copies elsewhere (sticks, archives, printed lists) still hold it."))


def _tell_removed(removed: Mapping[str, int]) -> None:
    for what, count in removed.items():
        click.echo(f"− {what}: {count}")
