"""Typing in a paper score sheet: whose, its photos, then a row for each item with one field of signs and the note."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.paper import UNMARKED, code, line_of, parse_line, reasons_of
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Step
from inspection_app.core.scoring import ITEM, State
from inspection_app.core.visit import Act, permitted
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.services import type_in as services
from inspection_app.services.prepare import preparation
from inspection_app.ui import session, widgets

MOST_CHARACTERS = 13
"""So much of a clause's words: the paper, which has them all, lies beside the keyboard."""

here = session.signed_in()


def choose_expert() -> services.TypedSheet:
    """Let the typist choose whose paper it is; the address remembers it."""
    people = {member.id: member.name for member in preparation(here.file).members if member.scores}
    asked = st.query_params.get("expert", "")
    place = list(people).index(int(asked)) if asked.isdigit() and int(asked) in people else 0
    chosen = st.selectbox(_("Whose paper score sheet?"), list(people), index=place, format_func=people.__getitem__)
    st.query_params["expert"] = str(chosen)
    return services.typed_sheet(here.file, here.actor, chosen)


sheet = choose_expert()
if not sheet.assigned:
    widgets.empty(_("Nothing to type in"), _("No item is assigned to this expert, or others score for them."))
    st.stop()
rubric, step = sheet.rubric, sheet.rubric.scheme.part_step
writable = permitted(Act.TYPE_IN, here.member.role, sheet.visit.stage)


def key(no: str, part: str) -> str:
    return f"typed-{here.file.slug}-{sheet.member.id}-{no}-{part}"


def fill(item: Item) -> None:
    """Give an item's fields what is stored; what was not understood stays as it was typed."""
    if session.remembered(key(item.no, "line")) is not None:
        return
    entry, kept = sheet.entries.get(item.no), session.remembered(key(item.no, "kept"))
    stored = line_of(item, entry.answers, part_step=step) if entry else ""
    session.remember(key(item.no, "line"), kept[0] if kept else stored)
    session.remember(key(item.no, "note"), kept[1] if kept else entry.note if entry else "")
    session.remember(key(item.no, "base"), entry.revision if entry else 0)


def save(no: str) -> None:
    """Save an item as its fields show it: called by every change."""
    item, entry = rubric.item(no), sheet.entries.get(no)
    line, note = (session.remembered(key(no, part)) or "" for part in ("line", "note"))
    stored = reasons_of(entry.answers) if entry else {}
    given = {id_: session.remembered(key(no, f"reason-{id_}"), stored.get(id_, "")) or "" for id_ in places(item)}
    try:
        answers = parse_line(item, line, given, part_step=step)
        if "" in reasons_of(answers).values():
            fault = _("not saved yet: a reason is missing")
        else:
            base = session.remembered(key(no, "base"), 0)
            done = services.type_in_item(
                here.file, here.actor, sheet.member.id, no, answers, note, base=base, now=session.now()
            )
            session.remember(key(no, "base"), done.revision)
            session.remember(key(no, "line"), line_of(item, done.answers, part_step=step))
            fault = ""
    except InspectionError as error:
        fault = error.text(_)
    session.remember(key(no, "fault"), fault)
    session.remember(key(no, "kept"), (line, note) if fault else None)


def start_over(no: str) -> None:
    session.forget(key(no, ""))


def places(item: Item) -> list[str]:
    return [*(criterion.id for criterion in item.criteria), ITEM]


def photo_part() -> None:
    """The pages of the paper: taken in at once, shown when asked for, taken away while they are not confirmed."""
    with st.expander(_("Photos of the paper ({count})", count=sheet.photos), expanded=not sheet.photos):
        round_ = session.remembered(key("", "round"), 0)
        if writable and (taken := st.file_uploader(
            _("One photo for each page: JPEG, PNG or WebP"), "image", True, key=key("", f"photos-{round_}"),
            max_upload_size=services.MOST_PHOTO_BYTES // 1024**2,
        )):  # fmt: skip
            for one in taken:
                session.attempt(
                    services.attach_photo, here.file, here.actor, sheet.member.id, one.getvalue(), session.now()
                )
            session.remember(key("", "round"), round_ + 1)
            st.rerun()
        if sheet.photos and st.toggle(_("Show the photos"), key=key("", "show")):
            for photo in services.photos(here.file, here.actor, sheet.member.id):
                st.image(photo.content, width="stretch")
                if writable and not photo.confirmed and st.button(_("Remove this photo"), key=key("", f"r{photo.id}")):
                    session.attempt(
                        services.remove_photo, here.file, here.actor, sheet.member.id, photo.id, session.now()
                    )
                    st.rerun()


def short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def legend(item: Item, criterion: AnyCriterion) -> str:
    """Say what stands behind one code."""
    match criterion:
        case Choice():
            worth = [_("{points} pt", points=widgets.points(tier.points)) for tier in criterion.tiers]
            tiers = "　".join(f"<b>{number}</b> {widgets.escape(points)}" for number, points in enumerate(worth, 1))
            words = f"{tiers}　<b>0</b> {widgets.escape(_('None of them fits'))}"
        case Step() | Rate():
            declared, agreed = rubric.figures[criterion.figure], sheet.figures.get(criterion.figure)
            words = widgets.escape(f"{short(declared.title)}（{declared.unit}）")
            if agreed:
                words += f" {widgets.escape(_('agreed figure'))} {widgets.escape(agreed.value)}：<b>{UNMARKED}</b>"
        case Grade():
            words = f"{widgets.escape(short(criterion.text))} <b>0–{widgets.points(criterion.points)}</b>"
        case _:
            words = f"{widgets.escape(short(criterion.text))}（{widgets.points(criterion.points)}）"
    return f'<div class="meta"><b>{widgets.escape(code(item, criterion))}</b>　{words}</div>'


