"""The two draws: the order of a ceremony cannot be changed, and what came out can be checked and explained."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from inspection_app.core.certificate import verify_certificate
from inspection_app.core.draw import Band, leaf_of
from inspection_app.core.visit import Stage
from inspection_app.errors import DrawError, InspectionError, StageError
from inspection_app.services import draw, enlist, prepare
from inspection_app.services.draw import CITIZENS, SITES
from tests.services.conftest import (
    CARD_DIGITS,
    CARDS,
    NOW,
    PUBLIC_DIGITS,
    QUOTAS,
    Scene,
    begin,
    hold,
    lock,
    refused,
    rows,
)
from tests.services.conftest import CITIZENS as PEOPLE
from tests.services.conftest import SITES as PLACES


def digits(scene: Scene, kind: str = SITES, typed: str = PUBLIC_DIGITS) -> None:
    draw.enter_public_digits(scene.file, scene.secretary, kind, typed, NOW)


def open_cards(scene: Scene, kind: str = SITES, typed: Sequence[str] = CARD_DIGITS) -> Mapping[str, object]:
    return draw.draw_list(scene.file, scene.secretary, kind, typed, NOW)


def void(scene: Scene, reason: str, kind: str = SITES) -> None:
    draw.void_ceremony(scene.file, scene.secretary, kind, reason, NOW)


def unlock(scene: Scene, reason: str = "名单有误", kind: str = SITES) -> None:
    draw.unlock_list(scene.file, scene.secretary, kind, reason, NOW)


def test_a_whole_ceremony(prepared: Scene) -> None:
    """Step by step the state says where the draw stands, and three of five sites come out of it."""
    seen = []

    def look() -> draw.DrawState:
        state = draw.draw_state(prepared.file, SITES)
        seen.append((state.kept is not None, state.current and (state.current.state, state.current.public_digits)))
        assert (state.result is None) == (state.certificate is None)
        return state

    look()
    lock(prepared)
    assert look().digits_wanted == 1  # ten selections: one digit could say which
    assert begin(prepared) == 1
    look()
    digits(prepared)
    look()
    certificate = open_cards(prepared)
    state = look()
    assert seen == [
        (False, None), (True, None), (True, ("open", "")), (True, ("open", PUBLIC_DIGITS)),
        (True, ("drawn", PUBLIC_DIGITS)),
    ]  # fmt: skip
    assert state.certificate == certificate
    assert state.result
    assert len(state.result.selected[draw.SITE_STRATUM]) == 3
    assert len(state.result.reserves[draw.SITE_STRATUM]) == 2
    assert verify_certificate(certificate).ok


def test_citizens_by_category(prepared: Scene) -> None:
    """Of each category as many as its quota, everybody else a reserve; nobody twice."""
    lock(prepared, CITIZENS)
    hold(prepared, CITIZENS)
    result = draw.draw_state(prepared.file, CITIZENS).result
    assert result
    assert {stratum: len(numbers) for stratum, numbers in result.selected.items()} == QUOTAS
    everybody = [n for numbers in (*result.selected.values(), *result.reserves.values()) for n in numbers]
    assert sorted(everybody) == list(range(1, len(PEOPLE) + 1))


@pytest.mark.parametrize("kind", [SITES, CITIZENS])
def test_the_names_behind_the_numbers(prepared: Scene, kind: str) -> None:
    """Each number's name is that of the row which the sealed annex opens, whose leaf stands in the public list."""
    lock(prepared, kind)
    hold(prepared, kind)
    state = draw.draw_state(prepared.file, kind)
    assert state.kept
    annex = {row["number"]: (row["identity"], bytes.fromhex(row["nonce"])) for row in rows(prepared, "annex")}
    for row in state.kept.locked.rows:
        identity, nonce = annex[row.number]
        assert leaf_of(identity, nonce) == row.leaf
        assert f"|name={state.name(row.number)}" in identity + "|"
    names = {state.name(row.number) for row in state.kept.locked.rows}
    assert names == ({site.name for site in PLACES} if kind == SITES else set(PEOPLE))
    assert state.name(99) == ""


