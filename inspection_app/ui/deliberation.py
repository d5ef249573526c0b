"""A part of the page Consolidate: the items in order of disagreement, one at a time, and the chair's decision on it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from inspection_app.core.consolidation import Adjudication, ItemResult, Method, PanelScore
from inspection_app.core.disagreement import Disagreement, Why
from inspection_app.core.scoring import Flag, Line, State
from inspection_app.core.visit import Act, Stage
from inspection_app.core.wording import fixed, plain
from inspection_app.errors import N_
from inspection_app.language import _, aside, labelled
from inspection_app.services import consolidate as services
from inspection_app.services.attach import photos_of
from inspection_app.services.feed_back import findings
from inspection_app.services.hand_in import ask_again, withdraw_asking
from inspection_app.ui import session, widgets
from inspection_app.ui.collect import collect
from inspection_app.ui.evidence import gallery
from inspection_app.ui.strip import strip

LETTERS = N_("ABCDEFGHIJKLMNO")
"""What stands for the experts where names are left out, as many as a panel has."""

WHY = {
    Why.NO_SCORE: N_("no panel score"),
    Why.SPREAD: N_("marks far apart"),
    Why.TIERS: N_("different tiers"),
    Why.DISPUTED: N_("figure disputed"),
    Why.OVERRIDE: N_("points replaced by the expert"),
    Why.NO_TIER: N_("the text has no tier for this"),
    Why.CONTRADICTS: N_("a figure says otherwise"),
    Why.ASKED: N_("looking again"),
    Why.PARTLY_NA: N_("applicable to some only"),
}


def deliberation(here: session.Here, found: services.Consolidation) -> None:
    """Choose an item of the queue and show it: the marks, what they rest on, and what was decided."""
    queue = {one.result.item.no: one for one in found.queue}
    no = choose(here, queue)
    one = queue[no]
    item = one.result
    hidden = session.remembered(here.key("without-names"), False)
    names = letters(found, item) if hidden else {member.id: member.name for member in found.members}
    head(found, one)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        dots(found, item, names)
    with right:
        basis(found, item)
    people(found, item, names)
    gallery(here, photos_of(here.file, no), names)
    for warning in found.threshold_warnings:
        if warning.item == no:
            widgets.threshold(warning)
    for dispute in found.disputed(no):
        note = widgets.literal(dispute.note)
        st.warning("⚐ " + labelled(found.rubric.figures[dispute.key].title, _("disputed: {note}", note=note)))
    decisions(found, item)
    if here.may(Act.ADJUDICATE):
        decide(here, found, item)
    if hidden:
        return
    if here.may(Act.ASK_AGAIN):
        look_again(here, found, no)
    if here.may(Act.STATE_FINDING):
        to_findings(here, found, no)


def choose(here: session.Here, queue: Mapping[str, Disagreement]) -> str:
    """Show where one is in the queue, with the ways on: by tap, by key, to the next that is left, or to any item."""
    order, key = list(queue), here.key("deliberated")
    if session.remembered(key) not in queue:
        session.remember(key, next((no for no, one in queue.items() if one.left), order[0]))
    at = order.index(session.remembered(key))
    left = [no for no in order if queue[no].left]
    ahead = next((no for no in [*order[at + 1 :], *order[:at]] if queue[no].left), None)

    def title(no: str) -> str:
        one = queue[no]
        sign = "⚖ " if one.result.adjudication else "✓ " if one.result.settled else ""
        why = "、".join(_(WHY[reason]) for reason in one.why)
        return f"{sign}{no}　{one.result.item.content}" + aside(why)

    # Streamlit knows a choice by its words. They change with every decision, so the field is then another one, and the
    # item that is on the table is remembered apart from it.
    titles = [title(no) for no in order]
    field = f"{key}{at}-{hash(tuple(titles))}"
    st.selectbox(
        _("Item, by disagreement"), range(len(order)), at, format_func=titles.__getitem__, key=field,
        on_change=lambda: session.remember(key, order[session.remembered(field, at)]),
    )  # fmt: skip
    before, on, place, names = st.columns([8, 6, 7, 8], vertical_alignment="center")
    before.button("‹ " + _("Previous item"), key="deliberated-before", width="stretch", disabled=at == 0,
                  on_click=session.remember, args=(key, order[at - 1]), shortcut="Left")  # fmt: skip
    on.button(_("Next item") + " ›", key="deliberated-after", width="stretch", disabled=at + 1 == len(order),
              on_click=session.remember, args=(key, order[min(at + 1, len(order) - 1)]), shortcut="Right")  # fmt: skip
    if here.visit.stage is Stage.CONSOLIDATE:  # in a sealed visit nothing is left: what was not decided stood
        place.button(
            _("{count} left to decide", count=len(left)) + (" »" if ahead else ""), key="deliberated-left",
            width="stretch", disabled=ahead is None, on_click=session.remember, args=(key, ahead),
        )  # fmt: skip
    names.toggle(_("Without names"), key=here.key("without-names"))
    return str(session.remembered(key))


def letters(found: services.Consolidation, item: ItemResult) -> dict[int, str]:
    """Give every expert a letter for this item, from the lowest mark up, so that no letter stays with a person."""
    def rank(member: int) -> tuple[bool, object]:
        points = item.scores[member].points
        return points is None, 0 if points is None else points

    return dict(zip(sorted((member.id for member in found.members), key=rank), _(LETTERS), strict=False))


def head(found: services.Consolidation, one: Disagreement) -> None:
    item = one.result
    aspect, points = found.rubric.aspect_of(item.item.no), plain(item.item.ceiling)
    worth = _("takes off at most {points}", points=points) if item.deduction else _("full mark {points}", points=points)
    st.html(
        f'<div class="item-head"><span class="title">{widgets.escape(item.item.no)}　'
        f'{widgets.escape(item.item.content or item.item.criteria[0].text)}</span><span class="full">'
        f"{widgets.escape(worth)}</span></div>"
        f'<div class="meta">{widgets.escape(aspect.title)}</div>'
    )
    badges = []
    for why in one.why:
        share = f"　{item.spread:.0%}" if why is Why.SPREAD else ""
        badges.append(widgets.badge("quiet" if item.settled else "waiting", f"⚑ {_(WHY[why])}{share}"))
    if item.settled:
        badges.append(widgets.badge("saved", "✓ " + _("decided")))
    if badges:
        st.html('<div class="badges">' + " ".join(badges) + "</div>")


def dots(found: services.Consolidation, item: ItemResult, names: Mapping[int, str]) -> None:
    """Show the marks along the points, and how the method made the score of them, as one line."""
    dropped, shown = list(item.panel.dropped), []
    for member in found.members:
        mark = item.scores[member.id].points
        if mark is not None:
            counts = mark not in dropped
            if not counts:
                dropped.remove(mark)
            shown.append((names[member.id], mark, counts))
    if shown:
        score = fixed(item.points, found.visit.places)
        said = f"{_('Adjudicated')} {score}" if item.adjudication else f"{_('Panel')} {score}"
        strip(tuple(shown), item.item.ceiling, item.points, said)
    st.html(f'<div class="working">{widgets.escape(working(item.panel, found.visit.method))}</div>')
    if item.panel.too_few:
        st.warning(_("Too few marks for the method: {count} of at least {needed}. The panel decides this item.",
                     count=len(item.panel.marks), needed=item.panel.needed))  # fmt: skip


def working(panel: PanelScore, method: str) -> str:
    """Say in one line how the method makes its score: every mark, what is dropped, and what comes of the rest."""
    if not panel.marks:
        return "—"
    steps = [" ".join(map(plain, panel.marks))]
    if panel.dropped:
        steps.append(_("drop {marks}", marks=", ".join(map(plain, panel.dropped))))
    if panel.points is None:
        steps.append(_("none: {count} of at least {needed} marks", count=len(panel.marks), needed=panel.needed))
    elif method == Method.MEDIAN:
        steps.append(_("median {points}", points=panel.points))
    else:
        steps.append(_("mean {points}", points=panel.points))
    return " → ".join(steps)


def basis(found: services.Consolidation, item: ItemResult) -> None:
    """Show the official rule and what the applicant gave themselves."""
    st.html(f'<div class="official">{widgets.escape(item.item.rule_text)}</div>')
    own = found.self_check.get(item.item.no)
    if own and own.points is not None:
        page = ("　p. " if own.page[:1].isdigit() else "　") + own.page if own.page else ""  # as the applicant wrote it
        st.html(f'<div class="meta">{widgets.escape(_("Self-check"))} {plain(own.points)}{widgets.escape(page)}</div>')


def people(found: services.Consolidation, item: ItemResult, names: Mapping[int, str]) -> None:
    """Every expert's mark, clauses and note, side by side; in the order of the letters where names are left out."""
    no = item.item.no
    asked = {one.member for one in found.askings if one.pending and one.item == no}
    rows: list[list[object]] = []
    for member, name in names.items():
        score = item.scores[member]
        if score.state in {State.NOT_ASSIGNED, State.RECUSED} and member not in found.notes.get(no, {}):
            shown = widgets.Markup(widgets.badge("quiet", _(widgets.STATES[score.state])))
            rows.append([name, shown, "", ""])
            continue
        clauses = "\n".join(earned(line) for line in score.lines)
        if score.reason:
            clauses += "\n" + _("Replaced by {points}: {reason}", points=plain(score.points), reason=score.reason)
        flags = "".join(f"\n⚑ {_(widgets.FLAGS[Flag(flag)])}" for flag in score.flags)
        mark = plain(score.points) if score.state is State.SCORED else _(widgets.STATES[score.state])
        waiting = widgets.badge("waiting", "⟳ " + _("looking again")) if member in asked else ""
        rows.append([
            widgets.Markup(f"{widgets.escape(name)} {waiting}"), mark, clauses + flags,
            found.notes.get(no, {}).get(member, ""),
        ])  # fmt: skip
    widgets.table([_("Name"), _("Mark"), _("Clauses"), _("Note")], rows, numbers=[1], key="people")


