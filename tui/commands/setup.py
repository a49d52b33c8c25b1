"""The verb `init`: look at the repository, measure, ask for the caps, offer factory.toml."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

from factory import wire
from factory.client import Client
from factory.model import Budget, NotNowError, Verdict
from factory.wire import GuardrailStatus, Proposed
from tui.commands.console import Console, UsageError
from tui.commands.session import engine, send
from tui.text import line, took

FILE = "factory.toml"
_TASK_USD = 2.0
_DAY_USD = 20.0


async def init(
    console: Console,
    start: Path,
    *,
    task_usd: float | None = None,
    day_usd: float | None = None,
    agent: str = "",
    yes: bool = False,
    measure: bool = True,
    print_only: bool = False,
) -> int:
    """Propose factory.toml and put it into the Inbox as the first change."""
    async with engine(start, begin=True) as client:
        overview = await client.overview()
        if overview.guardrails:
            raise NotNowError(
                f"{line(overview.target)} has a {FILE} already; change it like any other file, "
                "commit it, and the engine reads it from the target"
            )
        first = await client.propose(task=Budget(), day=Budget(), agent=agent, measure=False)
        asks = console.asks and not yes
        task, day = _caps(console, task_usd, day_usd, asks=asks)
        agent = _agent(console, first, agent, asks=asks)
        if measure:
            console.note("measuring each guardrail on the target as it is; this may take minutes")
        proposed = await _propose(console, client, overview.seq, task, day, agent, measure=measure)
        _print(console, proposed)
        if print_only:
            console.lines(proposed.text)
            return 0
        reply = await send(
            client,
            wire.Adopt(
                title="factory.toml: guardrails, agents and caps",
                path=FILE,
                text=proposed.text,
                summary=_summary(proposed),
            ),
        )
    console.line(f"{', '.join(reply.tasks) or FILE} waits in the Inbox: factory-tui, then 2")
    return 0


def _caps(
    console: Console, task_usd: float | None, day_usd: float | None, *, asks: bool
) -> tuple[Budget, Budget]:
    task = _cap(console, "most that one task may cost, US$", task_usd, _TASK_USD, asks=asks)
    day = _cap(console, "most that one day may cost, US$", day_usd, _DAY_USD, asks=asks)
    if task > day:
        raise UsageError(f"a task's cap (${task:g}) is above the day's (${day:g}); lower one")
    return Budget(usd=task), Budget(usd=day)


def _cap(console: Console, label: str, given: float | None, default: float, *, asks: bool) -> float:
    if given is not None:
        return given
    if not asks:
        return default
    while True:
        answer = console.question(f"{label}:", f"{default:g}")
        try:
            amount = float(answer.removeprefix("$"))
        except ValueError:
            amount = 0.0
        if 0 < amount < float("inf"):
            return amount
        console.line("  a number above 0, please")


def _agent(console: Console, first: Proposed, given: str, *, asks: bool) -> str:
    if given and first.agents and given not in first.agents:
        raise UsageError(f"{given} was not found; here are {', '.join(first.agents)}")
    if given or not asks or len(first.agents) < 2:
        return given
    while True:
        names = ", ".join(first.agents)
        answer = console.question(f"agent ({line(names)}):", first.agents[0])
        if answer in first.agents:
            return answer
        console.line("  one of these, please")


async def _propose(
    console: Console,
    client: Client,
    seq: int,
    task: Budget,
    day: Budget,
    agent: str,
    *,
    measure: bool,
) -> Proposed:
    """Ask for the proposal; each guardrail is printed as soon as it was measured."""

    async def report() -> None:
        async with aclosing(client.notices(seq)) as notices:
            async for notice in notices:
                if isinstance(notice, wire.Progressed) and not notice.task:
                    _progress(console, notice.guardrail)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(report())
        proposed = await client.propose(task=task, day=day, agent=agent, measure=measure)
        watching.cancel()
    return proposed


def _progress(console: Console, status: GuardrailStatus) -> None:
    if status.verdict not in (Verdict.RUNNING, Verdict.NOT_RUN):
        console.note(f"{status.verdict.sign} {line(status.name)}  {took(status.seconds)}")


def _print(console: Console, proposed: Proposed) -> None:
    rows = [("  guardrail", "on the target", "took", "must be", "said")]
    for measured in proposed.guardrails:
        status = measured.status
        rows.append(
            (
                f"{status.verdict.sign} {status.name}",
                str(status.verdict),
                took(status.seconds),
                _COMPARE.get(measured.compare, measured.compare),
                status.summary or measured.run,
            )
        )
    console.table(rows if len(rows) > 1 else [("! no guardrail was found; write at least one",)])
    if proposed.agents:
        console.line(f"  agents: {', '.join(proposed.agents)}")
    for sentence in proposed.missing:
        console.line(f"⚠ {sentence}")


_COMPARE = {"strict": "green", "no-worse": "no worse than the target"}


def _summary(proposed: Proposed) -> str:
    names = ", ".join(measured.status.name for measured in proposed.guardrails)
    return f"Guardrails: {names}." if names else ""
