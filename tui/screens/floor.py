"""The Floor: every agent at work, and what needs the developer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from tui.keys import Where, bindings
from tui.screens.base import FactoryScreen
from tui.widgets.footer import Footer


class FloorScreen(FactoryScreen):
    """The first screen."""

    WHERE = Where.FLOOR
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.FLOOR)]
    HINTS = ("open", "say", "new_tasks", "show_inbox", "keys")

    def compose(self) -> ComposeResult:
        """Only the footer so far."""
        yield Footer()
