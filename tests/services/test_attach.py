"""Photos and files: what is taken in and how it is kept, who may attach and see it, and what is refused without a trace."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from inspection_app.core.duties import Scope
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.files.images import MOST_FILE_BYTES, PICTURE_BYTES, PICTURE_SIDE, check_file
from inspection_app.services import attach, observe, recuse
from inspection_app.services.check import breaches
from inspection_app.store.evidence import Evidence, Place
from inspection_app.store.sheets import Receipt
from tests.services.conftest import EXPERT, NOW, PDF, SITES, THIRD, Scene, photo, refused, rows

ITEM = Place(item="1")
SITE = Place(site=SITES[0].name)
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
    "AAAERAAAIAAQAAAAAB4gABAAAAAAAAAD4AAgAAAAACIAABAAAAAAAAAGAAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
    "bmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
    "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEH"
    "BpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAApm1kYXQAAAA6KAGvWOb06r//"
    "6n15H4JT/8/M/V/8EPr/sf9r+rzVSNeb8Sj//Ddbm+jYpB6NPzoBkNB9gDxZpUwu4AAAAAZFeGlmAABNTQAqAAAACAACAQ8AAgAAAAoAAAAmh2"
    "kABAAAAAEAAAAwAAAAAFNlY3JldENhbQAAAZADAAIAAAAUAAAAQgAAAAAyMDI2OjA1OjEyIDEwOjIwOjMwAA=="
)
"""64 × 48, the left half blue and the right half red, taken 2026-05-12 10:20:30 by a camera that says its name."""


def jpeg(size: tuple[int, int] = (400, 300), exif: Image.Exif | None = None, noise: bool = False) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, "green")
    picture.save(out, "JPEG", quality=50, exif=exif or Image.Exif(), comment=b"secret comment")
    return out.getvalue()


def told_by_camera(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "SecretCam"
    exif.get_ifd(0x8769).update({0x9003: "2026:05:11 08:07:06", 0x9011: "+08:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (34.0, 45.0, 0.0)})
    return exif


def claimed(side: int) -> bytes:
    """A PNG of a few bytes that says it is so many pixels wide and high."""

    def chunk(kind: bytes, told: bytes) -> bytes:
        return struct.pack(">I", len(told)) + kind + told + struct.pack(">I", zlib.crc32(kind + told))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


def jpeg_that_claims(side: int) -> bytes:
    """A JPEG of a few bytes whose head says it is so many pixels wide and high."""
    real = jpeg((8, 8))
    at = real.index(b"\xff\xc0") + 5
    return real[:at] + struct.pack(">HH", side, side) + real[at + 4 :]


def text_bomb() -> bytes:
    """A small PNG with a comment that unpacks to 64 MB."""
    real = photo()
    told = b"Comment\0\0" + zlib.compress(bytes(64_000_000), 9)
    chunk = struct.pack(">I", len(told)) + b"zTXt" + told + struct.pack(">I", zlib.crc32(b"zTXt" + told))
    return real[:33] + chunk + real[33:]


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("hidden.txt", "what nobody sees")
    return out.getvalue()


def put(scene: Scene, content: bytes, place: Place = ITEM, who: str = EXPERT, **given: Any) -> Evidence:
    return attach.attach(scene.file, scene.people[who], content, place, NOW, **given)


def test_a_photo_is_kept_small_upright_and_without_what_the_camera_says(scoring: Scene) -> None:
    """Only the picture and its time are kept, by its content's SHA-256; what follows in the file is dropped."""
    sent = jpeg((4000, 3000), told_by_camera(orientation=6), noise=True) + b"PK\x03\x04 <script>alert(1)</script>"
    found = put(scoring, sent, caption="  会议\n纪要 ")
    _, kept = attach.read_evidence(scoring.file, scoring.expert, found.id)
    _, small = attach.read_evidence(scoring.file, scoring.expert, found.id, thumbnail=True)
    with Image.open(io.BytesIO(kept)) as picture, Image.open(io.BytesIO(small)) as thumbnail:
        assert picture.size == (found.width, found.height)
        assert (picture.width / picture.height, picture.height <= PICTURE_SIDE) == (0.75, True)
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert thumbnail.size == (240, 320)
    plain = check_file(jpeg((4000, 3000)))
    assert (plain.width, plain.height) == (PICTURE_SIDE, PICTURE_SIDE * 3 // 4)
    assert len(kept) <= PICTURE_BYTES
    assert not any(secret in kept + small for secret in (b"Secret", b"secret", b"script", b"PK\x03\x04", b"Exif"))
    assert found.digest == hashlib.sha256(kept).hexdigest()
    assert (found.caption, found.taken) == ("会议 纪要", datetime.fromisoformat("2026-05-11T08:07:06+08:00"))


def test_a_number_larger_than_any_is_nothing(scoring: Scene) -> None:
    """Also one that SQLite cannot hold."""
    for number in (1, 2**63 - 1, 2**63, 2**70):
        with pytest.raises(NotFound):
            attach.read_evidence(scoring.file, scoring.expert, number)


def test_what_iphones_write_is_taken(scoring: Scene) -> None:
    """A HEIC photo becomes a JPEG, and the time in it is read."""
    found = put(scoring, HEIC)
    _, kept = attach.read_evidence(scoring.file, scoring.expert, found.id)
    with Image.open(io.BytesIO(kept)) as picture:
        left, right = picture.getpixel((5, 20)), picture.getpixel((60, 20))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[2] > 150 > left[0]
    assert right[0] > 150 > right[2]
    assert b"SecretCam" not in kept
    assert found.taken == NOW, "an hour after now, so not believed"
    assert check_file(HEIC).taken == datetime(2026, 5, 12, 10, 20, 30)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not-evidence"),
        (b"GIF89a" + bytes(40), "not-evidence"),
        (b"<svg xmlns='x' onload='alert(1)'/>", "not-evidence"),
        (photo()[:-40], "not-evidence"),
        (jpeg((800, 600), noise=True)[:9000], "not-evidence"),
        (b"%PDF-1.7\nhalf", "not-evidence"),
        (claimed(50_000), "too-many-pixels"),
        (claimed(8_000), "too-many-pixels"),
        (claimed(3_000), "not-evidence"),
        (jpeg_that_claims(50_000), "too-many-pixels"),
        (text_bomb(), "not-evidence"),
        (archive(), "not-evidence"),
        (archive() + photo(), "not-evidence"),
        (b"<script>alert(1)</script>%PDF-1.7 %%EOF", "not-evidence"),
        (bytes(MOST_FILE_BYTES + 1), "file-too-big"),
    ],
    ids=["nothing", "gif", "svg", "cut png", "cut jpeg", "cut pdf", "50,000 x 50,000", "64 MP", "less than it says",
         "jpeg 50,000 x 50,000", "a comment of 64 MB", "zip", "zip before png", "page before pdf", "8 MB"],
)
def test_what_is_no_photo_changes_nothing(scoring: Scene, content: bytes, code: str) -> None:
    """Each is refused by its code, without a row anywhere; a bomb before anything is unpacked."""
    with refused(scoring, InspectionError, code):
        put(scoring, content)


