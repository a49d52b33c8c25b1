"""Bringing accepted changes onto the target: one at a time, by one leased push each.

What is pushed is a tree that passed its gate on exactly this tip, and whose diff is the one that
was accepted. Anything else comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from factory import lifecycle
from factory.faults import Point, reached
from factory.gate import Gate
from factory.git.repository import Pushed
from factory.git.torn import locks, torn
from factory.model import Change, FactoryError, Landing, Task, Verdict
from factory.shop import Shop

_TRIES = 5
"""How often one landing follows a target that moves while it is gated."""


class Landings:
    """The queue onto the target."""

    def __init__(self, shop: Shop, gate: Gate) -> None:
        self._shop = shop
        self._gate = gate
        self._turn = asyncio.Lock()

    async def land(self, task: Task) -> lifecycle.AnyEvent:
        """The phase `land`; safe to run again after a kill anywhere."""
        async with self._turn:
            for _ in range(_TRIES):
                event = await self._try(self._shop.store.tasks.get(task.id))
                if event is not None:
                    return event
        return lifecycle.Refused(why=f"{self._shop.vault.target} moves faster than it is gated")

    async def hindered(self, task: Task) -> bool:
        """Whether the developer's checkout still stands in the way of a landing that waits."""
        vault, repository, landing = self._shop.vault, self._shop.repository, task.landing
        if await repository.dirty(vault.target) or await repository.halfway(vault.target):
            return True
        if landing is None or landing.tip != self._shop.tip.commit:
            return False
        return bool(
            await repository.in_the_way(
                vault.git_dir, landing.commit, target=vault.target, lease=landing.tip
            )
        )

    async def _try(self, task: Task) -> lifecycle.AnyEvent | None:
        """One try; None where the target moved meanwhile."""
        tip = await self._shop.refresh()
        reached(Point.LAND_BEGUN)
        if task.landing is not None:
            if await self._shop.vault.contains(tip.commit, task.landing.commit):
                return lifecycle.Landed(commit=task.landing.commit)
            if tip.commit == task.landing.tip:
                return await self._push(task, task.landing)
            task = self._shop.amend(task.id, landing=None)  # its lease is gone for good
        if task.decision is None:
            raise FactoryError(f"{task.id} was never accepted; accept it in the Inbox")
        async with asyncio.TaskGroup() as group:
            author = group.create_task(self._shop.repository.author())
            found = await self._gate.examine(task, task.decision.snapshot, tip)
        if not isinstance(found, lifecycle.Green):
            return found
        ruled_out = task.decision.by_rule and not found.by_rule
        if ruled_out or found.change.patch_id != task.decision.patch_id:
            return lifecycle.Differs(change=found.change)
        reached(Point.LAND_GATED)
        message = self._message(task, found.change)
        commit = await self._shop.vault.commit(
            found.change.tree, tip.commit, message, author=author.result()
        )
        reached(Point.LAND_COMMITTED)
        await self._shop.vault.keep(f"landings/{task.id}", commit)
        landing = Landing(tip=tip.commit, commit=commit)
        task = self._shop.happen(task.id, lifecycle.Pushing(landing=landing))
        reached(Point.LAND_WRITTEN)
        return await self._push(task, landing)

    async def _push(self, task: Task, landing: Landing) -> lifecycle.AnyEvent | None:
        vault = self._shop.vault
        pushed = await self._shop.repository.land(
            vault.git_dir, landing.commit, target=vault.target, lease=landing.tip
        )
        reached(Point.LAND_PUSHED)
        if pushed.done:
            await self._shop.moved(landing.commit)
            return lifecycle.Landed(commit=landing.commit)
        tip = await self._shop.refresh()
        if await vault.contains(tip.commit, landing.commit):  # by a dead engine's push
            return lifecycle.Landed(commit=landing.commit)
        if pushed.moved:
            return None
        return lifecycle.Refused(why=await self._why(pushed, landing))

    async def _why(self, pushed: Pushed, landing: Landing) -> str:
        """A refused push in words that say what to do."""
        vault, repository = self._shop.vault, self._shop.repository
        target = vault.target
        if half_laid := await torn(
            repository, vault, target=target, old=landing.tip, new=landing.commit
        ):
            return half_laid
        if dirty := await repository.dirty(target):
            return f"commit or stash {_named(dirty)}, or leave {target}"
        if pushed.in_the_way:
            names = _named(pushed.in_the_way)
            return f"move {names} away: git does not track it, and the change would write over it"
        if left := await locks(repository, target):
            named = _named([str(lock) for lock in left])
            return f"git's lock {named} is there: once no git of yours runs, remove it"
        return f"your checkout of {target} is in the way: {pushed.reason}"

    def _message(self, task: Task, change: Change) -> str:
        lines = [task.title, ""]
        if change.handoff.summary and change.handoff.summary != task.title:
            lines += [change.handoff.summary.strip(), ""]
        lines.append(f"Factory-Task: {task.id}")
        passed = sum(one.verdict is Verdict.PASS for one in change.judged)
        lines.append(f"Factory-Evidence: {passed} passed on tree {change.tree}")
        lines += [
            f"Factory-Waived: {one.guardrail}: {' '.join(one.note.split())}"
            for one in change.judged
            if one.verdict is Verdict.WAIVED
        ]
        return _plain("\n".join(lines)) + "\n"


def _plain(text: str) -> str:
    """Text for a commit: git takes no NUL, and a terminal that shows it must obey nothing."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
