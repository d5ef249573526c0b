"""The certificate as one page, its QR code as a phone reads it, and the proof that one person is handed."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from inspection_app import verify
from inspection_app.core.annex import annex_of
from inspection_app.core.certificate import certify, certify_fresh, digest_of, record_by_hand
from inspection_app.core.document import Document, Fine, Large
from inspection_app.core.draw import (
    Contribution,
    Entry,
    Head,
    LockedList,
    Quota,
    draw,
    draw_by_hand,
    leaf_of,
    lock_list,
)
from inspection_app.core.fresh_digits import AbsentList, draw_fresh
from inspection_app.core.papers.certificate_page import certificate_brief, certificate_page, proof_page
from inspection_app.core.substitution import Substitution, next_reserve
from inspection_app.report.pdf import lay_out, render_pdf
from tests.core.papers.conftest import AT, SITES, VISIT, locked_citizens, locked_sites, said

CARDS = (
    Contribution("applicant", "申必达", "20264821"), Contribution("chair", "章北川", "4821"),
    Contribution("neither", "公证石", "98765"),
)  # fmt: skip
COUNTY = VISIT.description.applicant
STRATA = ("群众代表", "人大代表", "政协委员", "社会监督员", "其他代表")


def drawn(locked: LockedList, *, voided: Sequence[str] = (), rehearsal: bool = False) -> dict[str, Any]:
    head = Head(len(voided) + 1, locked.visit_id, locked.kind, "三楼会议室", AT, locked.digest, CARDS, "31415926535897",
                rehearsal=rehearsal)  # fmt: skip
    return certify(
        draw(locked, head), voided=list(enumerate(voided, 1)), signatures=[(card.party, card.name) for card in CARDS],
        annex_digest=annex_of(locked).digest, verifier_digest="7e" * 32,
    )  # fmt: skip


def names_of_sites(locked: LockedList) -> Mapping[int, str]:
    return {row.number: next(site.name for site in SITES if site.identity == row.identity) for row in locked.annex}


def fine(document: Document) -> Fine:
    (block,) = [block for block in document.blocks if isinstance(block, Fine)]
    return block


def test_it_says_everything_that_the_draw_was_made_of() -> None:
    """Place, time, cards, public digits, both digests, seed, attempt, entropy, order, tickets, reserves, signers and the
    digests of verifier and annex."""
    locked = locked_sites()
    certificate = drawn(locked)
    page = certificate_page(certificate, COUNTY, names=names_of_sites(locked))
    text = said(page).replace(" ", "")
    expected = [
        "三楼会议室", "2026年5月12日10:41:10", "申报单位申必达20264821", "专家组组长章北川4821", "第三方见证人公证石98765",
        "31415926535897", certificate["list_digest"], certificate["seed"], "种子/0", "需3.4比特", "有46.5比特", "5取3",
        certificate["short_code"], certificate["verifier_digest"], certificate["annex_digest"], VISIT.id, "秘书",
    ]  # fmt: skip
    assert [one for one in expected if one not in text] == []
    places = [text.index(names_of_sites(locked)[number]) for number in certificate["order"]]
    assert places == sorted(places)
    assert [*fine(page).texts] == [
        f"{number}号 {ticket[2:8]}" for number, ticket in zip(certificate["order"], certificate["tickets"], strict=True)
    ]


def test_substitutions_and_voided_ceremonies_are_told() -> None:
    """Who came for whom, why and who saw it; each void ceremony with its reason."""
    certificate = drawn(locked_sites(), voided=["卡片未交出"]) | {
        "substitutions": [{"out": 4, "in": 1, "reason": "停业", "witness": "公证石"}]
    }
    text = said(certificate_page(certificate, COUNTY))
    assert "1号递补4号（停业），见证：公证石" in text
    assert "第1次：卡片未交出" in text
    assert "第2次抽取程序" in text


def test_citizens_are_not_named_even_by_mistake() -> None:
    """Numbers only; names that are handed in are not printed."""
    locked = locked_citizens()
    names = {row.number: row.identity.split("|")[1].removeprefix("name=") for row in locked.annex}
    text = said(certificate_page(drawn(locked), COUNTY, names=names))
    assert [name for name in names.values() if name in text] == []


def test_a_rehearsal_and_a_draw_by_hand_are_labelled() -> None:
    """REHEARSAL at head and foot; 不可复算 for a draw by hand, which has photos and neither seed nor tickets."""
    rehearsed = certificate_page(drawn(locked_sites(), rehearsal=True), COUNTY)
    assert "REHEARSAL" in rehearsed.title
    assert "REHEARSAL" in rehearsed.running
    assert "REHEARSAL" not in said(certificate_page(drawn(locked_sites()), COUNTY))
    record = record_by_hand(
        draw_by_hand(locked_sites(), {"备选考察点": [3, 1, 5]}), 1, "三楼会议室", AT, photos=["ab" * 32],
        signatures=[("drawer", "申必达"), ("witness", "公证石"), ("witness", "章北川")],
    )  # fmt: skip
    text = said(certificate_page(record, COUNTY))
    assert "手工抽签，不可复算" in text
    assert "abababab" in text
    assert "种子" not in text
    assert text.count("见证人\n") == 2


@pytest.mark.parametrize("told", [0, 3, 12])
@pytest.mark.parametrize(("strata", "k"), [(1, 4), (1, 36), (4, 4), (4, 30), (5, 12)])
def test_it_is_one_page_whatever_the_draw(strata: int, k: int, told: int) -> None:
    """Up to five categories of many, long reasons, many substitutions and voided ceremonies: what does not fit is left to
    the file, and the page says so; the first of the order are there in any case."""
    entries = [Entry(f"citizen|name={name}{n}", name) for name in STRATA[:strata] for n in range(300 // strata)]
    nonces = [hashlib.sha256(entry.identity.encode()).digest()[:16] for entry in entries]
    quotas = [Quota(name, k) for name in STRATA[:strata]]
    locked = lock_list("citizens", VISIT.id, entries, nonces, quotas)
    reason = "申报单位代表临时离场，卡片未交出，" * 5
    certificate = drawn(locked, voided=[reason] * told, rehearsal=True) | {
        "substitutions": [{"out": n, "in": n + 20, "reason": reason, "witness": "公证石" * 9} for n in range(told)]
    }
    page = certificate_page(certificate, COUNTY * 2)
    assert len(lay_out(page)) == 1
    assert len(fine(page).texts) >= 12
    assert ("其余载于记录文件" in said(page)) == (told > 3 or len(fine(page).texts) < len(entries))


def test_a_roster_of_200_has_every_ticket_on_the_page() -> None:
    """Four categories, four of each: nobody has to open a file to see their ticket."""
    entries = [Entry(f"citizen|name={name}{n}", name) for name in STRATA[:4] for n in range(50)]
    nonces = [hashlib.sha256(entry.identity.encode()).digest()[:16] for entry in entries]
    locked = lock_list("citizens", VISIT.id, entries, nonces, [Quota(name, 4) for name in STRATA[:4]])
    assert len(fine(certificate_page(drawn(locked), COUNTY)).texts) == 200


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="needs poppler's pdftoppm")
@pytest.mark.parametrize("locked", [locked_sites(), locked_citizens()], ids=["sites", "citizens"])
def test_the_qr_code_is_read_from_the_rendered_page(locked: LockedList, tmp_path: Path) -> None:
    """At 120 dots an inch, as a bad scan: one code, and it says what pins the certificate."""
    certificate = drawn(locked)
    path = tmp_path / "page.pdf"
    path.write_bytes(render_pdf(certificate_page(certificate, COUNTY), AT))
    assert len(PdfReader(path).pages) == 1
    done = subprocess.run(["pdftoppm", "-r", "120", "-gray", "-png", str(path)], capture_output=True, check=True)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(done.stdout)))
    order = hashlib.sha256(" ".join(map(str, certificate["order"])).encode()).hexdigest()
    assert code.text.splitlines() == [
        "inspection-app draw 1", f"visit {VISIT.id}", f"kind {locked.kind}", "ceremony 1 real",
        f"list {locked.digest}", f"seed {certificate['seed']}", "attempt 0", f"order {order}",
    ]  # fmt: skip


def test_another_draw_has_another_brief() -> None:
    """The order of two numbers, a digit on a card or a row of the list: the QR code is no longer the page's."""
    certificate = drawn(locked_sites())
    first, second, *rest = certificate["order"]
    other = {**certificate, "order": [second, first, *rest]}
    assert certificate_brief(other) != certificate_brief(certificate) == certificate_brief({**certificate})
    assert certificate_brief(drawn(locked_sites(), voided=["重来"])) != certificate_brief(certificate)


