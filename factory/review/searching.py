"""Where words stand in a diff: in its lines, its headings, its paths. Pure.

The patch's own bytes are searched, so that 100,000 lines take milliseconds; a hit's row is counted
from the hunk that it lies in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from factory.model import Struct
from factory.wire import FileView, Found


class Span(Struct, gc=False):
    """Where a hunk's lines are in the patch, and the row of its heading."""

    start: int
    """Of the newline before its first line."""
    end: int
    row: int


def hits(
    words: str, files: Sequence[FileView], spans: Sequence[Span], patch: bytes
) -> tuple[int, ...]:
    """The rows that have these words, in order; upper and lower case count where one is upper.

    `spans` are in the order of the patch. Of a file without lines its heading and notes are
    searched, as of every other.
    """
    if not words or "\n" in words:
        return ()
    found = set(_headings(words, files))
    exactly = words != words.lower()
    text = patch if exactly else patch.lower()
    # Only ASCII has one lower case in bytes; of other letters the usual spellings are looked for.
    spellings = {words} if exactly or words.isascii() else {words, words.upper(), words.title()}
    for spelling in spellings:
        found.update(_lines(spelling.encode(), spans, text))
    return tuple(sorted(found))


def nearest(rows: Sequence[int], start: int, *, back: bool = False) -> Found:
    """The first hit from row `start` on and round; with `back`, the last one up to it."""
    if not rows:
        return Found()
    if back:
        at = bisect_right(rows, start) - 1  # -1 is the last: round
        at %= len(rows)
    else:
        at = bisect_right(rows, start - 1) % len(rows)
    return Found(row=rows[at], number=at + 1, hits=len(rows))


def _headings(words: str, files: Sequence[FileView]) -> Iterator[int]:
    exactly = words != words.lower()

    def has(text: str) -> bool:
        return words in (text if exactly else text.lower())

    for file in files:
        if has(file.path) or has(file.old_path):
            yield file.row
        yield from (file.row + 1 + at for at, note in enumerate(file.notes) if has(note))
        yield from (hunk.row for hunk in file.hunks if has(hunk.heading))


def _lines(words: bytes, spans: Sequence[Span], text: bytes) -> Iterator[int]:
    for span in spans:
        before, row, at = span.start, span.row + 1, span.start + 2
        while (hit := text.find(words, at, span.end)) >= 0:
            newline = text.rfind(b"\n", before, hit)
            row += text.count(b"\n", before + 1, newline + 1)
            before, at = newline, hit + 1
            if hit == newline + 1:
                continue  # the sign of a line is none of its text
            yield row
            end = text.find(b"\n", hit, span.end)
            if end < 0:
                break
            at = end + 2
