"""The draw: seconds to lock and draw, and to work out everybody's chance, for a roster of usual and of great size.

    python -m tests.benchmarks.draw

200 people of 4 categories with 2 banded attributes: lock and draw 0.2 s or less, chances 2 s or less; 5,000 people: draw
1 s or less. Also what hardly any visit asks for: so many bands that chances are estimated, and 5,000 people with bands.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from inspection_app.core.certificate import certify, verify_certificate
from inspection_app.core.draw import Band, Contribution, Entry, Head, Quota, draw, lock_list, people_of
from inspection_app.core.quotas import chances

CATEGORIES = ("群众代表", "人大代表", "政协委员", "社会监督员")
CARDS = tuple(Contribution(party, party, "4821") for party in ("applicant", "chair", "neither"))
USUAL = (
    Band("*", "性别", "女", 6, 10), Band("*", "年龄段", "青", 4, 8), Band("*", "年龄段", "中", 4, 8),
    Band("*", "年龄段", "老", 3, 8),
)  # fmt: skip
MANY = (*USUAL, *(Band("*", "乡镇", f"乡镇{n}", 1, 4) for n in range(8)))


def entries(size: int) -> list[Entry]:
    """Return people whose attributes are spread by a hash."""
    found = []
    for n in range(size):
        at = hashlib.sha256(f"person {n}".encode()).digest()
        attributes = {"性别": "男女"[at[0] % 2], "年龄段": "青中老"[at[1] % 3], "乡镇": f"乡镇{at[2] % 8}"}
        found.append(Entry(f"citizen|name={n}", CATEGORIES[n % 4], attributes))
    return found


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(size: int, bands: Sequence[Band]) -> None:
    people = entries(size)
    nonces = [hashlib.sha256(f"nonce {n}".encode()).digest()[:16] for n in range(size)]
    quotas = [Quota(category, 4) for category in CATEGORIES]
    began = time.perf_counter()
    locked = lock_list("citizens", "visit-1", people, nonces, quotas, bands=bands)
    locking = time.perf_counter() - began
    head = Head(
        1, "visit-1", "citizens", "会议室", datetime(2026, 5, 12, tzinfo=UTC), locked.digest, CARDS, "31415926"
    )
    began = time.perf_counter()
    result = draw(locked, head)
    drawing = time.perf_counter() - began
    found = []
    table = seconds(lambda: found.append(chances(quotas, bands, people_of(locked))))
    checking = seconds(lambda: verify_certificate(certify(result)).require())
    print(
        f"{size:5} people, {len(bands):2} bands: lock {locking:.3f} s, draw {drawing:.3f} s (attempt {result.attempt}), "
        f"chances {table:.2f} s ({'exact' if found[0].exact else 'estimated'}, {float(found[0].acceptance):.3f} of the "
        f"attempts meet the bands), verify {checking:.3f} s"
    )


def main() -> None:
    for size, bands in ((200, ()), (200, USUAL), (200, MANY), (5000, ()), (5000, USUAL)):
        measure(size, bands)


if __name__ == "__main__":
    main()