def state(item: Item) -> str:
    """Say what is saved of an item and what it earns."""
    score, entry = sheet.scores[item.no], sheet.entries.get(item.no)
    if item.no in sheet.own:
        return widgets.badge("quiet", _("answered on screen"))
    if score.state is State.UNMARKED:
        return widgets.badge("waiting", "□ " + _(widgets.STATES[score.state]))
    kind, sign = ("saved", "✓ ") if entry and entry.confirmed else ("waiting", "✓ ") if entry else ("quiet", "")
    word = _("confirmed") if kind == "saved" else _("not confirmed") if entry else _("agreed figure")
    points = f"<b>{widgets.points(score.points)}</b> / {widgets.points(item.ceiling)}"
    return f"{points} {widgets.badge(kind, sign + word)}"


def row(item: Item) -> None:
    fill(item)
    words, signs, note = st.columns([6, 4, 3])
    head = f"<b>{widgets.escape(item.no)}</b>　{widgets.escape(short(item.content))}"
    words.html(
        f'<div id="item-{widgets.escape(item.no)}" style="scroll-margin-top:80px">{head}</div>'
        + "".join(legend(item, criterion) for criterion in item.criteria)
    )
    with signs:
        st.text_input(
            _("Item {item}: signs", item=item.no), key=key(item.no, "line"), on_change=save, args=(item.no,),
            placeholder=_("signs: {count}", count=len(item.criteria)), label_visibility="collapsed",
            disabled=not writable,
        )  # fmt: skip
        if fault := session.remembered(key(item.no, "fault")):
            st.html(f'<div style="color:var(--red)">✗ {widgets.escape(fault)}</div>')
            st.button(_("Show what is saved"), key=key(item.no, "again"), on_click=start_over, args=(item.no,))
        else:
            st.html(f"<div>{state(item)}</div>")
    note.text_area(
        _("Item {item}: note", item=item.no), key=key(item.no, "note"), on_change=save, args=(item.no,), height=68,
        placeholder=_("Note"), label_visibility="collapsed", disabled=not writable,
    )  # fmt: skip
    reasons(item)


def reasons(item: Item) -> None:
    """Ask for the reason of every part and of points of one's own."""
    try:
        asked = reasons_of(parse_line(item, session.remembered(key(item.no, "line")) or "", part_step=step))
    except InspectionError:
        return
    entry = sheet.entries.get(item.no)
    stored = reasons_of(entry.answers) if entry else {}
    for id_ in asked:
        session.begin_with(key(item.no, f"reason-{id_}"), stored.get(id_, ""))
        label = _("Reason (the chair sees it)") if id_ == ITEM else _("Why only in part?") + f"（{item.no}-{id_}）"
        st.text_input(label, key=key(item.no, f"reason-{id_}"), on_change=save, args=(item.no,), disabled=not writable)


def show_aspect(id_: str) -> None:
    st.query_params["aspect"] = id_


st.caption(
    _("Signs in the order of the paper, with spaces between: 1 reached, 0 not reached, 5 in part, - unmarked, * not "
      "applicable; =4.5 for points of one's own. Or behind the code: 6-2 1. Tab leads to the next field.")
)  # fmt: skip
if not writable:
    st.info(_("Score sheets are typed in while scoring is open. What was typed in is shown for reading."))
photo_part()
aspects = {aspect.id: aspect for aspect in rubric.aspects if any(item.no in sheet.assigned for item in aspect.items)}


def title(id_: str) -> str:
    count = sum(item.no in sheet.missing for item in aspects[id_].items)
    return aspects[id_].title + (f"（{_('missing: {count}', count=count)}）" if count else " ✓")


following = next(iter(sheet.missing), None)
asked = st.query_params.get("aspect", rubric.aspect_of(following).id if following else "")
place = list(aspects).index(asked) if asked in aspects else 0
chosen = st.selectbox(_("Aspect"), list(aspects), index=place, format_func=title)  # the address keeps it: titles change
st.query_params["aspect"] = chosen
for item in aspects[chosen].items:
    if item.no in sheet.assigned:
        row(item)
with st.container(key="foot"):
    left, right = st.columns([3, 2], vertical_alignment="center")
    waiting = sum(not entry.confirmed for entry in sheet.entries.values())
    left.html(
        widgets.badge("waiting" if sheet.missing else "saved", _("missing: {count}", count=len(sheet.missing)))
        + "　" + widgets.badge("waiting" if waiting else "saved", _("not confirmed: {count}", count=waiting))
    )  # fmt: skip
    if following:
        label = _("Next missing: {item}", item=following) + " ›"
        if following in {item.no for item in aspects[chosen].items}:
            address = f"#item-{widgets.escape(following)}"
            right.html(f'<a class="go" href="{address}" target="_self">{widgets.escape(label)}</a>')
        else:
            aspect = rubric.aspect_of(following).id
            right.button(label, type="primary", width="stretch", on_click=show_aspect, args=(aspect,))
