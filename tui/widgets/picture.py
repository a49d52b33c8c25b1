"""A small picture in half blocks, and a line that says how large it really is."""

from __future__ import annotations

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.text import pad
from tui.thumbnail import Thumbnail


class Picture(Widget):
    """Draws a thumbnail under its caption; words where there is none."""

    DEFAULT_CSS = """
    Picture { width: 1fr; height: 1fr; padding: 0 1; }
    """

    def __init__(self, caption: str) -> None:
        super().__init__()
        self._caption = caption
        self._thumbnail: Thumbnail | None = None

    def show(self, caption: str, thumbnail: Thumbnail | None = None) -> None:
        """Draw another picture, or none."""
        self._caption, self._thumbnail = caption, thumbnail
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The caption, an empty line, the picture."""
        width, plain = self.size.width, self.rich_style
        if y == 0:
            return Strip([Segment(pad(self._caption, width), plain + Style(bold=True))])
        rows = self._thumbnail.rows if self._thumbnail else ()
        if not 2 <= y < 2 + len(rows):
            return Strip([Segment(" " * width, plain)])
        cells = [
            Segment("▀", Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
            for upper, lower in rows[y - 2]
        ]
        return Strip([*cells, Segment(" " * max(width - len(cells), 0), plain)])
