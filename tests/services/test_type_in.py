"""Typing in from paper: marked as such, never over the expert's own answer, and the expert's only once confirmed."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from inspection_app.core.scoring import State
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import prepare, score, type_in
from inspection_app.services.hand_in import readiness
from inspection_app.store.sheets import AgreedFigure, Carrier, Entry
from tests.services.conftest import EXPERT, MARKS, NOW, Scene, dump, log_of, mark_all, refused, rows
from tests.services.test_attach import HEIC

LATER = NOW + timedelta(minutes=7)


def type_(scene: Scene, item: str, answers: Mapping[str, Any], note: str = "", base: int = 0) -> Entry:
    return type_in.type_in_item(
        scene.file, scene.secretary, scene.expert.member_id, item, answers, note, base=base, now=NOW
    )


def type_all(scene: Scene) -> None:
    for item in ("1", "2", "4"):
        type_(scene, item, MARKS[EXPERT][item], f"第{item}项纸上所记")


def answer(scene: Scene, item: str, answers: Mapping[str, Any], note: str = "", base: int = 0) -> Entry:
    return score.answer_item(scene.file, scene.expert, item, answers, note, base=base, now=LATER)


def confirm(scene: Scene) -> tuple[str, ...]:
    seen = type_in.to_confirm(scene.file, scene.expert).seen
    return type_in.confirm_typed(scene.file, scene.expert, LATER, seen=seen)


def attach(scene: Scene, content: bytes) -> type_in.Photo:
    return type_in.attach_photo(scene.file, scene.secretary, scene.expert.member_id, content, NOW)


def typed_sheet(scene: Scene) -> type_in.TypedSheet:
    return type_in.typed_sheet(scene.file, scene.secretary, scene.expert.member_id)


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **saved: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#808080").save(out, kind, **saved)
    return out.getvalue()


# --- lines -----------------------------------------------------------------------------------------------------------


def test_what_is_typed_in_says_so(scoring: Scene) -> None:
    """A revision on the expert's sheet: from paper, by the secretary, not confirmed; the points follow at once."""
    entry = type_(scoring, "1", {"1": True, "2": False}, "看了纪要")
    assert (entry.carrier, entry.by, entry.confirmed) == (Carrier.PAPER, scoring.secretary.member_id, False)
    assert (entry.revision, entry.note, entry.at) == (1, "看了纪要", NOW)
    assert score.sheet_of(scoring.file, scoring.expert).entries["1"] == entry
    sheet = typed_sheet(scoring)
    assert (sheet.entries, sheet.scores["1"].points, sheet.missing) == ({"1": entry}, Decimal(1), ("2", "4"))


def test_an_answer_on_screen_is_the_experts_own(scoring: Scene) -> None:
    """What the expert enters on screen is confirmed as it is and carries nobody else's name."""
    entry = answer(scoring, "1", {"1": True})
    assert (entry.carrier, entry.by, entry.confirmed) == (Carrier.SCREEN, None, True)


@pytest.mark.parametrize(
    ("item", "answers", "error", "code"),
    [
        ("4", {"1": "4.5"}, ScoreError, "out-of-range"),
        ("1", {"2": {"points": "0.5", "reason": ""}}, ScoreError, "no-reason"),
        ("2", {"1": 4}, ScoreError, "bad-tier"),
        ("3", {"1": "1001"}, ScoreError, "figure-range"),
        ("6", {}, NotFound, "unknown-item"),
    ],
)
def test_paper_is_no_way_around_the_rules(
    scoring: Scene, item: str, answers: Mapping[str, Any], error: type[InspectionError], code: str
) -> None:
    """Typing in goes through the validation of every answer: one example of each rule that refuses on screen."""
    with refused(scoring, error, code):
        type_(scoring, item, answers)
    with refused(scoring, error, code):
        answer(scoring, item, answers)


def test_only_the_secretary_types_in_and_only_while_scoring(scoring: Scene, prepared: Scene) -> None:
    """Neither an expert nor the chair types for another; before scoring is open nobody does."""
    member = scoring.expert.member_id
    for who in (scoring.other, scoring.chair, scoring.expert):
        with refused(scoring, PermissionDenied, "role-may-not"):
            type_in.type_in_item(scoring.file, who, member, "1", {"1": True}, "", base=0, now=NOW)
        with refused(scoring, PermissionDenied, "role-may-not"):
            type_in.typed_sheet(scoring.file, who, member)
        with refused(scoring, PermissionDenied, "role-may-not"):
            type_in.attach_photo(scoring.file, who, member, picture(), NOW)