def test_a_person_can_prove_to_have_been_in_the_list() -> None:
    """What the page prints is all that verify.py needs; somebody else's identity under that number does not pass."""
    locked = locked_citizens()
    proof = annex_of(locked).proof(7)
    text = said(proof_page(proof, locked, COUNTY))
    nonce, identity = re.search(r'--row 7 --nonce ([0-9a-f]{32}) --identity "(.+)"', text).groups()  # type: ignore[union-attr]
    assert leaf_of(identity, bytes.fromhex(nonce)) in text.replace(" ", "")
    certificate = drawn(locked)
    assert verify.check_row(certificate, 7, nonce, identity)[1]
    assert not verify.check_row(certificate, 7, nonce, annex_of(locked).proof(8).row.identity)[1]
    assert not verify.check_row(certificate, 8, nonce, identity)[1]


def test_large_type_is_the_code_of_the_list() -> None:
    """What is read out stands largest, so that page, slip and cards are compared first of all."""
    certificate = drawn(locked_sites())
    (large,) = [block for block in certificate_page(certificate, COUNTY).blocks if isinstance(block, Large)]
    assert large.text.replace(" ", "") == certificate["short_code"]


def followed_up(locked: LockedList, absent: int, *, substitutions: int = 0) -> dict[str, Any]:
    """The certificate of a draw after which so many of the first stratum were absent and fresh digits were drawn."""
    head = Head(1, locked.visit_id, locked.kind, "三楼会议室", AT, locked.digest, CARDS, "31415926535897")
    result = draw(locked, head)
    first = certify(result, signatures=[(card.party, card.name) for card in CARDS], verifier_digest="7e" * 32,
                    annex_digest=annex_of(locked).digest, digits_by="balls")  # fmt: skip
    gone = tuple((number, "外地出差未归") for number in next(iter(result.selected.values()))[:absent])
    closed = AbsentList(2, digest_of(first), AT, gone, ("公证石", "申必达", "章北川", "李四", "王五"))
    fresh = draw_fresh(result, (), closed, "27182818")
    since = []
    for number in next(iter(fresh.selected.values()))[:substitutions]:
        since.append(Substitution(number, next_reserve(fresh, since, number), "临时住院治疗", "李见证"))
    return certify_fresh(first, fresh, substitutions=[one.certified() for one in since], digits_by="dice",
                         voided=[(1, "录错编号")])  # fmt: skip


