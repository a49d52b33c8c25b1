"""Logs of programs that may never stop talking: whole up to a size, then beginning and end."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

KEPT = 64 << 20
"""Bytes of a log up to which it is kept whole."""
END = 1 << 20
"""Bytes of the end of a longer one."""


class Log:
    """A log being written; what is appended to a file that exists counts anew."""

    def __init__(self, path: Path, kept: int = KEPT, end: int = END) -> None:
        self._file = path.open("ab")
        self._room = kept
        self._most = end
        self._end = bytearray()
        self._lost = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file as file:
            self._cut(self._most)
            if self._lost:
                file.write(b"\n[%d bytes were not kept]\n" % self._lost)
            file.write(self._end)

    def write(self, chunk: bytes) -> None:
        """More of it."""
        if self._room:
            self._file.write(chunk[: self._room])
            taken = min(self._room, len(chunk))
            self._room -= taken
            chunk = chunk[taken:]
        self._end += chunk
        if len(self._end) > 2 * self._most:
            self._cut(self._most)

    def flush(self) -> None:
        """Let readers see what was kept so far."""
        self._file.flush()

    def _cut(self, most: int) -> None:
        over = max(0, len(self._end) - most)
        self._lost += over
        del self._end[:over]
