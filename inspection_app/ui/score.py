"""Scoring, one item at a time: wording and rule in view, points at once, saved on every change."""

from __future__ import annotations

from typing import Any

import streamlit as st

from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Step, Tick, Tier
from inspection_app.core.scoring import ITEM, NA, Flag, State, part_choices
from inspection_app.core.visit import Act, permitted
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.services.score import Sheet, answer_item, sheet_of
from inspection_app.ui import session, widgets

YES, PART, NO = "yes", "part", "no"
CONFLICT = "conflict"

here = session.signed_in()
sheet: Sheet = sheet_of(here.file, here.actor)
rubric, order = sheet.rubric, [item.no for item in sheet.rubric.items]
writable = permitted(Act.ANSWER_ITEM, here.member.role, sheet.visit.stage)


def key(no: str, part: str) -> str:
    return f"sheet-{here.file.slug}-{here.actor.member_id}-{no}-{part}"


def go_to(no: str) -> None:
    st.query_params["item"] = no


def fill(item: Item) -> None:
    """Give the widgets of an item what is stored, unless they show something newer."""
    entry = sheet.entries.get(item.no)
    answers = entry.answers if entry else {}
    session.begin_with(key(item.no, "base"), entry.revision if entry else 0)
    session.begin_with(key(item.no, "note"), entry.note if entry else "")
    whole = answers.get(ITEM)
    override = whole if isinstance(whole, dict) else {"override": "", "reason": ""}
    session.begin_with(key(item.no, "override"), str(override["override"]))
    session.begin_with(key(item.no, "override-reason"), override["reason"])
    session.begin_with(key(item.no, "na"), whole == NA)
    for criterion in item.criteria:
        answer = answers.get(criterion.id)
        shown, part, reason = shown_answer(criterion, answer)
        session.begin_with(key(item.no, criterion.id), shown)
        session.begin_with(key(item.no, f"{criterion.id}-part"), part)
        session.begin_with(key(item.no, f"{criterion.id}-reason"), reason)


def shown_answer(criterion: AnyCriterion, answer: Any) -> tuple[Any, str, str]:
    """Turn a stored answer into what the widgets show: the answer, a part's points, a reason."""
    match criterion:
        case Tick():
            if isinstance(answer, dict):
                return PART, str(answer["points"]), answer["reason"]
            return {True: YES, False: NO}.get(answer), "", ""
        case Choice():
            return answer, "", ""
        case Step() | Rate():
            if isinstance(answer, dict):
                return answer.get("value", ""), answer.get(criterion.against, ""), ""
            return "" if answer is None else str(answer), "", ""
        case Grade():
            if isinstance(answer, dict):
                return str(answer["points"]), "", answer.get("reason", "")
            return "" if answer is None else str(answer), "", ""


def entered(item: Item, criterion: AnyCriterion) -> Any:
    """Read one criterion's answer off the widgets; None where it is unmarked or not yet complete."""
    shown = session.remembered(key(item.no, criterion.id))
    part = session.remembered(key(item.no, f"{criterion.id}-part"), "")
    reason = (session.remembered(key(item.no, f"{criterion.id}-reason")) or "").strip()
    match criterion:
        case Tick():
            if shown == PART:
                parts = part_choices(criterion.points, rubric.scheme.part_step)
                return {"points": part or str(parts[-1]), "reason": reason} if reason else None
            return {YES: True, NO: False}.get(shown)
        case Choice():
            return shown
        case Step() | Rate():
            if not str(shown or "").strip():
                return None
            return {"value": shown.strip(), criterion.against: part.strip()} if part else shown.strip()
        case Grade():
            if not str(shown or "").strip():
                return None
            return {"points": shown.strip(), "reason": reason} if reason else shown.strip()


def unsaved(item: Item) -> bool:
    """Say whether the screen shows something that cannot be saved until its reason is there."""

    def text(part: str) -> str:
        return (session.remembered(key(item.no, part)) or "").strip()

    parts = [c.id for c in item.criteria if session.remembered(key(item.no, c.id)) == PART]
    return bool(text("override")) != bool(text("override-reason")) or not all(text(f"{id_}-reason") for id_ in parts)


