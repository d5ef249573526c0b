"""What leaves a visit after a draw: the certificate with its verifier, the sealed annex, one person's own proof.

The certificate names no citizen and may go to anybody. The annex names all of them: it leaves encrypted only, and that
it left is on record, as it is whenever somebody's proof is handed out. ``open_annex`` needs no visit.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from typing import Any

from sqlite_utils import Database

from inspection_app.core.annex import Annex, annex_of, parse_annex
from inspection_app.core.certificate import canonical_json
from inspection_app.core.papers.certificate_page import certificate_page, proof_page
from inspection_app.core.visit import Act, Actor
from inspection_app.core.wording import DRAW_TITLES
from inspection_app.errors import N_, DrawError, StageError
from inspection_app.files.encrypted import decrypt, encrypt, new_passphrase
from inspection_app.report.pdf import render_pdf
from inspection_app.services.act import act
from inspection_app.services.draw import SITES, DrawState, draw_state, read_state
from inspection_app.store import visits
from inspection_app.store.annex import annex_rows
from inspection_app.store.file import VisitFile

CERTIFICATE, VERIFIER = "certificate.json", "verify.py"
HOW_TO_CHECK = """怎样核对这次抽取
1. 打开抽取记录单，名单编码应与各方签名的名单锁定单、各方卡片上的编码一致。
2. 在本文件夹打开命令行（需要 Python 3.8 或更新版本，不需要联网，不需要其他软件），执行：
       python3 -I verify.py certificate.json --slip 名单编码
   Windows：py -I verify.py certificate.json --slip 名单编码
3. 每行以 ok 开头即为相符；有 CHANGED 的，说明该项在抽取后被改动。
程序看不到纸张：卡片上的数字、各方签名和公开数字，请与原件逐项比对。

