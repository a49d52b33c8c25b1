"""The developer's load: past a limit of waiting items nothing new starts."""

from __future__ import annotations

import pytest

from factory import admission, wire
from factory.model import TaskState
from tests.developer import Developer
from tests.works import Works, settings, told, works


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(top="waiting_at_most = 2")})
    return developer


async def two_ready_and_one_queued(factory: Works) -> tuple[str, str, str]:
    one = await factory.ready("One", "echo 1 > 1.txt")
    two = await factory.ready("Two", "echo 2 > 2.txt")
    return one, two, await factory.add("Three", "echo 3 > 3.txt")


@told
async def test_past_the_limit_nothing_new_starts_until_one_is_decided_on(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        one, _, three = await two_ready_and_one_queued(factory)
        await factory.once(lambda: bool(factory.engine.runner.problem), three)
        said = "2 changes wait for you; nothing new starts until you decide on one"
        assert (await factory.client.overview()).problem == said
        assert factory.task(three).state is TaskState.QUEUED
        await factory.send(wire.Reject(task=one))
        await factory.until(three, TaskState.READY)
        assert (await factory.client.overview()).problem == ""


@told
async def test_without_the_limit_the_third_starts(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "held", lambda *_: "")
    async with works(developer) as factory:
        _, _, three = await two_ready_and_one_queued(factory)
        await factory.until(three, TaskState.READY)


@told
async def test_what_runs_already_goes_on_and_what_was_asked_counts(developer: Developer) -> None:
    async with works(developer) as factory:
        slow = await factory.add("Slow", "until [ -e go ]; do sleep 0.05; done; rm go; date > s")
        await factory.until(slow, TaskState.WORKING)
        stuck = await factory.add("Stuck", "exit 1")
        await factory.once(lambda: factory.task(stuck).state is TaskState.PARKED, stuck)
        await factory.ready("One", "echo 1 > 1.txt")
        last = await factory.add("Last", "echo 3 > 3.txt")
        await factory.once(lambda: "changes wait" in factory.engine.runner.problem, last)
        tree = factory.engine.shop.trees.worktrees / factory.task(slow).worktree
        (tree / "go").touch()
        await factory.until(slow, TaskState.READY)
        assert factory.task(last).state is TaskState.QUEUED
        said = (await factory.client.overview()).problem
        assert said == "3 changes wait for you; nothing new starts until you decide on 2"
