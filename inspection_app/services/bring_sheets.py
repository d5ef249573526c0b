"""Bringing in score sheets that travelled: what each file would change, shown first, then all of it or nothing.

Nobody's entry is overwritten: what comes in is a new revision with its carrier, and the version that loses a conflict
is kept in the history before it. What somebody brings for an expert waits for that expert's confirmation, as what is
typed in from paper does. Handing out the workbooks that come back this way is here, too.

What a carried entry is to the hub is decided by ``core.merge``, what a file says by ``sheets``.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.merge import CarriedSheet, Kind, Outcome, Refusal, Salvaged, Standing, merge
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Act, Actor, Member, Role, Stage, Visit, permit
from inspection_app.errors import N_, Fault, InspectionError, NotFound, PermissionDenied, ScoreError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.services.score import MOST_NOTE_CHARACTERS
from inspection_app.sheets import read_answer_file, read_score_sheet, score_sheet_xlsx
from inspection_app.store import carried, duties, hand_ins, panel, sheets, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import Carrier, Entry, Receipt

MOST_FILES = 60
HUB = -1
"""The choice that leaves a conflicting item as it stands on the hub."""

Progress = Callable[[int, int], None]
Choices = Mapping[tuple[int, str], int]


def _silent(done: int, of: int) -> None: ...


@dataclass(frozen=True)
class Upload:
    """A file as it was uploaded."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Brought:
    """One file: whose sheet it is (empty where that is unknown), what was read of it, and what could not be."""

    name: str
    whose: str
    carrier: Carrier | None
    made_at: datetime | None
    entries: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Case:
    """What becomes of one item of one member: its candidates, of a conflict several, otherwise one.

    ``standing`` is what the hub has, None where there is nothing, or where it is the member's own and not for the eyes
    of whoever brings the file (``hidden``).
    """

    member: Member
    item: str
    kind: Kind
    candidates: tuple[Outcome, ...]
    hub: int
    standing: Entry | None
    hidden: bool

    @property
    def key(self) -> tuple[int, str]:
        return self.member.id, self.item


@dataclass(frozen=True)
class Alike:
    """Items of one member of which the same is said: their numbers, such as ``1–4、6``, and why they are not taken."""

    member: Member
    items: str
    why: Refusal | None


@dataclass(frozen=True)
class Preview:
    """What files would change, item by item; nothing is changed yet. ``sheets`` is what ``bring_in`` is given back."""

    rubric: Rubric
    files: tuple[Brought, ...]
    cases: tuple[Case, ...]
    sheets: tuple[CarriedSheet, ...]

    def of(self, *kinds: Kind) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.kind in kinds)

    def alike(self, kind: Kind) -> tuple[Alike, ...]:
        """Return the items of a kind by member and reason.

        What one file has as the hub has it, and another one newer, is not named as the same: it does change.
        """
        open_ = {case.key for case in self.of(Kind.NEW, Kind.NEWER, Kind.CONFLICTING)}
        hidden = open_ if kind in {Kind.SAME, Kind.OLDER} else set()
        groups: dict[tuple[int, str], list[Case]] = {}
        for case in self.of(kind):
            if case.key not in hidden:
                groups.setdefault((case.member.id, str(case.candidates[0].why)), []).append(case)
        return tuple(
            Alike(one[0].member, _in_runs({case.item for case in one}, self.rubric), one[0].candidates[0].why)
            for one in groups.values()
        )


@dataclass(frozen=True)
class Done:
    """What came in: entries that count now, and versions that were kept without counting."""

    taken: int
    aside: int


def preview(file: VisitFile, actor: Actor, uploads: Sequence[Upload], progress: Progress = _silent) -> Preview:
    """Say what these files would change; nothing is changed.

    Args:
        uploads: answer files of offline sheets and XLSX score sheets, at most 60.
        progress: called with how many files are read, and of how many.

    Raises:
        PermissionDenied, StageError: not by this person, or not now.
        ScoreError: too many files. What is wrong with a single one is said in ``Preview.files``.
    """
    if len(uploads) > MOST_FILES:
        raise ScoreError(N_("There are {count} files; at most {most} are brought in at once."), "too-many-files",
                         count=len(uploads), most=MOST_FILES)  # fmt: skip
    with file.reading() as db:
        visit, me, rubric = visits.read(db), panel.member(db, actor.member_id), rubric_of(db)
        permit(Act.BRING_SHEETS, me.role, visit.stage)
    read: list[tuple[Upload, Salvaged | InspectionError]] = []
    for upload in uploads:
        try:
            read.append((upload, _read(upload.content, rubric, visit.rubric_digest)))
        except InspectionError as error:
            read.append((upload, error))
        progress(len(read), len(uploads))
    whole = tuple(one.sheet for _upload, one in read if isinstance(one, Salvaged))
    with file.reading() as db:
        people = {member.id: member for member in panel.members(db)}
        found = _cases(db, me, whole)
    return Preview(rubric, tuple(_brought(upload, one, visit, people) for upload, one in read), found, whole)


