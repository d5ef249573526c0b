"""A proposed rubric as YAML: in the order and style of the shipped files, with ``# DECIDE:`` where a person decides.

It writes text and no file; what is proposed is ``core.propose``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import yaml
from pydantic import BaseModel

from inspection_app.core.propose import Decision, Proposal
from inspection_app.core.rubric import Aspect, Item
from inspection_app.errors import N_, Message

_HEAD = N_(
    "Proposed from a table. Whatever says DECIDE has to be compared with the official text, and the line taken out.\n"
    "Figures that mean the same fact should share one key. “inspection-app rubric check” tells what is wrong."
)
_WIDTH = 120


def rubric_yaml(proposal: Proposal, say: Callable[[str], str]) -> str:
    """Write a proposal as the text of a rubric file; ``say`` translates the comments."""
    return "\n".join(_Writer(proposal, say).lines()) + "\n"


def decision_text(decision: Decision, say: Callable[[str], str]) -> str:
    """Return what has to be decided, in the reader's language."""
    filled = {key: say(value) if isinstance(value, Message) else value for key, value in decision.context.items()}
    return say(decision.message).format(**filled)


class _Writer:
    def __init__(self, proposal: Proposal, say: Callable[[str], str]) -> None:
        self.proposal, self.rubric, self.say = proposal, proposal.rubric, say

    def lines(self) -> Iterator[str]:
        rubric = self.rubric
        yield "# yaml-language-server: $schema=./rubric.schema.json"
        yield "#"
        yield from (f"# {line}" for line in self.say(_HEAD).splitlines())
        yield ""
        yield from self._decide("")
        for key in ("id", "version", "title", "issuer", "year", "source"):
            yield f"{key}: {_scalar(str(getattr(rubric, key)), key in ('version', 'year'))}"
        yield f"stated_total: {_number(rubric.stated_total)}"
        if rubric.stated_bonus:
            yield f"stated_bonus: {_number(rubric.stated_bonus)}"
        yield ""
        yield "scheme:"
        yield "  prescribed: false"
        yield "  activities: []"
        if rubric.figures:
            yield ""
            yield "figures:"
            for key, figure in rubric.figures.items():
                yield f"  {key}: {_flow(_plain(figure))}"
        yield ""
        yield "aspects:"
        for number, aspect in enumerate(rubric.aspects):
            if number:
                yield ""
            yield from self._aspect(aspect)
        if rubric.vetoes:
            yield ""
            yield "vetoes:"
            yield from (f"  - {_flow(_plain(veto))}" for veto in rubric.vetoes)
        if rubric.errata:
            yield ""
            yield from self._errata(rubric.errata, "")

    def _aspect(self, aspect: Aspect) -> Iterator[str]:
        yield from self._decide("  ", aspect=aspect.id)
        yield f'  - id: "{aspect.id}"'
        yield f"    title: {_scalar(aspect.title)}"
        said = _plain(aspect)
        yield from (
            f"    {key}: {_scalar(said[key])}" for key in ("points", "kind", "cap", "requirement") if key in said
        )
        yield from self._errata(aspect.errata, "    ")
        yield "    items:"
        for item in aspect.items:
            yield from self._item(item)

    def _item(self, item: Item) -> Iterator[str]:
        yield from self._decide("      ", item=item.no)
        yield f'      - "no": {_scalar(item.no, quoted=True)}'
        yield f"        content: {_scalar(item.content)}"
        yield f"        points: {_number(item.points)}"
        if item.cap is not None:
            yield f"        cap: {_number(item.cap)}"
        if item.verification:
            yield f"        verification: {_flow(list(item.verification))}"
        yield f"        rule_text: {_scalar(item.rule_text)}"
        if item.responsible:
            yield f"        responsible: {_flow(list(item.responsible))}"
        yield "        criteria:"
        for criterion in item.criteria:
            yield from self._decide("          ", item=item.no, criterion=criterion.id)
            yield from self._criterion(_plain(criterion), "          ")
        if item.prompts:
            yield "        prompts:"
            yield from (f"          - {_scalar(prompt)}" for prompt in item.prompts)
        yield from self._errata(item.errata, "        ")

    @staticmethod
    def _criterion(fields: dict[str, Any], margin: str) -> Iterator[str]:
        """Write a criterion in one line where it fits, else a field a line, and each tier, band or check in one."""
        first = [key for key in ("id", "kind", "points", "text") if key in fields]
        fields = {key: fields[key] for key in (*first, *(k for k in fields if k not in first))}
        line = f"{margin}- {_flow(fields)}"
        lists = [
            key for key, value in fields.items() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        if not lists and len(line) <= _WIDTH:
            yield line
            return
        lead = "- "
        for key, value in fields.items():
            if key in lists:
                yield f"{margin}  {key}:"
                yield from (f"{margin}    - {_flow(one)}" for one in value)
            else:
                written = _flow(value) if isinstance(value, list) else _scalar(value, quoted=key == "id")
                yield f"{margin}{lead}{key}: {written}"
            lead = "  "

    def _errata(self, errata: Sequence[BaseModel], margin: str) -> Iterator[str]:
        if errata:
            yield f"{margin}errata:"
        for erratum in errata:
            fields = _plain(erratum)
            yield f"{margin}  - about: {fields['about']}"
            yield f"{margin}    says: {_scalar(fields['says'])}"
            yield f"{margin}    does: {_scalar(fields['does'])}"

    def _decide(self, margin: str, **place: str) -> Iterator[str]:
        for decision in self.proposal.about(**place):
            yield f"{margin}# DECIDE: {decision_text(decision, self.say)}"


def _plain(part: BaseModel) -> dict[str, Any]:
    """Return what a part says beyond its defaults, as YAML knows it."""
    said = part.model_dump(mode="python", by_alias=True, exclude_defaults=True)
    return {key: _yaml_value(value) for key, value in said.items()}


def _yaml_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _yaml_value(one) for key, one in value.items()}
    return [_yaml_value(one) for one in value] if isinstance(value, (list, tuple)) else value


def _number(number: Decimal) -> str:
    return str(_yaml_value(number))


class _Dumper(yaml.SafeDumper):
    """Flow style in one line; identifiers keep their quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Put in double quotes, as the shipped files do, what cannot stand without."""
        plain = yaml.dump([text], Dumper=yaml.SafeDumper, default_flow_style=True, allow_unicode=True, width=10**6)
        quoted = plain.startswith(("['", '["'))
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def _flow(value: Any) -> str:
    return (
        str(yaml.dump(value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False))
        .strip()
        .removesuffix("\n...")
    )


def _scalar(value: Any, quoted: bool = False) -> str:
    """Write one value so that a block mapping holds it in one line."""
    if quoted and isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    written = _flow([value])
    return written[1:-1] if not isinstance(value, str) or value else '""'
