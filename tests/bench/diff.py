"""Opening a diff: from `enter` in the inbox to the first lines of it on the terminal.

The client is the real one in a pseudo-terminal. First the engine is a stage in a process of its
own, with diffs that git and `factory.review` made; then the real one, which has a change of
100,000 lines in 2,000 files in its vault, before and after it was restarted. `Static(Syntax)`
gets its text handed in memory, which is the easier part.
"""

from __future__ import annotations

import asyncio
import subprocess  # noqa: TID251 - the engine under test is a process of its own
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from pathlib import Path
from statistics import median

from factory import spawn, wire
from factory.model import TaskState
from tests.bench import process, reviewed
from tests.bench.ours import FRAME
from tests.bench.panes import python
from tests.bench.reviewed import SIZES
from tests.bench.terminal import Terminal
from tests.bench.works import works

NAME = "diff"

_TIMES = 7
_PRESSES = 30
_KEYS = {"line": "jjjjjkjjjj", "half_page": "\x04\x04\x15", "hunk": "]]]][", "file": "}}}}{",
         "end": "Gg"}  # fmt: skip
"""What is pressed over and over, by what it moves by."""
_REST = 0.000_2
"""Seconds of work after the last frame of a key that are not worth a frame of their own."""


def measure() -> dict[str, float]:
    """Milliseconds to first paint by size and engine, of work by key; MB; ratios."""
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
        socket, frames = Path(folder) / "engine.sock", Path(folder) / "frames"
        ours = python("tests.bench.ours", str(socket), str(frames))
        with engine(socket), Terminal(ours) as screen:
            found = _ours(screen, frames)
        with Terminal(python("tests.bench.syntax")) as screen:
            screen.wait(b"press o", timeout=60)
            screen.drain(0.5)
            theirs = screen.answer_time("o", rb"value_0", timeout=60) * 1_000
    found |= asyncio.run(_real())
    found["open_ratio"] = found["open_2000_files_ms"] / found["open_100_ms"]
    return {**found, "syntax_10k_ms": theirs, "ratio": theirs / found["open_10k_ms"]}


def _ours(screen: Terminal, frames: Path) -> dict[str, float]:
    begin(screen, b"vast")
    found = _through_page(screen)
    names = {"small": "100", "middle": "10k", "large": "100k", "vast": "2000_files"}
    for at, name in enumerate(SIZES):
        times = opened(screen, name, _TIMES)
        found[f"open_{names[name]}_ms"] = median(times[1:])
        if at < len(SIZES) - 1:
            screen.press("j")
            screen.drain(0.2)
    screen.press("\r")
    screen.drain(1.0)
    found["jump_to_end_ms"] = screen.answer_time("G", rb"value_39 ") * 1_000
    screen.drain(0.5)
    screen.press("g")
    screen.drain(0.5)
    pages = []
    for _ in range(_TIMES):
        pages.append(screen.answer_time("\x04", rb"value_\d+ ") * 1_000)
        screen.drain(0.3)
    found["half_page_ms"] = median(pages)
    return found | _worked(screen, frames) | {"memory_mb": screen.resident_mb()}


def _through_page(screen: Terminal) -> dict[str, float]:
    """To the page of a change that nobody has looked at yet, and from there to its diff."""
    screen.press("G")
    screen.drain(0.3)
    pages, diffs = [], []
    for _ in range(_TIMES):
        pages.append(screen.answer_time("\r", b"look at") * 1_000)
        screen.drain(0.5)
        diffs.append(screen.answer_time(" ", rb"value_\d+ ") * 1_000)
        screen.drain(0.4)
        screen.press("q")
        screen.drain(0.4)
    screen.press("g")
    screen.drain(0.3)
    return {
        "open_first_ms": pages[0],
        "open_page_ms": median(pages[1:]),
        "page_to_diff_ms": median(diffs[1:]),
    }


