"""Notices to clients: facts are never dropped, growth coalesces, a slow client is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from factory.wire import AnyNotice, Fact, Grew, Happened, Progressed

_MOST_FACTS = 2_000
"""Facts that wait for one client; a client that is further behind asks the journal again."""


class Hub:
    """Hands every notice to every client that listens."""

    def __init__(self) -> None:
        self._queues: set[_Queue] = set()
        self.came: Callable[[], None] = lambda: None
        """Called when a client begins to listen."""

    @property
    def attended(self) -> bool:
        """Whether any client listens: a screen, or a verb that follows."""
        return bool(self._queues)

    def tell(self, notice: AnyNotice) -> None:
        """Hand on a notice; never waits."""
        for queue in tuple(self._queues):
            if not queue.put(notice):
                self._queues.discard(queue)

    def happened(self, fact: Fact) -> None:
        """A fact is on disk."""
        self.tell(Happened(fact=fact))

    async def listen(self) -> AsyncGenerator[tuple[AnyNotice, ...], None]:
        """What comes from now on, in batches; ends where the listener is too slow for the facts."""
        queue = _Queue()
        self._queues.add(queue)
        self.came()
        try:
            yield ()  # from here on nothing is missed
            while queue in self._queues:
                yield await queue.take()
        finally:
            self._queues.discard(queue)


class _Queue:
    """What waits for one client: facts in order, of growth and progress only the newest word."""

    def __init__(self) -> None:
        self._facts: list[AnyNotice] = []
        self._newest: dict[str, AnyNotice] = {}
        self._any = asyncio.Event()

    def put(self, notice: AnyNotice) -> bool:
        """Add a notice; False where there is no more room for facts."""
        match notice:
            case Grew(name=name):
                self._newest[name] = notice
            case Progressed(task=task, guardrail=guardrail):
                self._newest[f"{task}\0{guardrail.name}"] = notice
            case _:
                self._facts.append(notice)
        self._any.set()
        return len(self._facts) <= _MOST_FACTS

    async def take(self) -> tuple[AnyNotice, ...]:
        """Everything that waits; waits itself while there is nothing."""
        await self._any.wait()
        self._any.clear()
        batch = (*self._facts, *self._newest.values())
        self._facts.clear()
        self._newest.clear()
        return batch