def bring_in(
    file: VisitFile,
    actor: Actor,
    shown: Preview,
    choices: Choices,
    now: datetime,
    progress: Progress = _silent,
) -> Done:
    """Bring in what a preview showed: every new and newer entry, and of each conflict what was chosen.

    Args:
        shown: the preview as it was looked at.
        choices: by member id and item number, for each conflict: the place of the candidate that counts from now on,
            or ``HUB``.
        progress: called with how many entries are in, and of how many.

    Returns:
        What came in. Bringing the same files in again changes nothing.

    Raises:
        ScoreError: a conflict without a choice (``no-choice``), or the hub has moved on since (``changed-elsewhere``).
        StageError, PermissionDenied: not now, or not by this person.
    """
    try:
        with act(file, actor, Act.BRING_SHEETS, now) as tx:
            found = _cases(tx.db, tx.member, shown.sheets)
            if _pinned(found) != _pinned(shown.cases):
                raise ScoreError(
                    N_("Something was saved on the hub since the files were compared. Look at the list once more; "
                       "nothing was changed."), "changed-elsewhere",
                )  # fmt: skip
            _require_choices(found, choices)
            concerned = {case.member.id for case in found}
            bringing = _Bringing(tx, {member: carried.history(tx.db, member) for member in concerned})
            for place, case in enumerate(found, 1):
                bringing.bring(case, choices.get(case.key, 0))
                progress(place, len(found))
            if not bringing.written:
                raise _NothingNew
            tx.record(
                revisions=bringing.logged, files=[tx.digest(_content(sheet)) for sheet in shown.sheets],
                carriers=sorted({sheet.carrier for sheet in shown.sheets}),
            )  # fmt: skip
            return Done(bringing.taken, bringing.aside)
    except _NothingNew:
        return Done(0, 0)


def score_sheet_file(file: VisitFile, actor: Actor, member: int, now: datetime) -> bytes:
    """Return the XLSX score sheet of a member who scores, with what they have entered so far.

    For the member; for the secretary with nothing in it but what came on paper or by files, since nobody sees what
    another has marked on screen.

    Raises:
        PermissionDenied: it is somebody else's.
        NotFound: the member does not score, or has no items.
    """
    with file.reading() as db:
        me, whose = panel.member(db, actor.member_id), panel.member(db, member)
        if me.role is not Role.SECRETARY and me.id != whose.id:
            raise _not_yours()
        visit, rubric, found = visits.read(db), rubric_of(db), duties.duties(db)
        assigned = found.sheet(member)
        if not whose.scores or not assigned:
            raise NotFound(N_("{name} has no score sheet. Choose an expert."), "no-sheet", name=whose.name)
        revisions, known = carried.history(db, member), carried.stamps(db, member)
        standing = {
            no: (len(entries), carried.stamped(entries, known)[-1])
            for no, entries in revisions.items()
            if not _hidden(me, whose, entries[-1])
        }
        figures = {key: figure.reading() for key, figure in sheets.figures(db).items()}
    made = f"{visit.id} {member} {now.isoformat()} {json.dumps({no: len(one) for no, one in revisions.items()})}"
    return score_sheet_xlsx(
        rubric, visit=visit.id, rubric_digest=visit.rubric_digest, member=member, name=whose.name,
        applicant=visit.description.applicant, assigned=assigned, standing=standing, figures=figures,
        client=f"xlsx-{hashlib.sha256(made.encode()).hexdigest()[:20]}",
    )  # fmt: skip


def score_sheet_files(file: VisitFile, actor: Actor, now: datetime, progress: Progress = _silent) -> bytes:
    """Return the XLSX score sheets of everybody who scores, as ZIP, for the secretary.

    Raises:
        PermissionDenied: by somebody else.
    """
    with file.reading() as db:
        if panel.member(db, actor.member_id).role is not Role.SECRETARY:
            raise _not_yours()
        found = duties.duties(db)
        people = [member for member in panel.members(db) if member.scores and found.sheet(member.id)]
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w") as archive:  # a workbook is packed already
        for place, member in enumerate(people, 1):
            entry = zipfile.ZipInfo(f"评分表 {place:02} {_file_name(member.name)}.xlsx", now.timetuple()[:6])
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, score_sheet_file(file, actor, member.id, now))
            progress(place, len(people))
    return pack.getvalue()


