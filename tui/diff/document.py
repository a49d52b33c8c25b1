"""One open diff: its rows as far as they came, the window onto it, what was seen and remarked."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment

from factory.model import Anchor, Comment
from factory.wire import FileView, MovedLines, ReviewIndex, Row
from tui.diff.colour import Colours
from tui.diff.drawing import Drawing
from tui.diff.geometry import Shape, Spot, Viewport
from tui.diff.moves import Moves
from tui.diff.pages import Fetch, Pages
from tui.diff.paint import Flag, Palette, Sheet
from tui.diff.pairs import Pairs
from tui.diff.places import Places, Progress, anchor_of
from tui.diff.remarks import Remarks
from tui.diff.seen import Seen

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
        self.seen = Seen(self.places)
        self.left_out = {hunk.id for hunk in self.places.hunks if hunk.left_out}
        self.left_out |= {file.mark for file in index.files if file.left_out and not file.hunks}
        self.pairs = Pairs(self.pages, index.rows)
        self.moves = Moves()
        self.words = ""
        """Words that are looked for, casefolded; empty for none. `redraw` shows them."""
        self.drawing = Drawing(self)
        self.range_from: int | None = None
        self._unfolded: set[str] = set()
        self.port = Viewport(self._shape(), self.drawing.lines)

    def close(self) -> None:
        """Let go of the window, which knows this diff: then nothing keeps either of them."""
        self.port = Viewport(Shape(0), lambda row: 1)

    def remark(self, comments: Iterable[Comment]) -> None:
        """Show these comments in place of those shown so far."""
        self.remarks = Remarks(comments, self.index.files)

    def take_moves(self, moves: Iterable[MovedLines]) -> None:
        """Show these lines as moved."""
        self.moves = Moves(moves)

    def lay(self, sheet: Sheet) -> None:
        """Lay the lines out in another width or way; the cursor stays on its row."""
        split, self.sheet = self.sheet.split, sheet
        if split != sheet.split:
            self.port.shape = self._shape()

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
        return self.seen.left

    def lines(self, row: int) -> int:
        """How many display lines a row takes, as far as is known."""
        return self.drawing.lines(row)

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
        same = [row for row in rows if row is not None and self.path(row) == file.path]
        return anchor_of(file.path, same) or Anchor(path=file.path)

    def flags(self, row: int) -> Flag:
        """What a row is besides its kind, and the row beside it."""
        flags = self._standing(row, Flag.CURSOR, Flag.RANGED)
        beside = self.port.shape.beside(row)
        if beside is not None:
            flags |= self._standing(beside, Flag.CURSOR_NEW, Flag.RANGED_NEW)
        hunk = self.places.hunk(row)
        if hunk is not None and hunk.id in self.seen:
            flags |= Flag.SEEN
        if self.left_out and (marks := self.places.marks_at(row)):
            flags |= Flag.LEFT if self.left_out.issuperset(marks) else Flag(0)
        return flags

    def _standing(self, row: int, cursor: Flag, ranged: Flag) -> Flag:
        flags = cursor if row == self.port.cursor else Flag(0)
        return flags | ranged if self.range_from is not None and row in self.selected() else flags

    def segments(self, spot: Spot, flags: Flag, palette: Palette) -> list[Segment]:
        """One display line."""
        return self.drawing.segments(spot, flags, palette)

    def path(self, row: Row) -> str:
        """The file that a row belongs to."""
        return self.index.files[row.file].path

    def _shape(self) -> Shape:
        folds = [
            range(file.row + 1, file.row + file.rows)
            for file in self.index.files
            if self.folded(file)
        ]
        return Shape(self.index.rows, folds, self.pairs if self.sheet.split else None)
