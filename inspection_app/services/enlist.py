"""Taking in the citizens' roster: looking at a file, deciding what a person has to decide, keeping the result; and what
quotas can be set over it, with everybody's chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from inspection_app.core.cleaning import Cleaned, Columns, Decision, clean, guess_columns
from inspection_app.core.draw import Entry
from inspection_app.core.quotas import Band, Chances, Progress, Quota, chances, check_bands
from inspection_app.core.roster import Citizen
from inspection_app.core.visit import Act, Actor
from inspection_app.files import RosterTable, read_roster_tables
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import refuse_locked, rubric_of
from inspection_app.store import lists, roster, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.roster import KeptChange

AGES = (35, 60)
"""Where the age bands of a public list begin, unless somebody wants others."""


def look_at_roster(
    file: VisitFile, table: RosterTable, columns: Columns, decisions: Sequence[Decision] = ()
) -> Cleaned:
    """Return what would be taken of a table, and everything that has to be known, mended or decided first."""
    with file.reading() as db:
        categories = rubric_of(db).scheme.citizen_categories
    return clean(table.rows, columns, categories, decisions=decisions, merged=table.merged)


def take_roster(
    file: VisitFile, actor: Actor, table: RosterTable, columns: Columns, decisions: Sequence[Decision], now: datetime
) -> int:
    """Take a roster in, in place of an earlier one; return how many are on it.

    Raises:
        RosterError: with everything that still has to be mended or decided; the earlier roster stays.
        StageError: the list is locked.
    """
    with act(file, actor, Act.LOAD_ROSTER, now) as tx:
        return _take(tx, table, columns, decisions)


def load_roster(file: VisitFile, actor: Actor, content: bytes, now: datetime) -> int:
    """Take a roster from a file in which nothing has to be chosen or decided; return how many are on it.

    Args:
        content: XLSX or CSV; of several sheets the one in which most columns are known.

    Raises:
        RosterError: no readable table, or with everything that has to be mended or decided first.
        StageError: the list is locked.
    """
    tables = read_roster_tables(content)
    table, columns = max(
        ((table, guess_columns(table.rows)) for table in tables), key=lambda pair: len(pair[1].fields)
    )
    with act(file, actor, Act.LOAD_ROSTER, now) as tx:
        return _take(tx, table, columns, ())


def _take(tx: Transaction, table: RosterTable, columns: Columns, decisions: Sequence[Decision]) -> int:
    refuse_locked(tx, "citizens")
    cleaned = clean(
        table.rows, columns, rubric_of(tx.db).scheme.citizen_categories, decisions=decisions, digest=tx.digest,
        merged=table.merged,
    )  # fmt: skip
    cleaned.require()
    lists.set_roster(tx.db, cleaned.citizens)
    roster.set_changes(tx.db, cleaned)
    tx.record(
        count=len(cleaned.citizens), changes=len(cleaned.changes), left_out=len(cleaned.left_out),
        decisions=[[one.rows, one.keep, tx.digest(one.reason)] for one in cleaned.decisions],
        roster=tx.digest("\n".join(citizen.identity for citizen in cleaned.citizens)),
    )  # fmt: skip
    return len(cleaned.citizens)


def roster_changes(file: VisitFile) -> tuple[KeptChange, ...]:
    """Return what was changed, left out and decided when the roster was taken in."""
    with file.reading() as db:
        return roster.changes(db)


def values(file: VisitFile, ages: Sequence[int] = AGES) -> Mapping[str, Mapping[str, int]]:
    """Return what quotas can be set over: by attribute each value that occurs, with how many have it."""
    found: dict[str, dict[str, int]] = {}
    with file.reading() as db:
        people, on = lists.roster(db), visits.read(db).description.starts
    for citizen in people:
        for name, value in citizen.attributes(on, ages).items():
            found.setdefault(name, {})
            found[name][value] = found[name].get(value, 0) + 1
    return {name: dict(sorted(counts.items())) for name, counts in found.items() if len(counts) > 1}


def expected(
    file: VisitFile, quotas: Mapping[str, int], bands: Sequence[Band], *, ages: Sequence[int] = AGES,
    progress: Progress | None = None,
) -> Chances:  # fmt: skip
    """Return everybody's chance under quotas that are not locked yet.

    Args:
        quotas: how many of each category; categories without people do not count.
        bands: further quotas; none for the plain case.
        ages: where the age bands begin.
        progress: is called with the share that is done.

    Raises:
        DrawError: the quotas cannot be drawn (``core.quotas.check_bands`` says why), or hardly ever.
    """
    with file.reading() as db:
        entries = entries_of(lists.roster(db), bands, visits.read(db).description.starts, ages)
    people = [(entry.stratum, entry.attributes) for entry in entries if quotas.get(entry.stratum)]
    wanted = [Quota(category, k) for category, k in quotas.items() if any(row[0] == category for row in people)]
    check_bands(wanted, bands, people)
    return chances(wanted, bands, people, progress)


def entries_of(
    people: Iterable[Citizen], bands: Sequence[Band], on: date, ages: Sequence[int] = AGES
) -> list[Entry]:
    """Return citizens as ``core.draw.lock_list`` takes them: of their attributes, which the locked list makes public,
    those only that a quota speaks of."""
    named = {band.attribute for band in bands}
    return [
        Entry(citizen.identity, citizen.category,
              {name: value for name, value in citizen.attributes(on, ages).items() if name in named})
        for citizen in people
    ]  # fmt: skip
