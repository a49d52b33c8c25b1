"""Random edits of real files that know where every line went, and comments that must follow."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from factory.model import Anchor, Struct
from factory.review.anchors import excerpt, place

EDITS = ("insert", "delete", "move", "change", "rename", "reindent", "copy")


class Line(NamedTuple):
    """A line of an edited file, and which line of the old one it was (or was copied from)."""

    text: str
    was: int = -1
    copied: bool = False


class End(StrEnum):
    """What became of a comment."""

    RIGHT = "right"
    OUTDATED = "outdated"
    GONE = "gone, and said to be"
    WRONG = "wrong"


class Trial(Struct):
    """One edited file with one comment on it."""

    kinds: tuple[str, ...]
    end: End
    anchor: Anchor
    placed: Anchor | None


def edited(chance: random.Random, lines: Sequence[str]) -> tuple[list[Line], tuple[str, ...]]:
    """A file after one to four edits, and which they were."""
    now = [Line(text, at) for at, text in enumerate(lines)]
    kinds = tuple(chance.choices(EDITS, k=chance.randrange(1, 5)))
    for kind in kinds:
        now = _edit(chance, now, kind)
    return now, kinds


def _edit(chance: random.Random, now: list[Line], kind: str) -> list[Line]:
    first = chance.randrange(max(len(now), 1))
    last = min(first + chance.choice((1, 1, 2, 3, 8, 30)), len(now))
    block, rest = now[first:last], now[:first] + now[last:]
    elsewhere = chance.randrange(len(rest) + 1)
    match kind:
        case "insert":
            fresh = [Line(_words(chance)) for _ in range(chance.randrange(1, 20))]
            return now[:first] + fresh + now[first:]
        case "delete":
            return rest
        case "move":
            return rest[:elsewhere] + block + rest[elsewhere:]
        case "copy":
            again = [line._replace(copied=True) for line in block]
            at = chance.randrange(len(now) + 1)
            return now[:at] + again + now[at:]
        case "change":
            return now[:first] + [_changed(chance, line) for line in block] + now[last:]
        case "reindent":
            by = chance.choice(("    ", "\t", ""))
            moved = [line._replace(text=by + (line.text if by else line.text.lstrip()))
                     for line in block]  # fmt: skip
            return now[:first] + moved + now[last:]
    return now  # renamed: the same lines under another path


def _changed(chance: random.Random, line: Line) -> Line:
    words = line.text.split(" ")
    at = chance.randrange(len(words))
    words[at] = _words(chance, 1)
    return line._replace(text=" ".join(words))


def _words(chance: random.Random, count: int = 6) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(chance.choices(letters, k=7)) for _ in range(count))


def trial(chance: random.Random, lines: Sequence[str], follow: bool = True) -> Trial:
    """One comment through one random edit; without `follow`, by the text of its lines alone."""
    first = chance.randrange(1, len(lines) + 1)
    last = min(first + chance.choice((0, 0, 0, 1, 4)), len(lines))
    anchor = Anchor(path="a", line=first, end=last if last > first else 0)
    anchor = Anchor(path="a", line=first, end=anchor.end, text=excerpt(lines, anchor))
    now, kinds = edited(chance, lines)
    after = [line.text for line in now]
    placed = place(anchor, after, lines) if follow else place(anchor, after)
    return Trial(kinds=kinds, end=_end(anchor, placed, now), anchor=anchor, placed=placed)


def _end(anchor: Anchor, placed: Anchor | None, now: Sequence[Line]) -> End:
    ends = [anchor.line, anchor.end or anchor.line]
    if placed is None:
        there = all(_is_there(number, now) for number in ends)
        return End.OUTDATED if there else End.GONE
    at = [placed.line, placed.end or placed.line]
    same = all(_is(number, now[to - 1], now) for number, to in zip(ends, at, strict=True))
    return End.RIGHT if same else End.WRONG


def _is_there(number: int, now: Sequence[Line]) -> bool:
    return any(line.was == number - 1 for line in now)


def _is(number: int, line: Line, now: Sequence[Line]) -> bool:
    """Whether a line is the one that was meant; a copy is, where the line itself is gone."""
    original = any(one.was == number - 1 and not one.copied for one in now)
    return line.was == number - 1 and not (line.copied and original)


def counted(trials: Iterable[Trial]) -> Counter[End]:
    """How many of them ended how."""
    return Counter(one.end for one in trials)
