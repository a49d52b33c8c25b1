"""The one thing to do about an engine of another version: let it finish its turns, and restart."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from factory.model import FactoryError
from factory.wire import PROTOCOL, Hello
from tui.feed import Feed
from tui.text import line


class OtherVersion(ModalScreen[None]):
    """Covers everything until an engine of our protocol answers."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "restart", "finish the turns and restart"),
        Binding("q", "leave", "leave"),
    ]
    DEFAULT_CSS = """
    OtherVersion { align: center middle; background: $background; }
    OtherVersion > Static { width: 76; max-width: 100%; height: auto; }
    """

    def __init__(self, hello: Hello, feed: Feed) -> None:
        super().__init__()
        self._hello = hello
        self._feed = feed

    def compose(self) -> ComposeResult:
        """What runs, why that matters, and the two keys."""
        yield Static(self._text(""))

    def on_mount(self) -> None:
        """Look whether the engine is ours by now."""
        self.set_interval(0.5, self._look)

    def action_restart(self) -> None:
        """Let the engine stop after the turns under way; ours starts in its place."""
        self.run_worker(self._restart(), exclusive=True)

    def action_leave(self) -> None:
        """Leave it alone."""
        self.app.exit()

    async def _restart(self) -> None:
        self.query_one(Static).update(self._text("it finishes the turns under way …"))
        try:
            await self._feed.client.stop()
        except FactoryError as error:
            self.query_one(Static).update(self._text(line(str(error))))

    def _look(self) -> None:
        if self._feed.link.other is None and self._feed.link.away_since is None:
            self.dismiss()

    def _text(self, said: str) -> Content:
        return Content.assemble(
            ("An engine of another version runs for this repository.\n\n", "$warning bold"),
            f"It is {line(self._hello.version)} and speaks protocol {self._hello.protocol}; ",
            f"this screen speaks {PROTOCOL}. Nothing is lost by restarting it.\n\n",
            ("y", "$accent bold"),
            " finish the turns and restart     ",
            ("q", "$accent bold"),
            " leave it alone\n\n",
            (said, "$text-muted"),
        )
