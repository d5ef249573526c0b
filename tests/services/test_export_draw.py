"""What leaves a visit after a draw: the ZIP that strangers check, the annex that only its passphrase opens, a proof."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from inspection_app.core.annex import parse_annex
from inspection_app.core.certificate import canonical_json, verify_certificate
from inspection_app.core.draw import AnnexRow
from inspection_app.core.visit import Stage
from inspection_app.errors import DrawError, InspectionError, NotFound, PermissionDenied, StageError, TamperError
from inspection_app.files.encrypted import about, decrypt, encrypt, new_passphrase
from inspection_app.services import draw, register, substitute
from inspection_app.services.export_draw import (
    SealedAnnex,
    certificate_pdf,
    draw_package,
    handed_out,
    open_annex,
    own_proof,
    seal_annex,
    verifier_digest,
)
from inspection_app.store import log
from tests.services.conftest import CHAIR, CITIZENS, NOW, SITES, Copy, Scene, hold, lock, scene_at


def both_drawn(folder: Path) -> Scene:
    scene = scene_at(folder, Stage.PREPARE)
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        hold(scene, kind)
    return scene


@pytest.fixture
def drawn(copied: Copy, tmp_path: Path) -> Scene:
    """Both draws are held."""
    return copied(both_drawn, tmp_path)


@pytest.fixture(scope="module")
def handed(copied: Copy, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, SealedAnnex]:
    """The citizens' annex as it left the visit: each key that opens it is dear by design. Nobody changes this visit."""
    scene = copied(both_drawn, tmp_path_factory.mktemp("handed"))
    return scene, seal_annex(scene.file, scene.secretary, draw.CITIZENS, entropy=os.urandom, now=NOW)


def unpacked(content: bytes, folder: Path) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
        return archive.namelist()


