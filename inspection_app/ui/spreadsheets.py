"""A part of the page Application: self-check and desk marks, each taken from a spreadsheet that is shown first."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from inspection_app.core.application import Application, DeskMark, SelfCheck
from inspection_app.core.visit import Act
from inspection_app.errors import InspectionError
from inspection_app.files import desk_mark_template, self_check_template
from inspection_app.language import _, labelled
from inspection_app.services import bring
from inspection_app.ui import session, widgets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROUND = "application-round"


def said(row: SelfCheck | None) -> tuple[str, str]:
    return (widgets.points(row.points) if row.points is not None else "—", row.page or "—") if row else ("—", "—")


def self_check(here: session.Here, handed_in: Application) -> None:
    """The applicant's own points and page references per item."""
    upload(here, _("Self-check (XLSX)"), "self-check", self_check_template, preview_self_check)
    if not handed_in.self_check:
        widgets.empty(_("No self-check yet"), _("The office takes it from the applicant's XLSX file."))
        return
    table = bring.self_check_of(here.file)
    rows = [[item.no, item.content, widgets.points(item.ceiling), *said(handed_in.self_check.get(item.no))]
            for item in here.rubric.items]  # fmt: skip
    total(table.base, table.bonus, table.missing)
    widgets.table([_("No."), _("Item"), _("Out of"), _("Self-check"), _("Pages")], rows, numbers=[2, 3])


def total(base: object, bonus: object, missing: tuple[str, ...]) -> None:
    st.write(_("Self-check without bonus {base}, bonus {bonus}.", base=f"**{base}**", bonus=f"**{bonus}**"))
    if missing:
        st.warning(_("Without points, and not counted as zero: {items}.", items=", ".join(missing)))


def preview_self_check(here: session.Here, content: bytes) -> None:
    preview = bring.preview_self_check(here.file, content)
    total(preview.table.base, preview.table.bonus, preview.table.missing)
    rows = [[row.item, *said(row.old), *said(row.new)] for row in preview.rows if row.changed]
    changed([_("Item"), _("Points before"), _("Pages before"), _("Points"), _("Pages")], rows, numbers=[1, 3])
    for figure, (old, new) in preview.figures.items():
        st.write(labelled(here.rubric.figures[figure].title, f"{old or '—'} → **{new}**"))
    if preview.figures:
        st.checkbox(_("Also enter these sums as agreed figures, with the self-check as their source"),
                    key="self-check-figures")  # fmt: skip

    def take() -> None:
        figures = bool(preview.figures) and bool(session.remembered("self-check-figures"))
        taken(session.attempt(
            bring.bring_self_check, here.file, here.actor, content, session.now(), base=preview.base,
            enter_figures=figures, done=_("The self-check is taken."),
        ))  # fmt: skip

    st.button(_("Take this self-check"), type="primary", on_click=take)


def marks(row: tuple[DeskMark, ...] | None) -> str:
    return "；".join(f"{mark.name} {widgets.points(mark.points)}" for mark in row or ()) or "—"


def desk_marks(here: session.Here, handed_in: Application) -> None:
    """Marks given from the documents before the visit."""
    upload(here, _("Desk marks (XLSX)"), "desk-marks", desk_mark_template, preview_desk_marks)
    given = [(item, mark) for item in here.rubric.items for mark in handed_in.desk_marks.get(item.no, ())]
    if not given:
        widgets.empty(_("No desk marks"), _("Points given from the documents before the visit can be brought along."))
        return
    rows = [[item.no, item.content, mark.name, widgets.points(mark.points), widgets.points(item.ceiling), mark.note]
            for item, mark in given]  # fmt: skip
    widgets.table([_("No."), _("Item"), _("Name"), _("Points"), _("Out of"), _("Note")], rows, numbers=[3, 4])


def preview_desk_marks(here: session.Here, content: bytes) -> None:
    preview = bring.preview_desk_marks(here.file, content)
    rows = [[row.item, marks(row.old), marks(row.new)] for row in preview.rows if row.changed]
    changed([_("Item"), _("Before"), _("Afterwards")], rows)

    def take() -> None:
        taken(session.attempt(
            bring.bring_desk_marks, here.file, here.actor, content, session.now(), base=preview.base,
            done=_("The desk marks are taken."),
        ))  # fmt: skip

    st.button(_("Take these desk marks"), type="primary", on_click=take)


def upload(
    here: session.Here,
    label: str,
    name: str,
    template: Callable[..., bytes],
    preview: Callable[[session.Here, bytes], None],
) -> None:
    """Take a spreadsheet, show its faults by cell or what it would change, and only then let it be confirmed."""
    if not here.may(Act.BRING_SELF_CHECK):
        return
    st.download_button(_("Empty form (XLSX)"), lambda: template(here.rubric), f"{here.rubric.id}-{name}.xlsx", XLSX,
                       on_click="ignore")  # fmt: skip
    uploaded = st.file_uploader(label, type=["xlsx"], key=f"{name}-{session.remembered(ROUND, 0)}")
    if uploaded is None:
        return
    with st.container(border=True):
        try:
            preview(here, uploaded.getvalue())
        except InspectionError as error:
            st.error(widgets.literal(error.text(_)).replace("\n", "  \n"))


def changed(columns: list[str], rows: list[list[str]], numbers: tuple[int, ...] | list[int] = ()) -> None:
    if rows:
        st.write(_("What would change (nothing is changed yet):"))
        widgets.table(columns, rows, numbers=numbers)
    else:
        st.info(_("The file says what is kept already."))


def taken(done: object) -> None:
    """Put the uploaded file away once it is taken."""
    if done is not None:
        session.remember(ROUND, session.remembered(ROUND, 0) + 1)
