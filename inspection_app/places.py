"""Where things lie on this machine: the folder of visits, and the rubrics and sample input that are shipped.

It opens nothing and makes no folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from inspection_app.errors import N_, NotFound

VISITS_VARIABLE = "INSPECTION_VISITS"
"""The environment variable that names the folder of visits."""

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def visits_folder() -> Path:
    """Return the folder the visits are kept in: the one named by ``INSPECTION_VISITS``, else ``data/visits`` of a
    checkout, else a folder among the user's documents."""
    if named := os.environ.get(VISITS_VARIABLE):
        return Path(named).expanduser().resolve()
    if _is_checkout():
        return _CHECKOUT / "data" / "visits"
    documents = Path.home() / "Documents"
    return (documents if documents.is_dir() else Path.home()) / "inspection-app"


def shipped(name: str) -> Path:
    """Return ``rubrics`` or ``data``: inside the package where a wheel was installed, beside it in a checkout.

    Raises:
        NotFound: the installation is incomplete.
    """
    installed = _PACKAGE / "shipped" / name
    if installed.is_dir():
        return installed
    if _is_checkout() and (_CHECKOUT / name).is_dir():
        return _CHECKOUT / name
    raise NotFound(
        N_("“{name}” is missing from this installation. Install inspection-app again."), "not-shipped", name=name
    )


def _is_checkout() -> bool:
    return (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "rubrics").is_dir()
