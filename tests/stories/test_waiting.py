"""Landings that the developer's checkout stands in the way of: they wait, and then go on."""

from __future__ import annotations

import pytest

from factory import wire
from factory.model import TaskState
from tests.developer import Developer
from tests.works import Works, settings, told, works


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(), "a.txt": "1\n"})
    return developer


async def waits(factory: Works, task: str) -> str:
    await factory.accept(task)
    await factory.once(lambda: bool(factory.task(task).waiting), task)
    return factory.task(task).waiting


@told
async def test_a_dirty_checkout_makes_a_landing_wait_and_then_it_goes_on(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        task = await factory.ready("Two", "echo 2 > a.txt")
        developer.write({"README.md": "in the midst of it\n"})
        before = developer.picture()
        assert (await factory.client.review(task)).hinders == ("README.md",)
        assert await waits(factory, task) == "commit or stash README.md, or leave main"
        assert developer.picture() == before
        developer.git("checkout", "-q", "README.md")
        await factory.until(task, TaskState.LANDED)
        assert developer.subjects().count("Two") == 1


@told
async def test_a_file_that_the_developer_renames_is_named_as_it_was_and_as_it_is(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        task = await factory.ready("Two", "echo 2 > a.txt")
        developer.git("mv", "README.md", "READ.md")
        assert await waits(factory, task) == "commit or stash READ.md, README.md, or leave main"
        developer.git("mv", "READ.md", "README.md")
        await factory.until(task, TaskState.LANDED)


@told
async def test_a_landing_that_waits_can_be_ended(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.ready("Two", "echo 2 > a.txt")
        developer.write({"README.md": "in the midst of it\n"})
        await waits(factory, task)
        await factory.send(wire.End(task=task))
        developer.git("checkout", "-q", "README.md")
        other = await factory.ready("Other", "echo 1 > other.txt")
        await factory.land(other)
    assert "Two" not in developer.subjects()


@told
async def test_an_untracked_file_in_the_way_waits_and_is_never_overwritten(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        task = await factory.ready("New file", "echo theirs > new.txt")
        developer.write({"new.txt": "mine\n"})
        why = await waits(factory, task)
        assert "new.txt" in why
        assert (developer.path / "new.txt").read_text() == "mine\n"
        (developer.path / "new.txt").unlink()
        await factory.until(task, TaskState.LANDED)


@told
async def test_a_lock_that_the_developers_git_left_is_waited_for_and_never_removed(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        task = await factory.ready("Two", "echo 2 > a.txt")
        lock = developer.path / ".git/index.lock"
        lock.touch()
        assert f"git's lock {lock} is there" in await waits(factory, task)
        assert lock.exists()
        lock.unlink()
        await factory.until(task, TaskState.LANDED)
