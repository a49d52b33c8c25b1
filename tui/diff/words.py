"""What changed inside a line: the words in which it differs from the line beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

Marks: TypeAlias = tuple[tuple[int, int], ...]
"""Characters `start` … `end` of a shown line, in order."""

LONGEST = 1_000
"""Characters of a line that is compared; a longer one stays unmarked."""

_MOST = 10_000
"""Pairs of words that are compared; of longer middles all is marked."""

_ALIKE = 0.35
"""How much of two lines must be the same for the rest to be worth marking."""

_WORD = re.compile(r"[\w\u0300-\u036f]+|\s+|[^\w\s]")

_NONE: tuple[Marks, Marks] = ((), ())


def changed(old: str, new: str) -> tuple[Marks, Marks]:
    """Where two lines differ, by words; nothing where they have too little in common."""
    if old == new or max(len(old), len(new)) > LONGEST:
        return _NONE
    ours, theirs = _WORD.findall(old), _WORD.findall(new)
    stretches = list(_differences(ours, theirs))
    here = [(a, b) for a, b, _, _ in stretches if b > a]
    there = [(c, d) for _, _, c, d in stretches if d > c]
    changed_size = _ink(ours, here) + _ink(theirs, there)
    size = sum(len(word.strip()) for word in (*ours, *theirs))
    if not size or (size - changed_size) / size < _ALIKE:
        return _NONE
    return _marks(ours, here), _marks(theirs, there)


def _differences(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The stretches of words that differ: start and end in the old line, then in the new."""
    first, most = 0, min(len(old), len(new))
    while first < most and old[first] == new[first]:
        first += 1
    last = 0
    while last < most - first and old[-1 - last] == new[-1 - last]:
        last += 1
    ours, theirs = old[first : len(old) - last], new[first : len(new) - last]
    if len(ours) * len(theirs) > _MOST:
        yield first, len(old) - last, first, len(new) - last
        return
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            yield first + a, first + b, first + c, first + d


def _ink(words: Sequence[str], stretches: Sequence[tuple[int, int]]) -> int:
    return sum(len(word.strip()) for a, b in stretches for word in words[a:b])


def _marks(words: Sequence[str], stretches: Sequence[tuple[int, int]]) -> Marks:
    """Stretches of words as characters; two with nothing but a blank between become one."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    found: list[tuple[int, int]] = []
    reached = 0
    for a, b in stretches:
        if found and all(word.isspace() for word in words[reached:a]):
            found[-1] = (found[-1][0], starts[b])
        else:
            found.append((starts[a], starts[b]))
        reached = b
    return tuple(found)
