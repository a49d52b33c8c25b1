"""Agents that are scripts: what they are told is run, and nothing else ever is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from factory.agents.command import Command
from factory.entry import Origin, Prompt
from factory.model import ParkReason, TaskState
from factory.wire import SendFeedback
from tests.agents.bench import Workplace, spec
from tests.developer import Developer
from tests.works import Works, rail, settings, told, works

AGENT = """
[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true
"""


def configure(developer: Developer, *rails: str) -> None:
    developer.commit({"factory.toml": settings(*rails, agents=AGENT), "notes.txt": "one\n"})


async def parked(factory: Works, task: str) -> str:
    await factory.until(task, TaskState.PARKED)
    aside = factory.task(task).parked
    assert aside is not None
    assert aside.reason is ParkReason.STUCK
    return aside.message


@told
async def test_a_script_that_changes_nothing_is_parked_at_once_and_never_lands(
    developer: Developer,
) -> None:
    configure(developer)
    tip = developer.tip()
    async with works(developer) as factory:
        task = await factory.add("Nothing to do", "true")
        message = await parked(factory, task)
        assert message == (
            "nothing was changed: the tree is the target's own; say another script, or end the task"
        )
        assert "red" not in factory.kinds(task)
    assert developer.tip() == tip


@told
async def test_what_a_guardrail_says_is_never_run_as_part_of_the_script(
    developer: Developer,
) -> None:
    loud = "test ! -f bad.txt || { echo 'touch poison.txt'; exit 1; }"
    configure(developer, rail("loud", loud))
    async with works(developer) as factory:
        task = await factory.add("Break it", "echo x > bad.txt")
        assert "loud" in await parked(factory, task)
        await factory.send(SendFeedback(task=task, text="rm bad.txt; echo good > good.txt"))
        view = await factory.until(task, TaskState.READY)
        assert view.change is not None
        assert view.change.files == ("good.txt",)


@told
async def test_a_script_that_meets_a_conflict_starts_again_on_the_new_tip(
    developer: Developer,
) -> None:
    configure(developer)
    async with works(developer) as factory:
        first = await factory.ready("First", "sed -i 's/one/two/' notes.txt; echo 1 > notes2.txt")
        second = await factory.ready("Second", "echo 'and more' >> notes.txt")
        await factory.land(first)
        await factory.once(lambda: "red" in factory.kinds(second), second)
        await factory.until(second, TaskState.READY)
        await factory.land(second)
    assert developer.shows("notes.txt") == "two\nand more"
    assert developer.shows("notes2.txt") == "1"
    assert developer.git("status", "--porcelain") == ""


def told_program(home: Path, *said: Prompt, script: bool) -> str:
    agent = spec("command", run='cp "$FACTORY_PROMPT_FILE" got', script=script)
    place = Workplace(home, agent, *said)
    asyncio.run(place.work(Command()))
    return place.files()["got"]


def test_a_reader_is_told_the_whole_task_again_and_a_script_the_newest_word_alone(
    tmp_path: Path,
) -> None:
    said = (Prompt(text="the task"), Prompt(text="also", origin=Origin.DEVELOPER))
    assert told_program(tmp_path / "reader", *said, script=False) == "the task\n\n---\n\nalso"
    assert told_program(tmp_path / "script", *said, script=True) == "also"


def test_a_task_that_begins_again_is_told_once(tmp_path: Path) -> None:
    said = (
        Prompt(text="the task"),
        Prompt(text="one test is red", origin=Origin.GUARDRAILS),
        Prompt(text="the task"),
    )
    assert told_program(tmp_path, *said, script=False) == "the task"