def save(no: str) -> None:
    """Save the item as the screen shows it: called by every change of a widget."""
    item = rubric.item(no)
    answers = {c.id: value for c in item.criteria if (value := entered(item, c)) is not None}
    if session.remembered(key(no, "na")):
        answers = {ITEM: NA}
    override = (session.remembered(key(no, "override")) or "").strip()
    override_reason = (session.remembered(key(no, "override-reason")) or "").strip()
    if override and override_reason:
        answers[ITEM] = {"override": override, "reason": override_reason}
    note = session.remembered(key(no, "note")) or ""
    if answers or note or no in sheet.entries:
        store(no, answers, note, session.remembered(key(no, "base"), 0))


def store(no: str, answers: dict[str, Any], note: str, base: int) -> None:
    before = sheet.entries.get(no)
    try:
        entry = answer_item(here.file, here.actor, no, answers, note, base=base, now=session.now())
    except InspectionError as error:
        if error.code == "changed-elsewhere":
            session.remember(key(no, CONFLICT), (answers, note))
        else:
            session.say("error", error.text(_))
        return
    session.remember(key(no, "base"), entry.revision)
    if entry.revision != base:
        old = (before.answers, before.note) if before else ({}, "")
        session.offer_undo(
            _("Item {item}: last change saved at {time}", item=no, time=f"{entry.at:%H:%M:%S}"),
            lambda: take_back(no, *old),
        )


def take_back(no: str, answers: dict[str, Any], note: str) -> None:
    """Undo by a new revision that says what the one before said."""
    answer_item(here.file, here.actor, no, answers, note, base=session.remembered(key(no, "base")), now=session.now())
    session.forget(key(no, ""))


def current() -> str:
    """Return the item that is open: the one the address names, else the first that is missing."""
    asked = st.query_params.get("item", "")
    return asked if asked in order else next(iter(sheet.missing), order[0])


def overview(current: str) -> None:
    """Show all items with their states; a tap opens one."""
    only_missing = st.toggle(_("Only what is missing"), key="only-missing")
    listed = [no for no in order if not only_missing or no in sheet.missing or no == current]
    session.remember("item-picked", current)

    def picked() -> None:
        go_to(session.remembered("item-picked") or current)

    st.pills(
        _("Overview"), listed, format_func=lambda no: f"{no} {widgets.STATE_SIGNS[sheet.scores[no].state]}",
        key="item-picked", on_change=picked, label_visibility="collapsed",
    )  # fmt: skip
    present = {score.state for score in sheet.scores.values()}
    st.caption("　".join(f"{sign} {_(widgets.STATES[s])}" for s, sign in widgets.STATE_SIGNS.items() if s in present))


def head(item: Item) -> None:
    aspect, entry = rubric.aspect_of(item.no), sheet.entries.get(item.no)
    if unsaved(item):
        saved = widgets.badge("waiting", _("not saved yet: a reason is missing"))
    elif entry:
        saved = widgets.badge("saved", "✓ " + _("saved {time}", time=f"{entry.at:%H:%M:%S}"))
    else:
        saved = widgets.badge("quiet", _("nothing entered yet"))
    st.html(
        f'<div class="item-head"><span class="meta">{widgets.escape(aspect.title)}　'
        f"{order.index(item.no) + 1} / {len(order)}</span>{saved}</div>"
        f'<div class="item-head"><span class="title">{widgets.escape(item.no)}　{widgets.escape(item.content)}</span>'
        f'<span class="full">{widgets.escape(_("out of {points}", points=widgets.points(item.ceiling)))}</span></div>'
        f'<div class="meta">{widgets.escape(" · ".join(item.verification))}</div>'
    )
    st.html(
        f'<div class="meta">{widgets.escape(_("Scoring rule (official text)"))}</div>'
        f'<div class="official">{widgets.escape(item.rule_text)}</div>'
    )
    errata = [*item.errata, *(erratum for criterion in item.criteria for erratum in criterion.errata)]
    if errata:
        with st.expander("⚑ " + _("Errata of the official text")):
            for erratum in errata:
                says, does = widgets.escape(erratum.says), widgets.escape(erratum.does)
                st.html(f'<div class="official">{says}<br>→ {does}</div>')


