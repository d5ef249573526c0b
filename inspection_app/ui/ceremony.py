"""A part of the draws page: one draw, or its rehearsal, led step by step in front of everyone up to the drawing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from inspection_app.core.certificate import entropy
from inspection_app.core.draw import CARD_DIGITS, DIGITS_BY, PUBLIC_DIGITS
from inspection_app.core.visit import Act, Role
from inspection_app.errors import N_
from inspection_app.language import _
from inspection_app.services import draw, draw_papers
from inspection_app.services.draw import DrawState
from inspection_app.services.screen import COLUMN_OF, COLUMNS, SENTENCES, Step, public_draw
from inspection_app.ui import by_hand, session, widgets
from inspection_app.ui.further_quotas import further_quotas

HOW = {
    "balls": N_(
        "Ten balls or slips, 0 to 9, in one bag. Draw one, show it, put it back, mix, and draw again; two people take "
        "turns."
    ),
    "dice": N_(
        "Dice with the faces 0 to 9, thrown from a cup onto the table, by two people in turn. Read them from left to "
        "right."
    ),
}


def style() -> None:
    """Lay the look of a ceremony over the page."""
    st.html(f"<style>{_css()}</style>")


@cache
def _css() -> str:
    return (resources.files("inspection_app") / "ui" / "ceremony.css").read_text("utf-8")


def head(here: session.Here, state: DrawState) -> Step:
    """Show whether it is a rehearsal, where the draw stands and what happens now; return the step."""
    step = public_draw(state).step
    if state.rehearsal:
        told, button = st.columns([5, 2], vertical_alignment="center")
        told.html(
            f'<div class="rehearsed">{widgets.escape(_("REHEARSAL – this does not count"))}</div>'
        )
        if button.button(_("End the rehearsal"), key=f"end-rehearsal-{state.kind}", width="stretch"):
            session.attempt(
                draw.end_rehearsal, here.file, here.actor, state.kind, session.now(),
                done=_("The rehearsal is over. Nothing of it counts; it can be held again."),
            )  # fmt: skip
            st.rerun()
    at_column = len(COLUMNS) if step is Step.DRAWN else COLUMN_OF[step]
    columns = "".join(
        f'<div class="{"done" if at < at_column else "now" if at == at_column else ""}">{widgets.escape(_(text))}</div>'
        for at, text in enumerate(COLUMNS)
    )
    sentence = "" if state.by_hand else f'<p class="now-happens">{widgets.escape(_(SENTENCES[step]))}</p>'
    st.html(f'<div class="columns">{columns}</div>{sentence}')
    return step


def lock(here: session.Here, state: DrawState) -> None:
    """Fix how many are drawn, then lock the list; or rehearse with it."""
    if not here.may(Act.LOCK_LIST):
        widgets.empty(_("Not locked yet"), _("The secretary or the chair locks the list before the draw."))
        return
    if not (state.sites or state.roster):
        widgets.empty(_("Nothing to draw from yet"), _("Enter the list under Prepare first."))
        return
    locking = _sites(here, state) if state.kind == draw.SITES else _citizens(here, state)
    st.caption(_("How many are drawn is locked with the list: it is settled before anybody writes a card."))
    rehearse, button = st.columns(2)
    if button.button(_("Lock the list"), type="primary", key=f"lock-{state.kind}", width="stretch"):
        locking(False)
        st.rerun()
    if rehearse.button(_("Rehearse first"), key=f"rehearse-{state.kind}", width="stretch"):
        locking(True)
        st.rerun()


Locking = Callable[[bool], object]


def _sites(here: session.Here, state: DrawState) -> Locking:
    count = st.radio(
        _("How many of the {count} sites are drawn?", count=len(state.sites)), here.rubric.scheme.drawn_sites,
        horizontal=True,
    )  # fmt: skip
    return lambda rehearsal: session.attempt(
        draw.lock_sites, here.file, here.actor, count, entropy=os.urandom, now=session.now(), rehearsal=rehearsal
    )


def _citizens(here: session.Here, state: DrawState) -> Locking:
    quotas: dict[str, int] = {}
    for category in here.rubric.scheme.citizen_categories:
        size = sum(citizen.category == category for citizen in state.roster)
        if size:
            quotas[category] = st.number_input(
                _("{category}: how many of {size}?", category=category, size=size), 1, size, min(4, size)
            )
            if quotas[category] == size:
                st.caption(_("Everybody of this category is drawn: nobody is left to step in for who does not come."))
    bands = further_quotas(here, quotas)
    return lambda rehearsal: session.attempt(
        draw.lock_citizens, here.file, here.actor, quotas, entropy=os.urandom, now=session.now(), bands=bands,
        rehearsal=rehearsal,
    )  # fmt: skip


def cards(here: session.Here, state: DrawState, place: str) -> None:
    """The slip is signed, the code is read out, cards are written and laid face down."""
    assert state.kept is not None
    code = state.kept.locked.short_code
    _large(f"{code[:4]} {code[4:]}", state.kept.locked.digest)
    if not here.may(Act.BEGIN_CEREMONY):
        return
    if state.kind == draw.SITES:  # locking has given them their numbers; citizens' names are for the slip alone
        numbers = sorted(state.kept.identities)
        widgets.table([_("No."), _("Site")], [(number, state.name(number)) for number in numbers])
    _papers(here, state)
    st.caption(_("At least {count} digits on each card. Sign the slip before the code is read out.", count=CARD_DIGITS))
    form = here.key("begin", state.kind, state.rehearsal, len(state.ceremonies))
    with st.form(form, border=False):
        where, names = _who(here, form, place)
        if _at_the_right().form_submit_button(_("The cards lie face down"), type="primary"):
            empty = [title for title, said in zip((_("Place of the draw"), *map(_, widgets.PARTIES.values())),
                                                  (where, *names), strict=True) if not said.strip()]  # fmt: skip
            began = None if empty else session.attempt(
                draw.begin_ceremony, here.file, here.actor, state.kind, where,
                list(zip(widgets.PARTIES, names, strict=True)), session.now(), rehearsal=state.rehearsal,
            )  # fmt: skip
            if empty:
                session.say("error", _("Still empty: {fields}.", fields="、".join(empty)))
            if began:
                session.forget(form)
            st.rerun()
    if state.rehearsal:
        return
    with st.expander(_("Drawn by hand instead"), key=f"by-hand-{state.kind}"):
        by_hand.registering(here, state, place)
    with st.expander(_("Unlock the list")):
        if st.button("↶ " + _("Locked by mistake, the code is not read out yet"), key=f"undo-lock-{state.kind}"):
            reason = _("Locked by mistake; the code was not read out yet.")
            session.attempt(draw.unlock_list, here.file, here.actor, state.kind, reason, session.now())
            st.rerun()
        reason = st.text_input(_("Reason (it is kept)"), key=f"unlock-reason-{state.kind}")
        if st.button(_("Unlock"), key=f"unlock-{state.kind}"):
            session.attempt(draw.unlock_list, here.file, here.actor, state.kind, reason, session.now())
            st.rerun()


def _who(here: session.Here, form: str, place: str, names: Sequence[str] = ()) -> tuple[str, list[str]]:
    """Ask for the place of a draw and for who wrote each party's card."""
    chair = next((member.name for member in here.members if member.role is Role.CHAIR), "")
    where = st.text_input(_("Place of the draw"), place, key=form + "-place")
    columns = st.columns(len(widgets.PARTIES))
    return where, [
        column.text_input(
            _("{party}: who wrote the card?", party=_(title)), key=f"{form}-{party}",
            value=names[at] if names else chair if party == "chair" else "",
        )
        for at, (column, (party, title)) in enumerate(zip(columns, widgets.PARTIES.items(), strict=True))
    ]  # fmt: skip


