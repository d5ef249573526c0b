"""Photos and PDFs as evidence: checked, and photos made anew, so that nothing but the picture and its time is kept.

A photo is decoded in full and written again as JPEG: what hides behind or inside the file (metadata, places, another
file) does not come along. A PDF is only known by its first and last bytes; it is kept as it is and never shown inside
a page. Nothing is stored here.

Source: when a photo was taken stands in DateTimeOriginal and OffsetTimeOriginal of CIPA DC-008 (Exif).
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from inspection_app.errors import N_, InspectionError

if TYPE_CHECKING:  # it takes a while to import, and most of what the hub does needs no picture
    from PIL import Image

MOST_FILE_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
PICTURE_SIDE = 2000
"""The longer side of a photo as it is kept, in pixels: small print in it stays readable."""
PICTURE_BYTES = 400_000
THUMBNAIL_SIDE = 320
JPEG, PDF = "image/jpeg", "application/pdf"

_QUALITIES = (85, 75, 65, 55, 45, 35)
_EXIF, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011


@dataclass(frozen=True)
class Checked:
    """A file that may be kept: a JPEG of at most ``PICTURE_SIDE`` with its thumbnail, or a PDF without.

    ``taken`` is what the photo itself says, None where it says nothing; without an offset where it says none.
    """

    content: bytes
    media: str
    thumbnail: bytes = b""
    width: int = 0
    height: int = 0
    taken: datetime | None = None


def check_file(content: bytes) -> Checked:
    """Check a photo (JPEG, PNG, WebP, HEIC) or a PDF and return it as it is kept.

    Raises:
        InspectionError: it is too big (``file-too-big``), has too many pixels (``too-many-pixels``), or is no photo
            or PDF that can be read (``not-evidence``).
    """
    if len(content) > MOST_FILE_BYTES:
        raise too_big()
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise InspectionError(
                N_("The PDF is not complete. Save it again on the device, and attach it again."), "not-evidence"
            )
        return Checked(content, PDF)
    return _picture(content)


def too_big() -> InspectionError:
    """Return the refusal of a file of more than ``MOST_FILE_BYTES``."""
    return InspectionError(
        N_("The file has more than {most} MB. Take the photo again at a lower resolution, or split the PDF."),
        "file-too-big", most=MOST_FILE_BYTES // 1024**2,
    )  # fmt: skip


def read_picture(content: bytes) -> tuple[Image.Image, datetime | None]:
    """Decode a photo (JPEG, PNG, WebP, HEIC) in full, upright, on white and without metadata; and when it was taken.

    A large JPEG comes smaller, though never smaller than ``PICTURE_SIDE``.

    Raises:
        InspectionError: it has too many pixels (``too-many-pixels``), or cannot be read (``not-evidence``).
    """
    from PIL import Image, ImageOps

    _know_heic()
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "HEIF")) as found:
            width, height = found.size  # from the file's head: known before anything is unpacked
            if width * height > MOST_PIXELS:
                raise Image.DecompressionBombError
            taken = _taken(found)
            found.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))  # a JPEG is unpacked no larger than it has to be
            found.load()
            return _clean(ImageOps.exif_transpose(found)), taken
    except Image.DecompressionBombError as error:
        raise InspectionError(
            N_("The photo has more than {most} megapixels. Take it again at a lower resolution."),
            "too-many-pixels", most=MOST_PIXELS // 1_000_000,
        ) from error  # fmt: skip
    except Exception as error:  # a decoder that is fed a broken or hostile file may raise anything
        raise InspectionError(
            N_("The file is no photo (JPEG, PNG, WebP, HEIC) or PDF that can be read. Take the photo again, or make a "
               "screenshot of it and attach that."),
            "not-evidence",
        ) from error  # fmt: skip


def _picture(content: bytes) -> Checked:
    from PIL import Image

    clean, taken = read_picture(content)
    packed = _packed(clean)
    small = clean.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Checked(packed, JPEG, _jpeg(small, 75), clean.width, clean.height, taken)


@cache
def _know_heic() -> None:
    """Let Pillow read what iPhones write; where its library is not there, such a photo is refused like any other."""
    with suppress(ImportError):
        import pi_heif

        pi_heif.register_heif_opener()


def _clean(picture: Image.Image) -> Image.Image:
    """Copy the picture alone, on white where it is transparent."""
    from PIL import Image

    clean = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        shown = picture.convert("RGBA")
        clean.paste(shown, mask=shown.getchannel("A"))
    else:
        clean.paste(picture.convert("RGB"))
    return clean


def _packed(picture: Image.Image) -> bytes:
    """Make a picture as small as it is kept, and return it as a JPEG of at most ``PICTURE_BYTES``."""
    from PIL import Image

    side, packed = PICTURE_SIDE, b""
    while not packed or len(packed) > PICTURE_BYTES:  # what is nothing but detail is made smaller still
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        side = side * 3 // 4
        for quality in _QUALITIES:
            packed = _jpeg(picture, quality)
            if len(packed) <= PICTURE_BYTES:
                break
    return packed


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _taken(picture: Image.Image) -> datetime | None:
    """Return when a photo says that it was taken; what a camera without a clock writes is nothing."""
    with suppress(Exception):  # metadata may be anything, and the photo is a photo without it
        written = picture.getexif().get_ifd(_EXIF)
        return read_taken(str(written.get(_TAKEN, "")), str(written.get(_OFFSET, "")))
    return None


def read_taken(text: str, offset: str = "") -> datetime | None:
    """Read an Exif time such as ``2026:05:12 10:20:30`` and its offset; None where it is none.

    >>> read_taken("2026:05:12 10:20:30", "+08:00").isoformat()
    '2026-05-12T10:20:30+08:00'
    >>> read_taken("0000:00:00 00:00:00")
    """
    try:
        taken = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - Exif has it apart
    except ValueError:
        return None
    with suppress(ValueError):
        return datetime.strptime(f"{taken.isoformat()}{offset.strip(chr(0) + ' ')}", "%Y-%m-%dT%H:%M:%S%z")
    return taken
