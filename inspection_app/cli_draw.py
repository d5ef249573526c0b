"""The commands ``inspection-app draw …``: lock a list and draw from it without a visit, check a draw, open an annex.

    draw sites|citizens LIST.csv --draw 3 --to FOLDER           locks: list.txt, the encrypted annex, the code
    draw sites|citizens FOLDER/list.txt --card … --public …     draws from it: certificate.json, verify.py, the page

So the list is fixed before anybody writes a digit. No file is ever replaced: a draw cannot be repeated until it
pleases without leaving the earlier one behind. The protocol is ``core.draw``'s, and nothing is drawn here that
could not be drawn in the app.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from inspection_app.core.annex import Annex, annex_of
from inspection_app.core.certificate import canonical_json, certify
from inspection_app.core.cleaning import clean, guess_columns
from inspection_app.core.draw import (
    DIGITS_BY,
    KINDS,
    NONCE_BYTES,
    PARTIES,
    PUBLIC_DIGITS,
    Band,
    Contribution,
    Entry,
    Head,
    LockedList,
    Quota,
    lock_list,
    parse_list,
)
from inspection_app.core.draw import (
    draw as draw_from,
)
from inspection_app.core.papers.certificate_page import certificate_page
from inspection_app.core.roster import Citizen, Site, check_sites
from inspection_app.errors import N_, DrawError, NotFound, RosterError
from inspection_app.files import read_roster_tables
from inspection_app.files.encrypted import new_passphrase
from inspection_app.language import _

LOCKED, ANNEX, PAGE = "list.txt", "annex.encrypted.json", "certificate.pdf"
SITE_TITLES = {
    "name": ("名称", "备选考察点", "考察点", "考察点名称", "单位名称", "name", "site"),
    "address": ("地址", "地点", "address"),
    "feature": ("特色", "简介", "说明", "feature"),
}
"""The column titles of a list of sites that are understood; without titles the first column holds the names."""
_SITE_STRATUM = "备选考察点"
QUOTA, BAND = "群众代表=4", "*:性别=女:3-5"  # examples
_MOST_LIST = 8_000_000


@click.group(help=_("Lock lists, draw from them, check draws."))
def draw() -> None:
    pass


def _common(command: Callable[..., None]) -> Callable[..., None]:
    folder = click.Path(path_type=Path, file_okay=False)
    for option in reversed((
        click.argument("source", metavar="LIST", type=click.Path(path_type=Path, exists=True, dir_okay=False)),
        click.option("--to", "folder", type=folder, default=None, help=_("The folder to write to; else LIST's own.")),
        click.option("--visit", default=None, help=_("What tells this visit from every other; else 16 random digits.")),
        click.option("--reserves", type=click.IntRange(0), default=None,
                     help=_("How many reserves are named (of each category); else all others.")),
        click.option("--place", default="", help=_("Where the ceremony is held.")),
        click.option("--time", "at", default=None, metavar="ISO", help=_("When, with offset; else now.")),
        click.option("--card", "cards", multiple=True, metavar="PARTY:NAME:DIGITS",
                     help=_("A card; the party is applicant, chair or neither. Each must have one.")),
        click.option("--public", default="", metavar="DIGITS", help=_("The digits drawn in public.")),
        click.option("--digits-by", type=click.Choice([*DIGITS_BY]), default=None,
                     help=_("How they were drawn: numbered balls or slips, or ten-sided dice; else it is not told.")),
        click.option("--voided", multiple=True, metavar="REASON",
                     help=_("Why an earlier ceremony is void; once for each, in order.")),
        click.option("--applicant", default="", help=_("Who is visited, for the printed page.")),
    )):  # fmt: skip
        command = option(command)
    return command


_count = click.option("--draw", "count", type=click.IntRange(1), default=None, help=_("How many sites are drawn."))
_quota = click.option("--quota", "quotas", multiple=True, metavar="CATEGORY=NUMBER",
                      help=_("How many of a category are drawn; once for each."))  # fmt: skip
_band = click.option("--band", "bands", multiple=True, metavar="CATEGORY:COLUMN=VALUE:LEAST-MOST",
                     help=_("A further quota; * for all categories. Example: {example}", example=BAND))  # fmt: skip


@draw.command(help=_("Lock a list of sites (CSV, XLSX), or draw from a locked one."))
@_common
@_count
def sites(count: int | None, **asked: Any) -> None:
    _hold("sites", asked, rehearsal=False, count=count)


@draw.command(help=_("Lock a roster of citizens (CSV, XLSX), or draw from a locked one."))
@_common
@_quota
@_band
def citizens(quotas: tuple[str, ...], bands: tuple[str, ...], **asked: Any) -> None:
    _hold("citizens", asked, rehearsal=False, quotas=quotas, bands=bands)


@draw.command(help=_("Lock and draw in one go, as a rehearsal; cards and digits that are not given are made up."))
@click.argument("kind", type=click.Choice(KINDS))
@_common
@_count
@_quota
@_band
def rehearse(kind: str, count: int | None, quotas: tuple[str, ...], bands: tuple[str, ...], **asked: Any) -> None:
    asked["cards"] = asked["cards"] or tuple(f"{party}:REHEARSAL:{_digits(8)}" for party in PARTIES)
    asked["public"] = asked["public"] or _digits(max(20, PUBLIC_DIGITS))
    asked["place"] = asked["place"] or "REHEARSAL"
    _hold(kind, asked, rehearsal=True, count=count, quotas=quotas, bands=bands)


@draw.command(help=_("Recompute a draw from its certificate."), context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, metavar="CERT.json [--slip CODE]", type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Run the very file that is handed to strangers."""
    from importlib import resources

    program = str(resources.files("inspection_app") / "verify.py")
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