def _in_runs(items: Iterable[str], rubric: Rubric) -> str:
    """Write item numbers in official order, three or more that follow each other as ``1–4``."""
    places = {item.no: place for place, item in enumerate(rubric.items)}
    runs: list[list[str]] = []
    for no in sorted(items, key=lambda one: (places.get(one, len(places)), one)):
        if runs and places.get(no, -2) == places.get(runs[-1][-1], -2) + 1:
            runs[-1].append(no)
        else:
            runs.append([no])
    return "、".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else "、".join(run) for run in runs)


def _not_yours() -> PermissionDenied:
    return PermissionDenied(N_("A score sheet is handed out to its owner and to the secretary only."), "not-yours")


def _file_name(name: str) -> str:
    return "".join("_" if sign in '\\/:*?"<>|' or sign < " " else sign for sign in name)


# --- reading and comparing -------------------------------------------------------------------------------------------


def _read(content: bytes, rubric: Rubric, rubric_digest: str) -> Salvaged:
    """Read a file by what it is and not by what it is called."""
    if content.startswith(b"PK"):
        return read_score_sheet(content, rubric, rubric_digest)
    return read_answer_file(content)


def _brought(upload: Upload, read: Salvaged | InspectionError, visit: Visit, people: Mapping[int, Member]) -> Brought:
    if isinstance(read, InspectionError):
        fault = Fault(N_("File"), read.message, "", dict(read.context))
        return Brought(upload.name, "", None, None, 0, (fault,))
    sheet, faults = read.sheet, read.faults
    whose = people.get(sheet.member) if sheet.visit == visit.id else None
    if sheet.visit != visit.id:
        faults += (Fault(N_("File"), N_("It belongs to another visit."), N_("Bring it in at that visit.")),)
    elif whose is None or not whose.scores:
        faults += (Fault(N_("File"), N_("It is nobody's who scores here."), N_("Check which file it is.")),)
    return Brought(
        upload.name, whose.name if whose else "", Carrier(sheet.carrier), sheet.made_at, len(sheet.entries), faults
    )


def _cases(db: Database, me: Member, brought: Iterable[CarriedSheet]) -> tuple[Case, ...]:
    """Compare sheets with what stands, member by member in the panel's order, item by item in official order."""
    visit, rubric, people = visits.read(db), rubric_of(db), {one.id: one for one in panel.members(db)}
    by_member: dict[int, list[CarriedSheet]] = {}
    for sheet in brought:
        if sheet.visit == visit.id and sheet.member in people and people[sheet.member].scores:
            by_member.setdefault(sheet.member, []).append(sheet)
    told: list[Case] = []
    for member in (one for one in people.values() if one.id in by_member):
        history = carried.history(db, member.id)
        standing = _standing(db, visit, rubric, member, me, history)
        told += _grouped(member, me, merge(by_member[member.id], standing), history)
    return tuple(told)


def _standing(
    db: Database, visit: Visit, rubric: Rubric, member: Member, me: Member, history: Mapping[str, tuple[Entry, ...]]
) -> Standing:
    found, known = duties.duties(db), carried.stamps(db, member.id)
    own = me.role is Role.SECRETARY or me.id == member.id
    return Standing(
        visit.id, rubric, visit.rubric_digest, member.id if own else 0, found.sheet(member.id),
        {no: carried.stamped(entries, known) for no, entries in history.items()},
        found.recused_items(rubric, member.id), {key: one.reading() for key, one in sheets.figures(db).items()},
        _closed(db, visit, member), MOST_NOTE_CHARACTERS,
    )  # fmt: skip


def _closed(db: Database, visit: Visit, member: Member) -> Refusal | None:
    """Say why nothing of a member's sheet can be changed now."""
    name = {"name": member.name}
    if visit.stage is not Stage.SCORE:
        return Refusal(N_("Score sheets are brought in while scoring is open."), "wrong-stage")
    if not duties.has_declared(db, member.id):
        return Refusal(
            N_("This expert has not declared conflicts of interest and confidence yet; they do so under Duties."),
            "not-declared",
        )
    if member.id in hand_ins.excuses(db):
        return Refusal(
            N_("{name} is excused: the panel goes on with the sheet as it is. The chair takes that back first."),
            "excused", name,
        )  # fmt: skip
    if member.id in hand_ins.handed_in(db):
        return Refusal(
            N_("{name}'s score sheet is handed in. To correct it, it is taken back first."), "handed-in", name
        )
    return None


def _grouped(
    member: Member, me: Member, outcomes: Iterable[Outcome], history: Mapping[str, tuple[Entry, ...]]
) -> Iterator[Case]:
    """Make a case of each outcome, and one of all that conflict about an item."""
    groups: dict[tuple[object, ...], list[Outcome]] = {}
    for place, outcome in enumerate(outcomes):
        apart = -1 if outcome.kind is Kind.CONFLICTING else place
        groups.setdefault((outcome.item, apart), []).append(outcome)
    for together in groups.values():
        first = together[0]
        entries = history.get(first.item, ())
        hidden = bool(entries) and _hidden(me, member, entries[-1])
        seen = entries[-1] if entries and not hidden else None
        yield Case(member, first.item, first.kind, tuple(together), len(entries), seen, hidden)


