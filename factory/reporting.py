"""What it cost and what happened, told from the ledger and the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from factory.model import ParkReason, Spend, TaskState
from factory.purse import Purse
from factory.shop import Shop
from factory.wire import Fact, LedgerRow, LedgerView, Report, ReportItem

_REPORTED = frozenset({"engine", "cheat", "undo", "differs", "alarm"})
_EVERY = 1_000_000
"""Facts; a report leaves out none of its time."""
_LIMITED = f"{ParkReason.RATE_LIMITED}: "


class Reports:
    """Builds the ledger and the report; the only thing it writes is when it last reported."""

    def __init__(self, shop: Shop, purse: Purse) -> None:
        self._shop = shop
        self._purse = purse

    def ledger(self) -> LedgerView:
        """What it cost, by day, task and agent."""
        by_day: dict[str, Spend] = defaultdict(Spend)
        by_task: dict[str, Spend] = defaultdict(Spend)
        by_agent: dict[str, Spend] = defaultdict(Spend)
        tasks = {task.id: task for task in self._shop.store.tasks.all()}
        done: dict[str, set[str]] = defaultdict(set)
        for line in self._purse.lines():
            day = f"{datetime.fromtimestamp(line.at):%Y-%m-%d}"
            by_day[day] += line.spend
            by_task[line.task] += line.spend
            by_agent[line.agent] += line.spend
            done[day].add(line.task)
            done[line.agent].add(line.task)
        landed = {task.id for task in tasks.values() if task.state is TaskState.LANDED}

        def rows(found: dict[str, Spend]) -> tuple[LedgerRow, ...]:
            return tuple(
                LedgerRow(
                    name=name,
                    spent=spent,
                    tasks=len(done[name]) or 1,
                    landed=len((done[name] or {name}) & landed),
                )
                for name, spent in sorted(found.items(), reverse=True)
            )

        return LedgerView(days=rows(by_day), tasks=rows(by_task), agents=rows(by_agent))

    def report(self, since: float) -> Report:
        """What happened since a time; 0 for since the last report was asked for."""
        now = self._shop.now()
        notes = self._shop.store.answers
        since = since or float(notes.note("reported") or 0)
        notes.put_note("reported", str(now))
        every = self._shop.store.tasks.all()
        tasks = [task for task in every if not task.state.over or task.changed_at >= since]
        facts = self._shop.store.journal.facts(since=since, limit=_EVERY)
        since = since or min((task.created_at for task in every), default=now)
        lines = self._purse.lines(since=since)
        return Report(
            since=since, until=now, tip=self._shop.tip.commit,
            items=tuple(
                ReportItem(
                    task=task.id, title=task.title, state=task.state, parked=task.parked,
                    note=task.parked.message if task.parked else task.waiting,
                    spent=self._purse.of(task),
                    by_rule=bool(task.decision and task.decision.by_rule),
                )
                for task in tasks
            ),
            events=tuple(_worth_reporting(facts)),
            spent=sum((line.spend for line in lines), Spend()),
        )  # fmt: skip


def _worth_reporting(facts: Sequence[Fact]) -> Iterator[Fact]:
    """What Monday's report tells: a restart that interrupted nothing is no news.

    Of tasks that one limit parked, the first is told.
    """
    limited = False
    for fact in facts:
        by_limit = fact.kind == "parked" and fact.text.startswith(_LIMITED)
        if (by_limit and not limited) or (
            fact.kind in _REPORTED and not fact.text.startswith("started, 0 ")
        ):
            yield fact
        # Whoever goes on, or stops for another reason, is past the limit.
        limited = by_limit or (limited and fact.kind not in ("claimed", "ready", "red"))
