"""`kill -9` of the engine, a real process, at any moment: nothing lost or doubled, no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from factory import spawn, wire
from factory.client import Client, connect
from factory.git.place import Place
from factory.model import Draft, EngineError, TaskState
from factory.wire import AnyCommand, Fact, Overview
from tests.agents.bench import running
from tests.developer import Developer
from tests.trust.processes import command_lines
from tests.works import rail, settings, told

T = TypeVar("T")
KILLS = 5


class Killed:
    """A developer whose engine is killed under their hands, and who starts it again each time."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.kills = 0

    async def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """The engine's answer, from whichever engine lives long enough to give one."""
        while True:
            with contextlib.suppress(EngineError):
                await spawn.ensure_engine(self.place)
                async with connect(self.place.socket) as client:
                    return await question(client)
            await asyncio.sleep(0.02)

    async def send(self, command: AnyCommand, key: str) -> wire.Reply:
        return await self.ask(lambda client: client.send(command, key=key))

    async def overview(self) -> Overview:
        return await self.ask(lambda client: client.overview())

    async def history(self) -> tuple[Fact, ...]:
        return await self.ask(lambda client: client.history(limit=100_000))

    async def pid(self) -> int:
        return (await self.ask(lambda client: client.hello())).pid

    async def kill(self) -> None:
        """Kill the engine, whatever it does right now."""
        hello = await spawn.running(self.place)
        if hello is not None:
            os.kill(hello.pid, signal.SIGKILL)
            self.kills += 1

    async def accept_what_is_ready(self) -> bool:
        """Accept each ready change once; whether all tasks are over."""
        views = (await self.overview()).tasks
        for view in views:
            assert view.task.state is not TaskState.PARKED, view.task
            if view.task.state is TaskState.READY and view.change is not None:
                change = view.change
                accept = wire.Accept(task=view.task.id, snapshot=change.snapshot, tree=change.tree)
                await self.send(accept, f"accept-{view.task.id}-{change.tree}")
        return all(view.task.state is TaskState.LANDED for view in views)


@pytest.fixture
def killed(developer: Developer) -> Iterator[Killed]:
    developer.commit({"factory.toml": settings(rail("there", "sleep 0.1; test -f README.md"))})
    survivor = Killed(developer.place)
    yield survivor
    asyncio.run(spawn.stop_engine(survivor.place, at_once=True))


async def at_random(killed: Killed, chance: random.Random) -> None:
    while killed.kills < KILLS:
        await asyncio.sleep(chance.uniform(0.05, 1.2))
        await killed.kill()


@pytest.mark.parametrize("seed", [1, 2])
@told
async def test_after_kills_at_any_moment_every_task_has_landed_and_landed_once(
    developer: Developer, killed: Killed, seed: int
) -> None:
    """What was acknowledged is there, each change is on main once, and nobody else's is."""
    chance = random.Random(seed)
    await killed.overview()
    killing = asyncio.create_task(at_random(killed, chance))
    acknowledged: list[str] = []
    titles: list[str] = []
    done = False
    while not (done and killing.done()):
        if len(titles) < 4 or (done and not killing.done()):
            titles.append(f"Task {len(titles)}")
            script = f"sleep 0.2; echo {titles[-1]} >> '{titles[-1]}.txt'; sleep 0.2"
            add = wire.Add(drafts=(Draft(title=titles[-1], spec=script),))
            acknowledged += (await killed.send(add, f"add-{titles[-1]}")).tasks
        done = await killed.accept_what_is_ready()
        await asyncio.sleep(0.05)

    tasks = {view.task.id: view.task for view in (await killed.overview()).tasks}
    assert sorted(tasks) == sorted(acknowledged)
    assert len(tasks) == len(titles)
    facts = await killed.history()
    for task in tasks.values():
        assert [fact.kind for fact in facts if fact.task == task.id].count("landed") == 1
        assert developer.git("merge-base", "--is-ancestor", task.landed, "main") == ""
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert [fact.kind for fact in facts].count("engine") >= KILLS + 1
    subjects = developer.subjects()
    assert sorted(subjects) == sorted([*titles, "by hand", "The first commit"])
    for title in titles:
        assert developer.shows(f"{title}.txt") == title, "each script counted once"
    assert developer.git("status", "--porcelain") == ""
    assert developer.git("fsck", "--no-dangling") == ""


