"""Scoring, one item at a time: wording and rule in view, points at once, saved on every change."""

from __future__ import annotations

from typing import Any

import streamlit as st

from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Step, Tick, Tier
from inspection_app.core.scoring import Flag, State, part_choices
from inspection_app.core.visit import Act, permitted
from inspection_app.language import _
from inspection_app.services.bring import application
from inspection_app.services.dispute import disputes
from inspection_app.services.score import sheet_of
from inspection_app.ui import session, widgets
from inspection_app.ui.answering import BASE, NO, PART, YES, Answering

here = session.signed_in()
sheet = sheet_of(here.file, here.actor)
rubric, order = sheet.rubric, [item.no for item in sheet.rubric.items]
open_ = permitted(Act.ANSWER_ITEM, here.member.role, sheet.visit.stage)
writable = open_ and sheet.declared


def go_to(no: str) -> None:
    st.query_params["item"] = no
    st.query_params.pop(BASE, None)


def current() -> str:
    """Return the item that is open: the one the address names, else the first that is missing, and it stays open."""
    if st.query_params.get("item") not in order:
        go_to(next(iter(sheet.missing), order[0]))
    return st.query_params["item"]


def overview(current: str) -> None:
    """Show all items with their states; a tap opens one."""
    only_missing = st.toggle(_("Only what is missing"), key="only-missing")
    listed = [no for no in order if not only_missing or no in sheet.missing or no == current]
    picker = f"picked-from-{current}"

    def picked() -> None:
        go_to(session.remembered(picker) or current)

    st.pills(
        _("Overview"), listed, format_func=lambda no: f"{no} {widgets.STATE_SIGNS[sheet.scores[no].state]}",
        default=current, key=picker, on_change=picked, label_visibility="collapsed",
    )  # fmt: skip
    present = {score.state for score in sheet.scores.values()}
    st.caption("　".join(f"{sign} {_(widgets.STATES[s])}" for s, sign in widgets.STATE_SIGNS.items() if s in present))


