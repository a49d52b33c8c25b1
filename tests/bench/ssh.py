"""The review over a link that takes 100 ms each way: first paint, bytes a key, typing ahead.

`python -m tests.bench.ssh SOCKET` is the far end: the real screen in a terminal of its own, whose
bytes are held back for 100 ms in either direction.
"""

from __future__ import annotations

import os
import select
import sys
import tempfile
import termios
import time
import tty
from collections import deque
from pathlib import Path
from statistics import median

from tests.bench.diff import begin, engine
from tests.bench.panes import python
from tests.bench.terminal import Terminal

NAME = "ssh"

_DELAY = 0.1
_PRESSES = 15
_AHEAD = "]]]mkept"
"""Typed without waiting for any answer: three hunks on, then a comment."""


def measure() -> dict[str, float]:
    """Milliseconds to the first paint, bytes for a key, ms until all that was typed ahead shows."""
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
        socket = Path(folder) / "engine.sock"
        far = python("tests.bench.ssh", str(socket))
        with engine(socket), Terminal(far, columns=120, rows=40) as screen:
            painted = screen.wait(rb"bench|waiting for the engine", timeout=30, start=0)
            begin(screen, b"vast")
            screen.press("\r")
            screen.wait(rb"value_\d+ ", timeout=20)
            screen.drain(1.5)
            lines = [_bytes(screen, "j") for _ in range(_PRESSES)]
            screen.drain(1.0)
            ahead = screen.answer_time(_AHEAD, rb"kept|k(?:\x1b[^e]*?)?e.*p.*t", timeout=20)
            screen.press("\x1b")
            screen.drain(1.0)
    lines.sort()
    return {
        "first_paint_ms": painted * 1_000,
        "line_p50_bytes": median(lines),
        "line_p99_bytes": lines[int(len(lines) * 0.99)],
        "typed_ahead_ms": ahead * 1_000,
    }


def _bytes(screen: Terminal, key: str) -> int:
    """What one key has sent over the link."""
    before = len(screen.seen)
    screen.press(key)
    screen.drain(2 * _DELAY + 0.6)
    return len(screen.seen) - before


class _Held:
    """Bytes on their way, each until its time has come."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._way: deque[tuple[float, bytes]] = deque()

    def put(self, data: bytes) -> None:
        self._way.append((time.monotonic() + _DELAY, data))

    def deliver(self) -> float:
        """Pass on what has arrived; seconds until the next does."""
        while self._way and self._way[0][0] <= time.monotonic():
            os.write(self._target, self._way.popleft()[1])
        return max(0.0, self._way[0][0] - time.monotonic()) if self._way else 1.0


def relay(socket: str) -> None:
    """Run the screen in a terminal of its own and hold back its bytes, until it ends."""
    size = os.get_terminal_size()
    here = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        with Terminal(
            python("tests.bench.ours", socket), columns=size.columns, rows=size.lines
        ) as screen:
            down, up = _Held(1), _Held(screen.descriptor)
            ways = {0: up, screen.descriptor: down}
            while True:
                wait = min(down.deliver(), up.deliver())
                for ready in select.select(list(ways), [], [], wait)[0]:
                    try:
                        data = os.read(ready, 1 << 16)
                    except OSError:
                        return
                    if not data:
                        return
                    ways[ready].put(data)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, here)


if __name__ == "__main__":
    relay(sys.argv[1])
