"""The help: every key that works at a place, from the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import Action, Where, actions, own_keys, shown


class HelpScreen(ModalScreen[None]):
    """Lists the keys of one place, its own first; any of `?`, `q`, `esc` closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,escape,enter", "dismiss", "close"),
        Binding("j,down", "app.focus_next", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 84; max-width: 100%; height: auto; max-height: 90%; background: $panel; padding: 1 2;
    }
    """

    def __init__(self, where: Where, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._where = where
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """One line an action."""
        found = [own_keys(action, self._keymap) for action in actions(self._where)]
        own = [action for action in found if action.where is not Where.EVERYWHERE]
        rest = [action for action in found if action.where is Where.EVERYWHERE]
        with VerticalScroll():
            yield Static(_section(f"Keys on this screen: {self._where}", own))
            yield Static(_section("Keys everywhere", rest))
            for where, title in ((Where.CARD, "On a card"), (Where.TEXT, "While you write")):
                placed = [own_keys(action, self._keymap) for action in actions(where)]
                yield Static(_section(title, placed))


def _section(title: str, found: list[Action]) -> Content:
    lines = [Content.styled(title, "$accent bold")]
    for action in found:
        keys = "  ".join(map(shown, action.keys))
        lines.append(Content.assemble((f"{keys:<12} ", "$text"), (action.help, "$text-muted")))
    return Content("\n").join([*lines, Content()])
