"""Duties: who scores what, alone or in groups, who has declared, who stands aside, and who chairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from inspection_app.core.duties import Duty, Group, Recusal, Scope, all_to_all, by_aspect, by_group, deal
from inspection_app.core.visit import ROLE_NAMES, Act, Member, Role, permitted
from inspection_app.language import _
from inspection_app.services import assign, recuse
from inspection_app.ui import session, widgets

here = session.signed_in()
found = assign.division(here.file, here.actor)
rubric, scoring, given = found.rubric, found.scoring, found.duties.assignment
SIGNS = {Duty.ASSIGNED: "✓", Duty.NOT_ASSIGNED: "·", Duty.RECUSED: "⊘", Duty.BY_GROUP: "◌"}
STYLE = """<style>
table.duties td, table.duties th { padding: 4px 8px; } table.duties .mark { text-align: center; }
table.duties th.aspect { color: var(--ink); white-space: normal; }
table.duties td.assigned { color: var(--blue); font-weight: 600; } table.duties td.recused { color: var(--red); }
table.duties td.not-assigned, table.duties td.by-group { color: var(--grey); }
table.duties tr.few td { background: #FFF4E0; } table.duties tr.few .enough { color: var(--amber); font-weight: 600; }
table.duties .enough { white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; }
table.duties.many th.name { writing-mode: vertical-rl; padding: 8px 4px; }
</style>"""


def may(act: Act) -> bool:
    return permitted(act, here.member.role, found.visit.stage)


def call(use_case: Callable[..., object], *args: Any, done: str = "") -> None:
    """Call a use case on this visit as who is signed in, and show what is stored then."""
    session.attempt(use_case, here.file, here.actor, *args, session.now(), done=done or _("Saved."))
    st.rerun()


# --- division ------------------------------------------------------------------------------------------------------


def division() -> None:
    """The one-tap patterns and the whole table."""
    if may(Act.ASSIGN_ITEMS):
        patterns()
    if found.too_few:
        st.warning(_("Too few experts for these items: {items}. The method asks for {least} marks each.",
                     items=", ".join(found.too_few), least=found.least))  # fmt: skip
    many = "many" if len(scoring) > 6 else ""
    names = "".join(
        f'<th class="mark name">{widgets.escape(member.name)}<br><small>{widgets.escape(member.group)}</small></th>'
        for member in scoring
    )
    body = []
    rows = {row.item.no: row for row in found.matrix}
    for aspect in rubric.aspects:
        body.append(f'<tr><th class="aspect" colspan="{len(scoring) + 2}">{widgets.escape(aspect.title)}</th></tr>')
        for item in aspect.items:
            row = rows[item.no]
            cells = "".join(f'<td class="mark {duty}">{SIGNS[duty]}</td>' for duty in row.by_member.values())
            sign = "" if row.enough else "⚠ "
            body.append(
                f'<tr class="{"" if row.enough else "few"}"><td>{widgets.escape(f"{item.no}　{item.content}")}</td>'
                f'{cells}<td class="enough">{sign}{row.marks} / {found.least}</td></tr>'
            )
    st.html(
        f'{STYLE}<div class="scroll"><table class="plain duties {many}"><thead><tr><th>{widgets.escape(_("Item"))}</th>'
        f'{names}<th class="mark name">{widgets.escape(_("Marks / least"))}</th></tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
    words = {
        Duty.ASSIGNED: _("assigned"), Duty.NOT_ASSIGNED: _("not assigned"), Duty.RECUSED: _("recused"),
        Duty.BY_GROUP: _("scored by the group, on one sheet"),
    }  # fmt: skip
    st.caption("　".join(f"{SIGNS[duty]} {words[duty]}" for duty in Duty))


def patterns() -> None:
    people = [member.id for member in scoring if not found.duties.excused(member.id)]
    groups = found.duties.groups
    brings = {group.id: 1 if group.one_mark else len(group.members) for group in groups if group.members}
    alone = [id_ for id_ in people if not any(id_ in group.members for group in groups)]
    all_, aspects, grouped, undo = st.columns(4, vertical_alignment="center")
    if all_.button(_("Everybody, everything"), width="stretch"):
        give(all_to_all(rubric, people))
    dealt = _("Aspects are dealt out evenly, with enough experts each.")
    if aspects.button(_("By aspect"), width="stretch", help=dealt):
        give(by_aspect(rubric, deal(rubric, dict.fromkeys(people, 1), found.least)))
    if grouped.button(
        _("By group"), width="stretch", disabled=not brings,
        help=_("Aspects are dealt out to the groups; whoever is in no group scores everything."),
    ):  # fmt: skip
        aspects_of = deal(rubric, brings, max(1, found.least - len(alone)))
        give(by_group(groups, by_aspect(rubric, aspects_of)) | all_to_all(rubric, alone))
    with undo:
        widgets.undo_button()


def give(assignment: Mapping[int, frozenset[str]]) -> None:
    """Save a whole assignment and offer the way back to the one before."""
    before, file, actor = given, here.file, here.actor

    def back() -> None:
        assign.assign_items(file, actor, before, session.now())
        session.forget("assigned-")

    def there() -> None:
        assign.assign_items(file, actor, assignment, session.now())
        session.forget("assigned-")
        session.offer_undo(_("Back to the assignment before"), back)

    session.attempt(there, done=_("Assigned. See the table; change it by person."))
    st.rerun()


def by_person() -> None:
    """Aspects by person, and the single items that differ from them."""
    st.caption(_("Tap aspects to give or take them. Under “Single items” tap what differs."))
    widgets.table(
        ["", _("Aspect"), _("Items")],
        [[a.id, a.title, f"{a.items[0].no} – {a.items[-1].no}"] for a in rubric.aspects],
    )
    chosen: dict[int, frozenset[str]] = {}
    for member in scoring:
        has = frozenset(given.get(member.id, ()))
        mostly = [a.id for a in rubric.aspects if 2 * len(has & {item.no for item in a.items}) > len(a.items)]
        differ = has ^ by_aspect(rubric, {0: mostly})[0]
        key = f"assigned-{member.id}"
        session.begin_with(f"{key}-aspects", mostly)
        session.begin_with(f"{key}-items", [item.no for item in rubric.items if item.no in differ])
        label = "　".join(filter(None, [f"**{member.name}**", member.group, member.speciality]))
        picked = st.pills(label, [a.id for a in rubric.aspects], selection_mode="multi", key=f"{key}-aspects")
        flipped = session.remembered(f"{key}-items") or []
        count = f"　{len(flipped)}" if flipped else ""
        with st.expander(_("Single items of {name}", name=member.name) + count, key=f"open-{member.id}"):
            flipped = st.pills(
                _("Items that differ"), [item.no for item in rubric.items], selection_mode="multi", key=f"{key}-items",
                label_visibility="collapsed",
            )  # fmt: skip
        chosen[member.id] = by_aspect(rubric, {0: picked})[0] ^ frozenset(flipped)
    changed = chosen != {member.id: frozenset(given.get(member.id, ())) for member in scoring}
    if st.button(_("Save the assignment"), type="primary", width="stretch", disabled=not changed):
        give(chosen)


# --- groups --------------------------------------------------------------------------------------------------------


def groups() -> None:
    st.caption(
        _("A group may hand in one agreed mark: then its leader's sheet carries everything that anybody in the group "
          "was given, and the mark counts once.")
    )  # fmt: skip
    how = {True: _("one agreed mark"), False: _("everybody marks")}
    if not may(Act.FORM_GROUPS):
        rows = [
            [one.name, one.speciality, found.name(one.leader or 0), "、".join(map(found.name, one.members)),
             how[one.one_mark]]
            for one in found.duties.groups
        ]  # fmt: skip
        columns = [_("Group"), _("Speciality"), _("Leader"), _("Members"), _("How it marks")]
        widgets.table(columns, rows) if rows else st.info(_("There are no groups; everybody marks alone."))
        return
    for group in found.duties.groups:
        people = "、".join(map(found.name, group.members))
        with st.expander(f"{group.name}　{people}　{how[group.one_mark]}", key=f"open-group-{group.id}"):
            edit_group(group)
    with st.expander(_("Form a group"), expanded=not found.duties.groups, key="open-new-group"):
        edit_group(Group(0, "", "", None, ()))


def edit_group(group: Group) -> None:
    key = f"group-{group.id or f'new-{len(found.duties.groups)}'}"  # formed, the next one begins empty
    ids = [member.id for member in scoring]
    with st.form(key, border=False):
        left, right = st.columns(2)
        name = left.text_input(_("Name of the group"), group.name, key=f"{key}-name")
        speciality = right.text_input(_("Speciality"), group.speciality, key=f"{key}-speciality")
        members = st.pills(_("Members"), ids, selection_mode="multi", default=group.members, format_func=found.name,
                           key=f"{key}-members")  # fmt: skip
        place = ids.index(group.leader) if group.leader in ids else None
        leader = st.selectbox(_("Leader"), ids, place, format_func=found.name, key=f"{key}-leader",
                              placeholder=_("Choose"))  # fmt: skip
        one_mark = st.checkbox(_("The group hands in one agreed mark"), group.one_mark, key=f"{key}-one")
        if st.form_submit_button(_("Save"), type="primary"):
            entered = (name, speciality, leader, members, one_mark)
            if group.id:
                call(assign.change_group, group.id, *entered)
            call(assign.form_group, *entered)
    if group.id:
        widgets.confirm(
            _("Dissolve the group"), _("Its members keep their items and mark alone."),
            lambda: session.attempt(assign.dissolve_group, here.file, here.actor, group.id, session.now()),
            key=f"{key}-dissolve", primary=False,
        )  # fmt: skip


# --- declarations --------------------------------------------------------------------------------------------------


def declarations() -> None:
    mine = found.declarations.get(here.member.id)
    if may(Act.DECLARE):
        title = _("Change my declaration") if mine else _("My declaration")
        with st.expander(title, expanded=not mine, key="declaration"), st.form("declare", border=False):
            conflict = st.text_area(
                _("Conflicts of interest: work, kinship, consulting, money or disputes with the applicant. "
                  "Leave empty if there are none."), mine.conflict if mine else "",
            )  # fmt: skip
            confidential = st.checkbox(_("I keep marks, deliberation and documents confidential and use them for "
                                         "nothing else."))  # fmt: skip
            if st.form_submit_button(_("I declare"), type="primary"):
                call(recuse.declare, conflict, confidential, done=_("Declared."))
    if mine and mine.conflict and not any(one.member == here.member.id for one in found.duties.recusals):
        st.warning(_("You declared a conflict. It recuses you from nothing by itself: propose a recusal under "
                     "“Recusals”, and the organiser decides."))  # fmt: skip
    rows = []
    for member in found.members:
        said = found.declarations.get(member.id)
        if said is None:
            state = widgets.badge("waiting", "○ " + _("not declared"))
        else:
            state = widgets.badge("saved", f"✓ {_('declared')} {said.at:%m-%d %H:%M}")
        rows.append([_(ROLE_NAMES[member.role]), member.name, member.group, widgets.Markup(state),
                     said.conflict if said else ""])  # fmt: skip
    widgets.table([_("Role"), _("Name"), _("Group"), _("State"), _("Conflict (office only)")], rows)


# --- recusals and the chair ----------------------------------------------------------------------------------------


def recusals() -> None:
    listed = found.duties.recusals
    if not listed:
        how = _("A recusal is proposed here with a reason, and counts once the organiser has approved it.")
        widgets.empty(_("Nobody is recused"), how)
    else:
        columns = [_("Name"), _("From what"), _("Reason"), _("Proposed"), _("Organiser")]
        widgets.table(columns, [recusal_row(one) for one in listed], key="people")
    for one in listed:
        if one.approved is None and may(Act.DECIDE_RECUSAL):
            decide(one)
    if may(Act.PROPOSE_RECUSAL):
        with st.expander(_("Propose a recusal"), key="propose-recusal"):
            propose()
    for given_over in found.hand_overs:
        st.write(_("{at}: the chair passed from {old} to {new}.", at=f"{given_over.at:%m-%d %H:%M}",
                   old=found.name(given_over.from_member), new=found.name(given_over.to_member))
                 + "　" + given_over.reason)  # fmt: skip
    if may(Act.HAND_OVER_CHAIR) and not found.recused_chair:
        with st.expander(_("Hand the chair over"), key="pass-chair"):
            hand_over()


def what(scope: Scope, ref: str) -> str:
    words = {Scope.VISIT: _("the whole visit"), Scope.ITEM: _("item {ref}", ref=ref), Scope.SITE: ref}
    return words[scope]


def recusal_row(one: Recusal) -> list[object]:
    kind, word = {None: ("waiting", "○ " + _("waiting for the organiser")), True: ("refused", "⊘ " + _("recused")),
                  False: ("quiet", _("not approved"))}[one.approved]  # fmt: skip
    state = widgets.badge(kind, word) + " " + widgets.escape(one.organiser)
    proposed = f"{found.name(one.by)} {one.at:%m-%d %H:%M}"
    return [found.name(one.member), what(one.scope, one.ref), one.reason, proposed, widgets.Markup(state)]


def decide(one: Recusal) -> None:
    with st.form(f"decide-{one.id}"):
        st.markdown(f"**{found.name(one.member)}**　{what(one.scope, one.ref)}")
        organiser = st.text_input(_("Who decides for the organiser: name and office"), key=f"organiser-{one.id}")
        left, right = st.columns(2)
        if left.form_submit_button(_("Not approved"), width="stretch"):
            call(recuse.decide_recusal, one.id, organiser, False, done=_("Recorded."))
        if right.form_submit_button(_("Approved"), type="primary", width="stretch"):
            call(recuse.decide_recusal, one.id, organiser, True, done=_("Recorded."))


def propose() -> None:
    ids = [member.id for member in scoring]
    place = ids.index(here.member.id) if here.member.id in ids else None
    member = st.selectbox(_("Who stands aside"), ids, place, format_func=found.name, placeholder=_("Choose"))
    scopes = [scope for scope in Scope if scope is not Scope.SITE or found.sites]
    words = {Scope.VISIT: _("The whole visit"), Scope.SITE: _("A site"), Scope.ITEM: _("An item")}
    scope = st.segmented_control(_("From what"), scopes, format_func=words.__getitem__, default=Scope.ITEM)
    ref = ""
    if scope is Scope.ITEM:
        titles = {item.no: f"{item.no}　{item.content}" for item in rubric.items}
        ref = st.selectbox(_("Item"), list(titles), format_func=titles.__getitem__)
    elif scope is Scope.SITE:
        ref = st.selectbox(_("Site"), [site.name for site in found.sites])
    mine = found.declarations.get(here.member.id)
    reason = st.text_area(_("Reason"), mine.conflict if mine else "")
    if st.button(_("Propose"), type="primary", disabled=member is None or scope is None):
        call(recuse.propose_recusal, member, scope, ref, reason, done=_("Proposed; the organiser decides."))


def hand_over() -> None:
    heirs: list[Member] = [m for m in scoring if m.role is Role.EXPERT and not found.duties.excused(m.id)]
    with st.form("hand-over", border=False):
        to = st.selectbox(_("Who takes over"), [m.id for m in heirs], None, format_func=found.name,
                          placeholder=_("Choose"))  # fmt: skip
        reason = st.text_input(_("Why: recused, or leaving"))
        if st.form_submit_button(_("Hand the chair over"), type="primary"):
            if to is None:
                session.say("error", _("Choose who takes over."))
                st.rerun()
            call(recuse.hand_over_chair, to, reason, done=_("The chair has passed on."))


st.title(_("Duties"))
if found.recused_chair:
    st.error(_("{name} chairs the panel and is recused from the visit. Nothing of the chair's can be done until the "
               "secretary hands the chair over.", name=found.recused_chair.name))  # fmt: skip
    if may(Act.HAND_OVER_CHAIR):
        hand_over()
declared = here.member.id in found.declarations
if not declared and may(Act.DECLARE):
    st.warning(_("You have not declared conflicts and confidence yet. Do it below; scoring waits for it."))
parts = {
    _("Division"): division,
    **({_("By person"): by_person} if may(Act.ASSIGN_ITEMS) else {}),
    _("Groups"): groups,
    _("Declarations"): declarations,
    _("Recusals"): recusals,
}
first = _("Division") if declared else _("Declarations")
chosen = st.segmented_control(
    _("Part"), list(parts), default=first, required=True, label_visibility="collapsed", key="part-of-duties"
)
parts[chosen or first]()
