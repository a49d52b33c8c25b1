"""Opening a diff: from `enter` in the inbox to the first lines of it on the terminal.

The client is the real one in a pseudo-terminal; the engine is a stage in a process of its own,
with diffs that git and `factory.review` made. `Static(Syntax)` gets its text handed in memory,
which is the easier part.
"""

from __future__ import annotations

import subprocess  # noqa: TID251 - the engine under test is a process of its own
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.panes import python
from tests.bench.reviewed import SIZES
from tests.bench.terminal import Terminal

NAME = "diff"

_TIMES = 7


def measure() -> dict[str, float]:
    """Milliseconds to first paint by size, of a page and a jump; `ratio` is Syntax over ours."""
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
        socket = Path(folder) / "engine.sock"
        with _engine(socket), Terminal(python("tests.bench.ours", str(socket))) as screen:
            found = _ours(screen)
        with Terminal(python("tests.bench.syntax")) as screen:
            screen.wait(b"press o", timeout=60)
            screen.drain(0.5)
            theirs = screen.answer_time("o", rb"value_0", timeout=60) * 1_000
    return {**found, "syntax_10k_ms": theirs, "ratio": theirs / found["open_10k_ms"]}


def _ours(screen: Terminal) -> dict[str, float]:
    screen.wait(b"bench", timeout=60)
    screen.drain(0.5)
    screen.press("2")
    screen.wait(b"large", timeout=20)
    screen.drain(0.5)
    found: dict[str, float] = {}
    for at, (name, lines) in enumerate(SIZES.items()):
        times = []
        for _ in range(_TIMES):
            times.append(screen.answer_time("\r", f"'{name}', 0".encode()) * 1_000)
            screen.drain(0.4)
            screen.press("q")
            screen.drain(0.4)
        if not at:
            found["open_first_ms"] = times[0]
        found[f"open_{_short(lines)}_ms"] = median(times[1:])
        screen.press("j")
        screen.drain(0.2)
    screen.press("\r")
    screen.drain(0.5)
    pages = []
    for _ in range(_TIMES):
        pages.append(screen.answer_time("\x04", rb"value_\d+ ") * 1_000)
        screen.drain(0.3)
    found["half_page_ms"] = median(pages)
    found["jump_to_end_ms"] = screen.answer_time("G", rb"value_29[0-9] ") * 1_000
    found["memory_mb"] = screen.resident_mb()
    return found


def _short(lines: int) -> str:
    return f"{lines // 1000}k" if lines >= 1000 else str(lines)


@contextmanager
def _engine(socket: Path) -> Iterator[None]:
    process = subprocess.Popen(python("tests.bench.reviewed", str(socket)))
    try:
        for _ in range(600):
            if socket.exists():
                break
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
