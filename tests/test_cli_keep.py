"""The commands that keep a visit, as somebody at the hub's console types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from inspection_app.cli import main
from inspection_app.services import prepare
from inspection_app.store import snapshots
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import NOW, Scene, create, dump


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return create(tmp_path / "visits")


def run(*words: object, typed: str = "") -> str:
    done = CliRunner().invoke(main, ["visit", *map(str, words)], input=typed)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_visit_is_kept_and_put_back(scene: Scene, tmp_path: Path) -> None:
    """A snapshot and an encrypted copy on a stick; the list, what would be lost, no without a yes; and from the stick
    when the laptop's folder is gone."""
    stick, path = tmp_path / "stick", scene.file.path
    stick.mkdir()
    told = run("snapshot", path, "--to", stick, "--locked")
    passphrase = told.split()[-1].rpartition("：")[2]
    (one,) = snapshots.snapshots(snapshots.place_of(scene.file))
    prepare.enter_figure(scene.file, scene.secretary, AgreedFigure("fund", "0.5"), NOW)
    now = dump(scene.file)
    assert one.name in run("restore", path)
    refused = CliRunner().invoke(main, ["visit", "restore", str(path), "--from", one.name], input="n\n")
    assert "enter-figure: 1" in refused.output
    assert dump(scene.file) == now
    run("restore", path, "--from", one.name, "--yes")
    assert dump(scene.file, "figure") == {"figure": []}
    path.unlink()
    (copy,) = snapshots.snapshots(stick / scene.file.slug)
    run("restore", path, "--from", copy.path, "--yes", typed=passphrase + "\n")
    assert dump(scene.file, "figure") == {"figure": []}


def test_a_visit_from_elsewhere(scene: Scene, tmp_path: Path) -> None:
    """It is copied among the visits of the folder that is named, and its path printed."""
    source = tmp_path / "from.visit"
    snapshots.copy_visit(scene.file.path, source)
    path = Path(run("open-foreign", source, "--folder", tmp_path / "in").strip())
    assert path == tmp_path / "in" / "from.visit"
    assert dump(VisitFile(path)) == dump(scene.file)
