"""The public Python API, and every example in the documentation of the code."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

import inspection_app
from inspection_app import Score, load_rubric, score_item
from inspection_app.errors import NotFound

ROOT = Path(__file__).parents[1]
SCRIPTS = ("inspection_app.app", "inspection_app.ui", "inspection_app.__main__")
"""What runs on being imported, or belongs to a page's run."""

PARTS = ("strip", "widgets")
"""Parts of pages with examples: unlike a page, a part can be imported."""

MODULES = sorted([
    *(f"inspection_app.ui.{name}" for name in PARTS),
    *(
        module.name
        for module in pkgutil.walk_packages(inspection_app.__path__, "inspection_app.", onerror=lambda name: None)
        if not module.name.startswith(SCRIPTS)
    ),
])  # fmt: skip


def test_the_names_that_are_promised() -> None:
    """No more and no fewer, and the version is that of the package."""
    assert set(inspection_app.__all__) == {
        "Agreement", "Band", "Contribution", "DrawResult", "Entry", "Head", "LockedList", "PanelScore", "Quota", "Score",
        "SheetScore", "Statistic", "Verification", "__version__", "agreement", "certify", "consolidate", "draw",
        "draw_order", "load_rubric", "lock_list", "panel_score", "score_item", "score_sheet", "seed_of",
        "verify_certificate",
    }  # fmt: skip
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert inspection_app.__version__ == project["version"]


def test_the_example_of_the_api() -> None:
    """A shipped rubric, an item by its number, and its score."""
    rubric = load_rubric("henan-county")
    assert [item.no for item in rubric.items] == [str(no) for no in range(1, 38)]
    item = rubric.item("3")
    assert (item.no, item.points) == ("3", Decimal(3))
    assert item.content == "为实施质量发展战略规划、创建质量强县提供经费保障"
    assert item.verification == ("听取汇报", "查阅文件")
    assert item.rule_text.startswith("每年对贯彻落实国务院")
    assert item.responsible == ()
    assert [(c.id, c.kind, c.points) for c in item.criteria] == [("1", "step", Decimal(3))]
    score = score_item(item, {"1": "0.45"})
    assert isinstance(score, Score)
    assert (score.points, score.state, score.flags) == (Decimal("2"), "scored", ())


def test_agreed_figures_are_used_where_the_answers_hold_none() -> None:
    """By position or by name; states and partial points as promised."""
    item = load_rubric("henan-county").item("3")
    assert score_item(item, {}, {"quality_fund_share": "0.6"}).points == 3
    assert score_item(item, {"1": "0.2"}, figures={"quality_fund_share": "0.6"}).points == 1
    unmarked = score_item(item, {})
    assert (unmarked.points, unmarked.state, unmarked.partial) == (None, "unmarked", 0)


def test_answers_of_every_documented_form() -> None:
    """Ticks, a part, tiers, none fits, and an override, on real items."""
    rubric = load_rubric("henan-county")
    assert score_item(rubric.item("1"), {"1": True, "2": {"points": "1", "reason": "草案"}}).points == 3
    assert score_item(rubric.item("4"), {"1": 2}).points == 1
    assert score_item(rubric.item("4"), {"1": 0}).flags == ("no_tier",)
    assert score_item(rubric.item("4"), {"item": {"override": "1.5", "reason": "补交"}}).flags == ("override",)


def test_what_is_not_there_is_not_found() -> None:
    """Rubric, item, criterion."""
    rubric = load_rubric("henan-county")
    for asked in (lambda: load_rubric("nowhere"), lambda: rubric.item("38"), lambda: rubric.item("3").criterion("2")):
        with pytest.raises(NotFound):
            asked()


def test_the_api_starts_no_server_and_opens_no_database() -> None:
    """Scoring in a script loads neither Streamlit nor SQLite nor the PDF library."""
    code = (
        "import sys, inspection_app; inspection_app.load_rubric('henan-county');"
        "print(*sorted({'streamlit', 'sqlite3', 'fpdf', 'pandas', 'starlette', 'click'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_code_are_true(name: str) -> None:
    """Every >>> of a docstring gives what stands below it."""
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_no_example_escapes() -> None:
    """The finder sees the modules with examples, and the files that it does not import hold none."""
    seen = {name for name in MODULES if ">>> " in Path(str(importlib.import_module(name).__file__)).read_text("utf-8")}
    assert {"inspection_app.core.scoring", "inspection_app.core.wording", "inspection_app.core.rubric"} <= seen
    unseen = [ROOT / "inspection_app" / "app.py", *(ROOT / "inspection_app" / "ui").glob("*.py")]
    assert [path.stem for path in unseen if ">>> " in path.read_text("utf-8") and path.stem not in PARTS] == []
