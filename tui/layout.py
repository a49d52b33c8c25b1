"""How many panes stand side by side, and which of them are seen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

WIDE = 100
"""Columns from which the Floor shows panes; under it, a list."""
_LEAST_WIDTH = 38
_LEAST_HEIGHT = 4
_GOOD_WIDTH = 60
_GOOD_HEIGHT = 12


class Step(NamedTuple):
    """Where to move: by so many places across and down, half pages down, or to an end."""

    across: int = 0
    down: int = 0
    half: int = 0
    end: int = 0


@dataclass(frozen=True)
class Shape:
    """Columns and rows of the grid, and the first and last (exclusive) pane in it."""

    columns: int = 1
    rows: int = 1
    first: int = 0
    end: int = 0


def arrange(count: int, width: int, height: int, chosen: int = 0) -> Shape:
    """The grid for `count` panes; where not all fit, the page that has the chosen one."""
    if count < 1:
        return Shape()
    most_rows = max(1, height // _LEAST_HEIGHT)
    most_columns = max(1, width // _LEAST_WIDTH)
    if count > most_rows * most_columns:
        page = most_rows * most_columns
        first = chosen // page * page
        return Shape(most_columns, most_rows, first, min(count, first + page))
    fitting = [n for n in range(1, min(count, most_columns) + 1) if _rows(count, n) <= most_rows]
    columns = max(fitting, key=lambda n: _comfort(width / n, height / _rows(count, n)))
    return Shape(columns, _rows(count, columns), 0, count)


def _rows(count: int, columns: int) -> int:
    return -(-count // columns)


def _comfort(width: float, height: float) -> float:
    return min(1.0, width / _GOOD_WIDTH) * min(1.0, height / _GOOD_HEIGHT)


def neighbour(at: int, count: int, columns: int, *, across: int = 0, down: int = 0) -> int:
    """The pane beside or below the one at `at`; the same one at an edge."""
    if across:
        row = at // columns
        wanted = at + across
        return wanted if 0 <= wanted < count and wanted // columns == row else at
    wanted = at + down * columns
    if wanted >= count and at // columns < (count - 1) // columns:
        return count - 1
    return wanted if 0 <= wanted < count else at
