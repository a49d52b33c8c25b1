"""Commands about the queue: new tasks, and their order, caps and words before they start."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Collection

from msgspec.structs import replace

from factory import admission, lifecycle, rivals
from factory.config import FILE
from factory.model import (
    Budget,
    Draft,
    FactoryError,
    NotNowError,
    ParkReason,
    Task,
    TaskState,
    UnknownError,
)
from factory.shop import Shop
from factory.wire import Again, Edit, Hand, Hold, Move, RaiseBudget

_LONGEST_ID = 28
RESERVED = frozenset({"edits", "landings", "tips", "trash"})
"""Names beside the ids of tasks among the vault's refs."""


class Queue:
    """The tasks in their order."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def add(self, drafts: tuple[Draft, ...]) -> tuple[str, ...]:
        """New tasks; `after` may name an earlier one of them by its title."""
        named: dict[str, str] = {}
        made = []
        for draft in drafts:
            after = tuple(named.get(name, name) for name in draft.after)
            made.append(self._add_one(replace(draft, after=after)))
            named[draft.title] = made[-1]
        return tuple(made)

    def _add_one(self, draft: Draft) -> str:
        config = self._shop.tip.config
        agent = draft.agent or (config.agent if config else "")
        self._known(agent)
        if not draft.title.strip():
            raise FactoryError("a task needs a title")
        name = fresh_id(self._shop, draft.title)
        now = self._shop.now()
        state = TaskState.DRAFT if draft.hold else TaskState.QUEUED
        for other in draft.after:
            self._shop.store.tasks.get(other)
        task = Task(
            id=name, title=draft.title.strip(), spec=draft.spec, agent=agent, paths=draft.paths,
            after=draft.after, accept=draft.accept, budget=draft.budget or Budget(), state=state,
            created_at=now, changed_at=now, position=last(self._shop),
        )  # fmt: skip
        self._shop.store.tasks.add(task)
        self._shop.store.journal.say(str(state), task=name, text=draft.title)
        return name

    def _again(self, name: str, agent: str) -> tuple[str, ...]:
        """Another attempt at a task, as a task of its own; no rule lands it unseen."""
        task = self._shop.store.tasks.get(name)
        if not task.agent or task.state is TaskState.LANDED:
            why = "has landed" if task.agent else "is no agent's work"
            raise NotNowError(f"{name} {why}: there is nothing to attempt again")
        self._known(agent)
        tasks = self._shop.store.tasks.all()
        first = rivals.first(task)
        nth = max(one.nth for one in tasks if rivals.first(one) == first) + 1
        fresh = slug(
            f"{first}-{nth}", {one.id for one in tasks} | RESERVED, longest=_LONGEST_ID + 4
        )
        now = self._shop.now()
        self._shop.store.tasks.add(
            Task(
                id=fresh, title=task.title, spec=task.spec, agent=agent or task.agent,
                paths=task.paths, after=task.after, budget=task.budget, created_at=now,
                changed_at=now, position=last(self._shop), rival_of=first, nth=nth,
            )
        )  # fmt: skip
        self._shop.store.journal.say("again", task=fresh, text=f"beside {first}")
        return (fresh,)

    def hand(self, command: Hand) -> None:
        """Give a task to another agent; where none has begun it, the other one will.

        Raises FactoryError for an agent that it cannot go to.
        """
        task = self._shop.store.tasks.get(command.task)
        if not command.agent.strip():
            raise FactoryError(f"name the agent that {task.id} goes to")
        self._known(command.agent)
        if command.agent == task.agent:
            raise NotNowError(f"{task.id} is {task.agent}'s already: say it what to do")
        if task.agent and task.state in (TaskState.DRAFT, TaskState.QUEUED):
            if command.text.strip():
                raise NotNowError(f"{task.id} has not begun: edit it, nobody listens yet")
            self._shop.amend(task.id, agent=command.agent)
            self._shop.store.journal.say("edited", task=task.id, text=task.title)
            return
        self._shop.happen(task.id, lifecycle.HandedOver(agent=command.agent))
        if command.text.strip():
            self._shop.happen(task.id, lifecycle.Said(text=command.text))

    def _known(self, agent: str) -> None:
        """Raises FactoryError where factory.toml has no agent of that name."""
        config = self._shop.tip.config
        if agent and config is not None and config.agent_named(agent) is None:
            known = ", ".join(spec.name for spec in config.agents) or "none"
            raise FactoryError(f"there is no agent {agent!r} in {FILE}; it has {known}")

    def arrange(self, command: Edit | Move | Hold | RaiseBudget | Again) -> tuple[str, ...]:
        """Change a task, its place, its caps, or whether it is held back; or attempt it again."""
        if isinstance(command, Again):
            return self._again(command.task, command.agent)
        task = self._shop.store.tasks.get(command.task)
        match command:
            case Hold(held=held):
                self._shop.happen(task.id, lifecycle.Held() if held else lifecycle.Released())
            case Move(before=before):
                self._shop.amend(task.id, position=self._position(task, before))
                self._shop.store.journal.say("moved", task=task.id)
            case RaiseBudget(budget=budget):
                self._shop.amend(task.id, budget=budget)
                self._shop.store.journal.say("budget", task=task.id)
                if task.parked is not None and task.parked.reason is ParkReason.BUDGET:
                    self._shop.happen(task.id, lifecycle.Resumed())
            case Edit(draft=draft):
                self._edit(task, draft)
        return (task.id,)

    def untie(self, name: str) -> None:
        """A task that was parked since what it comes after is no more starts without that."""
        task = self._shop.store.tasks.get(name)
        if task.parked is not None and task.parked.resume is TaskState.QUEUED:
            states = {one.id: one.state for one in self._shop.store.tasks.all()}
            after = tuple(one for one in task.after if states.get(one) not in admission.NEVER)
            self._shop.amend(name, after=after)

    def _edit(self, task: Task, draft: Draft) -> None:
        if task.state not in (TaskState.DRAFT, TaskState.QUEUED):
            raise NotNowError(f"{task.id} is {task.state}; say it to the agent instead")
        for other in draft.after:
            if task.id in self._before(other):
                raise FactoryError(f"{task.id} cannot come after {other}: that comes after it")
        self._shop.amend(
            task.id, title=draft.title, spec=draft.spec, paths=draft.paths, after=draft.after,
            agent=draft.agent or task.agent, accept=draft.accept,
            budget=draft.budget or task.budget,
        )  # fmt: skip
        self._shop.store.journal.say("edited", task=task.id, text=draft.title)

    def _before(self, name: str) -> set[str]:
        """A task and all that it comes after, at whatever remove. Raises UnknownError."""
        found, waiting = set[str](), [name]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._shop.store.tasks.get(one).after
        return found

    def _position(self, task: Task, before: str | None) -> float:
        """Between two neighbours, or after the last."""
        others = [one for one in self._shop.store.tasks.all() if one.id != task.id]
        if before is None:
            return max((one.position for one in others), default=0.0) + 1
        places = [one.id for one in others]
        if before not in places:
            raise UnknownError(f"there is no task {before!r} to stand before")
        at = places.index(before)
        low = others[at - 1].position if at else others[0].position - 2
        return (low + others[at].position) / 2


def fresh_id(shop: Shop, title: str) -> str:
    """An id for a new task of this title."""
    return slug(title, {task.id for task in shop.store.tasks.all()} | RESERVED)


def last(shop: Shop) -> float:
    """The position behind every task."""
    return max((task.position for task in shop.store.tasks.all()), default=0.0) + 1


def slug(title: str, taken: Collection[str], *, longest: int = _LONGEST_ID) -> str:
    """A short id from a title: ascii words with hyphens, numbered where it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = ""
    for word in words:
        if name and len(name) + 1 + len(word) > longest:
            break
        name = f"{name}-{word}" if name else word[:longest]
    name = name or f"task-{uuid.uuid4().hex[:4]}"
    number, fresh = 2, name
    while fresh in taken:
        fresh, number = f"{name}-{number}", number + 1
    return fresh
