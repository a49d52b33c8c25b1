"""factory.toml in the life of a repository: missing, adopted, mistaken, and changed by agents."""

from __future__ import annotations

import pytest

from factory import wire
from factory.model import Lane, TaskState
from tests.developer import Developer
from tests.works import RefusedError, rail, settings, told, works

HELLO = "echo hello > hello.txt"


@told
async def test_without_a_factory_toml_nothing_starts_and_it_says_why(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO)
        await factory.once(lambda: bool(factory.engine.runner.problem))
        problem = (await factory.client.overview()).problem
        assert "there is no factory.toml" in problem
        assert "factory-tui init" in problem
        assert factory.task(task).state is TaskState.QUEUED


@told
async def test_the_first_factory_toml_is_a_change_in_the_inbox(developer: Developer) -> None:
    text = settings(rail("there", "test -f README.md"))
    async with works(developer) as factory:
        waiting = await factory.add("Say hello", HELLO)
        adopt = wire.Adopt(title="Begin", path="factory.toml", text=text, summary="proposed")
        task = (await factory.send(adopt)).tasks[0]
        change = (await factory.until(task, TaskState.READY)).change
        assert change is not None
        assert change.files == ("factory.toml",)
        assert [judged.guardrail for judged in change.judged] == ["there"]
        assert factory.task(waiting).state is TaskState.QUEUED
        await factory.land(task)
        await factory.until(waiting, TaskState.READY)
    assert developer.shows("factory.toml") + "\n" == text


@told
async def test_a_first_factory_toml_whose_check_is_red_is_not_ready(developer: Developer) -> None:
    async with works(developer) as factory:
        text = settings(rail("red", "false"))
        adopt = wire.Adopt(title="Begin", path="factory.toml", text=text)
        task = (await factory.send(adopt)).tasks[0]
        await factory.until(task, TaskState.PARKED)


@told
async def test_nothing_else_can_be_adopted(developer: Developer) -> None:
    async with works(developer) as factory:
        for path in ("README.md", "../factory.toml", ".git/config", ".github/workflows/x.yml"):
            with pytest.raises(RefusedError, match="can be adopted"):
                await factory.send(wire.Adopt(title="Begin", path=path, text="x"))


@told
async def test_mistakes_in_it_are_named_and_nothing_starts(developer: Developer) -> None:
    mistaken = settings(rail("there", "true", timeout=-1)) + 'colour = "red"\n'
    developer.commit({"factory.toml": mistaken})
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO)
        await factory.once(lambda: bool(factory.engine.runner.problem))
        problem = (await factory.client.overview()).problem
        assert "guardrail[1].timeout: expected seconds as a positive number, found -1" in problem
        assert "guardrail[1].colour: there is no such key" in problem
        assert factory.task(task).state is TaskState.QUEUED
        developer.commit({"factory.toml": settings()})
        await factory.until(task, TaskState.READY)


@told
async def test_no_guardrails_are_a_mistake_and_never_a_pass(developer: Developer) -> None:
    developer.commit({"factory.toml": settings("")})
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO)
        await factory.once(lambda: bool(factory.engine.runner.problem))
        assert "no checks is never a pass" in factory.engine.runner.problem
        assert factory.task(task).state is TaskState.QUEUED


@told
async def test_a_file_that_breaks_meanwhile_lets_nothing_land(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", HELLO)
        tip = developer.commit({"factory.toml": "agent = "})
        await factory.once(lambda: "factory.toml" in factory.engine.runner.problem)
        await factory.accept(task)
        await factory.until(task, TaskState.PARKED)
        assert developer.tip() == tip
        developer.commit({"factory.toml": settings()})
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.LANDED)


@told
async def test_an_agents_own_copy_of_it_does_not_count(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(rail("strict", "test ! -e hello.txt"))})
    weakens = HELLO + "; sed -i 's/test ! -e hello.txt/true/' factory.toml"
    async with works(developer) as factory:
        task = await factory.add("Say hello", weakens)
        view = await factory.until(task, TaskState.PARKED)
        assert view.change is not None
        assert not view.change.green


@told
async def test_a_change_of_it_needs_eyes(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(rail("strict", "test -e README.md"))})
    async with works(developer) as factory:
        task = await factory.ready("Weaken", "sed -i 's/test -e README.md/true/' factory.toml")
        change = (await factory.view(task)).change
        assert change is not None
        assert change.lane is Lane.EYES
        assert change.protected == ("factory.toml",)


@told
async def test_a_task_for_an_agent_that_is_not_there_is_refused(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        with pytest.raises(RefusedError, match="there is no agent 'nobody'"):
            await factory.add("Say hello", HELLO, agent="nobody")
