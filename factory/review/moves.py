"""Lines that were taken out in one place and put in unchanged in another. Pure, in bounded time.

Unchanged means to the byte, indentation included: what a language makes of blanks is not ours to
say, and "moved" is read as "need not be read again".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from factory.review.searching import Span
from factory.wire import MovedLines

_LEAST = 3
"""Lines that say something, in a row, that make a move."""
_LETTERS = 24
"""Bytes in them besides blanks."""
_PLACES = 12
"""Places in which the same line is looked at, at most: what stands everywhere tells nothing."""


class _Side(NamedTuple):
    """The lines that one sign marks, in the order of the patch."""

    lines: list[bytes]
    rows: list[int]


def moves(spans: Sequence[Span], patch: bytes) -> tuple[MovedLines, ...]:
    """The runs of removed lines that were added elsewhere, in the order of the patch.

    Of lines that fit in several places the longest run counts, and none is used twice.
    """
    gone, come = _sides(spans, patch)
    places: dict[bytes, list[int]] = {}
    for at, line in enumerate(come.lines):
        if line and not line.isspace():
            places.setdefault(line, []).append(at)
    used = bytearray(len(come.lines))
    found: list[MovedLines] = []
    at = 0
    while at < len(gone.lines):
        best, length = 0, 0
        for to in places.get(gone.lines[at], ())[:_PLACES]:
            run = _run(gone, come, at, to, used)
            if run > length:
                best, length = to, run
        if length and _says(gone.lines[at : at + length]):
            used[best : best + length] = b"\1" * length
            found.append(MovedLines(old=gone.rows[at], new=come.rows[best], rows=length))
            at += length
        else:
            at += 1
    return tuple(found)


def _sides(spans: Sequence[Span], patch: bytes) -> tuple[_Side, _Side]:
    gone, come = _Side([], []), _Side([], [])
    for span in spans:
        for row, line in enumerate(patch[span.start + 1 : span.end].split(b"\n"), span.row + 1):
            if line.startswith(b"-"):
                gone.lines.append(line[1:])
                gone.rows.append(row)
            elif line.startswith(b"+"):
                come.lines.append(line[1:])
                come.rows.append(row)
    return gone, come


def _run(gone: _Side, come: _Side, at: int, to: int, used: bytearray) -> int:
    """How many lines from these on are the same on both sides, without a gap on either."""
    length = 0
    room = min(len(gone.lines) - at, len(come.lines) - to)
    while (
        length < room
        and not used[to + length]
        and gone.lines[at + length] == come.lines[to + length]
        and gone.rows[at + length] == gone.rows[at] + length
        and come.rows[to + length] == come.rows[to] + length
    ):
        length += 1
    while length and not gone.lines[at + length - 1].strip():
        length -= 1  # a blank line at its end belongs to nobody
    return length


def _says(lines: Sequence[bytes]) -> bool:
    telling = [line for line in lines if line.strip()]
    return len(telling) >= _LEAST and sum(len(b"".join(ln.split())) for ln in telling) >= _LETTERS
