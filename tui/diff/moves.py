"""Lines that were taken out in one place and put in unchanged in another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from factory.wire import MovedLines


class Moved(NamedTuple):
    """Where the other end of a moved line is."""

    other: int
    """Its row there."""
    first: bool
    """Whether it is the first of its block."""


class Moves:
    """The moved blocks of a diff by the rows that they take on both sides."""

    def __init__(self, moves: Iterable[MovedLines] = ()) -> None:
        ends = [(move.old, move.new, move.rows) for move in moves]
        self._runs = sorted([*ends, *((new, old, rows) for old, new, rows in ends)])
        self._starts = [start for start, _, _ in self._runs]

    def of(self, row: int) -> Moved | None:
        """Where a row went to or came from; None where it did not move."""
        at = bisect_right(self._starts, row) - 1
        if at < 0:
            return None
        start, other, rows = self._runs[at]
        return Moved(other + row - start, row == start) if row < start + rows else None
