"""What may take part in a verdict, what may stand in a landed commit, and words that never come."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from factory import wire
from factory.ahead import Ahead
from factory.commands.queue import fresh_id
from factory.config import EnvironmentSpec
from factory.environment import Environments, Ready
from factory.model import AcceptRule, TaskState
from tests.developer import Developer
from tests.git.cellar import cellar
from tests.works import Works, rail, settings, told, works


async def parked(factory: Works, name: str) -> str:
    await factory.until(name, TaskState.PARKED)
    found = factory.task(name).parked
    assert found is not None
    return f"{found.reason}: {found.message}"


@pytest.mark.parametrize("allowed", [False, True])
@told
async def test_an_environment_is_made_from_the_tip_unless_the_developer_allowed_the_change(
    developer: Developer, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    """Set-up has the network, and all gates use what it makes."""
    made: list[str] = []
    ready = Environments.ready

    async def seen(
        self: Environments,
        spec: EnvironmentSpec,
        checkout: Path,
        inputs: Mapping[str, bytes],
        on_output: Callable[[bytes], None] | None = None,
    ) -> Ready:
        made.append((checkout / "setup.sh").read_text())
        return await ready(self, spec, checkout, inputs, on_output)

    monkeypatch.setattr(Environments, "ready", seen)
    monkeypatch.setattr(Ahead, "work", lambda self, phases: None)
    own = "[environment]\nsetup = ['sh setup.sh']\ninputs = ['*.lock']"
    files = {"factory.toml": settings(rail("any", "true"), own), "setup.sh": "true\n"}
    developer.commit({**files, "a.lock": "1"})
    change = "echo 'true # an agent was here' > setup.sh; until [ -e /tmp/go ]; do sleep 0.02; done"
    async with works(developer) as factory:
        task = await factory.add("Set up", change + ("; echo 2 > a.lock" if allowed else ""))
        await factory.once(lambda: made == ["true\n"], task)
        if not allowed:
            developer.commit({"a.lock": "3"})
        await factory.once(
            lambda: (factory.engine.shop.attempt_folder(f"{task}.1") / "tmp").exists()
        )
        (factory.engine.shop.attempt_folder(f"{task}.1") / "tmp/go").touch()
        if allowed:
            assert "new dependencies" in await parked(factory, task)
            await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)
    assert made == ["true\n", "true # an agent was here\n" if allowed else "true\n"]


@told
async def test_a_factory_toml_that_cannot_be_read_never_becomes_ready(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Break it", "echo 'agents_at_once = 0' > factory.toml")
        assert "tree check: factory.toml: agents: expected" in await parked(factory, task)


@told
async def test_what_the_target_holds_already_is_not_asked_of_the_agent_again(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Write", "printf same > x.txt")
        developer.commit({"x.txt": "same"})
        assert "main already holds all of it" in await parked(factory, task)
        assert factory.kinds(task).count("started") == 1
        assert factory.task(task).rounds == 1


@told
async def test_no_byte_of_an_agents_word_is_a_control_in_the_landed_commit(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    script = r"echo x > x.txt; printf 'done \033[2J\000\r\342\200\256gnol\n'"
    async with works(developer) as factory:
        task = await factory.ready("Write", script)
        await factory.land(task)
    said = developer.git("log", "-1", "--format=%B", "main")
    assert said.startswith("Write\n\ndone  [2J")
    assert [one for one in said if not one.isprintable() and one != "\n"] == []


@told
async def test_a_rule_that_no_longer_covers_a_change_does_not_land_it(
    developer: Developer,
) -> None:
    """The target moves while it waits to land: it is gated anew, and so is the rule."""
    narrow = "[standing_accept]\npaths = ['*.txt']\n"
    developer.commit({"factory.toml": settings(rail("any", "true"), narrow)})
    async with works(developer) as factory:
        developer.write({"README.md": "in the way"})
        task = await factory.add("Write", "echo x > x.txt", accept=AcceptRule.WHEN_GREEN)
        await factory.once(lambda: bool(factory.task(task).waiting), task)
        narrower = narrow.replace("*.txt", "*.md")
        developer.commit({"factory.toml": settings(rail("any", "true"), narrower)})
        await factory.until(task, TaskState.READY)
        assert "differs" in factory.kinds(task)


@told
async def test_no_task_has_the_name_of_a_room_in_the_vault(developer: Developer) -> None:
    async with works(developer) as factory:
        names = [fresh_id(factory.engine.shop, name) for name in ("Trash", "tips", "Edits", "ok")]
    assert names == ["trash-2", "tips-2", "edits-2", "ok"]


@told
async def test_objects_are_read_again_after_their_reader_was_killed(developer: Developer) -> None:
    async with cellar(developer) as vault:
        assert await vault.text(vault.base, "README.md")
        for pid in _readers():
            os.kill(pid, signal.SIGKILL)
        assert await vault.text(vault.base, "README.md")


def _readers() -> list[int]:
    """Our own `git cat-file --batch…` processes."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if b"cat-file" in line and parent == os.getpid():
                found.append(int(folder.name))
    return found


@told
async def test_a_task_can_be_looked_at_while_its_environment_is_being_made(
    developer: Developer,
) -> None:
    own = (
        "[environment]\nsetup = ['until [ -e /env/go ]; do sleep 0.02; done']\ninputs = ['*.lock']"
    )
    developer.commit({"factory.toml": settings(rail("any", "true"), own), "a.lock": "1"})
    async with works(developer) as factory:
        task = await factory.add("Write", "echo x > x.txt")
        await factory.once(lambda: bool(factory.task(task).worktree), task)
        async with asyncio.timeout(30):
            details = await factory.client.details(task)
        assert details.shell == ()
        (environment,) = (factory.engine.shop.place.state / "environments").glob("?" * 32)
        (environment / "go").touch()
        await factory.until(task, TaskState.READY)
