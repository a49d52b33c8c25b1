"""Finished strips for a widget that renders by itself: styles, filters and background read once."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip
from textual.widget import Widget


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
        strip = Strip(segments, width)
        for line_filter in filters:
            strip = strip.apply_filter(line_filter, background)
        return strip
