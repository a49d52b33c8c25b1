"""The part of the application that sees every key: how long a change is being read."""

from __future__ import annotations

from contextlib import suppress

from textual import events
from textual.app import App

from factory import wire
from factory.model import FactoryError
from tui.attention import Attention
from tui.feed import Feed
from tui.screens.base import FactoryScreen


class Attentive(App[None]):
    """Tells the engine for how long a change was read, once it is left or decided on."""

    feed: Feed
    _attention: Attention | None = None

    async def on_event(self, event: events.Event) -> None:
        """Look at what is in front with every key."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.attend()
        await super().on_event(event)

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
