"""From accepted to landed, beyond the guardrails' own time."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

from factory.git.repository import Repository
from factory.model import TaskState
from tests.bench.works import Works, works

NAME = "landing"

_ROUNDS = 7


def measure() -> dict[str, float]:
    """Milliseconds, medians: of a change that is green on the tip, and of the next one, whose tip
    has just moved, so that its gate runs again. `git_ms` is one `git rev-parse` on this machine
    now: a landing is some thirty-five of such processes, most of them one after the other."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    first: list[float] = []
    second: list[float] = []
    async with works() as factory:
        for round_ in range(-1, _ROUNDS):  # the first round warms up
            one, two = await _pair(factory, round_)
            if round_ >= 0:
                first.append(one)
                second.append(two)
        asked = await _git(factory.place.path)
    return {
        "git_ms": asked * 1000,
        "landing_ms": statistics.median(first) * 1000,
        "landing_max_ms": max(first) * 1000,
        "next_landing_ms": statistics.median(second) * 1000,
        "next_landing_max_ms": max(second) * 1000,
    }


async def _git(folder: Path) -> float:
    """Seconds that the smallest question to git takes, median."""
    repository, took = Repository(folder), []
    for _ in range(21):
        begun = time.perf_counter()
        await repository.tip("main")
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


async def _pair(factory: Works, round_: int) -> tuple[float, float]:
    """Two changes accepted at once: seconds that each took, less those of its guardrails."""
    names = await factory.add(*(f"echo {round_} > {which}{round_}.txt" for which in "ab"))
    views = await factory.until(TaskState.READY, *names)
    await asyncio.sleep(1.0)  # until nothing goes on any more
    for view in views:
        await factory.accept(view)
    await factory.until(TaskState.LANDED, *names)
    facts = [await factory.facts(name) for name in names]
    order = sorted(range(2), key=lambda at: facts[at]["landed"].at)
    begun = facts[order[0]]["accepted"].at
    took = []
    for at in order:
        ended = facts[at]["landed"].at
        took.append(ended - begun - await factory.guarded(names[at], begun, ended))
        begun = ended
    return took[0], took[1]


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
