"""The consolidated report: CPU seconds, peak memory and bytes, of a usual and of a large visit.

    python -m tests.benchmarks.report [ROUNDS]

The usual one is the sample visit with six photos: about 28 pages and the annexes, 37 rows, 4 charts, 3 QR codes. The
large one has 63 items, 15 experts with a note on every item, and 60 photos. Each is made in a process of its own that
finds visit and photos on the disk, so that the peak is its own; the same ``Document`` can be timed against other engines.
"""

from __future__ import annotations

import io
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image

NOW = datetime(2026, 5, 13, 20, 0, tzinfo=UTC)
LIMITS = {"usual": (1.0, 200, 3.0), "large": (5.0, None, None)}


def cpu(action: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = action()
    return time.process_time() - began, result


def peak_memory() -> float:
    """Return the most memory this process has held, in MB; Linux only. (``ru_maxrss`` would count the parent's.)"""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def photos(count: int) -> list[bytes]:
    """Photos as a tablet takes them: 3 megapixels that do not compress to nothing."""
    chance, made = random.Random(7), []
    for _ in range(count):
        grain = Image.frombytes("RGB", (64, 48), chance.randbytes(64 * 48 * 3))
        out = io.BytesIO()
        grain.resize((2048, 1536), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
        made.append(out.getvalue())
    return made


def with_pictures(material: Any, contents: list[bytes]) -> Any:
    """Give every finding its share of the photos."""
    from inspection_app.core.document import Picture

    ids = [finding.id for finding in material.findings]
    shared: dict[int, list[Picture]] = {}
    for number, content in enumerate(contents):
        picture = Picture(content, f"照片{number + 1}　现场查看的台账", "现场查看的台账")
        shared.setdefault(ids[number % len(ids)], []).append(picture)
    return replace(material, pictures=shared)


def prepare(folder: Path) -> None:
    """Build the sample visit and take the photos."""
    from inspection_app.sample import build_sample

    build_sample(folder)
    for number, content in enumerate(photos(60)):
        (folder / f"{number:02}.jpg").write_bytes(content)


def usual(folder: Path) -> Any:
    from inspection_app.services.gather import material
    from inspection_app.store.file import SUFFIX, VisitFile

    (path,) = folder.glob(f"*{SUFFIX}")
    return with_pictures(material(VisitFile(path), NOW), taken(folder, 6))


def taken(folder: Path, count: int) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))[:count]]


def large(folder: Path) -> Any:
    from inspection_app.core.consolidation import consolidate
    from inspection_app.core.feedback import Finding, FindingKind, Material
    from inspection_app.core.scoring import score_answers
    from inspection_app.core.visit import Description, Member, Role, Stage, Visit
    from inspection_app.files import load_rubric_file

    chance, found = random.Random(3), load_rubric_file("pingdingshan-city")
    rubric = found.rubric
    members = [Member(n, f"专家{n:02}", Role.CHAIR if n == 1 else Role.EXPERT) for n in range(1, 16)]

    def sheet() -> dict[str, dict[str, Any]]:
        return {
            item.no: {
                one.id: {
                    "points": str((one.points * chance.randint(6, 10) / 10).quantize(Decimal("0.1"))),
                    "reason": "酌情",
                }
                for one in item.criteria
                if one.kind == "grade"
            }
            for item in rubric.items
        }

    scores = {member.id: score_answers(rubric, sheet()) for member in members}
    notes = {
        item.no: {m.id: f"现场查看第{item.no}项资料，台账基本齐全，个别月份缺签字。" for m in members}
        for item in rubric.items
    }
    findings = [
        Finding(kind, "部门联动机制健全，台账管理规范，群众反映良好。" * 2, (rubric.items[n].no,), 1 + n)
        for n, kind in enumerate([*FindingKind] * 10)
    ]
    visit = Visit(
        "0" * 16, Description("鹰城市人民政府", "市", date(2026, 5, 12), date(2026, 5, 13)), Stage.SEALED, rubric.id, "1",
        found.digest, 2, "pass", NOW,
    )  # fmt: skip
    told = Material(visit, rubric, members, [], consolidate(rubric, scores), notes, findings, "0" * 64, NOW)
    return with_pictures(told, taken(folder, 60))


def measure(name: str, rounds: int, folder: Path) -> dict[str, Any]:
    from inspection_app.core.feedback import feedback, report
    from inspection_app.report.pdf import render_pdf

    told = {"usual": usual, "large": large}[name](folder)
    before = peak_memory()
    first, pdf = cpu(lambda: render_pdf(report(told), NOW))
    peak = peak_memory()
    warm = [cpu(lambda: render_pdf(report(told), NOW))[0] for _ in range(rounds)]
    later = peak_memory()
    copy, copied = cpu(lambda: render_pdf(feedback(told), NOW))
    from pypdf import PdfReader  # megabytes of its own, which are not the report's

    return {
        "pages": len(PdfReader(io.BytesIO(pdf)).pages), "first": first, "warm": statistics.median(warm),
        "most": max(warm), "before": before, "peak": peak, "later": later, "size": len(pdf) / 1e6, "copy": copy,
        "copy pages": len(PdfReader(io.BytesIO(copied)).pages),
    }  # fmt: skip


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], rounds, Path(sys.argv[3]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for name, limits in LIMITS.items():
            show(name, rounds, Path(folder), limits)


def show(name: str, rounds: int, folder: Path, limits: tuple[float, int | None, float | None]) -> None:
    (seconds, memory, size) = limits
    command = [sys.executable, "-m", "tests.benchmarks.report", str(rounds), name, str(folder)]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
    told = f"≤ {seconds} s" + (f", ≤ {memory} MB, ≤ {size} MB" if memory else "")
    print(f"{name} report ({told})")
    print(f"  {found['pages']} pages, {found['size']:.2f} MB; the applicant's copy {found['copy pages']} pages, "
          f"{found['copy']:.2f} s")  # fmt: skip
    print(
        f"  CPU: first {found['first']:.2f} s, warm {found['warm']:.2f} s (median of {rounds}, most {found['most']:.2f} s)"
    )
    print(f"  peak memory {found['peak']:.0f} MB ({found['before']:.0f} MB before the first report, "
          f"{found['later']:.0f} MB after {rounds} more)")  # fmt: skip


if __name__ == "__main__":
    main()
