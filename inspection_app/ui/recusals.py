"""A part of the page Duties: who stands aside from what, and to whom the chair passes."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.duties import Recusal, Scope
from inspection_app.core.visit import Act, Member, Role
from inspection_app.language import _
from inspection_app.services import recuse
from inspection_app.services.assign import Division
from inspection_app.ui import session, widgets


def recusals(here: session.Here, found: Division) -> None:
    listed = found.duties.recusals
    if not listed:
        how = _("A recusal is proposed here with a reason, and counts once the organiser has approved it.")
        widgets.empty(_("Nobody is recused"), how)
    else:
        columns = [_("Name"), _("From what"), _("Reason"), _("Proposed"), _("Organiser")]
        widgets.table(columns, [recusal_row(found, one) for one in listed], key="people")
    for one in listed:
        if one.approved is None and here.may(Act.DECIDE_RECUSAL):
            decide(here, found, one)
    if here.may(Act.PROPOSE_RECUSAL):
        with st.expander(_("Propose a recusal"), key="propose-recusal"):
            propose(here, found)
    for given_over in found.hand_overs:
        st.write(_("{at}: the chair passed from {old} to {new}.", at=f"{given_over.at:%m-%d %H:%M}",
                   old=widgets.literal(found.name(given_over.from_member)),
                   new=widgets.literal(found.name(given_over.to_member)))
                 + "　" + widgets.literal(given_over.reason))  # fmt: skip
    if here.may(Act.HAND_OVER_CHAIR) and not found.recused_chair:
        with st.expander(_("Hand the chair over"), key="pass-chair"):
            hand_over(here, found)


def what(scope: Scope, ref: str) -> str:
    words = {Scope.VISIT: _("the whole visit"), Scope.ITEM: _("item {ref}", ref=ref), Scope.SITE: ref}
    return words[scope]


def recusal_row(found: Division, one: Recusal) -> list[object]:
    kind, word = {None: ("waiting", "○ " + _("waiting for the organiser")), True: ("refused", "⊘ " + _("recused")),
                  False: ("quiet", _("not approved"))}[one.approved]  # fmt: skip
    state = widgets.badge(kind, word) + " " + widgets.escape(one.organiser)
    proposed = f"{found.name(one.by)} {one.at:%m-%d %H:%M}"
    return [found.name(one.member), what(one.scope, one.ref), one.reason, proposed, widgets.Markup(state)]


def decide(here: session.Here, found: Division, one: Recusal) -> None:
    with st.form(f"decide-{one.id}"):
        st.markdown(f"**{widgets.literal(found.name(one.member))}**　{widgets.literal(what(one.scope, one.ref))}")
        organiser = st.text_input(_("Who decides for the organiser: name and office"), key=f"organiser-{one.id}")
        left, right = st.columns(2)
        if left.form_submit_button(_("Not approved"), width="stretch"):
            session.carry_out(here, recuse.decide_recusal, one.id, organiser, False, done=_("Recorded."))
        if right.form_submit_button(_("Approved"), type="primary", width="stretch"):
            session.carry_out(here, recuse.decide_recusal, one.id, organiser, True, done=_("Recorded."))


def propose(here: session.Here, found: Division) -> None:
    ids = [member.id for member in found.scoring]
    place = ids.index(here.member.id) if here.member.id in ids else None
    member = st.selectbox(_("Who stands aside"), ids, place, format_func=found.name, placeholder=_("Choose"))
    scopes = [scope for scope in Scope if scope is not Scope.SITE or found.sites]
    words = {Scope.VISIT: _("The whole visit"), Scope.SITE: _("A site"), Scope.ITEM: _("An item")}
    scope = st.segmented_control(_("From what"), scopes, format_func=words.__getitem__, default=Scope.ITEM)
    ref = ""
    if scope is Scope.ITEM:
        titles = {item.no: f"{item.no}　{item.content}" for item in here.rubric.items}
        ref = st.selectbox(_("Item"), list(titles), format_func=titles.__getitem__)
    elif scope is Scope.SITE:
        ref = st.selectbox(_("Site"), [site.name for site in found.sites])
    mine = found.declarations.get(here.member.id)
    reason = st.text_area(_("Reason"), mine.conflict if mine else "")
    if st.button(_("Propose"), type="primary", disabled=member is None or scope is None):
        session.carry_out(
            here, recuse.propose_recusal, member, scope, ref, reason, done=_("Proposed; the organiser decides.")
        )


def hand_over(here: session.Here, found: Division) -> None:
    experts = (member for member in found.scoring if member.role is Role.EXPERT)
    heirs: list[Member] = [one for one in experts if not found.duties.recused_from_visit(one.id)]
    with st.form("hand-over", border=False):
        to = st.selectbox(_("Who takes over"), [m.id for m in heirs], None, format_func=found.name,
                          placeholder=_("Choose"))  # fmt: skip
        reason = st.text_input(_("Why: recused, or leaving"))
        if st.form_submit_button(_("Hand the chair over"), type="primary"):
            if to is None:
                session.say("error", _("Choose who takes over."))
                st.rerun()
            session.carry_out(here, recuse.hand_over_chair, to, reason, done=_("The chair has passed on."))
