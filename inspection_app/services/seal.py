"""The seal: the list that must be empty or explained, everybody's word on the result, the seal, and what comes after.

What is checked is ``services.check``; reopening a sealed visit is ``services.reopen``.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from sqlite_utils import Database

from inspection_app.core.consolidation import Result
from inspection_app.core.invariants import Breach, unconfirmed
from inspection_app.core.visit import Act, Actor, Member, Stage, Visit
from inspection_app.errors import N_, NotFound, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.check import breaches, result_now
from inspection_app.services.recuse import refuse_recused
from inspection_app.services.type_in import _kept
from inspection_app.store import duties, hand_ins, log, panel, reopenings, seals, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.seals import Answer, Confirmation, Explanation, Paper, Seal

MOST_PAPER_BYTES = 30 * 1024 * 1024
MOST_CHARACTERS = 2000

PDF, JPEG = "application/pdf", "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Word(StrEnum):
    """What a member says of the result as it stands now."""

    CONFIRMED = "confirmed"
    SIGNED = "signed"
    REFUSED = "refused"
    STALE = "stale"  # said of a result that has changed since
    WAITING = "waiting"
    EXCUSED = "excused"


@dataclass(frozen=True)
class OpenPoint:
    """Something that stands against the seal, and what the chair said to it."""

    breach: Breach
    explanation: Explanation | None = None

    @property
    def explained(self) -> bool:
        return self.explanation is not None and self.breach.explainable


@dataclass(frozen=True)
class Sealing:
    """Where a visit stands on its way to the seal. ``said`` is everybody's latest word by member id."""

    visit: Visit
    members: tuple[Member, ...]
    result: Result
    digest: str
    points: tuple[OpenPoint, ...]
    words: Mapping[int, Word]
    said: Mapping[int, Confirmation]
    seals: tuple[Seal, ...]
    scans: tuple[Paper, ...]
    issued: tuple[Paper, ...]
    log_head: str

    @property
    def held(self) -> Seal | None:
        """The seal that holds, None where there is none."""
        return next((one for one in self.seals if one.lifted is None), None)

    @property
    def ready(self) -> StageError | None:
        """What has to be mended or explained before anybody confirms the result; None where nothing has."""
        return _refusal(N_("The result cannot be confirmed yet:"), "not-ready", self.points, whose=False)

    @property
    def refusal(self) -> StageError | None:
        """What ``seal`` would refuse, with everything that is still open; None where nothing is."""
        return _refusal(N_("The visit cannot be sealed yet:"), "not-sealable", self.points)


def _refusal(message: str, code: str, points: Iterable[OpenPoint], *, whose: bool = True) -> StageError | None:
    faults = [
        one.breach.fault for one in points
        if not one.explained and (whose or not one.breach.key.startswith("unconfirmed"))
    ]  # fmt: skip
    return StageError(message, code, faults=faults) if faults else None


def sealing(file: VisitFile) -> Sealing:
    """Return where the visit stands on its way to the seal, to be shown; every act here finds it out anew.

    Raises:
        StageError: the marks are not opened yet.
    """
    return _sealing_of(file, file.as_written())


@lru_cache(maxsize=16)
def _sealing_of(file: VisitFile, _written: tuple[object, ...]) -> Sealing:
    """Keep what recomputing draws, digests and the whole log found, while nobody writes to the file."""
    with file.reading() as db:
        return _sealing(db)


def _sealing(db: Database) -> Sealing:
    visit, members = visits.read(db), tuple(member for member in panel.members(db) if member.scores)
    result, digest = result_now(db)
    said, found, excuses = seals.confirmations(db), duties.duties(db), hand_ins.excuses(db)
    words = {
        member.id: Word.EXCUSED
        if found.recused_from_visit(member.id) or member.id in excuses
        else _word(said.get(member.id), digest)
        for member in members
    }
    explained = seals.explanations(db)
    against = () if visit.stage is Stage.SEALED else (
        *breaches(db, result),
        *unconfirmed(members, [member for member, word in words.items() if word in {Word.WAITING, Word.STALE}]),
    )  # fmt: skip
    points = tuple(OpenPoint(one, explained.get(one.key)) for one in against)
    return Sealing(
        visit, members, result, digest, points, words, said, seals.seals(db), seals.scans(db), seals.issued(db),
        log.head(db),
    )  # fmt: skip


