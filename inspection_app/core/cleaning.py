"""Clean a roster as it comes from an office: from rows of text to citizens, telling everything that was changed,
whatever looks wrong, and what a person has to decide.

    rows ── guess_columns ──▶ Columns ── (a person confirms them) ── clean ──▶ Cleaned

Nothing is dropped and nothing is mended in silence: what was changed is a ``Change`` with the text before and after,
what only a person can judge a ``Finding``, a row that was left out a ``LeftOut``. Of a finding, ``STOP`` has to be
mended in the file, ``DECIDE`` takes a person's ``Decision`` with a reason, ``NOTE`` is for looking at. Identity
numbers leave this module masked and as a salted digest, in changes and findings too.

It reads no file (``files.roster_tables``), stores nothing, and knows nothing of draws.

Sources: GB 11643-1999 for identity numbers (``core.id_number``); what Excel does to long numbers and dates is known
from its own limits (15 digits, days counted from 1900).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from inspection_app.core.id_number import birth_of, eighteen, is_male, is_right, is_well_formed
from inspection_app.core.lookalikes import folded, oddities, tidy, tidy_name
from inspection_app.core.roster import Citizen, masked, others_text
from inspection_app.errors import N_, Fault, Message, RosterError

Rows = Sequence[Sequence[str]]

FIELDS: dict[str, Message] = {
    "name": N_("Name"),
    "category": N_("Category"),
    "gender": N_("Gender"),
    "birth": N_("Born"),
    "phone": N_("Phone"),
    "id_number": N_("ID number"),
    "household": N_("Household"),
    "township": N_("Township"),
}
"""What a column can be, and how it is called on screens. Name and category must be there."""
TITLES = {
    "name": ("姓名", "名字", "代表姓名", "name"),
    "category": ("类别", "人员类别", "代表类别", "身份类别", "人员类型", "身份", "category"),
    "gender": ("性别", "gender"),
    "birth": ("出生日期", "出生年月", "出生年月日", "生日", "birth"),
    "phone": ("电话", "手机", "联系电话", "手机号", "手机号码", "联系方式", "phone"),
    "id_number": ("身份证号", "身份证号码", "公民身份号码", "身份证", "证件号码", "id_number"),
    "household": ("户号", "户主", "户主姓名", "household"),
    "township": ("乡镇", "乡镇街道", "乡镇办", "街道", "所属乡镇", "township"),
}
"""The column titles that are understood; one that contains the first of a field's is a guess as good."""
_NEARLY = {
    "id_number": "身份证", "household": "户主", "name": "姓名", "gender": "性别", "birth": "出生", "phone": "电话",
    "township": "乡镇", "category": "类别",
}  # fmt: skip
_EXACT = {folded(alias): one for one, aliases in TITLES.items() for alias in aliases}
ALIASES = {
    "人大": "人大代表", "政协": "政协委员", "委员": "政协委员", "群众": "群众代表", "居民": "群众代表",
    "村民": "群众代表", "市民": "群众代表", "老百姓": "群众代表", "居民代表": "群众代表", "村民代表": "群众代表",
    "市民代表": "群众代表", "监督员": "社会监督员", "特邀监督员": "社会监督员", "行风监督员": "社会监督员",
    "质量监督员": "社会监督员",
}  # fmt: skip
"""What offices write for a category; the category's own words, or part of them, need no alias."""
_GENDERS = {"男": "男", "女": "女", "男性": "男", "女性": "女", "m": "男", "f": "女", "male": "男", "female": "女"}
_SUMS = ("合计", "总计", "小计", "共计")
TITLE_ROWS = 20
"""In how many of the first rows titles are looked for."""

ALIAS = N_("the category's name in this visit")
DATE_FORM = N_("the date in one form")
SERIAL = N_("Excel's count of days read as a date")
ZERO = N_("Excel's .0 taken off")
DIGITS_ONLY = N_("only the digits kept")
ID_FORM = N_("without signs between the digits, X in capitals")
FROM_ID = N_("read from the ID number")
TO_18 = N_("15 digits made 18")
_NOTHING = N_("nothing tells them apart")
LOST = N_("digits that Excel has lost; left empty")
MERGED = N_("taken from the merged cell")
GENDER_FORM = N_("the gender in one form")