@pytest.mark.parametrize("behind", [archive(), PDF, b"<html><script>alert(1)</script></html>"], ids=["zip", "pdf", "page"])
@pytest.mark.parametrize("picture", [jpeg(), photo(), HEIC], ids=["jpeg", "png", "heic"])
def test_of_a_file_that_is_two_only_the_picture_is_kept(scoring: Scene, picture: bytes, behind: bytes) -> None:
    """A picture that is an archive, a document or a page as well comes in as a picture and nothing else."""
    found = put(scoring, picture + behind)
    _, kept = attach.read_evidence(scoring.file, scoring.expert, found.id)
    assert (found.media, kept[:3], kept[-2:]) == ("image/jpeg", b"\xff\xd8\xff", b"\xff\xd9")
    assert not zipfile.is_zipfile(io.BytesIO(kept))
    assert not any(other in kept for other in (b"%PDF", b"<script", b"PK\x03\x04"))


def test_a_pdf_is_kept_as_it_is(scoring: Scene) -> None:
    """Byte for byte, with what it was called, and without a thumbnail."""
    found = put(scoring, PDF, name="纪要.pdf")
    assert attach.read_evidence(scoring.file, scoring.expert, found.id)[1] == PDF
    assert (found.media, found.name, found.width) == ("application/pdf", "纪要.pdf", 0)
    assert attach.read_evidence(scoring.file, scoring.expert, found.id, thumbnail=True)[1] == b""


def test_the_same_photo_comes_in_once(scoring: Scene) -> None:
    """Sent again under its receipt, or as another one, it stays one; another content under the receipt is refused."""
    receipt = Receipt("t1-p1", 1)
    first = put(scoring, photo(), receipt=receipt)
    assert put(scoring, photo(), receipt=receipt, caption="别的") == first
    assert put(scoring, photo()) == first
    with refused(scoring, ScoreError, "sequence-reused"):
        put(scoring, photo("red"), receipt=receipt)
    put(scoring, photo(), SITE)
    assert (len(rows(scoring, "evidence")), len(rows(scoring, "evidence_content"))) == (2, 1)


