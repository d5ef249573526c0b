"""Find the fonts that official documents prescribe, where this machine has them.

They are no free fonts: none is shipped, copied or kept. Nothing else is looked for, and no font is opened here.

Source: GB/T 9704-2012 names 小标宋, 仿宋, 楷体 and 黑体; the file names are those of Windows and of 方正.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from inspection_app.places import font_folders

FILES: Mapping[str, tuple[str, ...]] = {
    "fangsong": ("simfang.ttf",),
    "kaiti": ("simkai.ttf",),
    "heiti": ("simhei.ttf",),
    "xiaobiaosong": ("fzxbsjw.ttf", "fzxbsk.ttf", "fzxbsjt.ttf"),
}
"""By face, in the order of preference and in lower case."""


def find_official_fonts() -> dict[str, Path]:
    """Return the official fonts by face; a folder that cannot be read holds none."""
    wanted = {name: (face, rank) for face, names in FILES.items() for rank, name in enumerate(names)}
    found: dict[str, tuple[int, Path]] = {}
    for folder in font_folders():
        for path in _files(folder):
            face, rank = wanted.get(path.name.lower(), ("", 0))
            if face and (face not in found or rank < found[face][0]):
                found[face] = (rank, path)
    return {face: path for face, (_, path) in sorted(found.items())}


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent) / name for name in sorted(names))
