"""An image of a change: how it was and how it is, side by side."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from factory.wire import FileView, Look
from tui.keys import Where, bindings
from tui.screens.base import FactoryScreen
from tui.text import line
from tui.thumbnail import Thumbnail, thumbnail
from tui.widgets.footer import Footer
from tui.widgets.picture import Picture

_AROUND = 5
"""Lines that heading, captions and footer take."""


class PictureScreen(FactoryScreen):
    """Draws both sides of an image in the cells that there are."""

    WHERE = Where.EVERYWHERE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.EVERYWHERE)]
    HINTS = ("back", "keys")
    CSS_PATH = "evidence.tcss"

    def __init__(self, task: str, look: Look, file: FileView) -> None:
        super().__init__()
        self._of, self._look, self._file = task, look, file

    def compose(self) -> ComposeResult:
        """Which file, and its two sides."""
        yield Static(
            Content.assemble(
                " ", (line(self._file.path), "bold"), ("  as it is drawn", "$text-muted")
            ),
            id="evidence-heading",
        )
        with Horizontal():
            yield Picture("reading …")
            yield Picture("reading …")
        yield Footer()

    def on_mount(self) -> None:
        """Fetch and draw both sides."""
        self.run_worker(self._draw(), exclusive=True)

    def current_task(self) -> str:
        """The task it is of."""
        return self._of

    async def _draw(self) -> None:
        sides = zip(self.query(Picture), (("before", False), ("now", True)), strict=True)
        for picture, (name, new) in sides:
            path = self._file.path if new else self._file.old_path or self._file.path
            picture.show(*await self._side(name, path, new=new))

    async def _side(self, name: str, path: str, *, new: bool) -> tuple[str, Thumbnail | None]:
        found = await self.ask(lambda c: c.data(self._of, path, self._look, new=new))
        if found is None:
            return f"{name}: it cannot be read now", None
        if not found.data:
            return f"{name}: {'too large to be drawn here' if found.cut else 'there is none'}", None
        columns, lines = self.size.width // 2 - 2, self.size.height - _AROUND
        try:
            drawn = await asyncio.to_thread(thumbnail, found.data, columns, lines)
        except ValueError as error:
            return f"{name}: not drawn, for {line(str(error))}", None
        return f"{name}: {drawn.width}×{drawn.height}", drawn
