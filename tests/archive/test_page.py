"""The archive's page: it brings the archive up to date, asks every question, and leads to one visit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from inspection_app.archive.questions import QUESTIONS
from inspection_app.places import VISITS_VARIABLE

APP = Path(__file__).parents[2] / "inspection_app" / "app.py"


def page() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    app._page_hash = calc_hash("archive")
    return app.run()


def chosen(app: AppTest, key: str) -> object:
    return next(one for one in app.selectbox if one.key == key)


def test_from_nothing_to_one_visit(three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an archive the page says what to do; its button makes one; every question has an answer; a visit is told."""
    folder = tmp_path / "visits"
    shutil.copytree(three, folder, ignore=shutil.ignore_patterns("archive*"))
    monkeypatch.setenv(VISITS_VARIABLE, str(folder))
    monkeypatch.setattr(ContextProxy, "ip_address", None)  # as it is for whoever sits at the hub
    app = page()
    assert [one.key for one in app.selectbox] == []
    next(one for one in app.button if one.key == "index").click().run()
    assert (folder / "archive" / "manifest.json").is_file()
    for question in QUESTIONS:
        chosen(app, "question").set_value(question.name).run()  # type: ignore[attr-defined]
        assert not app.exception
    select = chosen(app, "visit")
    select.set_value(select.value or next(iter(_ids(folder)))).run()  # type: ignore[attr-defined]
    assert not app.exception
    assert any("清溪县人民政府" in one.proto.body for one in app.get("html"))


def _ids(folder: Path) -> list[str]:
    from inspection_app.archive.dataset import Dataset

    counted = Dataset(folder / "archive").manifest().counted
    return [one.visit for place, one in counted.items() if "清溪" in place]
