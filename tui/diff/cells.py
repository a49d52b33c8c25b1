"""How a line of foreign text falls into terminal cells: tabs, wide characters, wrapping."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
def signed(text: str) -> str:
    """The same line, character for character, with a sign for each space and each tab."""
    rest = shown(text)[len(expand(clean(text[:LONGEST], exact=True, tab=0))) :]
    line = clean(text[:LONGEST], exact=True, tab=0).replace(" ", SPACE)
    first, *parts = line.split("\t")
    for part in parts:
        first += _TAB + " " * (TAB - 1 - cell_len(first) % TAB) + part
    return first + rest


@lru_cache(maxsize=2_048)
def tail(text: str) -> int:
    """Where the blanks at the end of a line begin, in the line as it is shown."""
    if len(text) > LONGEST:
        return len(shown(text))
    return len(_TAIL.sub("", shown(text)))


SPACE = "·"
_TAB = "→"
_TAIL = re.compile(r" +␍?$")


@lru_cache(maxsize=2_048)
def occurrences(line: str, words: str) -> tuple[tuple[int, int], ...]:
    """Where words stand in a line, whatever their case; `words` are casefolded."""
    if not words:
        return ()
    folded = line.casefold()
    starts: Sequence[int] = range(len(line) + 1)
    if len(folded) != len(line):  # as with ß, of which two characters become
        each = (at for at, character in enumerate(line) for _ in character.casefold())
        starts = (*each, len(line))
    return tuple(
        (starts[hit.start()], starts[hit.end() - 1] + 1)
        for hit in re.finditer(re.escape(words), folded)
    )


def whole(line: str, start: int, end: int) -> tuple[int, int]:
    """A stretch of a line, widened so that it halves nothing the eye takes for one character."""
    if line.isascii():
        return start, end
    touched = [(a, b) for a, b, _ in _graphemes(line) if a < end and b > start]
    return (touched[0][0], touched[-1][1]) if touched else (start, end)


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
