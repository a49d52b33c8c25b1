"""Output of a program as whole lines, however fast it comes."""

from __future__ import annotations

import asyncio
from collections import deque

KEPT_AT_END = 200


class Lines:
    """Takes bytes, gives whole lines; past `limit` bytes only the newest lines are kept.

    `longest` is the most bytes of one line; a longer one is given in pieces.
    """

    def __init__(self, limit: int, longest: int) -> None:
        self._room = limit
        self._longest = longest
        self._open = bytearray()
        self._whole: list[str] = []
        self._newest: deque[str] = deque(maxlen=KEPT_AT_END)
        self._lost = 0
        self._came = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """Take a chunk."""
        self._open += data
        *whole, rest = self._open.split(b"\n")
        while len(rest) > self._longest:
            whole.append(rest[: self._longest])
            rest = rest[self._longest :]
        self._open = rest
        for line in whole:
            self._take(line)

    async def wait(self) -> None:
        """Until there is a line to be had."""
        await self._came.wait()

    @property
    def waiting(self) -> bool:
        """Whether there is a line to be had."""
        return self._came.is_set()

    def take(self) -> list[str]:
        """The lines since the last time, without their ends."""
        lines, self._whole = self._whole, []
        self._came.clear()
        return lines

    def rest(self) -> list[str]:
        """What is left at the end: an unfinished line, and the newest of those past the limit."""
        if self._open:
            self._take(self._open)
            self._open = bytearray()
        lines = self.take()
        if self._lost > len(self._newest):
            lines.append(f"[… {self._lost - len(self._newest):,} lines were not kept …]")
        return [*lines, *self._newest]

    def _take(self, line: bytearray) -> None:
        text = line.decode(errors="replace").removesuffix("\r")
        self._room -= len(line) + 1
        if self._room >= 0:
            self._whole.append(text)
            self._came.set()
        else:
            self._newest.append(text)
            self._lost += 1