def test_not_before_scoring_is_open(prepared: Scene) -> None:
    """While the visit is prepared nothing is typed in."""
    with refused(prepared, StageError, "wrong-stage"):
        type_(prepared, "1", {"1": True})


def test_a_sheet_belongs_to_somebody(scoring: Scene) -> None:
    """The secretary has no sheet to type in, nor has somebody who is not on the panel."""
    for member, error, code in (
        (scoring.secretary.member_id, ScoreError, "not-assigned"),
        (99, NotFound, "no-member"),
    ):
        with refused(scoring, error, code):
            type_in.type_in_item(scoring.file, scoring.secretary, member, "1", {"1": True}, "", base=0, now=NOW)


def test_typing_the_same_again_changes_nothing(scoring: Scene) -> None:
    """A repeated save, and one that says what the expert said on screen, add no revision."""
    first = type_(scoring, "1", {"1": True})
    assert type_(scoring, "1", {"1": True}) == first
    own = answer(scoring, "2", {"1": 1})
    assert type_(scoring, "2", {"1": 1}) == own
    assert len(rows(scoring, "answer")) == 2


def test_two_typists_do_not_overwrite_each_other(scoring: Scene) -> None:
    """What was typed from an older revision is refused; from the newest one it is a further revision."""
    type_(scoring, "1", {"1": True})
    with refused(scoring, ScoreError, "changed-elsewhere"):
        type_(scoring, "1", {"1": False})
    assert type_(scoring, "1", {"1": False}, base=1).revision == 2


# --- the expert's own ------------------------------------------------------------------------------------------------


def test_an_own_answer_is_not_typed_over(scoring: Scene) -> None:
    """An expert's answer on screen stays, whatever revision the typist began from, and its marks are not told."""
    answer(scoring, "1", {"1": True, "2": False}, "亲眼所见")
    for base in (0, 1):
        with refused(scoring, ScoreError, "own-answer") as caught:
            type_(scoring, "1", {"1": False, "2": True}, base=base)
    assert EXPERT in caught.value.text()
    assert "0 1" in caught.value.text()  # the paper
    assert "1 0" not in caught.value.text()
    assert "亲眼所见" not in caught.value.text()


def test_with_the_photo_both_values_are_shown(scoring: Scene) -> None:
    """Once the photo is on record the refusal names what is on paper and what the expert saved, side by side."""
    attach(scoring, picture())
    answer(scoring, "1", {"1": True, "2": False}, "亲眼所见")
    with refused(scoring, ScoreError, "own-answer") as caught:
        type_(scoring, "1", {"1": False, "2": True})
    assert [part for part in ("0 1", "1 0 亲眼所见", EXPERT) if part not in caught.value.text()] == []


def test_what_is_confirmed_is_the_experts_own(scoring: Scene) -> None:
    """After the confirmation nobody types over it either; the expert still changes it on screen."""
    type_(scoring, "1", {"1": True, "2": True})
    confirm(scoring)
    with refused(scoring, ScoreError, "own-answer"):
        type_(scoring, "1", {"1": False, "2": True}, base=2)
    assert answer(scoring, "1", {"1": False, "2": True}, base=2).carrier is Carrier.SCREEN


def test_who_types_in_sees_the_paper_only(scoring: Scene) -> None:
    """The typist is told which items the expert answered on screen, and none of their marks or notes."""
    answer(scoring, "4", {"1": "2.5"}, "亲眼所见")
    type_(scoring, "1", {"1": True, "2": True})
    sheet = typed_sheet(scoring)
    assert (set(sheet.entries), sheet.own, sheet.missing) == ({"1"}, {"4"}, ("2",))
    assert "亲眼所见" not in repr(sheet)
    assert sheet.scores["4"].state is State.UNMARKED


def test_an_answer_taken_back_is_none(scoring: Scene) -> None:
    """An item that the expert cleared again on screen is open, and the paper fills it."""
    answer(scoring, "1", {"1": True})
    answer(scoring, "1", {}, base=1)
    sheet = typed_sheet(scoring)
    assert (sheet.own, sheet.entries["1"].revision, sheet.missing) == (frozenset(), 2, ("1", "2", "4"))
    assert type_(scoring, "1", {"1": False, "2": True}, base=2).revision == 3


# --- confirming ------------------------------------------------------------------------------------------------------