def test_the_certificate_reads_back_as_it_was(prepared: Scene, tmp_path: Path) -> None:
    """What was handed out is what the file holds, to the byte, later too; a stranger's verifier finds it right."""
    lock(prepared)
    certificate = hold(prepared)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    lock(prepared, CITIZENS)
    hold(prepared, CITIZENS)
    again = draw.draw_state(prepared.file, SITES).certificate
    assert again == certificate
    paper = tmp_path / "certificate.json"
    paper.write_text(json.dumps(again, ensure_ascii=False), encoding="utf-8")
    state = draw.draw_state(prepared.file, SITES)
    assert state.kept
    assert verify_certificate(paper, state.kept.locked.short_code).ok
    assert not verify_certificate({**certificate, "order": certificate["order"][::-1]}).ok


def test_nothing_chance_is_the_programs(prepared: Scene) -> None:
    """The seed follows from what the room wrote down: with the same head it comes out the same, always."""
    lock(prepared)
    certificate = hold(prepared)
    result = draw.draw_state(prepared.file, SITES).result
    assert result
    assert [*result.order] == certificate["order"]
    assert result.head.text == certificate["head"]
    for party, name in CARDS:
        assert f" {name}\n" in result.head.text
        assert f"\ncontribution {party} " in result.head.text


