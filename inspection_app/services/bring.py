"""Bringing in what the applicant handed in: facts of the form, the self-check with page references, desk marks; and
removing again for good what is personal in it.

A spreadsheet is shown before it counts (``preview_…``, which changes nothing) and then taken whole or not at all
(``bring_…``, which reads it again).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from inspection_app import files
from inspection_app.core.application import (
    SELF_CHECK_SOURCE,
    Application,
    Change,
    DeskMark,
    Fact,
    SelfCheck,
    SelfCheckTable,
    changes,
    check_fact,
    self_check_figures,
    self_check_table,
)
from inspection_app.core.rubric import FormField, Rubric
from inspection_app.core.scoring import check_range
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, NotFound, ScoreError
from inspection_app.services.act import act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import application as store
from inspection_app.store import seals, sheets
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure


@dataclass(frozen=True)
class SelfCheckPreview:
    """What a self-check would change, item by item, with its sums and the figures it offers (old and new by key).

    ``base`` names the state it was compared with: handed back on bringing, it shows that nobody was in between.
    """

    table: SelfCheckTable
    rows: tuple[Change[SelfCheck], ...]
    figures: dict[str, tuple[str, Decimal]]
    base: str


@dataclass(frozen=True)
class DeskMarksPreview:
    """What a spreadsheet of desk marks would change, item by item."""

    marks: tuple[DeskMark, ...]
    rows: tuple[Change[tuple[DeskMark, ...]], ...]
    base: str


def application(file: VisitFile) -> Application:
    """Return everything that was handed in."""
    with file.reading() as db:
        return Application(store.facts(db), store.self_check(db), store.desk_marks(db))


def enter_fact(file: VisitFile, actor: Actor, key: str, value: str, *, base: int, now: datetime) -> Fact:
    """Enter one field of the application form; nothing is overwritten, the latest entry counts.

    Args:
        key: the field's id.
        value: what is entered; empty takes it back.
        base: the revision this was made from, 0 for none.
        now: the time, with its offset.

    Returns:
        The fact as it stands. Entering what is already there changes nothing.

    Raises:
        NotFound: the rubric's form has no such field.
        ScoreError: a value the field cannot have, or somebody entered another in between (``changed-elsewhere``,
            with both values).
    """
    with act(file, actor, Act.ENTER_FACT, now) as tx:
        asked = next((one for one in rubric_of(tx.db).scheme.form if one.id == key), None)
        if asked is None:
            raise NotFound(N_("The application form has no field “{key}”."), "no-fact", key=key)
        kept = check_fact(asked, value)
        latest = store.facts(tx.db).get(key)
        if kept == (latest.value if latest else ""):
            tx.record(key=key, same=True)
            return latest or Fact(key, "", 0, now, actor.member_id)
        if base != (latest.revision if latest else 0):
            raise ScoreError(
                N_("{title} was changed on another screen in the meantime: it says “{theirs}” there and “{yours}” "
                   "here. Choose one."),
                "changed-elsewhere", title=asked.title, theirs=latest.value if latest else "", yours=kept,
            )  # fmt: skip
        store.add_fact(tx.db, key, kept, now, actor.member_id)
        # the salt lies in the same file: a telephone number could be found by trying all of them against its digest
        tx.record(key=key, **({"personal": True} if asked.personal else {"value": tx.digest(kept)}))
        return store.facts(tx.db)[key]


def personal_facts(file: VisitFile) -> tuple[FormField, ...]:
    """Return the form's personal fields of which a value is kept, be it an earlier one (``remove_personal_facts``)."""
    with file.reading() as db:
        kept = store.kept_facts(db)
        return tuple(asked for asked in rubric_of(db).scheme.form if asked.personal and asked.id in kept)


