"""How waiting changes stand to one another and to the target: asked of git while there is time."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator
from itertools import combinations

from factory.model import Change, GitError, TaskState
from factory.shop import Shop
from factory.wire import Meeting

_COMPARED = 40
"""Changes that are held against one another at most, the oldest: each pair costs 5 ms."""

Pair = tuple[str, str]
"""Two snapshots, or two commits of the target."""


class Pairs:
    """Which waiting changes conflict with each other, and what the target did to their files.

    What is not known yet is left out of the answers; `work` finds it out. Two commits never change,
    so that each pair is asked about once.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._clashes: dict[Pair, tuple[str, ...]] = {}
        self._moves: dict[Pair, frozenset[str]] = {}

    def meets(self, change: Change | None, all_: Iterable[Change | None]) -> tuple[Meeting, ...]:
        """Those of the changes that wait and do not merge with this one."""
        found = []
        for other in all_ if change else ():
            if change is None or other is None:
                continue
            paths = self._clashes.get(_pair(change, other), ())
            if paths and self._waits(change.task) and self._waits(other.task):
                found.append(Meeting(task=other.task, paths=paths))
        return tuple(found)

    def _waits(self, name: str) -> bool:
        return self._shop.store.tasks.get(name).state is TaskState.READY

    def moved(self, change: Change) -> tuple[str, ...]:
        """The change's files that the target has changed since the change was checked."""
        moves = self._moves.get((change.tip, self._shop.tip.commit), frozenset())
        return tuple(path for path in change.files if path in moves)

    def work(self) -> Coroutine[object, object, None] | None:
        """What is not known yet and worth knowing; None where everything is."""
        waiting = tuple(self._waiting())
        pairs = [
            (one, other)
            for one, other in combinations(waiting[:_COMPARED], 2)
            if _pair(one, other) not in self._clashes and not set(one.files).isdisjoint(other.files)
        ]
        tip = self._shop.tip.commit
        tips = {one.tip for one in waiting if one.tip != tip and (one.tip, tip) not in self._moves}
        return self._find_out(pairs, tips, tip) if pairs or tips else None

    async def _find_out(self, pairs: list[tuple[Change, Change]], tips: set[str], tip: str) -> None:
        vault = self._shop.vault
        moved = False
        found: list[str] = []
        for old in tips:
            trees = await vault.tree_of(old), await vault.tree_of(tip)
            moves = frozenset(changed.path for changed in await vault.changed(*trees))
            self._moves[old, tip] = moves
            moved = moved or any(moves.intersection(one.files) for one in self._waiting())
        for one, other in pairs:
            try:
                paths = await vault.clashes(one.snapshot, other.snapshot)
            except GitError:  # it cannot be told, and asking again would not tell it either
                paths = ()
            self._clashes[_pair(one, other)] = paths
            found += [f"{one.task} and {other.task} conflict"] if paths else []
        if found or moved:  # the clients' pictures are older than this
            self._shop.store.journal.say("compared", text="; ".join(found))

    def _waiting(self) -> Iterator[Change]:
        """The changes that wait to be decided on, oldest first."""
        waits = [t for t in self._shop.store.tasks.all() if t.state is TaskState.READY]
        for task in sorted(waits, key=lambda task: task.changed_at):
            change = self._shop.store.evidence.change(task.id)
            if change is not None:
                yield change


def _pair(one: Change, other: Change) -> Pair:
    first, second = sorted((one.snapshot, other.snapshot))
    return first, second
