"""The command ``inspection-app``: serve, demo, bundle, rubric, draw, visit, archive.

Exit codes: 0 done, 1 a fault, 2 wrong usage, 3 tampering. What is printed for programs is JSON; everything else is in
the reader's language (``INSPECTION_LANG=en`` for English).
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspection_app import __version__, language
from inspection_app.core.visit import ROLE_NAMES, Role, Stage
from inspection_app.errors import N_, InspectionError
from inspection_app.language import _
from inspection_app.places import visits_folder

if TYPE_CHECKING:
    from inspection_app.sample import Sample

LANGUAGE_VARIABLE = "INSPECTION_LANG"
language.use(os.environ.get(LANGUAGE_VARIABLE))

# the help of the commands below is said while they are imported, in the language chosen above
from inspection_app.cli_archive import archive  # noqa: E402
from inspection_app.cli_bundle import make_bundle  # noqa: E402
from inspection_app.cli_draw import draw  # noqa: E402
from inspection_app.cli_keep import open_foreign, restore, snapshot  # noqa: E402
from inspection_app.cli_rubric import rubric  # noqa: E402
from inspection_app.cli_visit import visit  # noqa: E402


class _Commands(click.Group):
    """A group that says expected faults in words and ends with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InspectionError as error:
            click.echo(error.text(_), err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:  # whoever read the lines has read enough, and click ends quietly
            raise
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
@click.option("--backup", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("A second place for snapshots, such as a USB stick."))  # fmt: skip
@click.option("--locked", is_flag=True, help=_("Encrypt the copies in the second place."))
@click.option("--https", "secure", is_flag=True,
              help=_("Serve over https, with a certificate that each tablet installs once."))  # fmt: skip
def serve(
    folder: Path | None, port: int | None, browser: bool, backup: Path | None, locked: bool, secure: bool
) -> None:
    from inspection_app import server

    server.run(
        folder or visits_folder(), port, open_browser=browser, announce=click.echo, backup=backup, locked=locked,
        secure=secure,
    )  # fmt: skip


@main.command(help=_("Build a complete sample visit and open it."))
@click.option("--stage", type=click.Choice([str(stage) for stage in Stage]), default=str(Stage.SEALED),
              help=_("How far the sample visit has got."))  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("Where to build it; a folder of its own otherwise."))  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help=_("Write the report here (PDF)."))  # fmt: skip
@click.option("--serve/--no-serve", "serving", default=True, help=_("Open it in the browser."))
@_port
@_browser
def demo(stage: str, folder: Path | None, report: Path | None, serving: bool, port: int | None, browser: bool) -> None:
    if report and not report.parent.is_dir():
        raise _not_written(report, os.strerror(errno.ENOENT))
    click.echo(_("Building the sample visit …"), err=True)
    where = folder or Path(tempfile.mkdtemp(prefix="inspection-app-demo-"))
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
            raise _not_written(report, error.strerror or "?") from None
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


def _not_written(path: Path, reason: str) -> InspectionError:
    return InspectionError(
        N_("The report could not be written to {path} ({reason}). Name another place."),
        "not-written", path=str(path), reason=reason,
    )  # fmt: skip


def _build(folder: Path, stage: Stage) -> Sample:
    from inspection_app.sample import build_sample

    return build_sample(folder, stage)


main.add_command(make_bundle)
main.add_command(archive)
main.add_command(rubric)
main.add_command(draw)
main.add_command(visit)
for command in (snapshot, restore, open_foreign):
    visit.add_command(command)
