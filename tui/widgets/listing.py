"""A list with a cursor, of any length: only the lines in view are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.content import Content, Span
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from tui.widgets.brush import Brush
from tui.widgets.lined import Lined

_KEPT = 1_000
"""Drawn lines that are kept for the next time they are seen."""


class Slot(NamedTuple):
    """One line of a list: line `line` of the item `key`; a heading has no key."""

    key: str
    line: int = 0
    title: str = ""


Draw = Callable[[Slot, int], Content]
"""Draws a slot in at most so many cells."""


class Listing(Lined, can_focus=True):
    """Items of one or more lines; the cursor stays on its item when the list changes."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--cursor"}
    DEFAULT_CSS = """
    Listing {
        width: 1fr; height: 1fr; text-wrap: nowrap; text-overflow: ellipsis;
        & > .listing--cursor { background: $cursor-away; }
        &:focus > .listing--cursor { background: $cursor-line; }
    }
    """

    class Moved(Message):
        """The cursor is on another item."""

        def __init__(self, listing: Listing, key: str) -> None:
            super().__init__()
            self.listing = listing
            self.key = key

    class Chosen(Message):
        """An item was clicked twice."""

        def __init__(self, listing: Listing, key: str) -> None:
            super().__init__()
            self.listing = listing
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.cursor = ""
        self._slots: Sequence[Slot] = ()
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lines: dict[str, tuple[int, int]] = {}
        self._draw: Draw = lambda slot, width: Content(slot.title)
        self._top = 0
        self._brush = Brush(self, "listing")
        self._strips: dict[tuple[str, tuple[Span, ...], int, Style], Strip] = {}

    def show(self, slots: Sequence[Slot], draw: Draw) -> None:
        """Show other lines; where the cursor's item is gone, the one in its place has it."""
        at = self._at()
        self._slots, self._draw = slots, draw
        self._lines = {}
        for line, slot in enumerate(slots):
            if slot.key:
                self._lines[slot.key] = (self._lines.get(slot.key, (line, line))[0], line)
        self._keys = list(self._lines)
        self._numbers = {key: number for number, key in enumerate(self._keys)}
        if self.cursor not in self._lines:
            self.cursor = self._keys[min(at, len(self._keys) - 1)] if self._keys else ""
        self._keep()

    def to(self, key: str) -> bool:
        """Put the cursor on an item; False where there is none of that key."""
        if key not in self._lines:
            return False
        if key != self.cursor:
            before, self.cursor = self.cursor, key
            self.post_message(self.Moved(self, key))
            self._keep((before, key))
        else:
            self._keep(())
        return True

    def redraw(self, keys: Iterable[str]) -> None:
        """Draw some items anew, those of them that are in view."""
        rows = [row for key in keys for row in self._rows_of(key)]
        regions = [Region(0, y, self.size.width, 1) for y in rows if 0 <= y < self.size.height]
        if regions:
            self.refresh(*regions)

    def move(self, by: int) -> None:
        """Move the cursor by items, as far as there are any."""
        if self._keys:
            self.to(self._keys[min(max(self._at() + by, 0), len(self._keys) - 1)])

    def ends(self, *, last: bool) -> None:
        """Go to the first or the last item."""
        self.move(len(self._keys) if last else -len(self._keys))

    def half(self, by: int) -> None:
        """Move by half a page."""
        lines = max(1, len(self._slots) // max(1, len(self._keys)))
        self.move(by * max(1, self.size.height // (2 * lines)))

    def render_line(self, y: int) -> Strip:
        """One line of the window; one that was seen before costs little."""
        at = self._top + y
        width = self.size.width
        if at >= len(self._slots) or not width:
            return self._brush.strip([Segment(" " * width, self.visual_style.rich_style)], width)
        slot = self._slots[at]
        style = self.visual_style
        if slot.key and slot.key == self.cursor:
            # Not `get_visual_style(partial=True)`: an opaque background is lost in it.
            style += Style(self.get_component_styles("listing--cursor").background)
        drawn = self._draw(slot, width)
        if slot.key and slot.key == self.cursor and not slot.line and drawn.plain.startswith(" "):
            drawn = Content.assemble(("▸", "$accent"), drawn[1:])
        key = (drawn.plain, tuple(drawn.spans), width, style)
        strip = self._strips.get(key)
        if strip is None:
            strips = Visual.to_strips(self, drawn, width, 1, style)
            segments = list(strips[0]) if strips else []
            fitted = Segment.adjust_line_length(segments, width, style.rich_style)
            strip = self._brush.strip(fitted, width)
            if len(self._strips) > _KEPT:
                self._strips.clear()
            self._strips[key] = strip
        return strip

    def notify_style_update(self) -> None:
        """The theme has changed: draw every line anew."""
        super().notify_style_update()
        self._brush.forget()
        self._strips.clear()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._keep()

    def on_click(self, event: events.Click) -> None:
        """Go to the item that was clicked; a double click chooses it."""
        at = self._top + event.y
        key = self._slots[at].key if at < len(self._slots) else ""
        if key and self.to(key) and event.chain == 2:
            self.post_message(self.Chosen(self, key))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down by the wheel."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up by the wheel."""
        event.stop()
        self.move(-1)

    def _at(self) -> int:
        return self._numbers.get(self.cursor, 0)

    def _rows_of(self, key: str) -> range:
        """The lines of the widget that an item takes, out of view or not."""
        first, last = self._lines.get(key, (0, -1))
        return range(first - self._top, last - self._top + 1)

    def _keep(self, changed: Iterable[str] | None = None) -> None:
        """Scroll as little as it takes to have the cursor's item in view, and its heading.

        Where that moves nothing, only the items that have `changed` are drawn anew; None for all.
        """
        height, before = max(self.size.height, 1), self._top
        if self.cursor in self._lines:
            first, last = self._lines[self.cursor]
            if first and not self._slots[first - 1].key:
                first -= 1
            self._top = max(min(self._top, first), last - height + 1)
        self._top = max(0, min(self._top, len(self._slots) - height))
        if changed is None or self._top != before:
            self.refresh()
        else:
            self.redraw(changed)


def spread(left: Content, right: Content, width: int) -> Content:
    """Two pieces in one line, the second at its right end; the first gives way."""
    room = max(width - right.cell_length - 1, 0)
    if left.cell_length > room:
        left = left.truncate(room, ellipsis=True)
    return Content.assemble(left, " " * max(width - left.cell_length - right.cell_length, 0), right)
