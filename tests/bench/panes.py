"""From a key to the screen, with sixteen agents that talk at 60 lines a second each.

Ours is the whole client, reading from a stage engine over a unix socket; `RichLog` is fed in its
own process, which is the easier part.
"""

from __future__ import annotations

import subprocess  # noqa: TID251 - the engine under test is a process of its own
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.terminal import Terminal

NAME = "panes"

_AGENTS = 16
_LATE = 2.0
"""Seconds after which an answer counts as this late: `RichLog` may not answer at all."""
_POINTED = rb"\xe2\x96\xb8(?:\x1b\[[0-9;:]*m)*agent%02d"


def measure() -> dict[str, float]:
    """Milliseconds from key to screen, and processor shares; `ratio` is RichLog's p95 over ours."""
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
        socket = Path(folder) / "engine.sock"
        with chatter(socket), Terminal(python("tests.bench.ours", str(socket))) as screen:
            ours, busy = _keys(screen, begun=b"agent15", grid=True, presses=150)
        with Terminal(python("tests.bench.richlogs")) as screen:
            theirs, _ = _keys(screen, begun=b"agent00", grid=False, presses=30)
    return {
        "key_p50_ms": part(ours, 0.50),
        "key_p95_ms": part(ours, 0.95),
        "key_max_ms": max(ours),
        "processor_percent": busy * 100,
        "richlog_p95_ms": part(theirs, 0.95),
        "ratio": part(theirs, 0.95) / part(ours, 0.95),
    }


@contextmanager
def chatter(socket: Path, *options: str) -> Iterator[None]:
    """A stage engine that answers on this socket."""
    process = subprocess.Popen([*python("tests.bench.chatter", str(socket)), *options])
    try:
        for _ in range(200):
            if socket.exists():
                break
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def python(module: str, *arguments: str) -> list[str]:
    """How a module of the benchmarks is run."""
    return [sys.executable, "-m", module, *arguments]


def _keys(screen: Terminal, *, begun: bytes, grid: bool, presses: int) -> tuple[list[float], float]:
    screen.wait(begun, timeout=20)
    screen.drain(3.0)
    used, since = screen.processor_seconds(), time.perf_counter()
    times = []
    at = 0
    for n in range(presses):
        key, at = _next(at, n) if grid else ("l", (at + 1) % _AGENTS)
        try:
            times.append(screen.answer_time(key, _POINTED % at, timeout=_LATE) * 1000)
        except TimeoutError:
            times.append(_LATE * 1000)
        screen.drain(0.05 + 0.013 * (n % 5))  # at no fixed moment of the frame
    busy = (screen.processor_seconds() - used) / (time.perf_counter() - since)
    return times, busy


def _next(at: int, n: int) -> tuple[str, int]:
    """To and fro between the first two panes: beside each other in every grid."""
    return ("l", 1) if at == 0 else ("h", 0)


def part(values: Sequence[float], share: float) -> float:
    """The value that this share of them lies below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
