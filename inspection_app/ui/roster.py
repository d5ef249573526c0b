"""A part of the page Prepare, the roster: a file comes in, its columns are confirmed, what was changed is shown, what
only a person can judge is decided, and then it is taken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from inspection_app.core.cleaning import (
    FIELDS,
    TITLE_ROWS,
    Cleaned,
    Columns,
    Decision,
    Finding,
    Severity,
    guess_columns,
    titles_of,
)
from inspection_app.core.lookalikes import visible
from inspection_app.core.visit import Act
from inspection_app.errors import Message
from inspection_app.files import RosterTable, read_roster_tables
from inspection_app.language import _
from inspection_app.services import enlist
from inspection_app.services.prepare import Preparation, preparation
from inspection_app.store.roster import KEPT, LEFT_OUT, KeptChange
from inspection_app.ui import session, widgets

_SHOWN = 50
"""Rows of a table on the page; the rest is counted."""
_TAPPED = 12
"""Of so many rows each is a button; more are chosen from a list."""


def roster(here: session.Here) -> None:
    """Show the roster, and the way in for another one where there may be one."""
    found = preparation(here.file)
    _on_record(here, found)
    if found.roster_locked:
        st.info(_("The list is locked for the draw. It can be unlocked under Draws, with a reason."))
        return
    if not here.may(Act.LOAD_ROSTER):
        return
    taken = session.remembered("rosters-taken", 0)  # a new number empties the field
    field = here.key("roster-file", taken)
    uploaded = st.file_uploader(_("Roster (XLSX or CSV)"), type=["xlsx", "csv", "txt"], key=field)
    if uploaded is None:
        return
    content = uploaded.getvalue()
    key = here.key("roster", hashlib.sha256(content).hexdigest()[:12])
    with st.spinner(_("Reading the roster …")):
        tables = session.attempt(read_roster_tables, content)
    if tables is None:
        widgets.messages()
        return
    table = _sheet(tables, key)
    columns = _columns(table, f"{key}{table.sheet}")
    decided = here.key("roster-settled")
    decisions: tuple[Decision, ...] | None = session.remembered(f"{key}decisions")
    if decisions is None:  # a file not seen before: what was decided on the same people in another one holds here too
        decisions = enlist.look_at_roster(here.file, table, columns).carried(session.remembered(decided, ()))
        session.remember(f"{key}decisions", decisions)
    cleaned = enlist.look_at_roster(here.file, table, columns, decisions)
    _told(cleaned)
    _decide(cleaned, decisions, key, decided)
    _details(cleaned)
    label = _("Take this roster: {count} people", count=len(cleaned.citizens))
    if not cleaned.ready:
        st.caption(_("It can be taken when nothing is left to mend in the file or to decide."))
    if st.button(label, type="primary", disabled=not cleaned.ready, key="take-roster"):
        count = session.attempt(
            enlist.take_roster, here.file, here.actor, table, columns, decisions, session.now()
        )
        if count:
            session.say("success", _("{count} people are on the roster.", count=count))
            session.remember("rosters-taken", taken + 1)
        st.rerun()


def _on_record(here: session.Here, found: Preparation) -> None:
    categories = here.rubric.scheme.citizen_categories
    if not found.roster:
        widgets.empty(
            _("No roster yet"),
            _("Upload the list as it comes, XLSX or CSV. It needs a name and a category for everybody; gender, birth, "
              "phone, ID number, household and township may follow. The categories are: {categories}.",
              categories="、".join(categories)),
        )  # fmt: skip
        return
    counts = {c: sum(citizen.category == c for citizen in found.roster) for c in categories}
    widgets.table([_("Category"), _("People")], [[c, n] for c, n in counts.items()], numbers=[1])
    changes = enlist.roster_changes(here.file)
    if changes:
        with st.expander(_("What was changed when it was taken in: {count}", count=len(changes))):
            _change_table(changes)


def _sheet(tables: Sequence[RosterTable], key: str) -> RosterTable:
    """Let a sheet be chosen where there are several; the one with most titles comes first."""
    ranked = sorted(tables, key=lambda table: -len(guess_columns(table.rows).fields))
    if len(ranked) == 1:
        return ranked[0]
    names = [table.sheet for table in ranked]
    return ranked[names.index(st.selectbox(_("Sheet"), names, key=f"{key}sheet"))]


def _columns(table: RosterTable, key: str) -> Columns:
    """Show which column was taken for what, and let it be changed."""
    guess = guess_columns(table.rows)
    with st.expander(_("Which column is what"), expanded=bool(guess.missing)):
        st.caption(_("This was guessed from the titles. Correct it where it is wrong."))
        last = min(len(table.rows), TITLE_ROWS)
        titles = st.number_input(_("Row of the titles (0: none)"), 0, last, guess.titles, key=f"{key}titles")
        if titles != guess.titles:
            guess = Columns(titles, guess.fields)
        names = titles_of(table.rows, guess)
        options = [-1, *range(len(names))]
        fields = {}
        places = st.columns(2)
        for at, (one, title) in enumerate(FIELDS.items()):
            chosen = places[at % 2].selectbox(
                _(title), options, options.index(guess.fields.get(one, -1)),
                format_func=lambda number: names[number] if number >= 0 else _("not in the file"),
                key=f"{key}column-{titles}-{one}",
            )  # fmt: skip
            if chosen >= 0:
                fields[one] = chosen
        free = [number for number in range(len(names)) if number not in fields.values()]
        others = st.multiselect(
            _("Further columns to keep, for quotas"), free, format_func=lambda number: names[number],
            key=f"{key}others-{titles}", placeholder="",
        )  # fmt: skip
        beginning = [row[: len(names)] for row in table.rows[titles : titles + 3]]
        widgets.table(names, [[*row, *[""] * (len(names) - len(row))] for row in beginning])
    return Columns(titles, fields, {names[number]: number for number in others})


def _told(cleaned: Cleaned) -> None:
    """Say in one line each what there is to mend, to decide, to look at."""
    stops, open_, notes = (cleaned.of(severity) for severity in Severity)
    lines = [
        ("refused", "✕", stops, _("{count} to mend in the file", count=len(stops))),
        ("waiting", "⚑", open_, _("{count} to decide", count=len(open_))),
        ("quiet", "·", notes, _("{count} to look at", count=len(notes))),
    ]
    st.html(" ".join(widgets.badge(kind, f"{sign} {text}") for kind, sign, some, text in lines if some)
            or widgets.badge("saved", "✓ " + _("Nothing to mend or to decide")))  # fmt: skip
    if stops:
        st.subheader(_("To mend in the file"))
        _finding_table(stops)


def _decide(cleaned: Cleaned, decisions: tuple[Decision, ...], key: str, decided: str) -> None:
    open_ = cleaned.of(Severity.DECIDE)
    if open_:
        st.subheader(_("To decide"))
    for finding in open_[:5]:
        rows = finding.rows
        with st.container(border=True), st.form(f"{key}decide-{rows}", border=False):
            st.write(widgets.literal(finding.fault.text(_)))
            widgets.table([_("Row"), _("Who")], [[row, _person(cleaned, row)] for row in rows[:_SHOWN]], numbers=[0])
            label = _("Rows that stay, one for each person")
            few = len(rows) <= _TAPPED
            keep = st.pills(label, rows, selection_mode="multi") if few else st.multiselect(label, rows)
            reason = st.text_input(_("Reason (it is kept)"))
            if st.form_submit_button(_("Decide")):
                if not keep or not reason.strip():
                    st.error(_("Choose, and give the reason."))
                else:
                    decision = Decision(rows, tuple(sorted(keep)), reason)
                    session.remember(f"{key}decisions", (*decisions, decision))
                    session.remember(decided, (*session.remembered(decided, ()), cleaned.settled(decision)))
                    st.rerun()
    if len(open_) > 5:
        st.caption(_("{count} more follow when these are decided.", count=len(open_) - 5))
    if cleaned.decisions:
        with st.expander(_("Decided: {count}", count=len(cleaned.decisions))):
            widgets.table(
                [_("Rows"), _("Rows that stay"), _("Reason")],
                [[*("、".join(map(str, rows)) for rows in (one.rows, one.keep)), one.reason]
                 for one in cleaned.decisions],
            )  # fmt: skip
            if st.button(_("Decide anew"), key=f"{key}anew"):
                session.remember(f"{key}decisions", ())
                st.rerun()


def _person(cleaned: Cleaned, row: int) -> str:
    one = cleaned.citizens[cleaned.rows.index(row)]
    parts = (one.name, one.category, one.gender, one.birth, one.phone, one.id_number, one.household, one.township)
    return "　".join(filter(None, parts))


def _details(cleaned: Cleaned) -> None:
    notes = cleaned.of(Severity.NOTE)
    if notes:
        with st.expander(_("To look at: {count}", count=len(notes))):
            _finding_table(notes)
    changes = [KeptChange(one.row, one.field, one.before, one.after, one.why) for one in cleaned.changes]
    if changes:
        with st.expander(_("What is taken otherwise than it stands in the file: {count}", count=len(changes))):
            _change_table(changes)
    if cleaned.left_out:
        with st.expander(_("Rows that are left out: {count}", count=len(cleaned.left_out))):
            _change_table([KeptChange(one.row, LEFT_OUT, one.text, "", (one.why,)) for one in cleaned.left_out])
    st.caption(_("Of ID numbers only the last four characters and a salted digest are kept."))


def _finding_table(findings: Sequence[Finding]) -> None:
    widgets.table(
        [_("What is wrong, and what to do")], [[finding.fault.text(_)] for finding in findings[:_SHOWN]]
    )
    if len(findings) > _SHOWN:
        st.caption(_("{count} more", count=len(findings) - _SHOWN))


def _change_table(changes: Sequence[KeptChange]) -> None:
    widgets.table(
        [_("Row"), _("Column"), _("In the file"), _("Taken as"), _("Why")],
        [
            [
                one.row, _field(one.field), visible(one.before) or "—", _after(one),
                "；".join(_(Message(why)) if one.field != KEPT else why for why in one.why),
            ]
            for one in changes[:_SHOWN]
        ],
        numbers=[0],
    )  # fmt: skip
    if len(changes) > _SHOWN:
        st.caption(_("{count} more", count=len(changes) - _SHOWN))


def _field(one: str) -> str:
    return {LEFT_OUT: _("left out"), KEPT: _("kept beside")}.get(one) or _(FIELDS.get(one, Message(one)))


def _after(one: KeptChange) -> str:
    if one.field == KEPT:
        return _("kept beside row {row}", row=one.after)
    return one.after or "—"
