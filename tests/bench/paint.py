"""From the command to the first paint with twenty tasks; then memory, and the price of idling."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from tests.bench.panes import chatter, python
from tests.bench.terminal import Terminal

NAME = "paint"

_TASKS = 20
_RUNS = 9
_IDLE = 15.0
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def measure() -> dict[str, float]:
    """Seconds to the first paint and to all tasks, MB, and percent of a core while idle."""
    first, tasks, least = [], [], []
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
        socket = Path(folder) / "engine.sock"
        ours = python("tests.bench.ours", str(socket))
        with chatter(socket, "--agents", str(_TASKS), "--rate", "0", "--state", "ready"):
            _start(ours, b"agent19")
            _start(python("tests.bench.onewidget"), b"painted")
            for _ in range(_RUNS):  # in turns: what else the machine does falls on both
                first.append(_start(ours, rb"waiting for the engine|agent00"))
                tasks.append(_start(ours, b"agent19"))
                least.append(_start(python("tests.bench.onewidget"), b"painted"))
            with Terminal(ours, columns=140, rows=40, more=_COMPILED) as screen:
                screen.wait(b"agent19", start=0)
                screen.drain(3.0)
                used = screen.processor_seconds()
                screen.drain(_IDLE)
                idle = (screen.processor_seconds() - used) / _IDLE
                memory = screen.resident_mb()
    return {
        "first_paint_s": statistics.median(first),
        "all_tasks_s": statistics.median(tasks),
        "one_widget_s": statistics.median(least),
        "first_paint_ratio": statistics.median(first) / statistics.median(least),
        "all_tasks_ratio": statistics.median(tasks) / statistics.median(least),
        "client_mb": memory,
        "idle_percent": idle * 100,
    }


def _start(command: list[str], pattern: bytes) -> float:
    with Terminal(command, columns=140, rows=40, more=_COMPILED) as screen:
        return screen.wait(pattern, timeout=30, start=0)


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.3f}")
