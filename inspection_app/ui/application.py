"""The application: the form's facts, the self-check with page references, and desk marks, for everybody to read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import streamlit as st

from inspection_app.core.application import DeskMark, SelfCheck, threshold_warnings
from inspection_app.core.rubric import FormField
from inspection_app.core.visit import Act, Stage, permitted
from inspection_app.errors import InspectionError
from inspection_app.files import desk_mark_template, self_check_template
from inspection_app.language import _
from inspection_app.services import bring
from inspection_app.services.prepare import preparation
from inspection_app.ui import session, widgets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROUND, CONFLICT = "application-round", "conflict"
MOST_HINT = 20  # characters that still stand behind a field's title

here = session.signed_in()
found = preparation(here.file)
handed_in = bring.application(here.file)
rubric = found.rubric


def may(act: Act) -> bool:
    return permitted(act, here.member.role, found.visit.stage)


def key(asked: FormField, part: str = "value") -> str:
    return f"fact-{here.file.slug}-{asked.id}-{part}"


def form() -> None:
    """The form by its groups, each field saved by itself."""
    if not rubric.scheme.form:
        widgets.empty(_("No application form"), _("The official text of this rubric prescribes none."))
        return
    groups = {group: list(fields) for group, fields in groupby(rubric.scheme.form, key=lambda asked: asked.group)}
    if may(Act.ENTER_FACT):  # one group at a time: the whole form is many fields to build on every change
        group = st.selectbox(_("Part of the form"), list(groups), key="form-group")
        group_head(group, groups[group])
        for asked in groups[group]:
            edit(asked)
        return
    for group, fields in groups.items():
        group_head(group, fields)
        rows = [[asked.title, kept.value if (kept := handed_in.facts.get(asked.id)) and kept.value else "—"]
                for asked in fields]  # fmt: skip
        widgets.table([_("Field"), _("Entered")], rows, key="people")


def group_head(group: str, fields: list[FormField]) -> None:
    """A group's title with how much of it is filled in and when it was last saved."""
    kept = [fact for asked in fields if (fact := handed_in.facts.get(asked.id)) and fact.value]
    filled = _("{done} of {count} filled in", done=len(kept), count=len(fields))
    badge = widgets.badge("quiet", filled)
    if kept:
        last = _("saved {time}", time=f"{max(fact.at for fact in kept):%m-%d %H:%M:%S}")
        badge = widgets.badge("saved", f"✓ {filled} · {last}")
    st.html(f'<div class="item-head"><span class="title">{widgets.escape(group)}</span>{badge}</div>')


def edit(asked: FormField) -> None:
    kept = handed_in.facts.get(asked.id)
    value, revision = (kept.value, kept.revision) if kept else ("", 0)
    waiting = session.remembered(key(asked, CONFLICT))
    shown, base = session.remembered(key(asked)), session.remembered(key(asked, "base"))
    if waiting is None and (shown is None or base != revision):
        session.remember(key(asked), value or (None if asked.choices else ""))
        session.remember(key(asked, "base"), revision)
    short = len(asked.hint) <= MOST_HINT
    title = asked.title + asked.hint if short else asked.title
    if not short:
        st.caption(asked.hint)
    if asked.choices:
        st.segmented_control(title, asked.choices, key=key(asked), on_change=save, args=(asked,))
    elif asked.kind == "long":
        st.text_area(title, key=key(asked), on_change=save, args=(asked,), max_chars=asked.most)
    else:
        placeholder = "2026年4月6日" if asked.kind == "date" else None
        st.text_input(title, key=key(asked), on_change=save, args=(asked,), placeholder=placeholder)
    if waiting is not None:
        conflict(asked, waiting, value, revision)


def save(asked: FormField) -> None:
    store(asked, session.remembered(key(asked)) or "", session.remembered(key(asked, "base"), 0))


def store(asked: FormField, value: str, base: int) -> None:
    try:
        bring.enter_fact(here.file, here.actor, asked.id, value, base=base, now=session.now())
    except InspectionError as error:
        if error.code == "changed-elsewhere":
            session.remember(key(asked, CONFLICT), value)
        session.say("error", error.text(_))
        return
    session.forget(key(asked, ""))


def conflict(asked: FormField, mine: str, theirs: str, revision: int) -> None:
    """Two people entered the same field: show both values and let the second choose."""
    st.warning(_("This field was changed on another screen in the meantime. Both values are kept; choose one."))
    widgets.table(["", _("Value")], [[_("Other screen"), theirs or "—"], [_("This screen"), mine or "—"]])
    left, right = st.columns(2)
    if left.button(_("Keep the other one"), key=key(asked, "theirs"), width="stretch"):
        session.forget(key(asked, ""))
        st.rerun()
    if right.button(_("Use this one"), key=key(asked, "mine"), width="stretch"):
        session.forget(key(asked, ""))
        store(asked, mine, revision)
        st.rerun()