class Severity(StrEnum):
    """What a finding asks for."""

    STOP = "stop"
    DECIDE = "decide"
    NOTE = "note"


@dataclass(frozen=True)
class Columns:
    """Where the titles stand (row, counted from 1; 0: there are none) and which column (from 0) is which field.

    ``others`` are further columns to keep, by title: quotas can be set over them.
    """

    titles: int
    fields: Mapping[str, int]
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[Message, ...]:
        return tuple(FIELDS[one] for one in ("name", "category") if one not in self.fields)


@dataclass(frozen=True)
class Change:
    """A cell that is taken otherwise than it stands in the file: row, field, text before and after, and why."""

    row: int
    field: str
    before: str
    after: str
    why: tuple[Message, ...]


@dataclass(frozen=True)
class Finding:
    """Something wrong, or possibly wrong; ``rows`` are the rows it is about."""

    severity: Severity
    rows: tuple[int, ...]
    fault: Fault


@dataclass(frozen=True)
class Decision:
    """Which rows stay of those that may be one person (numbers of rows, ascending), one for each person, and why."""

    rows: tuple[int, ...]
    keep: tuple[int, ...]
    reason: str


class Settled(NamedTuple):
    """A decision by the people it is about, for a corrected file in which they stand in other rows."""

    people: tuple[Citizen, ...]
    stay: tuple[int, ...]  # places in ``people``, from 0
    reason: str


class LeftOut(NamedTuple):
    """A row that is nobody on the roster: its number, what stands in it, and why."""

    row: int
    text: str
    why: str


@dataclass(frozen=True)
class Cleaned:
    """A roster as it would be taken, and everything that has to be known about it."""

    citizens: tuple[Citizen, ...]
    rows: tuple[int, ...]
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...]
    decisions: tuple[Decision, ...]

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def people(self, rows: Sequence[int]) -> tuple[Citizen, ...]:
        """Return who stands in these rows, all of which are taken."""
        by_row = dict(zip(self.rows, self.citizens, strict=True))
        return tuple(by_row[row] for row in rows)

    def settled(self, decision: Decision) -> Settled:
        """Return a decision by its people; the rows it is about are still all there."""
        stay = tuple(place for place, row in enumerate(decision.rows) if row in decision.keep)
        return Settled(self.people(decision.rows), stay, decision.reason)

    def carried(self, settled: Iterable[Settled]) -> tuple[Decision, ...]:
        """Return what was decided before of exactly the people who have to be decided on here."""
        told = {one.people: one for one in settled}
        found = ((finding.rows, told.get(self.people(finding.rows))) for finding in self.of(Severity.DECIDE))
        return tuple(
            Decision(rows, tuple(rows[place] for place in one.stay), one.reason) for rows, one in found if one
        )

    @property
    def ready(self) -> bool:
        """Say whether nothing has to be mended or decided any more."""
        return not self.of(Severity.STOP) and not self.of(Severity.DECIDE)

    def require(self) -> None:
        """Raise RosterError with all that has to be mended or decided, unless there is none."""
        open_ = [finding.fault for finding in self.findings if finding.severity is not Severity.NOTE]
        if open_:
            raise RosterError(
                N_("The roster cannot be used yet; faults found: {count}."), "roster-faults", faults=open_,
                count=len(open_),
            )  # fmt: skip


def guess_columns(rows: Rows) -> Columns:
    """Guess where the titles stand and which column is which; a person should confirm it.

    The row among the first twenty with most titles counts. Fields without a title are looked for by what stands in
    the columns that have none.
    """
    best, titles = Columns(0, {}), 0
    for number, row in enumerate(rows[:TITLE_ROWS], start=1):
        found = _titled(row)
        if len(found) > max(1, len(best.fields)):
            best, titles = Columns(number, found), number
    body = [row for row in rows[titles:] if any(cell.strip() for cell in row)][:200]
    taken = set(best.fields.values())
    titled = {at for at, cell in enumerate(rows[titles - 1]) if cell.strip()} if titles else set()
    fields = dict(best.fields)
    for one, looks in _LOOKS.items():
        if one not in fields:
            free = [at for at in range(max(map(len, body), default=0)) if at not in taken | titled]
            cells = {at: [row[at].strip() for row in body if at < len(row)] for at in free}
            shares = {at: _share(looks, cells[at], one not in _REPEATED) for at in free}
            likely = max(shares, key=shares.__getitem__, default=None)
            if likely is not None and shares[likely] > 0.6:
                fields[one] = likely
                taken.add(likely)
    return Columns(titles, fields)


