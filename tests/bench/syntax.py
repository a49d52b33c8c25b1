"""A diff of 10,000 lines as `Static(Syntax)`, what ours is held to: `python -m tests.bench.syntax`.

`o` opens it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

from rich.syntax import Syntax
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tests.bench.reviewed import SIZES, diff_of


class Whole(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("o", "open", "open")]

    def __init__(self, patch: str) -> None:
        super().__init__()
        self.patch = patch

    def compose(self) -> ComposeResult:
        yield Static("press o", id="hint")
        yield VerticalScroll(Static(id="diff"))

    def action_open(self) -> None:
        self.query_one("#diff", Static).update(Syntax(self.patch, "diff"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
        _, patch = diff_of(Path(folder), "middle", SIZES["middle"])
    Whole(patch.decode()).run()
