"""The papers of a draw: a card for each party, and slips that pin the list and name nobody."""

from __future__ import annotations

import pytest

from inspection_app.core.document import Cards, Form, Large
from inspection_app.core.draw import Entry, Quota, lock_list
from inspection_app.core.papers.draws import contribution_cards, locked_list_slip
from inspection_app.core.roster import Site
from tests.core.papers.conftest import (
    AT,
    CITIZENS,
    MEMBERS,
    NONCES,
    SITES,
    VISIT,
    locked_citizens,
    locked_sites,
    said,
    tables,
)


@pytest.mark.parametrize("code", ["", "38332469"])
def test_there_is_a_card_for_each_party(code: str) -> None:
    """Applicant, chair and third party: eight boxes for the code and eight for digits, to be laid face down."""
    (block,) = [block for block in contribution_cards(VISIT, "sites", code).blocks if isinstance(block, Cards)]
    assert [card.owner for card in block.cards] == ["申报单位", "专家组组长", "第三方见证人"]
    for card in block.cards:
        assert [(boxes.count, boxes.text) for boxes in card.boxes] == [(8, code), (8, "")]
        assert "扣放" in card.note
        assert "签名" in card.blanks


def test_the_slip_of_sites_has_the_whole_digest_the_code_and_the_names() -> None:
    """All 64 hex digits in groups, eight digits in large type, the digest as QR code, every site with its number."""
    locked = locked_sites()
    sites = {row.number: next(site for site in SITES if site.identity == row.identity) for row in locked.annex}
    slip = locked_list_slip(VISIT, locked, AT, MEMBERS, sites=sites)
    (large,) = [block for block in slip.blocks if isinstance(block, Large)]
    assert large.text.replace(" ", "") == locked.short_code
    assert large.qr == locked.digest
    (form,) = [block for block in slip.blocks if isinstance(block, Form)]
    assert "".join(cell.text for row in form.rows for cell in row.cells[1:]) == locked.digest
    (table,) = tables(slip)
    assert [row.cells[:2] for row in table.rows] == [(str(n), sites[n].name) for n in range(1, 6)]
    assert "共5个，抽取3个" in said(slip)


def test_the_slip_of_citizens_names_nobody() -> None:
    """Numbers by category, how many of them, quotas and reserves; even sites handed in by mistake print no name."""
    locked = locked_citizens()
    slip = locked_list_slip(VISIT, locked, AT, MEMBERS, sites={1: Site("群众一")})
    assert [citizen.name for citizen in CITIZENS if citizen.name in said(slip)] == []
    (table,) = tables(slip)
    assert [row.cells for row in table.rows] == [
        ("群众代表", "1—6", "6人", "4人", "其余各人"), ("人大代表", "7—12", "6人", "2人", "3人"),
    ]  # fmt: skip


def test_public_attributes_are_listed_row_by_row() -> None:
    """Where rows carry attributes, each number stands with its own."""
    entries = [Entry(c.identity, c.category, {"性别": sex}) for c, sex in zip(CITIZENS[:2], "男女", strict=True)]
    locked = lock_list("citizens", VISIT.id, entries, NONCES[:2], [Quota("群众代表", 1)])
    (table,) = tables(locked_list_slip(VISIT, locked, AT, MEMBERS))
    assert [row.cells for row in table.rows] == [
        (str(row.number), "群众代表", f"性别：{dict(row.attributes)['性别']}") for row in locked.rows
    ]


def test_all_parties_sign_the_slip() -> None:
    """Applicant, chair, third party and secretary have a line each."""
    slip = locked_list_slip(VISIT, locked_citizens(), AT, MEMBERS)
    assert slip.blocks[-1].lines == (  # type: ignore[union-attr]
        ("申报单位代表", ""), ("专家组组长", "章北川"), ("第三方见证人", ""), ("秘书", "高知微"),
    )  # fmt: skip
