"""Keeps the client's picture of the factory current, through every restart of the engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from factory import wire
from factory.client import Client
from factory.model import EngineError, Struct

Connect = Callable[[], AbstractAsyncContextManager[Client]]
"""Opens a connection to the engine; starting one where none runs is its affair."""

_PACE = 0.2
"""Seconds between two overviews at least."""
_RETRY = (0.1, 0.2, 0.5, 1.0)
"""Seconds before each further attempt to reach an engine that is away; the last one repeats."""


class Link(Struct):
    """How the client stands with the engine."""

    away_since: float | None = None
    """When it was last there, on the feed's `clock`; None while it answers."""
    reason: str = ""
    """Why it does not answer, one sentence."""
    other: wire.Hello | None = None
    """Who answers in its place: an engine of another protocol."""


class Listener(Protocol):
    """Who wants to know."""

    def take_overview(self, overview: wire.Overview) -> None:
        """A newer picture has arrived."""

    def hear(self, notice: wire.AnyNotice) -> None:
        """The engine said something by itself."""

    def take_link(self, link: Link) -> None:
        """The engine went away, came back or is of another version."""


class Feed:
    """One connection at a time, for ever; `run` ends only when it is cancelled."""

    def __init__(
        self, connect: Connect, listener: Listener, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self.link = Link()
        self.overview: wire.Overview | None = None
        self._connect = connect
        self._listener = listener
        self._client: Client | None = None
        self._seq = 0
        self._failures = 0
        self._stale = asyncio.Event()

    @property
    def client(self) -> Client:
        """The connected client; raises EngineError while the engine is away."""
        if self._client is None:
            raise EngineError(self.link.reason or "the engine has not answered yet; wait a moment")
        return self._client

    def refresh(self) -> None:
        """Ask for a new overview soon, as after a command."""
        self._stale.set()

    async def run(self) -> None:
        """Connect, follow, and connect again."""
        while True:
            try:
                async with self._connect() as client:
                    await self._follow(client)
                reason = "the engine has stopped"
            except Exception as error:  # whatever it is, the screen outlives it and says it
                cause = _first(error)
                reason = str(cause) or type(cause).__name__
            self._client = None
            since = self.link.away_since
            now = self.clock()
            self._stand(Link(away_since=now if since is None else since, reason=reason))
            await asyncio.sleep(_RETRY[min(self._failures, len(_RETRY) - 1)])
            self._failures += 1

    async def _follow(self, client: Client) -> None:
        hello = await client.hello()
        while hello.protocol != wire.PROTOCOL:
            self._client = client
            self._stand(Link(other=hello))
            await asyncio.sleep(_RETRY[-1])
            hello = await client.hello()
        overview = await client.overview()
        self._client = client
        self._failures = 0
        self._stand(Link())
        self._show(overview)
        # An engine that counts lower than we do has another journal: begin with its numbers.
        after = self._seq if 0 < self._seq <= overview.seq else overview.seq
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(client, after))
            group.create_task(self._renew(client))

    async def _listen(self, client: Client, after: int) -> None:
        self._seq = after
        async for notice in client.notices(after):
            if isinstance(notice, wire.Happened):
                self._seq = max(self._seq, notice.fact.seq)
                self._stale.set()
            self._listener.hear(notice)
        raise EngineError("the engine has stopped")

    async def _renew(self, client: Client) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            self._show(await client.overview())
            await asyncio.sleep(_PACE)

    def _show(self, overview: wire.Overview) -> None:
        self.overview = overview
        self._listener.take_overview(overview)

    def _stand(self, link: Link) -> None:
        if link != self.link:
            self.link = link
            self._listener.take_link(link)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
