"""The store takes in no more than it needs: a command that reads a visit starts at once and stays small."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import sys
import inspection_app.store
import sqlite_utils
print(sorted({"pandas", "numpy", "pyarrow"} & {*sys.modules}))
import numpy
print(sqlite_utils.db.np, numpy.int8(3))
"""


def test_sqlite_utils_comes_without_pandas_which_others_still_find() -> None:
    """Neither pandas nor numpy nor pyarrow is loaded with it, and what imports one of them afterwards gets it."""
    told = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == ["[]", "None 3"]
