"""How ``tests.soak.fuzz`` changes what is valid: bytes, JSON texts, parts inside a zipped file.

Hypothesis makes the inputs of the properties in ``tests/core``; a hundred thousand files for each reader are changed from
valid ones instead, because only what is nearly valid comes past a reader's first check.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

TOKENS = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"'", b'"', b"\\", b"\n", b",", b":", b"{", b"}", b"[", b"]", b"null",
    b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"9" * 400, b"0.1", b"{" * 200, b"[" * 3000, b"&a [*a,*a]", b"*a",
    b"!!python/object/apply:os.system ['x']", b"<<: *a", b"<b>", b"=1+1", b"{{7*7}}", b"../../x", b"\xed\xa0\x80",
    "\u202e".encode(), "１２".encode(), "群".encode() * 50, b"\r", b"\t", b"- ", b"  ", b"|", b"%s", b"${x}", b"<fuzz>", b"A" * 70000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**53, 2**70, 1.5, -0.0, 1e308, "", "x", "1", "１", "NaN", "x" * 5000, "\ud800", "\x00", "<fuzz>",
    [], {}, [[]], {"1": True}, ["a"] * 50, {"a": {"b": {"c": {}}}}, "<b>", "=1+1", "../../x", "2026-05-12T09:30:00+08:00",
)  # fmt: skip

Mutate = Callable[[random.Random, Sequence[bytes]], bytes]


def change_bytes(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Change a valid input in one to four places: bits, cuts, repetitions, tokens, pieces of another."""
    found = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(found) + 1)
        until = min(len(found), at + rng.choice((1, 2, 8, 64, 4000)))
        match rng.randrange(7):
            case 0 if found:
                found[at - 1] ^= 1 << rng.randrange(8)
            case 1:
                del found[at:until]
            case 2:
                found[at:at] = found[at:until]
            case 3:
                found[at:at] = rng.choice(TOKENS)
            case 4:
                found[at:until] = rng.choice(TOKENS)
            case 5:
                other = rng.choice(seeds)
                cut = rng.randrange(len(other) + 1)
                found[at:until] = other[cut : cut + 200]
            case _ if rng.random() < 0.2:
                del found[at:]
            case _:
                found[at:until] = rng.randbytes(until - at)
    return bytes(found)


def change_json(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Change values and names somewhere in a JSON text; now and then its bytes."""
    if rng.random() < 0.25:
        return change_bytes(rng, seeds)
    found = json.loads(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(found))
        holder, key = rng.choice(places)
        match rng.randrange(5):
            case 0 if isinstance(holder, dict):
                holder[rng.choice(("x", "", "member", "item", "1", "__proto__", "群"))] = holder.pop(key)
            case 1:
                del holder[key]
            case 2 if isinstance(holder[key], str) and holder[key]:
                holder[key] = change_bytes(rng, [holder[key].encode("utf-8", "surrogatepass")]).decode(
                    "utf-8", "replace"
                )
            case 3:
                other = rng.choice(places)
                holder[key] = json.loads(json.dumps(other[0][other[1]])) if _there(other) else None
            case _:
                holder[key] = deepcopy(rng.choice(VALUES))
        if not list(_places(found)):
            break
    return json.dumps(found, ensure_ascii=rng.random() < 0.3).encode("utf-8", "surrogatepass")


def _there(place: tuple[Any, Any]) -> bool:
    holder, key = place
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def change_parts(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Change one part inside a zipped file, so that what is behind the packing is reached; now and then the packing."""
    if rng.random() < 0.15:
        return change_bytes(rng, seeds)
    parts = dict(_unpacked(rng.choice(seeds)))
    sheets = [name for name in parts if "sheet" in name or "sharedStrings" in name]
    name = rng.choice(sheets if sheets and rng.random() < 0.7 else sorted(parts))
    match rng.randrange(8):
        case 0:
            del parts[name]
        case 1:
            parts["../../" + name] = parts[name]
        case 2:
            parts[name] = bytes(rng.choice((10**4, 10**7)))
        case _:
            parts[name] = change_bytes(rng, [parts[name]])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return out.getvalue()


@lru_cache
def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def change_parts_or_bytes(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    one = rng.choice(seeds)
    return change_parts(rng, [one]) if one.startswith(b"PK") else change_bytes(rng, [one])
