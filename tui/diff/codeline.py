"""One display line of code: its numbers and sign, its text in colours, and what is marked in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from factory.wire import Row, RowKind
from tui.diff.cells import Cut, occurrences, shown, signed, tail, whole
from tui.diff.colour import Spans
from tui.diff.paint import Flag, Palette, Sheet, edge
from tui.diff.words import Marks

Piece: TypeAlias = tuple[int, int, Style]
"""Characters `start` … `end` in a style."""

MOVED = "≡"
"""Stands before the sign of a line that is elsewhere unchanged."""


class Found(NamedTuple):
    """What is known of a line besides its text."""

    spans: Spans = ()
    words: Marks = ()
    """Where it differs from the line beside it."""
    sought: str = ""
    """Words that are looked for, casefolded."""
    moved: bool = False


def code(
    row: Row, part: int, sheet: Sheet, palette: Palette, found: Found, flags: Flag, *, new: bool
) -> list[Segment]:
    """A line of code: `part` is the wrapped piece; `new` says which number one side shows."""
    text = shown(row.text)
    cut = sheet.cuts(row.text)[part]
    base = palette.over(palette.moved if found.moved else palette.base[row.kind], flags)
    number = base + palette.number
    sign = row.kind if part == 0 else " "
    segments = [
        edge(flags, palette),
        Segment(_numbers(row, part, sheet, new=new), number),
        Segment(MOVED if found.moved and part == 0 else " ", number),
        Segment(f"{sign} ", base + palette.signs[row.kind]),
    ]
    if cut.pad:
        segments.append(Segment(" " * cut.pad, base))
    letters = _letters(row, sheet)
    for start, end, style in _styled(row, cut, base, palette, found, flags, sheet):
        segments.append(Segment(letters[start:end], style))
    used = sheet.gutter + cut.pad + cell_len(text[cut.start : cut.end])
    more = not sheet.wrap and cut.end < len(text)
    segments.append(Segment(" " * (sheet.width - used - more), base))
    if more:
        segments.append(Segment("…", number))
    return segments


def _numbers(row: Row, part: int, sheet: Sheet, *, new: bool) -> str:
    old, now = (row.old, row.new) if part == 0 else (0, 0)
    if sheet.numbers == 1:
        return f"{(now if new else old) or '':>{sheet.digits}}"
    return f"{old or '':>{sheet.digits}} {now or '':>{sheet.digits}}"


def _letters(row: Row, sheet: Sheet) -> str:
    """The line with signs for its blanks where they shall be seen: as long as without."""
    if sheet.blanks:
        return signed(row.text)
    text = shown(row.text)
    if row.kind != RowKind.ADDED:
        return text
    end = tail(row.text)
    return text if end == len(text) else text[:end] + signed(row.text)[end:]


def _styled(
    row: Row, cut: Cut, base: Style, palette: Palette, found: Found, flags: Flag, sheet: Sheet
) -> list[Piece]:
    """The characters of a cut, in order and without gaps, as each of them is painted."""
    text = shown(row.text)
    pieces: list[Piece] = [(cut.start, cut.end, base)] if cut.end > cut.start else []
    if Flag.SEEN not in flags:
        tones = ((start, end, palette.tones[tone]) for start, end, tone in found.spans)
        pieces = laid(pieces, tones, cut)
        words = palette.words.get(row.kind)
        if words is not None and found.words:
            marks = (whole(text, start, end) for start, end in found.words)
            pieces = laid(pieces, ((start, end, words) for start, end in marks), cut)
    if sheet.blanks:
        blanks = occurrences(text, " ")
        pieces = laid(pieces, ((start, end, palette.blank) for start, end in blanks), cut)
    if row.kind == RowKind.ADDED and (end := tail(row.text)) < len(text):
        pieces = laid(pieces, ((end, len(text), palette.trailing),), cut)
    if found.sought:
        hits = (whole(text, start, end) for start, end in occurrences(text, found.sought))
        pieces = laid(pieces, ((start, end, palette.hit) for start, end in hits), cut)
    return pieces


def laid(pieces: list[Piece], over: Iterable[Piece], cut: Cut) -> list[Piece]:
    """Lay stretches over others; both are in order, and the ones below have no gaps."""
    out: list[Piece] = []
    below = iter(pieces)
    current = next(below, None)
    for start, end, style in over:
        start, end = max(start, cut.start), min(end, cut.end)
        while current is not None and start < end:
            first, last, base = current
            if last <= start:
                out.append(current)
                current = next(below, None)
                continue
            if first < start:
                out.append((first, start, base))
            stop = min(last, end)
            out.append((max(first, start), stop, base + style))
            current = (stop, last, base) if stop < last else next(below, None)
            start = stop
        if current is None:
            return out
    if current is not None:
        out.append(current)
    out.extend(below)
    return out
