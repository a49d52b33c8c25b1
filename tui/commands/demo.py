"""The verb `demo`: six recorded tasks in a sample project, on the screen or played by itself."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from factory import spawn, wire
from factory.client import Client, connect
from factory.model import Draft
from tui.commands import rehearsal
from tui.commands.console import Console, UsageError

_QUICK = 6.0
"""How much faster the recorded answers come where nobody watches."""


def demo(console: Console, start: Path, *, headless: bool) -> int:
    """Make the sample project in a temporary folder and let six agents work in it."""
    del start  # the demo has a repository of its own
    if not headless and not console.asks:
        raise UsageError("the demo's screen needs a terminal; without one use `demo --headless`")
    folder = Path(tempfile.mkdtemp(prefix="factory-demo-"))
    place, drafts = spawn.make_demo(folder, speed=_QUICK if headless else 1.0)
    console.line(f"the demo's repository is {place.path}")
    try:
        if headless:
            return asyncio.run(rehearsal.play(console, place, drafts))
        return _watch(place, drafts)
    finally:
        asyncio.run(spawn.stop_engine(place, at_once=True))
        console.line(f"the demo's engine is stopped; {folder} is yours to look at or to delete")


def _watch(place: spawn.Place, drafts: tuple[Draft, ...]) -> int:
    """The screen on the demo; the tasks are given once the engine answers."""

    @asynccontextmanager
    async def attached() -> AsyncIterator[Client]:
        await spawn.ensure_engine(place)
        async with connect(place.socket) as client:
            await client.send(wire.Add(drafts=drafts), key="demo")
            yield client

    from tui import settings
    from tui.app import FactoryApp

    app = FactoryApp(attached, settings=settings.load(settings.path()))
    app.run()
    return app.return_code or 0
