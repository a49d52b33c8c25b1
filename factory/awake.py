"""Time limits that pass only while this process runs.

A process that is stopped and goes on finds all at once every limit passed and every answer come;
`asyncio.timeout` then takes what was only asleep for what is stuck.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

STEP = 1.0
"""Seconds between two looks at the time."""
LATE = 1.0
"""Seconds of delay of a look, above which the process did not run in between."""


class Limit:
    """As `asyncio.timeout`: `async with` raises TimeoutError once `seconds` have been awake.

    None is no limit. What was slept through counts as one step, and is followed by another.
    """

    def __init__(self, seconds: float | None) -> None:
        self._left = seconds
        self._scope = asyncio.timeout(None)
        self._due = 0.0
        self._next: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        if self._left is not None:
            self._count(self._left)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._next is not None:
            self._next.cancel()
        await self._scope.__aexit__(kind, error, trace)

    def expired(self) -> bool:
        """Whether the time is up."""
        return self._scope.expired()

    def _count(self, left: float) -> None:
        loop = asyncio.get_running_loop()
        self._left = left
        if left <= 0:
            self._scope.reschedule(loop.time())
            return
        self._due = loop.time() + min(left, STEP)
        self._next = loop.call_at(self._due, self._look, left - min(left, STEP))

    def _look(self, left: float) -> None:
        slept = asyncio.get_running_loop().time() - self._due > LATE
        self._count(max(left, STEP) if slept else left)
