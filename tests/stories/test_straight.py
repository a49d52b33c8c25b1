from __future__ import annotations

from factory.model import TaskState
from tests.developer import Developer
from tests.works import rail, settings, told, works


@told
async def test_a_task_goes_straight_through_to_the_target(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(rail("there", "test -f hello.txt"))})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hello > hello.txt")
        await factory.until(task, TaskState.READY)
        await factory.land(task)
        assert factory.kinds(task) == [
            "queued",
            "started",
            "claimed",
            "ready",
            "accepted",
            "landing",
            "landed",
        ]
    assert developer.shows("hello.txt") == "hello"
    assert (developer.path / "hello.txt").read_text() == "hello\n"
