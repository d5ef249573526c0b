"""What leaves a visit to be worked on: documents as DOCX, the score matrix as XLSX, and everything as CSV and JSON.

It reads and changes nothing. Chair and secretary alone take the matrix and the whole record along, once the marks are
opened; citizens are in neither, for certificates name nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from inspection_app import places
from inspection_app.core.document import Document
from inspection_app.core.outcome import outcome, outcome_digest
from inspection_app.core.visit import Actor, Member, Role
from inspection_app.errors import N_, InspectionError, PermissionDenied
from inspection_app.files.export_tables import Value, csv_table
from inspection_app.report.archive import packed
from inspection_app.report.docx import render_docx
from inspection_app.report.docx_template import MOST_BYTES, check_template, shipped_template
from inspection_app.report.workbook import score_workbook
from inspection_app.services.consolidate import Consolidation, consolidation
from inspection_app.services.draw import CITIZENS, SITES, read_state
from inspection_app.services.export_draw import certificate_of
from inspection_app.services.feed_back import feedback_document, report_document
from inspection_app.services.gather import material
from inspection_app.store import decisions, feedback, log, panel, seals, sheets
from inspection_app.store.file import VisitFile

FORMAT = "inspection-app export 1"

REPORT, FEEDBACK = "report", "feedback"
_MAKERS: dict[str, Callable[[VisitFile, datetime], Document]] = {REPORT: report_document, FEEDBACK: feedback_document}


@dataclass(frozen=True)
class WordFile:
    """A document as DOCX; ``refused`` says why the office's own template was not used, where that is so."""

    content: bytes
    refused: InspectionError | None = None


def templates_folder(file: VisitFile) -> Path:
    """Return where an office keeps its own templates: ``report.docx`` and ``feedback.docx`` are looked for, then
    ``official.docx``."""
    return places.templates_folder(file.path.parent)


def word_file(file: VisitFile, kind: str, now: datetime) -> WordFile:
    """Return the report (``REPORT``) or the feedback for the applicant (``FEEDBACK``) as DOCX.

    It is set in the office's own template, where there is one that can be used, else in the shipped one.

    Raises:
        StageError: as ``report_document`` and ``feedback_document`` do.
    """
    document = _MAKERS[kind](file, now)
    own, refused = _own_template(templates_folder(file), kind)
    return WordFile(render_docx(document, now, own), refused)


def template_fault(file: VisitFile, kind: str) -> InspectionError | None:
    """Return why the office's own template cannot be used; None where it can, or where there is none."""
    return _own_template(templates_folder(file), kind)[1]


def word_template() -> bytes:
    """Return the shipped template, for an office to make its own of."""
    return shipped_template()


def _own_template(folder: Path, kind: str) -> tuple[bytes | None, InspectionError | None]:
    """Return the office's template that can be used, and what is wrong with the one that cannot."""
    path = next((path for name in (f"{kind}.docx", "official.docx") if (path := folder / name).is_file()), None)
    if path is None:
        return None, None
    try:
        with path.open("rb") as opened:
            own = opened.read(MOST_BYTES + 1)
        check_template(own)
    except InspectionError as error:
        return None, error
    except OSError as error:
        return None, InspectionError(
            N_("The template “{path}” cannot be read: {told}."), "template-unreadable",
            path=str(path), told=error.strerror or str(error),
        )  # fmt: skip
    return own, None


def score_matrix(file: VisitFile, actor: Actor, now: datetime) -> bytes:
    """Return the score matrix as XLSX with living formulas, for chair and secretary.

    Raises:
        PermissionDenied: the actor is neither.
        StageError: the marks are not opened yet.
    """
    with file.reading() as db:
        _refuse_others(panel.member(db, actor.member_id))
    return score_workbook(material(file, now))


def everything(file: VisitFile, actor: Actor, now: datetime) -> bytes:
    """Return the visit's record as a ZIP of CSV tables and one JSON file, for chair and secretary.

    In it are the panel, the assignment, figures, every revision of every answer, marks, panel scores, adjudications and
    other decisions, findings, the draws' certificates and the log; no citizen, no telephone number, no code.

    Args:
        now: the time in the JSON, with its offset; of equal times and contents the bytes are equal.

    Raises:
        PermissionDenied: the actor is neither.
        StageError: the marks are not opened yet.
    """
    with file.reading() as db:
        _refuse_others(panel.member(db, actor.member_id))
    found = consolidation(file)
    with file.reading() as db:
        record = {"format": FORMAT, "made": now.isoformat(), **_record(db, found)}
    tables = {f"{name}.csv": csv_table(titles, rows) for name, titles, rows in _tables(record)}
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True)
    return packed({"visit.json": text.encode(), **tables})


def _refuse_others(asking: Member) -> None:
    if asking.role not in {Role.CHAIR, Role.SECRETARY}:
        raise PermissionDenied(N_("Everybody's marks leave the visit by chair and secretary only."), "office-only")


