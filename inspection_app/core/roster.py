"""Who and what is drawn from: citizens, candidate sites, the text that stands for each, and which sites are unfit.

It does not read files (``files``), does not number or lock anything (``core.draw``) and changes no entry: sites with
faults are refused with all of them, never mended in silence. What can be mended of a roster as it comes from an office,
and what a person has to decide, is ``core.cleaning``'s business.

Source: for the number of sites the rubric's scheme, which callers pass in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from inspection_app.core.lookalikes import folded
from inspection_app.errors import N_, Fault, RosterError

GENDER, AGE, TOWNSHIP, UNSAID = "性别", "年龄段", "乡镇街道", "未填"
"""Attributes of the public list, which is Chinese, and the value of those that a roster does not say."""


@dataclass(frozen=True)
class Citizen:
    """Somebody on the roster; ``category`` is the stratum, everything but name and category may be empty.

    ``id_digest`` is a salted digest of the identity number, which itself is kept masked only; ``others`` are further
    columns of the roster, see ``others_text``.
    """

    name: str
    category: str
    gender: str = ""
    birth: str = ""
    phone: str = ""
    id_number: str = ""
    household: str = ""
    township: str = ""
    id_digest: str = ""
    others: str = ""

    @property
    def identity(self) -> str:
        """The canonical text behind this citizen's row; see ``identity_text``.

        The identity number enters it masked and as its digest, so that the text can still be shown when the number
        itself has been removed from the visit, and nobody else's number can be put in its place.

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
            id_digest=self.id_digest,
            others=self.others,
        )

    def attributes(self, on: date, ages: Sequence[int] = ()) -> dict[str, str]:
        """Return what quotas can be set over, by the names that the public list gives it; empty ones are 未填.

        Args:
            on: the day on which the age counts, the visit's first.
            ages: where the age bands begin, ascending.

        >>> Citizen("王伟", "群众代表", gender="男", birth="1980-05").attributes(date(2026, 5, 12), (35, 60))
        {'性别': '男', '年龄段': '35–59岁', '乡镇街道': '未填'}
        """
        found = {
            GENDER: self.gender, **({AGE: age_band(self.birth, on, ages)} if ages else {}), TOWNSHIP: self.township,
            **dict(parse_others(self.others)),
        }  # fmt: skip
        return {name: value or UNSAID for name, value in found.items()}


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


def others_text(others: Iterable[tuple[str, str]]) -> str:
    r"""Return further columns of a roster as one text; empty values are left out.

    >>> others_text([("学历", "本科"), ("职业", "")]), parse_others("学历=本科|职业=a\\|b")
    ('学历=本科', [('学历', '本科'), ('职业', 'a|b')])
    """
    return "|".join(
        f"{name}={value}".replace("\\", "\\\\").replace("|", "\\|") for name, value in others if value
    )


def parse_others(text: str) -> list[tuple[str, str]]:
    """Return what ``others_text`` was given."""
    parts = re.findall(r"(?:[^|\\]|\\.)+", text)
    pairs = (re.sub(r"\\(.)", r"\1", part).partition("=") for part in parts)
    return [(name, value) for name, _, value in pairs]


def age_band(birth: str, on: date, ages: Sequence[int]) -> str:
    """Return the age band on a day of somebody born in a year, month or day; empty where the birth is not told.

    Where only the year or month is known, the birthday counts as past.

    >>> [age_band(birth, date(2026, 5, 12), (35, 60)) for birth in ("1991-05-12", "1991-05-13", "1966", "")]
    ['35–59岁', '34岁及以下', '60岁及以上', '']
    """
    born = tuple(int(part) for part in birth.split("-")) if re.fullmatch(r"\d{4}(-\d\d){0,2}", birth) else ()
    if not born:
        return ""
    age = on.year - born[0] - ((on.month, on.day)[: len(born) - 1] < born[1:])
    begun = [edge for edge in ages if edge <= age]
    if not begun:
        return f"{ages[0] - 1}岁及以下"
    return f"{begun[-1]}岁及以上" if len(begun) == len(ages) else f"{begun[-1]}–{ages[len(begun)] - 1}岁"


def masked(id_number: str) -> str:
    """Return an identity number with all but its last four characters starred; what is masked already stays so."""
    number = "".join(id_number.split())
    return "*" * (len(number) - 4) + number[-4:]


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
        key = folded(site.name)
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