def titles_of(rows: Rows, columns: Columns) -> list[str]:
    """Return each column's title, or the letter by which a spreadsheet calls it."""
    width = max(map(len, rows), default=0)
    titles = rows[columns.titles - 1] if columns.titles else ()
    return [
        " ".join(titles[at].split()) if at < len(titles) and titles[at].strip() else _letter(at) for at in range(width)
    ]


def clean(
    rows: Rows,
    columns: Columns,
    categories: Sequence[str],
    *,
    decisions: Sequence[Decision] = (),
    digest: Callable[[str], str] = lambda number: "",
    merged: Mapping[tuple[int, int], str] | None = None,
) -> Cleaned:
    """Turn rows of text into citizens.

    Args:
        rows: the table, titles and empty rows included; the first is row 1.
        columns: which column is what.
        categories: those of the visit.
        decisions: about rows that may be one person; those without a reason, or that keep nobody, do not count.
        digest: a salted digest of an identity number, for what is kept of it.
        merged: by row (from 1) and column (from 0) the texts that a cell has only as part of a merged one; ``rows``
            have them already.

    Returns:
        Whatever stands in the file, this never raises for it: ``Cleaned.findings`` tell.
    """
    return _Cleaning(rows, columns, categories, decisions, digest, merged or {}).cleaned()


