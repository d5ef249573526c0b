"""The sealed annex of a locked list: who stands behind each number, and the nonce that proves it.

A certificate names no citizen; its rows carry leaves. The annex opens them. As a whole it is for whoever may know
every name and is handed out encrypted only (``files.encrypted``); of its rows each person may have their own, as proof
of having been in the list and under which number. ``digest`` stands in the certificate, so that another annex cannot
be put in its place. It encrypts nothing, reads no file and does not know who may see a name.

The annex is one JSON text (``core.certificate.canonical_json``) with these names:

    format       "inspection-app annex 1"
    kind         sites or citizens
    visit        its id
    list_digest  of the locked list
    rows         [number, nonce, identity] by number
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inspection_app.core.certificate import canonical_json
from inspection_app.core.draw import AnnexRow, LockedList, leaf_of
from inspection_app.errors import N_, DrawError, NotFound, TamperError

FORMAT = "inspection-app annex 1"


@dataclass(frozen=True)
class Proof:
    """What one person is handed of the annex: anybody can hash nonce and identity to the leaf in the locked list."""

    list_digest: str
    row: AnnexRow

    @property
    def leaf(self) -> str:
        return leaf_of(self.row.identity, bytes.fromhex(self.row.nonce))


@dataclass(frozen=True)
class Annex:
    """The names behind a locked list."""

    kind: str
    visit_id: str
    list_digest: str
    rows: tuple[AnnexRow, ...]

    @property
    def text(self) -> str:
        return canonical_json({
            "format": FORMAT, "kind": self.kind, "visit": self.visit_id, "list_digest": self.list_digest,
            "rows": [[row.number, row.nonce, row.identity] for row in self.rows],
        })  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of the text, 64 hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def proof(self, number: int) -> Proof:
        """Return one row's proof.

        Raises:
            NotFound: the annex has no such number.
        """
        for row in self.rows:
            if row.number == number:
                return Proof(self.list_digest, row)
        raise NotFound(
            N_("Number {number} is not on this list; it has the numbers 1 to {last}."),
            "no-row", number=number, last=len(self.rows),
        )  # fmt: skip

    def require(self, certificate: Mapping[str, Any]) -> None:
        """Hold the annex against a certificate that was verified.

        Raises:
            TamperError: it belongs to another list, a leaf does not open, a row is missing, or it is another annex
                than the certificate's.
        """
        text = str(certificate.get("list", ""))
        told = {"kind": self.kind, "visit": self.visit_id}  # the digest stands for the list's text, not for these
        if certificate.get("list_digest") != self.list_digest or told != _told(text):
            raise TamperError(N_("This annex belongs to another list than the certificate."), "other-list")
        listed = dict(_leaves(text))
        opened = {row.number: leaf_of(row.identity, bytes.fromhex(row.nonce)) for row in self.rows}
        twice = {number for number, count in Counter(row.number for row in self.rows).items() if count > 1}
        wrong = sorted(twice | {one for one in {*listed, *opened} if listed.get(one) != opened.get(one)})
        if wrong:
            raise TamperError(
                N_("The annex was changed: these numbers are not who was locked: {numbers}."),
                "annex", numbers=", ".join(map(str, wrong[:20])),
            )  # fmt: skip
        if certificate.get("annex_digest") not in ("", None, self.digest):
            raise TamperError(N_("The certificate carries the digest of another annex."), "annex-digest")


def annex_of(locked: LockedList) -> Annex:
    """Return the annex of a list that was just locked or read with its annex.

    Raises:
        DrawError: the names and nonces are not all there (only the public text was read, or they were removed).
    """
    if [row.number for row in locked.annex] != [row.number for row in locked.rows]:
        raise DrawError(N_("The names and nonces behind this list are not here any more, or not all."), "no-annex")
    return Annex(locked.kind, locked.visit_id, locked.digest, locked.annex)


def parse_annex(text: str) -> Annex:
    """Return the annex whose text this is.

    Raises:
        DrawError: when the text is anything else, to the byte.
    """
    try:
        found = json.loads(text)
        rows = tuple(AnnexRow(int(number), str(identity), str(nonce)) for number, nonce, identity in found["rows"])
        annex = Annex(str(found["kind"]), str(found["visit"]), str(found["list_digest"]), rows)
        same = annex.text == text and all(bytes.fromhex(row.nonce).hex() == row.nonce for row in rows)
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, DrawError):
        same = False
    if not same:
        raise DrawError(N_("This is not the annex of a locked list (inspection-app annex 1)."), "annex-text")
    return annex


def _told(text: str) -> dict[str, str]:
    return dict(line.split("\t", 1) for line in text.split("\n") if line.startswith(("kind\t", "visit\t")))


def _leaves(text: str) -> Iterator[tuple[int, str]]:
    for line in text.split("\n"):
        tag, *rest = line.split("\t")
        if tag == "row":
            yield int(rest[0]), rest[2]
