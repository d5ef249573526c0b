"""The sealed annex of a locked list as it is kept. Who may read it, and in which form it leaves, is the services'
business."""

from __future__ import annotations

from sqlite_utils import Database

from inspection_app.core.draw import AnnexRow


def annex_rows(db: Database, list_: int) -> tuple[AnnexRow, ...]:
    """Return number, identity and nonce of every row of a locked list, by number; empty where they were removed."""
    found = db.query("SELECT number, identity, nonce FROM annex WHERE locked_list = ? ORDER BY number", [list_])
    return tuple(AnnexRow(row["number"], row["identity"], row["nonce"]) for row in found)
