"""Limits that pass only while the process runs, tried with a loop whose clock jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from factory.awake import STEP, Limit


class Stopped(asyncio.SelectorEventLoop):
    """A loop that can be made to find, at its next look, that so many seconds have passed."""

    slept = 0.0

    def time(self) -> float:
        return super().time() + self.slept


def told(limit: Callable[[float], Limit | asyncio.Timeout], seconds: float, slept: float) -> bool:
    """Whether work of a moment ends within its limit, in a process that is stopped meanwhile."""

    async def work() -> None:
        async with limit(seconds):
            coming = asyncio.ensure_future(asyncio.sleep(0.05))
            await asyncio.sleep(0)
            loop.slept += slept  # from here on: the answer has come in the meantime
            await coming

    loop = Stopped()
    try:
        loop.run_until_complete(work())
    except TimeoutError:
        return False
    finally:
        loop.close()
    return True


@pytest.mark.parametrize("seconds", [0.2, 5.0, 600.0])
def test_what_was_only_asleep_is_not_taken_for_stuck(seconds: float) -> None:
    assert told(Limit, seconds, slept=0.0)
    assert told(Limit, seconds, slept=36_000.0)


def test_the_usual_limit_would_take_it_for_stuck() -> None:
    assert told(asyncio.timeout, 600.0, slept=0.0)
    assert not told(asyncio.timeout, 600.0, slept=36_000.0)


@pytest.mark.parametrize("seconds", [0.0, 0.05, STEP + 0.1])
def test_what_is_stuck_ends_at_its_limit(seconds: float) -> None:
    limits: list[Limit] = []

    async def work() -> None:
        limits.append(Limit(seconds))
        async with limits[0]:
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(work())
    assert limits[0].expired()


def test_none_is_no_limit() -> None:
    async def work() -> None:
        async with Limit(None) as limit:
            await asyncio.sleep(0)
        assert not limit.expired()

    asyncio.run(work())
