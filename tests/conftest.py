"""The sample visit for whoever needs one: built once for each stage in a whole run, and then copied."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from inspection_app.core.visit import Stage
from inspection_app.sample import Sample, build_sample
from inspection_app.store.file import VisitFile

SampleAt = Callable[[Path, Stage], Sample]
"""Take a folder and a stage and give the sample visit in that folder: a file of the test's own."""


@pytest.fixture(scope="session")
def sample_at(tmp_path_factory: pytest.TempPathFactory) -> SampleAt:
    """Copy the sample visit at a stage, as a visit is handed over anyway; all processes of a run share what is built."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "samples"
    shared.mkdir(exist_ok=True)

    @cache
    def built(stage: Stage) -> Sample:
        kept = shared / f"{stage}.pickle"
        with closing(sqlite3.connect(shared / f"{stage}.lock", timeout=300, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")  # a lock between processes on every system
            if not kept.exists():
                kept.write_bytes(pickle.dumps(build_sample(shared / stage, stage)))
        sample: Sample = pickle.loads(kept.read_bytes())
        return sample

    def copied(folder: Path, stage: Stage) -> Sample:
        sample = built(stage)
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.glob("*.visit")))
        path = folder / (f"{sample.file.slug}-{number}.visit" if number else sample.file.path.name)
        return replace(sample, file=VisitFile(Path(shutil.copy(sample.file.path, path))))

    return copied
