"""Confirming what was typed in from one's own paper score sheet, beside the photo of the paper."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from inspection_app.core.scoring import State
from inspection_app.core.typed_line import code
from inspection_app.core.visit import Act
from inspection_app.language import _, aside, labelled
from inspection_app.services.type_in import Confirmation, confirm_typed, to_confirm
from inspection_app.store.sheets import Entry
from inspection_app.ui import session, widgets

here = session.signed_in()
found: Confirmation = to_confirm(here.file, here.actor)


def typed_row(entry: Entry) -> list[object]:
    """Say what was understood of one item, and where it is corrected."""
    item, score = found.rubric.item(entry.item), found.scores[entry.item]
    told = [""]  # a new line after the item
    for criterion, line in zip(item.criteria, score.lines, strict=True):
        earned = widgets.points(line.points) if line.points is not None else "—"
        reason = aside(line.reason)
        told.append(f"{code(item, criterion)}　{earned} / {widgets.points(line.ceiling)}　{line.how}{reason}")
    if score.reason:
        told.append(_("Replaced by {points}: {reason}", points=widgets.points(score.points), reason=score.reason))
    if entry.note:
        told.append(labelled(_("Note"), entry.note))
    scored = score.state is State.SCORED
    points = widgets.points(score.points) if scored else widgets.Markup(
        widgets.badge("waiting", _(widgets.STATES[score.state]))
    )  # fmt: skip
    return [
        widgets.Markup(
            f"<b>{widgets.escape(item.no)}　{widgets.escape(item.content)}</b>"
            + "<br>".join(map(widgets.escape, [*told, ""]))
            + f'<a href="/score?item={quote(item.no)}" target="_self">{widgets.escape(_("Correct it"))}</a>'
        ),
        points,
    ]


st.title(_("Confirm typed-in marks"))
if not found.entries:
    widgets.empty(
        _("Nothing waits for you"),
        _("What is typed in from your paper score sheet appears here, beside the photo, for you to confirm."),
    )
    st.stop()
st.write(
    _("Compare these {count} items with your paper. They count as yours once you confirm them.",
      count=len(found.entries))
)  # fmt: skip
photo, typed = st.columns(2) if found.photos else (None, st.container())
if photo:
    for one in found.photos:
        photo.image(one.content, width="stretch")
else:
    st.warning(_("No photo of the paper is attached. Compare with the paper itself."))
with typed:
    widgets.table([_("Item"), _("Points")], [typed_row(entry) for entry in found.entries], numbers=[1])
if here.may(Act.CONFIRM_TYPED):
    with st.container(key="foot"):
        left, right = st.columns([1, 1])
        if right.button(_("Confirm all {count} items", count=len(found.entries)), type="primary", width="stretch"):
            session.attempt(
                confirm_typed, here.file, here.actor, session.now(), seen=found.seen,
                done=_("Confirmed. These marks are yours."),
            )  # fmt: skip
            st.rerun()
