"""The reader's language: chosen in a context, or asked of the reader where nobody chose, and never another context's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Context

import pytest

from inspection_app import language

Answer = Callable[[str | None], None]


@pytest.fixture
def reader() -> Iterator[Answer]:
    """Let a test say what the reader answers in contexts in which nobody has chosen."""
    answers: list[str | None] = [None]
    before = [*language._readers]
    language._readers[:] = []
    language.ask(lambda: answers[-1])
    yield answers.append
    language._readers[:] = before


def said(*chosen: str) -> tuple[str, str]:
    """Say one message in a context of its own in which these languages are chosen one after the other."""

    def say() -> tuple[str, str]:
        for one in chosen:
            language.use(one)
        return language.current(), language._("Save")

    return Context().run(say)


def test_a_context_without_a_choice_asks_its_reader(reader: Answer) -> None:
    """What the reader says counts; Chinese where nobody can be asked or the answer is no language there is."""
    assert said() == (language.CHINESE, "保存")
    reader(language.ENGLISH)
    assert said() == (language.ENGLISH, "Save")
    reader("tlh")
    assert said() == (language.CHINESE, "保存")


def test_a_choice_stands_whatever_the_reader_says(reader: Answer) -> None:
    """The latest choice of a context counts, and another context's never does."""
    reader(language.ENGLISH)
    assert said(language.CHINESE) == (language.CHINESE, "保存")
    assert said(language.CHINESE, language.ENGLISH)[0] == language.ENGLISH
    assert said()[0] == language.ENGLISH
