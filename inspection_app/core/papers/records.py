"""Forms to take notes on: minutes of a meeting (记录表) and what is seen at a site (实地考察记录表)."""

from __future__ import annotations

from collections.abc import Sequence

from inspection_app.core.document import Align, Cell, Document, Form, FormRow, Signatures
from inspection_app.core.papers.entries import ProgrammeEntry, held_when, named
from inspection_app.core.roster import Site
from inspection_app.core.visit import Member, Role, Visit


def minutes_form(visit: Visit, entry: ProgrammeEntry, members: Sequence[Member] = ()) -> Document:
    """Build the form for the minutes of one activity (记录表)."""
    parts = (
        (("为群众办的\n实事", 34), ("群众意见\n和提问", 85), ("现场解答", 51))
        if entry.draws == "citizens"
        else (("记录内容", 128), ("意见建议", 42))
    )
    wide = 0.83
    return Document(
        title=f"{entry.title}记录表",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=(
            Form((
                _pair_row(("时间", held_when(entry)), ("地点", entry.place)),
                _pair_row(("主持人", ""), ("记录人", "")),
                FormRow((_label("参加人员"), Cell("", wide, ruled=True)), 18),
                *(FormRow((_label(title), Cell("", wide, ruled=True)), height) for title, height in parts),
            )),
            Signatures((("记录人", named(members, Role.SECRETARY)),)),
        ),
        form=True,
        running=f"{visit.description.applicant}　{entry.title}记录表",
    )  # fmt: skip


def site_check_form(visit: Visit, site: Site | None = None) -> Document:
    """Build the form for what is seen at one site (实地考察记录表); without a site all is left to be written in."""
    site = site or Site("")
    wide = 0.83
    return Document(
        title="实地考察记录表",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=(
            Form((
                FormRow((_label("考察点"), Cell(site.name, wide)), 10),
                FormRow((_label("地址"), Cell(site.address, wide)), 10),
                FormRow((_label("申报材料所述\n亮点和特色"), Cell(site.feature, wide)), 14),
                _pair_row(("到达时间", ""), ("离开时间", "")),
                FormRow((_label("交谈人员\n（姓名、职务）"), Cell("", wide, ruled=True)), 26),
                FormRow((_label("查看资料"), Cell("", wide, ruled=True)), 26),
                FormRow((_label("所见情况"), Cell("", wide, ruled=True)), 52),
                FormRow((_label("与申报材料\n是否一致"), Cell("□一致　　　□部分一致　　　□不一致", wide)), 12),
                FormRow((_label("不一致之处\n的说明"), Cell("", wide, ruled=True)), 26),
                _pair_row(("对应考核项", ""), ("照片、附件", "")),
            )),
            Signatures((("专家", ""), ("考察点负责人", ""))),
        ),
        form=True,
        running=f"{visit.description.applicant}　实地考察记录表　{site.name}".rstrip("　"),
    )  # fmt: skip


def _label(text: str) -> Cell:
    return Cell(text, 0.17, label=True, align=Align.CENTER)


def _pair_row(*pairs: tuple[str, str], height: float = 10) -> FormRow:
    """Make a row of labels with what is beside each."""
    share = 1 / len(pairs) - 0.17
    return FormRow(tuple(cell for label, text in pairs for cell in (_label(label), Cell(text, share))), height)