def decisions(found: services.Consolidation, item: ItemResult) -> None:
    """Tell every decision on the item, oldest first; the last one counts."""
    own = [one for one in found.adjudications if one.item == item.item.no]
    for one in own:
        said = told(one, item, found.visit.places)
        st.write(f"{said}{'' if one is own[-1] else '　' + _('(replaced)')}")


def told(one: Adjudication, item: ItemResult, places: int) -> str:
    said = widgets.literal(one.reason + aside(one.clause))
    if one.points is None:
        return f"✓ {one.at:%H:%M} {_('The score of the method stands.')}　{said}"
    return f"⚖ {one.at:%H:%M} **{fixed(one.points, places)}** / {plain(item.item.ceiling)}　{said}"


def decide(here: session.Here, found: services.Consolidation, item: ItemResult) -> None:
    """Let the chair adjudicate, or say that the method's score stands; recorded, the next decision begins empty."""
    no = item.item.no
    taken = sum(one.item == no for one in found.adjudications)
    if item.panel.points is not None and not item.adjudication and not item.settled:
        st.button(
            _("Let {points} stand", points=fixed(item.panel.points, found.visit.places)), key=f"stand-{no}-{taken}",
            on_click=lambda: session.attempt(
                services.let_stand, here.file, here.actor, no, "", session.now(), done=_("Recorded.")
            ),
        )  # fmt: skip
    with st.form(f"adjudicate-{no}-{taken}", border=True):
        st.markdown(f"**{_('Adjudicate')}**　" + _("The experts' marks stay as they are."))
        left, right = st.columns([1, 3])
        points = left.text_input(_("Points, 0 to {points}", points=plain(item.item.ceiling)))
        clause = right.selectbox(
            _("Clause it rests on: choose or write"), [f"{one.id}. {one.text}" for one in item.item.criteria],
            None, accept_new_options=True, placeholder="",
        )  # fmt: skip
        reason = st.text_area(_("Reason"), height=100)
        buttons = st.container(horizontal=True, horizontal_alignment="right")
        if item.adjudication and item.panel.points is not None and buttons.form_submit_button(
            _("Take the method's score again: {points}", points=fixed(item.panel.points, found.visit.places))
        ):
            session.carry_out(here, services.let_stand, no, reason, done=_("Recorded."))
        if buttons.form_submit_button(_("Record the decision"), type="primary"):
            session.carry_out(here, services.adjudicate, no, points, reason, clause or "", done=_("Recorded."))


