"""The short form of ``tests/soak/crash.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.crash import crash


@pytest.mark.skipif(sys.platform == "win32", reason="the hub's lives are forked")
def test_five_kills_under_load(tmp_path: Path) -> None:
    """Ten tablets save to a hub that is killed five times: nothing that was acknowledged is lost, nothing is there twice,
    and the file is sound after every kill."""
    found = crash(tmp_path, 5, seed=7)
    assert (found.lost, found.doubled, found.bad, found.refused) == (0, 0, 0, [])
    assert found.kills == 5
    assert found.told >= 5
