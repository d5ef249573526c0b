"""Sample visits: sealed, verified, the same for the same seed, and the same answers on both engines."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from inspection_app.archive.engines import opened
from inspection_app.archive.index import index
from inspection_app.archive.questions import QUESTIONS, Narrowed, ask
from inspection_app.archive.samples import make_sample, make_samples
from inspection_app.archive.sources import State
from inspection_app.errors import NotFound
from inspection_app.services.check import result_record, verify
from tests.archive.conftest import NOW

SPARK = "spark://local[2]"
needs_spark = pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="needs PySpark (the extra spark)")


def test_a_sample_visit_is_sealed_and_verifies(tmp_path: Path) -> None:
    """It passes every check that any visit passes, and its seal is the same to the last digest when it is made again."""
    first, again = (make_sample(tmp_path / name, 3, panel=range(3, 4)) for name in ("first", "again"))
    found = verify(first)
    assert found.sealed is not None
    assert first.name == again.name
    assert verify(again).sealed == found.sealed
    assert result_record(first)["outcome"]["items"]


def same_answers(folder: Path, other: str) -> None:
    """Compare every question on DuckDB and another engine: all visits, and those of one year and two regions."""
    for narrowed in (Narrowed(), Narrowed(years=(2025,)), Narrowed(regions=("豫东市", "湘西州"))):
        with opened(folder, names=True) as embedded, opened(folder, other, names=True) as distributed:
            for question in QUESTIONS:
                expected, found = (ask(one, question.name, narrowed) for one in (embedded, distributed))
                assert found.columns == expected.columns
                assert found.rows == expected.rows, question.name


@pytest.mark.soak  # a Java machine takes longer to start than a whole test may
@needs_spark
def test_spark_says_what_duckdb_says_of_three_visits(three: Path) -> None:
    """Row for row, with names, over the three visits that are worked out by hand."""
    same_answers(three / "archive", SPARK)


@pytest.mark.soak
@needs_spark
def test_spark_says_what_duckdb_says_of_a_thousand_visits(tmp_path: Path) -> None:
    """Row for row, every question, over the sample of 1,000; all of them verify on the way in."""
    made = tmp_path / "visits"
    make_samples(made, int(os.environ.get("INSPECTION_SOAK_VISITS", "1000")), workers=os.cpu_count() or 1)
    found = index(made, now=NOW, entropy=os.urandom, names=True, workers=os.cpu_count() or 1)
    assert set(found.counts) == {State.COUNTED}
    same_answers(made / "archive", SPARK)


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is not None, reason="PySpark is installed")
def test_without_pyspark_it_says_how_to_install_it(three: Path) -> None:
    """The extra is named."""
    with pytest.raises(NotFound, match="spark"), opened(three / "archive", SPARK):
        pass