@draw.command(help=_("Open an encrypted annex: who stands behind each number, and with which nonce."))
@click.argument("path", metavar="ANNEX", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
              help=_("Hold it against this certificate."))  # fmt: skip
@click.option("--row", type=click.IntRange(1), default=None, help=_("One number only: that person's own proof."))
@click.option("--passphrase", prompt=_("Passphrase"), hide_input=True, envvar="INSPECTION_PASSPHRASE",
              help=_("Else it is asked for."))  # fmt: skip
def annex(path: Path, certificate: Path | None, row: int | None, passphrase: str) -> None:
    from inspection_app.services.export_draw import open_annex
    from inspection_app.verify import read

    held = None
    if certificate:
        from inspection_app.core.certificate import verify_certificate

        verify_certificate(certificate).require()
        held = read(certificate)
    opened = open_annex(path.read_bytes(), passphrase, held)
    for one in opened.rows if row is None else (opened.proof(row).row,):
        click.echo(f"{one.number}\t{one.nonce}\t{one.identity}")
    if held:
        click.echo(_("Every number is who was locked."), err=True)


def _hold(
    kind: str, asked: Mapping[str, Any], *, rehearsal: bool, count: int | None = None, quotas: Sequence[str] = (),
    bands: Sequence[str] = (),
) -> None:  # fmt: skip
    source: Path = asked["source"]
    folder: Path = asked["folder"] or source.parent
    drawing = bool(asked["cards"] or asked["public"])
    with source.open("rb") as file:
        content = file.read(_MOST_LIST + 1)
    sealed: Annex | None = None
    if content.startswith(b"inspection-app list 1\n"):
        locked = _locked(content, kind)
        if not drawing:
            raise click.UsageError(_("The list is locked already. Give --card three times, and --public."))
    else:
        locked = _lock(kind, content, asked, count, quotas, bands)
        sealed = annex_of(locked)
    head = _head(locked, asked, rehearsal) if drawing else None
    result = draw_from(locked, head) if head else None  # whatever is wrong is said before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    if sealed:
        _keep_locked(folder, locked, sealed)
    click.echo(f"{_('Code to read out')}: {locked.short_code}")
    click.echo(f"SHA-256: {locked.digest}")
    if result is None or head is None:
        return
    from inspection_app.services.export_draw import CERTIFICATE, VERIFIER, verifier, verifier_digest

    certificate = certify(
        result, voided=list(enumerate(asked["voided"], 1)), verifier_digest=verifier_digest(),
        annex_digest=sealed.digest if sealed else _kept_digest(source),
        signatures=[(card.party, card.name) for card in head.contributions], digits_by=asked["digits_by"] or "",
    )  # fmt: skip
    names = {row.number: row.identity.split("|")[1].partition("=")[2] for row in sealed.rows} if sealed else {}
    _write(folder / CERTIFICATE, canonical_json(certificate).encode())
    if not (folder / VERIFIER).exists():
        _write(folder / VERIFIER, verifier())
    _write(folder / PAGE, _page(certificate, asked["applicant"], names))
    if rehearsal:
        click.echo("REHEARSAL")
    for stratum, numbers in result.selected.items():
        click.echo(f"{stratum}: {', '.join(f'{number} {names.get(number, str())}'.strip() for number in numbers)}")
    click.echo(_("Written to {path}. Anybody can check it: python3 -I verify.py certificate.json", path=folder))


