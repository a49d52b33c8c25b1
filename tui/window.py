"""A window on many lines: what is seen of them, and where. Pure; only what is seen is wrapped."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from rich.cells import cell_len

from tui.lines import Edit, Kind, Line
from tui.text import fit, wrap

_MARK = 2
"""Cells before the text: the mark and a space."""
_KEPT = 2_000
"""Wrapped lines kept for the next time they are seen."""


class Row(NamedTuple):
    """One row of cells: a part of a line. `line` counts from the first line there ever was."""

    line: int
    part: int
    text: str
    source: Line


class Place(NamedTuple):
    """A row among all rows: a line's index, and which of its rows."""

    line: int
    part: int


class Window:
    """Lines, at most `most` of them, and the place at its top; it follows the end by itself.

    Lines of the kinds in `cut` are cut at the right edge, all others wrapped.
    """

    def __init__(self, most: int, *, cut: Collection[Kind] = ()) -> None:
        self._cut = cut
        self._most = most
        self._lines: list[Line] = []
        self._gone = 0
        self._top: Place | None = None
        self._wrapped: dict[int, tuple[Line, int, list[str]]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def following(self) -> bool:
        """Whether the end is in view, and stays so."""
        return self._top is None

    def apply(self, edit: Edit) -> None:
        """Take back and add lines."""
        if edit.drop:
            del self._lines[-edit.drop :]
        self._lines += edit.lines
        if len(self._lines) > self._most + self._most // 4:
            much = len(self._lines) - self._most
            del self._lines[:much]
            self._gone += much
            if self._top is not None:
                self._top = Place(max(0, self._top.line - much), self._top.part)

    def rows(self, width: int, height: int) -> list[Row]:
        """What is seen, at most `height` rows from the top."""
        if self._top is not None:
            seen = list(self._down(self._top, width, height))
            if len(seen) >= height or not self._lines:
                return seen
            self._top = None
        return list(self._up(None, width, height))[::-1]

    def scroll(self, by: int, width: int, height: int) -> None:
        """Move by some rows: back for negative numbers; at the end it follows again."""
        if by >= 0:
            if by and self._top is not None:
                ahead = list(self._down(self._top, width, by + 1))
                self._stand(ahead[-1])
                self.rows(width, height)
            return
        seen = self.rows(width, height)
        if seen:
            first = Place(seen[0].line - self._gone, seen[0].part)
            back = list(self._up(first, width, -by))
            self._stand(back[-1] if back else seen[0])

    def to_first(self, line: int = 0) -> None:
        """Go to the beginning, or to this line, counted from the first that is kept."""
        self._top = Place(min(max(line, 0), max(len(self._lines) - 1, 0)), 0)

    def to_last(self) -> None:
        """Go to the end and follow it."""
        self._top = None

    def turn(self, step: int, width: int, height: int) -> bool:
        """Put the next (1) or previous (-1) turn at the top; False where there is none."""
        at = self._first_seen(width, height)
        span = range(at + 1, len(self._lines)) if step > 0 else range(at - 1, -1, -1)
        return self._go(n for n in span if self._lines[n].turn)

    def find(self, words: str, width: int, height: int, *, again: bool) -> bool:
        """Put the next line that has these words at the top, from the end on to the beginning."""
        wanted = words.casefold()
        at = self._first_seen(width, height)
        onward = [*range(at + again, len(self._lines)), *range(min(at + again, len(self._lines)))]
        return self._go(n for n in onward if wanted in self._lines[n].text.casefold())

    def text(self) -> str:
        """All lines, as they are."""
        return "\n".join(line.text for line in self._lines)

    def _go(self, found: Iterator[int]) -> bool:
        line = next(found, None)
        if line is not None:
            self._top = Place(line, 0)
        return line is not None

    def _stand(self, row: Row) -> None:
        self._top = Place(row.line - self._gone, row.part)

    def _first_seen(self, width: int, height: int) -> int:
        seen = self.rows(width, height)
        return seen[0].line - self._gone if seen else 0

    def _down(self, top: Place, width: int, count: int) -> Iterator[Row]:
        for index in range(top.line, len(self._lines)):
            rows = self._row_texts(index, width)
            for part in range(top.part if index == top.line else 0, len(rows)):
                if count <= 0:
                    return
                count -= 1
                yield Row(index + self._gone, part, rows[part], self._lines[index])

    def _up(self, below: Place | None, width: int, count: int) -> Iterator[Row]:
        start = len(self._lines) - 1 if below is None else below.line
        for index in range(start, -1, -1):
            rows = self._row_texts(index, width)
            end = below.part if below is not None and index == below.line else len(rows)
            for part in range(min(end, len(rows)) - 1, -1, -1):
                if count <= 0:
                    return
                count -= 1
                yield Row(index + self._gone, part, rows[part], self._lines[index])

    def _row_texts(self, index: int, width: int) -> list[str]:
        line = self._lines[index]
        key = index + self._gone
        kept = self._wrapped.get(key)
        if kept is not None and kept[0] is line and kept[1] == width:
            return kept[2]
        room = max(1, width - _MARK)
        if line.kind in self._cut:
            rows = [fit(line.text, room)]
        else:
            rows = [line.text] if cell_len(line.text) <= room else wrap(line.text, room)
        if len(self._wrapped) > _KEPT:
            self._wrapped.clear()
        self._wrapped[key] = (line, width, rows)
        return rows
