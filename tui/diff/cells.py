"""How a line of foreign text falls into terminal cells: tabs, wide characters, wrapping."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

from tui.text import clean

TAB = 4
"""Cells from one tab stop to the next."""

LONGEST = 4_096
"""Characters of one line that are shown; the rest is told in words."""


class Cut(NamedTuple):
    """A piece of a line: characters `start` … `end`, after `pad` cells of a halved character."""

    start: int
    end: int
    pad: int = 0


@lru_cache(maxsize=2_048)
def shown(text: str) -> str:
    """A line as it goes to the screen: cleaned, tabs expanded, the far end of a huge one named."""
    rest = len(text) - LONGEST
    line = expand(clean(text[:LONGEST], exact=True, tab=0))
    return f"{line} … {rest:,} more characters" if rest > 0 else line


def expand(line: str) -> str:
    """The line with its tabs as spaces; stops are counted in cells."""
    if "\t" not in line:
        return line
    if line.isascii():
        return line.expandtabs(TAB)
    parts = line.split("\t")
    out = parts[0]
    for part in parts[1:]:
        out += " " * (TAB - cell_len(out) % TAB) + part
    return out


@lru_cache(maxsize=2_048)
def breaks(line: str, width: int) -> tuple[Cut, ...]:
    """Where a line breaks when it is wrapped to `width` cells; at least one piece."""
    if line.isascii():
        count = max(1, -(-len(line) // width))
        return tuple(Cut(n * width, min((n + 1) * width, len(line))) for n in range(count))
    cuts: list[Cut] = []
    first = used = 0
    for start, _, size in _graphemes(line):
        if used + size > width and start > first:
            cuts.append(Cut(first, start))
            first, used = start, 0
        used += size
    cuts.append(Cut(first, len(line)))
    return tuple(cuts)


def window(line: str, left: int, width: int) -> Cut:
    """The characters that lie wholly in cells `left` … `left + width`."""
    if line.isascii():
        return Cut(min(left, len(line)), min(left + width, len(line)))
    begin, end, pad, cell = len(line), len(line), 0, 0
    for start, _, size in _graphemes(line):
        if cell + size > left + width:
            end = start
            break
        if cell >= left and begin == len(line):
            begin, pad = start, cell - left
        cell += size
    return Cut(min(begin, end), end, pad)


@lru_cache(maxsize=512)
def _graphemes(line: str) -> tuple[tuple[int, int, int], ...]:
    """Start, end and cells of what the eye takes for one character."""
    return tuple(split_graphemes(line)[0])
