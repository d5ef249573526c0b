"""Who and what is drawn from: citizens, candidate sites, the text that stands for each, and what makes a list unfit.

It does not read files (``files``), does not number or lock anything (``core.draw``) and changes no entry: a list with
faults is refused with all of them, never mended in silence. Look-alike characters and identity-number check digits
are not looked at here.

Source: for the sites and the citizens' categories the rubric's scheme, which callers pass in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspection_app.errors import N_, Fault, RosterError


@dataclass(frozen=True)
class Citizen:
    """Somebody on the roster; ``category`` is the stratum, everything but name and category may be empty."""

    name: str
    category: str
    gender: str = ""
    birth: str = ""
    phone: str = ""
    id_number: str = ""
    household: str = ""
    township: str = ""

    @property
    def identity(self) -> str:
        """The canonical text behind this citizen's row; see ``identity_text``.

        The identity number enters it masked, so that the text can still be shown when the number itself has been
        removed from the visit.

        >>> Citizen("张　三", "群众代表", id_number="410101198001011234").identity
        'citizen|name=张 三|category=群众代表|id_number=**************1234'
        """
        return identity_text(
            "citizen",
            name=self.name,
            category=self.category,
            gender=self.gender,
            birth=self.birth,
            phone=self.phone,
            id_number=masked(self.id_number),
            household=self.household,
            township=self.township,
        )


@dataclass(frozen=True)
class Site:
    """A candidate site as the applicant proposed it."""

    name: str
    address: str = ""
    feature: str = ""

    @property
    def identity(self) -> str:
        """The canonical text behind this site's row; see ``identity_text``."""
        return identity_text("site", name=self.name, address=self.address, feature=self.feature)


def identity_text(what: str, **fields: str) -> str:
    r"""Return the one text that stands for a person or a site: ``what|field=value|field=value``.

    Values are in Unicode NFC with every run of white space collapsed to one space; empty fields are left out, so a
    field added later changes no older text; fields keep the order of the dataclass. A backslash or bar in a
    value gets a backslash before it, so that no two different entries share a text.

    >>> identity_text("site", name=" 黄河 水厂", address="", feature="a|b")
    'site|name=黄河 水厂|feature=a\\|b'
    """
    cleaned = {field: " ".join(unicodedata.normalize("NFC", value).split()) for field, value in fields.items()}
    escaped = {field: value.replace("\\", "\\\\").replace("|", "\\|") for field, value in cleaned.items()}
    return "|".join([what, *(f"{field}={value}" for field, value in escaped.items() if value)])


def masked(id_number: str) -> str:
    """Return an identity number with all but its last four characters starred; what is masked already stays so."""
    number = "".join(id_number.split())
    return "*" * (len(number) - 4) + number[-4:]


def check_roster(citizens: Sequence[Citizen], categories: Sequence[str], rows: Sequence[int] | None = None) -> None:
    """Check a roster as a whole.

    Two rows are one person when their identity numbers agree; or when their names do and so does a birth date,
    phone or household, or nothing in either row tells the two apart. Category does not: one person under two
    categories would have two chances. Texts are compared without regard to width, case, spaces and invisible
    characters.

    Args:
        citizens: the roster in the order of the file.
        categories: the categories that the rubric's scheme allows.
        rows: each citizen's row in the file, for the messages; counted from 1 when absent.

    Raises:
        RosterError: with every fault, when a name is missing, a category is not allowed or a person occurs twice,
            or when nobody is on the roster.
    """
    places = rows or range(1, len(citizens) + 1)
    faults = []
    for row, citizen in zip(places, citizens, strict=True):
        if not _key(citizen.name):
            faults.append(_fault(row, N_("The name is missing."), N_("Enter the name or remove the row.")))
        if citizen.category not in categories:
            faults.append(
                _fault(
                    row,
                    N_("The category {category} is not one of this visit's."),
                    N_("Use one of: {allowed}."),
                    category=citizen.category or "—",
                    allowed="、".join(categories),
                )
            )
    faults += [
        _fault(
            places[later],
            N_("{name} seems to be the person of row {earlier}."),
            N_("Remove one of the two rows, or give both a birth date or phone that tells them apart."),
            name=citizens[later].name,
            earlier=places[earlier],
        )
        for earlier, later in _duplicates(citizens)
    ]
    if not citizens:
        faults.append(
            Fault(N_("Roster"), N_("Nobody is on it."), N_("Enter at least as many people as will be drawn."))
        )
    if faults:
        raise RosterError(
            N_("The roster cannot be used yet; faults found: {count}."),
            "roster-faults",
            faults=faults,
            count=len(faults),
        )


def check_sites(sites: Sequence[Site], required: int) -> None:
    """Check the candidate sites as a whole.

    Args:
        sites: the sites in the applicant's order.
        required: how many the rubric's scheme wants, no more and no fewer.

    Raises:
        RosterError: with every fault, when the number is another, a name is missing or a site occurs twice.
    """
    faults = []
    if len(sites) != required:
        faults.append(
            Fault(
                N_("Candidate sites"),
                N_("There are {found}, and the scheme asks for exactly {required}."),
                N_("Add or remove sites until there are {required}."),
                {"found": len(sites), "required": required},
            )
        )
    first: dict[str, int] = {}
    for row, site in enumerate(sites, start=1):
        key = _key(site.name)
        if not key:
            faults.append(_fault(row, N_("The name is missing."), N_("Enter the name or remove the row.")))
        elif key in first:
            faults.append(
                _fault(
                    row,
                    N_("{name} is already in row {earlier}."),
                    N_("Remove one of the two rows, or give the sites names that tell them apart."),
                    name=site.name,
                    earlier=first[key],
                )
            )
        else:
            first[key] = row
    if faults:
        raise RosterError(
            N_("The candidate sites cannot be used yet; faults found: {count}."),
            "site-faults",
            faults=faults,
            count=len(faults),
        )


def _fault(row: int, fault: str, remedy: str, **context: object) -> Fault:
    return Fault(N_("Row {row}"), fault, remedy, {"row": row, **context})


def _key(text: str) -> str:
    """Return what two spellings of the same text have in common; for comparing only, never stored."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if not char.isspace() and unicodedata.category(char) != "Cf")


def _duplicates(citizens: Iterable[Citizen]) -> Iterator[tuple[int, int]]:
    """Yield (earlier, later) positions of rows that are one person, each later row once."""
    by_id: dict[str, int] = {}
    by_name: dict[str, list[tuple[int, Citizen]]] = {}
    for position, citizen in enumerate(citizens):
        id_number, name = _key(citizen.id_number), _key(citizen.name)
        namesakes = by_name.setdefault(name, []) if name else []
        earlier = [at for at, other in namesakes if _same_person(other, citizen)]
        if id_number in by_id:
            yield by_id[id_number], position
        elif earlier:
            yield earlier[0], position
        if id_number and "*" not in id_number:  # a masked number is shared by many
            by_id.setdefault(id_number, position)
        namesakes.append((position, citizen))


def _same_person(one: Citizen, other: Citizen) -> bool:
    """Return whether two rows with the same name must be taken for one person."""
    if one.id_number.strip() and other.id_number.strip():
        return _key(one.id_number) == _key(other.id_number)
    pairs = [
        (_key(one.birth), _key(other.birth)),
        (_key(one.phone), _key(other.phone)),
        (_key(one.household), _key(other.household)),
    ]
    known = [mine == theirs for mine, theirs in pairs if mine and theirs]
    return any(known) or not known
