"""The real screen on a stage engine: `python -m tests.bench.ours SOCKET [FRAMES]`.

Into the file FRAMES goes, as each frame is handed to the terminal, the processor time that the
screen's own thread has used by then: so the work of a key can be told frame by frame.
"""

from __future__ import annotations

import struct
import sys
import time
from pathlib import Path

from rich.console import RenderableType
from textual.screen import Screen

from factory.client import connect
from tui.app import FactoryApp

FRAME = struct.Struct("d")
"""One entry of FRAMES: seconds."""


class Measured(FactoryApp):
    """The application, which says when a frame is done."""

    frames: Path

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if renderable is not None:
            with self.frames.open("ab") as file:
                file.write(FRAME.pack(time.thread_time()))


if __name__ == "__main__":
    socket, *frames = (Path(word) for word in sys.argv[1:])
    app = (Measured if frames else FactoryApp)(lambda: connect(socket))
    if isinstance(app, Measured):
        app.frames = frames[0]
    app.run()
