"""What a tool printed: kept whole for the developer, cut for the model."""

from __future__ import annotations

from collections import deque

KEPT_BYTES = 2 << 20
"""Most bytes of one tool's output that the transcript holds."""
SHOWN_CHARACTERS = 30_000
SHOWN_LINES = 256
_HINT = "print less, or write it to a file under /tmp and look at parts of it"


class Capture:
    """Output as it comes: its beginning and its end, within `limit` bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._half = limit // 2
        self._rest = limit - limit // 2
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._lost = 0

    def feed(self, data: bytes) -> None:
        """Take a chunk."""
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
        while self._tail and self._tail_size - len(self._tail[0]) >= self._rest:
            self._lost += len(first := self._tail.popleft())
            self._tail_size -= len(first)

    def text(self) -> str:
        """All of it, or both ends with a line between them that says how much is lost."""
        head, tail = bytes(self._head), b"".join(self._tail)
        if not self._lost:
            return (head + tail).decode(errors="replace")
        mark = f"\n[… {self._lost:,} bytes were not kept …]\n"
        return head.decode(errors="replace") + mark + tail.decode(errors="replace")


def shown(text: str, characters: int = SHOWN_CHARACTERS, lines: int = SHOWN_LINES) -> str:
    """What the model gets of it: head and tail, and in the cut how much is missing and what to do.

    Characters are cut first, so that two lines of ten megabytes are caught; then lines.
    """
    if len(text) > characters:
        mark = _mark(len(text) - characters, "characters")
        text = text[: characters // 2] + mark + text[-(characters // 2) :]
    rows = text.splitlines(keepends=True)
    if len(rows) > lines:
        mark = _mark(len(rows) - lines, "lines")
        text = "".join((*rows[: lines // 2], mark.lstrip("\n"), *rows[-(lines // 2) :]))
    return text


def _mark(count: int, unit: str) -> str:
    return f"\n[… {count:,} {unit} are left out here: {_HINT} …]\n"