def _papers(here: session.Here, state: DrawState) -> None:
    slug, suffix = here.file.slug, "-rehearsal" if state.rehearsal else ""
    with st.container(horizontal=True, key=f"draw-papers-{state.kind}"):
        st.download_button(
            _("Slip to sign (PDF)"),
            lambda: draw_papers.slip_pdf(here.file, state.kind, session.now(), rehearsal=state.rehearsal),
            f"{slug}-{state.kind}-slip{suffix}.pdf", "application/pdf", on_click="ignore", key=f"slip-{state.kind}",
        )  # fmt: skip
        st.download_button(
            _("Cards (PDF)"),
            lambda: draw_papers.cards_pdf(here.file, state.kind, session.now(), rehearsal=state.rehearsal),
            f"{slug}-{state.kind}-cards{suffix}.pdf", "application/pdf", on_click="ignore", key=f"cards-{state.kind}",
        )  # fmt: skip


def digits(here: session.Here, state: DrawState) -> None:
    """Digits are drawn in public while the cards are still face down."""
    assert state.kept is not None
    assert state.current is not None
    so_far = state.current.digits_so_far
    wanted = max(PUBLIC_DIGITS, state.digits_wanted)
    bits = entropy(state.kept.locked, so_far)
    told = _("{count} digits; from {wanted} on every result has a chance　"
             "chance needed {needed} bits, got {got} bits", count=len(so_far),
             wanted=wanted, needed=bits["needed_bits"], got=bits["got_bits"])  # fmt: skip
    _large(grouped(so_far) or "· · ·", told, "meta" if len(so_far) >= wanted else "meta short")
    _witnesses(state)
    if not here.may(Act.ENTER_PUBLIC_DIGITS):
        return
    way = drawn_by(f"way-{state.kind}")
    _balls(here, state, so_far)
    form = here.key("digits", state.kind, state.rehearsal, state.current.number, so_far)
    with st.form(form, border=False):
        typed = st.text_input(_("Public digits, in the order drawn"), so_far, key=form + "-typed")
        written = _at_the_right().form_submit_button(_("Write them down"), type="primary")
    if written:
        drawn = "".join(typed.split())

        def write() -> None:
            session.attempt(
                draw.enter_public_digits, here.file, here.actor, state.kind, drawn, session.now(), digits_by=way,
                rehearsal=state.rehearsal,
            )  # fmt: skip

        if len(drawn) < PUBLIC_DIGITS or not (drawn.isascii() and drawn.isdecimal()):
            write()  # which is refused with the words for it
            st.rerun()
        question = _("They cannot be changed afterwards. Has somebody else read them back?")
        if len(drawn) < wanted:
            few = _("These are fewer than {wanted} digits, so not every selection could come out.", wanted=wanted)
            question = f"{few} {question}"
        make_sure(_("Write them down"), grouped(drawn), question, write, f"write-{state.kind}")
    if not so_far:
        _correcting(here, state)