def test_captions_and_withdrawals_are_later_rows(scoring: Scene) -> None:
    """What was said and taken back stays on file, a withdrawal is undone, and only its owner changes it."""
    one = put(scoring, photo(), caption="原来").id
    attach.change_evidence(scoring.file, scoring.expert, one, NOW, caption="后来")
    attach.change_evidence(scoring.file, scoring.expert, one, NOW, caption="后来")
    attach.change_evidence(scoring.file, scoring.expert, one, NOW, withdrawn=True)
    assert attach.evidence_of(scoring.file, scoring.expert, ITEM) == ()
    attach.change_evidence(scoring.file, scoring.expert, one, NOW, withdrawn=False)
    assert [found.caption for found in attach.evidence_of(scoring.file, scoring.expert, ITEM)] == ["后来"]
    assert len(rows(scoring, "evidence_change")) == 3
    with refused(scoring, PermissionDenied, "not-yours"):
        attach.change_evidence(scoring.file, scoring.chair, one, NOW, withdrawn=True)
    with refused(scoring, InspectionError, "caption-too-long"):
        attach.change_evidence(scoring.file, scoring.expert, one, NOW, caption="长" * 31)


def test_an_item_has_no_photos_before_scoring(prepared: Scene) -> None:
    """Its answers cannot be changed yet; what a site shows can be noted already."""
    with refused(prepared, StageError, "wrong-stage"):
        put(prepared, photo())
    put(prepared, photo(), SITE)


def test_who_may_attach_where(scoring: Scene) -> None:
    """An item's photos go with its answers; a site's and an activity's with what everybody notes there."""
    with refused(scoring, PermissionDenied, "role-may-not"):
        attach.attach(scoring.file, scoring.secretary, photo(), ITEM, NOW)
    with refused(scoring, NotFound, "unknown-item"):
        put(scoring, photo(), Place(item="99"))
    with refused(scoring, NotFound, "no-site"):
        put(scoring, photo(), Place(site="别处"))
    with refused(scoring, NotFound, "no-activity"):
        put(scoring, photo(), Place(activity=99))
    recuse.propose_recusal(scoring.file, scoring.expert, scoring.expert.member_id, Scope.ITEM, "2", "曾任顾问", NOW)
    recuse.decide_recusal(scoring.file, scoring.secretary, 1, "省质量办", True, NOW)
    with refused(scoring, ScoreError, "recused"):
        put(scoring, photo(), Place(item="2"))
    activity = observe.programme(scoring.file).activities[-1].id
    for place in (SITE, Place(activity=activity)):
        assert attach.attach(scoring.file, scoring.secretary, photo(), place, NOW).place == place


def test_until_the_marks_are_opened_few_see_a_photo(scoring: Scene) -> None:
    """Who attached it, the chair and the secretary."""
    one = put(scoring, photo()).id
    for actor in (scoring.expert, scoring.chair, scoring.secretary):
        assert attach.read_evidence(scoring.file, actor, one)[0].id == one
    with pytest.raises(PermissionDenied) as caught:
        attach.read_evidence(scoring.file, scoring.other, one)
    assert caught.value.code == "not-opened"
    assert attach.evidence_of(scoring.file, scoring.other, ITEM) == ()
    assert attach.photos_of(scoring.file, "1") == ()


def test_afterwards_everybody_does_and_the_report_has_it(consolidating: Scene) -> None:
    """When the marks are opened evidence is the panel's; an item's is closed then, a site's is not."""
    with refused(consolidating, StageError, "wrong-stage"):
        put(consolidating, photo())
    put(consolidating, photo(), SITE, caption="车间")
    put(consolidating, PDF, SITE, THIRD)
    seen = attach.evidence_of(consolidating.file, consolidating.other, SITE)
    assert [one.caption for one in seen] == ["车间", ""]
    told = attach.evidence_for_report(consolidating.file)
    assert [(one.place, one.by, one.content[:2]) for one in told] == [
        (SITES[0].name, EXPERT, b"\xff\xd8"), (SITES[0].name, THIRD, b""),
    ]  # fmt: skip


def test_a_photo_that_was_tampered_with_is_found(scoring: Scene) -> None:
    """The check of a visit compares each content with the digest it is kept by."""
    put(scoring, photo())
    with scoring.file.writing() as db:
        db.execute("DROP TRIGGER evidence_content_no_update")
        db.execute("UPDATE evidence_content SET content = x'00'")
    with scoring.file.reading() as db:
        assert "evidence_content/1" in str(breaches(db))


def test_a_clock_that_is_wrong_is_not_believed(scoring: Scene) -> None:
    """A time in the future, by the tablet, is the hub's instead; one without an offset is the hub's own."""
    assert put(scoring, photo(), taken=NOW + timedelta(days=400)).taken == NOW
    early = datetime(2026, 5, 12, 8, 0)
    assert put(scoring, photo("red"), taken=early).taken == early.replace(tzinfo=NOW.tzinfo)


def test_check_file_tells_a_picture_from_its_name() -> None:
    """What a file is called plays no part: the bytes decide."""
    assert [check_file(content).media for content in (jpeg(), photo(), HEIC, PDF)] == [*["image/jpeg"] * 3, "application/pdf"]