class _Cleaning:
    """One run of ``clean``: gathers changes and findings row by row."""

    def __init__(
        self, rows: Rows, columns: Columns, categories: Sequence[str], decisions: Sequence[Decision],
        digest: Callable[[str], str], merged: Mapping[tuple[int, int], str],
    ) -> None:  # fmt: skip
        self.rows, self.columns, self.categories, self.digest = rows, columns, categories, digest
        self.decisions = {one.rows: one for one in decisions if one.reason.strip() and {*one.keep} & {*one.rows}}
        self.merged = merged
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self.left_out: list[LeftOut] = []

    def cleaned(self) -> Cleaned:
        people: dict[int, Citizen] = {}
        if self.columns.missing:
            self._find(
                Severity.STOP, (), N_("Roster"), N_("No column is chosen for: {missing}."),
                N_("Choose the columns that hold it."), missing=self.columns.missing,
            )  # fmt: skip
        else:
            for number, row in enumerate(self.rows[self.columns.titles :], start=self.columns.titles + 1):
                if any(cell.strip() for cell in row) and not self._is_nobody(number, row):
                    people[number] = self._citizen(number)
            if not people:
                self._find(
                    Severity.STOP, (), N_("Roster"), N_("Nobody is on it."),
                    N_("Enter at least as many people as will be drawn."),
                )  # fmt: skip
        again = self._same_numbers(people)
        used = self._same_names(people, again)
        kept = {
            number: replace(one, id_number=masked(one.id_number), id_digest=self._digest(one.id_number))
            for number, one in people.items()
        }
        order = list(Severity)
        self.findings.sort(key=lambda finding: (order.index(finding.severity), finding.rows))
        return Cleaned(
            tuple(kept.values()), tuple(kept), tuple(self.changes), tuple(self.findings), tuple(self.left_out),
            tuple(used),
        )  # fmt: skip

    # --- one row -----------------------------------------------------------------------------------------------

    def _cell(self, number: int, one: str) -> str:
        at = self.columns.fields.get(one, self.columns.others.get(one, -1))
        row = self.rows[number - 1]
        return row[at] if 0 <= at < len(row) else ""

    def _is_nobody(self, number: int, row: Sequence[str]) -> bool:
        """Say whether a row is no person's, and note why: the titles once more, a sum, a heading across the table."""
        filled = [cell.strip() for cell in row if cell.strip()]
        text = "　".join(dict.fromkeys(filled))
        own = [self._cell(number, one).strip() for one in self.columns.fields]
        if _titled(row).keys() >= {"name"} and len(_titled(row)) > 1:
            why: str = N_("These are the titles once more.")
        elif "".join(filled[0].split()).rstrip("：:") in _SUMS:
            why = N_("This is a sum.")
        elif not any(own):
            why = N_("Nothing stands in the columns that are read.")
        elif len(set(filled)) == 1 and (len(own) > 2 or len(filled[0]) > 20):
            why = N_("This is a heading or a remark, not a person.")
            if folded(filled[0]) == folded(self._cell(number, "name")) and len(filled[0]) <= 5:
                return False  # only a name: a person about whom the rest is missing
        else:
            return False
        self.left_out.append(LeftOut(number, text[:80], why))
        return True

    def _citizen(self, number: int) -> Citizen:
        raw = {one: self._cell(number, one) for one in FIELDS}
        name, done = tidy_name(raw["name"])
        self._change(number, "name", raw["name"], name, done)
        if not name:
            self._at(number, "name", Severity.STOP, N_("The name is missing."), N_("Enter the name or remove the row."))
        for fault, remedy, characters in oddities(name):
            self._at(number, "name", Severity.NOTE, fault, remedy, characters=characters)
        id_number = self._id_number(number, raw["id_number"])
        found = {
            "name": name,
            "category": self._category(number, raw["category"]),
            "gender": self._gender(number, raw["gender"]),
            "birth": self._birth(number, raw["birth"]),
            "phone": self._phone(number, raw["phone"]),
            "household": self._tidied(number, "household", raw["household"]),
            "township": self._tidied(number, "township", raw["township"]),
        }
        if is_right(id_number):
            self._compare(number, found, "birth", birth_of(id_number))
            self._compare(number, found, "gender", "男" if is_male(id_number) else "女")
        others = [
            (title.replace("=", "＝"), self._tidied(number, title, self._cell(number, title)))
            for title in self.columns.others
        ]
        return Citizen(**found, id_number=id_number, others=others_text(others))

    def _compare(self, number: int, found: dict[str, str], one: str, said: str) -> None:
        """Hold birth or gender against what a right identity number says; fill in what is missing."""
        if not found[one]:
            found[one] = said
            self._change(number, one, "", said, [FROM_ID])
        elif not said.startswith(found[one]):
            self._at(
                number, one, Severity.NOTE, N_("{found} stands here, and the ID number says {said}."),
                N_("Compare both with the identity card."), found=found[one], said=said,
            )  # fmt: skip
        elif said != found[one]:
            self._change(number, one, found[one], said, [FROM_ID])
            found[one] = said

    def _tidied(self, number: int, one: str, raw: str) -> str:
        text, done = tidy(raw)
        self._change(number, one, raw, text, done)
        return text

    def _category(self, number: int, raw: str) -> str:
        text, done = tidy_name(raw)
        known = {folded(category): category for category in self.categories}
        known |= {alias: meant for alias, meant in ALIASES.items() if meant in self.categories and alias not in known}
        whole = folded(text)
        plain = re.sub(r"^[省市县区镇乡]级?|\(.*\)$", "", whole)
        close = {meant for key, meant in known.items() if plain and (plain in key or key in plain)}
        meant = known.get(whole) or known.get(plain) or (close.pop() if len(close) == 1 else "")
        if not meant:
            self._at(
                number, "category", Severity.STOP, N_("The category {category} is not one of this visit's."),
                N_("Use one of: {allowed}."), category=text or "—", allowed="、".join(self.categories),
            )  # fmt: skip
            meant = text
        self._change(number, "category", raw, meant, [*done, *([ALIAS] if meant != text else [])])
        return meant

    def _gender(self, number: int, raw: str) -> str:
        text, done = tidy(raw)
        gender = _GENDERS.get(text.casefold(), "")
        if text and not gender:
            self._at(number, "gender", Severity.NOTE, N_("“{text}” is no gender; left empty."), N_("Enter 男 or 女."),
                     text=text[:20])  # fmt: skip
        self._change(number, "gender", raw, gender, [*done, *([GENDER_FORM] if gender != text else [])])
        return gender

    def _phone(self, number: int, raw: str) -> str:
        text, done = tidy(raw)
        why = list(done)
        if _LOST.fullmatch(text):
            self._lost(number, "phone", text)
            return ""
        if re.fullmatch(r"\d+\.0+", text):
            text, why = text.partition(".")[0], [*why, ZERO]
        plain = re.sub(r"^(\+|00)86", "", re.sub(r"[\s\-()]", "", text))
        if plain != text:
            why.append(DIGITS_ONLY)
        if plain and not re.fullmatch(r"1[\d*]{10}|0?[\d*]{7,12}", plain):
            self._at(number, "phone", Severity.NOTE, N_("“{text}” is hardly a phone number."), N_("Compare it."),
                     text=text[:20])  # fmt: skip
        self._change(number, "phone", raw, plain, why)
        return plain

    def _birth(self, number: int, raw: str) -> str:
        text, done = tidy(raw)
        found, why = _date(text)
        if text and not found:
            self._at(
                number, "birth", Severity.NOTE, N_("“{text}” is no date of birth that can be read; left empty."),
                N_("Enter it like 1980-05-17 or 1980-05."), text=text[:20],
            )  # fmt: skip
        if re.fullmatch(r"\d{4}\.1", text):
            self._at(
                number, "birth", Severity.NOTE, N_("“{text}” can mean January or, with Excel's zero lost, October."),
                N_("Only the year is taken; enter the month as 1980-10."), text=text,
            )  # fmt: skip
        self._change(number, "birth", raw, found, [*done, *([why] if found != text else [])])
        return found

    def _id_number(self, number: int, raw: str) -> str:
        text, done = tidy(raw)
        plain = re.sub(r"[\s'’‘`\-]", "", text).upper()
        why = [*done, *([ID_FORM] if plain != text else [])]
        if _LOST.fullmatch(plain):
            self._lost(number, "id_number", plain)
            return ""
        if re.fullmatch(r"\d{15,18}\.0+", plain):
            plain, why = plain.partition(".")[0], [*why, ZERO]
        full = eighteen(plain)
        why += [TO_18] if full != plain else []
        if full and "*" not in full and not is_right(full):
            if not is_well_formed(full):
                fault, remedy = N_("This is no ID number of 18 digits."), N_("Compare it with the document.")
            elif full.endswith("000"):
                fault = N_("The check digit is wrong, and the number ends in 000: Excel rounds long numbers.")
                remedy = N_("Format the column as text and enter the number again.")
            elif not birth_of(full):
                fault = N_("The date in the ID number does not exist.")
                remedy = N_("Compare it with the identity card.")
            else:
                fault = N_("The check digit of the ID number is wrong: a digit was mistyped.")
                remedy = N_("Compare it with the identity card.")
            self._at(number, "id_number", Severity.NOTE, fault, remedy)
        if why:
            self._change(number, "id_number", masked(raw.strip()), masked(full), why, same=True)
        return full

    def _lost(self, number: int, one: str, text: str) -> None:
        self._at(
            number, one, Severity.NOTE, N_("Excel has turned the number into {text}; its last digits are lost."),
            N_("Format the column as text and enter the number again."), text=text,
        )  # fmt: skip
        self._change(number, one, text, "", [LOST])

    def _digest(self, id_number: str) -> str:
        return self.digest(id_number) if id_number and "*" not in id_number else ""

    # --- rows together -----------------------------------------------------------------------------------------

    def _same_numbers(self, people: Mapping[int, Citizen]) -> set[int]:
        """Find rows with one identity number, and return all of them but the first."""
        holders: dict[str, list[int]] = {}
        for number, one in people.items():
            if one.id_number and "*" not in one.id_number:  # a masked number is shared by many
                holders.setdefault(one.id_number, []).append(number)
        shared = [rows for rows in holders.values() if len(rows) > 1]
        for rows in shared:
            self._find(
                Severity.STOP, tuple(rows), N_("Rows {numbers}"), N_("{names} have the same ID number."),
                N_("Leave only one of these rows in the file, or correct the numbers."),
                numbers=_some(rows), names=_some(dict.fromkeys(people[row].name for row in rows)),
            )  # fmt: skip
        return {row for rows in shared for row in rows[1:]}

    def _same_names(self, people: dict[int, Citizen], again: Collection[int]) -> list[Decision]:
        """Find rows that may be one person, apply what was decided, and return the decisions that were used."""
        used = []
        namesakes: dict[str, dict[int, Citizen]] = {}
        for number, one in people.items():
            if one.name and number not in again:
                namesakes.setdefault(folded(one.name), {})[number] = one
        for rows, shared in [group for found in namesakes.values() for group in _groups(found)]:
            decision = self.decisions.get(rows)
            if decision is None:
                self._find(
                    Severity.DECIDE, rows, N_("Rows {numbers}"),
                    N_("{name} stands here {count} times and may be one person; the same: {shared}."),
                    N_("Say which of these rows stay, one for each person; give the reason."),
                    numbers=_some(rows), name=people[rows[0]].name, count=len(rows), shared=shared,
                )  # fmt: skip
            else:
                used.append(replace(decision, keep=tuple(row for row in rows if row in decision.keep)))
                for number in rows:
                    if number not in decision.keep:
                        self._drop(people, number, decision)
        return used

    def _drop(self, people: dict[int, Citizen], number: int, decision: Decision) -> None:
        one = people.pop(number)
        text = "　".join(filter(None, (one.name, one.category, one.birth, one.phone, one.township)))
        self.left_out.append(LeftOut(number, text, decision.reason.strip()))

    # --- telling -----------------------------------------------------------------------------------------------

    def _change(
        self, number: int, one: str, before: str, after: str, why: Iterable[Message], *, same: bool = False
    ) -> None:
        """Tell a change, unless only outer spaces went; ``same``: what is shown is masked and may look the same."""
        reasons = tuple(dict.fromkeys(why))
        at = self.columns.fields.get(one, self.columns.others.get(one, -1))
        if (number, at) in self.merged and before:
            before, reasons = "", (MERGED, *reasons)
        if same or before.strip() != after:
            self.changes.append(Change(number, one, before.strip(), after, reasons))

    def _at(self, number: int, one: str, severity: Severity, fault: str, remedy: str, **context: object) -> None:
        self._find(
            severity, (number,), N_("Row {row}, {column}"), fault, remedy, row=number, column=FIELDS.get(one, one),
            **context,
        )  # fmt: skip

    def _find(
        self, severity: Severity, rows: tuple[int, ...], place: str, fault: str, remedy: str, **context: object
    ) -> None:
        self.findings.append(Finding(severity, rows, Fault(place, fault, remedy, context)))