def _lock(
    kind: str, content: bytes, asked: Mapping[str, Any], count: int | None, quotas: Sequence[str], bands: Sequence[str]
) -> LockedList:
    visit = asked["visit"] or os.urandom(8).hex()
    reserves = asked["reserves"]
    if kind == "sites":
        if count is None:
            raise click.UsageError(_("Say how many sites are drawn: --draw 3"))
        entries = [Entry(site.identity, _SITE_STRATUM) for site in _sites(content)]
        wanted, further = [Quota(_SITE_STRATUM, count, reserves)], []
    else:
        if not quotas:
            raise click.UsageError(_("Say how many of each category are drawn: --quota {example}", example=QUOTA))
        wanted = [Quota(category, number, reserves) for category, number in map(_quota_of, quotas)]
        further = [_band_of(band) for band in bands]
        named = {band.attribute for band in further}
        entries = [
            Entry(one.identity, one.category, {name: value for name, value in one.attributes(_today(asked)).items()
                                               if name in named})
            for one in _citizens(content, [quota.stratum for quota in wanted])
        ]  # fmt: skip
    nonces = [os.urandom(NONCE_BYTES) for _entry in entries]
    return lock_list(kind, visit, entries, nonces, wanted, bands=further)


def _sites(content: bytes) -> list[Site]:
    rows = [row for row in read_roster_tables(content)[0].rows if any(row)]
    titles: dict[str, int] = {}
    for place, row in enumerate(rows[:10]):
        titles = {
            field: next(at for at, cell in enumerate(row) if cell in known)
            for field, known in SITE_TITLES.items() if any(cell in known for cell in row)
        }  # fmt: skip
        if "name" in titles:
            rows = rows[place + 1 :]
            break
    else:
        titles = {"name": 0}

    def cell(row: tuple[str, ...], field: str) -> str:
        at = titles.get(field, len(row))
        return row[at] if at < len(row) else ""

    found = [Site(*(cell(row, field) for field in SITE_TITLES)) for row in rows]
    check_sites(found, len(found))
    return found


def _citizens(content: bytes, categories: Sequence[str]) -> tuple[Citizen, ...]:
    tables = read_roster_tables(content)
    table, columns = max(
        ((table, guess_columns(table.rows)) for table in tables), key=lambda pair: len(pair[1].fields)
    )
    titles = table.rows[columns.titles - 1] if columns.titles else ()
    taken = set(columns.fields.values())
    others = {title: at for at, title in enumerate(titles) if title and at not in taken}
    cleaned = clean(table.rows, replace(columns, others=others), categories, merged=table.merged)
    cleaned.require()
    for change in cleaned.changes:
        why = ", ".join(_(one) for one in change.why)
        click.echo(_("Row {row}: “{before}” is taken as “{after}” ({why}).", row=change.row, before=change.before,
                     after=change.after, why=why), err=True)  # fmt: skip
    for one in cleaned.left_out:
        click.echo(_("Row {row} is left out: {why}", row=one.row, why=_(one.why)), err=True)
    if not cleaned.citizens:
        raise RosterError(N_("Nobody is on it."), "empty")
    return cleaned.citizens