def _word(said: Confirmation | None, digest: str) -> Word:
    if said is None:
        return Word.WAITING
    return Word(str(said.answer)) if said.result == digest else Word.STALE


# --- the list -------------------------------------------------------------------------------------------------------


def explain(file: VisitFile, actor: Actor, breach: str, reason: str, now: datetime) -> None:
    """Say why the panel goes on although a check finds something; printed in the report. The latest reason counts.

    Args:
        breach: the key of what was found.

    Raises:
        ScoreError: no reason, or too long.
        StageError: it can simply be done, so no reason stands for it.
        NotFound: no such thing is found any more.
    """
    with act(file, actor, Act.EXPLAIN, now) as tx:
        refuse_recused(tx)
        point = next((one for one in _sealing(tx.db).points if one.breach.key == breach), None)
        if point is None:
            raise NotFound(N_("Nothing of this kind is open any more. Reload the page."), "no-breach")
        if not point.breach.explainable:
            raise StageError(N_("This has to be done; no reason stands for it."), "not-explainable")
        reason = _reason(reason)
        seals.explain(tx.db, Explanation(breach, reason, now, actor.member_id))
        tx.record(breach=breach, reason=tx.digest(reason))


# --- everybody's word -----------------------------------------------------------------------------------------------


def confirm_result(file: VisitFile, actor: Actor, shown: str, now: datetime) -> None:
    """Confirm the result as it was shown, on one's own tablet.

    Args:
        shown: the digest of the result that was on the screen.

    Raises:
        StageError: the result has changed since; something is open that is neither mended nor explained; or the
            member does not confirm, being recused or excused.
    """
    with act(file, actor, Act.CONFIRM_RESULT, now) as tx:
        _say(tx, _shown(tx, shown), actor.member_id, Answer.CONFIRMED)


def refuse_result(file: VisitFile, actor: Actor, shown: str, reason: str, now: datetime) -> None:
    """Refuse to confirm the result; the reason is recorded and printed, and does not keep the chair from sealing.

    Raises:
        ScoreError: no reason, or too long.
        StageError: as for ``confirm_result``.
    """
    with act(file, actor, Act.CONFIRM_RESULT, now) as tx:
        found = _shown(tx, shown)
        _say(tx, found, actor.member_id, Answer.REFUSED, reason=_reason(reason))


def _shown(tx: Transaction, shown: str) -> Sealing:
    found = _sealing(tx.db)
    if shown != found.digest:
        raise StageError(
            N_("The result changed while you were reading. Nothing was recorded; look at it once more."),
            "result-changed",
        )
    if found.ready:
        raise found.ready
    return found


def _say(
    tx: Transaction, found: Sealing, member: int, answer: Answer, *, reason: str = "", scan: str = ""
) -> None:
    word = found.words.get(member)
    if word is None:
        raise NotFound(N_("Only the chair and the experts confirm the result."), "not-scoring", member=member)
    if word is Word.EXCUSED:
        name = next(one.name for one in found.members if one.id == member)
        raise StageError(N_("{name} is recused or excused, and does not confirm the result."), "excused", name=name)
    seals.confirm(tx.db, Confirmation(member, found.digest, answer, reason, scan, tx.now, tx.member.id))
    words = tx.details.setdefault("words", {})
    assert isinstance(words, dict)
    words[str(member)] = str(answer)
    tx.record(result=found.digest, **({"reason": tx.digest(reason)} if reason else {}))


# --- signed papers --------------------------------------------------------------------------------------------------


def attach_scan(
    file: VisitFile, actor: Actor, title: str, paper: bytes, now: datetime, *, members: Collection[int] = (),
    shown: str = "",
) -> Paper:  # fmt: skip
    """Attach a scan or photo of something signed; before the seal it may bear members' signatures on the draft.

    Args:
        paper: a PDF as it is, or a picture, which is kept upright and without its metadata.
        members: who signed the printed draft (签字稿): it stands for their confirmation.
        shown: the digest that the draft bears, where members signed it.

    Raises:
        ScoreError: no title, or no picture or PDF that can be read, or too big.
        StageError: as for ``confirm_result``; after the seal nobody's signature is recorded any more.
    """
    kept, media = _scan(paper)
    with act(file, actor, Act.ATTACH_SCAN, now) as tx:
        if members and tx.visit.stage is Stage.SEALED:
            raise StageError(N_("The visit is sealed: a scan is attached without naming who signed."), "sealed")
        digest = hashlib.sha256(kept).hexdigest()
        stored = seals.add_scan(tx.db, _title(title), kept, media, digest, now, actor.member_id)
        if members:
            found = _shown(tx, shown)
            for member in members:
                _say(tx, found, member, Answer.SIGNED, scan=digest)
        _record(tx, stored)
    return stored


