"""Who is looking at a page, at which visit, and what a page remembers between two runs.

The only module that touches ``st.session_state``. Nothing here is ever the only copy of what somebody entered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from inspection_app import language
from inspection_app.access import COOKIE, hub_secret, read_session
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Act, Actor, Member, Visit, permitted
from inspection_app.errors import InspectionError, PermissionDenied
from inspection_app.language import _
from inspection_app.places import visits_folder
from inspection_app.services.join import actor_of
from inspection_app.services.prepare import outline
from inspection_app.store.file import SUFFIX, VisitFile

T = TypeVar("T")
_HERE = "here"
_SAID = "said"
_UNDO = "undo"


@dataclass(frozen=True)
class Here:
    """The visit on this screen as this run found it, and who is signed in to it."""

    file: VisitFile
    actor: Actor
    member: Member
    visit: Visit
    rubric: Rubric
    members: tuple[Member, ...]

    def may(self, act: Act) -> bool:
        """Say whether this person may do this now: pages hide what the service behind them would refuse."""
        return permitted(act, self.member.role, self.visit.stage)

    def key(self, *parts: object) -> str:
        """Return a key for a field of this visit and person, so that nobody else at this screen finds it filled in."""
        return "-".join(map(str, (*parts[:1], self.file.slug, self.member.id, *parts[1:], "")))


def now() -> datetime:
    """Return the hub's time with its offset: the only clock that pages read."""
    return datetime.now().astimezone()


def choose_language() -> str:
    """Speak the reader's language from here on; the entry script asks for it at the beginning of every run."""
    return language.use(st.context.cookies.get(language.COOKIE))


def _readers_language() -> str | None:
    """Return what the reader of this page has chosen; None where this is no page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return st.context.cookies.get(language.COOKIE, language.CHINESE)


language.ask(_readers_language)  # the callback of a field and a dialog run by themselves, without the entry script


def find_here() -> Here | None:
    """Return who is signed in, or None; a code that was replaced no longer signs anybody in.

    The entry script asks at the beginning of every run, and the run's page is told the same (``signed_in``).
    """
    st.session_state[_HERE] = found = _here(visits_folder())
    return found


def _here(folder: Path) -> Here | None:
    session = read_session(st.context.cookies.get(COOKIE, ""), hub_secret(folder))
    if session is None:
        return None
    file = VisitFile(folder / f"{session.slug}{SUFFIX}")
    try:
        actor, member = actor_of(file, session)
        found = outline(file)
    except PermissionDenied as error:
        say("error", error.text(_))
        return None
    except InspectionError:
        return None
    return Here(file, actor, member, found.visit, found.rubric, found.members)


def signed_in() -> Here:
    """Return who is signed in; pages that only the signed-in see call this. Ends the run where nobody is."""
    found = visitor()
    if found is None:
        st.stop()
    return found


def visitor() -> Here | None:
    """Return who is signed in, or None, for pages that strangers see as well."""
    found: Here | None = st.session_state.get(_HERE)
    return found


def on_the_hub() -> bool:
    """Say whether the page is shown on the hub laptop itself and not on a tablet."""
    address = st.context.ip_address
    return address is None or address in {"127.0.0.1", "::1"}


def say(kind: str, text: str) -> None:
    """Keep a message (``success``, ``warning``, ``error``) for the next time messages are shown."""
    st.session_state.setdefault(_SAID, []).append((kind, text))


def said() -> list[tuple[str, str]]:
    """Return the messages kept so far and forget them."""
    messages: list[tuple[str, str]] = st.session_state.pop(_SAID, [])
    return messages


def attempt(use_case: Callable[..., T], *args: Any, done: str = "", **kwargs: Any) -> T | None:
    """Call a use case; say what went wrong in the reader's language, or that it is done. None where it failed."""
    try:
        result = use_case(*args, **kwargs)
    except InspectionError as error:
        say("error", error.text(_))
        return None
    if done:
        say("success", done)
    return result


def carry_out(here: Here, use_case: Callable[..., object], *args: Any, done: str = "", **kwargs: Any) -> NoReturn:
    """Call a use case on this visit as who is signed in, say how it went, and show what is stored then."""
    attempt(use_case, here.file, here.actor, *args, now(), done=done or _("Saved."), **kwargs)
    st.rerun()


def offer_undo(what: str, use_case: Callable[[], object]) -> None:
    """Let the next run show a button that takes the last step back."""
    st.session_state[_UNDO] = (what, use_case)


def undo_offered() -> str:
    """Return what can be undone, or an empty text."""
    return str(st.session_state.get(_UNDO, ("",))[0])


def undo() -> None:
    step = st.session_state.pop(_UNDO, None)
    if step:
        attempt(step[1])


def remember(key: str, value: Any) -> None:
    st.session_state[key] = value


def remembered(key: str, default: Any = None) -> Any:
    return st.session_state.get(key, default)


def forget(prefix: str) -> None:
    """Forget every value whose key begins so: the next run shows what is stored."""
    for key in [key for key in st.session_state if str(key).startswith(prefix)]:
        del st.session_state[key]


def begin_with(key: str, value: Any) -> None:
    """Give a widget the stored value, unless it already shows something newer."""
    if key not in st.session_state:
        st.session_state[key] = value
