"""Where the lines of one version of a file are in the next. Pure, and rather silent than wrong.

A line is held against its equals by what stands around it, both ways: it goes where its
surroundings went, and only where none of its equals fits as well. So moved blocks are followed,
and of twins none is taken for the other. Lines are compared without their indentation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher

_AROUND = 24
"""Lines up and down that are compared."""
_AWAY = 40
"""Lines up and down in which neighbours of an edited line are looked for."""
_ALIKE, _CLEARLY = 0.6, 0.1
"""How alike an edited line is at least, and by how much more than any other."""
_COMPARED = 2_000
"""Characters of a line that are compared: a minified file must not take minutes."""
_GAP = 200
"""Lines between two neighbours among which an edited line is looked for."""
_SAYS = re.compile(r"\w\w\w")


class Following:
    """Two versions of one file."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        self._before = [line.strip() for line in before]
        self._after = [line.strip() for line in after]
        self._old, self._new = _places(self._before), _places(self._after)

    def line(self, at: int) -> int | None:
        """Where line `at` (0-based) of the old version is now; None where that is not certain."""
        found = self._same(at)
        return self._edited(at) if found is None else found

    def span(self, first: int, last: int) -> tuple[int, int] | None:
        """Where lines `first` … `last` are now: both ends must be found, in their order."""
        start, end = self.line(first), self.line(last)
        if start is None or end is None or end < start:
            return None
        return (start, end) if end - start <= 3 * (last - first) + 20 else None

    def _same(self, at: int) -> int | None:
        """The line whose text is the same, if it and `at` are each other's only best match."""
        key = self._before[at]
        olds, news = self._old[key], self._new.get(key, ())
        to = _best(news, lambda new: sum(self._agree(at, new)))
        if to is None or _best(olds, lambda old: sum(self._agree(old, to))) != at:
            return None
        up, down = self._agree(at, to)
        if len(olds) == len(news) == 1:
            return to if up or down or _SAYS.search(key) else None
        # Of twins, either could be this one, where what is above speaks for the one and what is
        # below for the other.
        others = [self._agree(at, new) for new in news if new != to]
        others += [self._agree(old, to) for old in olds if old != at]
        if any(2 * other[0] >= up or 2 * other[1] >= down for other in others):
            return None
        return to if self._told(at, -up) and self._told(at, down) else None

    def _agree(self, old: int, new: int) -> tuple[int, int]:
        """How many lines before and after are the same, at most `_AROUND` each."""
        up = down = 0
        while (
            up < min(_AROUND, old, new) and self._before[old - up - 1] == self._after[new - up - 1]
        ):
            up += 1
        room = min(_AROUND, len(self._before) - old - 1, len(self._after) - new - 1)
        while down < room and self._before[old + down + 1] == self._after[new + down + 1]:
            down += 1
        return up, down

    def _told(self, at: int, by: int) -> bool:
        """Whether one of the lines that agree on one side has words, and others than this one."""
        lines = self._before[at + by : at] if by < 0 else self._before[at + 1 : at + 1 + by]
        return any(line != self._before[at] and _SAYS.search(line) for line in lines)

    def _edited(self, at: int) -> int | None:
        """The line that was made from this one, between the nearest neighbours that stayed."""
        if not _SAYS.search(self._before[at]):
            return None
        above, below = self._neighbour(at, -1), self._neighbour(at, 1)
        if above is None or below is None or not above[1] < below[1] <= above[1] + _GAP:
            return None
        gone = range(above[0] + 1, below[0])
        come = range(above[1] + 1, below[1])
        to = _best(come, lambda new: self._alike(at, new), _ALIKE, _CLEARLY)
        if to is None:
            return None
        back = _best(gone, lambda old: self._alike(old, to), _ALIKE, _CLEARLY)
        return to if back == at else None

    def _neighbour(self, at: int, by: int) -> tuple[int, int] | None:
        """The nearest line on one side that stayed, and where; the file's ends stay, too."""
        for old in range(at + by, at + by * (_AWAY + 1), by):
            if not 0 <= old < len(self._before):
                return (-1, -1) if by < 0 else (len(self._before), len(self._after))
            if _SAYS.search(self._before[old]) and (new := self._same(old)) is not None:
                return old, new
        return None

    def _alike(self, old: int, new: int) -> float:
        matcher = SequenceMatcher(None, self._before[old][:_COMPARED], self._after[new][:_COMPARED])
        return matcher.ratio() if matcher.quick_ratio() >= _ALIKE - _CLEARLY else 0.0


def _places(lines: Sequence[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        found[line].append(at)
    return dict(found)


def _best(
    numbers: Iterable[int],
    worth: Callable[[int], float],
    least: float = 0.0,
    margin: float = 0.0,
) -> int | None:
    """The number that is worth most, if no other is worth as much, or as much within a margin."""
    first = second = -1.0
    best: int | None = None
    for number in numbers:
        value = worth(number)
        if value > first:
            first, second, best = value, first, number
        elif value > second:
            second = value
    clear = first > second and (second < 0 or first - second >= margin)
    return best if clear and first >= least else None
