"""The verb `run`: the factory without a screen, until nothing goes further by itself."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing
from pathlib import Path

from factory import spawn
from factory.client import Client
from factory.model import EngineError, FactoryError, SandboxError
from factory.wire import Overview
from tui.commands import describe
from tui.commands.console import Console
from tui.commands.journal import facts_after
from tui.commands.session import engine
from tui.standing import moving, needs_you

NEEDS_YOU = 3
"""Exit code where something waits for the developer."""

_LOOK_AGAIN = 5.0
_UNCONTAINED = (
    "programs run uncontained here, so they do not run unattended: open factory-tui and stay with "
    "them, or get bubblewrap (`factory-tui doctor` says how)"
)


class StillRunningError(FactoryError):
    """The time is up, and tasks still run."""


async def run(console: Console, start: Path, *, timeout: float | None = None) -> int:
    """Print facts as they happen until idle. 0, or 3 where something waits for the developer.

    An engine that this started is stopped again; one that ran before goes on. Raises
    StillRunningError after `timeout` seconds, SandboxError where nothing would contain the work.
    """
    place = spawn.find_repository(start)
    ran = await spawn.running(place) is not None
    async with engine(start, begin=True) as client:
        try:
            if not (await client.overview()).contained:
                raise SandboxError(_UNCONTAINED)
            async with asyncio.timeout(timeout):
                overview = await until_idle(console, client)
        except TimeoutError:
            names = ", ".join(moving(await client.overview()))
            raise StillRunningError(
                f"after {timeout:g} s these still run: {names}; they go on where they are "
                "with the next `factory-tui run`"
            ) from None
        finally:
            if not ran:
                await client.stop(at_once=True)
    return _summary(console, overview)


async def until_idle(console: Console, client: Client) -> Overview:
    """Print facts until no task gets further without the developer; the picture then."""
    overview = await client.overview()
    printed = overview.seq
    news = asyncio.Event()

    async def listen() -> None:
        nonlocal printed
        async with aclosing(facts_after(client, printed)) as facts:
            async for fact in facts:
                console.line(describe.fact_line(fact))
                printed = fact.seq
                news.set()
        raise EngineError("the engine has stopped; `factory-tui run` goes on where it was")

    async with asyncio.TaskGroup() as group:
        listener = group.create_task(listen())
        while moving(overview):
            # A full disk or a cleaned checkout changes the picture without a fact.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _LOOK_AGAIN)
            news.clear()
            overview = await client.overview()
        listener.cancel()
    for fact in await client.history(after=printed):
        console.line(describe.fact_line(fact))
    return overview


def _summary(console: Console, overview: Overview) -> int:
    console.line(describe.headline(overview))
    waiting = [view for view in overview.tasks if needs_you(view) or view.task.state == "ready"]
    for warning in describe.warnings(overview):
        console.line(warning)
    console.table(describe.task_row(view, overview) for view in waiting)
    blocked = any(view.task.state == "queued" for view in overview.tasks)
    return NEEDS_YOU if waiting or blocked else 0