def head(item: Item) -> None:
    aspect, entry = rubric.aspect_of(item.no), sheet.entries.get(item.no)
    if answering.incomplete():
        saved = widgets.badge("waiting", _("not saved yet: a reason is missing"))
    elif entry and not entry.confirmed:
        saved = widgets.badge("waiting", _("typed in for you, not confirmed"))
    elif entry:
        saved = widgets.badge("saved", "✓ " + _("saved {time}", time=f"{entry.at:%H:%M:%S}"))
    else:
        saved = widgets.badge("quiet", _("nothing entered yet"))
    st.html(
        f'<div class="item-head"><span class="meta">{widgets.escape(aspect.title)}　'
        f"{order.index(item.no) + 1} / {len(order)}</span>{saved}</div>"
        f'<div class="item-head"><span class="title">{widgets.escape(item.no)}　{widgets.escape(item.content)}</span>'
        f'<span class="full">{widgets.escape(_("out of {points}", points=widgets.points(item.ceiling)))}</span></div>'
        f'<div class="meta">{widgets.escape(" · ".join(item.verification))}{handed_in(item)}</div>'
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


def handed_in(item: Item) -> str:
    """Tell what the applicant and the documents say of an item: self-check, pages, marks from the desk."""
    found = application(here.file)
    told = []
    if own := found.self_check.get(item.no):
        told += [_("self-check {points}", points=widgets.points(own.points))] if own.points is not None else []
        told += [_("documents p. {page}", page=own.page)] if own.page else []
    told += [
        _("desk mark {points} ({name})", points=widgets.points(mark.points), name=mark.name)
        for mark in found.desk_marks.get(item.no, ())
    ]
    return "".join(f"　{widgets.badge('quiet', one)}" for one in told)


def show_criterion(item: Item, criterion: AnyCriterion, number: int) -> None:
    worth = widgets.points(criterion.points)
    # where the tiers are the whole rule, the rule stands above already
    clause = "" if criterion.text.rstrip("。") == item.rule_text.rstrip("。") else criterion.text
    st.html(
        f'<div class="clause"><span>{number}. {widgets.escape(clause or _("Choose the tier that holds"))}</span>'
        f'<span class="worth">{widgets.escape(_("{points} pt", points=worth))}</span></div>{checks(criterion)}'
    )
    first, _part, _reason = answering.first(criterion)
    hidden = common(criterion.id) | {"label_visibility": "collapsed"}
    match criterion:
        case Tick():
            tick(criterion)
        case Choice():
            tiers = {number: tier_text(tier) for number, tier in enumerate(criterion.tiers, 1)}
            tiers[0] = _("None of them fits")
            chosen = None if first is None else list(tiers).index(first)
            st.radio(criterion.text, list(tiers), chosen, format_func=tiers.__getitem__, **hidden)
        case Step() | Rate():
            measured(criterion)
        case Grade():
            st.text_input(criterion.text, first, placeholder=_("Points, 0 to {points}", points=worth), **hidden)


def common(part: str) -> dict[str, Any]:
    """Name a widget and let every change of it be saved."""
    return {"key": answering.key(part), "on_change": answering.commit, "disabled": not writable}


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


def tick(criterion: Tick) -> None:
    words = {YES: _("Reached"), PART: _("In part"), NO: _("Not reached")}
    first, first_part, first_reason = answering.first(criterion)
    chosen = st.segmented_control(
        criterion.text, list(words), default=first, format_func=words.__getitem__, label_visibility="collapsed",
        **common(criterion.id),
    )  # fmt: skip
    if chosen == PART:
        parts = [str(part) for part in part_choices(criterion.points, rubric.scheme.part_step)]
        left, right = st.columns([1, 3])
        at = parts.index(first_part) if first_part in parts else len(parts) - 1
        left.selectbox(_("Points"), parts, at, **common(f"{criterion.id}-part"))
        right.text_input(_("Why only in part?"), first_reason, **common(f"{criterion.id}-reason"))


def measured(criterion: Step | Rate) -> None:
    declared, agreed = rubric.figures[criterion.figure], sheet.figures.get(criterion.figure)
    if agreed and not (criterion.against and not getattr(agreed, criterion.against)):
        compared = getattr(agreed, criterion.against) if criterion.against else ""
        against = f" / {compared} {declared.unit}" if compared else ""
        doubted = any(one.open for one in disputes(here.file, key=criterion.figure))
        doubt = widgets.badge("waiting", "⚐ " + _("disputed")) if doubted else ""
        st.html(
            f"<div>{widgets.badge('saved', _('agreed figure'))} {doubt} <b>{widgets.escape(declared.title)}："
            f"{widgets.escape(agreed.value)} {widgets.escape(declared.unit)}{widgets.escape(against)}</b> "
            f'<span class="meta">{widgets.escape(agreed.source)}</span></div>'
        )
        if permitted(Act.DISPUTE_FIGURE, here.member.role, sheet.visit.stage):
            st.page_link("ui/disputes.py", label="⚐ " + _("Dispute"), query_params={"figure": criterion.figure})
        return
    first, first_part, _reason = answering.first(criterion)
    left, right = st.columns(2)
    left.text_input(f"{declared.title}（{declared.unit}）", first, **common(criterion.id))
    if criterion.against:
        label = _("To compare with") if criterion.against == "target" else _("Last year")
        right.text_input(label, first_part, **common(f"{criterion.id}-part"))


def adjust(item: Item) -> None:
    """Points of one's own with a reason, and not applicable where the rubric allows it."""
    points, why = answering.first_override
    with st.expander(_("Replace the points, with a reason"), expanded=bool(points)):
        left, right = st.columns([1, 3])
        left.text_input(_("Points"), points, **common("override"))
        right.text_input(_("Reason (the chair sees it)"), why, **common("why"))
    if item.na:
        st.checkbox(_("Not applicable: {condition}", condition=item.na), answering.first_na, **common("na"))


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


if open_ and not sheet.declared:
    st.warning(_("Before you score, declare conflicts of interest and confidence. It takes a minute."))
    st.page_link("ui/duties.py", label=_("Declare now"))
elif not open_:
    st.info(
        _("Scoring is not open yet. You can read the items; answers come when the secretary opens scoring.")
        if sheet.visit.stage == "prepare"
        else _("Scoring is locked since the marks were opened. Your sheet is shown for reading.")
    )
item = rubric.item(current())
answering = Answering(here, sheet, item)
head(item)
if sheet.scores[item.no].state is State.RECUSED:
    widgets.empty(_("You are recused from this item"), _("Others score it; it leaves the mean visibly."))
elif item.no in sheet.by_group:
    group = sheet.by_group[item.no]
    widgets.empty(_("Scored by your group"), _("The agreed mark of “{group}” is on its leader's sheet.", group=group))
elif item.no not in sheet.assigned:
    widgets.empty(_("Not assigned to you"), _("Somebody else on the panel scores this item."))
else:
    for number, criterion in enumerate(item.criteria, 1):
        show_criterion(item, criterion, number)
    adjust(item)
    st.text_area(_("Note"), answering.stored[1], placeholder=_("What you saw, which document, what is missing"),
                 **common("note"))  # fmt: skip
    if writable:
        answering.reconcile()
with st.container(key="foot"):
    foot(item)