def drawn_by(key: str) -> str:
    """Ask how the digits are drawn, and say how that is done; the answer stands on the certificate."""
    way = st.segmented_control(
        _("How the digits are drawn"), list(DIGITS_BY), default=next(iter(DIGITS_BY)), required=True, key=key,
        format_func=lambda one: _(DIGITS_BY[one]),
    ) or next(iter(DIGITS_BY))  # fmt: skip
    st.caption(_(HOW[way]))
    return way


def _balls(here: session.Here, state: DrawState, so_far: str) -> None:
    """A button for each digit: it stands on the public screen as soon as it is drawn."""

    def note(change: Callable[[str], str]) -> None:
        # what is stored now, not what this page showed: two quick taps are two digits
        current = draw.draw_state(here.file, state.kind, rehearsal=state.rehearsal).current
        drawn = change(current.digits_so_far if current else "")
        session.attempt(
            draw.note_digits_so_far, here.file, here.actor, state.kind, drawn, session.now(), rehearsal=state.rehearsal
        )

    def tapped(digit: str) -> None:
        note(lambda drawn: drawn + digit)

    def take_back() -> None:
        note(lambda drawn: drawn[:-1])

    with st.container(key="balls"):
        for row in ("01234", "56789"):
            for digit, column in zip(row, st.columns(5), strict=True):
                column.button(digit, key=f"ball-{digit}", on_click=tapped, args=(digit,), width="stretch")
    st.button("↶ " + _("Take the last digit back"), key="ball-back", on_click=take_back, disabled=not so_far)


def _correcting(here: session.Here, state: DrawState) -> None:
    """Mend a name or the place while nothing public was drawn."""
    assert state.current is not None
    current = state.current
    with st.expander(_("Correct the names or the place")):
        form = here.key("correct", state.kind, state.rehearsal, current.number)
        with st.form(form, border=False):
            wrote = {card.party: card.name for card in current.cards}
            where, names = _who(here, form, current.place, [wrote[party] for party in widgets.PARTIES])
            if st.form_submit_button(_("Correct")):
                session.attempt(
                    draw.correct_ceremony, here.file, here.actor, state.kind, where,
                    list(zip(widgets.PARTIES, names, strict=True)), session.now(), rehearsal=state.rehearsal,
                )  # fmt: skip
                session.forget(form)
                st.rerun()


