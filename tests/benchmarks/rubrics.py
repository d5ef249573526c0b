"""How long it takes to load a rubric and to score a complete sheet, in CPU milliseconds, beside parsing its YAML alone.

``python -m tests.benchmarks.rubrics`` prints the table; the smallest of several runs counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import yaml

from inspection_app import load_rubric, score_sheet
from inspection_app.core.rubric import Choice, Grade, Rubric, Tick
from inspection_app.files import rubric_ids
from inspection_app.places import shipped


def smallest(run: Callable[[], object], times: int = 7) -> float:
    """Return the CPU milliseconds of the fastest of several runs."""
    found = []
    for _time in range(times):
        start = time.process_time()
        run()
        found.append((time.process_time() - start) * 1000)
    return min(found)


def complete(rubric: Rubric) -> dict[str, dict[str, object]]:
    """Answer every criterion."""
    return {
        item.no: {
            criterion.id: True if isinstance(criterion, Tick) else 1 if isinstance(criterion, Choice)
            else {"points": str(criterion.points), "reason": "酌情"} if isinstance(criterion, Grade)
            else {"value": "100", "target": "100", "last": "90"}
            for criterion in item.criteria
        }
        for item in rubric.items
    }  # fmt: skip


def main() -> None:
    print(f"{'rubric':<20}{'items':>6}{'YAML':>9}{'load':>9}{'score':>9}   (ms of CPU)")
    for id_ in rubric_ids():
        text = (shipped("rubrics") / f"{id_}.yaml").read_text("utf-8")
        rubric = load_rubric(id_)
        sheet = complete(rubric)
        parsed = smallest(lambda text=text: yaml.load(text, Loader=yaml.CSafeLoader))  # type: ignore[misc]
        loaded = smallest(lambda id_=id_: load_rubric(id_))  # type: ignore[misc]
        scored = smallest(lambda rubric=rubric, sheet=sheet: score_sheet(rubric, sheet))  # type: ignore[misc]
        print(f"{id_:<20}{len(rubric.items):>6}{parsed:>9.1f}{loaded:>9.1f}{scored:>9.2f}")


if __name__ == "__main__":
    main()
