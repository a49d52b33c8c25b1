"""How the rows of a diff fall into display lines, below or beside one another, and their paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment

from factory.wire import Row, RowKind
from tui.diff import paint
from tui.diff.codeline import MOVED, Found, code
from tui.diff.geometry import Spot
from tui.diff.paint import Flag, Palette
from tui.diff.remarks import named_place, remark_lines
from tui.text import clean

if TYPE_CHECKING:
    from tui.diff.document import Document

CODE = frozenset({RowKind.CONTEXT, RowKind.ADDED, RowKind.REMOVED})
"""The kinds of rows that are lines of a file."""


class Drawing:
    """The display lines of a document.

    Those of a row are: where its lines moved from or to, its text (of a pair, as many lines as the
    longer text takes), the comments on it.
    """

    def __init__(self, document: Document) -> None:
        self._document = document

    def lines(self, number: int) -> int:
        """How many display lines a row takes, as far as is known."""
        row = self._document.pages.row(number)
        if row is None:
            return 1
        if row.kind not in CODE:
            return 1 + len(self._remarks(number, row))
        document = self._document
        beside = document.port.shape.beside(number)
        other = None if beside is None else document.pages.row(beside)
        if beside is None or other is None:
            return len(self._moved(number)) + self._height(row) + len(self._remarks(number, row))
        return (
            len(self._moved(number))
            + len(self._moved(beside))
            + max(self._height(row), self._height(other))
            + len(self._remarks(number, row))
            + len(self._remarks(beside, other))
        )

    def segments(self, spot: Spot, flags: Flag, palette: Palette) -> list[Segment]:
        """One display line."""
        row = self._document.pages.row(spot.row)
        sheet = self._document.sheet
        if row is None:
            return paint.plain("…", palette.note, sheet, palette, flags)
        if row.kind in CODE:
            return self._code(spot, row, flags, palette)
        if spot.line:
            words = self._remarks(spot.row, row)[spot.line - 1]
            return self._words(words, flags, palette)
        match row.kind:
            case RowKind.FILE:
                file = self._document.index.files[row.file]
                folded = self._document.folded(file)
                return paint.file_heading(file, sheet, palette, flags, folded)
            case RowKind.HUNK:
                return self._hunk_heading(spot.row, row, flags, palette)
            case _:
                return paint.note(row, sheet, palette, flags)

    def _code(self, spot: Spot, row: Row, flags: Flag, palette: Palette) -> list[Segment]:
        """A line of code, or of what stands above and below it."""
        document = self._document
        beside = document.port.shape.beside(spot.row)
        other = None if beside is None else document.pages.row(beside)
        rows = [(spot.row, row)]
        if beside is not None and other is not None:
            rows.append((beside, other))
        above = [words for number, _ in rows for words in self._moved(number)]
        if spot.line < len(above):
            own = flags & ~(Flag.CURSOR | Flag.SEEN)
            return paint.plain(above[spot.line], palette.mark, document.sheet, palette, own)
        part = spot.line - len(above)
        height = max(self._height(each) for _, each in rows)
        if part >= height:
            remarks = [words for number, each in rows for words in self._remarks(number, each)]
            return self._words(remarks[part - height], flags, palette)
        if not document.sheet.split:
            found = self._found(spot.row)
            return code(row, part, document.sheet, palette, found, flags, new=True)
        return self._sides(rows, part, flags, palette)

    def _sides(
        self, rows: list[tuple[int, Row]], part: int, flags: Flag, palette: Palette
    ) -> list[Segment]:
        """The old line on the left, the new one on the right; a context line on both."""
        row = rows[0][1]
        old = rows[0] if row.kind != RowKind.ADDED else None
        new = rows[-1] if rows[-1][1].kind != RowKind.REMOVED else None
        context = row.kind == RowKind.CONTEXT
        segments = []
        for each, on_new in ((old, False), (new, True)):
            sheet = self._document.sheet.side(new=on_new)
            own = flags if context or len(rows) == 1 else flags.side(new=on_new)
            if each is None or part >= len(sheet.cuts(each[1].text)):
                segments.append(Segment(" " * sheet.width, palette.context))
            else:
                found = self._found(each[0])
                line = code(each[1], part, sheet, palette, found, own, new=on_new)
                if context and on_new:
                    line[0] = line[0]._replace(text=" ")  # the left side has the mark
                segments += line
            if not on_new:
                segments.append(Segment("│", palette.context + palette.number))
        return segments

    def _words(self, words: str, flags: Flag, palette: Palette) -> list[Segment]:
        own = flags & ~(Flag.CURSOR | Flag.SEEN)
        return paint.plain(f"│ {words}", palette.remark, self._document.sheet, palette, own)

    def _found(self, number: int) -> Found:
        document = self._document
        return Found(
            document.colours.spans(number),
            document.colours.words(number),
            document.words,
            document.moves.of(number) is not None,
        )

    def _hunk_heading(self, number: int, row: Row, flags: Flag, palette: Palette) -> list[Segment]:
        document = self._document
        hunk = document.places.hunk(number)
        if hunk is None:
            return paint.note(row, document.sheet, palette, flags)
        place = document.places.place(hunk)
        return paint.hunk_heading(hunk, place, document.sheet, palette, flags)

    def _height(self, row: Row) -> int:
        """How many display lines the text of a row takes."""
        sheet = self._document.sheet
        if not sheet.wrap:
            return 1
        if not sheet.split:
            return len(sheet.cuts(row.text))
        if row.kind == RowKind.CONTEXT:
            return max(len(sheet.side(new=new).cuts(row.text)) for new in (False, True))
        return len(sheet.side(new=row.kind == RowKind.ADDED).cuts(row.text))

    def _moved(self, number: int) -> list[str]:
        """Where the block of lines that begins here moved from, or to."""
        moved = self._document.moves.of(number)
        row = self._document.pages.row(number)
        if moved is None or not moved.first or row is None:
            return []
        file = self._document.places.file(moved.other)
        other = self._document.pages.row(moved.other)
        line = "" if other is None else f":{other.new or other.old}"
        way = "to" if row.kind == RowKind.REMOVED else "from"
        path = clean(file.path, exact=True) if file else ""
        return [f"{MOVED} moved {way} {path}{line}"]

    def _remarks(self, number: int, row: Row) -> list[str]:
        document = self._document
        sheet = document.sheet
        width = max(sheet.width - sheet.gutter - 2, 8)
        heading = row.kind == RowKind.FILE
        comments = [
            (comment, named_place(comment.anchor, in_file=True) if heading else "")
            for comment in document.remarks.under(row, document.path(row))
        ]
        if number == 0:
            away = document.remarks.on_change
            comments += [(c, named_place(c.anchor, in_file=False)) for c in away]
        here = number == document.port.cursor
        return [
            line
            for c, away in comments
            for line in remark_lines(
                c, width, away=away, brief=not here and document.remarks.settled(c)
            )
        ]