def _record(db: Database, found: Consolidation) -> dict[str, Any]:
    visit, rubric, result = found.visit, found.rubric, found.result
    description = visit.description
    return {
        "visit": {
            "id": visit.id, "applicant": description.applicant, "category": description.category,
            "starts": description.starts.isoformat(), "ends": description.ends.isoformat(), "place": description.place,
            "stage": str(visit.stage), "created": visit.created.isoformat(),
            "finished": visit.finished and visit.finished.isoformat(),
        },
        "rubric": {
            "id": visit.rubric_id, "version": visit.rubric_version, "digest": visit.rubric_digest,
            "title": rubric.title,
            "items": [
                {"no": item.no, "aspect": aspect.id, "content": item.content, "ceiling": _text(item.ceiling),
                 "criteria": [criterion.id for criterion in item.criteria]}
                for aspect in rubric.aspects for item in aspect.items
            ],
        },
        "panel": [
            {"id": one.id, "name": one.name, "role": str(one.role), "organisation": one.organisation,
             "speciality": one.speciality, "group": one.group}
            for one in panel.members(db)
        ],
        "assignment": {str(member): sorted(items) for member, items in sorted(panel.assignment(db).items())},
        "figures": [
            {"key": one.key, "value": one.value, "target": one.target, "last": one.last, "source": one.source}
            for one in found.figures.values()
        ],
        "answers": [
            {"member": row["member"], "item": one.item, "revision": one.revision, "answers": one.answers,
             "note": one.note, "at": one.at.isoformat(), "carrier": str(one.carrier), "by": one.by,
             "confirmed": one.confirmed}
            for row in seals.answers(db)
            if (one := sheets.revision(db, row["member"], row["item"], row["revision"]))
        ],
        "result": outcome(visit, result),
        "result_digest": outcome_digest(visit, result),
        "adjudications": [
            {"item": one.item, "points": _text(one.points), "reason": one.reason, "clause": one.clause,
             "at": one.at.isoformat()}
            for one in found.adjudications
        ],
        "findings": [
            {"id": one.id, "kind": str(one.kind), "text": one.text, "items": list(one.items),
             "observations": list(one.observations)}
            for one in decisions.findings(db)
        ],
        "judgement": feedback.judgement(db),
        "certificates": dict(_certificates(db)),
        "seals": [
            {"number": one.id, "digest": one.digest, "content": one.content, "result": one.result,
             "log_head": one.log_head, "at": one.at.isoformat(), "lifted": one.lifted and one.lifted.isoformat()}
            for one in seals.seals(db)
        ],
        "log": [vars(entry) for entry in log.entries(db)],
        "log_head": log.head(db),
    }  # fmt: skip


def _certificates(db: Database) -> Iterator[tuple[str, Any]]:
    for kind in (SITES, CITIZENS):
        state = read_state(db, kind)
        if state.certificate is not None:
            yield kind, certificate_of(db, state)


Table = tuple[str, Sequence[str], Sequence[Sequence[Value]]]


def _tables(record: dict[str, Any]) -> Iterator[Table]:
    """Yield name, titles and rows of every CSV table; members stand by id, and by name in the table of the panel."""
    items = record["result"]["items"]
    yield _listed("panel", record["panel"])
    yield "assignment", ("member", "item"), [
        (member, item) for member, given in record["assignment"].items() for item in given
    ]  # fmt: skip
    yield _listed("figures", record["figures"], ("key", "value", "target", "last", "source"))
    answers = ("member", "item", "revision", "answers", "note", "at", "carrier", "by", "confirmed")
    yield _listed("answers", record["answers"], answers)
    yield "marks", ("item", "member", "state", "points"), [
        (one["no"], member, mark["state"], mark["points"]) for one in items for member, mark in one["marks"].items()
    ]  # fmt: skip
    yield _listed("panel_scores", items, ("no", "ceiling", "working", "panel", "points"))
    yield _listed("aspects", record["result"]["aspects"], ("id", "title", "kind", "points", "ceiling"))
    yield _listed("adjudications", record["adjudications"], ("item", "points", "reason", "clause", "at"))
    yield _listed("vetoes", record["result"]["vetoes"], ("id", "applies", "proof"))
    yield _listed("gates", record["result"]["gates"], ("id", "holds", "value", "proof", "other", "other_holds"))
    yield _listed("findings", record["findings"], ("id", "kind", "text", "items", "observations"))
    yield _listed("log", record["log"], ("seq", "at", "actor", "act", "details", "previous", "hash"))


def _listed(name: str, rows: Sequence[dict[str, Any]], titles: Sequence[str] = ()) -> Table:
    titles = titles or ("id", "name", "role", "organisation", "speciality", "group")
    return name, titles, [[_cell(row[title]) for title in titles] for row in rows]


def _cell(value: Any) -> Value:
    if isinstance(value, list) and all(isinstance(one, (str, int)) for one in value):
        return " ".join(map(str, value))
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if isinstance(value, Decimal) or value is None else str(value)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
