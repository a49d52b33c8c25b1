"""Finds a line of a file again: after more context was asked for, in a newer tree, from a log."""

from __future__ import annotations

from factory.wire import FileView, RowKind
from tui.diff.document import Document
from tui.diff.place import Place


def place_of(document: Document) -> Place | None:
    """Where the cursor stands; None in an empty diff."""
    cursor = document.port.cursor
    file = document.places.file(cursor)
    if file is None:
        return None
    rows = [spot.row for spot in document.port.visible()]
    home = document.port.home
    at = rows.index(home) if home in rows else 0
    row = document.pages.row(cursor)
    if row is None or row.kind in (RowKind.FILE, RowKind.NOTE):
        return Place(file.path, at=at)
    hunk = row.hunk if row.kind == RowKind.HUNK else ""
    new = bool(row.new)
    return Place(file.path, row.new if new else row.old, new, at, hunk)


async def locate(document: Document, place: Place) -> int:
    """The row of a place, or of the nearest line after it; 0 where its file is not in the diff.

    Raises FactoryError where rows cannot be read.
    """
    files = document.index.files
    file = next((f for f in files if place.path in (f.path, f.old_path)), None)
    if file is None:
        return 0
    for hunk in file.hunks:
        if hunk.id == place.hunk:
            return hunk.row
    if not place.line:
        return file.row
    return await _line(document, file, place)


def reveal(document: Document, row: int) -> None:
    """Unfold the file that hides a row."""
    file = document.places.file(row)
    if file is not None and row != file.row and document.folded(file):
        document.fold(file)


async def _line(document: Document, file: FileView, place: Place) -> int:
    """Search the hunk that the line is in; each row is at most one line further."""
    starts = [(hunk.new if place.new else hunk.old, hunk) for hunk in file.hunks]
    before = [(start, hunk) for start, hunk in starts if start <= place.line]
    if not before:
        return file.hunks[0].row if file.hunks else file.row
    start, hunk = before[-1]
    row = hunk.row + 1 + place.line - max(start, 1)
    end = hunk.row + hunk.rows
    while row < end:
        found = await document.pages.at(row)
        number = found.new if place.new else found.old
        if number >= place.line:
            return row
        row += 1
    return min(row, end - 1)