_LOST = re.compile(r"\d(\.\d+)?[Ee]\+?\d+|#+")
_DATE = re.compile(r"(\d{4})(?:年|[-/.])(\d{1,2})(?:(?:月|[-/.])(\d{1,2}))?[月日]?(?: 0{1,2}:00(:00)?)?")
_EPOCH = date(1899, 12, 30)


def _date(text: str) -> tuple[str, Message]:
    """Return a date of birth as year, year-month or year-month-day, empty where it is none; and what was done."""
    text = text.removesuffix("生").strip()
    if found := _DATE.fullmatch(text):
        year, month, day = found.group(1), found.group(2), found.group(3)
        if re.fullmatch(r"\d{4}\.1", text):
            return year, DATE_FORM
        return _valid(int(year), int(month), int(day or 0)), DATE_FORM
    if re.fullmatch(r"(19|20)\d{2}年?(\.0)?", text):
        return text[:4], DATE_FORM
    if re.fullmatch(r"(19|20)\d{6}(\.0)?", text):
        return _valid(int(text[:4]), int(text[4:6]), int(text[6:8])), DATE_FORM
    if re.fullmatch(r"(19|20)\d{4}(\.0)?", text):
        return _valid(int(text[:4]), int(text[4:6]), 0), DATE_FORM
    if re.fullmatch(r"[1-4]\d{4}(\.0)?", text):
        return (_EPOCH + timedelta(days=int(text[:5]))).isoformat(), SERIAL
    return "", DATE_FORM


