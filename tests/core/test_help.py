"""The help: a page for everybody, in the words of the pages it speaks of, and each leaf on one sheet of paper."""

from __future__ import annotations

import re

import pytest

from inspection_app.core.help import LEAVES, leaves_for
from inspection_app.core.papers.help import help_papers
from inspection_app.core.visit import Role
from inspection_app.language import CHINESE, ENGLISH, _, use
from inspection_app.report.pdf import lay_out, missing_characters
from tests.test_catalogues import sources


@pytest.fixture(params=[CHINESE, ENGLISH])
def tongue(request: pytest.FixtureRequest) -> str:
    return use(request.param)


def test_everybody_has_a_leaf_and_theirs_comes_first() -> None:
    """Each role reads its own first, then what to do in trouble; nothing is left out for anybody."""
    for role in Role:
        names = [leaf.name for leaf in leaves_for(role)]
        assert names[0] == role
        assert "trouble" in names[1:3]
        assert sorted(names) == sorted(leaf.name for leaf in LEAVES)
    assert leaves_for(None) == LEAVES


def test_each_leaf_is_one_page(tongue: str) -> None:
    """In both languages, with every character printed."""
    for paper in help_papers(LEAVES, _):
        assert len(lay_out(paper)) == 1, paper.title
        assert missing_characters(paper) == ()


def test_what_stands_in_quotes_is_on_the_screen() -> None:
    """Pages and buttons are called as they are called: whoever renames one renames it here."""
    told = [leaf.opening for leaf in LEAVES] + [point.text for leaf in LEAVES for point in leaf.points]
    quoted = {name for text in told for name in re.findall("“(.+?)”", text)}
    not_ours = {
        "Saved 14:03", "Waiting", "waiting",  # of the score pad, with a time and a number
        "guest network", "AP isolation", "no internet",  # of routers and tablets
        "inspection-app visit restore",
    }  # fmt: skip
    assert len(quoted) > 20
    assert quoted - not_ours - set(sources()) == set()


def test_the_advice_on_networks_is_there() -> None:
    """Own router, no internet, never a government-intranet machine's hotspot."""
    network = next(leaf for leaf in LEAVES if leaf.name == "network")
    text = " ".join([network.opening, *(point.text for point in network.points)])
    assert all(words in text for words in ("own small Wi-Fi router", "No internet", "government-intranet"))
