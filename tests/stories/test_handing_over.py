"""A task goes from one agent to another: the same files, all that was said, and a state page."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from factory import spawn, wire
from factory.client import connect
from factory.entry import Origin, Prompt
from factory.faults import VARIABLE, Point
from factory.model import Draft, TaskState
from factory.transcript import Transcript
from tests.agents.bench import running
from tests.developer import Developer
from tests.works import RefusedError, Works, rail, settings, told, works

RECORDING = """
speed = 0
[[task]]
title = "Count"
[[task.step]]
say = "I count first."
[[task.step.call]]
tool = "bash"
command = "echo one > count.txt; false"
[[task.step]]
[[task.step.call]]
tool = "bash"
command = "touch /tmp/begun; sleep 86417"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Counted."
"""
OTHERS = """
[agents.second]
kind = "command"
run = 'cp "$FACTORY_PROMPT_FILE" page.md; echo two >> count.txt; echo counted on'

[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true
"""


@pytest.fixture
def recorded(developer: Developer, home: Path) -> Developer:
    """A developer with three agents: one recorded, one that keeps what it is told, one script."""
    (home / "recording.toml").write_text(RECORDING)
    first = f'[agents.first]\nkind = "replay"\nrecording = "{home}/recording.toml"\n'
    text = settings(rail("one", "test -f count.txt"), agents=first + OTHERS, agent="first")
    developer.commit({"factory.toml": text})
    return developer


async def counting(factory: Works, **more: str) -> str:
    """A task whose agent is in the midst of it."""
    task = await factory.add("Count", **more)
    await factory.once(begun(factory.engine.shop.place.state, task).exists, task)
    return task


def begun(state: Path, task: str) -> Path:
    """There once the first agent is in the midst of its last command."""
    return state / "attempts" / f"{task}.1" / "tmp" / "begun"


def folder(factory: Works, task: str) -> Path:
    return factory.engine.shop.trees.worktrees / factory.task(task).worktree


def prompts(developer: Developer, attempt: str) -> list[Prompt]:
    path = developer.place.state / "attempts" / attempt / "transcript.jsonl"
    return [entry for entry in Transcript(path).entries() if isinstance(entry, Prompt)]


@told
async def test_another_agent_goes_on_in_the_same_worktree_with_a_page_of_how_it_stands(
    recorded: Developer,
) -> None:
    async with works(recorded) as factory:
        task = await counting(factory, script="Count to two.")
        worktree = factory.task(task).worktree
        assert running("sleep 86417")
        for _twice in range(2):  # who says a thing twice is heard twice
            await factory.send(wire.Say(task=task, text="in English"))
        await factory.send(wire.Hand(task=task, agent="second", text="be quick"))
        view = await factory.until(task, TaskState.READY)
        assert not running("sleep 86417"), "the former one has ended"
        row = factory.task(task)
        assert (row.agent, row.attempt, row.worktree) == ("second", 2, worktree)
        assert (folder(factory, task) / "count.txt").read_text() == "one\ntwo\n"
        page = (folder(factory, task) / "page.md").read_text()
        assert page.startswith("Count to two.\n\n---\n\nAnother agent, first, worked on this")
        assert "> echo one > count.txt; false → exit code 1" in page
        assert "→ interrupted" in page
        assert "Changed so far (+1 −0):\n> count.txt +1 −0" in page
        said = [one.text for one in prompts(recorded, f"{task}.2")]
        assert said[1:] == ["in English", "in English", "be quick"]
        assert page.endswith("in English\n\n---\n\nbe quick")
        assert factory.kinds(task)[:3] == ["queued", "started", "said"]
        assert "from first to second" in [fact.text for fact in factory.facts(task)]
        assert [one.agent for one in (await factory.client.details(task)).attempts] == [
            "first", "second",
        ]  # fmt: skip
        assert view.change is not None
        assert view.change.handoff.summary == "counted on"


@told
async def test_a_parked_task_goes_to_another_agent_too_and_a_script_gets_its_words_alone(
    recorded: Developer,
) -> None:
    async with works(recorded) as factory:
        task = await counting(factory, script="echo three > third.txt")
        await factory.send(wire.Pause(task=task))
        await factory.send(wire.Hand(task=task, agent="script"))
        await factory.until(task, TaskState.READY)
        assert (folder(factory, task) / "third.txt").read_text() == "three\n"
        assert (folder(factory, task) / "count.txt").read_text() == "one\n"
        for agent, why in (
            ("nobody", "there is no agent 'nobody'"),
            ("script", "is script's already"),
            ("first", "cannot be handed over"),
        ):
            with pytest.raises(RefusedError, match=why):
                await factory.send(wire.Hand(task=task, agent=agent))
        held = await factory.add("Later", hold=True)
        await factory.send(wire.Hand(task=held, agent="second"))
        assert (factory.task(held).agent, factory.task(held).state) == ("second", TaskState.DRAFT)


@pytest.mark.parametrize("point", [Point.STEP_KEPT, Point.COMMAND_KEPT, Point.WORK_TOLD])
@told
async def test_killed_while_it_changes_hands_a_task_is_in_the_new_ones_and_told_once(
    recorded: Developer, tmp_path: Path, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, armed = recorded.place, tmp_path / "armed"
    try:
        monkeypatch.setenv(VARIABLE, f"{point}:kill:{armed}")
        await spawn.ensure_engine(place)
        async with connect(place.socket) as client:
            draft = Draft(title="Count", spec="Count to two.")
            task = (await client.send(wire.Add(drafts=(draft,)))).tasks[0]
            while not begun(place.state, task).exists():
                await asyncio.sleep(0.02)
            pid = (await client.hello()).pid
            await client.send(wire.Say(task=task, text="in English"))
            armed.touch()
            hand = wire.Hand(task=task, agent="second", text="be quick")
            giving = asyncio.create_task(client.send(hand, key="hand"))
            while armed.exists():
                await asyncio.sleep(0.01)
            os.kill(pid, signal.SIGCONT)
            await asyncio.wait([giving])
            giving.exception()
        monkeypatch.delenv(VARIABLE)
        await spawn.ensure_engine(place)
        async with connect(place.socket) as client:
            await client.send(hand, key="hand")
            while (await client.details(task)).view.task.state is not TaskState.READY:
                await asyncio.sleep(0.02)
            row = (await client.details(task)).view.task
        assert (row.agent, row.attempt) == ("second", 2)
        said = prompts(recorded, f"{task}.2")
        assert [one.origin for one in said].count(Origin.TASK) == 1
        whole = "\n".join(one.text for one in said)  # what the former one has heard, the page says
        assert (whole.count("in English"), whole.count("be quick")) == (1, 1)
    finally:
        await spawn.stop_engine(place, at_once=True)
