"""A clock that tests wind: as fast as they like, with jumps; several processes can share one."""

from __future__ import annotations

import asyncio
import struct
import time
from pathlib import Path

GLANCE = 0.05
"""Seconds of real time between two looks at a clock that may have jumped."""
_NUMBERS = struct.Struct("=4d")


class Wound:
    """A clock of `speed` seconds a second, from `start` on (None is now).

    Who sleeps by it wakes when it jumps past the hour; after a jump back, when it would have woken
    without.
    """

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self._speed = speed
        self._begun = time.monotonic()
        self._start = time.time() if start is None else start
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return self._start + self.passed() + self._offset

    def passed(self) -> float:
        """Its seconds since it was wound, jumps left out."""
        return (time.monotonic() - self._begun) * self._speed

    def jump(self, seconds: float) -> None:
        """Somebody sets it: forwards, or backwards."""
        self._offset += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait for so many of its seconds."""
        hour, end = self.now() + seconds, self.passed() + seconds
        while self.now() < hour and (left := end - self.passed()) > 0:
            await asyncio.sleep(min(left / self._speed, GLANCE))


class Hung(Wound):
    """The same clock on a wall: a file, for processes of one machine to look at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._speed, self._begun, self._start, self._offset = 1.0, 0.0, 0.0, 0.0
        self._read()

    @classmethod
    def hang(cls, path: Path, speed: float, start: float) -> Hung:
        """Wind one and hang it up."""
        path.write_bytes(_NUMBERS.pack(speed, time.monotonic(), start, 0.0))
        return cls(path)

    def now(self) -> float:
        """Seconds since 1970."""
        self._read()
        return super().now()

    def jump(self, seconds: float) -> None:
        """Somebody sets it, for all processes."""
        self._read()
        written = _NUMBERS.pack(self._speed, self._begun, self._start, self._offset + seconds)
        with self._path.open("r+b") as file:
            file.write(written)

    def _read(self) -> None:
        numbers = _NUMBERS.unpack(self._path.read_bytes())
        self._speed, self._begun, self._start, self._offset = numbers