def test_each_step_waits_for_the_one_before(prepared: Scene) -> None:
    """No ceremony without a lock, no digits without a ceremony, no cards before the digits, nothing twice."""
    step: Callable[[Scene], object]
    for step in (begin, digits, open_cards, unlock):
        with refused(prepared, StageError, "not-locked"):
            step(prepared)
    with refused(prepared, StageError, "no-ceremony"):
        void(prepared, "无")
    lock(prepared)
    for step in (digits, open_cards):
        with refused(prepared, StageError, "no-ceremony"):
            step(prepared)
    with refused(prepared, StageError, "list-locked"):
        lock(prepared)
    begin(prepared)
    with refused(prepared, StageError, "no-digits"):
        open_cards(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        begin(prepared)
    digits(prepared)
    with refused(prepared, StageError, "digits-stand"):
        digits(prepared, typed="271828")
    open_cards(prepared)
    for step in (open_cards, digits):
        with refused(prepared, StageError, "no-ceremony"):
            step(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        begin(prepared)


def test_a_lock_holds_while_a_ceremony_stands(prepared: Scene) -> None:
    """A list is unlocked with a reason only, and neither under an open ceremony nor after a draw; the text that was
    locked stays on record."""
    lock(prepared)
    first = draw.draw_state(prepared.file, SITES).kept
    with refused(prepared, DrawError, "no-reason"):
        unlock(prepared, " ")
    begin(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        unlock(prepared)
    digits(prepared)
    open_cards(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        unlock(prepared)
    void(prepared, "名单有误")
    unlock(prepared, "第五考察点停业")
    assert draw.draw_state(prepared.file, SITES).kept is None
    lock(prepared)
    second = draw.draw_state(prepared.file, SITES).kept
    assert first
    assert second
    assert first.locked.digest != second.locked.digest  # new nonces
    kept = rows(prepared, "locked_list")
    assert [(row["text"], row["withdrawn"] is None, row["reason"]) for row in kept] == [
        (first.locked.text, False, "第五考察点停业"), (second.locked.text, True, ""),
    ]  # fmt: skip


def test_voided_ceremonies_are_counted_and_told(prepared: Scene) -> None:
    """A ceremony may be voided before or after its draw, with a reason only; the next has the next number, and its
    certificate lists them all."""
    lock(prepared)
    begin(prepared)
    with refused(prepared, DrawError, "no-reason"):
        void(prepared, "　")
    void(prepared, " 组长卡片被撤回 ")
    with refused(prepared, StageError, "no-ceremony"):
        void(prepared, "再次作废")
    first = hold(prepared)
    assert str(first["head"]).split("\n")[1] == "ceremony 2"
    void(prepared, "公开数字读错")
    assert draw.draw_state(prepared.file, SITES).result is None
    second = hold(prepared)
    assert str(second["head"]).split("\n")[1] == "ceremony 3"
    assert second["voided"] == [
        {"ceremony": 1, "reason": "组长卡片被撤回"}, {"ceremony": 2, "reason": "公开数字读错"},
    ]  # fmt: skip
    assert second["seed"] != first["seed"]
    assert verify_certificate(second).ok
    state = draw.draw_state(prepared.file, SITES)
    assert [(c.number, c.reason) for c in state.voided] == [(1, "组长卡片被撤回"), (2, "公开数字读错")]
    assert state.current
    assert state.current.number == 3
    lock(prepared, CITIZENS)
    assert begin(prepared, CITIZENS) == 1  # each kind counts for itself


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, -1])
def test_the_scheme_says_how_many_sites(prepared: Scene, count: int) -> None:
    """Three or four of five; any other number is refused."""
    with refused(prepared, DrawError, "quota"):
        draw.lock_sites(prepared.file, prepared.secretary, count, entropy=os.urandom, now=NOW)


def test_four_sites_are_allowed(prepared: Scene) -> None:
    """Four of five are drawn where four were locked."""
    draw.lock_sites(prepared.file, prepared.secretary, 4, entropy=os.urandom, now=NOW)
    certificate = hold(prepared)
    assert [len(numbers) for numbers in certificate["selected"].values()] == [4]


@pytest.mark.parametrize(
    ("quotas", "code"),
    [
        ({**QUOTAS, "政协委员": 3}, "shortfall"),
        ({**QUOTAS, "人大代表": 0}, "quota"),
        ({**QUOTAS, "人大代表": -1}, "quota"),
        ({"群众代表": 3}, "quota"),
        ({}, "quota"),
        ({**QUOTAS, "干部": 1}, "category"),
        ({**QUOTAS, "群众 代表": 1}, "category"),
    ],
)
def test_quotas_that_cannot_be(prepared: Scene, quotas: Mapping[str, int], code: str) -> None:
    """More than a category has, nobody of one that is on the roster, a category the scheme does not know: refused."""
    with refused(prepared, DrawError, code):
        draw.lock_citizens(prepared.file, prepared.secretary, quotas, entropy=os.urandom, now=NOW)


def test_a_whole_category_may_be_drawn(prepared: Scene) -> None:
    """Where the quota is everybody, everybody is drawn and nobody is a reserve."""
    everybody = {"群众代表": 6, "人大代表": 4, "政协委员": 2}
    draw.lock_citizens(prepared.file, prepared.secretary, everybody, entropy=os.urandom, now=NOW)
    certificate = hold(prepared, CITIZENS)
    assert {stratum: len(numbers) for stratum, numbers in certificate["selected"].items()} == everybody
    assert set(map(tuple, certificate["reserves"].values())) == {()}


def test_there_must_be_something_to_draw_from(new: Scene) -> None:
    """Neither list can be locked before it is entered."""
    for kind in (SITES, CITIZENS):
        with refused(new, DrawError, "empty-list"):
            lock(new, kind)


@pytest.mark.parametrize(
    ("cards", "code"),
    [
        (CARDS[:2], "card-missing"),
        ((), "card-missing"),
        ((*CARDS[:2], ("neither", " ")), "empty"),
        ((*CARDS, ("audience", "路人")), "party"),
        ((*CARDS, CARDS[2]), "two-cards"),
        ((CARDS[0], CARDS[1], ("neither", "申必达")), "two-cards"),
        ((*CARDS[:2], ("neither", "公\t证\n石\x00")), "control"),
    ],
)
def test_cards_that_cannot_be(prepared: Scene, cards: Sequence[tuple[str, str]], code: str) -> None:
    """A party's card missing, one without a name, one of no party, two by one hand: no ceremony begins."""
    lock(prepared)
    with refused(prepared, DrawError, code):
        draw.begin_ceremony(prepared.file, prepared.secretary, SITES, "会议室", cards, NOW)


def test_more_than_three_cards(prepared: Scene) -> None:
    """Several people of one party may each lay a card; the digits stay with the cards they stand on."""
    cards = (CARDS[2], ("applicant", "赵副县长"), *CARDS[:2])
    lock(prepared)
    draw.begin_ceremony(prepared.file, prepared.secretary, SITES, "会议室", cards, NOW)
    digits(prepared)
    typed = ["1111", "2222", "3333", "4444"]
    head = str(open_cards(prepared, typed=typed)["head"])
    for (party, name), number in zip(cards, typed, strict=True):
        assert f"contribution {party} {number} {name}\n" in head


@pytest.mark.parametrize(
    "typed", ["12345", "", "  ", "一二三四五六", "１２３４５６", "12345x", "-12345", "1" * 1000]
)
def test_public_digits_that_cannot_be(prepared: Scene, typed: str) -> None:
    """Fewer than six, or anything else than 0 to 9: refused, and the ceremony is still open."""
    lock(prepared)
    begin(prepared)
    with refused(prepared, DrawError, "digits"):
        digits(prepared, typed=typed)
    digits(prepared, typed=" 314 159 ")
    state = draw.draw_state(prepared.file, SITES)
    assert state.current
    assert state.current.public_digits == "314159"


@pytest.mark.parametrize(
    "typed", [CARD_DIGITS[:2], (*CARD_DIGITS, "1234"), (), (*CARD_DIGITS[:2], ""), (*CARD_DIGITS[:2], "123")]
)
def test_every_card_is_opened(prepared: Scene, typed: Sequence[str]) -> None:
    """With a card too few or too many, or one that is blank or has too few digits, nothing is drawn; the ceremony
    can go on or be voided."""
    lock(prepared)
    begin(prepared)
    digits(prepared)
    with refused(prepared, DrawError, "cards" if len(typed) != len(CARDS) else "digits"):
        open_cards(prepared, typed=typed)
    void(prepared, "一方拒绝翻牌")


def test_a_place_that_cannot_be(prepared: Scene) -> None:
    """A ceremony without a place does not begin."""
    lock(prepared)
    with refused(prepared, DrawError, "empty"):
        draw.begin_ceremony(prepared.file, prepared.secretary, SITES, " ", CARDS, NOW)


def test_a_draw_is_over_when_the_marks_are_opened(consolidating: Scene) -> None:
    """From consolidation on no list is unlocked, no draw voided or held: what was visited stays what was drawn."""
    for step in (lambda: void(consolidating, "不满意"), lambda: unlock(consolidating), lambda: begin(consolidating)):
        with refused(consolidating, InspectionError, "wrong-stage"):
            step()
    assert prepare.preparation(consolidating.file).visit.stage is Stage.CONSOLIDATE
    assert draw.draw_state(consolidating.file, SITES).result


# --- rehearsals ----------------------------------------------------------------------------------------------------


def rehearse(scene: Scene, kind: str = SITES) -> Mapping[str, object]:
    """A whole rehearsal on a list that is locked for it."""
    draw.begin_ceremony(scene.file, scene.secretary, kind, "三楼会议室", CARDS, NOW, rehearsal=True)
    draw.enter_public_digits(scene.file, scene.secretary, kind, PUBLIC_DIGITS, NOW, rehearsal=True)
    return draw.draw_list(scene.file, scene.secretary, kind, CARD_DIGITS, NOW, rehearsal=True)


def lock_to_rehearse(scene: Scene) -> None:
    draw.lock_sites(scene.file, scene.secretary, 3, entropy=os.urandom, now=NOW, rehearsal=True)


def test_a_rehearsal_is_no_draw(prepared: Scene) -> None:
    """Its head says REHEARSAL, so does its certificate, which the verifier finds right; the draw itself has not begun,
    and no name is visited or expected because of it."""
    lock_to_rehearse(prepared)
    certificate = rehearse(prepared)
    assert "\nmode REHEARSAL\n" in str(certificate["head"])
    assert certificate["rehearsal"] is True
    assert verify_certificate(certificate).ok
    assert not verify_certificate({**certificate, "rehearsal": False}).ok
    rehearsed = draw.on_the_table(prepared.file, SITES)
    assert rehearsed.rehearsal
    assert rehearsed.certificate == certificate
    state = draw.draw_state(prepared.file, SITES)
    assert (state.kept, state.ceremonies, state.result, state.standing) == (None, (), None, {})
    prepare.name_sites(prepared.file, prepared.secretary, PLACES, NOW)  # which a lock for the draw would refuse


def test_rehearsals_are_repeated_and_numbered_apart(prepared: Scene) -> None:
    """Each has the next number and lists those before it; the draw that follows is still the first ceremony."""
    for number in (1, 2):
        lock_to_rehearse(prepared)
        certificate = rehearse(prepared)
        assert str(certificate["head"]).split("\n")[1] == f"ceremony {number}"
        assert certificate["voided"] == [
            {"ceremony": earlier, "reason": draw.REHEARSED} for earlier in range(1, number)
        ]
        assert verify_certificate(certificate).ok
        draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    with refused(prepared, StageError, "no-rehearsal"):
        draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    lock(prepared)
    real = hold(prepared)
    assert str(real["head"]).split("\n")[1:3] == ["ceremony 1", "mode real"]
    assert real["voided"] == []
    assert real["rehearsal"] is False


def test_the_draw_and_its_rehearsal_are_never_on_the_table_together(prepared: Scene) -> None:
    """No lock and no ceremony while the draw is rehearsed, no rehearsal while the draw stands; a draw of the other kind
    is not concerned."""
    lock_to_rehearse(prepared)
    with refused(prepared, StageError, "rehearsal-stands"):
        lock(prepared)
    lock(prepared, CITIZENS)
    draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    lock(prepared)
    lock_to_rehearse(prepared)  # of a list that is locked: its code is another
    codes = {draw.draw_state(prepared.file, SITES, rehearsal=one).kept.locked.digest for one in (True, False)}  # type: ignore[union-attr]
    assert len(codes) == 2
    with refused(prepared, StageError, "rehearsal-stands"):
        begin(prepared)
    draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    begin(prepared)
    with refused(prepared, StageError, "draw-stands"):
        lock_to_rehearse(prepared)


def test_a_rehearsed_card_is_of_no_use_for_the_draw(prepared: Scene) -> None:
    """The same place, time, cards and digits give another seed in a rehearsal than in the draw."""
    lock_to_rehearse(prepared)
    rehearsed = rehearse(prepared)
    draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    lock(prepared)
    assert hold(prepared)["seed"] != rehearsed["seed"]


# --- while the ceremony is under way -------------------------------------------------------------------------------


def test_names_can_be_corrected_until_a_digit_is_drawn(prepared: Scene) -> None:
    """A name typed wrongly costs no ceremony: number and time stay; from the first public digit on it would."""
    lock(prepared)
    begin(prepared)
    cards = (("applicant", "申必达"), ("chair", "章北川"), ("neither", "石公证"))

    def correct() -> None:
        draw.correct_ceremony(prepared.file, prepared.secretary, SITES, "四楼会议室", cards, NOW)

    correct()
    state = draw.draw_state(prepared.file, SITES)
    assert state.current
    assert [(card.party, card.name) for card in state.current.cards] == [*cards]
    assert (state.current.number, state.current.place, state.current.at) == (1, "四楼会议室", NOW)
    with refused(prepared, DrawError, "two-cards"):
        draw.correct_ceremony(prepared.file, prepared.secretary, SITES, "会议室", (*cards, cards[0]), NOW)
    draw.note_digits_so_far(prepared.file, prepared.secretary, SITES, "3", NOW)
    with refused(prepared, StageError, "digits-stand"):
        correct()


def test_digits_appear_as_they_are_drawn(prepared: Scene) -> None:
    """Each digit is noted at once and can be taken back; only writing them down settles them."""
    lock(prepared)
    begin(prepared)

    def note(typed: str) -> str:
        draw.note_digits_so_far(prepared.file, prepared.secretary, SITES, typed, NOW)
        current = draw.draw_state(prepared.file, SITES).current
        assert current
        assert current.public_digits == ""
        return current.digits_so_far

    assert [note(typed) for typed in ("3", "31", "314", "31", "")] == ["3", "31", "314", "31", ""]
    for typed in ("3x", "三", "1" * 1000):
        with refused(prepared, DrawError, "digits"):
            note(typed)
    digits(prepared)
    with refused(prepared, StageError, "digits-stand"):
        note("3")


def test_quotas_over_attributes_are_locked_with_the_list(prepared: Scene) -> None:
    """What they speak of stands in the public list, nothing else does, and the draw meets them."""
    roster = "姓名,类别,性别,乡镇\n" + "".join(
        f"{name},群众代表,{'女' if at % 3 == 0 else '男'},清河镇\n" for at, name in enumerate(PEOPLE)
    )
    enlist.load_roster(prepared.file, prepared.secretary, roster.encode(), NOW)
    bands = [Band("群众代表", "性别", "女", 2, 3)]
    draw.lock_citizens(
        prepared.file, prepared.secretary, {"群众代表": 4}, entropy=os.urandom, now=NOW, bands=bands
    )
    certificate = hold(prepared, CITIZENS)
    state = draw.draw_state(prepared.file, CITIZENS)
    assert state.kept
    assert {name for row in state.kept.locked.rows for name, _value in row.attributes} == {"性别"}
    assert verify_certificate(certificate).ok
    women = [dict(state.kept.locked.rows[n - 1].attributes)["性别"] for n in state.standing_numbers].count("女")
    assert 2 <= women <= 3


# Attacks on the order of a ceremony


def test_a_party_refuses_before_the_public_digits(prepared: Scene) -> None:
    """Whoever withholds a card before the digits stops the ceremony, knowing nothing: it cannot begin without the card,
    and one that has begun is voided with its number and reason."""
    lock(prepared)
    with refused(prepared, DrawError, "card-missing"):
        draw.begin_ceremony(prepared.file, prepared.secretary, SITES, "会议室", CARDS[1:], NOW)
    begin(prepared)
    void(prepared, "申报单位在抽公开数字前收回卡片")
    assert hold(prepared)["voided"] == [{"ceremony": 1, "reason": "申报单位在抽公开数字前收回卡片"}]


def test_a_party_refuses_after_the_public_digits(prepared: Scene) -> None:
    """Whoever knows the digits and does not open the card cannot get other digits or go on without the card: the next
    ceremony has new digits and new cards, and its certificate tells the refusal."""
    lock(prepared)
    begin(prepared)
    digits(prepared)
    with refused(prepared, DrawError, "cards"):
        open_cards(prepared, typed=CARD_DIGITS[1:])
    with refused(prepared, StageError, "digits-stand"):
        digits(prepared, typed="999999")
    with refused(prepared, StageError, "digits-stand"):
        draw.correct_ceremony(prepared.file, prepared.secretary, SITES, "会议室", CARDS, NOW)
    void(prepared, "组长拒绝翻开卡片")
    begin(prepared)
    with refused(prepared, StageError, "no-digits"):
        open_cards(prepared)
    digits(prepared, typed="27182818")
    certificate = open_cards(prepared)
    assert certificate["voided"] == [{"ceremony": 1, "reason": "组长拒绝翻开卡片"}]
    assert verify_certificate(certificate).ok


def test_restarting_after_the_result_is_seen_by_everybody(prepared: Scene) -> None:
    """With the same cards and the same digits a second ceremony does not give the first one's order again, and neither
    a new lock nor a second draw hides the first: its number is taken."""
    lock(prepared)
    first = hold(prepared)
    with refused(prepared, StageError, "no-ceremony"):
        open_cards(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        begin(prepared)
    with refused(prepared, StageError, "ceremony-stands"):
        unlock(prepared)
    void(prepared, "对结果不满")
    unlock(prepared)
    lock(prepared)
    second = hold(prepared)
    assert second["seed"] != first["seed"]
    assert second["voided"] == [{"ceremony": 1, "reason": "对结果不满"}]
    assert "voided" in verify_certificate({**second, "voided": []}).failed


@pytest.mark.parametrize(("way", "told"), [(None, "balls"), ("dice", "dice")])
def test_how_the_digits_were_drawn_is_kept(prepared: Scene, way: str | None, told: str) -> None:
    """Numbered balls or slips unless dice are chosen: it stands in the visit and in the certificate."""
    lock(prepared)
    begin(prepared)
    with refused(prepared, DrawError, "digits-by"):
        draw.enter_public_digits(prepared.file, prepared.secretary, SITES, PUBLIC_DIGITS, NOW, digits_by="wish")
    chosen = {"digits_by": way} if way else {}
    draw.enter_public_digits(prepared.file, prepared.secretary, SITES, PUBLIC_DIGITS, NOW, **chosen)
    certificate = open_cards(prepared)
    assert certificate["digits_by"] == told
    state = draw.draw_state(prepared.file, SITES)
    assert state.current
    assert state.current.digits_by == told
    assert verify_certificate(certificate).ok
