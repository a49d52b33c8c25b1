"""From the demo's command to the first pane that works."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from tests.bench.terminal import Terminal

NAME = "start"

_RUNS = 3
_COMMAND = str(Path(sys.executable).with_name("factory-tui"))
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def measure() -> dict[str, float]:
    """Seconds, medians: to the first paint, and until an agent works in a pane."""
    painted, working = [], []
    for run in range(-1, _RUNS):  # the first run compiles
        with Terminal([_COMMAND, "demo"], columns=140, rows=40, more=_COMPILED) as screen:
            first = screen.wait(rb"\x1b\[\?1049h.*recorded|waiting for the engine", timeout=60)
            then = first + screen.wait(rb"working", timeout=60, start=0)
            screen.press("q")
            screen.ended(20)  # it stops the demo's engine on its way out
        if run >= 0:
            painted.append(first)
            working.append(then)
    return {
        "first_paint_s": statistics.median(painted),
        "working_s": statistics.median(working),
        "working_max_s": max(working),
    }


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.2f}")
