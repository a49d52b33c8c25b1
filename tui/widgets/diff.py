"""The diff view: a window onto any number of rows, of which only the visible ones are touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from factory.model import Comment, FactoryError
from factory.wire import ReviewIndex, Row
from tui.diff.colour import Wanted
from tui.diff.document import Document
from tui.diff.geometry import Spot, Viewport
from tui.diff.pages import PAGE, Fetch
from tui.diff.paint import COMPONENTS, Flag, Palette, Sheet

_WHEEL = 3
"""Lines that one notch of the mouse wheel moves."""


class DiffView(Widget, can_focus=True):
    """Shows one diff. It is told where to go by `go`, and says `Moved` when it went."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{name}" for name in COMPONENTS}
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DiffView {
        width: 1fr; height: 1fr; background: $background;
        & > .diff--context { color: $foreground; background: $background; }
        & > .diff--added { color: $foreground; background: $success 14%; }
        & > .diff--removed { color: $foreground; background: $error 14%; }
        & > .diff--file { color: $foreground; background: $panel; text-style: bold; }
        & > .diff--hunk { color: $text-primary; background: $surface; }
        & > .diff--note { color: $text-warning; }
        & > .diff--badge { color: $text-warning; }
        & > .diff--number { color: $text-muted; }
        & > .diff--mark { color: $accent; }
        & > .diff--remark { color: $text-accent; background: $surface; }
        & > .diff--plus { color: $text-success; text-style: bold; }
        & > .diff--minus { color: $text-error; text-style: bold; }
        & > .diff--cursor { background: $primary 34%; }
        & > .diff--keyword { color: $text-accent; }
        & > .diff--string { color: $text-success; }
        & > .diff--comment { color: $text-muted; text-style: italic; }
        & > .diff--literal { color: $text-warning; }
        & > .diff--name { color: $text-primary; }
    }
    """

    class Moved(Message):
        """The cursor or the window moved, or rows came into view."""

    class Failed(Message):
        """Rows could not be read; `sentence` says why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(self) -> None:
        super().__init__()
        nothing = ReviewIndex(task="", snapshot="", tip="", tree="", against="", rows=0)
        self.document = Document(nothing, _nothing, Sheet(80))
        self._palette: Palette | None = None
        self._strips: dict[tuple[Spot, Flag], Strip] = {}
        self._spots: list[Spot] | None = None

    def show(
        self, index: ReviewIndex, fetch: Fetch, comments: Iterable[Comment] = (), row: int = 0
    ) -> None:
        """Show another diff, the cursor on a row of it, which stands on the window's top line."""
        self.workers.cancel_group(self, "rows")
        self.workers.cancel_group(self, "colours")
        last = max((max(h.new, h.old) + h.rows for f in index.files for h in f.hunks), default=0)
        wrap, width = self.document.sheet.wrap, max(self.size.width, 20)
        sheet = Sheet(width, digits=max(4, len(str(last))), wrap=wrap)
        self.document = Document(index, fetch, sheet)
        self.document.remark(comments)
        self.document.port.height = max(self.size.height, 1)
        self.redraw()
        self.go(lambda port: port.to(row, at=0))

    def go(self, move: Callable[[Viewport], object]) -> None:
        """Move cursor or window; rows that come into view are fetched."""
        move(self.document.port)
        self._paint()
        self.post_message(self.Moved())
        self._start("rows")

    def lay_out(self, *, wrap: bool | None = None, left: int | None = None) -> None:
        """Wrap lines or not, or scroll to the side by cells."""
        sheet = self.document.sheet
        if wrap is not None:
            sheet = sheet._replace(wrap=wrap, left=0)
        if left is not None and not sheet.wrap:
            sheet = sheet._replace(left=max(left, 0))
        self.document.sheet = sheet
        self.redraw()

    def redraw(self) -> None:
        """Draw anew after something besides the window's place has changed."""
        self._strips.clear()
        self.document.port.keep()
        self._paint()
        self._start("rows")

    def spots(self) -> list[Spot]:
        """The display lines in the window, top down."""
        if self._spots is None:
            self._spots = list(self.document.port.visible())
        return self._spots

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        if self._palette is None:
            self._palette = Palette(self._style)
        spots = self.spots()
        width = self.size.width
        if y >= len(spots):
            return Strip.blank(width, self._palette.styles["context"])
        spot = spots[y]
        flags = self.document.flags(spot.row)
        strip = self._strips.get((spot, flags))
        if strip is None:
            segments = self.document.segments(spot, flags, self._palette)
            strip = Strip(segments).adjust_cell_length(width, self._palette.styles["context"])
            self._strips[(spot, flags)] = strip
        return strip

    def notify_style_update(self) -> None:
        """The theme has changed: read the styles again."""
        super().notify_style_update()
        self._palette = None
        self._strips.clear()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the window to its new size."""
        self.document.sheet = self.document.sheet._replace(width=max(event.size.width, 20))
        self.document.port.height = max(event.size.height, 1)
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line that was clicked."""
        spots = self.spots()
        if event.y < len(spots):
            row = spots[event.y].row
            self.go(lambda port: port.to(row))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down by the wheel."""
        event.stop()
        self.go(lambda port: port.scroll(_WHEEL))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up by the wheel."""
        event.stop()
        self.go(lambda port: port.scroll(-_WHEEL))

    def _paint(self) -> None:
        self._spots = None
        if len(self._strips) > 8 * self.document.port.height:
            self._strips.clear()
        self.refresh()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _start(self, what: str) -> None:
        """Begin to fetch rows, or to colour them, unless nothing is missing or it is going on."""
        missing: object = self._wanted() if what == "rows" else self._plain()
        if not self.is_attached or any(w.group == what and w.is_running for w in self.workers):
            return
        if missing:
            self.run_worker(self._fill() if what == "rows" else self._colour(), group=what)
        elif what == "rows":
            self.call_after_refresh(self._start, "colours")

    async def _fill(self) -> None:
        """Fetch what is in view, then the page after it; then have the colours made."""
        document = self.document
        try:
            while wanted := self._wanted():
                await document.pages.load(wanted[0])
                document.port.keep()
                self._strips.clear()
                self._paint()
                self.post_message(self.Moved())
        except FactoryError as error:
            self.post_message(self.Failed(str(error)))
            return
        self.call_after_refresh(self._start, "colours")

    def _wanted(self) -> tuple[int, ...]:
        rows = [spot.row for spot in self.spots()]
        following = self.document.port.shape.after(rows[-1]) if rows else None
        missing = self.document.pages.missing
        if found := missing(rows):
            return found
        return () if following is None else missing((following, following + PAGE // 2))

    async def _colour(self) -> None:
        """Colour what is in view; a thread does it, and keys go before it."""
        document = self.document
        while wanted := self._plain():
            await document.colours.fill(wanted)
            self._strips.clear()
            self.refresh()

    def _plain(self) -> list[Wanted]:
        return self.document.uncoloured(dict.fromkeys(spot.row for spot in self.spots()))


async def _nothing(_first: int, _count: int) -> tuple[Row, ...]:
    return ()