def test_the_expert_confirms_everything_at_once(scoring: Scene) -> None:
    """Each item that waits gets a revision by the expert, from paper, confirmed, with the same content; the photo is
    marked as confirmed, and the log lists the items."""
    type_all(scoring)
    attach(scoring, picture())
    before = score.sheet_of(scoring.file, scoring.expert).entries
    assert confirm(scoring) == ("1", "2", "4")
    after = score.sheet_of(scoring.file, scoring.expert).entries
    for no in ("1", "2", "4"):
        assert (after[no].answers, after[no].note) == (before[no].answers, before[no].note)
        assert (after[no].revision, after[no].carrier, after[no].by, after[no].confirmed, after[no].at) == (
            2, Carrier.PAPER, scoring.expert.member_id, True, LATER,
        )  # fmt: skip
    assert rows(scoring, "paper_sheet")[0]["confirmed"] == LATER.isoformat()
    assert log_of(scoring)[-1].details["items"] == {"1": 2, "2": 2, "4": 2}
    with refused(scoring, ScoreError, "nothing-typed"):
        confirm(scoring)


def test_only_what_was_seen_is_confirmed(scoring: Scene) -> None:
    """Where something was typed in or changed after the expert looked, nothing is confirmed."""
    type_(scoring, "1", {"1": True, "2": True})
    seen = type_in.to_confirm(scoring.file, scoring.expert).seen
    type_(scoring, "1", {"1": True, "2": False}, base=1)
    for stale in (seen, seen | {"2": 1}, {}):
        with refused(scoring, ScoreError, "changed-elsewhere"):
            type_in.confirm_typed(scoring.file, scoring.expert, LATER, seen=stale)


def test_nobody_confirms_for_another(scoring: Scene) -> None:
    """The secretary may not confirm at all; another expert has nothing to confirm and sees nothing of it."""
    type_all(scoring)
    seen = type_in.to_confirm(scoring.file, scoring.expert).seen
    with refused(scoring, PermissionDenied, "role-may-not"):
        type_in.confirm_typed(scoring.file, scoring.secretary, LATER, seen=seen)
    with refused(scoring, ScoreError, "nothing-typed"):
        type_in.confirm_typed(scoring.file, scoring.other, LATER, seen=seen)
    assert type_in.to_confirm(scoring.file, scoring.other).entries == ()


def test_correcting_on_screen_confirms_that_item(scoring: Scene) -> None:
    """Answering an item on screen, otherwise or the same, makes it the expert's own; the rest still waits."""
    type_all(scoring)
    answer(scoring, "1", {"1": True, "2": True}, base=1)
    same = answer(scoring, "2", MARKS[EXPERT]["2"], "第2项纸上所记", base=1)
    assert (same.revision, same.carrier, same.confirmed) == (2, Carrier.SCREEN, True)
    assert type_in.unconfirmed(scoring.file) == {scoring.expert.member_id: ("4",)}


def test_readiness_tells_what_waits(scoring: Scene) -> None:
    """A sheet that is typed in is not complete until it is confirmed; others' sheets are not touched by that."""
    mark_all(scoring, "章北川")
    type_all(scoring)
    told = {one.member.name: (one.marked, one.assigned, len(one.unconfirmed), one.complete)
            for one in readiness(scoring.file).sheets}  # fmt: skip
    assert told[EXPERT] == (5, 5, 3, False)
    assert told["章北川"] == (5, 5, 0, True)
    confirm(scoring)
    assert next(one for one in readiness(scoring.file).sheets if one.member.name == EXPERT).complete
    assert type_in.unconfirmed(scoring.file) == {}


def test_the_page_to_confirm_has_what_it_needs(scoring: Scene) -> None:
    """Entries in official order, the points that follow with agreed figures, and the photos."""
    type_(scoring, "4", {"1": "3"})
    type_(scoring, "3", {}, "以数据为准")
    photo = attach(scoring, picture())
    prepare.enter_figure(scoring.file, scoring.secretary, AgreedFigure("fund", "0.3"), NOW)
    found = type_in.to_confirm(scoring.file, scoring.expert)
    assert [entry.item for entry in found.entries] == ["3", "4"]
    assert [found.scores[no].points for no in ("3", "4")] == [Decimal(1), Decimal(3)]
    assert found.photos == (photo,)


# --- photos ----------------------------------------------------------------------------------------------------------


def test_a_photo_as_iphones_take_it(scoring: Scene) -> None:
    """A HEIC photo of a page is read as everywhere else, and kept as a JPEG."""
    assert attach(scoring, HEIC).content.startswith(b"\xff\xd8")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_as_a_jpeg(scoring: Scene, kind: str) -> None:
    """Each of the three formats is kept as a JPEG of at most 2,000 pixels; the log holds its digest."""
    photo = attach(scoring, picture(kind, (3000, 1500)))
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert (kept.format, kept.size) == ("JPEG", (2000, 1000))
    assert photo.digest == hashlib.sha256(photo.content).hexdigest() == log_of(scoring)[-1].details["photo"]
    assert type_in.photos(scoring.file, scoring.secretary, scoring.expert.member_id) == (photo,)
    assert typed_sheet(scoring).photos == 1