def show_criterion(item: Item, criterion: AnyCriterion, number: int) -> None:
    worth = widgets.points(criterion.points)
    # where the tiers are the whole rule, the rule stands above already
    clause = "" if criterion.text.rstrip("。") == item.rule_text.rstrip("。") else criterion.text
    st.html(
        f'<div class="clause"><span>{number}. {widgets.escape(clause or _("Choose the tier that holds"))}</span>'
        f'<span class="worth">{widgets.escape(_("{points} pt", points=worth))}</span></div>{checks(criterion)}'
    )
    common: dict[str, Any] = {
        "key": key(item.no, criterion.id), "on_change": save, "args": (item.no,), "disabled": not writable,
        "label_visibility": "collapsed",
    }  # fmt: skip
    match criterion:
        case Tick():
            tick(item, criterion, common)
        case Choice():
            tiers = {number: tier_text(tier) for number, tier in enumerate(criterion.tiers, 1)}
            tiers[0] = _("None of them fits")
            st.radio(criterion.text, list(tiers), format_func=tiers.__getitem__, **common)
        case Step() | Rate():
            measured(item, criterion, common)
        case Grade():
            st.text_input(criterion.text, placeholder=_("Points, 0 to {points}", points=worth), **common)


def tier_text(tier: Tier) -> str:
    """Return a tier's official words, with its points where the words do not name them."""
    worth = widgets.points(tier.points)
    return tier.text if worth in tier.text or not tier.points else f"{tier.text}（{worth}）"


def checks(criterion: AnyCriterion) -> str:
    """List the conditions behind a tick, each with its agreed figure where there is one."""
    if not isinstance(criterion, Tick) or not criterion.checks:
        return ""
    lines = []
    for check in criterion.checks:
        figure = sheet.figures.get(check.figure or "")
        known = f"　{widgets.badge('quiet', f'{figure.value} {rubric.figures[figure.key].unit}')}" if figure else ""
        lines.append(f"<li>{widgets.escape(check.text)}{known}</li>")
    return f'<ul class="checks">{"".join(lines)}</ul>'


def tick(item: Item, criterion: Tick, common: dict[str, Any]) -> None:
    words = {YES: _("Reached"), PART: _("In part"), NO: _("Not reached")}
    st.segmented_control(criterion.text, list(words), format_func=words.__getitem__, **common)
    if session.remembered(key(item.no, criterion.id)) != PART:
        return
    parts = [str(part) for part in part_choices(criterion.points, rubric.scheme.part_step)]
    common = common | {"label_visibility": "visible"}
    left, right = st.columns([1, 3])
    part_key = key(item.no, f"{criterion.id}-part")
    session.begin_with(part_key, parts[-1])
    if session.remembered(part_key) not in parts:
        session.remember(part_key, parts[-1])
    left.selectbox(_("Points"), parts, **(common | {"key": part_key}))
    right.text_input(_("Why only in part?"), **(common | {"key": key(item.no, f"{criterion.id}-reason")}))


def measured(item: Item, criterion: Step | Rate, common: dict[str, Any]) -> None:
    declared, agreed = rubric.figures[criterion.figure], sheet.figures.get(criterion.figure)
    if agreed and not (criterion.against and not getattr(agreed, criterion.against)):
        compared = getattr(agreed, criterion.against) if criterion.against else ""
        against = f" / {compared} {declared.unit}" if compared else ""
        st.html(
            f"<div>{widgets.badge('saved', _('agreed figure'))} <b>{widgets.escape(declared.title)}："
            f"{widgets.escape(agreed.value)} {widgets.escape(declared.unit)}{widgets.escape(against)}</b> "
            f'<span class="meta">{widgets.escape(agreed.source)}</span></div>'
        )
        return
    left, right = st.columns(2)
    common = common | {"label_visibility": "visible"}
    left.text_input(f"{declared.title}（{declared.unit}）", **common)
    if criterion.against:
        label = _("To compare with") if criterion.against == "target" else _("Last year")
        right.text_input(label, **(common | {"key": key(item.no, f"{criterion.id}-part")}))


