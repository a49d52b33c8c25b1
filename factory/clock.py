"""The time of day, and waiting for it: passed in, so that a test can play a weekend in minutes."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the engine asks for the time, and by what it waits."""

    def now(self) -> float:
        """Seconds since 1970; may jump when somebody sets the machine's clock."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once so many of its seconds have passed."""
        ...


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait; the hours in which the machine was suspended do not count."""
        await asyncio.sleep(seconds)


async def rest(wake: asyncio.Event, seconds: float | None, clock: Clock) -> None:
    """Wait until something happens or so many seconds are over; None waits for it alone."""
    waiting: list[asyncio.Future[object]] = [asyncio.ensure_future(wake.wait())]
    if seconds is not None:
        waiting.append(asyncio.ensure_future(clock.sleep(seconds)))
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


SYSTEM = SystemClock()
