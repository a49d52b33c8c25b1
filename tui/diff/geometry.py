"""Where a diff stands in its window: which lines are visible, and how keys move through them.

A row of the diff takes any number of display lines: none where its file is folded, several where
it is wrapped or carries comments. Nothing here ever counts the lines of the whole diff: the window
hangs on its top line, so a move costs what is visible, however long the diff is.

Side by side, an added row stands on the display lines of the removed row beside it and has none of
its own: that row is its home. The cursor is on a row all the same, on either side of a pair.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol


class Spot(NamedTuple):
    """One display line: a row, and which of its lines."""

    row: int
    line: int = 0


class Pairing(Protocol):
    """Which rows stand beside one another."""

    def partner(self, row: int) -> int | None:
        """The row beside."""

    def carried(self, row: int) -> range | None:
        """The rows around this one that stand on the lines of others; None where it is not one."""


class Shape:
    """Which rows there are: `total` of them, some runs folded away, some beside others."""

    def __init__(
        self, total: int, folded: Sequence[range] = (), pairing: Pairing | None = None
    ) -> None:
        self.total = total
        self._pairing = pairing
        self._folded = sorted((r for r in folded if len(r)), key=lambda r: r.start)
        self._starts = [r.start for r in self._folded]

    def hidden(self, row: int) -> range | None:
        """The folded run that a row lies in."""
        at = bisect_right(self._starts, row) - 1
        run = self._folded[at] if at >= 0 else None
        return run if run is not None and row in run else None

    def after(self, row: int) -> int | None:
        """The next row with lines of its own, or None at the end."""
        following = row + 1
        while following < self.total:
            run = self._without_lines(following)
            if run is None:
                return following
            following = run.stop
        return None

    def before(self, row: int) -> int | None:
        """The row before that has lines of its own, or None at the beginning."""
        previous = row - 1
        while previous >= 0:
            run = self._without_lines(previous)
            if run is None:
                return previous
            previous = run.start - 1
        return None

    @property
    def last(self) -> int:
        """The last row with lines of its own; 0 where there is none."""
        return self.before(self.total) or 0

    def home(self, row: int) -> int:
        """The row on whose display lines a row stands: itself, or the one beside it."""
        if self._pairing is None or self._pairing.carried(row) is None:
            return row
        partner = self._pairing.partner(row)
        return row if partner is None else partner

    def beside(self, row: int) -> int | None:
        """The row that stands on the same lines, where there is one."""
        return None if self._pairing is None else self._pairing.partner(row)

    def through(self, row: int) -> int:
        """The last row that is shown when everything down to the lines of `row` is."""
        run = self._pairing.carried(row + 1) if self._pairing else None
        return row if run is None else run.stop - 1

    def _without_lines(self, row: int) -> range | None:
        run = self.hidden(row)
        if run is None and self._pairing is not None:
            return self._pairing.carried(row)
        return run

    def nearest(self, row: int) -> int:
        """The row itself, or the last one that shows before it; clamped to the diff."""
        row = min(max(row, 0), max(self.total - 1, 0))
        run = self.hidden(row)
        return max(run.start - 1, 0) if run else row


class _Steps:
    """From one display line to the next.

    `lines` says how many display lines a row takes as far as is known; it is asked anew each time.
    """

    def __init__(self, shape: Shape, lines: Callable[[int], int]) -> None:
        self.shape = shape
        self._lines = lines

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
        row = self.shape.home(self.shape.nearest(spot.row))
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


class Viewport(_Steps):
    """The window onto a diff: its top line and the cursor's row."""

    def __init__(self, shape: Shape, lines: Callable[[int], int]) -> None:
        super().__init__(shape, lines)
        self.height = 1
        self.top = Spot(0)
        self.cursor = 0
        self.on_new = True
        """The side of a pair that the cursor comes to."""

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
            row = step(self.home)
            if row is None:
                break
            self.cursor = self._on_side(row)
        self.keep()

    @property
    def home(self) -> int:
        """The row on whose display lines the cursor stands."""
        return self.shape.home(self.cursor)

    def across(self, *, new: bool) -> bool:
        """Put the cursor on one side of the pair that it is on; False where it is there already."""
        if self.shape.beside(self.cursor) is None:
            return False
        self.on_new = new
        before, self.cursor = self.cursor, self._on_side(self.home)
        return self.cursor != before

    def _on_side(self, row: int) -> int:
        """The row, or the one beside it where the cursor keeps to that side."""
        beside = self.shape.beside(row) if self.on_new else None
        return row if beside is None else beside

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
        if rows and not rows[0] <= self.home <= rows[-1]:
            self.cursor = self._on_side(min(max(self.home, rows[0]), rows[-1]))

    def page(self, by: float) -> None:
        """Move by pages of all lines but one; the cursor keeps its place in the window."""
        before, at = self.top, self._standing()
        self.scroll(round(by * max(self.height - 1, 1)))
        rows = [spot.row for spot in self.visible()]
        if rows and self.top == before:
            self.cursor = self._on_side(rows[-1] if by > 0 else rows[0])
        elif rows:
            self.cursor = self._on_side(rows[min(at, len(rows) - 1)])

    def to(self, row: int, *, at: int | None = None) -> None:
        """Put the cursor on a row; `at` names the window line it shall stand on."""
        self.cursor = self.shape.nearest(row)
        if at is None:
            self.keep()
            return
        self.top = min(self._up(Spot(self.home), at), self._last_top())
        self.keep()

    def keep(self) -> None:
        """Scroll as little as it takes to have the whole of the cursor's row in the window."""
        self.cursor = self.shape.nearest(self.cursor)
        self.top = self._settled(self.top)
        first = Spot(self.home)
        last = self._end(first.row)
        tall = last.line >= self.height and self.top.row == first.row
        if tall or any(spot == last for spot in self.visible()):
            self.top = self.top if tall else min(self.top, first)
            return
        self.top = first if first <= self.top else min(first, self._up(last, self.height - 1))

    def _standing(self) -> int:
        """The window line that the cursor stands on."""
        rows = [spot.row for spot in self.visible()]
        return rows.index(self.home) if self.home in rows else 0

    def _shown_to_end(self, by: int) -> bool:
        """Whether the last line of the cursor's row (or the first, going up) is in the window."""
        end = self._end(self.home) if by > 0 else Spot(self.home)
        return self.height <= 1 or any(spot == end for spot in self.visible())

    def _last_top(self) -> Spot:
        """The top line at which the end of the diff stands on the last line of the window."""
        return self._up(self._end(self.shape.last), self.height - 1)