def open_cards(here: session.Here, state: DrawState) -> None:
    """The cards are opened and typed in; then the draw follows."""
    assert state.current is not None
    current = state.current
    held = _("Ceremony {number}, {place}", number=current.number, place=current.place)
    _large(grouped(current.public_digits), f"{_('Public digits')}　·　{held}　{current.at:%Y-%m-%d %H:%M:%S}", "meta")
    st.write(_("Now open the cards and type what stands on them."))
    if not here.may(Act.DRAW):
        _witnesses(state)
        return
    form = here.key("cards", state.kind, state.rehearsal, current.number)
    with st.form(form, border=False):
        typed = [
            st.text_input(f"{_(widgets.PARTIES[card.party])}　{card.name}", key=f"{form}-{number}")
            for number, card in enumerate(current.cards)
        ]
        opened = _at_the_right().form_submit_button(_("Draw"), type="primary")
    if opened:
        written = ["".join(one.split()) for one in typed]

        def drawing() -> None:
            session.attempt(
                draw.draw_list, here.file, here.actor, state.kind, written, session.now(), rehearsal=state.rehearsal,
                done=_("Drawn."),
            )  # fmt: skip

        if any(len(one) < CARD_DIGITS or not (one.isascii() and one.isdecimal()) for one in written):
            drawing()
            st.rerun()
        question = _("The order follows from these digits and cannot be changed. Do they stand so on the cards?")
        read = [f"{_(widgets.PARTIES[card.party])}　{grouped(one)}"
                for card, one in zip(current.cards, written, strict=True)]  # fmt: skip
        make_sure(_("Draw"), "\n".join(read), question, drawing, f"draw-{state.kind}")


def make_sure(label: str, shown: str, question: str, use_case: Callable[[], object], key: str) -> None:
    """Ask once more before what cannot be undone, with the digits in large type."""

    @st.dialog(label)
    def ask() -> None:
        session.choose_language()
        st.html("".join(f'<div class="code">{widgets.escape(line)}</div>' for line in shown.splitlines()))
        st.write(question)
        if st.button(label, type="primary", key=f"{key}-yes", width="stretch"):
            use_case()
            st.rerun()

    ask()


def void(here: session.Here, state: DrawState) -> None:
    """Void the ceremony that stands, with a reason."""
    with st.expander(_("Void this ceremony")):
        st.caption(_("A withheld card or any restart voids it. It keeps its number and is printed with the reason."))
        reason = st.text_input(_("Reason (it is printed)"), key=here.key("void", state.kind, len(state.ceremonies)))
        if st.button(_("Void"), key=f"void-{state.kind}"):
            session.attempt(
                draw.void_ceremony, here.file, here.actor, state.kind, reason, session.now(), rehearsal=state.rehearsal
            )
            st.rerun()


def voided(state: DrawState) -> None:
    """Tell every ceremony that was voided, with its number and reason."""
    for one in state.voided:
        st.caption(_("Ceremony {number} was voided: {reason}", number=one.number, reason=widgets.literal(one.reason)))


def _witnesses(state: DrawState) -> None:
    assert state.current is not None
    st.html('<div class="witnesses">' + "".join(
        f"<span>{widgets.escape(_(widgets.PARTIES[card.party]))}　<b>{widgets.escape(card.name)}</b></span>"
        for card in state.current.cards
    ) + "</div>")  # fmt: skip


def _at_the_right() -> DeltaGenerator:
    """Return the place of the step's one primary action."""
    return st.container(horizontal=True, horizontal_alignment="right")


def _large(text: str, below: str, kind: str = "digest") -> None:
    st.html(
        f'<div class="ceremony"><div class="code">{widgets.escape(text)}</div>'
        f'<div class="{kind}">{widgets.escape(below)}</div></div>'
    )


def grouped(digits_: str) -> str:
    """Part digits by threes as they are read aloud; none is left alone at the end: 963 071, 4821."""
    return re.sub(r"(\d{3})(?=\d{2})", r"\1 ", digits_)
