"""One open diff: its rows as far as they came, the window onto it, what was seen and remarked."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment

from factory.model import Anchor, Comment
from factory.wire import FileView, ReviewIndex, Row, RowKind
from tui.diff import paint
from tui.diff.colour import Colours, Wanted
from tui.diff.geometry import Shape, Spot, Viewport
from tui.diff.pages import Fetch, Pages
from tui.diff.paint import Flag, Palette, Sheet
from tui.diff.places import Places, Progress, anchor_of
from tui.diff.remarks import Remarks, named_place, remark_lines

_FOLDED = "folded"


class Document:
    """A diff as it stands on the screen; knows no widget, and fetches nothing by itself."""

    def __init__(self, index: ReviewIndex, fetch: Fetch, sheet: Sheet) -> None:
        self.index = index
        ends = (max(hunk.new, hunk.old) + hunk.rows for f in index.files for hunk in f.hunks)
        digits = max(4, len(str(max(ends, default=0))))
        self.sheet = sheet._replace(digits=digits, left=0)
        self.pages = Pages(fetch, index.rows)
        self.places = Places(index.files)
        self.progress = Progress(self.places)
        self.colours = Colours()
        self.remarks = Remarks()
        self.seen = {hunk.id for hunk in self.places.hunks if hunk.seen}
        self.seen |= {file.mark for file in index.files if file.seen and file.mark}
        self.range_from: int | None = None
        self._unfolded: set[str] = set()
        self.port = Viewport(self._shape(), self.lines)

    def remark(self, comments: Iterable[Comment]) -> None:
        """Show these comments in place of those shown so far."""
        self.remarks = Remarks(comments, self.index.files)

    def folded(self, file: FileView) -> bool:
        """Whether a file's lines are folded away."""
        return file.kind == _FOLDED and file.rows > 1 and file.path not in self._unfolded

    def fold(self, file: FileView) -> None:
        """Show the lines of a folded file, or fold them again."""
        self._unfolded ^= {file.path}
        self.port.shape = self._shape()

    @property
    def unseen(self) -> int:
        """How many hunks, and files without any, are not seen yet."""
        return sum(mark not in self.seen for mark in self.places.marks)

    def lines(self, row: int) -> int:
        """How many display lines a row takes, as far as is known."""
        return self._code_lines(row) + len(self._remarks(row))

    def selected(self) -> range:
        """The rows of the range, or the cursor's row."""
        start = self.port.cursor if self.range_from is None else self.range_from
        return range(min(start, self.port.cursor), max(start, self.port.cursor) + 1)

    def anchor(self) -> Anchor | None:
        """What a comment at the cursor is about: line or range, else the file."""
        file = self.places.file(self.port.cursor)
        if file is None:
            return None
        rows = [self.pages.row(number) for number in self.selected()]
        same = [row for row in rows if row is not None and self._path(row) == file.path]
        return anchor_of(file.path, same) or Anchor(path=file.path)

    def flags(self, row: int) -> Flag:
        """What a row is besides its kind."""
        flags = Flag(0)
        if row == self.port.cursor:
            flags |= Flag.CURSOR
        if self.range_from is not None and row in self.selected():
            flags |= Flag.RANGED
        hunk = self.places.hunk(row)
        if hunk is not None and hunk.id in self.seen:
            flags |= Flag.SEEN
        return flags

    def segments(self, spot: Spot, flags: Flag, palette: Palette) -> list[Segment]:
        """One display line."""
        row = self.pages.row(spot.row)
        at = spot.line - self._code_lines(spot.row)
        if at >= 0:
            own = flags & ~(Flag.CURSOR | Flag.SEEN)
            words = f"│ {self._remarks(spot.row)[at]}"
            return paint.plain(words, palette.remark, self.sheet, palette, own)
        if row is None:
            return paint.plain("…", palette.note, self.sheet, palette, flags)
        match row.kind:
            case RowKind.FILE:
                file = self.index.files[row.file]
                folded = self.folded(file)
                return paint.file_heading(file, self.sheet, palette, flags, folded)
            case RowKind.HUNK:
                return self._hunk_heading(spot.row, row, flags, palette)
            case RowKind.NOTE:
                return paint.note(row, self.sheet, palette, flags)
            case _:
                spans = self.colours.spans(spot.row)
                return paint.code(row, spot.line, self.sheet, palette, spans, flags)

    def uncoloured(self, rows: Iterable[int]) -> list[Wanted]:
        """The lines among these rows that have no colours yet, for `Colours.fill`."""
        found = []
        for number in rows:
            row = self.pages.row(number)
            if row is not None and row.kind in _CODE and not self.colours.known(number):
                found.append(Wanted(number, self._path(row), row))
        return found

    def _hunk_heading(self, number: int, row: Row, flags: Flag, palette: Palette) -> list[Segment]:
        hunk = self.places.hunk(number)
        if hunk is None:
            return paint.note(row, self.sheet, palette, flags)
        return paint.hunk_heading(hunk, self.places.place(hunk), self.sheet, palette, flags)

    def _code_lines(self, number: int) -> int:
        row = self.pages.row(number)
        if row is None or row.kind not in _CODE or not self.sheet.wrap:
            return 1
        return len(self.sheet.cuts(row.text))

    def _remarks(self, number: int) -> list[str]:
        row = self.pages.row(number)
        if row is None:
            return []
        width = max(self.sheet.width - self.sheet.gutter - 2, 8)
        heading = row.kind == RowKind.FILE
        comments = [
            (comment, named_place(comment.anchor, in_file=True) if heading else "")
            for comment in self.remarks.under(row, self._path(row))
        ]
        if number == 0:
            comments += [(c, named_place(c.anchor, in_file=False)) for c in self.remarks.on_change]
        here = number == self.port.cursor
        return [
            words
            for c, away in comments
            for words in remark_lines(
                c, width, away=away, brief=not here and self.remarks.settled(c)
            )
        ]

    def _path(self, row: Row) -> str:
        return self.index.files[row.file].path

    def _shape(self) -> Shape:
        folds = [
            range(file.row + 1, file.row + file.rows)
            for file in self.index.files
            if self.folded(file)
        ]
        return Shape(self.index.rows, folds)


_CODE = frozenset({RowKind.CONTEXT, RowKind.ADDED, RowKind.REMOVED})
