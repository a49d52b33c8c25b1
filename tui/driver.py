"""Textual's driver, but one that sleeps until there is something to read.

Textual's own looks ten times a second whether it should end, which is half of what an idle screen
costs. Ours is woken instead.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from threading import Event

from textual import constants
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

_GLANCE = 0.1
"""Seconds between two looks at the clock while a key may be half read."""
_PATIENCE = max(1.0, 2 * constants.ESCAPE_DELAY)
"""Seconds after the last byte in which it may be: a lone Esc is told from a sequence by time."""


class Bell(Event):
    """An event that a selector can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._listens, self._rings = os.pipe()

    def fileno(self) -> int:
        """Readable as long as the event is set."""
        return self._listens

    def set(self) -> None:
        """Set it, and wake whoever selects."""
        if not self.is_set():
            os.write(self._rings, b".")
        super().set()

    def clear(self) -> None:
        """Unset it."""
        if self.is_set():
            os.read(self._listens, 1)
        super().clear()


class SleepingDriver(LinuxDriver):
    """Reads keys without a clock of its own; everything else is Textual's."""

    exit_event: Bell

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event = Bell()  # for as long as the process lives: an editor suspends us often

    def run_input_thread(self) -> None:
        """Hand every key on until the bell rings or the terminal is gone; then the app ends."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        glances = 0
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(_GLANCE if glances else None)
                glances = max(0, glances - 1)
                if any(key.fd == self.fileno for key, _ in ready):
                    read = os.read(self.fileno, 4096)
                    if not read:
                        self._app.call_later(self._app.exit)
                        return
                    for message in parser.feed(decode(read)):
                        self.process_message(message)
                    glances = round(_PATIENCE / _GLANCE)
                for message in parser.tick():
                    self.process_message(message)
