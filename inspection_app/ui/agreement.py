"""A part of the page Consolidate that is folded and the chair's alone: how far the experts agree, as a hint.

It changes no score, stands in no document, and is reckoned only while somebody looks at it.
"""

from __future__ import annotations

import streamlit as st

from inspection_app.core.agreement import Statistic, agreement, leanings
from inspection_app.errors import N_, Message
from inspection_app.language import _
from inspection_app.services.consolidate import Consolidation
from inspection_app.ui import widgets

MEANINGS: dict[str, tuple[Message, Message]] = {
    "icc_2_1": (N_("ICC(2,1)"), N_("How far one expert's mark alone can be relied on; 1 is full agreement.")),
    "icc_2_k": (N_("ICC(2,k)"), N_("How far the mean of all experts can be relied on; 1 is full agreement.")),
    "kendall_w": (
        N_("Kendall's W"),
        N_("Whether the experts rank the items alike, however strict each is; 0 is chance, 1 the same order."),
    ),
    "alpha_interval": (
        N_("Krippendorff's α"),
        N_("How far the marks agree beyond chance, missing marks allowed for; 1 is full agreement, 0 is chance."),
    ),
}


def agreement_part(found: Consolidation) -> None:
    """Show the four figures with a sentence each, and who marks far above or below the others."""
    rates = found.score_rates
    measured = agreement(rates)
    st.caption(_("Internal: no part of the score, and in no document."))
    widgets.table(
        [_("Statistic"), _("Value"), _("What it says")],
        [[_(title), _value(getattr(measured, key)), _said(getattr(measured, key), meaning)]
         for key, (title, meaning) in MEANINGS.items()],
        numbers=[1], key="agreement",
    )  # fmt: skip
    leaning = zip(found.members, leanings(rates), strict=True)
    far = [(widgets.literal(member.name), one) for member, one in leaning if one.far]
    for name, one in far:
        assert one.difference is not None
        share = f"{abs(one.difference):.0%}"
        st.write(
            _("{name} marks {share} of the points above the others, over {count} items.",
              name=name, share=share, count=one.items)
            if one.difference > 0
            else _("{name} marks {share} of the points below the others, over {count} items.",
                   name=name, share=share, count=one.items)
        )  # fmt: skip
    st.caption(
        _("That somebody marks higher or lower says nothing about who is right.") if far
        else _("Nobody marks far above or below the others.")
    )  # fmt: skip


def _value(one: Statistic) -> str:
    return _("cannot be reckoned") if one.value is None else f"{one.value:.3f}"


def _said(one: Statistic, meaning: Message) -> str:
    if one.reason:
        return _(one.reason)
    return f"{_(meaning)} " + _("({count} items)", count=one.items)
