"""Every PDF that leaves the program is sound by the judgement of a program that is not ours: ``qpdf --check``."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from inspection_app.core.visit import Stage
from inspection_app.services import draw, draw_papers, export_draw, feed_back, print_out
from inspection_app.services.prepare import preparation
from tests.services.conftest import NOW, Scene, scene_at

pytestmark = pytest.mark.skipif(
    not shutil.which("qpdf") and os.environ.get("CI") != "true", reason="needs qpdf (Debian: apt install qpdf)"
)


def unsound(pdf: bytes, folder: Path) -> str:
    """Return what qpdf has to say against a PDF; nothing where it is sound."""
    path = folder / "checked.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def packed(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".pdf")}


def test_every_document_is_a_sound_pdf(consolidating: Scene, tmp_path: Path) -> None:
    """Report and feedback as drafts and sealed, score cards, the paper pack, slips, cards and certificates of draws."""
    made: dict[str, bytes] = {}

    def documents(scene: Scene, when: str) -> None:
        made[f"report {when}"] = feed_back.report_pdf(scene.file, NOW)
        made[f"feedback {when}"] = feed_back.feedback_pdf(scene.file, NOW)
        made[f"score cards {when}"] = feed_back.score_cards_pdf(scene.file, scene.chair, NOW)

    documents(consolidating, "as a draft")
    scene = scene_at(tmp_path / "sealed", Stage.SEALED)
    documents(scene, "sealed")
    made["blank score sheet"] = print_out.blank_sheet_pdf(preparation(scene.file).rubric, NOW)
    codes = {member.id: "ABCD-EFGH" for member in preparation(scene.file).members}
    made["personal cards"] = print_out.personal_cards_pdf(scene.file, codes, NOW, hub="http://192.168.8.2:8501")
    made |= packed(print_out.paper_pack(scene.file, NOW))
    for kind in (draw.SITES, draw.CITIZENS):
        made |= {f"slip of {kind}": draw_papers.slip_pdf(scene.file, kind, NOW),
                 f"cards of {kind}": draw_papers.cards_pdf(scene.file, kind, NOW)}  # fmt: skip
        made |= packed(export_draw.draw_package(scene.file, kind, NOW))
    assert len(made) > 25
    assert {name: said for name, pdf in made.items() if (said := unsound(pdf, tmp_path))} == {}


def test_a_broken_pdf_is_found(consolidating: Scene, tmp_path: Path) -> None:
    """The check above can fail: a document without its last kilobyte is reported."""
    assert unsound(feed_back.feedback_pdf(consolidating.file, NOW)[:-1024], tmp_path)
