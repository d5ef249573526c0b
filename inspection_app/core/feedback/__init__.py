"""Feeding back: findings and the rest of what is told (``material``), and the documents made of it.

``report`` is the office's full record, ``feedback`` the applicant's copy, ``score_card`` one expert's marks; all are
plain ``core.document`` structures. The visit's documents are Chinese, so this package's phrases are, too.
"""

from __future__ import annotations

from inspection_app.core.feedback.cards import score_card
from inspection_app.core.feedback.for_applicant import default_judgement, feedback, judgement_of, undisclosed
from inspection_app.core.feedback.material import (
    KIND_TITLES,
    RECOMMENDATION_TITLES,
    STAGE_TITLES,
    Attached,
    Disclosure,
    Drawn,
    Event,
    EventKind,
    Finding,
    FindingKind,
    FreshDigits,
    Material,
    Recommendation,
    Said,
    SealMade,
)
from inspection_app.core.feedback.report import report
from inspection_app.core.feedback.results import method_sentence

__all__ = [
    "KIND_TITLES",
    "RECOMMENDATION_TITLES",
    "STAGE_TITLES",
    "Attached",
    "Disclosure",
    "Drawn",
    "Event",
    "EventKind",
    "Finding",
    "FindingKind",
    "FreshDigits",
    "Material",
    "Recommendation",
    "Said",
    "SealMade",
    "default_judgement",
    "feedback",
    "judgement_of",
    "method_sentence",
    "report",
    "score_card",
    "undisclosed",
]
