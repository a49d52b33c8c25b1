"""A program that speaks the Agent Client Protocol, from the task to the landing."""

from __future__ import annotations

import json
import shlex
import uuid
from pathlib import Path

import pytest

from factory import wire
from factory.model import ParkReason, TaskState
from tests.agents.bench import running
from tests.developer import Developer
from tests.works import rail, settings, told, works

SCRIPTED = (Path(__file__).parents[1] / "agents" / "acp_agent.py").read_text()
MARK = f"--of-{uuid.uuid4().hex}"
RUN = f"exec python3 -c {shlex.quote(SCRIPTED)} --resume {MARK}"
AGENT = f"""
[agents.scripted]
kind = "acp"
run = {json.dumps(RUN)}
permissions = "ask"
config = ["~/.scripted"]
variables = {{ ACP_SESSIONS = "/home/factory/.scripted" }}
"""
GREETS = rail("greets", "grep -q universe greeting.txt")
LOUD = rail("loud", "test ! -e loud.txt || grep -q HELLO loud.txt")


@pytest.fixture
def scripted(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(GREETS, LOUD, agents=AGENT, agent="scripted")})
    return developer


@told
async def test_it_asks_leave_works_takes_feedback_and_lands(scripted: Developer) -> None:
    async with works(scripted) as factory:
        task = await factory.add("Greet")
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert (parked.reason, parked.options) == (
            ParkReason.QUESTION,
            ("allow once", "allow always", "refuse"),
        )
        assert parked.message == "scripted asks to: replace world"
        assert not running(MARK), "nobody waits while the developer thinks"
        await factory.send(wire.Say(task=task, text="allow always"))
        view = await factory.until(task, TaskState.READY)
        assert view.change is not None
        assert view.change.handoff.summary == "It greets the universe."
        await factory.send(wire.Say(task=task, text="greet louder"))
        await factory.until(task, TaskState.READY)
        assert (factory.task(task).attempt, factory.task(task).rounds) == (1, 3)
        sessions = factory.engine.shop.attempt_folder(f"{task}.1") / "home" / ".scripted"
        assert [path.name for path in sessions.iterdir()] == ["s1"], "one session, through it all"
        await factory.land(task)
    assert scripted.shows("greeting.txt") == "hello\nuniverse"
    assert scripted.shows("loud.txt") == "HELLO\nUNIVERSE"


@told
async def test_what_crashed_floods_or_was_cancelled_lands_in_the_end(scripted: Developer) -> None:
    async with works(scripted) as factory:
        flood = await factory.ready("Flood")
        said = (await factory.client.transcript(f"{flood}.1", tail=True)).text
        assert "line 19999" in said
        await factory.land(flood)
        crash = await factory.add("Crash")
        await factory.until(crash, TaskState.PARKED)
        parked = factory.task(crash).parked
        assert parked is not None
        assert "exit code 101: panicked at src/main.rs" in parked.message
        await factory.send(wire.Resume(task=crash))
        await factory.until(crash, TaskState.READY)
        await factory.land(crash)
        slow = await factory.add("Slow")
        home = factory.engine.shop.attempt_folder(f"{slow}.1") / "home" / ".scripted"
        await factory.once((home / "s1").exists, slow)
        await factory.send(wire.Pause(task=slow))
        await factory.once((home / "cancelled").exists, slow)
        await factory.send(wire.Resume(task=slow))
        await factory.until(slow, TaskState.READY)
        await factory.land(slow)
    assert scripted.shows("greeting.txt") == "hello\nuniverse"
    assert (scripted.shows("crash.txt"), scripted.shows("slow.txt")) == ("over", "over")


@told
async def test_two_attempts_have_sessions_of_their_own_and_pauses_keep_them(
    scripted: Developer,
) -> None:
    async with works(scripted) as factory:
        slow = [await factory.add("Slow"), await factory.add("Slow")]
        for task in slow:
            home = factory.engine.shop.attempt_folder(f"{task}.1") / "home" / ".scripted"
            await factory.once((home / "s1").exists, task)
            await factory.send(wire.Pause(task=task))
            await factory.once((home / "cancelled").exists, task)
            assert sorted(path.name for path in home.iterdir()) == ["cancelled", "s1"]
        await factory.send(wire.Say(task=slow[0], text="greet louder"))
        await factory.once(
            lambda: "greet louder" in _said(factory.engine.shop.attempt_folder(f"{slow[0]}.1")),
            slow[0],
        )
        assert "greet louder" not in _said(factory.engine.shop.attempt_folder(f"{slow[1]}.1"))


@told
async def test_a_session_goes_on_after_the_engine_was_away(scripted: Developer) -> None:
    async with works(scripted) as factory:
        task = await factory.add("Greet")
        await factory.until(task, TaskState.PARKED)
    async with works(scripted) as factory:
        await factory.send(wire.Say(task=task, text="refuse"))
        with pytest.raises(AssertionError, match="greets"):
            await factory.until(task, TaskState.READY)
        parked = factory.task(task).parked
        assert parked is not None
        assert parked.reason in (ParkReason.STUCK, ParkReason.QUESTION), "it was refused"
        folder = factory.engine.shop.attempt_folder(f"{task}.1")
        assert _said(folder).count("Task: Greet") == 1, "the session remembers its task"


@told
async def test_a_program_that_is_not_there_is_named_with_the_command_that_installs_it(
    developer: Developer,
) -> None:
    agents = '[agents.vibe]\nkind = "acp"\npreset = "vibe"\n'
    developer.commit({"factory.toml": settings(GREETS, agents=agents, agent="vibe")})
    async with works(developer, PATH="/nowhere") as factory:
        task = await factory.add("Greet")
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert "there is no vibe-acp on the engine's PATH" in parked.message
        assert "`uv tool install mistral-vibe`" in parked.message


def _said(folder: Path) -> str:
    return (folder / "home" / ".scripted" / "s1").read_text()
