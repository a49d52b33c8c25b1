"""The verb `agents`: which agent programs there are, and how each has done here."""

from __future__ import annotations

from pathlib import Path

from factory import spawn
from factory.model import FactoryError, Struct
from factory.wire import KnownAgent, LedgerRow, SignedIn
from tui.commands.console import Console
from tui.commands.json_text import dumps
from tui.commands.session import engine
from tui.text import line, money, plural, took


class Roll(Struct):
    """What `--json` prints."""

    known: tuple[KnownAgent, ...]
    here: tuple[LedgerRow, ...] = ()


async def agents(console: Console, start: Path, *, as_json: bool = False) -> int:
    """Print a line for each program, then for each agent that has worked here. Starts no engine."""
    known = await spawn.agents()
    here: tuple[LedgerRow, ...] = ()
    engine_runs = True
    try:
        async with engine(start, begin=False) as client:
            here = (await client.ledger()).agents
    except FactoryError:
        engine_runs = False
    if as_json:
        console.raw(dumps(Roll(known=known, here=here)))
        return 0
    console.table(
        (f"{'✓' if one.installed else '○'} {one.preset}", one.kind, state(one), more(one))
        for one in known
    )
    if here:
        console.line()
        console.table(record(row) for row in here)
    elif not engine_runs:
        console.line("what they did here is told while an engine runs")
    return 0


def state(one: KnownAgent) -> str:
    """`2.1.330, signed in`, or that it is not installed."""
    if not one.installed:
        return "not installed"
    signed = {
        SignedIn.YES: "signed in",
        SignedIn.NO: f"not signed in: {one.sign_in}",
        SignedIn.UNKNOWN: "signed in or not is unknown",
    }[one.signed_in]
    if one.keys:
        signed = f"key in {', '.join(one.keys)}"
    return f"{line(one.version) or 'version unknown'}, {signed}"


def more(one: KnownAgent) -> str:
    """What it supports, or how it is installed."""
    return ", ".join(one.supports) if one.installed else one.install


def record(row: LedgerRow) -> tuple[str, ...]:
    """An agent's tasks here, how many of them landed, and what one that landed cost."""
    share = f"{round(100 * row.landed / row.tasks)} % landed" if row.tasks else "none landed"
    each = ""
    if row.landed:
        took_each = took(row.spent.seconds / row.landed)
        each = f"{took_each} of its time for each that landed"
    cost = money(row.spent, row.spent.usd is None)
    return (line(row.name), plural(row.tasks, "task"), share, cost, each)