How to check this draw: run the command of step 2; every line begins with ok unless something was changed.
"""


@dataclass(frozen=True)
class SealedAnnex:
    """The encrypted annex; the passphrase is shown once and kept nowhere."""

    content: bytes
    passphrase: str


def handed_out(file: VisitFile, kind: str, *, rehearsal: bool = False) -> Mapping[str, Any]:
    """Return the certificate as it is handed out now: with the substitutions so far and the digests of the annex and of
    the verifier that goes with it. Of a draw made by hand, its record.

    Raises:
        StageError: nothing is drawn.
    """
    with file.reading() as db:
        return certificate_of(db, read_state(db, kind, rehearsal=rehearsal))


def certificate_pdf(file: VisitFile, kind: str, now: datetime, *, rehearsal: bool = False) -> bytes:
    """Return the certificate as one page to be signed; raises as ``handed_out`` does.

    Args:
        now: the time in the PDF, with its offset.
    """
    return _page(file, kind, handed_out(file, kind, rehearsal=rehearsal), now, rehearsal)


def draw_package(file: VisitFile, kind: str, now: datetime, *, rehearsal: bool = False) -> bytes:
    """Return a ZIP with the certificate, its page, the verifier and how to use it: all a stranger needs.

    Equal bytes for an equal draw and time; raises as ``handed_out`` does.
    """
    certificate = handed_out(file, kind, rehearsal=rehearsal)
    page = _page(file, kind, certificate, now, rehearsal)
    return package(certificate, {f"抽取记录单（{DRAW_TITLES[kind]}）.pdf": page})


def package(certificate: Mapping[str, Any], more: Mapping[str, bytes] | None = None) -> bytes:
    """Return a ZIP with a certificate and, where it can be recomputed, the verifier."""
    computed = certificate["method"] == "computed"
    parts = {
        CERTIFICATE: canonical_json(certificate).encode(),
        **({VERIFIER: verifier(), "怎样核对.txt": HOW_TO_CHECK.encode("utf-8-sig")} if computed else {}),
        **(more or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def verifier() -> bytes:
    """Return verify.py, the very file."""
    return (resources.files("inspection_app") / VERIFIER).read_bytes()


def verifier_digest() -> str:
    return hashlib.sha256(verifier()).hexdigest()


def seal_annex(
    file: VisitFile, actor: Actor, kind: str, *, entropy: Callable[[int], bytes], now: datetime, rehearsal: bool = False
) -> SealedAnnex:
    """Hand out the annex of the locked list, encrypted under a new passphrase.

    Args:
        entropy: a source of random bytes, such as ``os.urandom``.

    Raises:
        DrawError: names and nonces were removed from the visit.
        StageError: the list is not locked.
    """
    with act(file, actor, Act.HAND_OUT_ANNEX, now) as tx:
        annex = _annex(tx.db, read_state(tx.db, kind, rehearsal=rehearsal))
        passphrase = new_passphrase(entropy)
        tx.record(kind=kind, digest=annex.digest, rows=len(annex.rows))
    return SealedAnnex(encrypted_annex(annex, passphrase, entropy), passphrase)


def encrypted_annex(annex: Annex, passphrase: str, entropy: Callable[[int], bytes]) -> bytes:
    """Return an annex as a file that only the passphrase opens; what it is of can be read without."""
    about = {"what": "annex", "kind": annex.kind, "visit": annex.visit_id, "list_digest": annex.list_digest}
    return encrypt(annex.text, passphrase, about, entropy=entropy)


def open_annex(content: bytes, passphrase: str, certificate: Mapping[str, Any] | None = None) -> Annex:
    """Open an encrypted annex.

    Args:
        certificate: that the annex is to be held against: one that was verified.

    Raises:
        DrawError: it is no such file, or the passphrase does not open it.
        TamperError: it is not the certificate's annex.
    """
    annex = parse_annex(decrypt(content, passphrase))
    if certificate is not None:
        annex.require(certificate)
    return annex


def own_proof(
    file: VisitFile, actor: Actor, kind: str, number: int, now: datetime, *, rehearsal: bool = False
) -> bytes:
    """Hand out to one person the proof of having been in the list, as a page (PDF).

    Raises:
        NotFound: the list has no such number.
        DrawError: names and nonces were removed from the visit.
        StageError: the list is not locked.
    """
    with act(file, actor, Act.HAND_OUT_ANNEX, now) as tx:
        state = read_state(tx.db, kind, rehearsal=rehearsal)
        proof = _annex(tx.db, state).proof(number)
        applicant = tx.visit.description.applicant
        tx.record(kind=kind, number=number)
    assert state.kept is not None
    return render_pdf(proof_page(proof, state.kept.locked, applicant), now)


def certificate_of(db: Database, state: DrawState) -> Mapping[str, Any]:
    """Return what ``handed_out`` does, inside a transaction."""
    certificate = state.certificate
    if certificate is None:
        raise StageError(N_("Nothing is drawn yet, so there is no certificate."), "not-drawn")
    if state.by_hand or state.closed:  # the first certificate of fresh digits stays as it is
        return certificate
    try:
        annex_digest = _annex(db, state).digest
    except DrawError:  # names were removed; what stood in the certificate stays
        annex_digest = str(certificate.get("annex_digest", ""))
    return {**certificate, "annex_digest": annex_digest, "verifier_digest": verifier_digest()}


def _annex(db: Database, state: DrawState) -> Annex:
    if state.kept is None:
        raise StageError(N_("Lock the list first."), "not-locked")
    return annex_of(replace(state.kept.locked, annex=annex_rows(db, state.kept.id)))


def _page(file: VisitFile, kind: str, certificate: Mapping[str, Any], now: datetime, rehearsal: bool) -> bytes:
    with file.reading() as db:
        applicant = visits.read(db).description.applicant
    state = draw_state(file, kind, rehearsal=rehearsal)
    numbers = state.kept.identities if state.kept and kind == SITES else {}
    names = {number: name for number in numbers if (name := state.name(number))}
    return render_pdf(certificate_page(certificate, applicant, names=names), now)
