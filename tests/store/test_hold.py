"""Holding a file open between saves changes when SQLite tidies up, and nothing else."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from inspection_app.services import score
from inspection_app.store.file import VisitFile
from inspection_app.store.hold import hold
from tests.services.conftest import EXPERT, MARKS, NOW, SITES, create, declare_all, prepare


def test_a_second_later_copying_the_file_is_the_backup_again(tmp_path: Path) -> None:
    """While it is held what was committed stands beside the file; after that the file alone has it all."""
    scene = create(tmp_path)
    prepare.name_sites(scene.file, scene.secretary, SITES, NOW)
    declare_all(scene)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    beside = scene.file.path.with_name(scene.file.path.name + "-wal")
    assert not beside.exists()
    for _twice in range(2):  # the second is held already
        hold(scene.file, 0.3)
    answers = MARKS[EXPERT]["1"]
    score.answer_item(scene.file, scene.expert, "1", answers, "", base=0, now=NOW)
    assert beside.exists()
    while beside.exists():
        time.sleep(0.01)
    copied = VisitFile(Path(shutil.copy(scene.file.path, tmp_path / "copied.visit")))
    assert score.sheet_of(copied, scene.expert).entries["1"].answers == answers
    hold(scene.file, 0.05)  # and it can be held again
    assert score.sheet_of(scene.file, scene.expert).entries["1"].revision == 1


def test_holding_never_fails(tmp_path: Path) -> None:
    """A file that is gone or is no visit is somebody else's to complain of, and none is made."""
    hold(VisitFile(tmp_path / "gone.visit"))
    assert not (tmp_path / "gone.visit").exists()
    (tmp_path / "odd.visit").write_bytes(b"not a database" * 100)
    hold(VisitFile(tmp_path / "odd.visit"))
