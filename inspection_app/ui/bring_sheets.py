"""A part of the pages Score and Type in: score sheets that travelled are chosen, compared with the hub, and brought in;
and the XLSX score sheets are handed out that come back this way."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from inspection_app.core.merge import KIND_NAMES, Kind, Outcome
from inspection_app.core.rubric import Item
from inspection_app.core.scoring import score_item
from inspection_app.core.typed_line import code
from inspection_app.core.visit import Act, Role
from inspection_app.errors import N_
from inspection_app.language import _, aside, labelled
from inspection_app.services import bring_sheets as services
from inspection_app.services.bring_sheets import HUB, Case, Preview
from inspection_app.store.sheets import Carrier
from inspection_app.ui import session, widgets
from inspection_app.ui.offline_sheets import offline_sheets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLOURS = {
    Kind.NEW: "saved", Kind.NEWER: "saved", Kind.CONFLICTING: "waiting", Kind.SAME: "quiet", Kind.OLDER: "quiet",
    Kind.REFUSED: "refused",
}  # fmt: skip
CARRIERS = {Carrier.FILE: N_("offline sheet"), Carrier.XLSX: N_("XLSX"), Carrier.PAPER: N_("paper")}
MOST_MEGABYTES = 5


def bring_sheets(here: session.Here) -> None:
    """Show the whole part, folded at first; nothing where this person brings no sheets."""
    office = here.member.role is Role.SECRETARY
    if not (office or here.member.scores):
        return
    title = _("Score sheets as files: hand out and bring in") if office else _("Score without the hub: file or XLSX")
    if part := widgets.folded(title, key=here.key("bring-sheets")):
        with part:
            hand_out(here, office)
            offline_sheets(here)
            if here.may(Act.BRING_SHEETS):
                take_in(here, office)
            else:
                st.info(_("Score sheets are brought in while scoring is open."))


def hand_out(here: session.Here, office: bool) -> None:
    """Offer the XLSX score sheet: one's own, or for the secretary everybody's."""
    if office:
        st.caption(_("Each expert's own items, with drop-down lists and points that follow; made for WPS and Excel."))
        st.download_button(
            _("All XLSX score sheets (ZIP)"), partial(everybodys, here), f"{here.file.slug}-score-sheets.zip",
            "application/zip", on_click="ignore", key=here.key("all-sheets"),
        )  # fmt: skip
        return
    st.caption(_("Your own items with what you have entered, for WPS or Excel. Bring the file back below."))
    st.download_button(
        _("My score sheet (XLSX)"), partial(own, here), f"{here.file.slug}-{here.member.name}.xlsx", XLSX,
        on_click="ignore", key=here.key("own-sheet"),
    )  # fmt: skip


def everybodys(here: session.Here) -> bytes:
    return session.attempt(services.score_sheet_files, here.file, here.actor, session.now()) or b""


def own(here: session.Here) -> bytes:
    return session.attempt(services.score_sheet_file, here.file, here.actor, here.member.id, session.now()) or b""


def take_in(here: session.Here, office: bool) -> None:
    """Let files be chosen, show what they would change, and bring them in with one button."""
    key = here.key("brought")
    round_ = session.remembered(key + "round", 0)
    chosen = st.file_uploader(
        _("Answer files of offline sheets, or XLSX score sheets"), ["json", "xlsx"], True, key=f"{key}{round_}",
        max_upload_size=MOST_MEGABYTES,
    )  # fmt: skip
    if not chosen:
        session.remember(key + "preview", None)
        if said := session.remembered(key + "said"):
            st.success(said)  # here, where the tap was: the top of the page is far away
        return
    session.remember(key + "said", None)
    names = [(one.file_id, one.name) for one in chosen]
    if (kept := session.remembered(key + "preview")) is None or kept[0] != names:
        uploads = [services.Upload(one.name, one.getvalue()) for one in chosen]
        with st.spinner(_("Comparing …")):
            kept = names, session.attempt(services.preview, here.file, here.actor, uploads)
        session.remember(key + "preview", kept)
    shown: Preview | None = kept[1]
    if shown is None:
        st.rerun()
    what_was_read(shown)
    if shown.cases:
        outcomes(shown)
    if waiting := shown.of(Kind.NEW, Kind.NEWER, Kind.CONFLICTING):
        choices = {case.key: choose(here, shown, case, key) for case in shown.of(Kind.CONFLICTING)}
        if office:
            st.caption(_("What you bring in for others counts as theirs once they have confirmed it."))
        label = _("Bring in {count} items", count=len(waiting))
        undecided = sum(choice is None for choice in choices.values())
        if undecided:
            st.html(widgets.badge("waiting", _("Choose a version first: {count} items", count=undecided)))
        if st.button(label, type="primary", disabled=bool(undecided), key=key + "bring"):
            carry_out(here, shown, {one: choice for one, choice in choices.items() if choice is not None}, key)
    elif shown.cases:
        st.info(_("Nothing here is new: there is nothing to bring in."))


def carry_out(here: session.Here, shown: Preview, choices: dict[tuple[int, str], int], key: str) -> None:
    bar = st.progress(0.0)
    done = session.attempt(
        services.bring_in, here.file, here.actor, shown, choices, session.now(),
        progress=lambda place, of: bar.progress(place / of) if place % 50 == 0 else None,
    )  # fmt: skip
    if done:
        said = _("{taken} items were brought in.", taken=done.taken)
        if done.aside:
            said += _(" {aside} versions that were not chosen are kept in the history.", aside=done.aside)
        session.remember(key + "said", said)
        session.remember(key + "round", session.remembered(key + "round", 0) + 1)
    session.remember(key + "preview", None)
    st.rerun()


def what_was_read(shown: Preview) -> None:
    """List the files: whose each is, and everything in it that could not be read."""
    rows = []
    for one in shown.files:
        faults = "".join(f'<div class="fault">✗ {widgets.escape(fault.text(_))}</div>' for fault in one.faults)
        carrier = _(CARRIERS[one.carrier]) if one.carrier else "—"
        made = f"{one.made_at.astimezone():%m-%d %H:%M}" if one.made_at else "—"
        name = widgets.Markup(widgets.escape(one.name) + faults)
        rows.append([name, *map(_unbroken, (one.whose or "—", carrier, made)), one.entries])
    widgets.table([_("File"), _("Expert"), _("Carrier"), _("Saved at"), _("Items")], rows, numbers=[4])


def outcomes(shown: Preview) -> None:
    """Show what becomes of each item: what comes in item by item, what does not by its numbers (``choose`` has what
    conflicts)."""
    many = len({case.member.id for case in shown.cases}) > 1
    rows: list[list[object]] = []
    for kind in (Kind.NEW, Kind.NEWER):
        for case in shown.of(kind):
            words = told(shown.rubric.item(case.item), case.candidates[0])
            rows.append([_mark(kind), *([case.member.name] if many else []), case.item, widgets.Markup(words)])
    if rows:
        widgets.table(["", *([_("Expert")] if many else []), _("Item"), _("What comes in")], rows)
    for kind in (Kind.SAME, Kind.OLDER, Kind.REFUSED):
        for one in shown.alike(kind):
            name, reason = one.member.name if many else "", one.why.text(_) if one.why else ""
            line = " · ".join(filter(None, (name, _("items {items}", items=one.items), reason)))
            st.html(f"<div>{_mark(kind)}　{widgets.escape(line)}</div>")


def choose(here: session.Here, shown: Preview, case: Case, key: str) -> int | None:
    """Show the versions of a conflict side by side, and return which one is chosen."""
    item = shown.rubric.item(case.item)
    sides: dict[int, tuple[str, str]] = {}
    if case.hub:
        if case.standing:
            at = f"{case.standing.at.astimezone():%m-%d %H:%M:%S}"
            head, words = _("On the hub, {time}", time=at), _words(item, case.standing.answers, case.standing.note)
        else:
            head, words = _("On the hub"), widgets.escape(_("The expert's own entry; it is not shown to others."))
        sides[HUB] = head, words
    for place, one in enumerate(case.candidates):
        head = _("{carrier}, {time}", carrier=_(CARRIERS[Carrier(one.carrier)]),
                 time=f"{one.made_at.astimezone():%m-%d %H:%M}")  # fmt: skip
        sides[place] = head, told(item, one)
    with st.container(border=True):
        title = f"{case.member.name}　{item.no}　{item.content}"
        st.html(f"<div>{_mark(Kind.CONFLICTING)}　<b>{widgets.escape(title)}</b></div>")
        for column, (head, words) in zip(st.columns(len(sides)), sides.values(), strict=True):
            column.html(f"<div><b>{widgets.escape(head)}</b><br>{words}</div>")
        chosen: int | None = st.radio(
            _("Which version counts?"), list(sides), index=None, format_func=lambda place: sides[place][0],
            horizontal=True, key=f"{key}choice-{case.member.id}-{case.item}",
        )  # fmt: skip
    return chosen


def told(item: Item, one: Outcome) -> str:
    return _words(item, one.entry.answers, one.entry.note)


def _words(item: Item, answers: Mapping[str, Any], note: str) -> str:
    """Say what an entry answers, a line for each criterion, with its note."""
    score = score_item(item, answers)
    lines = []
    for criterion, line in zip(item.criteria, score.lines, strict=True):
        if criterion.id in answers:
            reason = aside(line.reason)
            lines.append(f"{code(item, criterion)}　{widgets.points(line.points)}　{line.how}{reason}")
    if score.reason:
        lines.append(_("Replaced by {points}: {reason}", points=widgets.points(score.points), reason=score.reason))
    if note:
        lines.append(labelled(_("Note"), note))
    return "<br>".join(map(widgets.escape, lines)) or "—"


def _unbroken(text: str) -> widgets.Markup:
    return widgets.Markup(f'<span style="white-space: nowrap">{widgets.escape(text)}</span>')


def _mark(kind: Kind) -> widgets.Markup:
    return widgets.Markup(widgets.badge(COLOURS[kind], _(KIND_NAMES[kind])))
