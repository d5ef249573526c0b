"""The leaves of help as papers, to hand out or to lay beside the hub: one page each.

The words are those of ``core.help`` in whatever language the caller says them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from inspection_app.core.document import Block, Document, Heading, Paragraph
from inspection_app.core.help import Leaf
from inspection_app.errors import N_

_SUBTITLE = N_("On-site acceptance: a start on one page")


def help_papers(leaves: Sequence[Leaf], say: Callable[[str], str]) -> list[Document]:
    """Build one document for each leaf.

    Args:
        say: turns a catalogue key into the reader's words.
    """
    return [_paper(leaf, say) for leaf in leaves]


def _paper(leaf: Leaf, say: Callable[[str], str]) -> Document:
    blocks: list[Block] = [Paragraph(say(leaf.opening))]
    for number, point in enumerate(leaf.points, 1):
        if point.title:
            blocks += [Heading(say(point.title), 2), Paragraph(say(point.text))]
        else:
            blocks.append(Paragraph(f"{number}. {say(point.text)}"))
    return Document(say(leaf.title), say(_SUBTITLE), "", tuple(blocks), form=True, running=say(leaf.title))
