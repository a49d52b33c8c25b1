"""A log of any length as lines: the part that has been read, growing at both ends. No widget."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from factory.wire import Chunk, FileView
from tui.diff.place import Place

PIECE = 131_072
"""Bytes that are asked for at once."""

Fetch = Callable[[int, int, bool], Awaitable[Chunk]]
"""Asks for `limit` bytes from `offset`, or (last argument) for the last ones."""

_AT = re.compile(
    r'File "(?P<file>[^"\n]{1,400})", line (?P<number>\d{1,7})'
    r"|(?P<path>[^\s:()'\"\[\]]{1,400}\.\w{1,12})[:(](?P<line>\d{1,7})"
)
_NUMBER = re.compile(r'(?::|\(|", line )(\d{1,7})\b')
"""What follows a path where it names a line."""
_INDENTED = re.compile(r"\s+(\d{1,7}):\d{1,7}\s")
_PATH = re.compile(r"\S.{0,400}\.\w{1,12}\s*$")
_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
_ABOVE = 200
"""Lines above one in which its path is looked for."""
_LONGEST = 4_096
"""Characters of a line that are read."""


class LogText:
    """Lines of one log, from byte `start` to byte `end` of `size`."""

    def __init__(self, fetch: Fetch) -> None:
        self.lines: list[str] = [""]
        self.start = self.end = self.size = 0
        self._fetch = fetch

    async def open_end(self) -> None:
        """Read the last piece in place of what was read."""
        self._take(await self._fetch(0, PIECE, True))

    async def open_beginning(self) -> None:
        """Read the first piece, unless it is there."""
        if self.start:
            self._take(await self._fetch(0, PIECE, False))

    async def extend_down(self) -> bool:
        """Read on after the last line; whether anything came."""
        chunk = await self._fetch(self.end, PIECE, False)
        self.size = chunk.size
        if chunk.end <= self.end:
            return False
        first, *rest = chunk.text.split("\n")
        self.lines[-1] += first
        self.lines += rest
        self.end = chunk.end
        return True

    async def extend_up(self) -> int:
        """Read what comes before the first line; how many lines came."""
        if not self.start:
            return 0
        offset = max(0, self.start - PIECE)
        chunk = await self._fetch(offset, self.start - offset, False)
        *before, last = chunk.text.split("\n")
        self.lines[:1] = [*before, last + self.lines[0]]
        self.start = chunk.offset
        return len(before)

    def _take(self, chunk: Chunk) -> None:
        self.lines = chunk.text.split("\n")
        self.start, self.end, self.size = chunk.offset, chunk.end, chunk.size


def place_in(line: str, files: Sequence[FileView], above: Sequence[str] = ()) -> Place | None:
    """The place that a line of a log names, where that file is part of the change.

    Read are `path:12`, `path(12,5)`, `File "path", line 12`; a path may be absolute, begin with
    `./`, or be the end of one where only one file of the change ends like it. `above` are the lines
    before it: a line `  12:5  error` belongs to the nearest one that is a path (as eslint writes).
    """
    line = line[:_LONGEST]
    numbered = _INDENTED.match(line)
    if numbered is not None:
        heading = next((one for one in reversed(above[-_ABOVE:]) if _PATH.match(one)), "")
        path = _file(heading.strip(), files)
        return Place(path, int(numbered[1]), at=3) if path else None
    # With blanks or brackets in it, a path can only be told by those there are.
    for path in sorted((file.path for file in files), key=len, reverse=True):
        at = line.find(path)
        begins = at == 0 or (at > 0 and line[at - 1] not in _IN_NAMES)
        if begins and (found := _NUMBER.match(line, at + len(path))):
            return Place(path, int(found[1]), at=3)
    for match in _AT.finditer(line):
        path = _file(match["path"] or match["file"], files)
        if path:
            return Place(path, int(match["line"] or match["number"]), at=3)
    return None


def _file(named: str, files: Sequence[FileView]) -> str:
    """The file of the change that is meant; empty where none is, or where several could be."""
    named = named.removeprefix("./")
    whole = [f.path for f in files if named == f.path or named.endswith("/" + f.path)]
    ends = [file.path for file in files if named and file.path.endswith("/" + named)]
    return max(whole, key=len) if whole else ends[0] if len(ends) == 1 else ""


def named_place(line: str) -> Place | None:
    """The first `path:line` that a line of a log names, of whatever file; None for none."""
    match = _AT.search(line[:_LONGEST])
    if match is None:
        return None
    path = (match["path"] or match["file"]).removeprefix("./")
    return Place(path, int(match["line"] or match["number"]))
