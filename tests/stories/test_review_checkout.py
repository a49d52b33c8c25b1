"""The developer's checkout in the midst of something, and a landing cut off in the midst of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from factory import spawn, wire
from factory.client import connect
from factory.git.repository import Repository
from factory.model import TaskState
from tests.developer import Developer
from tests.git.cellar import cellar
from tests.works import rail, settings, told, works

MIDST = {
    "rebase": ("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", "HEAD~2"),
    "bisect": ("bisect", "start", "HEAD", "HEAD~3"),
}


@pytest.fixture
def developer(developer: Developer) -> Developer:
    for name in ("one", "two", "three"):
        developer.commit({name: name})
    return developer


@pytest.mark.parametrize("begun", MIDST)
@told
async def test_a_landing_waits_for_the_end_of_what_the_developer_has_begun(
    developer: Developer, begun: str
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo hello > hello.txt")
        developer.git(*MIDST[begun], ok=False)
        before = developer.picture()
        await factory.accept(task)
        await factory.once(lambda: bool(factory.task(task).waiting), task)
        assert f"finish or abort your {begun} of main" in factory.task(task).waiting
        assert developer.picture() == before
        developer.git(*(("rebase", "--abort") if begun == "rebase" else ("bisect", "reset")))
        await factory.until(task, TaskState.LANDED)
    assert developer.git("status", "--porcelain") == ""


@pytest.mark.parametrize("begun", MIDST)
@told
async def test_without_that_the_target_would_move_under_it_but_not_their_files(
    developer: Developer, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: Repository, target: str) -> str:
        return ""

    monkeypatch.setattr(Repository, "halfway", nothing)
    developer.git(*MIDST[begun], ok=False)
    assert developer.git("status", "--porcelain") == ""
    async with cellar(developer) as vault:
        commit = await vault.holding({"hello.txt": "hello\n"})
        assert (await vault.land(commit)).done
    assert developer.tip() == commit
    assert developer.git("status", "--porcelain") == ""


@told
async def test_a_push_runs_to_its_end_though_its_engine_is_killed(developer: Developer) -> None:
    """A filter that talks, as git-lfs does, would die of a pipe that nobody reads any more."""
    talk = "i=0; while [ $i -lt 20 ]; do echo so far $i >&2; sleep 0.05; i=$((i+1)); done; cat"
    developer.git("config", "--global", "filter.slow.smudge", talk)
    developer.git("config", "--global", "filter.slow.clean", "cat")
    developer.git("config", "--global", "filter.slow.required", "true")
    config = settings(rail("there", "test -f b.big"))
    developer.commit({"factory.toml": config, ".gitattributes": "*.big filter=slow\n"})
    place = developer.place
    async with works(developer) as factory:
        task = await factory.ready("Two", "echo a > a.big; echo b > b.big")
        change = (await factory.view(task)).change
    assert change is not None
    await spawn.ensure_engine(place)
    async with connect(place.socket) as client:
        pid = (await client.hello()).pid
        await client.send(wire.Accept(task=task, snapshot=change.snapshot, tree=change.tree))
        _wait(lambda: (developer.path / "a.big").exists())
        os.kill(pid, signal.SIGKILL)
    tip = developer.tip()
    _wait(lambda: developer.tip() != tip)
    assert developer.git("status", "--porcelain") == ""
    assert (developer.path / "b.big").read_text() == "b\n"
    async with works(developer) as factory:
        await factory.until(task, TaskState.LANDED)
    assert developer.subjects()[:2] == ["Two", "by hand"]


def _wait(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