def _locked(content: bytes, kind: str) -> LockedList:
    try:
        locked = parse_list(content.decode())
    except UnicodeDecodeError:
        raise DrawError(N_("This is not the text of a locked list (inspection-app list 1)."), "list-text") from None
    if locked.kind != kind:
        raise DrawError(N_("This list is one of {kind}; use that command."), "kind", kind=locked.kind)
    return locked


def _head(locked: LockedList, asked: Mapping[str, Any], rehearsal: bool) -> Head:
    cards = []
    for card in asked["cards"]:
        party, _colon, rest = card.partition(":")
        name, _colon, digits = rest.rpartition(":")
        cards.append(Contribution(party, name, digits))
    return Head(
        len(asked["voided"]) + 1, locked.visit_id, locked.kind, asked["place"], _time(asked), locked.digest,
        tuple(cards), asked["public"], rehearsal=rehearsal,
    )  # fmt: skip


def _time(asked: Mapping[str, Any]) -> datetime:
    if not asked["at"]:
        return datetime.now().astimezone().replace(microsecond=0)
    try:
        at = datetime.fromisoformat(asked["at"])
    except ValueError:
        raise click.UsageError(_("--time is like 2026-05-12T10:30:00+08:00")) from None
    return at if at.tzinfo else at.astimezone()


def _today(asked: Mapping[str, Any]) -> Any:
    return _time(asked).date()


def _quota_of(text: str) -> tuple[str, int]:
    category, _equals, number = text.rpartition("=")
    if not category or not number.isascii() or not number.isdigit():
        raise click.UsageError(_("--quota is like {example}, not {text}", example=QUOTA, text=text))
    return category, int(number)


def _band_of(text: str) -> Band:
    try:
        stratum, pair, bounds = text.split(":")
        attribute, value = pair.split("=", 1)
        least, most = bounds.split("-")
        return Band(stratum, attribute, value, int(least), int(most))
    except ValueError:
        raise click.UsageError(_("--band is like {example}, not {text}", example=BAND, text=text)) from None


def _digits(count: int) -> str:
    return f"{int.from_bytes(os.urandom(count), 'big') % 10**count:0{count}d}"


def _keep_locked(folder: Path, locked: LockedList, sealed: Annex) -> None:
    from inspection_app.services.export_draw import encrypted_annex

    passphrase = new_passphrase(os.urandom)
    _write(folder / LOCKED, locked.text.encode())
    _write(folder / ANNEX, encrypted_annex(sealed, passphrase, os.urandom))
    _write(folder / f"{ANNEX}.sha256", f"{sealed.digest}\n".encode())
    click.echo(_("Passphrase of the annex (names and nonces), shown this once: {passphrase}", passphrase=passphrase),
               err=True)  # fmt: skip


def _kept_digest(source: Path) -> str:
    """Return the digest of the annex that lies beside a locked list, empty when none does."""
    try:
        return (source.parent / f"{ANNEX}.sha256").read_text("ascii").strip()[:64]
    except (OSError, UnicodeDecodeError):
        return ""


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise NotFound(N_("{path} is there already; nothing was replaced. Name another folder with --to."), "exists",
                       path=str(path)) from None  # fmt: skip


def _page(certificate: Mapping[str, Any], applicant: str, names: Mapping[int, str]) -> bytes:
    from inspection_app.report.pdf import render_pdf

    at = datetime.fromisoformat(certificate["head"].split("\ntime ", 1)[1].split("\n", 1)[0])
    return render_pdf(certificate_page(certificate, applicant, names=names), at)
