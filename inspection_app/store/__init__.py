"""Every line of SQL, a file a subject; takes and gives core types. Rules and permissions are not in here."""

import sys

# Where pandas, numpy and pyarrow are installed, sqlite-utils takes them in (80 MB and a second) for column types that
# nothing here writes: it is told that they are not there, and whoever needs them afterwards finds them.
if "sqlite_utils" not in sys.modules:
    _left_out = {name: None for name in ("pandas", "numpy") if name not in sys.modules}
    sys.modules.update(_left_out)  # type: ignore[arg-type]  # None is how the import system says so
    try:
        import sqlite_utils  # noqa: F401
    finally:
        for _name in _left_out:
            del sys.modules[_name]