def begin(screen: Terminal, last: bytes) -> None:
    """Go to the inbox once the screen is there; `last` is an item of it."""
    screen.wait(b"bench|project", timeout=60)
    screen.drain(0.5)
    screen.press("2")
    screen.wait(last, timeout=20)
    screen.drain(0.5)


def opened(screen: Terminal, name: str, times: int) -> list[float]:
    """Milliseconds to the first paint of the change under the cursor, again and again."""
    found = []
    for _ in range(times):
        found.append(screen.answer_time("\r", f"'{name}', ".encode()) * 1_000)
        screen.drain(0.4)
        screen.press("q")
        screen.drain(0.4)
    return found


def _worked(screen: Terminal, frames: Path) -> dict[str, float]:
    """Milliseconds of processor time of the screen's own thread: for one key, and for one frame.

    A frame's work is all that was done since the frame before it or since the key, so nothing that
    a key costs is left out.
    """
    by_key: dict[str, list[float]] = {}
    pieces: list[float] = []
    for name, keys in _KEYS.items():
        spent = by_key.setdefault(name, [])
        for n in range(_PRESSES):
            before = process.thread_seconds(screen.pid)
            screen.press(keys[n % len(keys)])
            screen.drain(0.15)
            after = process.thread_seconds(screen.pid)
            spent.append((after - before) * 1_000)
            pieces += _pieces(frames, before, after)
    every, pieces = sorted(chain.from_iterable(by_key.values())), sorted(pieces)
    return {
        **{f"work_{name}_ms": median(spent) for name, spent in by_key.items()},
        "work_p50_ms": median(every),
        "work_p99_ms": every[int(len(every) * 0.99)],
        "frame_p50_ms": median(pieces),
        "frame_p99_ms": pieces[int(len(pieces) * 0.99)],
        "frame_max_ms": pieces[-1],
    }


def _pieces(frames: Path, before: float, after: float) -> list[float]:
    """Milliseconds of each frame between two readings of the clock, and of what came after it."""
    done = (at for (at,) in FRAME.iter_unpack(frames.read_bytes()))
    ends = [before, *(at for at in done if before < at <= after)]
    if after - ends[-1] > _REST:
        ends.append(after)
    return [(end - start) * 1_000 for start, end in pairwise(ends)]


async def _real() -> dict[str, float]:
    """The same change in the engine itself; first just restarted, then as it goes on."""

    def prepare(folder: Path) -> None:
        reviewed.write(folder, "vast", "old", SIZES["vast"])

    async with works(prepare) as factory:
        (name,) = await factory.add("grep -rl \"'old'\" src | xargs sed -i \"s/'old'/'new'/\"")
        await factory.until(TaskState.READY, name)
        index = await factory.client.review(name)
        marks = tuple(hunk.id for hunk in index.files[0].hunks)
        await factory.client.send(wire.MarkSeen(task=name, marks=marks))
        ours = python("tests.bench.ours", str(factory.place.socket))
        warm = await asyncio.to_thread(_first_opened, ours)
        await spawn.stop_engine(factory.place, at_once=True)
        await spawn.ensure_engine(factory.place)
        cold = await asyncio.to_thread(_first_opened, ours)
    return {
        "engine_first_ms": warm[0],
        "engine_open_ms": median(warm[1:]),
        "engine_restarted_ms": cold[0],
    }


def _first_opened(ours: list[str]) -> list[float]:
    with Terminal(ours) as screen:
        begin(screen, b"task-grep")
        return opened(screen, "vast", _TIMES)


@contextmanager
def engine(socket: Path) -> Iterator[None]:
    """A stage engine with changes of all sizes, as a process, on a socket."""
    stage = subprocess.Popen(python("tests.bench.reviewed", str(socket)))
    try:
        for _ in range(600):
            if socket.exists():
                break
            time.sleep(0.1)
        yield
    finally:
        stage.kill()
        stage.wait()


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
