"""Errors say where, what and how to mend it, in the reader's language, and end a command with their own code."""

from __future__ import annotations

import inspect

import pytest

from inspection_app import errors
from inspection_app.errors import N_, Fault, InspectionError, TamperError

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, InspectionError)]


def test_a_message_is_translated_before_it_is_filled_in() -> None:
    """The catalogue sees the sentence with its placeholders, never a filled-in one."""
    seen: list[str] = []

    def translate(message: str) -> str:
        seen.append(message)
        return message.replace("Item", "第").replace("is wrong", "项有误")

    error = InspectionError(N_("Item {item} is wrong"), "wrong", item="3")
    assert error.text(translate) == "第 3 项有误"
    assert error.text() == str(error) == "Item 3 is wrong"
    assert seen == ["Item {item} is wrong"]


def test_words_inside_a_message_are_translated_too() -> None:
    """A marked word that fills a placeholder, alone or in a list, does not stay English; entered text is left alone."""
    chinese = {"Chair": "组长", "Expert": "专家", "Only {roles} may, {name}.": "只有{roles}可以，{name}。"}
    error = InspectionError(N_("Only {roles} may, {name}."), "no", roles=(N_("Chair"), N_("Expert")), name="Chair")
    assert error.text(lambda message: chinese[message]) == "只有组长 / 专家可以，Chair。"


def test_faults_follow_the_message_line_by_line() -> None:
    """A file's faults are all told, each as place, fault and remedy."""
    faults = [
        Fault("{file}, line {line}", "It is missing.", "Add it.", {"file": "a.yaml", "line": 3}),
        Fault("Panel", "There are {count} chairs.", "", {"count": 2}),
    ]
    error = InspectionError(N_("Faults: {count}."), "faults", faults=iter(faults), count=2)
    assert error.text() == "Faults: 2.\na.yaml, line 3: It is missing. Add it.\nPanel: There are 2 chairs."


def test_what_was_entered_is_never_read_as_a_placeholder() -> None:
    """Braces in a name are shown as they were typed."""
    error = InspectionError(N_("{name} is unknown."), "x", name="{name} {0} {")
    assert error.text() == "{name} {0} { is unknown."


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_the_tree_is_the_one_at_the_head_of_the_module(kind: type[InspectionError]) -> None:
    """Every error is drawn there, is an InspectionError and says what it is; only tampering ends with 3."""
    assert kind.__name__ in (errors.__doc__ or "")
    assert (kind.__doc__ or "").strip()
    assert kind.exit_code == (3 if issubclass(kind, TamperError) else 1)
