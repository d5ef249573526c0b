"""Say what quotas do to a draw: whether they can be met, how often an attempt meets them, and everybody's chance.

It draws nothing and knows no names (``core.draw`` draws); a row is its stratum and its attributes. Where the quotas
are few, every selection is counted and the chances are exact fractions; where they are so many that counting would
take minutes, selections are tried out, always the same ones, and the chances are estimates and say so.

*How it counts.* Rows of one stratum that count for the same bands are interchangeable; they form a *cell*. Going
from cell to cell, what matters of the rows taken so far is only how many came from this stratum and how many count
for each band. The number of ways to arrive there, times the number of ways to go on from there, summed, is the number
of selections; the same with one row of a cell taken for certain gives that row's chance. Since attempts are repeated
until one meets every band, each admissible selection is equally likely, and a row's chance is the share of the
admissible selections that it is in.

Source: counting by dynamic programming is textbook combinatorics; the protocol it serves stands in ``core.draw``.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, prod

from inspection_app.errors import N_, DrawError, Fault

ALL = "*"
"""As a band's stratum: the whole selection."""
RAREST = Fraction(1, 10_000)
"""Quotas that an attempt meets less often than this are refused."""
MOST_TICKETS = 2_000_000
"""Tickets that a draw may need on average: of a long list, attempts must succeed more often."""
MOST_BANDS = 99  # as verify.py says, too
MOST_STATES = 60_000
TRIES, QUICK_TRIES = 60_000, 2_000

