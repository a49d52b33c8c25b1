"""The real client, which notes what its panes say: `python -m tests.bench.watched SOCKET NOTES`.

Four times a second one line of JSON goes into NOTES: the time, and the heading of each pane as its
finished strip was handed to the terminal last.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec

from factory.client import connect
from factory.model import Struct
from tui.app import FactoryApp
from tui.widgets.pane import Pane

BEAT = 0.25


class Noted(Struct):
    """What the panes said at a time."""

    at: float
    heads: dict[str, str]
    """By task: the first row of its pane."""


class Watched(FactoryApp):
    """The application, and its notes."""

    notes: Path

    def on_mount(self) -> None:
        """Begin to take notes."""
        super().on_mount()
        self.set_interval(BEAT, self._note)

    def _note(self) -> None:
        heads = {}
        for pane in self.screen.query(Pane):
            if pane._picture is not None:  # what was painted last, and nothing newer
                heads[pane.about] = pane._picture[0].text
        with self.notes.open("ab") as file:
            file.write(msgspec.json.encode(Noted(at=time.time(), heads=heads)) + b"\n")


if __name__ == "__main__":
    socket, notes = (Path(word) for word in sys.argv[1:])
    app = Watched(lambda: connect(socket))
    app.notes = notes
    app.run()
