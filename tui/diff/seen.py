"""What of a diff was seen, and what is left; a mark costs as much in any diff."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from tui.diff.places import Places


class Seen(Collection[str]):
    """Ids of hunks, and of files without any, that are marked as seen."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._ids = {hunk.id for hunk in places.hunks if hunk.seen}
        self.hunks = len(self._ids)
        """How many of the hunks are among them."""
        self._ids |= {file.mark for file in places.files if file.seen and file.mark}

    def __contains__(self, mark: object) -> bool:
        return mark in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def mark(self, marks: Iterable[str], *, seen: bool = True) -> None:
        """Mark these as seen, or as not seen."""
        for mark in marks:
            if (mark in self._ids) == seen:
                continue
            row = self._places.row_of(mark)
            (self._ids.add if seen else self._ids.discard)(mark)
            if row is None:
                continue
            self.hunks += (1 if seen else -1) * (self._places.hunk(row) is not None)
            if seen:
                del self._left[bisect_left(self._left, row)]
            else:
                insort(self._left, row)

    @property
    def left(self) -> int:
        """How many hunks, and files without any, are not seen yet."""
        return len(self._left)

    def next_left(self, row: int) -> int | None:
        """The row of the next thing that is not seen, after `row` and round; None at the end."""
        if not self._left:
            return None
        at = bisect_right(self._left, row)
        return self._left[at if at < len(self._left) else 0]

    @cached_property
    def _left(self) -> list[int]:
        """The rows of what is not seen, in order."""
        rows = self._places.rows_of_marks
        return sorted(row for mark, row in rows.items() if mark not in self._ids)
