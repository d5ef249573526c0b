"""Personal codes, their hashes, and signed sessions. Who may do what is not decided here (see ``core.visit``)."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer

Entropy = Callable[[int], bytes]
"""A source of random bytes, such as ``os.urandom``."""

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs that are not mistaken for one another on paper."""

CODE_LENGTH = 8
COOKIE = "inspection_session"
COOKIE_SECONDS = 7 * 24 * 3600
"""A visit with the days before and after it; nobody types a code in the middle of scoring, and a tablet that was handed
back signs nobody in for long. A new code ends older sign-ins at once."""

_SECRET_BYTES = 32
_making_secret = threading.Lock()
_SCRYPT = {"n": 2**12, "r": 8, "p": 1}


@dataclass(frozen=True)
class Session:
    """What a signed cookie says: the visit's slug, the member, which of the member's codes it was made with, and the
    visit's id, so that it does not open another visit that later gets the same name."""

    slug: str
    member: int
    code_number: int
    visit: str


def new_code(entropy: Entropy) -> str:
    """Make a personal code of 40 random bits, such as ``7KQ4-PX2M``."""
    signs = [ALPHABET[byte % len(ALPHABET)] for byte in entropy(CODE_LENGTH)]
    return "".join(signs[:4]) + "-" + "".join(signs[4:])


def _plain(code: str) -> bytes:
    """Fold what a tablet's keyboard makes of a code: case, full width, spaces and hyphens."""
    folded = unicodedata.normalize("NFKC", code).upper()
    return "".join(sign for sign in folded if sign in ALPHABET).encode()


def hash_code(code: str, salt: bytes) -> str:
    """Return the scrypt hash of a code, 64 hex digits.

    >>> hash_code("7kq4 px2m", b"salt") == hash_code("7KQ4-PX2M", b"salt")
    True
    """
    return hashlib.scrypt(_plain(code), salt=salt, dklen=32, **_SCRYPT).hex()


def sign_session(session: Session, secret: bytes) -> str:
    """Return the cookie's value for a session, good for ``COOKIE_SECONDS`` from now on."""
    return str(_serializer(secret).dumps([session.slug, session.member, session.code_number, session.visit]))


def read_session(cookie: str, secret: bytes, now: Callable[[], float] = time.time) -> Session | None:
    """Return the session of a cookie, or None where it was not signed with this secret or is too old.

    Args:
        now: the hub's clock, in seconds. A cookie from its future counts as long as one from its past, so that a clock
            that is put right signs nobody out.
    """
    try:
        content, signed = _serializer(secret).loads(cookie, return_timestamp=True)
        if abs(now() - signed.timestamp()) > COOKIE_SECONDS:
            return None
        slug, member, code_number, visit = content
        return Session(str(slug), int(member), int(code_number), str(visit))
    except (BadSignature, ValueError, TypeError):
        return None


def hub_secret(folder: Path, entropy: Entropy = os.urandom) -> bytes:
    """Return the secret of the hub that keeps its visits in this folder; made on first use, kept in a file."""
    return _kept(folder, ".hub-secret", lambda: entropy(_SECRET_BYTES), _SECRET_BYTES)


def backup_passphrase(folder: Path, entropy: Entropy = os.urandom) -> str:
    """Return the passphrase of the hub's encrypted snapshots, 100 random bits; made on first use.

    It lies beside the visits, which whoever can read it has anyhow; a lost stick is what it is for.
    """

    def made() -> bytes:
        return "-".join(new_code(entropy)[:4] for _group in range(5)).encode()

    return _kept(folder, ".backup-passphrase", made, 24).decode()


def _kept(folder: Path, name: str, made: Callable[[], bytes], least: int) -> bytes:
    path = folder / name
    with _making_secret:
        if path.is_file() and len(secret := path.read_bytes()) >= least:
            return secret  # a shorter one is what a full disk or a power cut left, and anybody could guess it
        folder.mkdir(parents=True, exist_ok=True)
        # written aside, readable by nobody else, and moved into place: a crash in between leaves no half secret
        descriptor, fresh = tempfile.mkstemp(prefix=f"{name}-", dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made())
        os.replace(fresh, path)
        return path.read_bytes()


def _serializer(secret: bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="inspection-session")