def issue(
    file: VisitFile, actor: Actor, title: str, recipient: str, paper: bytes, now: datetime
) -> Paper:
    """Keep a document as it was sent, with whom it was sent to; it can be neither changed nor taken away.

    Args:
        paper: a PDF or DOCX file.

    Raises:
        ScoreError: no title or recipient, no PDF or DOCX, or too big.
        StageError: the visit is not sealed.
    """
    media = _document(paper)
    with act(file, actor, Act.ISSUE, now) as tx:
        recipient = " ".join(recipient.split())
        if not recipient:
            raise ScoreError(N_("Write whom it is sent to; that is kept with it."), "no-recipient")
        digest = hashlib.sha256(paper).hexdigest()
        stored = seals.issue(tx.db, _title(title), paper, media, digest, recipient, now, actor.member_id)
        _record(tx, stored)
    return stored


def paper(file: VisitFile, digest: str) -> bytes:
    """Return a signed scan or an issued document.

    Raises:
        NotFound: there is none of this digest.
    """
    with file.reading() as db:
        found = seals.paper(db, digest)
    if found is None:
        raise NotFound(N_("There is no such document. Reload the page."), "no-paper")
    return found


def _record(tx: Transaction, stored: Paper) -> None:
    tx.record(paper=stored.id, digest=stored.digest, told=tx.digest(stored.told))


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise ScoreError(N_("The document needs a title."), "no-title")
    return title[:200]


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ScoreError(N_("A reason is needed: it is printed in the report."), "no-reason")
    if len(reason) > MOST_CHARACTERS:
        raise ScoreError(N_("The reason is longer than {most} characters. Shorten it."), "too-long",
                         most=MOST_CHARACTERS)  # fmt: skip
    return reason


def _scan(paper: bytes) -> tuple[bytes, str]:
    return (paper, _document(paper)) if paper.startswith(b"%PDF-") else (_kept(paper), JPEG)


def _document(paper: bytes) -> str:
    """Return the kind of a document that is kept as it is; it is looked at no further than that, and never opened."""
    if len(paper) > MOST_PAPER_BYTES:
        raise ScoreError(
            N_("The document has more than {most} MB."), "paper-too-big", most=MOST_PAPER_BYTES // 1024**2
        )
    if paper.startswith(b"%PDF-") and b"%%EOF" in paper[-2048:]:
        return PDF
    try:
        with zipfile.ZipFile(io.BytesIO(paper)) as archive:
            if "word/document.xml" in archive.namelist():
                return DOCX
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        pass
    raise ScoreError(N_("The file is no complete PDF or DOCX document."), "not-a-document")


# --- the seal -------------------------------------------------------------------------------------------------------


def seal(file: VisitFile, actor: Actor, now: datetime, *, entropy: Callable[[int], bytes]) -> Seal:
    """Seal the visit: its content is fixed by a digest, and the file itself refuses to change it.

    Args:
        entropy: a source of random bytes, such as ``os.urandom``; it hides personal values among the digests.

    Raises:
        StageError: with everything that is open and not explained, the members who have not confirmed among it.
    """
    with act(file, actor, Act.SEAL, now) as tx:
        refuse_recused(tx)
        found = _sealing(tx.db)
        if found.refusal:
            raise found.refusal
        for proposal in reopenings.reopenings(tx.db):  # overtaken by the seal
            if proposal.pending:
                reopenings.withdraw(tx.db, proposal.id, now)
        visits.finish(tx.db, now)
        made = seals.seal(tx.db, tx.visit.id, found.digest, log.head(tx.db), now, actor.member_id, entropy)
        tx.record(
            seal=made.id, digest=made.digest, content=made.content, result=made.result, stage=str(Stage.SEALED)
        )
    return made
