"""What the mouse does on lines: the wheel scrolls, a click puts the cursor there, two open."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from textual import events
from textual.message import Message

from tui.diff.geometry import Viewport
from tui.widgets.lined import Lined

WHEEL = 3
"""Lines that one notch of the wheel moves."""


class Opened(Message):
    """A line was clicked twice: the screen does what it does on `enter`."""


class Pointing(Lined):
    """A window on lines that the mouse reaches."""

    @abstractmethod
    def go(self, move: Callable[[Viewport], object]) -> None:
        """Move cursor or window."""

    @abstractmethod
    def point(self, y: int, *, right: bool) -> None:
        """Put the cursor on a line of the window, on the right or the left side of it."""

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line that was clicked; a second click opens it."""
        self.point(event.y, right=event.x >= self.size.width // 2)
        if event.chain == 2:
            self.post_message(Opened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down by the wheel."""
        event.stop()
        self.go(lambda port: port.scroll(WHEEL))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up by the wheel."""
        event.stop()
        self.go(lambda port: port.scroll(-WHEEL))