def said(row: SelfCheck | None) -> tuple[str, str]:
    return (widgets.points(row.points) if row.points is not None else "—", row.page or "—") if row else ("—", "—")


def self_check() -> None:
    """The applicant's own points and page references per item."""
    upload(_("Self-check (XLSX)"), "self-check", self_check_template, preview_self_check)
    if not handed_in.self_check:
        widgets.empty(_("No self-check yet"), _("The office takes it from the applicant's XLSX file."))
        return
    table = bring.self_check_of(here.file)
    rows = [[item.no, item.content, widgets.points(item.ceiling), *said(handed_in.self_check.get(item.no))]
            for item in rubric.items]  # fmt: skip
    total(table.base, table.bonus, table.missing)
    widgets.table([_("No."), _("Item"), _("Out of"), _("Self-check"), _("Pages")], rows, numbers=[2, 3])


def total(base: object, bonus: object, missing: tuple[str, ...]) -> None:
    st.write(_("Self-check without bonus {base}, bonus {bonus}.", base=f"**{base}**", bonus=f"**{bonus}**"))
    if missing:
        st.warning(_("Without points, and not counted as zero: {items}.", items=", ".join(missing)))


def preview_self_check(content: bytes) -> None:
    preview = bring.preview_self_check(here.file, content)
    total(preview.table.base, preview.table.bonus, preview.table.missing)
    rows = [[row.item, *said(row.old), *said(row.new)] for row in preview.rows if row.changed]
    changed([_("Item"), _("Points before"), _("Pages before"), _("Points"), _("Pages")], rows, numbers=[1, 3])
    for figure, (old, new) in preview.figures.items():
        st.write(f"{rubric.figures[figure].title}：{old or '—'} → **{new}**")
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


def desk_marks() -> None:
    """Marks given from the documents before the visit."""
    upload(_("Desk marks (XLSX)"), "desk-marks", desk_mark_template, preview_desk_marks)
    given = [(item, mark) for item in rubric.items for mark in handed_in.desk_marks.get(item.no, ())]
    if not given:
        widgets.empty(_("No desk marks"), _("Points given from the documents before the visit can be brought along."))
        return
    rows = [[item.no, item.content, mark.name, widgets.points(mark.points), widgets.points(item.ceiling), mark.note]
            for item, mark in given]  # fmt: skip
    widgets.table([_("No."), _("Item"), _("Name"), _("Points"), _("Out of"), _("Note")], rows, numbers=[3, 4])


def preview_desk_marks(content: bytes) -> None:
    preview = bring.preview_desk_marks(here.file, content)
    rows = [[row.item, marks(row.old), marks(row.new)] for row in preview.rows if row.changed]
    changed([_("Item"), _("Before"), _("Afterwards")], rows)

    def take() -> None:
        taken(session.attempt(
            bring.bring_desk_marks, here.file, here.actor, content, session.now(), base=preview.base,
            done=_("The desk marks are taken."),
        ))  # fmt: skip

    st.button(_("Take these desk marks"), type="primary", on_click=take)


def upload(label: str, name: str, template: Callable[..., bytes], preview: Callable[[bytes], None]) -> None:
    """Take a spreadsheet, show its faults by cell or what it would change, and only then let it be confirmed."""
    if not may(Act.BRING_SELF_CHECK):
        return
    st.download_button(_("Empty form (XLSX)"), lambda: template(rubric), f"{rubric.id}-{name}.xlsx", XLSX,
                       on_click="ignore")  # fmt: skip
    uploaded = st.file_uploader(label, type=["xlsx"], key=f"{name}-{session.remembered(ROUND, 0)}")
    if uploaded is None:
        return
    with st.container(border=True):
        try:
            preview(uploaded.getvalue())
        except InspectionError as error:
            st.error(error.text(_).replace("\n", "  \n"))


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


st.title(_("Application"))
agreed = {name: figure.reading() for name, figure in found.figures.items()}
for warning in threshold_warnings(rubric, agreed):
    st.warning(warning.text(_), icon="⚠️")
if not permitted(Act.ENTER_FACT, here.member.role, Stage.PREPARE):
    st.caption(_("The office enters this part; everybody can read it."))
elif not may(Act.ENTER_FACT):
    st.info(_("The marks are opened; the application can no longer be changed and is shown for reading."))
parts = {_("Application form"): form, _("Self-check and pages"): self_check, _("Desk marks"): desk_marks}
chosen = st.segmented_control(_("Part"), list(parts), default=next(iter(parts)), label_visibility="collapsed")
parts[chosen or next(iter(parts))]()
