"""The books of the weekend: what the provider billed, and what the factory says it cost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from factory.model import Task
from factory.store import Spent
from factory.wire import Fact, LedgerView, Report
from tests.trust.weekend.model import Bill

CENT = 0.005


def day(at: float) -> str:
    """The developer's calendar day of a time."""
    return f"{datetime.fromtimestamp(at):%Y-%m-%d}"


def audit(
    bills: Sequence[Bill], lines: Sequence[Spent], titles: Mapping[str, str]
) -> Iterator[str]:
    """What does not fit: each answer that was billed stands in the ledger once, to the cent.

    An answer that nobody heard, since the engine was killed, is covered by what was set aside.
    """
    settled: dict[str, list[float]] = defaultdict(list)
    aside: dict[str, list[float]] = defaultdict(list)
    billed: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        if line.spend.usd:
            (settled if line.settled else aside)[titles[line.task]].append(line.spend.usd)
    for bill in bills:
        billed[bill.task].append(bill.usd)
    for task, prices in billed.items():
        unheard = sorted(prices)
        for paid in settled[task]:
            near = min(unheard, key=lambda usd: abs(usd - paid), default=-1.0)
            if abs(near - paid) > CENT / 1000:
                yield f"{task}: ${paid:.6f} stands in the ledger and was never billed"
            else:
                unheard.remove(near)
        kept = sorted(aside[task])
        if len(unheard) > len(kept):
            yield f"{task}: {len(unheard)} bills are covered by nothing, {len(kept)} set aside"
        elif any(a > b for a, b in zip(unheard, kept[-len(unheard) :], strict=False)):
            yield f"{task}: less was set aside than was billed"


def adds_up(report: Report, ledger: LedgerView, lines: Sequence[Spent]) -> Iterator[str]:
    """What does not add up in what the developer sees, to the cent."""
    whole = sum(line.spend.usd or 0.0 for line in lines)
    for name, shown in (
        ("the report", report.spent.usd or 0.0),
        ("the ledger's days", sum(row.spent.usd or 0.0 for row in ledger.days)),
        ("the ledger's tasks", sum(row.spent.usd or 0.0 for row in ledger.tasks)),
        ("the report's tasks", sum(item.spent.usd or 0.0 for item in report.items)),
    ):
        if abs(shown - whole) > CENT:
            yield f"{name} says ${shown:.4f}, and the lines are ${whole:.4f}"


def over_the_cap(lines: Sequence[Spent], cap: float) -> Iterator[str]:
    """The days that cost more than they might."""
    days: dict[str, float] = defaultdict(float)
    for line in lines:
        days[day(line.at)] += line.spend.usd or 0.0
    for name, usd in sorted(days.items()):
        if usd > cap + CENT:
            yield f"{name} cost ${usd:.2f} of ${cap:.2f}"


def broken(facts: Sequence[Fact], tasks: Sequence[Task], given: int) -> Iterator[str]:
    """Facts that are lost or doubled, and tasks that went on twice from one stop."""
    numbers = [fact.seq for fact in facts]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "the journal has gaps"
    if len(tasks) != given:
        yield f"{len(tasks)} of {given} tasks are there"
    for task in tasks:
        kinds = [fact.kind for fact in facts if fact.task == task.id]
        parked = kinds.count("parked")
        resumed = kinds.count("resumed")
        if resumed > parked:
            yield f"{task.id} was parked {parked} times and resumed {resumed} times"
        for kind in ("queued", "landed"):
            if kinds.count(kind) > 1:
                yield f"{task.id} was {kind} {kinds.count(kind)} times"
