"""The list of ready-made remarks, over the box that one is put into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.readymade import window
from tui.text import fit, line

_DIGITS = "123456789"
_MOST = 14
"""Remarks that show at once."""
_AROUND = 5
"""Lines and cells beside the remarks."""


class ReadyMade(ModalScreen[str]):
    """Gives the remark that was chosen, by its digit or by `enter`; None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+r", "close", "close"),
        Binding("enter", "choose", "choose"),
        Binding("j,down", "move(1)", "down"),
        Binding("k,up", "move(-1)", "up"),
    ]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    ReadyMade { align: left bottom; background: transparent; }
    ReadyMade > Static {
        width: 1fr; height: auto; padding: 0 1; background: $panel; border-top: solid $accent;
    }
    """

    def __init__(self, remarks: Sequence[str]) -> None:
        super().__init__()
        self._remarks = tuple(remarks)
        self._at = 0

    def compose(self) -> ComposeResult:
        """The remarks, and what to press."""
        yield Static(self._text())

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._at = min(max(self._at + by, 0), len(self._remarks) - 1)
        self.query_one(Static).update(self._text())

    def action_choose(self) -> None:
        """Take the remark under the cursor."""
        self.dismiss(self._remarks[self._at])

    def action_close(self) -> None:
        """Take none."""
        self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """A digit takes its remark."""
        at = _DIGITS.find(event.key) if len(event.key) == 1 else -1
        if 0 <= at < len(self._remarks):
            event.stop()
            self.dismiss(self._remarks[at])

    def on_resize(self) -> None:
        """Cut the remarks to the new width."""
        self.query_one(Static).update(self._text())

    def _text(self) -> Content:
        size = self.app.size
        shown = window(len(self._remarks), self._at, max(min(_MOST, size.height - _AROUND), 1))
        rows = [Content.styled("ready-made remarks\n", "bold")]
        for at in shown:
            digit = _DIGITS[at] if at < len(_DIGITS) else " "
            words = fit(line(self._remarks[at]), max(size.width - _AROUND - 2, 1))
            mark = "▸" if at == self._at else " "
            rows.append(
                Content.assemble(
                    (mark, "$accent"), (f"{digit} ", "$accent bold"),
                    (f"{words}\n", "bold" if at == self._at else ""),
                )
            )  # fmt: skip
        keys = "1-9 or enter put it in the text   j k move   esc close"
        return Content.assemble(*rows, (keys, "$text-muted"))
