"""The reader's language: zh-CN by default, English by choice.

Message ids are the English sentences themselves; ``catalogues/`` holds the translations. The choice belongs to the
running context (a page's run, a request, a command), never to the process. Where nobody has chosen in a context yet,
its reader is asked (``ask``).
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from importlib import resources

CHINESE, ENGLISH = "zh_CN", "en"
LANGUAGES = {CHINESE: "简体中文", ENGLISH: "English"}
COOKIE = "inspection_language"
DOMAIN = "inspection_app"

_current: ContextVar[str | None] = ContextVar("language", default=None)
_readers: list[Callable[[], str | None]] = []


def use(language: str | None) -> str:
    """Choose the language of this context and return it; anything unknown means zh-CN."""
    chosen = language if language in LANGUAGES else CHINESE
    _current.set(chosen)
    return chosen


def current() -> str:
    """Return the language chosen in this context; where none is, the one its reader has asked for, or zh-CN."""
    chosen = _current.get()
    if chosen is None:
        asked = next(filter(None, (reader() for reader in _readers)), None)
        chosen = use(asked) if asked else CHINESE
    return chosen


def ask(reader: Callable[[], str | None]) -> None:
    """Say how contexts in which nobody has chosen ask their reader; the answer is None in those that have none."""
    _readers.append(reader)


def _(message: str, /, **context: object) -> str:
    """Return a message in the reader's language, its ``{placeholders}`` filled in."""
    text = message if current() == ENGLISH else _catalogue(current()).gettext(message)
    return text.format(**context) if context else text


def aside(told: object) -> str:
    """Return something in brackets as the reader's language sets them; nothing where there is nothing."""
    return _(" ({told})", told=told) if f"{told}" else ""


def labelled(label: object, told: object) -> str:
    """Return something behind what it is called."""
    return _("{label}: {told}", label=label, told=told)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Compile a catalogue in memory: nothing built is kept in the repository, so nothing can be stale."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = resources.files("inspection_app") / "catalogues" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
