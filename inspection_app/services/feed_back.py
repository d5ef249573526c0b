"""Feeding back: the findings, and what is printed: the consolidated report and the personal codes."""

from __future__ import annotations

from datetime import datetime

from inspection_app.core.document import Document
from inspection_app.core.feedback import Drawn, Finding, Material, codes_sheet, report
from inspection_app.core.visit import Act, Actor, Member
from inspection_app.errors import N_, ScoreError
from inspection_app.report.pdf import render_pdf
from inspection_app.services.act import act
from inspection_app.services.consolidate import consolidation
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state
from inspection_app.services.prepare import Created, rubric_of
from inspection_app.store import decisions, log, panel, visits
from inspection_app.store.file import VisitFile


def findings(file: VisitFile) -> tuple[Finding, ...]:
    """Return the findings that stand."""
    with file.reading() as db:
        return decisions.findings(db)


def state_finding(file: VisitFile, actor: Actor, finding: Finding, now: datetime) -> int:
    """Add a finding, or reword the one whose id it carries; return its id.

    Raises:
        ScoreError: without text.
        NotFound: an item that does not exist.
    """
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        if not finding.text.strip():
            raise ScoreError(N_("A finding needs a sentence. Write what was seen."), "no-text")
        rubric = rubric_of(tx.db)
        for item in finding.items:
            rubric.item(item)
        if finding.id:
            decisions.reword_finding(tx.db, finding.id, finding)
        id_ = finding.id or decisions.state_finding(tx.db, finding, now, actor.member_id)
        tx.record(finding=id_, kind=str(finding.kind), text=tx.digest(finding.text), items=list(finding.items))
    return id_


def withdraw_finding(file: VisitFile, actor: Actor, id_: int, now: datetime, *, back: bool = False) -> None:
    """Take a finding back, or with ``back`` undo that."""
    with act(file, actor, Act.STATE_FINDING, now) as tx:
        decisions.withdraw_finding(tx.db, id_, None if back else now)
        tx.record(finding=id_, withdrawn=not back)


def report_document(file: VisitFile, now: datetime) -> Document:
    """Build the consolidated report.

    Raises:
        StageError: the marks are not opened yet.
    """
    found = consolidation(file)
    draws = [drawn for kind in (SITES, CITIZENS) if (drawn := _drawn(draw_state(file, kind)))]
    with file.reading() as db:
        return report(
            Material(
                found.visit, found.rubric, panel.members(db), draws, found.result, found.notes,
                decisions.findings(db), log.head(db), now,
                {key: figure.source for key, figure in found.figures.items()},
            )
        )  # fmt: skip


def report_pdf(file: VisitFile, now: datetime) -> bytes:
    """Return the consolidated report as PDF; raises as ``report_document`` does."""
    return render_pdf(report_document(file, now), now)


def _drawn(state: DrawState) -> Drawn | None:
    result, ceremony = state.result, state.current
    if result is None or ceremony is None:
        return None

    def named(chosen: dict[str, tuple[int, ...]]) -> tuple[tuple[str, int, str], ...]:
        return tuple((stratum, number, state.name(number)) for stratum, numbers in chosen.items() for number in numbers)

    return Drawn(
        state.kind, ceremony.number, ceremony.at, ceremony.place, result.locked.digest, result.locked.short_code,
        result.seed, ceremony.public_digits, tuple((c.party, c.name, c.digits) for c in ceremony.cards),
        named(result.selected), named(result.reserves), len(result.locked.rows),
        tuple((c.number, c.reason) for c in state.voided),
    )  # fmt: skip


def codes_pdf(created: Created, now: datetime) -> tuple[bytes, tuple[Member, ...]]:
    """Set the personal codes of a new visit on paper, one line each to cut apart; return the PDF and the panel."""
    with created.file.reading() as db:
        members, visit = panel.members(db), visits.read(db)
    return render_pdf(codes_sheet(visit, members, created.codes), now), members
