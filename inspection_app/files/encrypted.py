"""Files that only a passphrase opens. What is in them, and who is handed the passphrase, is the callers' business.

The key is scrypt's (RFC 7914) of the passphrase, the content is sealed with AES-256-GCM, so that a changed file does
not open either. The file is JSON: what it is about can be read by everybody and is sealed with the content; a file
that asks for other parameters than the one set used here is refused, so that nobody can stall whoever opens it.

Sources: the ``cryptography`` package; n, r and p by OWASP's password storage advice.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Callable, Mapping

from inspection_app.errors import N_, DrawError, InspectionError
from inspection_app.files.limits import MOST_BYTES

FORMAT = "inspection-app encrypted 1"
LOCKED = "inspection-app locked 1"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs that are not mistaken for one another on paper."""
_SIGNS, _GROUP = 20, 4
_SCRYPT = {"n": 2**17, "r": 8, "p": 1}
_MOST_HEAD = 4096
_NAMES = {"format", "about", "scrypt", "salt", "nonce", "content"}


def new_passphrase(entropy: Callable[[int], bytes]) -> str:
    """Make a passphrase of 100 random bits, such as ``7KQ4-PX2M-…`` (five groups of four)."""
    signs = "".join(ALPHABET[byte % len(ALPHABET)] for byte in entropy(_SIGNS))
    return "-".join(signs[start : start + _GROUP] for start in range(0, _SIGNS, _GROUP))


def encrypt(content: str, passphrase: str, about: Mapping[str, str], *, entropy: Callable[[int], bytes]) -> bytes:
    """Return a file that the passphrase opens.

    Args:
        content: what is to be kept secret.
        passphrase: as ``new_passphrase`` makes it.
        about: what everybody may read on the file: what it is, of which list.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = entropy(16), entropy(12)
    head = {"format": FORMAT, "about": dict(about), "scrypt": _SCRYPT, "salt": salt.hex(), "nonce": nonce.hex()}
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, content.encode(), _bytes(head))
    return _bytes(head | {"content": base64.b64encode(sealed).decode()}) + b"\n"


def about(file: bytes) -> Mapping[str, str]:
    """Return what everybody may read on the file; it is not proven before the file is opened.

    Raises:
        DrawError: it is no such file.
    """
    return _parsed(file)["about"]  # type: ignore[return-value]


def decrypt(file: bytes, passphrase: str) -> str:
    """Open a file.

    Raises:
        DrawError: it is no such file, or the passphrase does not open it, or it was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    parsed = _parsed(file)
    head = {name: parsed[name] for name in _NAMES - {"content"}}
    try:
        salt, nonce = bytes.fromhex(str(parsed["salt"])), bytes.fromhex(str(parsed["nonce"]))
        sealed = base64.b64decode(str(parsed["content"]), validate=True)
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, _bytes(head)).decode()
    except (InvalidTag, ValueError):
        raise DrawError(
            N_("The passphrase does not open this file, or the file was changed. Type it once more as it is written."),
            "passphrase",
        ) from None


def lock_bytes(content: bytes, passphrase: str, about: Mapping[str, str], *, entropy: Callable[[int], bytes]) -> bytes:
    """Return a file of any size that the passphrase opens: the head as one line of JSON, then what is sealed."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = entropy(16), entropy(12)
    head = _bytes({
        "format": LOCKED, "about": dict(about), "scrypt": _SCRYPT, "salt": salt.hex(), "nonce": nonce.hex(),
    })  # fmt: skip
    return head + b"\n" + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, head)


def unlock_bytes(file: bytes, passphrase: str) -> bytes:
    """Open a file of ``lock_bytes``.

    Raises:
        InspectionError: it is no such file, or the passphrase does not open it, or it was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    line = file[:_MOST_HEAD].partition(b"\n")[0]
    try:
        head = json.loads(line)
        if (head["format"], head["scrypt"]) != (LOCKED, _SCRYPT):
            raise ValueError
        salt, nonce = bytes.fromhex(head["salt"]), bytes.fromhex(head["nonce"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InspectionError(N_("This is no encrypted snapshot of this software."), "not-encrypted") from None
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, memoryview(file)[len(line) + 1 :], line)
    except (InvalidTag, ValueError):
        raise InspectionError(
            N_("The passphrase does not open this file, or the file was changed. Type it once more as it is written."),
            "passphrase",
        ) from None


def _parsed(file: bytes) -> dict[str, object]:
    try:
        found = json.loads(file.decode("utf-8-sig")) if len(file) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if (
        not isinstance(found, dict)
        or found.keys() != _NAMES
        or (found["format"], found["scrypt"]) != (FORMAT, _SCRYPT)
        or not isinstance(found["about"], dict)
    ):
        raise DrawError(N_("This is no encrypted file of this software (inspection-app encrypted 1)."), "not-encrypted")
    return found


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    folded = unicodedata.normalize("NFKC", passphrase).upper()
    plain = "".join(sign for sign in folded if sign in ALPHABET)
    return Scrypt(salt=salt, length=32, **_SCRYPT).derive(plain.encode())


def _bytes(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
