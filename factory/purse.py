"""Budgets at work: what a task and a day have cost, and whether the next turn may begin."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec.structs import replace

from factory.agents.base import Unpriced
from factory.config import AgentSpec, Config
from factory.ledger import exceeded
from factory.model import AgentError, Budget, ParkReason, Spend, Task
from factory.store import Spent, Store


class Purse:
    """Reserves before each turn, settles after it. A reservation that was never settled counts."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._open: dict[str, str] = {}
        self._since: dict[str, float] = {}

    @contextmanager
    def at_work(self, task: Task, agent: AgentSpec) -> Iterator[None]:
        """Count the time within as the task's; a suspended machine's hours are nobody's."""
        self._since[task.id] = time.monotonic()
        try:
            yield
        finally:
            rest = self._time(task)
            del self._since[task.id]
            self._open.pop(task.id, None)  # of a request that was cut off nobody knows: it counts
            self._put(uuid.uuid4().hex, task, agent, Spend(seconds=rest), settled=True)

    def _time(self, task: Task) -> float:
        """Seconds at work since this was last asked."""
        now = time.monotonic()
        since = self._since.get(task.id, now)
        self._since[task.id] = now
        return now - since

    def reserve(self, task: Task, agent: AgentSpec, most: Spend, config: Config) -> None:
        """Set aside the most a turn can cost. Raises AgentError where that would pass a cap."""
        self.release(task)
        own = _caps(task.budget, config.task_budget)
        reason = exceeded(self.of(task), most, own, task.id, unpriced=agent.subscription)
        if reason is not None:
            raise AgentError(reason, reason=ParkReason.BUDGET)
        self._look_at_the_day(agent, most, config)
        name = uuid.uuid4().hex
        self._open[task.id] = name
        self._put(name, task, agent, most, settled=False)

    def _look_at_the_day(self, agent: AgentSpec, most: Spend, config: Config) -> None:
        """Raises AgentError: until midnight, where tomorrow's cap would let the turn begin."""
        spent = self._store.money.sum(since=self._midnight())
        way_out = "it goes on tomorrow; or raise [budget] in factory.toml, and resume it"
        unpriced = agent.subscription
        if reason := exceeded(
            Spend(), most, config.day_budget, "today", unpriced=unpriced,
            way_out="raise [budget] in factory.toml, then resume it",
        ):  # fmt: skip
            raise AgentError(reason, reason=ParkReason.BUDGET)
        if reason := exceeded(
            spent, most, config.day_budget, "today", unpriced=unpriced, way_out=way_out
        ):
            raise AgentError(reason, reason=ParkReason.BUDGET, until=self._midnight(days=1))

    def left(self, task: Task, config: Config) -> float | None:
        """Seconds that a task may still work; None where it has no cap in minutes."""
        minutes = _caps(task.budget, config.task_budget).minutes
        return None if minutes is None else max(0.0, minutes * 60 - self.of(task).seconds)

    def over(self, task: Task, config: Config) -> str:
        """What to say of a task whose minutes ended in the midst of a turn."""
        minutes = _caps(task.budget, config.task_budget).minutes
        return (
            f"{task.id} has worked its {minutes:g} minutes and was stopped: raise the cap with + "
            "on the Floor, or end the task"
        )

    def settle(self, task: Task, agent: AgentSpec, spend: Spend, turn: str = "") -> None:
        """Write what a turn has cost in the place of its reservation; a named one counts once."""
        reserved = self._open.pop(task.id, "")
        spend = replace(_paid(agent, spend), seconds=self._time(task))
        with self._store.transaction():
            self._store.money.drop(reserved)
            self._put(turn or uuid.uuid4().hex, task, agent, spend, settled=True)

    def catch_up(self, task: Task, agent: AgentSpec, turns: Mapping[str, Spend]) -> None:
        """Write the turns that an engine which was killed knew of, and had not settled yet.

        The last of them had its reservation, which was the newest of the task.
        """
        known = self._store.money.names(task.id)
        with self._store.transaction():
            for turn in turns.keys() - known.keys():
                open_ = [name for name, settled in known.items() if not settled]
                self._store.money.drop(open_[-1] if open_ else "")
                self._put(turn, task, agent, _paid(agent, turns[turn]), settled=True)

    def release(self, task: Task) -> None:
        """A request that was seen to fail cost nothing: what was set aside for it is free again."""
        if task.id in self._open:
            self._store.money.drop(self._open.pop(task.id))

    def _put(self, name: str, task: Task, agent: AgentSpec, spend: Spend, *, settled: bool) -> None:
        self._store.money.put(
            name,
            Spent(task=task.id, agent=agent.name, at=self._now(), spend=spend, settled=settled),
        )

    def lines(self, *, since: float = 0.0, task: str = "") -> tuple[Spent, ...]:
        """What was spent since a time; not what is only set aside for a turn under way."""
        return self._store.money.lines(since=since, task=task, without=self._open.values())

    def of(self, task: Task) -> Spend:
        """What a task has cost, its working time up to now included."""
        spent = self._store.money.sum(task=task.id, without=self._open.values())
        since = self._since.get(task.id)
        return spent if since is None else spent + Spend(seconds=time.monotonic() - since)

    def today(self) -> Spend:
        """What the developer's calendar day has cost so far."""
        return self._store.money.sum(since=self._midnight(), without=self._open.values())

    def _midnight(self, days: int = 0) -> float:
        """When the developer's calendar day began, or the one in so many days."""
        day = datetime.fromtimestamp(self._now()) + timedelta(days=days)
        return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def per_hour(self) -> float:
        """US dollars an hour, over the last hour."""
        return sum((line.spend.usd or 0.0 for line in self.lines(since=self._now() - 3600)), 0.0)


def _paid(agent: AgentSpec, spend: Spend) -> Spend:
    """What a turn has cost in money: nothing where a subscription pays."""
    return replace(spend, usd=None) if agent.subscription else spend


def _caps(own: Budget, default: Budget) -> Budget:
    """A task's own caps, and the file's where it has none."""
    return Budget(
        usd=default.usd if own.usd is None else own.usd,
        tokens=default.tokens if own.tokens is None else own.tokens,
        minutes=default.minutes if own.minutes is None else own.minutes,
    )


def unpriced(task: Task, config: Config, *, attended: bool) -> Unpriced:
    """What to do where a model's price is unknown. A cap in dollars refuses it by itself."""
    own, day = _caps(task.budget, config.task_budget), config.day_budget
    if any(cap is not None for cap in (own.usd, own.tokens, day.usd, day.tokens)):
        return Unpriced.COUNT
    return Unpriced.ASK if attended else Unpriced.REFUSE
