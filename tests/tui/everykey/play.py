"""One place of the screen with real keys: what is so there now, and was before the key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot
from textual.screen import Screen

from factory import wire
from factory.wire import Row, RowKind
from tests.screen import text_of
from tests.stage import Stage
from tui.app import FactoryApp
from tui.screens.base import FactoryScreen
from tui.screens.file import FileScreen
from tui.screens.floor import FloorScreen
from tui.screens.listkeys import ListScreen
from tui.screens.log import LogScreen
from tui.screens.reviewing.core import ReviewCore
from tui.screens.zoom import ZoomScreen
from tui.widgets.logview import LogView

ENDLESS = ("feed", "transcripts")
"""Workers that end with the app."""


class Spot(NamedTuple):
    """Where the cursor is: cells to the side, items or lines down, and whether it is the end."""

    x: int = 0
    y: int = 0
    last: bool = False


class Was(NamedTuple):
    """What was so before the key."""

    text: str = ""
    spot: Spot = Spot()
    front: str = ""
    task: str = ""
    under: str = ""


@dataclass
class Play:
    """The screen at a place; what gets the terminal writes its folder and words into `log`."""

    app: FactoryApp
    stage: Stage
    pilot: Pilot[None]
    log: Path
    was: Was = field(default_factory=Was)

    async def press(self, *keys: str) -> None:
        """Press keys one by one; `@name` puts the cursor on that item, `=words` types them."""
        for key in keys:
            if key.startswith("@"):
                self.factory_screen.point_at(key[1:])
            elif key.startswith("=") and key[1:]:
                await self.pilot.press(*("space" if one == " " else one for one in key[1:]))
            else:
                await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Let everything that was asked for arrive and be painted."""
        for _ in range(400):
            if not any(w.is_running for w in self.app.workers if w.name not in ENDLESS):
                break
            await asyncio.sleep(0.005)
        await self.pilot.pause()

    def remember(self) -> None:
        """Take what is so now for what was so before the key."""
        self.was = Was(self.text, self.spot, self.front, self.task, self.under)

    @property
    def text(self) -> str:
        return text_of(self.app)

    @property
    def screen(self) -> Screen[object]:
        return self.app.screen

    @property
    def factory_screen(self) -> FactoryScreen:
        """The screen of ours that is in front, or lies under a card or a box."""
        found = next(s for s in reversed(self.app.screen_stack) if isinstance(s, FactoryScreen))
        assert isinstance(found, FactoryScreen)
        return found

    @property
    def review(self) -> ReviewCore:
        found = next(s for s in reversed(self.app.screen_stack) if isinstance(s, ReviewCore))
        assert isinstance(found, ReviewCore)
        return found

    @property
    def front(self) -> str:
        return type(self.app.screen).__name__

    @property
    def mode(self) -> str:
        return self.app.current_mode

    @property
    def task(self) -> str:
        return self.factory_screen.current_task()

    @property
    def sent(self) -> list[wire.AnyCommand]:
        """Commands, but for how long something was read, which no key asks for."""
        return [one for one in self.stage.commands if not isinstance(one, wire.WasRead)]

    @property
    def ran(self) -> str:
        """What has had the terminal: a line each, its folder and the words it was started with."""
        return self.log.read_text() if self.log.exists() else ""

    @property
    def row(self) -> Row:
        """The row of the diff under the cursor."""
        document = self.review.diff.document
        return document.pages.row(document.port.cursor) or Row(RowKind.NOTE, 0, 0, "", 0)

    @property
    def spot(self) -> Spot:
        match self.factory_screen:
            case FloorScreen() as floor:
                names = [*floor.board.grid.order] or [*floor.board.listing._keys]
                at = names.index(floor.board.at)
                pane = floor.board.grid.pane(floor.board.at)
                return Spot(pane.region.x if pane else 0, at, at == len(names) - 1)
            case ZoomScreen() as zoom:
                first = zoom.pane.window.rows(*zoom.pane.room)[:1]
                return Spot(0, first[0].line if first else 0, zoom.pane.window.following)
            case ReviewCore() as review:
                document = review.diff.document
                at = document.port.cursor
                return Spot(document.sheet.left, at, at == document.port.shape.last)
            case LogScreen() | FileScreen() as log:
                view = log.query_one(LogView)
                lines = view.text.lines if view.text else [""]
                return Spot(view._left, view.cursor, view.cursor == len(lines) - 1)
            case ListScreen() as found:
                keys = found.listing._keys
                at = keys.index(found.listing.cursor) if found.listing.cursor in keys else 0
                return Spot(0, at, at == len(keys) - 1)
        raise AssertionError(f"{self.front} has no cursor")

    @property
    def under(self) -> str:
        """The words under the cursor."""
        match self.factory_screen:
            case ZoomScreen() as zoom:
                return " ".join(row.text for row in zoom.pane.window.rows(*zoom.pane.room)[:1])
            case ReviewCore():
                return self.row.text
            case screen:
                return screen.copied()