def _hidden(me: Member, whose: Member, standing: Entry) -> bool:
    """Say whether an entry is not for these eyes: nobody sees another's own marks before they are opened."""
    return me.id != whose.id and standing.by is None and not standing.empty


def _pinned(cases: Iterable[Case]) -> list[tuple[object, ...]]:
    """Return what must not have changed since somebody looked: all that would be written, and on what."""
    return [
        (case.key, case.kind, case.hub, [one.entry for one in case.candidates])
        for case in cases
        if case.kind in {Kind.NEW, Kind.NEWER, Kind.CONFLICTING}
    ]


def _require_choices(found: Iterable[Case], choices: Choices) -> None:
    faults = []
    for case in found:
        if case.kind is not Kind.CONFLICTING:
            continue
        chosen = choices.get(case.key)
        allowed = {*range(len(case.candidates)), *([HUB] if case.hub else [])}
        if chosen not in allowed:
            faults.append(
                Fault(N_("{name}, item {item}"), N_("Two versions differ."), N_("Choose one."),
                      {"name": case.member.name, "item": case.item})
            )  # fmt: skip
    if faults:
        raise ScoreError(N_("Choose a version for every conflict first:"), "no-choice", faults=faults)


# --- bringing in -----------------------------------------------------------------------------------------------------


class _NothingNew(Exception):
    """Everything is there already: what is open is left without a trace."""


class _Bringing:
    """Writes what comes in, within one transaction, and keeps count of it."""

    def __init__(self, tx: Transaction, history: Mapping[int, Mapping[str, tuple[Entry, ...]]]) -> None:
        self.tx, self.history = tx, history
        self.known = {member: {stamp for found in carried.stamps(tx.db, member).values() for stamp in found}
                      for member in history}  # fmt: skip
        self.logged: list[list[object]] = []
        self.taken = self.aside = 0
        self.written = False

    def bring(self, case: Case, chosen: int) -> None:
        """Write one case down; ``chosen`` is the place of the candidate that counts, or ``HUB``."""
        entries = self.history[case.member.id].get(case.item, ())
        latest = len(entries)
        if case.kind is Kind.REFUSED:
            return
        if case.kind in {Kind.SAME, Kind.OLDER}:
            _add_receipt(self.tx, self, case.candidates[0], case.candidates[0].stands_at)
            return
        losing = [one for place, one in enumerate(case.candidates) if place != chosen]
        for one in losing:
            latest += 1
            self._revise(case, one, latest)
            self.aside += 1
        latest += 1
        if chosen == HUB:  # what stood is said once more, so that it is what counts
            standing = entries[-1]
            _add_revision(self.tx, self, case.member.id, standing, latest)
        else:
            self._revise(case, case.candidates[chosen], latest)
            self.taken += 1

    def _revise(self, case: Case, one: Outcome, revision: int) -> None:
        own = case.member.id == self.tx.member.id
        entry = Entry(
            case.item, revision, sheets.canonical(one.entry.answers), one.entry.note, self.tx.now, Carrier(one.carrier),
            None if own else self.tx.member.id, own,
        )  # fmt: skip
        _add_revision(self.tx, self, case.member.id, entry, revision)
        _add_receipt(self.tx, self, one, revision)


def _add_revision(tx: Transaction, bringing: _Bringing, member: int, entry: Entry, revision: int) -> None:
    sheets.add_revision(
        tx.db, member, entry.item, revision, entry.answers, entry.note, tx.now, carrier=entry.carrier, by=entry.by,
        confirmed=entry.confirmed,
    )  # fmt: skip
    content = tx.digest(entry.text + "\n" + entry.note)
    bringing.logged.append([member, entry.item, revision, content])
    bringing.written = True


def _add_receipt(tx: Transaction, bringing: _Bringing, one: Outcome, revision: int) -> None:
    """Keep which revision a carried entry became or equals, so that an earlier file of its device is known as such."""
    known = bringing.known[one.member]
    if not revision or one.entry.stamp in known:
        return
    stamp = one.entry.stamp
    sheets.add_receipt(
        tx.db, one.member, Receipt(stamp.client, stamp.sequence),
        Entry(one.item, revision, sheets.canonical(one.entry.answers), one.entry.note, tx.now),
    )  # fmt: skip
    known.add(stamp)
    bringing.written = True


def _content(sheet: CarriedSheet) -> str:
    """Write down what a sheet carries, for its digest."""
    return "\n".join(
        f"{one.item} {one.base} {one.stamp.client} {one.stamp.sequence} {sheets.canonical(one.answers)} {one.note}"
        for one in sheet.entries
    )
