"""Parts that several pages show in the same way: messages, badges, tables, the words of a visit."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from inspection_app.core.application import ThresholdWarning
from inspection_app.core.consolidation import METHOD_TITLES, ROUNDING_TITLES, Method, MethodChange, Reckoning, Rounding
from inspection_app.core.feedback import FindingKind, Recommendation
from inspection_app.core.scoring import Flag, State
from inspection_app.core.visit import ROLE_NAMES, Role, Stage
from inspection_app.core.wording import plain
from inspection_app.errors import N_, InspectionError
from inspection_app.language import ENGLISH, LANGUAGES, _, aside, current
from inspection_app.services.open_marks import Opening
from inspection_app.ui import session

STAGES = {
    Stage.PREPARE: N_("Preparation"),
    Stage.SCORE: N_("Scoring"),
    Stage.CONSOLIDATE: N_("Consolidation"),
    Stage.SEALED: N_("Sealed"),
}
STATES = {
    State.SCORED: N_("scored"),
    State.UNMARKED: N_("unmarked"),
    State.NOT_APPLICABLE: N_("not applicable"),
    State.RECUSED: N_("recused"),
    State.NOT_ASSIGNED: N_("not assigned"),
    State.EXCUSED: N_("excused"),
}
FLAGS = {
    Flag.OVERRIDE: N_("points replaced by the expert"),
    Flag.NO_TIER: N_("the text has no tier for this"),
    Flag.FIGURE_CONTRADICTS: N_("a figure says otherwise"),
    Flag.CAPPED: N_("the clauses earn more than the item is worth"),
    Flag.NO_POINTS: N_("the text prints no points for this"),
}
FINDINGS = {
    FindingKind.HIGHLIGHT: N_("Highlight"),
    FindingKind.PROBLEM: N_("Problem"),
    FindingKind.SUGGESTION: N_("Suggestion"),
}
RECOMMENDATIONS = {
    Recommendation.PASS: N_("Pass recommended"),
    Recommendation.PASS_AFTER_MENDING: N_("Pass after mending"),
    Recommendation.FAIL: N_("Pass not recommended"),
}
PARTIES = {"applicant": N_("Applicant"), "chair": N_("Chair"), "neither": N_("Neither side")}


def style() -> None:
    """Lay the look over Streamlit's own."""
    st.html(f"<style>{_css()}</style>")


@cache
def _css() -> str:
    return (resources.files("inspection_app") / "ui" / "style.css").read_text("utf-8")


def escape(text: object) -> str:
    return html.escape(str(text)).replace("\n", "<br>")


_SIGNS = re.compile(r"([\\`*_\[\]()<>#$~|{}!&])|(?m:^[ \t]*([-+=]|\d+(?=\.\s)))")
_FOUND_LATER = re.compile(r"(?<=:)(?=[^\W\d]|//|[+-]?\d+:(?!\d))|(?<=www)(?=\.)|(?<=@)(?=\w)")


def literal(text: object) -> str:
    r"""Return what somebody has entered so that Streamlit, which reads Markdown, shows every sign of it.

    Icons, emoji and addresses are looked for after Markdown's own signs are read, where a backslash no longer helps:
    a joiner without width parts them.

    >>> print(literal("1* [a] $x$"))
    1\* \[a\] \$x\$
    >>> ":material" in literal(":material/home:")
    False
    """
    return _FOUND_LATER.sub("\u2060", _SIGNS.sub(_escaped, str(text)))


def _escaped(sign: re.Match[str]) -> str:
    if sign[1]:
        return "\\" + sign[1]
    return sign[2] + "\\" if sign[2].isdigit() else "\\" + sign[2]  # what would begin a list or underline a title


def last_step() -> None:
    """Show what the last step had to say: that it is done lies over the line at the top and moves nothing; what went
    wrong takes its place on the page and stays in sight."""
    done, wrong = st.container(key="said-done"), st.container(key="said-wrong")
    for kind, text in session.said():
        getattr(done if kind == "success" else wrong, kind)(_lines(text))


def messages() -> None:
    """Show here what a step in the middle of a page had to say."""
    for kind, text in session.said():
        getattr(st, kind)(_lines(text))


def _lines(text: str) -> str:
    return literal(text).replace("\n", "  \n")


def undo_button() -> None:
    """Offer the way back from the last step; the place stays taken while there is none, so that nothing moves."""
    undoable = session.undo_offered()
    st.button(
        "↶ " + _("Undo"), on_click=session.undo, key="undo-button", disabled=not undoable,
        help=literal(undoable) or None, type="tertiary",
    )  # fmt: skip


def header(slug: str, applicant: str, stage: Stage, person: str, role: Role) -> None:
    """Show where one is: the applicant, the stage as a line of dots, who is signed in, language and sign-out."""
    st.html(
        f'<div class="where"><div><b>{escape(applicant)}</b>{stage_dots(stage)}</div>'
        f'<div class="who"><span>{escape(person + aside(_(ROLE_NAMES[role])))}</span>{_language_link()}'
        f'<a href="/sign-in?visit={quote(slug)}" target="_self">{escape(_("Switch person"))}</a>'
        f'<a href="/sign-out" target="_self">{escape(_("Sign out"))}</a></div></div>'
    )


def lead_back(address: str) -> None:
    """Mark the row one is in, in the line at the top, also where the page is another than the row's first."""
    links = ", ".join(f'[data-testid="st{kind}NavLink"][href$="/{address}"]' for kind in ("Top", "Sidebar"))
    st.html(f"<style>:is({links}) {{ background: var(--chosen); font-weight: 600; }}</style>")


