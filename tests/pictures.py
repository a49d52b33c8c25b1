"""README's pictures, from a real run of the demo; `python -m tests.pictures` draws them anew."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from factory import spawn, wire
from factory.client import Client, connect
from factory.model import TaskState
from factory.wire import Overview
from tui.app import FactoryApp

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SIZE = (110, 32)
PATIENCE = 120.0


async def draw(folder: Path) -> None:
    """Run the demo, look at it three times."""
    with tempfile.TemporaryDirectory(prefix="ft-") as name:
        place, drafts = spawn.make_demo(Path(name))

        @asynccontextmanager
        async def attached() -> AsyncIterator[Client]:
            await spawn.ensure_engine(place)
            async with connect(place.socket) as client:
                await client.send(wire.Add(drafts=drafts), key="demo")
                yield client

        app = FactoryApp(attached)
        try:
            async with app.run_test(size=SIZE) as pilot:
                await until(pilot, lambda seen: in_state(seen, TaskState.PARKED) == 1)
                save(app, folder / "floor.svg")
                await until(pilot, lambda seen: in_state(seen, TaskState.READY) == len(drafts) - 1)
                await pilot.press("2", "j", "j")
                await pilot.pause(0.5)
                save(app, folder / "inbox.svg")
                await pilot.press("enter")
                await pilot.pause(1.5)
                save(app, folder / "review.svg")
        finally:
            await spawn.stop_engine(place, at_once=True)


def in_state(overview: Overview, state: TaskState) -> int:
    return sum(view.task.state is state for view in overview.tasks)


async def until(pilot: Pilot[None], ready: Callable[[Overview], bool]) -> None:
    """Wait until the screen's own picture of the factory is so."""
    app = pilot.app
    assert isinstance(app, FactoryApp)
    async with asyncio.timeout(PATIENCE):
        while app.feed.overview is None or not ready(app.feed.overview):
            await pilot.pause(0.1)
    await pilot.pause(0.5)


def drawn(app: FactoryApp) -> str:
    """The screen as SVG, without the fonts that Textual would have fetched from elsewhere."""
    picture = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
    return re.sub(r"font-family: [^;]*;", "font-family: monospace;", picture)


def save(app: FactoryApp, file: Path) -> None:
    """Write the screen as a picture."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(drawn(app))
    sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    asyncio.run(draw(FOLDER))
