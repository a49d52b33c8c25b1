"""What tamper marks are made of: an edited file, the kinds of marks, how text becomes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

from factory.model import Mark, Struct

_SHOWN = 200
"""Characters of a found line that a mark holds."""


class MarkKind(StrEnum):
    """The kinds of tamper marks."""

    DELETED = "deleted test"
    """A file of tests is gone, and they stand nowhere else."""
    REMOVED = "removed test"
    SKIPPED = "skipped test"
    EMPTIED = "emptied test"
    WEAKENED = "weakened test"
    """Fewer or weaker assertions than before."""
    DISCOVERY = "test discovery"
    """Something decides which tests run, or what their outcome is."""
    EXIT = "early exit"
    DETECTION = "test detection"
    """Code that finds out whether it is being tested."""
    CONFIGURATION = "guardrail configuration"
    SUPPRESSION = "suppression"
    NEW_DEPENDENCY = "new dependency"
    CHANGED_DEPENDENCY = "changed dependency"
    CONFLICT = "conflict marker"
    MACHINERY = "test machinery"
    """Code under test that reaches into what runs its tests."""
    COMPARISON = "constant comparison"
    HOLLOW = "hollow function"
    SWALLOWED = "swallowed error"
    ANSWER = "answer of a test"
    """Code that knows what the tests give and want."""


class Edited(Struct):
    """One file of a change: its bytes before and after; None where that side has none."""

    path: str
    old: bytes | None = None
    new: bytes | None = None

    @property
    def before(self) -> str:
        """The old text; empty for no file and for a binary one."""
        return _text(self.old)

    @property
    def after(self) -> str:
        """The new text; empty for no file and for a binary one."""
        return _text(self.new)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


class Found(Struct):
    """Something found in a text: its line, 1-based, and what it reads."""

    line: int
    text: str


def mark(kind: MarkKind, path: str, line: int, text: str) -> Mark:
    """A mark, its text cut to a length that fits a screen."""
    return Mark(kind=kind.value, path=path, line=line, text=text.strip()[:_SHOWN])


def added(old: Iterable[Found], new: Iterable[Found]) -> Iterator[Found]:
    """What is in `new` more often than in `old`, by its text, wherever it stands."""
    known = Counter(one.text for one in old)
    for one in new:
        if known[one.text]:
            known[one.text] -= 1
        else:
            yield one


def _text(contents: bytes | None) -> str:
    if contents is None or b"\0" in contents:
        return ""
    return contents.decode("utf-8", "replace")
