"""After a draw: calls are noted, the next in line comes, and everything that reads the drawn follows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from inspection_app.core.certificate import digest_of, verify_certificate
from inspection_app.core.fresh_digits import AbsentList
from inspection_app.core.substitution import CallState
from inspection_app.errors import DrawError, InspectionError, StageError
from inspection_app.services import draw, export_draw, observe, substitute
from inspection_app.services.draw import CITIZENS, SITES, DrawState
from tests.services.conftest import NOW, Scene, hold, lock, log_of, refused, rows

WITNESS = "公证石"


@pytest.fixture
def drawn(prepared: Scene) -> Scene:
    for kind in (SITES, CITIZENS):
        lock(prepared, kind)
        hold(prepared, kind)
    return prepared


def state(scene: Scene, kind: str = SITES) -> DrawState:
    return draw.draw_state(scene.file, kind)


def replace(scene: Scene, gone: int, kind: str = SITES, reason: str = "停电检修", witness: str = WITNESS) -> int:
    comes = state(scene, kind).next_reserve(gone)
    substitute.substitute(scene.file, scene.secretary, kind, gone, comes, reason, witness, NOW)
    return comes


def certificate(scene: Scene, kind: str = SITES) -> Mapping[str, object]:
    found = state(scene, kind).certificate
    assert found
    return found


def test_a_site_is_swapped_for_the_next(drawn: Scene) -> None:
    """The next site in order takes the place; what was drawn stays as it was, and the certificate still verifies."""
    before = state(drawn)
    assert before.result
    gone, *_others = before.standing_numbers
    comes = replace(drawn, gone)
    after = state(drawn)
    assert comes == before.result.reserves[draw.SITE_STRATUM][0]
    assert after.standing_numbers == (comes, *before.standing_numbers[1:])
    assert after.result == before.result
    assert certificate(drawn)["substitutions"] == [
        {"out": gone, "in": comes, "reason": "停电检修", "witness": WITNESS}
    ]
    assert verify_certificate(certificate(drawn)).ok


def test_a_substitution_out_of_order_does_not_verify(drawn: Scene) -> None:
    """A stranger's verifier finds a certificate whose substitution passes somebody over."""
    replace(drawn, state(drawn).standing_numbers[0])
    changed = {**certificate(drawn)}
    (told,) = changed["substitutions"]
    reserves = state(drawn).result.reserves[draw.SITE_STRATUM]
    assert "substitutions" in verify_certificate({**changed, "substitutions": [{**told, "in": reserves[1]}]}).failed


def test_on_site_follows(drawn: Scene) -> None:
    """The programme's sites and expected citizens are those that stand, in the place of whoever is gone."""
    for kind in (SITES, CITIZENS):
        gone = state(drawn, kind).standing_numbers[1]
        comes = replace(drawn, gone, kind)
        held = observe.programme(drawn.file)
        found = list(held.sites if kind == SITES else held.citizens)
        assert found == list(state(drawn, kind).standing_numbers)
        assert found[1] == comes
        assert gone not in found


def test_a_reserve_who_cannot_come_is_replaced_in_turn(drawn: Scene) -> None:
    """Calls are noted, the latest counts; a no-show's reserve who cannot come either makes room for the one after."""
    file, office = drawn.file, drawn.secretary
    first = state(drawn, CITIZENS).standing["群众代表"][0]
    for call in (CallState.NOTIFIED, CallState.NOT_COMING):
        substitute.call_citizen(file, office, first, call, NOW)
    assert state(drawn, CITIZENS).current.calls == {first: CallState.NOT_COMING}
    second = replace(drawn, first, CITIZENS, "出差")
    substitute.call_citizen(file, office, second, CallState.NOT_COMING, NOW)
    third = replace(drawn, second, CITIZENS, "住院")
    reserves = state(drawn, CITIZENS).result.reserves["群众代表"]
    assert (second, third) == reserves[:2]
    assert state(drawn, CITIZENS).standing["群众代表"][0] == third
    assert verify_certificate(certificate(drawn, CITIZENS)).ok
    with refused(drawn, DrawError, "not-standing"):
        substitute.call_citizen(file, office, first, CallState.COMING, NOW)


@pytest.mark.parametrize(("reason", "witness", "code"), [(" ", WITNESS, "no-reason"), ("停电", "　", "no-witness")])
def test_reason_and_witness_are_needed(drawn: Scene, reason: str, witness: str, code: str) -> None:
    """Without either nobody is replaced."""
    gone = state(drawn).standing_numbers[0]
    with refused(drawn, DrawError, code):
        replace(drawn, gone, reason=reason, witness=witness)


def test_nobody_chooses_who_comes(drawn: Scene) -> None:
    """Naming another than the next is refused, be it a wish or a page that is out of date."""
    found = state(drawn)
    assert found.result
    gone, other = found.standing_numbers[0], found.result.reserves[draw.SITE_STRATUM][1]
    with refused(drawn, DrawError, "changed-elsewhere"):
        substitute.substitute(drawn.file, drawn.secretary, SITES, gone, other, "更好看", WITNESS, NOW)