def stage_dots(stage: Stage) -> str:
    """Return the stages as a line of dots, those that are reached filled."""
    reached = list(Stage).index(stage)
    dots = "".join(
        f'<span class="{"reached" if i <= reached else "ahead"}">{"●" if i <= reached else "○"} {escape(_(STAGES[s]))}'
        "</span>"
        for i, s in enumerate(Stage)
    )
    return f'<div class="stages">{dots}</div>'


def language_bar() -> None:
    """Offer the other language where nobody is signed in yet."""
    st.html(f'<div class="where"><div></div><div class="who">{_language_link()}</div></div>')


def _language_link() -> str:
    other = next(code for code in LANGUAGES if code != current())
    lang = "en" if other == ENGLISH else "zh-CN"
    return f'<a href="/language/{other}" target="_self" lang="{lang}">{LANGUAGES[other]}</a>'


def badge(kind: str, text: str) -> str:
    """Return a small label; kinds are saved, waiting, refused and quiet."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = (), key: str = ""
) -> None:
    """Show a plain table that can be read at arm's length and wraps its words.

    Args:
        columns: titles.
        rows: cells; what is not a string is escaped and shown as it prints, strings may hold markup of ``badge``.
        numbers: indexes of the columns that are right-aligned.
    """
    head = "".join(f'<th class="{"number" if i in numbers else ""}">{escape(c)}</th>' for i, c in enumerate(columns))
    body = "".join(
        "<tr>" + "".join(
            f'<td class="{"number" if i in numbers else ""}">{cell if isinstance(cell, Markup) else escape(cell)}</td>'
            for i, cell in enumerate(row)
        ) + "</tr>"
        for row in rows
    )  # fmt: skip
    st.html(
        f'<div class="scroll"><table class="plain {key}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def folded(label: str, *, key: str) -> DeltaGenerator | None:
    """Show a part that is folded at first, and return it while it is open: only then is its content worth building.

    Streamlit takes a part with another label for another part. So that nobody's fields are folded away because somebody
    else changed what the label says, it then begins as it stood before.
    """
    before, opened, began = session.remembered(key + "fold", (label, False, False))
    begin = began if label == before else opened
    part = st.expander(label, begin, key=key + "part", on_change="rerun")
    session.remember(key + "fold", (label, bool(part.open), begin))
    return part if part.open else None


def unsaved_text(label: str, stored: str, *, key: str, place: DeltaGenerator | None = None) -> str:
    """Show a text field that keeps what was entered and not saved, also while another part of the page is open."""
    field = f"{key}={stored}"  # what somebody else saves meanwhile is shown, unless something else was entered here
    kept = session.remembered(key)
    session.begin_with(field, stored if kept is None else kept)
    entered = (place or st).text_input(label, key=field).strip()
    session.remember(key, None if entered == stored else entered)
    return entered


def closed(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show for reading what can no longer be changed, and say why."""
    st.info(_("This part is fixed since scoring was opened; it is shown for reading."))
    table(columns, rows)


class Markup(str):
    """Text that is already HTML."""


def points(value: Decimal | None) -> str:
    return plain(value)


def threshold(warning: ThresholdWarning) -> None:
    """Say that a figure lies between two thresholds of the official text."""
    st.warning(warning.text(_), icon="⚠️")


def empty(title: str, what_to_do: str) -> None:
    """Say what a page is for while there is nothing on it, and what to do first."""
    st.html(f'<div class="empty"><b>{escape(title)}</b><p>{escape(what_to_do)}</p></div>')


def still_open(found: InspectionError | None) -> None:
    """List what a stage still waits for, beside the button that would lock it."""
    if found:
        head, *points = found.text(_).split("\n")
        st.warning("\n".join([literal(head), "", *(f"- {literal(point)}" for point in points)]))


def opened(opening: Opening | None) -> None:
    """Say when and by whom the marks were opened."""
    if opening:
        st.caption(_("The marks were opened on {time} by {name}.", time=f"{opening.at:%Y-%m-%d %H:%M:%S}",
                     name=literal(opening.by)))  # fmt: skip


def method_change(change: MethodChange) -> None:
    """Say that the method was changed after scoring began, from what to what, and why."""
    when = _("after the marks were opened") if change.opened else _("after scoring began")
    st.warning(
        _("The method was changed on {time}, {when}: {before} → {after}. Reason: {reason}",
          time=f"{change.at:%Y-%m-%d %H:%M}", when=when, before=_reckoning(change.before),
          after=_reckoning(change.after), reason=literal(change.reason))
    )  # fmt: skip


def _reckoning(one: Reckoning) -> str:
    return "，".join((
        _(METHOD_TITLES[Method(one.method)]), _("{places} decimals", places=one.places),
        _(ROUNDING_TITLES[Rounding(one.rounding)]), _("at least {fewest} marks an item", fewest=one.min_marks),
    ))  # fmt: skip


def short_items(items: Sequence[str]) -> None:
    """Say which items will have fewer marks than the method asks for."""
    if items:
        st.warning(
            _("{count} items have fewer experts than the saved method needs marks, and would stay open: {items}.",
              count=len(items), items=", ".join(items))
        )  # fmt: skip


def confirm(label: str, question: str, use_case: Callable[[], object], *, key: str, primary: bool = True) -> None:
    """Ask once before something that cannot be undone."""

    @st.dialog(label)
    def ask() -> None:
        st.write(literal(question))
        if st.button(label, type="primary", key=f"{key}-yes", width="stretch"):
            use_case()
            st.rerun()

    if st.button(label, type="primary" if primary else "secondary", key=key):
        ask()
