"""Gates ahead of time: the tip's own, and those of changes that the tip has moved away from."""

from __future__ import annotations

from collections.abc import Container, Coroutine, Sequence

from factory import lifecycle
from factory.gate import Gate
from factory.lifecycle import Phase
from factory.model import FactoryError, Judged, StoreError, Task, TaskState, Verdict
from factory.phases import Phases
from factory.remarks import keep
from factory.rivals import overtaken
from factory.shop import Shop

_RECHECK = 600.0
"""Seconds after which a tip on which checks could not run is checked again."""


class Ahead:
    """What is worth checking while nothing else is."""

    def __init__(self, shop: Shop, gate: Gate, phases: Phases) -> None:
        self._shop = shop
        self._gate = gate
        self._phases = phases
        self._checked = ""
        self._broken = ""
        self._tried: dict[str, str] = {}
        """The tip that a task's change was last held against ahead of time, by task."""
        self.again: float | None = None
        """When a tip that cannot be checked is checked again: it may have been the machine."""

    @property
    def problem(self) -> str:
        """Why the target itself cannot be checked, in words for the developer."""
        return self._broken if self._checked == self._shop.tip.commit else ""

    def work(self, phases: Container[Phase | None]) -> Coroutine[object, object, None] | None:
        """While no gate runs, the one on the tip; while nothing runs, that of a stale change."""
        if Phase.CHECK in phases or Phase.LAND in phases or self._shop.tip.config is None:
            return None
        if self._checked != self._shop.tip.commit or self._is_due():
            return self._check_tip()
        if Phase.WORK in phases:
            return None
        tip = self._shop.tip.commit
        tasks = self._shop.store.tasks.all()
        for task in tasks:
            if task.state is not TaskState.READY or self._tried.get(task.id) == tip:
                continue
            if overtaken(task, tasks):
                continue
            change = self._shop.store.evidence.change(task.id)
            if change and change.tip != tip:
                return self._look_again(task, change.snapshot)
        return None

    def _is_due(self) -> bool:
        now = self._shop.now()  # which may have been set back
        return self.again is not None and not now < self.again <= now + _RECHECK

    async def conflicts(self, busy: Container[str]) -> None:
        """The target moved: what no longer merges goes back to its agent at once."""
        tasks = self._shop.store.tasks.all()
        for task in tasks:
            change = self._shop.store.evidence.change(task.id)
            if task.state is not TaskState.READY or change is None or task.id in busy:
                continue
            if overtaken(task, tasks):  # its agent would do again what has landed
                continue
            merge = await self._shop.vault.merge(self._shop.tip.commit, change.snapshot)
            if merge.conflicts:
                event = await self._gate.examine(task, change.snapshot, self._shop.tip)
                await self._happen(task, event)

    async def _check_tip(self) -> None:
        commit = self._shop.tip.commit
        try:
            judged = await self._gate.tip()
            self._broken = _cannot_run(judged, self._shop.vault.target)
        except StoreError:
            raise
        except FactoryError as error:  # asking again at once would do it all again at once
            self._broken = str(error)
        self._checked = commit
        self.again = self._shop.now() + _RECHECK if self._broken else None
        self._shop.store.journal.say("base", text=commit)

    async def _look_again(self, task: Task, snapshot: str) -> None:
        tip = self._shop.tip
        self._tried[task.id] = tip.commit  # whatever comes of it: not over and over on one tip
        await self._happen(task, await self._gate.examine(task, snapshot, tip))

    async def _happen(self, task: Task, event: lifecycle.AnyEvent) -> None:
        """What was found ahead of time counts only where the task still waits as it did."""
        moved = await self._phases.read(event, anew=False)
        now = self._shop.store.tasks.get(task.id)
        waits = (now.state, now.snapshot) == (TaskState.READY, task.snapshot)
        if waits and not isinstance(event, lifecycle.Failed):
            with self._shop.store.transaction():
                self._shop.happen(task.id, event)
                keep(self._shop, moved)


def _cannot_run(judged: Sequence[Judged], target: str) -> str:
    broken = [one for one in judged if one.verdict is Verdict.ERROR]
    if not broken:
        return ""
    names = ", ".join(one.guardrail for one in broken)
    causes = "; ".join(dict.fromkeys(one.note for one in broken))
    way_out = "mend it, then `factory-tui engine restart`"
    return f"{names} cannot run on {target} itself: {causes}; {way_out}"
