"""How much of a file is read at all: what is larger is no file of ours and is refused unread."""

from __future__ import annotations

MOST_BYTES = 5_000_000
MOST_DEPTH = 50  # of lists and fields within each other
MOST_UNPACKED = 20_000_000  # bytes of all parts of a spreadsheet together
MOST_MEMBERS = 500  # parts of a spreadsheet
MOST_ROWS = 2000
MOST_COLUMNS = 60
TITLE_ROWS = 10  # in which a table's titles are looked for