def adjust(item: Item) -> None:
    """Points of one's own with a reason, and not applicable where the rubric allows it."""
    stored = session.remembered(key(item.no, "override"))
    common: dict[str, Any] = {"on_change": save, "args": (item.no,), "disabled": not writable}
    with st.expander(_("Replace the points, with a reason"), expanded=bool(stored)):
        left, right = st.columns([1, 3])
        left.text_input(_("Points"), key=key(item.no, "override"), **common)
        right.text_input(_("Reason (the chair sees it)"), key=key(item.no, "override-reason"), **common)
    if item.na:
        st.checkbox(_("Not applicable: {condition}", condition=item.na), key=key(item.no, "na"), **common)


def conflict(item: Item) -> None:
    """Two screens changed the same item: show both, let the expert choose; both stay in the history."""
    mine = session.remembered(key(item.no, CONFLICT))
    entry = sheet.entries.get(item.no)
    if not mine or not entry:
        return
    st.warning(_("This item was changed on another screen in the meantime. Both versions are kept; choose one."))
    widgets.table(
        ["", _("Answers"), _("Note")],
        [[_("Other screen"), str(entry.answers), entry.note], [_("This screen"), str(mine[0]), mine[1]]],
    )
    left, right = st.columns(2)
    if left.button(_("Keep the other one"), width="stretch"):
        session.forget(key(item.no, ""))
        st.rerun()
    if right.button(_("Use this one"), width="stretch"):
        session.forget(key(item.no, ""))
        store(item.no, mine[0], mine[1], entry.revision)
        st.rerun()


def foot(item: Item) -> None:
    """The points and the way on, always in sight."""
    score = sheet.scores[item.no]
    reached = score.points if score.state is State.SCORED else (score.partial or None)
    flags = "".join(widgets.badge("waiting", "⚑ " + _(widgets.FLAGS[Flag(flag)])) for flag in score.flags)
    state = "" if score.state is State.SCORED else widgets.badge("waiting", _(widgets.STATES[score.state]))
    undo, points = st.columns([1, 4], vertical_alignment="center")
    with undo:
        widgets.undo_button()
    points.html(
        f'<div class="score">{flags} {state} <b>{widgets.points(reached)}</b> '
        f"<span>/ {widgets.points(item.ceiling)}</span></div>"
    )
    place = order.index(item.no)
    left, middle, right = st.columns(3)
    left.button(
        "‹ " + _("Previous"), on_click=go_to, args=(order[max(place - 1, 0)],), disabled=not place, width="stretch"
    )
    with middle.popover(
        _("Overview ({count} missing)", count=len(sheet.missing)), width="stretch", key=f"overview-{item.no}"
    ):
        overview(item.no)
    last = place + 1 == len(order)
    right.button(
        _("Next") + " ›", on_click=go_to, args=(order[place if last else place + 1],), disabled=last, type="primary",
        width="stretch",
    )  # fmt: skip


if not writable:
    st.info(
        _("Scoring is not open yet. You can read the items; answers come when the secretary opens scoring.")
        if sheet.visit.stage == "prepare"
        else _("Scoring is locked since the marks were opened. Your sheet is shown for reading.")
    )
item = rubric.item(current())
conflict(item)
fill(item)
head(item)
if item.no not in sheet.assigned:
    widgets.empty(_("Not assigned to you"), _("Somebody else on the panel scores this item."))
else:
    for number, criterion in enumerate(item.criteria, 1):
        show_criterion(item, criterion, number)
    adjust(item)
    st.text_area(_("Note"), key=key(item.no, "note"), on_change=save, args=(item.no,), disabled=not writable,
                 placeholder=_("What you saw, which document, what is missing"))  # fmt: skip
with st.container(key="foot"):
    foot(item)
