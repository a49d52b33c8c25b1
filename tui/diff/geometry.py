"""Where a diff stands in its window: which lines are visible, and how keys move through them.

A row of the diff takes any number of display lines: none where its file is folded, several where
it is wrapped or carries comments. Nothing here ever counts the lines of the whole diff: the window
hangs on its top line, so a move costs what is visible, however long the diff is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Spot(NamedTuple):
    """One display line: a row, and which of its lines."""

    row: int
    line: int = 0


class Shape:
    """Which rows there are: `total` of them, some runs folded away."""

    def __init__(self, total: int, folded: Sequence[range] = ()) -> None:
        self.total = total
        self._folded = sorted((r for r in folded if len(r)), key=lambda r: r.start)
        self._starts = [r.start for r in self._folded]

    def hidden(self, row: int) -> range | None:
        """The folded run that a row lies in."""
        at = bisect_right(self._starts, row) - 1
        run = self._folded[at] if at >= 0 else None
        return run if run is not None and row in run else None

    def after(self, row: int) -> int | None:
        """The next row that shows, or None at the end."""
        run = self.hidden(row + 1)
        following = run.stop if run else row + 1
        return following if following < self.total else None

    def before(self, row: int) -> int | None:
        """The row before that shows, or None at the beginning."""
        run = self.hidden(row - 1)
        previous = run.start - 1 if run else row - 1
        return previous if previous >= 0 else None

    def nearest(self, row: int) -> int:
        """The row itself, or the last one that shows before it; clamped to the diff."""
        row = min(max(row, 0), max(self.total - 1, 0))
        run = self.hidden(row)
        return max(run.start - 1, 0) if run else row


class Viewport:
    """The window onto a diff: its top line and the cursor's row.

    `lines` says how many display lines a row takes as far as is known; it is asked anew each time.
    """

    def __init__(self, shape: Shape, lines: Callable[[int], int]) -> None:
        self.shape = shape
        self.height = 1
        self.top = Spot(0)
        self.cursor = 0
        self._lines = lines

    def visible(self) -> Iterator[Spot]:
        """The display lines in the window, top down; fewer than `height` at the end."""
        spot: Spot | None = self._settled(self.top)
        for _ in range(self.height if self.shape.total else 0):
            if spot is None:
                return
            yield spot
            spot = self._next(spot)

    def move(self, by: int) -> None:
        """Move the cursor by rows; a row that is taller than the window scrolls first."""
        step = self.shape.after if by > 0 else self.shape.before
        for _ in range(abs(by)):
            if not self._shown_to_end(by):
                self.scroll(1 if by > 0 else -1)
                continue
            row = step(self.cursor)
            if row is None:
                break
            self.cursor = row
        self.keep()

    def scroll(self, by: int) -> None:
        """Move the window by display lines; the cursor stays in it."""
        spot = self._settled(self.top)
        for _ in range(abs(by)):
            following = self._next(spot) if by > 0 else self._previous(spot)
            if following is None:
                break
            spot = following
        self.top = min(spot, self._last_top()) if by > 0 else spot
        rows = [spot.row for spot in self.visible()]
        if rows:
            self.cursor = min(max(self.cursor, rows[0]), rows[-1])

    def page(self, by: float) -> None:
        """Move by pages of all lines but one; the cursor keeps its place in the window."""
        before, at = self.top, self._standing()
        self.scroll(round(by * max(self.height - 1, 1)))
        rows = [spot.row for spot in self.visible()]
        if rows and self.top == before:
            self.cursor = rows[-1] if by > 0 else rows[0]
        elif rows:
            self.cursor = rows[min(at, len(rows) - 1)]

    def to(self, row: int, *, at: int | None = None) -> None:
        """Put the cursor on a row; `at` names the window line it shall stand on."""
        self.cursor = self.shape.nearest(row)
        if at is None:
            self.keep()
            return
        self.top = min(self._up(Spot(self.cursor), at), self._last_top())
        self.keep()

    def keep(self) -> None:
        """Scroll as little as it takes to have the whole of the cursor's row in the window."""
        self.cursor = self.shape.nearest(self.cursor)
        self.top = self._settled(self.top)
        first = Spot(self.cursor)
        last = self._end(self.cursor)
        tall = last.line >= self.height and self.top.row == self.cursor
        if tall or any(spot == last for spot in self.visible()):
            self.top = self.top if tall else min(self.top, first)
            return
        self.top = first if first <= self.top else min(first, self._up(last, self.height - 1))

    def _standing(self) -> int:
        """The window line that the cursor stands on."""
        rows = [spot.row for spot in self.visible()]
        return rows.index(self.cursor) if self.cursor in rows else 0

    def _shown_to_end(self, by: int) -> bool:
        """Whether the last line of the cursor's row (or the first, going up) is in the window."""
        end = self._end(self.cursor) if by > 0 else Spot(self.cursor)
        return self.height <= 1 or any(spot == end for spot in self.visible())

    def _end(self, row: int) -> Spot:
        return Spot(row, max(self._lines(row) - 1, 0))

    def _up(self, spot: Spot, by: int) -> Spot:
        """The line `by` lines above, or the first."""
        for _ in range(by):
            previous = self._previous(spot)
            if previous is None:
                break
            spot = previous
        return spot

    def _settled(self, spot: Spot) -> Spot:
        """The spot, or the nearest that still exists after rows changed their height."""
        row = self.shape.nearest(spot.row)
        line = spot.line if row == spot.row else 0
        return Spot(row, min(line, max(self._lines(row) - 1, 0)))

    def _next(self, spot: Spot) -> Spot | None:
        if spot.line + 1 < self._lines(spot.row):
            return Spot(spot.row, spot.line + 1)
        row = self.shape.after(spot.row)
        return None if row is None else Spot(row)

    def _previous(self, spot: Spot) -> Spot | None:
        if spot.line:
            return Spot(spot.row, spot.line - 1)
        row = self.shape.before(spot.row)
        return None if row is None else Spot(row, max(self._lines(row) - 1, 0))

    def _last_top(self) -> Spot:
        """The top line at which the end of the diff stands on the last line of the window."""
        return self._up(self._end(self.shape.nearest(self.shape.total - 1)), self.height - 1)