def test_a_photo_is_turned_upright_and_stripped(scoring: Scene) -> None:
    """The camera's orientation is carried out and nothing else of its metadata is kept: no place, device or comment."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "某品牌手机"  # turned by 90°; the device
    exif.get_ifd(0x8825)[1] = "N"
    photo = attach(scoring, picture(size=(60, 40), exif=exif, comment="张三".encode(), dpi=(300, 300)))
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert kept.size == (40, 60)
        assert len(kept.getexif()) == 0
        assert "comment" not in kept.info
        assert "exif" not in kept.info
    assert "某品牌".encode() not in photo.content
    assert "张三".encode() not in photo.content


def test_what_is_see_through_is_paper_white(scoring: Scene) -> None:
    """A transparent picture gets a white ground, not a black one."""
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(attach(scoring, out.getvalue()).content)) as kept:
        assert kept.getpixel((10, 10)) == (255, 255, 255)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head claims any size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not-a-photo"),
        (b"%PDF-1.7 no picture", "not-a-photo"),
        (b"<svg xmlns='x'/>", "not-a-photo"),
        (picture("GIF"), "not-a-photo"),
        (picture("TIFF"), "not-a-photo"),
        (picture("BMP"), "not-a-photo"),
        (picture(size=(600, 400))[:300], "not-a-photo"),
        (picture("PNG", (600, 400))[:-100], "not-a-photo"),
        (picture() + bytes(type_in.MOST_PHOTO_BYTES), "photo-too-big"),
        (png_that_claims(10_000, 5_001), "photo-too-big"),
        (png_that_claims(60_000, 60_000), "photo-too-big"),  # would take 10 GB
    ],
    ids=["empty", "pdf", "svg", "gif", "tiff", "bmp", "cut jpeg", "cut png", "20 MB", "50 megapixels", "bomb"],
)
def test_what_is_no_photo(scoring: Scene, content: bytes, code: str) -> None:
    """Other formats, broken files and files that would fill the memory are refused by their content."""
    with refused(scoring, ScoreError, code):
        attach(scoring, content)


def test_the_same_photo_is_kept_once(scoring: Scene) -> None:
    """Attaching a photo again, for instance after a lost reply, keeps the first one."""
    first = attach(scoring, picture())
    assert attach(scoring, picture()) == first
    assert len(rows(scoring, "paper_sheet")) == 1


def test_a_photo_on_the_wrong_sheet_can_be_taken_away(scoring: Scene) -> None:
    """Until it is confirmed; the log keeps the digest. A photo of another's sheet is not reached that way."""
    photo = attach(scoring, picture())
    with refused(scoring, NotFound, "no-photo"):
        type_in.remove_photo(scoring.file, scoring.secretary, scoring.other.member_id, photo.id, NOW)
    type_in.remove_photo(scoring.file, scoring.secretary, scoring.expert.member_id, photo.id, NOW)
    assert rows(scoring, "paper_sheet") == []
    assert log_of(scoring)[-1].details["removed"] == photo.digest
    kept = attach(scoring, picture())
    type_(scoring, "1", {"1": True, "2": True})
    confirm(scoring)
    with refused(scoring, NotFound, "no-photo"):
        type_in.remove_photo(scoring.file, scoring.secretary, scoring.expert.member_id, kept.id, NOW)


def test_a_paper_sheet_is_its_owners(scoring: Scene) -> None:
    """The owner and the secretary see the photos; neither the chair nor another expert does."""
    photo, member = attach(scoring, picture()), scoring.expert.member_id
    assert type_in.photos(scoring.file, scoring.expert, member) == (photo,)
    for who in (scoring.other, scoring.chair):
        with refused(scoring, PermissionDenied, "not-yours"):
            type_in.photos(scoring.file, who, member)


def test_the_log_tells_no_marks(scoring: Scene) -> None:
    """Entries name member, item, revision and digests; the note stands in the answers alone."""
    type_(scoring, "1", {"1": True, "2": True}, "只在评分表里")
    confirm(scoring)
    assert prepare.preparation(scoring.file).visit.stage is Stage.SCORE
    assert "只在评分表里" in str(rows(scoring, "answer"))
    assert "只在评分表里" not in str(dump(scoring.file, "log"))
    assert log_of(scoring)[-2].details["member"] == scoring.expert.member_id
