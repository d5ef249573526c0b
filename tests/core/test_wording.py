"""The words that all documents share: dates, points and numerals as offices write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from inspection_app.core.wording import chinese_date, fixed, numeral, plain


def test_dates_and_points_as_documents_write_them() -> None:
    """No leading zeros in dates, no needless zeros in points, all decimals in panel scores, a dash for none."""
    assert chinese_date(date(2026, 4, 6)) == "2026年4月6日"
    assert [plain(Decimal(points)) for points in ("4.50", "0.00", "100", "1E+2")] == ["4.5", "0", "100", "100"]
    assert [fixed(Decimal(points), places) for points, places in (("8.6", 2), ("0", 2), ("9", 0))] == [
        "8.60", "0.00", "9",
    ]  # fmt: skip
    assert plain(None) == fixed(None, 2) == "—"


def test_every_heading_has_a_numeral_of_its_own() -> None:
    """From 一 to 九十九 none comes twice, and what is beyond is still told apart."""
    written = [numeral(number) for number in range(1, 121)]
    assert len(set(written)) == 120
    assert (written[8], written[9], written[10], written[98], written[99]) == ("九", "十", "十一", "九十九", "100")
