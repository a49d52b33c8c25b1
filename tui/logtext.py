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
    r"|(?P<path>[^\s:()'\"\[\]]{1,400}\.\w{1,12}):(?P<line>\d{1,7})"
)


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


def place_in(line: str, files: Sequence[FileView]) -> Place | None:
    """The `path:line` that a line of a log names, where that file is part of the change."""
    for match in _AT.finditer(line[:4_096]):
        named = match["path"] or match["file"]
        number = int(match["line"] or match["number"])
        for file in files:
            if named == file.path or named.endswith("/" + file.path):
                return Place(file.path, number, at=3)
    return None


def names_place(line: str) -> str:
    """The first `path:line` that a line of a log names, of whatever file; empty for none."""
    match = _AT.search(line[:4_096])
    if match is None:
        return ""
    return f"{match['path'] or match['file']}:{match['line'] or match['number']}"
