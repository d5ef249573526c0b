"""A rubric's score sheet to print without a visit (空白评分表): every item, nobody's name, no figures.

It is an expert's printed sheet (``score_sheet``) with room where a visit would fill in; which items somebody scores is
not known here.
"""

from __future__ import annotations

from inspection_app.core.document import Document, Form, Heading, Paragraph, Signatures
from inspection_app.core.papers.score_sheet import HOW_TO_FILL, item_rows
from inspection_app.core.rubric import Rubric
from inspection_app.core.wording import aspect_heading


def blank_sheet(rubric: Rubric) -> Document:
    """Build the score sheet of all items of a rubric, for a trial or for paper that is filled in by hand."""
    blocks: list[Heading | Form | Paragraph] = [
        Paragraph(f"填写说明：共{len(rubric.items)}项。{HOW_TO_FILL}左栏编号（如6-2）供录入时核对。", small=True)
    ]
    for aspect in rubric.aspects:
        blocks.append(Heading(aspect_heading(aspect)))
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