def test_two_reserves_and_no_more(drawn: Scene) -> None:
    """Of five sites three were drawn: after two substitutions nobody is left, and nothing changes."""
    for _ in range(2):
        replace(drawn, state(drawn).standing_numbers[0])
    with refused(drawn, DrawError, "no-reserve"):
        substitute.substitute(
            drawn.file, drawn.secretary, SITES, state(drawn).standing_numbers[0], 1, "停业", WITNESS, NOW
        )


def test_the_latest_can_be_taken_back(drawn: Scene) -> None:
    """A wrong entry is taken back with a reason, the latest first, and stays on file; then it stands as drawn."""
    before = state(drawn).standing
    first, second = (replace(drawn, number) for number in state(drawn).standing_numbers[:2])
    file, office = drawn.file, drawn.secretary
    with refused(drawn, StageError, "not-latest"):
        substitute.take_back_substitution(file, office, SITES, first, "误录", NOW)
    with refused(drawn, DrawError, "no-reason"):
        substitute.take_back_substitution(file, office, SITES, second, " ", NOW)
    for comes in (second, first):
        substitute.take_back_substitution(file, office, SITES, comes, "误录", NOW)
    assert state(drawn).standing == before
    assert [(row["withdrawn"] is None, row["withdrawn_why"]) for row in rows(drawn, "substitution")] == [
        (False, "误录"), (False, "误录"),
    ]  # fmt: skip
    assert certificate(drawn)["substitutions"] == []


def test_a_voided_ceremony_takes_its_substitutions_along(drawn: Scene) -> None:
    """The next ceremony begins as it is drawn."""
    replace(drawn, state(drawn).standing_numbers[0])
    draw.void_ceremony(drawn.file, drawn.secretary, SITES, "重新抽取", NOW)
    assert state(drawn).standing == {}
    hold(drawn)
    assert state(drawn).substitutions == ()
    assert state(drawn).result
    assert state(drawn).standing == state(drawn).result.selected


def test_nothing_is_replaced_before_the_draw(prepared: Scene) -> None:
    """There is nobody to replace or to call yet."""
    lock(prepared)
    with refused(prepared, StageError, "not-drawn"):
        substitute.substitute(prepared.file, prepared.secretary, SITES, 1, 2, "停业", WITNESS, NOW)


def test_nothing_is_replaced_after_the_marks(consolidating: Scene) -> None:
    """From consolidation on what was visited stays what was visited."""
    with refused(consolidating, InspectionError, "wrong-stage"):
        replace(consolidating, state(consolidating).standing_numbers[0])


def test_the_log_tells_no_names(drawn: Scene) -> None:
    """The entry has numbers, and digests of reason and witness."""
    gone = state(drawn).standing_numbers[0]
    comes = replace(drawn, gone)
    details = log_of(drawn)[-1].details
    assert (details["gone"], details["comes"]) == (gone, comes)
    assert WITNESS not in str(details)
    assert "停电" not in str(details)


# Fresh public digits

SIGNED = ["公证石", "申必达"]
FRESH = "271828"


def close(scene: Scene, *numbers: int, kind: str = CITIZENS) -> AbsentList:
    absent = dict.fromkeys(numbers, "出差")
    return substitute.close_absent(scene.file, scene.secretary, kind, absent, SIGNED, NOW)


def test_fresh_digits_bring_substitutes(drawn: Scene) -> None:
    """The absent are replaced by what the fresh digits say, everything that reads the drawn follows, and the follow-up
    certificate, which has the first one inside unchanged, is verified by a stranger."""
    replace(drawn, state(drawn, CITIZENS).standing_numbers[0], CITIZENS)
    before, first = state(drawn, CITIZENS), export_draw.handed_out(drawn.file, CITIZENS)
    gone = before.standing_numbers[1]
    closed = close(drawn, gone)
    assert closed.first_digest == digest_of(first)
    assert export_draw.handed_out(drawn.file, CITIZENS) == first
    fresh = substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, "271 828", NOW, digits_by="dice")
    ((out, comes),) = fresh.substitutes
    after = state(drawn, CITIZENS)
    assert out == gone
    assert after.standing_numbers[1] == comes
    assert set(after.standing_numbers) - {comes} == set(before.standing_numbers) - {gone}
    assert (after.substitutions[-1].comes, after.substitutions[-1].witness) == (comes, "公证石、申必达")
    assert list(observe.programme(drawn.file).citizens) == list(after.standing_numbers)
    made = export_draw.handed_out(drawn.file, CITIZENS)
    assert {name: part for name, part in made.items() if name != "fresh"} == first
    assert made["fresh"]["digits_by"] == "dice"
    assert verify_certificate(made).ok, verify_certificate(made).failed


