"""The programme of a visit (现场验收日程安排) and the sheets to sign in on (签到表)."""

from __future__ import annotations

from collections.abc import Sequence

from inspection_app.core.document import Align, Block, Column, Document, Facts, Heading, Paragraph, Row, Table
from inspection_app.core.papers.entries import ProgrammeEntry, held_when, named, visit_days
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Member, Role, Visit
from inspection_app.core.wording import ROLE_TITLES, numeral


def programme(
    visit: Visit, rubric: Rubric, entries: Sequence[ProgrammeEntry], members: Sequence[Member], *,
    for_applicant: bool = False,
) -> Document:  # fmt: skip
    """Build the programme (现场验收日程安排); the applicant's says of the panel's own meetings only that they are."""
    rows = tuple(
        Row((
            "\n".join(part for part in (entry.day, entry.time) if part) or "　月　日\n　时　分",
            entry.title,
            "专家组内部会议，请提供会议室。" if for_applicant and entry.internal else entry.text,
            entry.place,
            entry.who or _attendance(entry),
        ))
        for entry in entries
    )  # fmt: skip
    columns = (
        Column("时间", 0.105, Align.CENTER), Column("活动", 0.11, Align.CENTER), Column("内容", 0.5),
        Column("地点", 0.125), Column("参加人员", 0.16),
    )  # fmt: skip
    return Document(
        title=f"{visit.description.applicant}现场验收日程安排",
        subtitle="",
        date="",
        blocks=(
            Facts((
                ("验收时间", visit_days(visit)),
                ("验收地点", visit.description.place),
                ("专家组组长", named(members, Role.CHAIR)),
                ("秘书", named(members, Role.SECRETARY)),
                ("专家组成员", named(members, Role.EXPERT)),
                ("验收依据", rubric.title),
            )),
            Table(columns, rows, height=12),
            Paragraph("具体时间和地点以专家组与申报单位商定的为准。", small=True),
        ),
        form=True,
        running=f"{visit.description.applicant}　现场验收日程安排",
    )  # fmt: skip


def _attendance(entry: ProgrammeEntry) -> str:
    if entry.internal:
        return "专家组"
    others = {"": "相关部门", "sites": "考察点人员", "citizens": "相关部门\n抽取的群众"}
    return f"专家组\n申报单位\n{others[entry.draws]}"


def sign_in_sheet(
    visit: Visit,
    entry: ProgrammeEntry,
    members: Sequence[Member],
    *,
    citizens: Sequence[tuple[str, str]] = (),
    citizen_rows: int = 0,
    guest_rows: int = 0,
) -> Document:
    """Build a sign-in sheet (签到表).

    Args:
        citizens: category and name of everybody who was drawn.
        citizen_rows: empty rows for citizens: before the draw all of them, after it those for reserves.
        guest_rows: empty rows for the applicant's people.
    """
    panel = [(member.name, f"{member.organisation}（{ROLE_TITLES[member.role]}）") for member in members]
    people = [(name, category) for category, name in citizens]
    groups = [
        ("专家组", "单位及职务", panel),
        ("群众", "类别", [*people, *[("", "")] * citizen_rows]),
        ("申报单位及有关人员", "单位及职务", [("", "")] * guest_rows),
    ]
    blocks: list[Block] = [
        Facts((("活动", entry.title), ("时间", held_when(entry)), ("地点", entry.place), ("主持人", ""))),
    ]
    for place, (title, what, rows) in enumerate((group for group in groups if group[2]), 1):
        columns = (
            Column("序号", 0.08, Align.CENTER), Column("姓名", 0.16, Align.CENTER), Column(what, 0.36),
            Column("联系电话", 0.19), Column("签名", 0.21),
        )  # fmt: skip
        blocks += [
            Heading(f"{numeral(place)}、{title}"),
            Table(columns, tuple(Row((str(n), *row, "", "")) for n, row in enumerate(rows, 1)), height=9.5),
        ]
    return Document(
        title=f"{entry.title}签到表",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=tuple(blocks),
        form=True,
        running=f"{visit.description.applicant}　{entry.title}签到表",
    )
