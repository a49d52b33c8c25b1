"""The part of the application that sees every key: how long a change is read, when it is calm."""

from __future__ import annotations

import gc
from contextlib import suppress

from textual import events
from textual._styles_cache import StylesCache
from textual.app import App

from factory import wire
from factory.model import FactoryError
from tui.attention import Attention
from tui.feed import Feed
from tui.screens.base import FactoryScreen

_CALM = 1.0
"""Seconds without a key after which nobody waits for us, as far as can be known."""


class Attentive(App[None]):
    """Tells the engine for how long a change was read, once it is left or decided on.

    And frees what closed screens leave behind: a screen is a web of cycles, so it is the collector
    that frees it, and that is to come when it delays no key.
    """

    feed: Feed
    _attention: Attention | None = None
    _pressed = 0.0
    _tidies = False

    async def on_event(self, event: events.Event) -> None:
        """Look at what is in front with every key."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._pressed = self.feed.clock()
            self.attend()
        await super().on_event(event)

    def tidy(self) -> None:
        """A screen was closed: free it in the next calm moment."""
        if not self._tidies and not self.is_headless and self.is_running:
            self._tidies = True
            self.set_timer(_CALM, self._tidy)

    def _tidy(self) -> None:
        self._tidies = False
        if self.feed.clock() - self._pressed < _CALM:
            self.tidy()
        else:
            free()

    def attend(self) -> None:
        """Look at what is in front: a key was pressed, or another screen came."""
        self._attention = self._attention or Attention()
        screens = (screen for screen in self.screen_stack if isinstance(screen, FactoryScreen))
        task = next((name for screen in screens if (name := screen.being_read())), "")
        left = self._attention.look(task, self.feed.clock())
        if left is not None:
            told = self._tell(wire.WasRead(task=left.task, seconds=left.seconds))
            self.run_worker(told, group="commands", exit_on_error=False)

    async def _tell(self, command: wire.WasRead) -> None:
        with suppress(FactoryError):  # a measure that is lost is no loss to the developer
            await self.feed.client.send(command)


def free() -> None:
    """Have the collector free what closed screens held; some 20 ms."""
    # Textual remembers a method's answers by the object, and with it all lines of a closed widget.
    StylesCache.get_inner_outer.cache_clear()
    gc.collect()
