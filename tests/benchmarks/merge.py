"""Bringing in 15 score sheets with 63 items each: seconds to read and compare them, and to bring them in.

    python -m tests.benchmarks.merge

All 15 together: 1 s or less to compare and bring in, as answer files and as XLSX workbooks.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from inspection_app.core.merge import CarriedEntry, CarriedSheet, Stamp
from inspection_app.core.visit import Actor, Appointment, Description, Role
from inspection_app.files import load_rubric_file
from inspection_app.services import assign, bring_sheets, prepare, recuse
from inspection_app.services.bring_sheets import Upload
from inspection_app.sheets import score_sheet_xlsx, write_answer_file

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=timezone(timedelta(hours=8)))
EXPERTS, ITEMS = 15, 63


def scoring(folder: Path) -> tuple[prepare.Created, list[int]]:
    people = [Appointment("秘书", Role.SECRETARY), Appointment("组长", Role.CHAIR)]
    people += [Appointment(f"专家{n}", Role.EXPERT) for n in range(2, EXPERTS + 1)]
    described = Description("清溪县人民政府", "县", NOW.date(), NOW.date())
    made = prepare.create_visit(
        folder, load_rubric_file("pingdingshan-city"), described, people, entropy=os.urandom, now=NOW
    )
    found = prepare.preparation(made.file)
    items = [item.no for item in found.rubric.items]
    members = [one.id for one in found.members if one.scores]
    assign.assign_items(made.file, made.secretary, dict.fromkeys(members, items), NOW)
    for one in found.members:
        recuse.declare(made.file, Actor(one.id, one.role), "", True, NOW)
    prepare.open_scoring(made.file, made.secretary, NOW)
    return made, members


def uploads(made: prepare.Created, members: list[int], kind: str) -> list[Upload]:
    found = prepare.preparation(made.file)
    visit, rubric, items = found.visit, found.rubric, found.rubric.items[:ITEMS]
    made_up = []
    for member in members:
        entries = tuple(
            CarriedEntry(item.no, {one.id: {"points": "0", "reason": "无材料"} if one.kind == "grade" else
                                   False if one.kind == "tick" else "0" for one in item.criteria},
                         "现场查阅台账，与自查材料核对", 0, Stamp(f"tablet-{member}", n))
            for n, item in enumerate(items, 1)
        )  # fmt: skip
        if kind == "json":
            content = write_answer_file(CarriedSheet(visit.id, visit.rubric_digest, member, "file", NOW, entries))
        else:
            standing = {one.item: (0, bring_sheets.carried.Revision(one.answers, one.note)) for one in entries}
            content = score_sheet_xlsx(
                rubric, visit=visit.id, rubric_digest=visit.rubric_digest, member=member, name="", applicant="",
                assigned=[item.no for item in items], standing=standing, figures={}, client=f"xlsx-{member}",
            )  # fmt: skip
        made_up.append(Upload(f"{member}.{kind}", content))
    return made_up


def main() -> None:
    for kind in ("json", "xlsx"):
        with tempfile.TemporaryDirectory() as folder:
            made, members = scoring(Path(folder))
            files = uploads(made, members, kind)
            began, worked = time.perf_counter(), time.process_time()
            shown = bring_sheets.preview(made.file, made.secretary, files)
            compared = time.perf_counter()
            done = bring_sheets.bring_in(made.file, made.secretary, shown, {}, NOW)
            brought, worked = time.perf_counter(), time.process_time() - worked
            faults = sum(len(one.faults) for one in shown.files)
            began_again = time.perf_counter()
            again = bring_sheets.bring_in(
                made.file, made.secretary, bring_sheets.preview(made.file, made.secretary, files), {}, NOW
            )
            print(
                f"{kind}: {len(files)} files, {len(shown.cases)} entries ({faults} faults): compare "
                f"{compared - began:.2f} s, bring in {done.taken} in {brought - compared:.2f} s, together "
                f"{brought - began:.2f} s ({worked:.2f} s of the processor); once more {time.perf_counter() - began_again:.2f} s, {again.taken} new"
            )


if __name__ == "__main__":
    main()
