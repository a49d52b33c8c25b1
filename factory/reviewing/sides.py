"""Which two trees a diff is of: what would land, what is new in it, a worktree, another attempt."""

from __future__ import annotations

from factory.model import Change, Struct, Task, UnknownError
from factory.remarks import decided_note
from factory.rivals import rivals
from factory.shop import Shop
from factory.wire import Look


class Sides(Struct):
    """The two trees of a diff, and what it is of."""

    left: str
    right: str
    snapshot: str
    tip: str
    again: bool = False
    """Whether the left one is an earlier round, on which the developer has decided."""


class SidesOf:
    """Finds the trees of a task's diffs."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def find(self, task: Task, look: Look) -> Sides:
        """The trees that a look means. Raises UnknownError where there is nothing to look at."""
        if look is Look.LIVE:
            return await self._live(task)
        change = self._shop.store.evidence.change(task.id)
        if change is None:
            return await self._live(task)
        left = await self._shop.vault.tree_of(change.tip)
        old = self.looked_at(change) if look is Look.DELTA else None
        if old is not None:
            left = await self._left(change, old)
        elif look is Look.RIVAL:
            left = await self._left(change, self._rival(task))
        return Sides(
            left=left, right=change.tree, snapshot=change.snapshot, tip=change.tip,
            again=old is not None,
        )  # fmt: skip

    def looked_at(self, change: Change) -> Change | None:
        """The earlier round that the developer decided on; None where there is none."""
        tree = self._shop.store.answers.note(decided_note(change.task))
        earlier = self._shop.store.evidence.changes(change.task) if tree else ()
        return next((one for one in earlier if one.tree == tree), None)

    def _rival(self, task: Task) -> Change:
        """The change of another attempt at the same. Raises UnknownError where there is none."""
        store = self._shop.store
        others = (store.evidence.change(o.id) for o in rivals(task, store.tasks.all()))
        found = next((change for change in others if change is not None), None)
        if found is None:
            raise UnknownError(f"there is no other attempt at {task.id} with a change yet")
        return found

    async def _left(self, change: Change, old: Change) -> str:
        """The earlier round as it would be on the tip of now: what others landed is no news."""
        if old.tip == change.tip:
            return old.tree
        merge = await self._shop.vault.merge(change.tip, old.snapshot)
        return old.tree if merge.conflicts else merge.tree

    async def _live(self, task: Task) -> Sides:
        if not task.worktree:
            raise UnknownError(f"{task.id} has no change and no worktree to look at yet")
        folder = self._shop.trees.worktrees / task.worktree
        tree = await self._shop.trees.tree(folder, task.base)
        left = await self._shop.vault.tree_of(task.base)
        return Sides(left=left, right=tree, snapshot="", tip=task.base)
