"""The runner between two looks: nothing spins, nothing stands still without a word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from factory import ahead, lifecycle, run, wire
from factory.gate import Gate
from factory.git.vault import Vault
from factory.model import Change, GitError, ParkReason, Task, TaskState
from factory.reviewing import Reviewing
from factory.shop import Tip
from tests.developer import Developer
from tests.works import PATIENCE, Works, rail, settings, told, works


@told
async def test_the_engine_stops_though_landings_wait(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_AGAIN", 0.2)
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        tasks = [await factory.ready("Write", f"echo x > {name}.txt") for name in "abc"]
        developer.write({"README.md": "dirty"})
        for task in tasks:
            await factory.accept(task)
        await factory.once(lambda: all(factory.task(task).waiting for task in tasks))
        await factory.client.stop(at_once=False)
        async with asyncio.timeout(PATIENCE):
            await factory.engine.stopping.wait()
        assert {factory.task(task).state for task in tasks} == {TaskState.LANDING}


@told
async def test_what_cannot_be_checked_ahead_of_time_is_tried_once_on_each_tip(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    examine = Gate.examine

    async def counted(self: Gate, task: Task, snapshot: str, tip: Tip) -> lifecycle.AnyEvent:
        looked.append(task.id)
        return await examine(self, task, snapshot, tip)

    monkeypatch.setattr(Gate, "examine", counted)
    own = "[environment]\nsetup = ['true']\ninputs = ['*.lock']"
    developer.commit({"factory.toml": settings(rail("any", "true"), own)})
    async with works(developer) as factory:
        task = await factory.add("Lock", "echo a > a.lock")
        await factory.until(task, TaskState.PARKED)
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)
        looked.clear()
        developer.commit({"b.lock": "another environment"})
        await factory.once(lambda: task in looked)
        await asyncio.sleep(0.5)
        assert looked == [task]
        assert factory.task(task).state is TaskState.READY


@told
async def test_what_was_found_ahead_of_time_never_stands_for_a_check_that_was_asked_for(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Write", "echo x > x.txt")
        begun, go = asyncio.Event(), asyncio.Event()
        examine = Gate.examine

        async def slow(self: Gate, task: Task, snapshot: str, tip: Tip) -> lifecycle.AnyEvent:
            first = not begun.is_set()
            begun.set()
            await (go.wait() if first else asyncio.sleep(0.2))
            return await examine(self, task, snapshot, tip)

        monkeypatch.setattr(Gate, "examine", slow)
        developer.commit({"y.txt": "y"})
        await begun.wait()
        folder = factory.engine.shop.trees.worktrees / factory.task(task).worktree
        (folder / "by-hand.txt").write_text("z")
        await factory.send(wire.Rerun(task=task))
        await factory.once(lambda: factory.task(task).snapshot == 2, task)
        go.set()
        view = await factory.until(task, TaskState.READY)
        assert view.change is not None
        assert view.change.files == ("by-hand.txt", "x.txt")


@told
async def test_a_target_that_could_not_be_read_is_read_again(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_DISK", 0.05)
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        await factory.once(lambda: factory.engine.runner.problem == "")
        fetch = Vault.fetch
        failed: list[int] = []

        async def once(self: Vault) -> str:
            if not failed:
                failed.append(1)
                raise GitError("no room on the disk")
            return await fetch(self)

        monkeypatch.setattr(Vault, "fetch", once)
        tip = developer.commit({"y.txt": "y"})
        await factory.once(lambda: factory.engine.shop.tip.commit == tip)
        assert failed


TOOL = """
[environment]
toolchain = ["~/tools"]
path = ["~/tools"]
"""


async def broken(factory: Works) -> None:
    await factory.once(lambda: "tool" in factory.engine.runner.problem)


@pytest.mark.parametrize("restarted", [True, False])
@told
async def test_a_check_that_could_not_run_is_run_again(
    developer: Developer, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    if not restarted:
        monkeypatch.setattr(ahead, "_RECHECK", 0.1)
    tool = developer.path.parent / "home" / "tools" / "tool"
    tool.parent.mkdir()
    developer.commit({"factory.toml": settings(rail("tool", "tool"), TOOL)})
    async with works(developer) as factory:
        await broken(factory)
        tool.write_text("#!/bin/sh\n")
        tool.chmod(0o755)
        if not restarted:
            await factory.once(lambda: factory.engine.runner.problem == "")
    async with works(developer) as factory:
        await factory.ready("Write", "echo x > x.txt")


@told
async def test_a_change_that_cannot_be_shown_parks_with_a_word(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(self: Reviewing, change: Change) -> None:
        raise GitError("this diff cannot be read")

    monkeypatch.setattr(Reviewing, "remember", fails)
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Write", "echo x > x.txt")
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert (parked.reason, parked.message) == (ParkReason.ERROR, "this diff cannot be read")


@told
async def test_a_landing_that_is_refused_for_no_cause_we_see_is_tried_ever_more_seldom(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_AGAIN", 0.05)
    developer.commit({"factory.toml": settings()})
    lock = developer.path / ".git/refs/heads/main.lock"
    async with works(developer) as factory:
        task = await factory.ready("Write", "echo x > x.txt")
        lock.touch()
        await factory.accept(task)
        await factory.once(lambda: factory.kinds(task).count("refused") > 2, task)
        waits: dict[str, Any] = factory.engine.runner._waits
        assert waits[task][1] >= 0.2
        lock.unlink()
        await factory.until(task, TaskState.LANDED)


@told
async def test_what_a_limit_set_aside_comes_back_one_place_at_a_time(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(top="agents_at_once = 2")})
    async with works(developer) as factory:
        wait = "until [ -e /tmp/go ]; do sleep 0.02; done"
        names = [await factory.add(f"Task {number}", wait) for number in range(3)]
        shop = factory.engine.shop

        def states() -> list[TaskState]:
            return [factory.task(name).state for name in names]

        await factory.once(lambda: states().count(TaskState.WORKING) == 2)
        tip = developer.commit({"factory.toml": settings(top="agents_at_once = 1")})
        await factory.once(lambda: shop.tip.commit == tip)
        until = shop.now() + 2
        for name in names[:2]:  # as if both had met the limit of their provider
            failed = lifecycle.Failed(reason=ParkReason.RATE_LIMITED, message="429", until=until)
            shop.happen(name, failed)
        await factory.once(lambda: not factory.engine.runner._running)
        assert states() == [TaskState.PARKED, TaskState.PARKED, TaskState.QUEUED]
        await factory.once(lambda: TaskState.WORKING in states())
        await asyncio.sleep(0.2)
        assert sorted(states()) == [TaskState.PARKED, TaskState.QUEUED, TaskState.WORKING]
