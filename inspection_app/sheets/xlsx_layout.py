"""The layout of the XLSX score sheet: its columns, the words of its cells, the keys of its rows.

``xlsx_writing`` writes it and ``xlsx_reading`` finds it again: by the ids in the hidden row and columns, and never by
place.
"""

from __future__ import annotations

FORMAT = "inspection-app score sheet 1"
REACHED, IN_PART, NOT_REACHED, NOT_APPLICABLE = "达到", "部分", "未达到", "不适用"
COMPARED = "比较结果"  # the number entered is what came of the comparison

COLUMNS = (
    ("code", "编号", 7), ("words", "评分点", 42), ("most", "分值", 6), ("answer", "判定", 10),
    ("number", "数据或得分", 11), ("other", "目标或上年", 11), ("reason", "理由、评分说明", 26), ("points", "得分", 8),
    ("key", "", 12), ("base", "", 6),
)  # fmt: skip
"""Ids, titles and widths (in characters) of the columns; the last two are hidden."""
COLUMN_ID = "col:"
"""What stands before a column's id in the hidden row of ids."""

ITEM_ROW, CRITERION_ROW, NOTE_ROW = "item", "criterion", "note"


def row_key(kind: str, item: str, criterion: str = "") -> str:
    """Return what a row is found by: its kind, the item's number, and a criterion's id.

    >>> row_key(CRITERION_ROW, "6", "2")
    'criterion|6|2'
    """
    return "|".join(filter(None, (kind, item, criterion)))


def key_parts(key: str) -> tuple[str, str, str]:
    """Return kind, item's number and criterion's id of a row's key, empty where there is none.

    >>> key_parts("note|6")
    ('note', '6', '')
    """
    kind, item, criterion = [*key.split("|", 2), "", ""][:3]
    return kind, item, criterion