def _valid(year: int, month: int, day: int) -> str:
    try:
        date(year, month, day or 1)
    except ValueError:
        return ""
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else "") if 1900 <= year <= 2099 else ""


_TELLING = ("birth", "phone", "household")
"""The fields that tell namesakes apart. The category does not: one person under two would have two chances."""


def _groups(namesakes: Mapping[int, Citizen]) -> Iterator[tuple[tuple[int, ...], tuple[Message, ...]]]:
    """Yield the rows that may be one person, and what they have in common; who stands in none is told apart.

    Two rows may be one person when birth, phone or household agrees, as far as both say it; or when there is nothing
    that both say, and no two different identity numbers. A group is everybody who is connected in this way.
    """
    group = {number: [number] for number in namesakes}
    shared: dict[int, list[Message]] = {number: [] for number in namesakes}
    for one, other, what in _connections(namesakes):
        smaller, larger = sorted((group[one], group[other]), key=len)
        if smaller is not larger:
            shared[larger[0]] += shared[smaller[0]]
            larger += smaller
            group.update(dict.fromkeys(smaller, larger))
        if one != other:
            shared[larger[0]].append(what)
    for rows in {id(rows): rows for rows in group.values() if len(rows) > 1}.values():
        yield tuple(sorted(rows)), tuple(dict.fromkeys(shared[rows[0]]))