Progress = Callable[[float], object]
People = Sequence[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Quota:
    """How many rows of a stratum are drawn, and how many reserves are named after them (None: all the others)."""

    stratum: str
    k: int
    reserves: int | None = None


@dataclass(frozen=True)
class Band:
    """At least and at most so many of the selected (of one stratum, or of all: ``*``) have this attribute."""

    stratum: str
    attribute: str
    value: str
    least: int
    most: int

    def counts(self, stratum: str, attributes: Mapping[str, str]) -> bool:
        """Say whether a row counts for this band."""
        return self.stratum in (ALL, stratum) and attributes.get(self.attribute) == self.value

    def __str__(self) -> str:
        """Return the band as it is told in messages.

        >>> str(Band("*", "性别", "女", 3, 5)), str(Band("群众代表", "乡镇", "城关镇", 0, 2))
        ('性别=女: 3–5', '群众代表, 乡镇=城关镇: 0–2')
        """
        where = "" if self.stratum == ALL else f"{self.stratum}, "
        return f"{where}{self.attribute}={self.value}: {self.least}–{self.most}"


@dataclass(frozen=True)
class Cell:
    """Rows with the same chance: one stratum, the same bands.

    ``attributes`` are those that bands speak of; ``plain`` is the chance without any bands.
    """

    stratum: str
    attributes: tuple[tuple[str, str], ...]
    rows: tuple[int, ...]
    chance: Fraction
    plain: Fraction


@dataclass(frozen=True)
class Chances:
    """What can be known before the draw. ``cells`` cover every row once, by position in what was given."""

    acceptance: Fraction
    exact: bool
    cells: tuple[Cell, ...]

    def of(self, position: int) -> Fraction:
        """Return the chance of the row at this position, counted from 0."""
        return next(cell.chance for cell in self.cells if position in cell.rows)


def meets(bands: Iterable[Band], selected: People) -> bool:
    """Say whether a selection meets every band."""
    return all(band.least <= sum(band.counts(*row) for row in selected) <= band.most for band in bands)


def check_bands(quotas: Sequence[Quota], bands: Sequence[Band], people: People) -> None:
    """Refuse bands that are unclear, cannot be met, or are met so rarely that no ceremony should wait for it.

    Args:
        quotas: one for each stratum, none larger than its stratum.
        bands: over the attributes.
        people: every row's stratum and attributes, in any order.

    Raises:
        DrawError: with a fault for each band that is wrong in itself or asks for more (or less) than can be drawn,
            with the exact shortfall; when bands contradict each other, naming the fewest that do and by how many they
            miss; or when fewer than one attempt in 10,000 (in a long list: fewer still) is expected to succeed.
    """
    if not bands:
        return
    if len(bands) > MOST_BANDS:
        raise DrawError(N_("There are {count} quotas; {most} can be kept apart."), "bands", count=len(bands),
                        most=MOST_BANDS)  # fmt: skip
    faults = [*_unclear(quotas, bands, people)] or [*_out_of_reach(quotas, bands, people)]
    if faults:
        raise DrawError(
            N_("These quotas cannot be drawn; faults found: {count}."), "bands", faults=faults, count=len(faults)
        )
    counting = _Counting(quotas, bands, people)
    if sum(1 for _ in counting.tried(QUICK_TRIES)) * 100 >= QUICK_TRIES:
        return
    acceptance, exact = counting.acceptance()
    if exact and not acceptance:
        raise _contradiction(quotas, bands, people)
    rarest = max(RAREST, Fraction(len(people), MOST_TICKETS))
    if acceptance < rarest:
        raise DrawError(
            N_("These quotas are nearly impossible to meet: only about one attempt in {attempts} would, and at least "
               "one in {needed} must. Widen the narrowest of them."),
            "bands-rare", attempts=round(1 / acceptance) if acceptance else f"> {TRIES}", needed=int(1 / rarest),
        )  # fmt: skip


def chances(
    quotas: Sequence[Quota], bands: Sequence[Band], people: People, progress: Progress | None = None
) -> Chances:
    """Return everybody's chance of being drawn, before the draw.

    Args:
        quotas: as in ``check_bands``, which should have passed.
        bands: none for the plain case.
        people: every row's stratum and attributes.
        progress: is called now and then with the share that is done, up to 1.0.

    Raises:
        DrawError: no selection was found that meets the bands.

    >>> rows = [("甲", {"性别": "女"}), ("甲", {"性别": "女"}), ("甲", {"性别": "男"})]
    >>> [str(cell.chance) for cell in chances([Quota("甲", 1)], [], rows).cells]
    ['1/3']
    >>> found = chances([Quota("甲", 1)], [Band("*", "性别", "女", 1, 1)], rows)
    >>> str(found.acceptance), [str(found.of(row)) for row in range(3)]
    ('2/3', ['1/2', '1/2', '0'])
    """
    return _Counting(quotas, bands, people).chances(progress or (lambda share: None))


def _unclear(quotas: Sequence[Quota], bands: Sequence[Band], people: People) -> Iterator[Fault]:
    """Yield a fault for each band that could be read in two ways, or that no row or not every row speaks to."""
    strata = {quota.stratum for quota in quotas}
    twice = Counter((band.stratum, band.attribute, band.value) for band in bands)
    for band in bands:
        place: dict[str, object] = {"band": str(band)}
        concerned = [attributes for stratum, attributes in people if band.stratum in (ALL, stratum)]
        silent = sum(not attributes.get(band.attribute) for attributes in concerned)
        if twice[band.stratum, band.attribute, band.value] > 1:
            yield Fault("{band}", N_("This quota stands here twice."), N_("Remove one."), place)
        elif band.stratum != ALL and band.stratum not in strata:
            yield Fault("{band}", N_("There is no such category."), N_("Choose one of the list's."), place)
        elif not 0 <= band.least <= band.most:
            yield Fault("{band}", N_("At least is more than at most."), N_("Exchange the two numbers."), place)
        elif silent:
            yield Fault(
                "{band}", N_("{count} rows do not say it."), N_("Fill them in, or give them a value such as 未填."),
                place | {"count": silent},
            )  # fmt: skip
        elif not any(band.counts(*row) for row in people):
            yield Fault("{band}", N_("Nobody on the list has this value."), N_("Correct its spelling."), place)


def _out_of_reach(quotas: Sequence[Quota], bands: Sequence[Band], people: People) -> Iterator[Fault]:
    """Yield the exact shortfall of each band that cannot be met even alone."""
    sizes = Counter(stratum for stratum, _ in people)
    for band in bands:
        having = Counter(stratum for stratum, attributes in people if band.counts(stratum, attributes))
        most = sum(min(quota.k, having[quota.stratum]) for quota in quotas)
        least = sum(max(0, quota.k - sizes[quota.stratum] + having[quota.stratum]) for quota in quotas)
        if band.least > most:
            yield Fault(
                "{band}", N_("At most {possible} can be drawn; short by {short}."),
                N_("Ask for no more than {possible}."),
                {"band": str(band), "possible": most, "short": band.least - most},
            )  # fmt: skip
        elif band.most < least:
            yield Fault(
                "{band}", N_("At least {possible} are drawn in any case; too many by {over}."),
                N_("Allow {possible} or more."),
                {"band": str(band), "possible": least, "over": least - band.most},
            )  # fmt: skip


def _contradiction(quotas: Sequence[Quota], bands: Sequence[Band], people: People) -> DrawError:
    """Return the error that names the fewest bands which cannot be met together, and by how many they miss."""
    narrowed = list(bands)
    for band in bands:
        without = [other for other in narrowed if other != band]
        if without and _Counting(quotas, without, people).acceptance() == (Fraction(0), True):
            narrowed = without
    short = _Counting(quotas, narrowed, people).least_missed()
    names = tuple(str(band) for band in narrowed)
    if short is None:
        return DrawError(
            N_("These quotas contradict each other: {bands}. Widen one of them."), "bands-contradict", bands=names
        )
    return DrawError(
        N_("These quotas contradict each other: {bands}. Whoever is drawn, they are missed by {short} at least. Widen "
           "them by as many."), "bands-contradict", bands=names, short=short,
    )  # fmt: skip


class _TooMany(Exception):
    """There are more states than can be counted while a room waits."""


State = tuple[int, tuple[int, ...]]


class _Counting:
    """Counts or tries out the selections of one list; the head of this module says how."""

    def __init__(self, quotas: Sequence[Quota], bands: Sequence[Band], people: People) -> None:
        self.bands, self.people = bands, people
        self.k = {quota.stratum: quota.k for quota in quotas}
        self.positions = {
            stratum: [at for at, row in enumerate(people) if row[0] == stratum] for stratum in self.k
        }
        vectors = [tuple(int(band.counts(*row)) for band in bands) for row in people]
        cells: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
        for stratum, positions in self.positions.items():
            for at in positions:
                cells[stratum, vectors[at]].append(at)
        self.cells = [(stratum, vector, rows) for (stratum, vector), rows in cells.items()]
        self.vectors = vectors
        # beyond this a band's count makes no difference any more: where nothing bounds it above, at its least
        drawn = [sum(k for stratum, k in self.k.items() if band.stratum in (ALL, stratum)) for band in bands]
        self.caps = [band.least if band.most >= sum_ else None for band, sum_ in zip(bands, drawn, strict=True)]
        self.closing = [
            at for at, (stratum, _, _) in enumerate(self.cells)
            if at + 1 == len(self.cells) or self.cells[at + 1][0] != stratum
        ]  # fmt: skip
        self.later = [
            0 if at in self.closing else sum(len(rows) for name, _, rows in self.cells[at + 1 :] if name == stratum)
            for at, (stratum, _, _) in enumerate(self.cells)
        ]
        self.total = prod(comb(len(rows), self.k[stratum]) for stratum, rows in self.positions.items())
        self._reach = self._still_possible()

    def acceptance(self) -> tuple[Fraction, bool]:
        """Return the share of the selections that meet every band, and whether it is exact."""
        try:
            last = self._forward(lambda share: None)[-1]
        except _TooMany:
            return Fraction(sum(1 for _ in self.tried(TRIES)), TRIES), False
        return Fraction(sum(last.values()), self.total), True

    def chances(self, progress: Progress) -> Chances:
        ways: Sequence[int | Fraction]
        try:
            ways, admissible = self._counted(progress)
            exact = True
            acceptance = Fraction(admissible, self.total)
        except _TooMany:
            exact, admissible = False, 0
            met: Counter[int] = Counter()
            for selection in self.tried(TRIES, progress):
                admissible += 1
                met.update(selection)
            ways = [Fraction(sum(met[at] for at in rows), len(rows)) for _, _, rows in self.cells]
            acceptance = Fraction(admissible, TRIES)
        progress(1.0)
        if not admissible:
            raise DrawError(N_("No selection was found that meets these quotas. Widen them."), "bands-rare")
        named = {band.attribute for band in self.bands}
        return Chances(acceptance, exact, tuple(
            Cell(
                stratum, tuple((name, value) for name, value in sorted(self.people[rows[0]][1].items())
                               if name in named and all(self.people[at][1].get(name) == value for at in rows)),
                tuple(rows), Fraction(way) / admissible, Fraction(self.k[stratum], len(self.positions[stratum])),
            )
            for (stratum, _, rows), way in zip(self.cells, ways, strict=True)
        ))  # fmt: skip

    def tried(self, count: int, progress: Progress = lambda share: None) -> Iterator[list[int]]:
        """Yield those of ``count`` selections, evenly spread over all, that meet every band; always the same ones."""
        order = {stratum: list(rows) for stratum, rows in self.positions.items()}
        packed = [sum(one << 32 * at for at, one in enumerate(vector)) for vector in self.vectors]
        bounds = [(32 * at, band.least, band.most) for at, band in enumerate(self.bands)]
        drawn = sum(self.k.values())
        for number in range(count):
            if number % 2000 == 0:
                progress(number / count)
            random = hashlib.shake_256(b"tried %d" % number).digest(8 * drawn)
            selection, at = [], 0
            for stratum, k in self.k.items():
                rows = order[stratum]
                for place in range(k):  # the front of a shuffle; what the last try left behind is as good a start
                    other = place + int.from_bytes(random[at : at + 8], "big") % (len(rows) - place)
                    rows[place], rows[other] = rows[other], rows[place]
                    at += 8
                selection += rows[:k]
            counts = sum([packed[row] for row in selection])
            if all(least <= (counts >> shift) & 0xFFFFFFFF <= most for shift, least, most in bounds):
                yield selection

    def least_missed(self) -> int | None:
        """Return by how many people, added up over the bands, the nearest selection misses; None: too many to look."""
        reached: set[State] = {(0, (0,) * len(self.bands))}
        for at, (stratum, vector, rows) in enumerate(self.cells):
            reached = {
                (chosen + n, tuple(c + n * v for c, v in zip(counts, vector, strict=True)))
                for chosen, counts in reached
                for n in range(min(len(rows), self.k[stratum] - chosen) + 1)
            }
            if at in self.closing:
                reached = {(0, counts) for chosen, counts in reached if chosen == self.k[stratum]}
            if len(reached) > MOST_STATES:
                return None
        return min(
            sum(max(0, band.least - c, c - band.most) for band, c in zip(self.bands, counts, strict=True))
            for _, counts in reached
        )

    def _still_possible(self) -> list[list[int]]:
        """For each cell and band: how many of the later cells' rows could still count, strata's quotas respected."""
        behind = [0] * len(self.bands)  # of later strata
        here = [0] * len(self.bands)  # of later cells of this stratum
        reach: list[list[int]] = []
        for at in reversed(range(len(self.cells))):
            stratum, vector, rows = self.cells[at]
            if at in self.closing and reach:
                k = self.k[self.cells[at + 1][0]]
                behind = [b + min(k, h) for b, h in zip(behind, here, strict=True)]
                here = [0] * len(self.bands)
            reach.append([b + min(self.k[stratum], h) for b, h in zip(behind, here, strict=True)])
            here = [h + v * len(rows) for h, v in zip(here, vector, strict=True)]
        return reach[::-1]

    def _steps(self, at: int, state: State) -> Iterator[tuple[int, State]]:
        """Yield how many rows of cell ``at`` can be taken from a state, and the state each leads to."""
        stratum, vector, rows = self.cells[at]
        chosen, counts = state
        left = self.k[stratum] - chosen
        for n in range(max(0, left - self.later[at]), min(len(rows), left) + 1):
            after = tuple([
                c + n * v if cap is None else min(cap, c + n * v)
                for c, v, cap in zip(counts, vector, self.caps, strict=True)
            ])  # fmt: skip
            for c, band, reach in zip(after, self.bands, self._reach[at], strict=True):
                if c > band.most or c + reach < band.least:
                    break
            else:
                yield n, (0 if at in self.closing else chosen + n, after)

    def _forward(self, progress: Progress) -> list[dict[State, int]]:
        """Return for each cell, and the end, the states before it and the number of ways to each."""
        layers: list[dict[State, int]] = [{(0, (0,) * len(self.bands)): 1}]
        states = 0
        for at, (_, _, rows) in enumerate(self.cells):
            progress(at / len(self.cells) / 2)
            after: dict[State, int] = defaultdict(int)
            for state, ways in layers[-1].items():
                for n, reached in self._steps(at, state):
                    after[reached] += ways * comb(len(rows), n)
            states += len(after)
            if states > MOST_STATES:
                raise _TooMany
            layers.append(after)
        return layers

    def _counted(self, progress: Progress) -> tuple[list[int], int]:
        """Return for each cell the number of admissible selections that one of its rows is in, and that of all."""
        layers = self._forward(progress)
        behind = dict.fromkeys(layers[-1], 1)
        within = [0] * len(self.cells)
        for at in reversed(range(len(self.cells))):
            progress(1 - at / len(self.cells) / 2)
            rows = self.cells[at][2]
            before: dict[State, int] = {}
            for state, ways in layers[at].items():
                onward = 0
                for n, reached in self._steps(at, state):
                    ahead = behind.get(reached, 0)
                    onward += comb(len(rows), n) * ahead
                    if n:
                        within[at] += ways * comb(len(rows) - 1, n - 1) * ahead
                before[state] = onward
            behind = before
        return within, sum(layers[-1].values())
