"""Where files and hunks are in a diff, what was read of them, and what a comment is about."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from factory.model import Anchor
from factory.wire import FileView, HunkView, Row, RowKind
from tui.diff.geometry import Shape


class Places:
    """Files and hunks by the rows that they take; every question costs a bisection."""

    def __init__(self, files: Sequence[FileView]) -> None:
        self.files = tuple(sorted(files, key=lambda file: file.row))
        self.hunks = tuple(hunk for file in self.files for hunk in file.hunks)
        self._file_rows = [file.row for file in self.files]
        self._hunk_rows = [hunk.row for hunk in self.hunks]
        self._numbers = {hunk.id: at for at, hunk in enumerate(self.hunks, 1)}
        self.marks = tuple(mark for file in self.files for mark in marks_of(file))
        """Ids of everything that is to be seen: hunks, and files without any."""

    def file(self, row: int) -> FileView | None:
        """The file that a row belongs to."""
        at = bisect_right(self._file_rows, row) - 1
        return self.files[at] if at >= 0 else None

    def hunk(self, row: int) -> HunkView | None:
        """The hunk that a row belongs to; None on a file's heading and its notes."""
        at = bisect_right(self._hunk_rows, row) - 1
        hunk = self.hunks[at] if at >= 0 else None
        return hunk if hunk is not None and row < hunk.row + hunk.rows else None

    def marks_at(self, row: int) -> tuple[str, ...]:
        """The id of the hunk at a row; on a file's heading, those of all of the file."""
        hunk, file = self.hunk(row), self.file(row)
        return (hunk.id,) if hunk else marks_of(file) if file else ()

    def place(self, hunk: HunkView) -> tuple[int, int]:
        """Which hunk of how many it is."""
        return self._numbers[hunk.id], len(self.hunks)

    def between(self, first: int, last: int) -> tuple[HunkView, ...]:
        """The hunks that have a row in `first` … `last`."""
        start = max(bisect_right(self._hunk_rows, first) - 1, 0)
        stop = bisect_right(self._hunk_rows, last)
        return tuple(h for h in self.hunks[start:stop] if h.row + h.rows > first)

    def hunk_from(self, row: int, by: int, shape: Shape) -> int | None:
        """The row of the next hunk's heading (or, with -1, the one before) that shows."""
        return _step(self._hunk_rows, row, by, shape)

    def file_from(self, row: int, by: int, shape: Shape) -> int | None:
        """The row of the next file's heading, or of the one before."""
        return _step(self._file_rows, row, by, shape)

    def row_of(self, mark: str) -> int | None:
        """The row of the heading of a hunk, or of a file without any; None for other marks."""
        return self.rows_of_marks.get(mark)

    def paths(self, marks: Iterable[str]) -> set[str]:
        """The files that these are marks of."""
        files = (
            self.file(self.rows_of_marks[mark]) for mark in marks if mark in self.rows_of_marks
        )
        return {file.path for file in files if file is not None}

    @cached_property
    def rows_of_marks(self) -> dict[str, int]:
        """The headings of everything that is to be seen, by its id."""
        rows = {file.mark: file.row for file in self.files if file.mark and not file.hunks}
        rows.update((hunk.id, hunk.row) for hunk in self.hunks)
        return rows


def marks_of(file: FileView) -> tuple[str, ...]:
    """The ids by which a file is marked as seen: its hunks, or itself where it has none."""
    return tuple(hunk.id for hunk in file.hunks) or ((file.mark,) if file.mark else ())


def _step(rows: Sequence[int], row: int, by: int, shape: Shape) -> int | None:
    at = bisect_right(rows, row) if by > 0 else bisect_left(rows, row) - 1
    while 0 <= at < len(rows):
        if shape.hidden(rows[at]) is None:
            return rows[at]
        at += by
    return None


class Progress:
    """How far each hunk has been on the screen, from its first row on without a gap."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._reached: dict[str, int] = {}

    def show(self, first: int, last: int) -> tuple[str, ...]:
        """Rows `first` … `last` are on the screen; the hunks there that were shown to their end."""
        done = []
        for hunk in self._places.between(first, last):
            end = hunk.row + hunk.rows - 1
            reached = self._reached.get(hunk.id, hunk.row - 1)
            if first <= reached + 1:
                self._reached[hunk.id] = reached = max(reached, min(last, end))
            if reached >= end:
                done.append(hunk.id)
        return tuple(done)


def anchor_of(path: str, rows: Sequence[Row]) -> Anchor | None:
    """What a comment on these rows of one file is about; None where none of them is a line.

    The candidate's side is meant wherever one of the lines exists there.
    """
    lines = [row for row in rows if row.kind in (RowKind.ADDED, RowKind.REMOVED, RowKind.CONTEXT)]
    new = [row for row in lines if row.kind != RowKind.REMOVED]
    side = new or lines
    if not side:
        return None
    numbers = [row.new if new else row.old for row in side]
    first, last = min(numbers), max(numbers)
    return Anchor(
        path=path,
        line=first,
        end=last if last > first else 0,
        new=bool(new),
        text="\n".join(row.text for row in side),
    )