@pytest.mark.parametrize("kind", [draw.SITES, draw.CITIZENS])
def test_a_stranger_checks_the_package_with_plain_python(drawn: Scene, tmp_path: Path, kind: str) -> None:
    """Unpacked into an empty folder, ``python3 -I verify.py certificate.json`` holds, the slip's code included; the
    verifier beside it is the one whose digest the certificate carries."""
    folder = tmp_path / "empty"
    names = unpacked(draw_package(drawn.file, kind, NOW), folder)
    assert {"certificate.json", "verify.py"} <= set(names)
    assert any(name.endswith(".pdf") for name in names)
    certificate = json.loads((folder / "certificate.json").read_text("utf-8"))
    assert certificate["verifier_digest"] == hashlib.sha256((folder / "verify.py").read_bytes()).hexdigest()
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    done = subprocess.run(
        [python, "-I", "verify.py", "certificate.json", "--slip", certificate["short_code"]],
        cwd=folder, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_package_is_the_same_each_time_and_names_no_citizen(drawn: Scene) -> None:
    """Equal bytes for an equal time; no name stands in any part, the page included."""
    first = draw_package(drawn.file, draw.CITIZENS, NOW)
    assert draw_package(drawn.file, draw.CITIZENS, NOW) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    texts = [PdfReader(io.BytesIO(part)).pages[0].extract_text() if part.startswith(b"%PDF") else part.decode()
             for part in parts]  # fmt: skip
    assert [name for name in CITIZENS if any(name in text for text in texts)] == []


def test_the_page_of_sites_is_one_page_with_their_names(drawn: Scene) -> None:
    """Sites are public: the record to sign says which they are."""
    reader = PdfReader(io.BytesIO(certificate_pdf(drawn.file, draw.SITES, NOW)))
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    assert [site.name for site in SITES if site.name not in text] == []


def test_what_is_handed_out_follows_the_substitutions(drawn: Scene) -> None:
    """After a no-show the certificate names who came, still verifies, and carries annex and verifier."""
    before = handed_out(drawn.file, draw.SITES)
    state = draw.draw_state(drawn.file, draw.SITES)
    gone = state.standing_numbers[0]
    substitute.substitute(
        drawn.file, drawn.secretary, draw.SITES, gone, state.next_reserve(gone), "停业", "公证石", NOW
    )
    after = handed_out(drawn.file, draw.SITES)
    assert [one["out"] for one in after["substitutions"]] == [gone]
    assert verify_certificate(after).ok
    assert after["annex_digest"] == before["annex_digest"] != ""
    assert after["verifier_digest"] == verifier_digest()


def test_the_annex_leaves_encrypted_and_opens_with_its_passphrase(handed: tuple[Scene, SealedAnnex]) -> None:
    """No name can be read in the file; the passphrase opens it however it is typed; every leaf opens, and the digest is
    the certificate's."""
    scene, sealed = handed
    certificate = handed_out(scene.file, draw.CITIZENS)
    assert [name for name in CITIZENS if name.encode() in sealed.content] == []
    assert about(sealed.content)["list_digest"] == certificate["list_digest"]
    annex = open_annex(sealed.content, f" {sealed.passphrase.lower().replace('-', ' ')} ", certificate)
    assert annex.digest == certificate["annex_digest"]
    assert sorted(name for row in annex.rows for name in CITIZENS if f"name={name}|" in row.identity) == sorted(CITIZENS)
    assert parse_annex(annex.text) == annex
    nonce = next(row.nonce for row in annex.rows if not row.nonce.isdigit())
    with pytest.raises(DrawError):  # the same bytes in other letters are another text
        parse_annex(annex.text.replace(nonce, nonce.upper()))


def test_neither_another_passphrase_nor_a_changed_file_opens(handed: tuple[Scene, SealedAnnex]) -> None:
    """One sign of the passphrase, of the content or of what everybody may read; and what is no such file at all."""
    _scene, sealed = handed
    file, passphrase = sealed.content, sealed.passphrase
    other = passphrase[:-1] + ("3" if passphrase[-1] == "2" else "2")
    for content, typed in (
        (file, other),
        (file, ""),
        (file.replace(b'"kind":"citizens"', b'"kind":"sites"'), passphrase),
        (file.replace(b'"content":"', b'"content":"AAAA'), passphrase),
    ):
        with pytest.raises(DrawError) as failed:
            open_annex(content, typed)
        assert failed.value.code == "passphrase"
    for content in (b"", b"{}", b"\xff", file.replace(b'"n":131072', b'"n":1048576'), b"[" * 100_000):
        with pytest.raises(DrawError) as failed:
            open_annex(content, passphrase)
        assert failed.value.code == "not-encrypted"


def test_an_annex_of_another_draw_or_with_two_people_exchanged_is_refused(handed: tuple[Scene, SealedAnnex]) -> None:
    """The encrypted file proves nothing by itself: each row is held against the locked list."""
    scene, sealed = handed
    certificate = handed_out(scene.file, draw.CITIZENS)
    with pytest.raises(TamperError, match="another list"):
        open_annex(sealed.content, sealed.passphrase, handed_out(scene.file, draw.SITES))
    annex = open_annex(sealed.content, sealed.passphrase)
    first, second, *rest = annex.rows
    exchanged = replace(annex, rows=(
        AnnexRow(1, second.identity, first.nonce), AnnexRow(2, first.identity, second.nonce), *rest,
    ))  # fmt: skip
    with pytest.raises(TamperError, match="1, 2"):
        exchanged.require(certificate)
    with pytest.raises(TamperError, match=rf": {first.number}\."):  # somebody else's name before the one who was locked
        replace(annex, rows=(AnnexRow(first.number, second.identity, first.nonce), *annex.rows)).require(certificate)
    with pytest.raises(TamperError, match=str(len(annex.rows))):
        replace(annex, rows=annex.rows[:-1]).require(certificate)
    with pytest.raises(TamperError, match="digest of another"):
        annex.require({**certificate, "annex_digest": "0" * 64})


def test_two_files_of_one_annex_have_nothing_in_common() -> None:
    """Salt, nonce and passphrase are new each time."""
    passphrase = new_passphrase(os.urandom)
    one, two = (json.loads(encrypt("名单", passphrase, {}, entropy=os.urandom)) for _ in range(2))
    assert one["salt"] != two["salt"]
    assert one["content"] != two["content"]
    assert decrypt(canonical_json(one).encode(), passphrase) == "名单"
    assert new_passphrase(os.urandom) != passphrase


def test_a_person_gets_their_own_proof_and_nobody_elses(drawn: Scene) -> None:
    """The page has their name and no other; a number that is not there is refused; the log says which number."""
    state = draw.draw_state(drawn.file, draw.CITIZENS)
    number = state.standing_numbers[0]
    page = own_proof(drawn.file, drawn.chair, draw.CITIZENS, number, NOW)
    text = "".join(PdfReader(io.BytesIO(page)).pages[0].extract_text().split())
    assert [name for name in CITIZENS if name in text] == [state.name(number)]
    with pytest.raises(NotFound):
        own_proof(drawn.file, drawn.chair, draw.CITIZENS, len(CITIZENS) + 1, NOW)
    with drawn.file.reading() as db:
        entry = log.entries(db)[-1]
    assert (entry.act, entry.details["number"]) == ("hand-out-annex", number)
    assert state.name(number) not in str(entry.details)


def test_only_the_office_may_hand_out_names(drawn: Scene) -> None:
    """An expert can have the certificate and neither annex nor proofs; the log keeps no refused attempt as done."""
    assert verify_certificate(handed_out(drawn.file, draw.CITIZENS)).ok
    with pytest.raises(PermissionDenied):
        seal_annex(drawn.file, drawn.expert, draw.CITIZENS, entropy=os.urandom, now=NOW)
    with pytest.raises(PermissionDenied):
        own_proof(drawn.file, drawn.expert, draw.CITIZENS, 1, NOW)


def test_before_the_draw_there_is_nothing_to_hand_out(prepared: Scene) -> None:
    """No certificate before the draw, no annex before the lock; each a message."""
    attempts = (
        lambda: handed_out(prepared.file, draw.SITES),
        lambda: draw_package(prepared.file, draw.SITES, NOW),
        lambda: seal_annex(prepared.file, prepared.secretary, draw.SITES, entropy=os.urandom, now=NOW),
    )
    for attempt in attempts:
        with pytest.raises(StageError):
            attempt()
    lock(prepared)
    with pytest.raises(InspectionError, match="Nothing is drawn"):
        handed_out(prepared.file, draw.SITES)
    assert seal_annex(prepared.file, prepared.secretary, draw.SITES, entropy=os.urandom, now=NOW).passphrase


def test_a_draw_made_by_hand_goes_out_without_a_verifier(prepared: Scene, tmp_path: Path) -> None:
    """Nothing can be recomputed, so no program is handed out that would seem to prove it."""
    lock(prepared)
    register.register_by_hand(
        prepared.file, prepared.secretary, draw.SITES, {draw.SITE_STRATUM: [3, 1, 5]}, place="会议室", at=NOW,
        drawer="申必达", witnesses=["公证石", CHAIR], now=NOW,
    )  # fmt: skip
    names = unpacked(draw_package(prepared.file, draw.SITES, NOW), tmp_path / "out")
    assert "verify.py" not in names
    assert "certificate.json" in names