@pytest.mark.parametrize("seed", [3, 4])
@told
async def test_after_kills_at_any_moment_a_part_has_landed_once_and_the_rest_went_back_once(
    developer: Developer, killed: Killed, seed: int
) -> None:
    """The agent is a script, to which nothing can be told: its rest goes to the developer, once."""
    chance = random.Random(seed)
    script = wire.Add(drafts=(Draft(title="Two files", spec="echo 1 > a.txt; echo 2 > b.txt"),))
    await killed.send(script, "add")
    while (await killed.overview()).tasks[0].task.state is not TaskState.READY:
        await asyncio.sleep(0.05)
    shown = await killed.ask(lambda client: client.review("two-files"))
    mark = next(file.mark for file in shown.files if file.path == "b.txt")
    accept = wire.AcceptPart(
        task="two-files", snapshot=shown.snapshot, tree=shown.tree, left_out=(mark,)
    )
    killing = asyncio.create_task(at_random(killed, chance))
    replies = {(await killed.send(accept, "part")).tasks for _ in range(3)}
    assert replies == {("two-files-rest",)}, "the same command, sent again, is one part"
    states: dict[str, TaskState] = {}
    while not killing.done() or states.get("two-files-rest") is not TaskState.LANDED:
        states = {one.task.id: one.task.state for one in (await killed.overview()).tasks}
        await asyncio.sleep(0.05)
    assert states == {"two-files": TaskState.PARKED, "two-files-rest": TaskState.LANDED}
    facts = [(fact.task, fact.kind) for fact in await killed.history()]
    assert facts.count(("two-files-rest", "landed")) == 1
    assert facts.count(("two-files", "parked")) == 1
    assert developer.subjects().count("Two files") == 1
    assert developer.git("ls-tree", "--name-only", "main").count(".txt") == 1


@told
async def test_no_process_outlives_a_killed_engine(developer: Developer, killed: Killed) -> None:
    developer.commit({"factory.toml": settings(rail("slow", "test ! -e b.txt || sleep 86395.25"))})
    working = "setsid sleep 86395.5 & nohup sleep 86395.75 & echo 1 > a.txt; wait"
    drafts = (Draft(title="Works", spec=working), Draft(title="Checks", spec="echo 1 > b.txt"))
    await killed.send(wire.Add(drafts=drafts), "add")
    names = ("sleep 86395.5", "sleep 86395.75", "sleep 86395.25")
    await until(lambda: all(running(name) for name in names))
    await killed.kill()
    await until(lambda: not any(running(name) for name in names))

    await killed.send(wire.End(task="works"), "end-works")
    await killed.send(wire.End(task="checks"), "end-checks")
    await until(lambda: not any(running(name) for name in names))


@told
async def test_an_engine_that_is_told_to_stop_at_once_leaves_no_process_either(
    killed: Killed,
) -> None:
    add = wire.Add(drafts=(Draft(title="Works", spec="setsid sleep 86394.5 & sleep 86394.75"),))
    await killed.send(add, "add")
    names = ("sleep 86394.5", "sleep 86394.75")
    await until(lambda: all(running(name) for name in names))
    await spawn.stop_engine(killed.place, at_once=True)
    assert not any(running(name) for name in names)
    state = (await killed.overview()).tasks[0].task.state
    assert state is TaskState.WORKING, "and it goes on with the next engine"


@told
async def test_a_landing_that_a_dead_engine_left_under_way_lands_once(
    developer: Developer, killed: Killed
) -> None:
    """The next engine has another landing to make; it waits for the push of the dead one."""
    developer.git("config", "--global", "filter.slow.smudge", "sleep 1; cat")
    developer.git("config", "--global", "filter.slow.clean", "cat")
    developer.commit({".gitattributes": "*.big filter=slow\n"})
    drafts = (Draft(title="Big", spec="echo 1 > a.big"), Draft(title="Small", spec="echo 1 > s"))
    await killed.send(wire.Add(drafts=drafts), "add")

    async def states() -> list[TaskState]:
        return [view.task.state for view in (await killed.overview()).tasks]

    while await states() != [TaskState.READY, TaskState.READY]:
        await asyncio.sleep(0.05)
    await killed.accept_what_is_ready()
    await until(lambda: (developer.path / ".git/index.lock").exists())
    await killed.kill()
    while not await killed.accept_what_is_ready():
        await asyncio.sleep(0.05)
    assert sorted(developer.subjects()[:2]) == ["Big", "Small"]
    assert developer.subjects().count("Big") == 1
    assert developer.git("status", "--porcelain") == ""
    assert (developer.path / "a.big").read_text() == "1\n"


@told
async def test_a_kill_leaves_no_lock_that_keeps_the_next_engine_out(
    developer: Developer, killed: Killed
) -> None:
    first = await killed.pid()
    await killed.kill()
    second = await killed.pid()
    assert first != second
    assert Path(developer.place.lock).exists()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0.02)


@told
async def test_an_engine_that_is_killed_as_it_starts_is_started_again(
    developer: Developer,
) -> None:
    line = spawn.engine_command(developer.place)
    starting = asyncio.create_task(spawn.ensure_engine(developer.place))
    asked = b"\0".join(word.encode() for word in line) + b"\0"
    while not (found := [pid for pid, words in command_lines() if words == asked]):
        await asyncio.sleep(0.005)
    os.kill(found[0], signal.SIGKILL)
    await starting
    assert await spawn.running(developer.place) is not None
    await spawn.stop_engine(developer.place, at_once=True)
