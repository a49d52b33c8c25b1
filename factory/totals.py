"""What was spent, added up by day, task and agent. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from factory.model import Spend, Task, TaskState
from factory.store import Spent
from factory.wire import LedgerRow, LedgerView


def ledger(lines: Iterable[Spent], tasks: Sequence[Task]) -> LedgerView:
    """The ledger's lines in their sums; the newest day first."""
    by_day: dict[str, Spend] = defaultdict(Spend)
    by_task: dict[str, Spend] = defaultdict(Spend)
    by_agent: dict[str, Spend] = defaultdict(Spend)
    done: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        day = f"{datetime.fromtimestamp(line.at):%Y-%m-%d}"
        by_day[day] += line.spend
        by_task[line.task] += line.spend
        by_agent[line.agent] += line.spend
        done[day].add(line.task)
        done[line.agent].add(line.task)
    landed = {task.id for task in tasks if task.state is TaskState.LANDED}

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
