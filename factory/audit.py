"""Looking at the target again after each landing: is there what was meant to be there?

Everything before a landing says what will be; this asks the developer's repository what is. What
is found wrong becomes a fact, and the tip is shown as red until it moves.
"""

from __future__ import annotations

import asyncio
import logging

from factory.clock import rest
from factory.gate import Gate
from factory.model import Change, FactoryError, Judged, Task, TaskState, Verdict
from factory.shop import Shop
from factory.wire import Fact

log = logging.getLogger(__name__)

_AGAIN = 3.0
"""Seconds after which an audit that could not be made is tried again, at first."""
_SELDOM = 600.0
"""Seconds at most between two tries: each may build an environment that cannot be built."""
_ALARM = "alarm"
"""Kind of the fact, and name of the note that holds the tip and what was found on it."""
_GONE = "alarm:gone"
"""Name of the note with the landings that were found to be gone: each is told once."""


class Audits:
    """Audits every landing once, after a kill too: the row says whether it was."""

    def __init__(self, shop: Shop, gate: Gate) -> None:
        self._shop = shop
        self._gate = gate
        self._due = asyncio.Event()
        self._due.set()

    def happened(self, fact: Fact) -> None:
        """A fact is on disk: after a landing there is something to do."""
        if fact.kind == "landed":
            self._due.set()

    @property
    def alarm(self) -> str:
        """What is wrong with the target as it is now, in words for the developer."""
        commit, _, words = self._shop.store.answers.note(_ALARM).partition(" ")
        return words if commit == self._shop.tip.commit else ""

    async def run(self) -> None:
        """Audit until cancelled."""
        pause = None
        while True:
            await rest(self._due, pause, self._shop.clock)
            self._due.clear()
            made = await self._made()
            pause = None if made else min(2 * pause, _SELDOM) if pause else _AGAIN

    async def _made(self) -> bool:
        """Whether the audit that is due could be made."""
        try:
            await self._look()
        except FactoryError as error:  # a full disk, a repository that is gone
            log.warning("the landings cannot be audited: %s", error)
        except Exception:
            log.exception("the audit of the landings failed, by a fault of our own")
        else:
            return True
        return False

    async def _look(self) -> None:
        store, vault = self._shop.store, self._shop.vault
        landed = [task for task in store.tasks.all() if task.state is TaskState.LANDED]
        due = [task for task in landed if not task.audited]
        if not due:
            return
        tip = (await self._shop.refresh()).commit
        wrong = {task.id: await self._wrong(task) for task in due}
        told = store.answers.note(_GONE).split()
        earlier = {task.landed: task for task in landed if task.landed not in told}
        lost = await vault.missing(tip, tuple(earlier))
        gone = [commit for commit in earlier if commit in lost]
        words = [f"{name}: {what}" for name, what in wrong.items() if what]
        words += [_lost(earlier[commit], vault.target) for commit in gone]
        with store.transaction():
            for task in due:
                self._shop.amend(task.id, audited=True)
                if task.landed not in gone and not wrong[task.id]:
                    store.journal.say("audited", task=task.id, text=task.landed)
            for line in words:
                store.journal.say(_ALARM, text=line)
            if words:
                store.answers.put_note(_ALARM, f"{tip} {'; '.join(words)}")
                store.answers.put_note(_GONE, " ".join((*told, *gone)))

    async def _wrong(self, task: Task) -> str:
        """What speaks against a landing by itself; empty for nothing."""
        change = self._shop.store.evidence.change(task.id)
        there = await self._shop.repository.tree(task.landed)
        if change is None or not there:
            return f"{task.landed[:7]} is not in your repository"
        if there != change.tree:
            return f"{task.landed[:7]} is not the tree that passed its gate; undo it"
        red = [one.guardrail for one in change.judged if not await self._holds(change, one)]
        if red:
            target = self._shop.vault.target
            return f"{', '.join(red)} passed before it landed and is red on {target}; undo it"
        return ""

    async def _holds(self, change: Change, judged: Judged) -> bool:
        """Whether a guardrail says of what has landed what it said of the candidate.

        Where nothing that it rests on has changed, the evidence is at hand.
        """
        config, run = self._shop.tip.config, self._shop.store.evidence.run(judged.run or "")
        specs = {spec.name: spec for spec in config.guardrails} if config else {}
        spec = specs.get(judged.guardrail)
        if judged.verdict is not Verdict.PASS or run is None or config is None or spec is None:
            return judged.verdict in (Verdict.PASS, Verdict.WAIVED, Verdict.NOT_RUN)
        ready = await self._shop.environment(config, change.tree)
        found = await self._gate.checks.evidence(spec, change.tree, ready, progress=lambda _: None)
        return found.verdict in (Verdict.PASS, run.verdict)


def _lost(task: Task, target: str) -> str:
    return (
        f"{task.id}: its landing {task.landed[:7]} is no longer on {target}, which was rewritten; "
        f"`git cherry-pick {task.landed[:12]}` brings it back"
    )
