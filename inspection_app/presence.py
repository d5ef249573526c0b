"""Which tablets are there: when each was last heard of, what waits on it, and when it last saved.

Kept in memory only: what a tablet saved is in the visit, and after a restart of the hub every tablet is heard again
within seconds. Nothing here knows visits, people or marks; ages are by a steady clock, so that setting the hub's clock
changes none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

CONNECTED_SECONDS = 15.0
"""A tablet that was silent for longer is taken to be out of reach; it says something every few seconds."""

_MOST_CLIENTS = 10


@dataclass(frozen=True)
class Tablet:
    """One tablet of one member; ages in seconds before now, None where there is nothing to date.

    ``waiting`` and ``oldest`` are what the tablet last told: changes not yet on the hub, and the age of the first.
    """

    member: int
    client: str
    silent: float
    waiting: int = 0
    oldest: float | None = None
    saved: float | None = None

    @property
    def connected(self) -> bool:
        return self.silent <= CONNECTED_SECONDS


@dataclass(frozen=True)
class _Times:
    heard: float
    waiting: int = 0
    oldest: float | None = None
    saved: float | None = None


@dataclass
class Presence:
    """Remembers the tablets of all visits; for use from several threads.

    Args:
        clock: seconds from a steady source.

    >>> now = 0.0
    >>> there = Presence(clock=lambda: now)
    >>> there.heard("a-visit", 3, "tablet", waiting=2, oldest=5); now = 20.0
    >>> [(one.silent, one.connected, one.waiting, one.oldest) for one in there.tablets("a-visit")]
    [(20.0, False, 2, 25.0)]
    """

    clock: Callable[[], float] = time.monotonic
    _times: dict[str, dict[tuple[int, str], _Times]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, visit: str, member: int, client: str, *, waiting: int, oldest: float | None = None) -> None:
        """Note that a tablet is there.

        Args:
            waiting: how many changes it has not yet saved here.
            oldest: the age of the oldest of them in seconds.
        """
        now = self.clock()
        since = now - oldest if waiting and oldest is not None else None
        self._note(visit, member, client, lambda times: replace(times, heard=now, waiting=waiting, oldest=since), now)

    def saved(self, visit: str, member: int, client: str) -> None:
        """Note that a change from a tablet is in the visit."""
        now = self.clock()
        self._note(visit, member, client, lambda times: replace(times, heard=now, saved=now), now)

    def tablets(self, visit: str) -> tuple[Tablet, ...]:
        """Return a visit's tablets, by member and then the one heard last first."""
        with self._lock:
            known = dict(self._times.get(visit, {}))
        now = self.clock()
        told = (
            Tablet(member, client, now - times.heard, times.waiting, *(
                None if at is None else now - at for at in (times.oldest, times.saved)
            ))
            for (member, client), times in known.items()
        )  # fmt: skip
        return tuple(sorted(told, key=lambda tablet: (tablet.member, tablet.silent)))

    def _note(
        self, visit: str, member: int, client: str, change: Callable[[_Times], _Times], now: float
    ) -> None:
        with self._lock:
            known = self._times.setdefault(visit, {})
            known[member, client] = change(known.get((member, client), _Times(now)))
            own = sorted((key for key in known if key[0] == member), key=lambda key: known[key].heard)
            for key in own[:-_MOST_CLIENTS]:  # a browser that forgets its name must not fill the memory
                del known[key]


TABLETS = Presence()
"""The tablets of this hub."""
