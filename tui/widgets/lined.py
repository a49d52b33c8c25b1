"""A widget that is nothing but its lines: no border, no padding, so Textual has nothing to add."""

from __future__ import annotations

from typing import Self

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class Lined(Widget):
    """Hands on what `render_line` gives, finished by a `Brush`; a line is asked for once."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._drawn: dict[int, Strip] = {}
        self._drawn_at = Size(0, 0)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Have these parts drawn anew, or all."""
        if regions:
            for y in (y for region in regions for y in region.line_range):
                self._drawn.pop(y, None)
        else:
            self._drawn.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the window."""
        if self.size != self._drawn_at:
            self._drawn_at = self.size
            self._drawn.clear()
        drawn = self._drawn
        for y in crop.line_range:
            if y not in drawn:
                drawn[y] = self.render_line(y)
        strips = [drawn[y] for y in crop.line_range]
        if crop.x or crop.width != self.size.width:
            return [strip.crop(crop.x, crop.right) for strip in strips]
        return strips
