"""The commands ``inspection-app visit …`` that keep a visit: snapshots, putting one back, a file from elsewhere.

    visit snapshot FILE --to FOLDER     keep a copy now, and one on a second disk
    visit restore FILE                  list the snapshots; with --from NAME put one back
    visit open-foreign FILE             check a visit's file from elsewhere and copy it among the visits

They may be used while the hub runs. What is decided and checked is in ``services.keep``.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from inspection_app.errors import N_, NotFound
from inspection_app.language import _
from inspection_app.places import visits_folder

_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command(help=_("Keep a copy of a visit as it stands now."))
@_file
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("A second place for snapshots, such as a USB stick."))  # fmt: skip
@click.option("--locked", is_flag=True, help=_("Encrypt the copies in the second place."))
def snapshot(file: Path, to: Path | None, locked: bool) -> None:
    from inspection_app import access
    from inspection_app.services import keep
    from inspection_app.store.file import VisitFile

    visit, now = VisitFile(file), datetime.now().astimezone()
    click.echo(str(keep.snapshot(visit, now).path))
    if to:
        passphrase = access.backup_passphrase(file.parent) if locked else ""
        copies = keep.second_copies(visit, to, now, keep.locking(passphrase, os.urandom) if locked else None)
        click.echo(_("Copies made in {folder}: {count}", folder=to / visit.slug, count=copies))
        if locked:
            click.echo(_("Passphrase of the snapshots in {path}, to be written down: {passphrase}",
                         path=to, passphrase=passphrase))  # fmt: skip


@click.command(help=_("Put a snapshot of a visit back; the present file is kept aside."))
@_file
@click.option("--from", "source", default="", metavar="SNAPSHOT",
              help=_("The snapshot's name as it is listed, or the path of a copy."))  # fmt: skip
@click.option("--yes", is_flag=True, help=_("Do not ask."))
def restore(file: Path, source: str, yes: bool) -> None:
    from inspection_app.services import keep
    from inspection_app.store.file import VisitFile

    visit = VisitFile(file)
    taken = keep.taken(visit)
    if not source:
        for one in taken:
            click.echo(f"{one.taken.astimezone():%Y-%m-%d %H:%M:%S}  {one.seq:>6}  {one.before:20}  {one.name}")
        click.echo(_("Snapshots: {count}. Put one back with --from NAME.", count=len(taken)))
        return
    path = next((one.path for one in taken if one.name == source), Path(source))
    if not path.is_file():
        raise NotFound(N_("There is no snapshot “{name}” of this visit."), "no-snapshot", name=source)
    passphrase = click.prompt(_("Passphrase"), hide_input=True) if path.name.endswith(".locked") else ""
    loss = keep.losses(visit, path, passphrase)
    if loss.fault:
        click.echo(_("The present file cannot be read whole: {fault}", fault=loss.fault.text(_)))
    else:
        click.echo(_("Acts after this snapshot that would be lost: {count}", count=len(loss.acts)))
        for act, count in loss.counts.items():
            click.echo(f"  {act}: {count}")
    if not yes:
        click.confirm(_("Put this snapshot back?"), abort=True)
    keep.restore(visit, None, path, datetime.now().astimezone(), passphrase)
    click.echo(_("The snapshot was put back. What it replaced is kept in {folder}.",
                 folder=file.parent / "snapshots" / visit.slug))  # fmt: skip


@click.command("open-foreign", help=_("Check a visit's file from elsewhere and copy it among the visits."))
@_file
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=_("Where the visits are kept."))  # fmt: skip
def open_foreign(file: Path, folder: Path | None) -> None:
    from inspection_app.services import keep

    click.echo(str(keep.open_foreign(file, folder or visits_folder()).path))
