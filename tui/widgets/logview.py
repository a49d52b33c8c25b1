"""A window onto a log of any length: pieces of it are read as they come into view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from factory.model import FactoryError
from tui.diff.cells import Cut, occurrences, shown, whole
from tui.diff.codeline import laid
from tui.logtext import Fetch, LogText
from tui.text import clean, fit, pad
from tui.widgets.pointing import WHEEL, Opened

_NEAR = 200
"""Lines from an end at which more is read."""


class _Pointed(Widget):
    """Lines that the mouse can go to."""

    cursor = 0
    _top = 0

    def go(self, line: int, *, middle: bool = False) -> None:
        """Put the cursor on a line."""
        raise NotImplementedError

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


class LogView(_Pointed, can_focus=True):
    """Shows a log, its end first. Lines are cleaned and cut when drawn, not before."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"logview--cursor", "logview--hit", "logview--number"}
    DEFAULT_CSS = """
    LogView {
        width: 1fr; height: 1fr;
        & > .logview--cursor { background: $cursor-line; }
        & > .logview--hit { text-style: bold reverse; }
        & > .logview--number { color: $text-muted; }
    }
    """

    def __init__(self, *, numbered: bool = False) -> None:
        super().__init__()
        self._numbered = numbered
        self.text: LogText | None = None
        self.cursor = 0
        self.problem = ""
        self._sought = ""
        self._top = self._left = 0

    @property
    def line(self) -> str:
        """The line under the cursor, as it is in the log."""
        return self.text.lines[self.cursor] if self.text else ""

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
        if self.text is None:
            return
        followed = self.cursor >= len(self.text.lines) - 1
        if await self.text.extend_down() and followed:
            self.go(len(self.text.lines))

    def settled(self) -> None:
        """The window stands on other lines."""

    def pieces(self, at: int) -> Iterable[tuple[int, int, Style]]:
        """Stretches of a line, as it is shown, with what their style adds; in order."""
        return ()

    def in_view(self) -> range:
        """The lines in the window."""
        lines = self.text.lines if self.text else ()
        return range(self._top, min(self._top + self.size.height, len(lines)))

    def mark(self, words: str) -> None:
        """Show where these words stand; empty for nowhere."""
        self._sought = words.casefold()
        self.refresh()

    def go(self, line: int, *, middle: bool = False) -> None:
        """Put the cursor on a line of what was read; near an end, more is read.

        The window follows as little as it must, or puts the line in its middle.
        """
        if self.text is None:
            return
        lines, height = self.text.lines, max(self.size.height, 1)
        self.cursor = min(max(line, 0), len(lines) - 1)
        if middle:
            self._top = self.cursor - height // 2
        self._top = min(max(self._top, self.cursor - height + 1), self.cursor)
        self._top = max(0, min(self._top, len(lines) - height))
        self.refresh()
        self.settled()
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
        width, style = self.size.width, self.visual_style.rich_style
        at = self._top + y
        if self.text is None or at >= len(self.text.lines):
            told = self.problem and self.text is None and y == 1
            words = fit(f"  {clean(self.problem)}", width) if told else ""
            return Strip([Segment(pad(f" {words}", width), style)], width)
        if at == self.cursor:
            style += Style(bgcolor=self.get_component_rich_style("logview--cursor").bgcolor)
        number = self.get_component_rich_style("logview--number", partial=True)
        mark = "▸" if at == self.cursor else " "
        gutter = f"{mark}{at + 1:5}  " if self._numbered else mark
        strip = Strip([Segment(gutter, style + number), *self._line(at, style)])
        return strip.crop_extend(0, width, style)

    def _line(self, at: int, style: Style) -> list[Segment]:
        words = shown(self.text.lines[at]) if self.text else ""
        cut = Cut(min(self._left, len(words)), len(words))
        pieces = laid([(cut.start, cut.end, style)], self.pieces(at), cut)
        if self._sought:
            hit = self.get_component_rich_style("logview--hit", partial=True)
            found = (whole(words, *ends) for ends in occurrences(words, self._sought))
            pieces = laid(pieces, ((start, end, hit) for start, end in found), cut)
        return [Segment(words[start:end], style) for start, end, style in pieces if end > start]

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
