"""Finished strips for a widget that renders by itself: styles, filters and background read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip
from textual.widget import Widget


class Whole(Strip):
    """A strip that dies with its last owner, on the spot.

    Textual's keeps itself in its own cache once it is composed uncut. Then it is the collector that
    frees it, with everything drawn in it, and the keys of a reader wait: 50 ms every few pages.
    """

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The pieces between these cells; the strip itself where nothing is cut."""
        wanted = list(cuts)
        return [self] if wanted == [self.cell_length] else super().divide(wanted)


class Brush:
    """A widget's component styles `<prefix>--<name>`; Textual walks all ancestors for each."""

    def __init__(self, widget: Widget, prefix: str) -> None:
        self._widget = widget
        self._prefix = prefix
        self._styles: dict[str, Style] = {}
        self._finish: tuple[Sequence[LineFilter], Color] | None = None

    def forget(self) -> None:
        """Read everything again: theme or classes have changed."""
        self._styles.clear()
        self._finish = None

    def style(self, name: str) -> Style:
        """The style of that name."""
        found = self._styles.get(name)
        if found is None:
            part = f"{self._prefix}--{name}"
            found = self._styles[name] = self._widget.get_component_rich_style(part)
        return found

    def strip(self, segments: list[Segment], width: int) -> Strip:
        """Segments that fill the width, as Textual would hand them on: filtered."""
        if self._finish is None:
            self._finish = (self._widget.get_line_filters(), self._widget.background_colors[1])
        filters, background = self._finish
        for line_filter in filters:
            segments = line_filter.apply(segments, background)
        return Whole(segments, width)
