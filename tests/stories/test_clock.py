"""Clocks that jump, and machines that were asleep: nothing fails of it, nothing happens twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import pytest

from factory import spawn, wire
from factory.client import connect
from factory.model import Draft, ParkReason, TaskState
from tests.agents.bench import running
from tests.agents.scripted import Scripted, bash, done, refuses
from tests.clocks import Wound
from tests.developer import Developer
from tests.stories.test_budgets import at_work
from tests.trust.weekend.house import below
from tests.works import rail, settings, told, works

DAY, HOUR = 86_400.0, 3_600.0


@pytest.mark.parametrize("jump", [DAY, -HOUR, 30 * DAY])
def test_a_clock_that_jumps_under_work_and_check_marks_nothing_as_failed(
    developer: Developer, jump: float
) -> None:
    slow = rail("slow", "touch /tmp/x; sleep 0.5", timeout=5.0)
    developer.commit({"factory.toml": settings(slow)})

    async def story() -> None:
        clock = Wound()
        async with works(developer, clock=clock) as factory:
            task = await factory.add("Work", "sleep 0.4; echo 1 > one.txt")
            await factory.until(task, TaskState.WORKING)
            clock.jump(jump)
            await factory.until(task, TaskState.CHECKING, TaskState.READY)
            clock.jump(jump)
            await factory.until(task, TaskState.READY)
            assert factory.kinds(task) == ["queued", "started", "claimed", "ready"]
            await factory.land(task)

    asyncio.run(story())


@told
async def test_a_landing_that_waits_goes_on_though_the_clock_was_set_back(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(), "a.txt": "1\n"})
    clock = Wound(speed=50)
    async with works(developer, clock=clock) as factory:
        task = await factory.ready("Two", "echo 2 > a.txt")
        developer.write({"README.md": "in the midst of it\n"})
        await factory.accept(task)
        await factory.once(lambda: bool(factory.task(task).waiting), task)
        clock.jump(-DAY)
        developer.git("checkout", "-q", "README.md")
        await factory.until(task, TaskState.LANDED)


@told
async def test_whoever_waits_for_an_hour_goes_on_at_that_hour_and_once(
    developer: Developer,
) -> None:
    limited = refuses(429, "rate_limit_error", "slow down", retry_after=str(12 * 3600))
    endpoint = Scripted([limited, bash("echo 1 > one.txt"), done()])
    clock = Wound()
    async with at_work(developer, endpoint, clock=clock) as factory:
        task = await factory.add("Work")
        await factory.once(lambda: factory.task(task).parked is not None, task)
        clock.jump(-HOUR)
        clock.jump(12 * HOUR)  # one hour is missing
        await asyncio.sleep(0.3)
        parked = factory.task(task).parked
        assert parked is not None
        assert parked.reason is ParkReason.RATE_LIMITED
        clock.jump(HOUR)
        await factory.once(lambda: factory.task(task).state is TaskState.READY, task)
        assert factory.kinds(task).count("resumed") == 1
        assert len(endpoint.asked) == 3


@told
async def test_the_evidence_asked_for_last_is_the_newest_though_the_clock_was_set_back(
    developer: Developer,
) -> None:
    once = rail("once", "test ! -e /worktree/red.txt", timeout=20.0)
    developer.commit({"factory.toml": settings(once)})
    clock = Wound()
    async with works(developer, clock=clock) as factory:
        task = await factory.ready("Work", "echo 1 > one.txt")
        change = (await factory.view(task)).change
        assert change is not None
        first = factory.engine.shop.store.evidence.on(change.tree)[0]
        clock.jump(-HOUR)
        await factory.send(wire.Rerun(task=task, guardrail="once"))
        store = factory.engine.shop.store
        await factory.once(lambda: len(store.evidence.on(change.tree)) > 1, task)
        newest = store.evidence.of("once", change.tree, first.key)[0]
        assert newest.id != first.id
        assert newest.at < first.at, "it tells the hour that the clock told"


@told
async def test_an_engine_that_stood_still_for_longer_than_a_check_may_take_goes_on(
    developer: Developer,
) -> None:
    """As a laptop that is closed: the engine, and everything below it, stopped and let go on."""
    developer.commit({"factory.toml": settings(rail("slow", "sleep 1.0625", timeout=3.0))})
    place = developer.place
    await spawn.ensure_engine(place)
    try:
        async with connect(place.socket) as client:
            drafts = (Draft(title="Work", spec="echo 1 > one.txt"),)
            task = (await client.send(wire.Add(drafts=drafts))).tasks[0]
            engine = (await client.hello()).pid

            async def state() -> TaskState:
                return (await client.details(task)).view.task.state

            while await state() is not TaskState.CHECKING or not running("sleep 1.0625"):
                await asyncio.sleep(0.05)
            family = [engine, *below(engine)]
            send(family, signal.SIGSTOP)
            await asyncio.sleep(5)
            send(family, signal.SIGCONT)
            while await state() is TaskState.CHECKING:
                await asyncio.sleep(0.05)
            assert await state() is TaskState.READY
    finally:
        await spawn.stop_engine(place, at_once=True)


def send(family: list[int], number: int) -> None:
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