def test_how_digits_were_drawn_is_printed() -> None:
    """Balls or dice stand behind the digits; of a certificate that does not tell, nothing does."""
    locked = locked_sites()
    certificate = drawn(locked)
    for told, words in (("balls", "用号码球或纸签抽取"), ("dice", "用十面骰子掷出"), ("", "")):
        text = said(certificate_page({**certificate, "digits_by": told}, COUNTY)).replace(" ", "")
        assert (f"31415926535897（{words}）" if words else "31415926535897") in text
        assert ("号码球" in text, "骰子" in text) == (told == "balls", told == "dice")


def test_fresh_digits_are_printed() -> None:
    """Who signed the closed list, the fresh digits and how they were drawn, the first certificate's digest, the seed, and
    who came for whom."""
    certificate = followed_up(locked_citizens(), 2)
    assert verify.checks(certificate)
    text = said(certificate_page(certificate, COUNTY)).replace(" ", "")
    fresh = certificate["fresh"]
    first = digest_of({name: part for name, part in certificate.items() if name != "fresh"})
    for one in fresh["substitutes"]:
        assert f"{one['in']}号递补{one['out']}号" in text
    for words in ("公证石、李四、王五、申必达等5人", "27182818（用十面骰子掷出）", first, fresh["seed"], "第1次作废：录错编号"):
        assert words in text


@pytest.mark.parametrize("absent", [1, 4])
@pytest.mark.parametrize(("strata", "k"), [(1, 4), (1, 36), (4, 30), (5, 12)])
def test_a_certificate_with_fresh_digits_is_one_page(strata: int, k: int, absent: int) -> None:
    """Also of many strata, with as many voided ceremonies and substitutions before as after."""
    reason = "申报单位代表临时离场，卡片未交出，" * 5
    entries = [Entry(f"citizen|name={name}{n}", name) for name in STRATA[:strata] for n in range(300 // strata)]
    nonces = [hashlib.sha256(entry.identity.encode()).digest()[:16] for entry in entries]
    locked = lock_list("citizens", VISIT.id, entries, nonces, [Quota(name, k) for name in STRATA[:strata]])
    certificate = followed_up(locked, absent, substitutions=absent) | {
        "substitutions": [{"out": n, "in": n + 20, "reason": reason, "witness": "公证石" * 9} for n in range(4)],
        "voided": [{"ceremony": n, "reason": reason} for n in range(4)],
    }
    page = certificate_page(certificate, COUNTY * 2)
    assert len(lay_out(page)) == 1
    assert len(fine(page).texts) >= 12
