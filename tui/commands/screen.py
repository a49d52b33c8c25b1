"""The screen: the only verb that imports Textual."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from factory import spawn
from factory.client import Client, connect
from tui.commands.console import Console, UsageError


def open_screen(console: Console, start: Path) -> int:
    """Open the screen on the repository's engine, starting one where none answers."""
    if not console.asks:
        raise UsageError("the screen needs a terminal; without one use `factory-tui status`")
    place = spawn.find_repository(start)

    @asynccontextmanager
    async def attached() -> AsyncIterator[Client]:
        await spawn.ensure_engine(place)
        async with connect(place.socket) as client:
            yield client

    from tui import settings
    from tui.app import FactoryApp

    app = FactoryApp(attached, settings=settings.load(settings.path()))
    app.run()
    return app.return_code or 0