def _connections(namesakes: Mapping[int, Citizen]) -> Iterator[tuple[int, int, Message]]:
    """Yield enough pairs to connect every group, and what each has in common; not every pair: a group may be large."""
    says: dict[tuple[str, frozenset[str]], list[int]] = {}
    first: dict[tuple[str, str], int] = {}
    for number, one in namesakes.items():
        told = {what: folded(getattr(one, what)) for what in _TELLING}
        says.setdefault((one.id_number, frozenset(what for what in _TELLING if told[what])), []).append(number)
        for what, text in told.items():
            if text:
                yield first.setdefault((what, text), number), number, FIELDS[what]
    for (what, text), number in first.items():  # a year may be the beginning of a date
        for end in range(1, len(text)):
            if (what, text[:end]) in first:
                yield first[what, text[:end]], number, FIELDS[what]
    alike = set()
    subsets = {said for _, said in says}
    for id_number, said in says:
        for key in product({id_number, ""}, subsets):
            if key in says and said.isdisjoint(key[1]):
                yield says[id_number, said][0], says[key][0], _NOTHING
                alike |= {(id_number, said), key}
    for key in alike:
        for number in says[key]:
            yield says[key][0], number, _NOTHING


def _some(words: Collection[object]) -> str:
    """Return words in one line, of many the first ones only."""
    return "、".join(map(str, list(words)[:10])) + ("…" if len(words) > 10 else "")


def _titled(row: Sequence[str]) -> dict[str, int]:
    """Return which columns of a row are titles, by field; of two equal ones the first counts."""
    found: dict[str, int] = {}
    plain = [re.sub(r"\(.*?\)", "", folded(cell)) for cell in row]
    for at, cell in enumerate(plain):
        if (one := _EXACT.get(cell)) and one not in found:
            found[one] = at
    for at, cell in enumerate(plain):
        near = next((one for one, part in _NEARLY.items() if part in cell and len(cell) <= 12), None)
        if near and near not in found and at not in found.values():
            found[near] = at
    return found


_REPEATED = ("gender", "category")
_LOOKS: dict[str, Callable[[str], bool]] = {
    "id_number": lambda text: re.fullmatch(r"\d{15}|\d{17}[\dXx]", text) is not None,
    "phone": lambda text: re.fullmatch(r"1[\d*]{10}", text) is not None,
    "gender": lambda text: text in ("男", "女"),
    "category": lambda text: text in ALIASES or text in ALIASES.values(),
    "name": lambda text: re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+[·•][\u4e00-\u9fff]+", text) is not None,
}


def _share(looks: Callable[[str], bool], cells: Sequence[str], differ: bool) -> float:
    """Return the share of the cells that look like a field, and differ where they should: towns look like names."""
    meant = [cell for cell in cells if looks(cell)]
    return len(set(meant) if differ else meant) / len(cells) if cells else 0.0


def _letter(at: int) -> str:
    return (_letter(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)
