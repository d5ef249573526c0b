"""A visit in one glance: where it stands and what is missing, without names or marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspection_app.core.visit import Stage
from inspection_app.services import prepare
from inspection_app.services.overview import overview
from tests.services.conftest import CHAIR, DESCRIPTION, EXPERT, NOW, SECRETARY, SITES, Scene, create, scene_at


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_sentence(tmp_path: Path, stage: Stage) -> None:
    """With its counts filled in, and nobody's name in it."""
    found = overview(scene_at(tmp_path, stage).file)
    assert (found.stage, found.description, found.rubric, found.year) == (stage, DESCRIPTION, "小细则", "2026")
    assert "{" not in found.missing.format(**found.context)
    assert (found.sealed is not None) == (stage is Stage.SEALED)
    assert not [name for name in (CHAIR, EXPERT, SECRETARY) if name in repr(found)]


def test_the_glance_follows_the_visit(tmp_path: Path) -> None:
    """What is kept of the last look is not shown when something was done since."""
    scene: Scene = create(tmp_path)
    before = overview(scene.file)
    assert before.context == {"count": 1}
    prepare.name_sites(scene.file, scene.secretary, SITES, NOW)
    assert overview(scene.file).context != before.context
