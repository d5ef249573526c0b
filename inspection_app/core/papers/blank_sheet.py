"""A rubric's score sheet to print without a visit (空白评分表): every item, nobody's name, no figures.

It is an expert's printed sheet (``score_sheet``) with room where a visit would fill in; which items somebody scores is
not known here.
"""

from __future__ import annotations

from inspection_app.core.document import Document, Form, Heading, Paragraph, Signatures
from inspection_app.core.papers.score_sheet import item_rows
from inspection_app.core.rubric import AspectKind, Rubric
from inspection_app.core.wording import plain

_KINDS = {AspectKind.BASE: "", AspectKind.BONUS: "加分，", AspectKind.DEDUCTION: "扣分，至多"}
HOW_TO_FILL = (
    "在方框内打“√”，每个评分点只选一个；“部分”须在评分说明中写明理由。档次均不符合的选0，并写明理由。"
    "得分与各评分点合计不同的，写明理由。写0是零分，空着是未评。"
)


def blank_sheet(rubric: Rubric) -> Document:
    """Build the score sheet of all items of a rubric, for a trial or for paper that is filled in by hand."""
    blocks: list[Heading | Form | Paragraph] = [
        Paragraph(f"填写说明：共{len(rubric.items)}项。{HOW_TO_FILL}左栏编号（如6-2）供录入时核对。", small=True)
    ]
    for aspect in rubric.aspects:
        points = aspect.ceiling if aspect.points is None else aspect.points
        blocks.append(Heading(f"{aspect.title}（{_KINDS[aspect.kind]}{plain(points)}分）"))
        blocks += [Form(tuple(item_rows(item, {}, rubric, None))) for item in aspect.items]
    return Document(
        title="评分表",
        subtitle=rubric.title,
        date="",
        blocks=(*blocks, Paragraph("以上由本人独立评分。"), Signatures((("专家", ""), ("代录人", "")))),
        imprint=(f"{rubric.title}（{rubric.id}，版本 {rubric.version}）",),
        form=True,
        running=f"{rubric.title}　评分表",
    )
