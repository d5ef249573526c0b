"""Consolidating fifteen experts' marks on sixty-three items, and the rerun of one item's deliberation.

    python -m tests.benchmarks.consolidation [--rounds 30] [--reruns 30]

The first is ``core.consolidation.consolidate`` by itself, in milliseconds of wall time; goal 50. The second is the
server's time for a rerun of the Consolidate page of the sample visit with its part Deliberation chosen, measured as in
``tests.benchmarks.pages``; goal 150.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from inspection_app import language
from inspection_app.core.agreement import agreement
from inspection_app.core.consolidation import Reckoning, Result, consolidate
from inspection_app.core.disagreement import order_of_disagreement
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Score, State
from inspection_app.core.sensitivity import sensitivity
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.sample import build_sample
from tests.benchmarks.pages import WARMING, Clock, signed_in
from tests.hub import free_port, serving

EXPERTS, ITEMS = 15, 63
GOAL, GOAL_PAGE = 50, 150  # milliseconds


def big_rubric() -> Rubric:
    items = [
        {"no": no, "content": "项", "points": 4, "rule_text": "评分",
         "criteria": [{"id": 1, "kind": "grade", "text": "款", "points": 4}]}
        for no in range(1, ITEMS + 1)
    ]  # fmt: skip
    return Rubric.model_validate({
        "id": "big", "version": 1, "title": "细则", "issuer": "某局", "year": 2026, "source": "附件",
        "stated_total": 4 * ITEMS, "pass_line": 3 * ITEMS, "scheme": {"prescribed": False, "activities": []},
        "aspects": [{"id": "a", "title": "一", "points": 4 * ITEMS, "items": items}],
    })  # fmt: skip


def sheets() -> dict[int, dict[str, Score]]:
    chance = random.Random(7)

    def mark() -> Score:
        points = Decimal(chance.randrange(0, 41)) / 10
        return Score(points, State.SCORED, points, Decimal(4), Decimal(4))

    return {expert: {str(no): mark() for no in range(1, ITEMS + 1)} for expert in range(EXPERTS)}


def timed(action, rounds: int) -> str:
    action()
    found = []
    for _round in range(rounds):
        began = time.perf_counter()
        action()
        found.append((time.perf_counter() - began) * 1000)
    return f"median {statistics.median(found):6.1f} ms, most {max(found):6.1f} ms"


def reckoning(rounds: int) -> None:
    rubric, people = big_rubric(), sheets()
    result: Result = consolidate(rubric, people)
    rates = [[one.scores[who].points / 4 for who in people] for one in result.items]
    print(f"consolidate {EXPERTS} × {ITEMS:<14}", timed(lambda: consolidate(rubric, people), rounds), f"(goal {GOAL})")
    print(f"{'order of disagreement':<31}", timed(lambda: order_of_disagreement(result.items), rounds))
    print(f"{'six methods (folded)':<31}", timed(lambda: sensitivity(rubric, result, Reckoning()), rounds))
    print(f"{'agreement (folded)':<31}", timed(lambda: agreement(rates), rounds))


def page(reruns: int) -> None:
    with tempfile.TemporaryDirectory() as kept:
        folder, times, port = Path(kept) / "visits", Path(kept) / "times", free_port()
        sample = build_sample(folder, Stage.CONSOLIDATE)
        times.touch()
        command = [sys.executable, "-m", "tests.benchmarks.pages", "--serve", str(folder), str(port), str(times)]
        with serving(command, port, folder) as url, signed_in(url, sample, Role.CHAIR, Clock(times)) as screen:
            screen.open("consolidate", "")
            row, part = next(one for one in screen.parts() if one[1] == _("Deliberation"))
            screen.chosen = {row: part}
            for _turn in range(WARMING):
                screen.run()
            wall = [screen.run()[0] for _turn in range(reruns)]
    print(f"{'deliberation, one item (page)':<31}", f"median {statistics.median(wall):6.1f} ms, most {max(wall):6.1f} ms",
          f"(goal {GOAL_PAGE})")  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=30)
    asked.add_argument("--reruns", type=int, default=30)
    options = asked.parse_args()
    language.use(language.CHINESE)
    reckoning(options.rounds)
    page(options.reruns)


if __name__ == "__main__":
    main()
