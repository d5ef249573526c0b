"""Cut the font subsets in ``inspection_app/report/fonts`` out of the complete fonts.

Run by hand when a source font changes; no test needs it and it fetches nothing. ``fonts/README.md`` names the
packages the sources come from. Needs fontTools only.

    python tests/report/make_fonts.py --serif NotoSerifSC_400Regular.ttf --bold NotoSerifSC_700Bold.ttf \\
        --sans NotoSansSC_500Medium.ttf --kai LXGWWenKai-Regular.ttf --general table.txt OUT_FOLDER

``table.txt`` holds the 8,105 characters of 通用规范汉字表 in any order, as UTF-8.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

HANGUL = [*range(0x1100, 0x1200), *range(0x3130, 0x3190), *range(0xA960, 0xA980), *range(0xAC00, 0xD800)]
IDEOGRAPHS = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)]
KAI = "Inspection Kai"  # "LXGW" is a reserved font name, which a changed font may not bear


def is_ideograph(codepoint: int) -> bool:
    return any(first <= codepoint <= last for first, last in IDEOGRAPHS)


def everyday(table: Path) -> set[int]:
    """Return the ideographs of GB 2312 and of the table of general-use characters."""
    rows = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    gb2312 = {ord(char) for row in rows for char in row.decode("gb2312", "ignore")}
    return {codepoint for codepoint in gb2312 | set(map(ord, table.read_text("utf-8"))) if is_ideograph(codepoint)}


def cut(source: Path, target: Path, ideographs: set[int] | None, family: str = "") -> None:
    """Keep the given ideographs (all, if None) and every other character but Hangul."""
    font = TTFont(source, recalcTimestamp=False)
    draw_boxes(font)
    even_digits(font)
    available = set(font.getBestCmap()) - set(HANGUL)
    wanted = {char for char in available if ideographs is None or not is_ideograph(char) or char in ideographs}
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True, glyph_names=False)
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "STAT", "vhea", "vmtx", "prep", "gasp"]
    options.name_languages = [0x409]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    if family:
        rename(font, family)
    font.save(target)
    print(target.name, len(wanted), "characters", target.stat().st_size, "bytes")


def draw_boxes(font: TTFont) -> None:
    """Add ☐ ☑ ☒, which the Noto fonts lack, out of the font's own □ ✓ ×."""
    cmap = font.getBestCmap()
    if not {0x25A1, 0x2713, 0xD7} <= set(cmap):
        return
    extra = {0x2610: [], 0x2611: [0x2713], 0x2612: [0xD7]}
    box, glyphs = font["glyf"][cmap[0x25A1]], font["glyf"]
    width, bearing = font["hmtx"][cmap[0x25A1]]
    for codepoint, parts in extra.items():
        if codepoint in cmap:
            continue
        pen = TTGlyphPen(font.getGlyphSet())
        pen.addComponent(cmap[0x25A1], (1, 0, 0, 1, 0, 0))
        for part in parts:
            inner = glyphs[cmap[part]]
            scale = 0.92 * (box.xMax - box.xMin) / max(inner.xMax - inner.xMin, inner.yMax - inner.yMin)
            dx = (box.xMax + box.xMin) / 2 - scale * (inner.xMax + inner.xMin) / 2
            dy = (box.yMax + box.yMin) / 2 - scale * (inner.yMax + inner.yMin) / 2
            pen.addComponent(cmap[part], (scale, 0, 0, scale, round(dx), round(dy)))
        name = f"uni{codepoint:04X}"
        font.setGlyphOrder([*font.getGlyphOrder(), name])
        glyphs[name] = pen.glyph()
        font["hmtx"][name] = (width, bearing)
        if "vmtx" in font:
            font["vmtx"][name] = font["vmtx"][cmap[0x25A1]]
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[codepoint] = name


def even_digits(font: TTFont) -> None:
    """Give all digits the width of 0, so that points stand in columns."""
    cmap, glyphs, widths = font.getBestCmap(), font["glyf"], font["hmtx"]
    width = widths[cmap[ord("0")]][0]
    for digit in "123456789":
        name = cmap[ord(digit)]
        advance, bearing = widths[name]
        shift = round((width - advance) / 2)
        glyphs[name].coordinates.translate((shift, 0))
        glyphs[name].recalcBounds(glyphs)
        widths[name] = (width, bearing + shift)


def rename(font: TTFont, family: str) -> None:
    plain = family.replace(" ", "")
    for record in font["name"].names:
        new = {1: family, 3: plain, 4: family, 6: plain, 16: family}.get(record.nameID)
        if new:
            font["name"].setName(new, record.nameID, record.platformID, record.platEncID, record.langID)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("serif", "bold", "sans", "kai", "general"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    characters = everyday(given.general)
    cut(given.serif, given.out / "serif.ttf", None)
    cut(given.bold, given.out / "serif-bold.ttf", characters)
    cut(given.sans, given.out / "sans.ttf", characters)
    cut(given.kai, given.out / "kai.ttf", characters, KAI)


if __name__ == "__main__":
    main()