def remove_personal_facts(file: VisitFile, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Remove for good what was ever entered in the form's personal fields, earlier revisions too.

    It can be done at any stage, after the end too, and cannot be undone. That something was entered, when and by
    whom stays on record, and so does the log, which never held a personal value.

    Returns:
        The fields' ids in the form's order; empty where nothing personal was left.
    """
    with act(file, actor, Act.REMOVE_PERSONAL, now) as tx:
        personal = [asked.id for asked in rubric_of(tx.db).scheme.form if asked.personal]
        removed = {key: count for key in personal if (count := store.remove_values(tx.db, key, now))}
        seals.forget_removed(tx.db)
        tx.record(removed=removed)
    return tuple(removed)


def preview_self_check(file: VisitFile, content: bytes) -> SelfCheckPreview:
    """Return what a self-check would change; nothing is changed.

    Raises:
        ScoreError: with every fault of the file, each with its cell.
    """
    with file.reading() as db:
        rubric, before, agreed = rubric_of(db), store.self_check(db), sheets.figures(db)
    table = files.parse_self_check(content, rubric)
    rows = changes([item.no for item in rubric.items], before, {row.item: row for row in table.rows})
    figures = {
        key: (agreed[key].value if key in agreed else "", number)
        for key, number in self_check_figures(rubric, table).items()
    }
    return SelfCheckPreview(table, rows, figures, _state(before.values()))


def bring_self_check(
    file: VisitFile,
    actor: Actor,
    content: bytes,
    now: datetime,
    *,
    base: str | None = None,
    enter_figures: bool = False,
) -> SelfCheckTable:
    """Take a self-check in place of an earlier one: points and page references of all items at once.

    Args:
        content: an XLSX file.
        base: the state the preview compared with, where one was shown.
        enter_figures: also enter the sums as the figures that the rubric derives from the self-check.

    Raises:
        ScoreError: with every fault of the file; somebody brought another in between (``changed-elsewhere``); or
            figures are asked for while items are without points.
    """
    with file.reading() as db:
        rubric = rubric_of(db)
    table = files.parse_self_check(content, rubric)
    with act(file, actor, Act.BRING_SELF_CHECK, now) as tx:
        _refuse_other(_state(store.self_check(tx.db).values()), base)
        figures = _figures(rubric, table) if enter_figures else {}
        store.set_self_check(tx.db, table.rows)
        for key, number in figures.items():
            sheets.add_figure(tx.db, AgreedFigure(key, number, source=SELF_CHECK_SOURCE), now, actor.member_id)
        tx.record(items=len(table.rows), self_check=tx.digest(_state(table.rows)), figures=figures)
    return table


def _figures(rubric: Rubric, table: SelfCheckTable) -> dict[str, str]:
    if table.missing:
        raise ScoreError(
            N_("These items are without self-check points, so the sums are not complete: {items}. Complete the table, "
               "or take it without entering the sums."),
            "incomplete-self-check", items=", ".join(table.missing),
        )  # fmt: skip
    figures = self_check_figures(rubric, table)
    for key, number in figures.items():
        check_range(rubric.figures[key], number)
    return {key: f"{number:f}" for key, number in figures.items()}


def preview_desk_marks(file: VisitFile, content: bytes) -> DeskMarksPreview:
    """Return what a spreadsheet of desk marks would change; nothing is changed.

    Raises:
        ScoreError: with every fault of the file, each with its cell.
    """
    with file.reading() as db:
        rubric, before = rubric_of(db), store.desk_marks(db)
    marks = files.parse_desk_marks(content, rubric)
    after: dict[str, tuple[DeskMark, ...]] = {}
    for mark in marks:
        after[mark.item] = (*after.get(mark.item, ()), mark)
    rows = changes([item.no for item in rubric.items], before, after)
    return DeskMarksPreview(marks, rows, _state(mark for kept in before.values() for mark in kept))


def bring_desk_marks(
    file: VisitFile, actor: Actor, content: bytes, now: datetime, *, base: str | None = None
) -> tuple[DeskMark, ...]:
    """Take the marks given from the documents before the visit, in place of earlier ones.

    Raises:
        ScoreError: with every fault of the file; or somebody brought others in between (``changed-elsewhere``).
    """
    with file.reading() as db:
        rubric = rubric_of(db)
    marks = files.parse_desk_marks(content, rubric)
    with act(file, actor, Act.BRING_SELF_CHECK, now) as tx:
        before = store.desk_marks(tx.db)
        _refuse_other(_state(mark for kept in before.values() for mark in kept), base)
        store.set_desk_marks(tx.db, marks)
        tx.record(marks=len(marks), desk_marks=tx.digest(_state(marks)))
    return marks


def _state(rows: Iterable[SelfCheck | DeskMark]) -> str:
    """Return one text for a state of the table, whatever the order of its rows."""
    return "\n".join(sorted(map(repr, rows)))


def _refuse_other(found: str, base: str | None) -> None:
    if base is not None and found != base:
        raise ScoreError(
            N_("Somebody else has brought a table in the meantime. Look at the changes again, and then confirm."),
            "changed-elsewhere",
        )


def self_check_of(file: VisitFile) -> SelfCheckTable:
    """Return the self-check as it stands with its sums."""
    with file.reading() as db:
        return self_check_table(rubric_of(db), store.self_check(db).values())