def look_again(here: session.Here, found: services.Consolidation, no: str) -> None:
    """Let the chair ask an expert to look at the item again, and stop waiting."""
    names = {member.id: member.name for member in found.members}
    waiting = [one for one in found.askings if one.item == no and one.pending]
    for one in waiting:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.write("⟳ " + _("{name} is asked to look again: {reason}", name=names[one.member], reason=one.reason))
        if right.button(_("Stop waiting"), key=f"asking-{one.id}", width="stretch"):
            session.attempt(withdraw_asking, here.file, here.actor, one.id, session.now(), done=_("Taken back."))
            st.rerun()
    scores, asked = found.result.item(no).scores, {one.member for one in waiting}
    marked = [member for member in names if scores[member].state in {State.SCORED, State.NOT_APPLICABLE, State.UNMARKED}
              and member not in asked]  # fmt: skip
    if not marked or (part := widgets.folded(_("Ask to look again"), key=here.key("ask-again", no))) is None:
        return
    with part, st.form(f"ask-again-{no}-{len(found.askings)}", border=False):
        chosen = st.radio(
            _("Expert"), marked, horizontal=True, index=None,
            format_func=lambda member: widgets.literal(names[member]) + aside(plain(scores[member].points)),
        )  # fmt: skip
        reason = st.text_input(_("What to look at; the expert reads it on the tablet"))
        if st.form_submit_button(_("Ask")) and chosen is not None:
            session.attempt(
                ask_again, here.file, here.actor, chosen, no, reason, session.now(),
                done=_("Asked. The item is open again on the expert's tablet."),
            )  # fmt: skip
            st.rerun()


def to_findings(here: session.Here, found: services.Consolidation, no: str) -> None:
    """Offer every note on an item as a finding, by a tap."""
    stated = findings(here.file)
    names = {member.id: member.name for member in found.members}
    for member, note in found.notes.get(no, {}).items():
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.write(widgets.literal(labelled(names.get(member, ""), note)))
        with right:
            collect(here, note, [no], [], stated, key=f"note-{no}-{member}")


def earned(line: Line) -> str:
    """Say what one clause earned; where points were lost, in the words of the clause or tier."""
    points = f"{line.criterion}. {plain(line.points)} / {plain(line.ceiling)}　{line.how}"
    if line.points is None:
        return points + (_("None of them fits") if Flag.NO_TIER in line.flags else "")
    lost = "" if line.points == line.ceiling else f" {line.text}"
    return points + lost + aside(line.reason)
