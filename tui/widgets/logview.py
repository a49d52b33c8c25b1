"""A window onto a log of any length: pieces of it are read as they come into view."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from factory.model import FactoryError
from tui.diff.cells import shown
from tui.logtext import Fetch, LogText
from tui.text import clean, fit, pad
from tui.widgets.pointing import WHEEL, Opened

_NEAR = 200
"""Lines from an end at which more is read."""


class LogView(Widget, can_focus=True):
    """Shows a log, its end first. Lines are cleaned and cut when drawn, not before."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"logview--cursor"}
    DEFAULT_CSS = """
    LogView {
        width: 1fr; height: 1fr;
        & > .logview--cursor { background: $cursor-line; }
    }
    """

    def __init__(self, *, numbered: bool = False) -> None:
        super().__init__()
        self._numbered = numbered
        self.text: LogText | None = None
        self.cursor = 0
        self.problem = ""
        self._top = self._left = 0

    @property
    def line(self) -> str:
        """The line under the cursor, as it is in the log."""
        return self.text.lines[self.cursor] if self.text else ""

    @property
    def following(self) -> bool:
        """Whether the cursor is on the last line."""
        return self.text is None or self.cursor >= len(self.text.lines) - 1

    async def open(self, fetch: Fetch) -> None:
        """Read the end of a log and go there."""
        text = LogText(fetch)
        try:
            await text.open_end()
        except FactoryError as error:
            self.problem = str(error)
            self.refresh()
            return
        self.text = text
        self.go(len(text.lines))

    async def grow(self) -> None:
        """Read what was added, and follow it where the cursor is at the end."""
        followed = self.following
        if self.text is not None and await self.text.extend_down() and followed:
            self.go(len(self.text.lines))

    def go(self, line: int) -> None:
        """Put the cursor on a line of what was read; near an end, more is read."""
        if self.text is None:
            return
        lines, height = self.text.lines, max(self.size.height, 1)
        self.cursor = min(max(line, 0), len(lines) - 1)
        self._top = min(max(self._top, self.cursor - height + 1), self.cursor)
        self._top = max(0, min(self._top, len(lines) - height))
        self.refresh()
        near = self.cursor < _NEAR and self.text.start
        below = len(lines) - self.cursor < _NEAR and self.text.end < self.text.size
        if (near or below) and not any(w.group == "log" and w.is_running for w in self.workers):
            self.run_worker(self._extend(self.text, up=bool(near)), group="log")

    def go_to_end(self, *, last: bool) -> None:
        """Go to the first or the last line of the whole log."""
        self.run_worker(self._reopen(last=last), group="log", exclusive=True)

    def aside(self, by: int) -> None:
        """Scroll to the side by cells."""
        self._left = max(0, self._left + by)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width, style, sign = self.size.width, self.visual_style, " "
        at = self._top + y
        if self.text is None:
            words = fit(f"  {clean(self.problem)}", width) if self.problem and y == 1 else ""
        elif at < len(self.text.lines):
            words = shown(self.text.lines[at])[self._left :]
            words = f"{at + 1:5}  {words}" if self._numbered else words
            if at == self.cursor:
                style += Style(self.get_component_styles("logview--cursor").background)
                sign = "▸"
        else:
            words = ""
        return Strip([Segment(pad(f"{sign}{words}", width), style.rich_style)], width)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line that was clicked; a second click opens it."""
        self.go(self._top + event.y)
        if event.chain == 2:
            self.post_message(Opened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down by the wheel."""
        event.stop()
        self.go(self.cursor + WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up by the wheel."""
        event.stop()
        self.go(self.cursor - WHEEL)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.go(self.cursor)

    async def _extend(self, text: LogText, *, up: bool) -> None:
        try:
            came = await text.extend_up() if up else await text.extend_down() * 0
        except FactoryError as error:
            self.problem = str(error)
            return
        self._top += came
        self.go(self.cursor + came)

    async def _reopen(self, *, last: bool) -> None:
        if self.text is None:
            return
        if last and self.text.end < self.text.size:
            await self.text.open_end()
        elif not last:
            await self.text.open_beginning()
        self._top = 0
        self.go(len(self.text.lines) if last else 0)