def test_after_fresh_digits_the_fresh_order_is_read_on(drawn: Scene) -> None:
    """Who does not come after that is replaced in the new order, and that can be taken back; what stood before cannot."""
    replace(drawn, state(drawn, CITIZENS).standing_numbers[0], CITIZENS)
    old = state(drawn, CITIZENS).substitutions[-1]
    close(drawn, state(drawn, CITIZENS).standing_numbers[1])
    fresh = substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, FRESH, NOW)
    stratum = next(iter(fresh.selected))
    gone = fresh.selected[stratum][1]
    comes = replace(drawn, gone, CITIZENS)
    assert comes == fresh.reserves[stratum][0]
    assert verify_certificate(export_draw.handed_out(drawn.file, CITIZENS)).ok
    substitute.take_back_substitution(drawn.file, drawn.secretary, CITIZENS, comes, "误录", NOW)
    assert verify_certificate(export_draw.handed_out(drawn.file, CITIZENS)).ok
    with refused(drawn, StageError, "absent-closed"):
        substitute.take_back_substitution(drawn.file, drawn.secretary, CITIZENS, old.comes, "误录", NOW)


def test_fresh_digits_need_the_closed_list(drawn: Scene) -> None:
    """No digits before the list is closed; while it waits for them nobody is brought in or taken back."""
    with refused(drawn, StageError, "not-closed"):
        substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, FRESH, NOW)
    gone, other, *_rest = state(drawn, CITIZENS).standing_numbers
    close(drawn, gone)
    with refused(drawn, StageError, "absent-closed"):
        substitute.substitute(drawn.file, drawn.secretary, CITIZENS, other, 1, "出差", WITNESS, NOW)
    with refused(drawn, StageError, "absent-closed"):
        close(drawn, gone)
    for digits, digits_by in (("12345", "balls"), ("12345x", "balls"), (FRESH, "wish")):
        with refused(drawn, DrawError, "digits-by" if digits_by == "wish" else "digits"):
            substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, digits, NOW, digits_by=digits_by)


def test_fresh_digits_are_drawn_once(drawn: Scene) -> None:
    """Nobody draws again until they like it: neither other digits, nor another list, nor taking the list back."""
    close(drawn, state(drawn, CITIZENS).standing_numbers[0])
    substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, FRESH, NOW)
    with refused(drawn, StageError, "fresh-drawn"):
        substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, "314159", NOW)
    with refused(drawn, StageError, "fresh-drawn"):
        close(drawn, state(drawn, CITIZENS).standing_numbers[0])
    with refused(drawn, StageError, "fresh-drawn"):
        substitute.take_back_absent(drawn.file, drawn.secretary, CITIZENS, "误录", NOW)


def test_a_closed_list_taken_back_stays_on_record(drawn: Scene) -> None:
    """Before the digits a wrong list is taken back with a reason; the next one is number 2 and tells the first."""
    gone, other, *_rest = state(drawn, CITIZENS).standing_numbers
    close(drawn, gone)
    with refused(drawn, DrawError, "no-reason"):
        substitute.take_back_absent(drawn.file, drawn.secretary, CITIZENS, " ", NOW)
    substitute.take_back_absent(drawn.file, drawn.secretary, CITIZENS, "录错编号", NOW)
    with refused(drawn, StageError, "not-closed"):
        substitute.take_back_absent(drawn.file, drawn.secretary, CITIZENS, "再来", NOW)
    assert close(drawn, other).closing == 2
    substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, FRESH, NOW)
    made = export_draw.handed_out(drawn.file, CITIZENS)
    assert made["fresh"]["voided"] == [{"closing": 1, "reason": "录错编号"}]
    assert verify_certificate(made).ok


def test_the_closed_list_is_signed_and_right(drawn: Scene) -> None:
    """Without two names, without a reason, or of somebody who was not drawn, no list is closed."""
    gone = state(drawn, CITIZENS).standing_numbers[0]
    reserve = state(drawn, CITIZENS).result.reserves["群众代表"][0]
    for absent, signed, code in (
        ({gone: "出差"}, ["公证石"], "no-witness"), ({gone: "出差"}, ["公证石", "公证石"], "no-witness"),
        ({gone: " "}, SIGNED, "no-reason"), ({}, SIGNED, "absent"), ({reserve: "出差"}, SIGNED, "not-standing"),
    ):  # fmt: skip
        with refused(drawn, DrawError, code):
            substitute.close_absent(drawn.file, drawn.secretary, CITIZENS, absent, signed, NOW)


def test_the_log_names_nobody_who_signed(drawn: Scene) -> None:
    """The log pins the closed list and its digits without a name or a reason."""
    close(drawn, state(drawn, CITIZENS).standing_numbers[0])
    substitute.draw_substitutes(drawn.file, drawn.secretary, CITIZENS, FRESH, NOW)
    told = [entry for entry in log_of(drawn) if entry.act in ("close-absent", "draw-fresh")]
    assert len(told) == 2
    assert not any(word in str(entry.details) for entry in told for word in (*SIGNED, "出差"))
