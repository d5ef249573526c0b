"""Where things are: visits, an office's templates, what is shipped, the machine's fonts, the hub for its tablets.

It opens nothing and makes no folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from inspection_app.errors import N_, NotFound

VISITS_VARIABLE = "INSPECTION_VISITS"
"""The environment variable that names the folder of visits."""

FONTS_VARIABLE = "INSPECTION_FONTS"
"""The environment variable that names the one folder to look for fonts in; ``none``: look nowhere."""

TEMPLATES_VARIABLE = "INSPECTION_TEMPLATES"
"""The environment variable that names the folder of an office's own Word templates."""

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
_hub: list[Callable[[], str]] = []


def visits_folder() -> Path:
    """Return the folder the visits are kept in: the one named by ``INSPECTION_VISITS``, else ``data/visits`` of a
    checkout, else a folder among the user's documents."""
    if named := os.environ.get(VISITS_VARIABLE):
        return Path(named).expanduser().resolve()
    if root := checkout():
        return root / "data" / "visits"
    documents = Path.home() / "Documents"
    return (documents if documents.is_dir() else Path.home()) / "inspection-app"


def templates_folder(visits: Path) -> Path:
    """Return where an office keeps its own Word templates: the folder named by ``INSPECTION_TEMPLATES``, else
    ``templates`` in the folder of visits."""
    named = os.environ.get(TEMPLATES_VARIABLE)
    return Path(named).expanduser() if named else visits / "templates"


def rubrics_folder(visits: Path) -> Path:
    """Return where an office keeps rubrics of its own: ``rubrics`` in the folder of visits."""
    return visits / "rubrics"


def font_folders() -> Iterator[Path]:
    """Yield the folders where this machine may keep fonts; they need not be there."""
    if named := os.environ.get(FONTS_VARIABLE):
        if named != "none":
            yield Path(named)
        return
    for variable, below in (("WINDIR", "Fonts"), ("LOCALAPPDATA", "Microsoft/Windows/Fonts")):
        if parent := os.environ.get(variable):
            yield Path(parent) / below
    home = Path.home()
    yield from (home / ".fonts", home / ".local/share/fonts", home / "Library/Fonts")
    yield from map(Path, ("/usr/local/share/fonts", "/usr/share/fonts", "/Library/Fonts"))


def shipped(name: str) -> Path:
    """Return ``rubrics``, ``data`` or ``constraints.txt``: inside the package where a wheel was installed, beside it
    in a checkout.

    Raises:
        NotFound: the installation is incomplete.
    """
    installed = _PACKAGE / "shipped" / name
    if installed.exists():
        return installed
    if (root := checkout()) and (root / name).exists():
        return root / name
    raise NotFound(
        N_("“{name}” is missing from this installation. Install inspection-app again."), "not-shipped", name=name
    )


def tell_hub(address: Callable[[], str]) -> None:
    """Say how the hub's address is found: the server knows it, and it changes when the laptop joins another Wi-Fi."""
    _hub[:] = [address]


def hub_address() -> str:
    """Return the address at which tablets reach the hub now, such as ``http://192.168.8.2:8501``; "" where unknown."""
    return _hub[0]() if _hub else ""


def checkout() -> Path | None:
    """Return the checkout this runs from, or None where it was installed from a wheel."""
    return _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "rubrics").is_dir() else None
