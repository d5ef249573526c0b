"""What is the same in every shipped rubric, or in every one whose text leaves it open."""

from decimal import Decimal

import pytest

from inspection_app import load_rubric
from inspection_app.core.consistency import contradictions
from inspection_app.files import rubric_ids


@pytest.mark.parametrize("id_", rubric_ids())
def test_it_contradicts_itself_nowhere(id_: str) -> None:
    """Points, sums, figures, identifiers and bands of the file agree with one another, or are listed as slips."""
    assert [(path, fault.fault) for path, fault in contradictions(load_rubric(id_))] == []


@pytest.mark.parametrize("id_", ["huiji-district", "hunan-city", "pingdingshan-city", "suzhou-town"])
def test_the_scheme_is_only_offered(id_: str) -> None:
    """The text is silent on stages and draws: the file offers those of the county text and says so."""
    scheme = load_rubric(id_).scheme
    assert not scheme.prescribed
    assert (scheme.candidate_sites, scheme.drawn_sites) == (5, (3, 4))
    assert scheme.citizen_categories == ("群众代表", "人大代表", "政协委员", "社会监督员")
    assert [activity.draws for activity in scheme.activities if activity.draws] == ["sites", "citizens"]
    assert scheme.part_step == Decimal("0.5")
