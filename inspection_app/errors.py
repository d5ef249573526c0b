"""The errors this software raises on purpose, as one tree, and the faults they carry.

    InspectionError
    ├── RubricError        a rubric file says something a rubric may not say
    ├── RosterError        a list of sites or citizens cannot be used as it is
    ├── DrawError          a ceremony or a certificate does not follow the protocol
    ├── ScoreError         an answer, a figure or a decision that cannot be taken
    ├── StageError         the visit is not where this may be done
    ├── PermissionDenied   this person may not do this
    ├── NotFound           there is no such visit, item, person or file
    └── TamperError        something that was fixed has been changed

A broken invariant is a plain exception and is shown to nobody as text. Messages are English catalogue
keys with ``{placeholders}``; whoever shows one translates it first and fills it in afterwards. This module
does not translate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


class Message(str):
    """A catalogue key; where one stands in a context it is translated before it is filled in."""

    __slots__ = ()


def N_(message: str) -> Message:
    """Mark a message for the catalogues and return it as it is."""
    return Message(message)


def _as_it_is(message: str) -> str:
    return message


def _filled(message: str, context: Mapping[str, object], translate: Callable[[str], str]) -> str:
    """Translate a message and then fill it in; lists of words are joined by a slash."""

    def said(value: object) -> object:
        if isinstance(value, Message):
            return translate(value)
        return " / ".join(str(said(one)) for one in value) if isinstance(value, tuple) else value

    return translate(message).format(**{name: said(value) for name, value in context.items()})


_FAULT = N_("{place}: {fault} {remedy}")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where it is, what it is, and how to mend it.

    ``place``, ``fault`` and ``remedy`` are catalogue keys whose placeholders ``context`` fills.
    """

    place: str
    fault: str
    remedy: str
    context: dict[str, object] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = _as_it_is) -> str:
        """Return ``place: fault remedy`` in the reader's language."""
        place, fault, remedy = (
            _filled(part, self.context, translate) if part else "" for part in (self.place, self.fault, self.remedy)
        )
        return translate(_FAULT).format(place=place, fault=fault, remedy=remedy).strip()


class InspectionError(Exception):
    """An expected fault.

    Args:
        message: English sentence, a catalogue key, with ``{placeholders}``.
        code: short stable word for programs, e.g. ``"over-ceiling"``.
        faults: every single fault, where a whole file or form was checked at once.
        context: what fills the placeholders.
    """

    exit_code = 1

    def __init__(self, message: str, code: str, *, faults: Iterable[Fault] = (), **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.faults = tuple(faults)
        self.context = context

    def text(self, translate: Callable[[str], str] = _as_it_is) -> str:
        """Return the message and then every fault on a line of its own, in the reader's language."""
        head = _filled(self.message, self.context, translate)
        return "\n".join([head, *(fault.text(translate) for fault in self.faults)])

    def __str__(self) -> str:
        return self.text()


class RubricError(InspectionError):
    """A rubric file says something a rubric may not say."""


class RosterError(InspectionError):
    """A list of sites or citizens cannot be used as it is."""


class DrawError(InspectionError):
    """A ceremony or a certificate does not follow the protocol."""


class ScoreError(InspectionError):
    """An answer, a figure or a decision cannot be taken."""


class StageError(InspectionError):
    """The visit is not at a stage where this may be done."""


class PermissionDenied(InspectionError):
    """This person may not do this."""


class NotFound(InspectionError):
    """There is no such visit, item, person or file."""


class TamperError(InspectionError):
    """Something that had been fixed was changed afterwards."""

    exit_code = 3
