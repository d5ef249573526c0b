"""A part of the page Application: the form's facts by groups, each field saved by itself."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from inspection_app.core.application import Application, Fact
from inspection_app.core.rubric import FormField
from inspection_app.core.visit import Act
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.services import bring
from inspection_app.ui import session, widgets

CONFLICT = "conflict"
MOST_HINT = 20  # characters that still stand behind a field's title


def key(here: session.Here, asked: FormField, part: str = "value") -> str:
    return f"fact-{here.file.slug}-{asked.id}-{part}"


def form(here: session.Here, handed_in: Application) -> None:
    """The form by its groups, each field saved by itself."""
    if not here.rubric.scheme.form:
        widgets.empty(_("No application form"), _("The official text of this rubric prescribes none."))
        return
    groups = {group: list(fields) for group, fields in groupby(here.rubric.scheme.form, key=lambda asked: asked.group)}
    if here.may(Act.ENTER_FACT):  # one group at a time: the whole form is many fields to build on every change
        group = st.selectbox(_("Part of the form"), list(groups), key="form-group")
        group_head(handed_in, group, groups[group])
        for asked in groups[group]:
            edit(here, handed_in, asked)
    else:
        read_only(handed_in, groups)
    if here.may(Act.REMOVE_PERSONAL):
        remove_personal(here)


def read_only(handed_in: Application, groups: dict[str, list[FormField]]) -> None:
    for group, fields in groups.items():
        group_head(handed_in, group, fields)
        rows = [[asked.title, read(handed_in.facts.get(asked.id))] for asked in fields]
        widgets.table([_("Field"), _("Entered")], rows, key="people")


def group_head(handed_in: Application, group: str, fields: list[FormField]) -> None:
    """A group's title with how much of it is filled in and when it was last saved."""
    kept = [fact for asked in fields if (fact := handed_in.facts.get(asked.id)) and fact.value]
    filled = _("{done} of {count} filled in", done=len(kept), count=len(fields))
    badge = widgets.badge("quiet", filled)
    if kept:
        last = _("saved {time}", time=f"{max(fact.at for fact in kept):%m-%d %H:%M:%S}")
        badge = widgets.badge("saved", f"✓ {filled} · {last}")
    st.html(f'<div class="item-head"><span class="title">{widgets.escape(group)}</span>{badge}</div>')


def read(fact: Fact | None) -> str:
    """Return what an entered field shows, with when it was removed."""
    if fact is None or not (fact.value or fact.removed):
        return "—"
    return _("removed on {day}", day=f"{fact.removed:%Y-%m-%d}") if fact.removed else fact.value


def remove_personal(here: session.Here) -> None:
    """Offer to remove what is personal in the form, for good."""
    fields = bring.personal_facts(here.file)
    if not fields:
        return

    def remove() -> None:
        if session.attempt(
            bring.remove_personal_facts, here.file, here.actor, session.now(), done=_("The personal data is removed.")
        ):  # fmt: skip
            for asked in fields:
                session.forget(key(here, asked, ""))

    widgets.confirm(
        _("Remove personal data"),
        _("What was ever entered in these fields is removed from the visit for good: {fields}. This cannot be undone. "
          "Copies of the visit that were made before keep it.", fields="、".join(asked.title for asked in fields)),
        remove, key="remove-personal", primary=False,
    )  # fmt: skip


def edit(here: session.Here, handed_in: Application, asked: FormField) -> None:
    kept = handed_in.facts.get(asked.id)
    value, revision = (kept.value, kept.revision) if kept else ("", 0)
    waiting = session.remembered(key(here, asked, CONFLICT))
    shown, base = session.remembered(key(here, asked)), session.remembered(key(here, asked, "base"))
    removed = kept.removed if kept else None  # what is removed keeps its revision, and must not stay in a field
    stale = base != revision or session.remembered(key(here, asked, "removed")) != removed
    if waiting is None and (shown is None or stale):
        session.remember(key(here, asked), value or (None if asked.choices else ""))
        session.remember(key(here, asked, "base"), revision)
        session.remember(key(here, asked, "removed"), removed)
    short = len(asked.hint) <= MOST_HINT
    title = asked.title + asked.hint if short else asked.title
    if not short:
        st.caption(asked.hint)
    if asked.choices:
        st.segmented_control(title, asked.choices, key=key(here, asked), on_change=save, args=(here, asked))
    elif asked.kind == "long":
        st.text_area(title, key=key(here, asked), on_change=save, args=(here, asked), max_chars=asked.most)
    else:
        placeholder = "2026年4月6日" if asked.kind == "date" else None
        st.text_input(title, key=key(here, asked), on_change=save, args=(here, asked), placeholder=placeholder)
    if removed:
        st.caption(widgets.literal(read(kept)))
    if waiting is not None:
        conflict(here, asked, waiting, value, revision)


def save(here: session.Here, asked: FormField) -> None:
    store(here, asked, session.remembered(key(here, asked)) or "", session.remembered(key(here, asked, "base"), 0))


def store(here: session.Here, asked: FormField, value: str, base: int) -> None:
    try:
        bring.enter_fact(here.file, here.actor, asked.id, value, base=base, now=session.now())
    except InspectionError as error:
        if error.code == "changed-elsewhere":
            session.remember(key(here, asked, CONFLICT), value)
        session.say("error", error.text(_))
        return
    session.forget(key(here, asked, ""))


def conflict(here: session.Here, asked: FormField, mine: str, theirs: str, revision: int) -> None:
    """Two people entered the same field: show both values and let the second choose."""
    st.warning(_("This field was changed on another screen in the meantime. Both values are kept; choose one."))
    widgets.table(["", _("Value")], [[_("Other screen"), theirs or "—"], [_("This screen"), mine or "—"]])
    left, right = st.columns(2)
    if left.button(_("Keep the other one"), key=key(here, asked, "theirs"), width="stretch"):
        session.forget(key(here, asked, ""))
        st.rerun()
    if right.button(_("Use this one"), key=key(here, asked, "mine"), width="stretch"):
        session.forget(key(here, asked, ""))
        store(here, asked, mine, revision)
        st.rerun()
