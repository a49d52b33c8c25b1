"""From a task to a landed change, and the ways back to the agent."""

from __future__ import annotations

import pytest

from factory import wire
from factory.model import ParkReason, TaskState
from tests.developer import Developer
from tests.works import RefusedError, rail, settings, told, works

HELLO = rail("hello", "grep -qx 'hello world' hello.txt")
REPAIRS = """
if grep -q 'FAI[L]' "$FACTORY_PROMPT_FILE"
then echo 'hello world' > hello.txt
else echo 'hello' > hello.txt
fi
exit
"""
"""For the reader: says something else once it has read of a failure."""


@told
async def test_a_task_goes_straight_through_to_the_target(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(HELLO)})
    before = developer.tip()
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo hello world > hello.txt; echo I said it")
        change = (await factory.view(task)).change
        assert change is not None
        assert (change.green, change.files, change.added) == (True, ("hello.txt",), 1)
        assert change.handoff.summary == "I said it"
        commit = await factory.land(task)
        assert factory.kinds(task) == [
            "queued", "started", "claimed", "ready", "accepted", "landing", "landed"
        ]  # fmt: skip
    assert developer.tip() == commit
    assert developer.git("rev-parse", "main^") == before
    assert (developer.path / "hello.txt").read_text() == "hello world\n"
    assert developer.git("status", "--porcelain") == ""


@told
async def test_a_landed_commit_names_the_developer_the_task_and_the_evidence(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(HELLO)})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo hello world > hello.txt")
        await factory.land(task)
    shown = developer.git("log", "-1", "--format=%an <%ae>|%cn|%B", "main")
    who, committer, message = shown.split("|")
    assert (who, committer) == ("Demo <demo@localhost>", "factory-tui")
    tree = developer.git("rev-parse", "main^{tree}")
    assert message.startswith("Say hello\n")
    assert f"Factory-Task: {task}\nFactory-Evidence: 1 passed on tree {tree}" in message


@told
async def test_red_goes_back_to_the_agent_and_comes_again_green(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(HELLO)})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", REPAIRS, agent="reader")
        assert factory.kinds(task) == [
            "queued",
            "started",
            "claimed",
            "red",
            "claimed",
            "ready",
        ]
        assert factory.task(task).rounds == 2
        transcript = (await factory.client.transcript(f"{task}.1")).text
        assert "1 guardrail not green: hello FAIL" in transcript
        assert "reproduce: grep -qx" in transcript
        await factory.land(task)
    assert developer.shows("hello.txt") == "hello world"


@told
async def test_red_too_often_parks_as_stuck_and_never_lands(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(HELLO, top="rounds = 2")})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hullo >> hello.txt; exit", agent="reader")
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert parked.reason is ParkReason.STUCK
        assert parked.message.endswith("after 3 rounds")
        assert factory.kinds(task).count("red") == 2
        with pytest.raises(RefusedError, match="is not green"):
            await factory.accept(task)
    assert "hello.txt" not in developer.git("ls-tree", "--name-only", "main")


@told
async def test_a_change_that_is_not_green_cannot_be_accepted_at_all(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(HELLO, top="rounds = 0")})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hullo > hello.txt")
        change = (await factory.until(task, TaskState.PARKED)).change
        assert change is not None
        with pytest.raises(RefusedError, match="is not green"):
            await factory.accept(task)
        stale = wire.Accept(task=task, snapshot=change.snapshot, tree="0" * 40)
        with pytest.raises(RefusedError, match="has changed since you looked"):
            await factory.send(stale)


@told
async def test_a_script_is_not_told_of_failures_and_parks_at_once(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(HELLO)})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo hullo > hello.txt")
        await factory.until(task, TaskState.PARKED)
        assert factory.kinds(task) == ["queued", "started", "claimed", "parked"]
        await factory.send(wire.SendFeedback(task=task, text="echo hello world > hello.txt"))
        await factory.until(task, TaskState.READY)


@told
async def test_a_change_of_nothing_is_sent_back(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(top="rounds = 0")})
    async with works(developer) as factory:
        task = await factory.add("Do nothing", "echo I am done")
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert "nothing was changed" in parked.message


@told
async def test_an_agent_that_fails_parks_with_its_last_words_and_resumes(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(HELLO)})
    script = """
    echo hello world > hello.txt
    if [ ! -e /tmp/tried ]; then touch /tmp/tried; echo no luck today; exit 3; fi
    rm /tmp/tried
    """
    async with works(developer) as factory:
        task = await factory.add("Say hello", script)
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert parked.reason is ParkReason.ERROR
        assert "exit code 3: no luck today" in parked.message
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)


@told
async def test_tasks_wait_for_those_they_come_after(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        first = await factory.add("First", "echo 1 > first.txt")
        second = await factory.add("Second", "cp first.txt second.txt", after=(first,))
        await factory.until(first, TaskState.READY)
        assert factory.task(second).state is TaskState.QUEUED
        await factory.land(first)
        await factory.until(second, TaskState.READY)
        await factory.land(second)
    assert developer.shows("second.txt") == "1"


@told
async def test_no_more_agents_work_at_once_than_are_allowed(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(top="agents_at_once = 2")})
    async with works(developer) as factory:
        drafts = [f"Task {number}" for number in range(5)]
        tasks = [await factory.add(title, f"sleep 0.2; echo 1 > {title[-1]}") for title in drafts]
        most = 0

        def all_ready() -> bool:
            nonlocal most
            states = [factory.task(task).state for task in tasks]
            most = max(most, states.count(TaskState.WORKING))
            return states.count(TaskState.READY) == 5

        await factory.once(all_ready)
        assert most == 2
        for task in tasks:
            await factory.land(task)
    assert len(developer.subjects()) == 2 + 5


@told
async def test_a_draft_is_held_until_it_is_let_go(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        held = await factory.add("Later", "echo 1 > later.txt", hold=True)
        await factory.ready("Now", "echo 1 > now.txt")
        assert factory.task(held).state is TaskState.DRAFT
        await factory.send(wire.Hold(task=held, held=False))
        await factory.until(held, TaskState.READY)
