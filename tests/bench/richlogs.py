"""The same sixteen panes as Textual's `RichLog`, fed without any engine: what ours is held to."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Grid
from textual.widgets import RichLog, Static

_AGENTS = 16
_RATE = 60.0


class RichLogs(App[None]):
    CSS = """
    Grid { grid-size: 4 4; height: 1fr; }
    Static { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("l", "point", "point")]

    def compose(self) -> ComposeResult:
        yield Static("▸agent00", id="pointer")
        with Grid():
            for _ in range(_AGENTS):
                yield RichLog(max_lines=5000, wrap=False, markup=False, highlight=False)

    def on_mount(self) -> None:
        self.at = 0
        self.said = 0
        self.begun = time.perf_counter()
        self.set_interval(0.05, self.talk)

    def talk(self) -> None:
        due = int((time.perf_counter() - self.begun) * _RATE)
        for log in self.query(RichLog):
            for n in range(self.said, due):
                log.write(f"{n} collected src/package/module_{n % 37}.py::test_case_{n} PASSED")
        self.said = due

    def action_point(self) -> None:
        self.at = (self.at + 1) % _AGENTS
        self.query_one("#pointer", Static).update(f"▸agent{self.at:02}")


if __name__ == "__main__":
    RichLogs().run()
