"""The programme and the sheets to sign in on: what is known is printed, what is not is room to write in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from inspection_app.core.papers.programme import programme, sign_in_sheet
from tests.core.papers.conftest import ENTRIES, HENAN, MEMBERS, VISIT, said, tables


def test_the_programme_lists_every_entry_with_room_for_what_is_not_fixed() -> None:
    """Titles and official words in order; a time that is known is printed, one that is not is left to fill in."""
    entries = (replace(ENTRIES[1], day="5月12日", time="9:00—10:30", place="三楼会议室"), *ENTRIES[2:])
    (table,) = tables(programme(VISIT, HENAN, entries, MEMBERS))
    assert [row.cells[1] for row in table.rows] == ["汇报交流", "实地考察", "群众座谈", "内部评议", "情况反馈"]
    assert table.rows[0].cells[0] == "5月12日\n9:00—10:30"
    assert table.rows[0].cells[2:4] == (HENAN.scheme.activities[0].text, "三楼会议室")
    assert table.rows[1].cells[0].split() == ["月", "日", "时", "分"]
    assert "抽取的群众" in table.rows[2].cells[4]
    assert table.rows[3].cells[4] == "专家组"


def test_the_applicants_programme_does_not_say_what_the_panel_does_by_itself() -> None:
    """The panel's meetings are on it, because they need a room, without a word about their content."""
    internal = said(programme(VISIT, HENAN, ENTRIES, MEMBERS))
    given = said(programme(VISIT, HENAN, ENTRIES, MEMBERS, for_applicant=True))
    assert "评分" in internal
    assert "评分" not in given
    assert "内部评议" in given


@pytest.mark.parametrize(
    ("ends", "written"),
    [
        (date(2026, 5, 12), "2026年5月12日"),
        (date(2026, 5, 13), "2026年5月12日至13日"),
        (date(2026, 6, 1), "2026年5月12日至6月1日"),
        (date(2027, 1, 2), "2026年5月12日至2027年1月2日"),
    ],
)
def test_days_are_written_shortly(ends: date, written: str) -> None:
    """Year and month are not said twice."""
    visit = replace(VISIT, description=replace(VISIT.description, ends=ends))
    assert ("验收时间", written) in programme(visit, HENAN, ENTRIES, MEMBERS).blocks[0].pairs  # type: ignore[union-attr]


def test_a_sign_in_sheet_has_the_panel_the_drawn_citizens_and_empty_rows() -> None:
    """Names are printed where they are known; each group counts its own rows; empty groups are left out."""
    document = sign_in_sheet(
        VISIT, ENTRIES[3], MEMBERS, citizens=[("群众代表", "群众一")], citizen_rows=2, guest_rows=4
    )
    panel, citizens, guests = tables(document)
    assert [row.cells[1] for row in panel.rows] == ["章北川", "江晚舟", "高知微"]
    assert panel.rows[0].cells[2] == "省研究院（组长）"
    assert [row.cells[:3] for row in citizens.rows] == [("1", "群众一", "群众代表"), ("2", "", ""), ("3", "", "")]
    assert [row.cells for row in guests.rows] == [(str(n), "", "", "", "") for n in range(1, 5)]
    assert min(table.height for table in (panel, citizens, guests)) >= 8  # room for a signature
    assert len(tables(sign_in_sheet(VISIT, ENTRIES[0], MEMBERS))) == 1
