"""What the palette offers: the registry's actions at this screen, and colours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from tui.keys import Action, actions, own_keys, shown
from tui.screens.base import FactoryScreen
from tui.text import fit
from tui.theme import THEMES

_MOVES = {"left", "down", "up", "right", "first", "last", "half_down", "half_up", "commands"}


class Commands(Provider):
    """Finds an action by its name or its sentence and runs it on the screen below."""

    async def discover(self) -> Hits:
        """Everything, before a word is typed."""
        for name, help_line, run in self._offered():
            yield DiscoveryHit(_told(name, help_line, self.app.size.width), run, text=name)

    async def search(self, query: str) -> Hits:
        """What fits the words."""
        matcher = self.matcher(query)
        for name, help_line, run in self._offered():
            score = matcher.match(f"{name} {help_line}")
            if score > 0:
                yield Hit(score, _told(name, help_line, self.app.size.width), run, text=name)

    def _offered(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        screen = self.screen
        if not isinstance(screen, FactoryScreen):
            return
        for action in actions(screen.WHERE):
            if action.id not in _MOVES:
                own = own_keys(action, screen.factory.keymap)
                run = cast(IgnoreReturnCallbackType, partial(screen.run_action, action.id))
                yield f"{action.name}  ({_keys(own)})", action.help, run
        for theme in THEMES:
            choose = cast(IgnoreReturnCallbackType, partial(setattr, self.app, "theme", theme.name))
            yield f"theme {theme.name}", "Use these colours until you leave.", choose
        yield "theme", "Choose among all colours.", self.app.action_change_theme


def _keys(action: Action) -> str:
    return " ".join(map(shown, action.keys))


def _told(name: str, help_line: str, width: int) -> Content:
    room = max(10, width - 30)
    return Content.assemble((f"{name:<22}", "$text"), (fit(help_line, room), "$text-muted"))
