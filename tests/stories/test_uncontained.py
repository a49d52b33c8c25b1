from __future__ import annotations

import asyncio
from contextlib import aclosing
from io import StringIO

import pytest

from factory.model import SandboxError, TaskState
from factory.sandbox import bubblewrap
from tests.developer import Developer
from tests.works import rail, settings, told, works
from tui.commands import unattended
from tui.commands.console import Console

HELLO = settings(rail("there", "test -f hello.txt"))


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: None)


@told
async def test_without_a_sandbox_nothing_begins_until_somebody_attends(
    developer: Developer, no_bubblewrap: None
) -> None:
    developer.commit({"factory.toml": HELLO})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hello > hello.txt")
        await factory.once(lambda: "uncontained" in factory.engine.runner.problem)
        await factory.client.overview()  # looking once is not attending
        assert factory.kinds(task) == ["queued"]
        async with aclosing(factory.client.notices(0)) as notices:
            attending = asyncio.create_task(anext(notices))
            await factory.until(task, TaskState.READY)
            await attending


@told
async def test_with_a_sandbox_work_begins_while_nobody_attends(developer: Developer) -> None:
    developer.commit({"factory.toml": HELLO})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hello > hello.txt")
        await factory.until(task, TaskState.READY)
        assert not factory.engine.hub.attended


@told
async def test_unattended_work_refuses_without_a_sandbox(
    developer: Developer, no_bubblewrap: None
) -> None:
    developer.commit({"factory.toml": HELLO})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hello > hello.txt")
        with pytest.raises(SandboxError, match="do not run unattended") as refused:
            await unattended.run(console(), developer.path)
        assert refused.value.exit_code == 3
        assert factory.task(task).state is TaskState.QUEUED


def console() -> Console:
    return Console(StringIO(), StringIO(), StringIO(), {})
