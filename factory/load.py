"""What reviewing asks of the developer: how much waits, since when, how long one takes, how many.

Arithmetic over facts and rows; `Loads` keeps the facts that it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from factory.admission import waits_for_person
from factory.model import Task
from factory.reviewing import all_aside
from factory.shop import Shop
from factory.wire import Fact, Load

READ = "read"
"""Kind of the facts that say for how many seconds a change was being read."""
_DECIDED = ("accepted", "feedback", "rejected")
_BY_NOBODY = ("by rule", "with its undo")
"""What an acceptance says that no person gave just then."""
_KEPT = 14 * 86_400.0
"""Seconds back to which reviews count."""
_WINDOW, _LEAST = 8 * 3_600.0, 3_600.0
"""Seconds over which decisions are counted, at most and at least."""
_EVERY = 1_000_000


class Loads:
    """Listens to the journal for what was read and decided."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        found = shop.store.journal.facts(since=shop.now() - _KEPT, limit=_EVERY)
        self._facts = [fact for fact in found if _counts(fact)]

    def happened(self, fact: Fact) -> None:
        """Hear of a fact."""
        if _counts(fact):
            oldest = fact.at - _KEPT
            self._facts = [one for one in self._facts if one.at >= oldest]
            self._facts.append(fact)

    def view(self) -> Load:
        """How it is now; what was put aside is no load."""
        config = self._shop.tip.config
        limit = config.waiting_at_most if config else 0
        tasks = self._shop.store.tasks.all()
        aside = all_aside(self._shop, tasks)
        left = (task for task in tasks if task.id not in aside)
        return load(left, self._facts, now=self._shop.now(), at_most=limit)


def load(tasks: Iterable[Task], facts: Sequence[Fact], *, now: float, at_most: int) -> Load:
    """The load of the tasks as they stand, by what was read and decided so far."""
    waiting = [task.changed_at for task in tasks if waits_for_person(task)]
    times = review_times(facts)
    return Load(
        waiting=len(waiting),
        at_most=at_most,
        oldest=min(waiting, default=0.0),
        review_seconds=median(times) if times else None,
        reviews=len(times),
        decisions_per_hour=decisions_per_hour(facts, now),
    )


def review_times(facts: Iterable[Fact]) -> tuple[float, ...]:
    """For each task that was read and decided on, the seconds of reading that a decision took."""
    read: dict[str, float] = defaultdict(float)
    decided: dict[str, int] = defaultdict(int)
    for fact in facts:
        if fact.kind == READ:
            read[fact.task] += seconds(fact)
        else:
            decided[fact.task] += 1
    return tuple(read[name] / count for name, count in decided.items() if read[name])


def decisions_per_hour(facts: Iterable[Fact], now: float) -> float:
    """Decisions an hour within the last eight, or since the first of them; nought where none."""
    times = [fact.at for fact in facts if fact.kind != READ and fact.at > now - _WINDOW]
    if not times:
        return 0.0
    return len(times) * 3_600 / min(_WINDOW, max(_LEAST, now - min(times)))


def seconds(fact: Fact) -> float:
    """What a fact of reading says; nought where it says nothing that can be read."""
    number = fact.text.partition(" ")[0]
    return float(number) if number.isdigit() else 0.0


def _counts(fact: Fact) -> bool:
    return fact.kind == READ or (fact.kind in _DECIDED and fact.text not in _BY_NOBODY)
