"""The developer's words while agents work: steering, answers, pauses, ends, remarks on lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from factory.model import Anchor, Comment, CommentKind, CommentState, ParkReason, Task, TaskState
from factory.worktrees import Worktrees
from tests.agents.bench import running
from tests.developer import Developer
from tests.works import RefusedError, Works, rail, settings, told, works

RECORDING = """
speed = 0

[[task]]
title = "Greet"
[[task.step]]
say = "I do not know whom."
[[task.step.call]]
tool = "ask"
question = "Whom shall it greet?"
[[task.step]]
when = "the moon"
[[task.step.call]]
tool = "create"
path = "greeting.txt"
text = "hello moon\\n"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "It greets the moon."

[[task]]
title = "Count"
[[task.step]]
[[task.step.call]]
tool = "bash"
command = "echo one > count.txt; until [ -e go ]; do sleep 0.05; done; rm go"
[[task.step]]
[[task.step.call]]
tool = "bash"
command = "echo two >> count.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Counted."
[[task.step]]
when = "in French"
[[task.step.call]]
tool = "bash"
command = "echo un > count.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Counted in French."
"""


@pytest.fixture
def recorded(developer: Developer, home: Path) -> Developer:
    """A developer whose model answers from a recording."""
    (home / "recording.toml").write_text(RECORDING)
    agent = f'[agents.model]\nkind = "replay"\nrecording = "{home}/recording.toml"\n'
    developer.commit({"factory.toml": settings(agents=agent, agent="model")})
    return developer


def worktree(factory: Works, task: str) -> Path:
    return factory.engine.shop.trees.worktrees / factory.task(task).worktree


@told
async def test_a_question_waits_for_its_answer_and_the_answer_is_heard(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.add("Greet")
        await factory.until(task, TaskState.PARKED)
        parked = factory.task(task).parked
        assert parked is not None
        assert (parked.reason, parked.message) == (ParkReason.QUESTION, "Whom shall it greet?")
        await factory.send(wire.Say(task=task, text="the moon"))
        view = await factory.until(task, TaskState.READY)
        assert view.change is not None
        assert view.change.handoff.summary == "It greets the moon."
        assert factory.task(task).attempt == 1
        await factory.land(task)
    assert recorded.shows("greeting.txt") == "hello moon"


@told
async def test_a_question_outlives_the_engine(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.add("Greet")
        await factory.until(task, TaskState.PARKED)
    async with works(recorded) as factory:
        await factory.send(wire.Say(task=task, text="the moon"))
        await factory.until(task, TaskState.READY)


@told
async def test_a_word_to_a_working_agent_is_heard_between_two_turns(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.add("Count")
        await factory.once(lambda: (worktree(factory, task) / "count.txt").is_file(), task)
        await factory.send(wire.Say(task=task, text="count in French"))
        (worktree(factory, task) / "go").touch()
        view = await factory.until(task, TaskState.READY)
        assert view.change is not None
        assert view.change.handoff.summary == "Counted in French."
        assert factory.task(task).prompts == ()
        transcript = (await factory.client.transcript(f"{task}.1")).text
        assert transcript.count("count in French") == 1
        await factory.land(task)
    assert recorded.shows("count.txt") == "un"


@told
async def test_a_paused_agent_stops_keeps_its_files_and_goes_on(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.add("Count")
        await factory.once(lambda: (worktree(factory, task) / "count.txt").is_file(), task)
        await factory.send(wire.Pause(task=task))
        await factory.once(lambda: not running("until [ -e go ]"), task)
        assert factory.task(task).state is TaskState.PARKED
        assert (worktree(factory, task) / "count.txt").read_text() == "one\n"
        (worktree(factory, task) / "go").touch()
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)
        await factory.land(task)
    assert recorded.shows("count.txt") == "one\ntwo"


WAITS = "echo begun > work.txt; echo $$ > pid; sleep 86399.5"


@told
async def test_an_ended_task_leaves_no_process_and_keeps_its_work(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Work", WAITS)
        await factory.once(lambda: (worktree(factory, task) / "work.txt").is_file(), task)
        await factory.once(lambda: running("sleep 86399.5"), task)
        await factory.send(wire.End(task=task))
        await factory.once(lambda: factory.task(task).worktree == "", task)
        assert not running("sleep 86399.5")
        assert factory.task(task).state is TaskState.STOPPED
        kept = await factory.engine.shop.vault.kept(f"{task}/1")
        assert await factory.engine.shop.vault.objects.file(kept, "work.txt") == b"begun\n"
        with pytest.raises(RefusedError, match="has ended"):
            await factory.send(wire.End(task=task))


@told
async def test_an_ended_task_that_is_let_go_on_is_worked_at_and_not_judged_half_done(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Work", "echo begun > work.txt; sleep 86399.25")
        await factory.once(lambda: running("sleep 86399.25"), task)
        await factory.send(wire.End(task=task))
        await factory.once(lambda: factory.task(task).worktree == "", task)
        await factory.send(wire.Resume(task=task))
        judged = (TaskState.READY, TaskState.PARKED)
        await factory.once(
            lambda: running("sleep 86399.25") or factory.task(task).state in judged, task
        )
        assert factory.task(task).state is TaskState.WORKING
        await factory.send(wire.End(task=task))


@told
async def test_without_its_snapshot_the_work_of_an_ended_task_would_be_gone(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def the_base(_: Worktrees, task: Task) -> str:
        return task.base

    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Work", WAITS)
        await factory.once(lambda: (worktree(factory, task) / "work.txt").is_file(), task)
        monkeypatch.setattr(Worktrees, "snapshot", the_base)
        await factory.send(wire.End(task=task))
        await factory.once(lambda: factory.task(task).worktree == "", task)
        vault = factory.engine.shop.vault
        assert await vault.kept(f"{task}/1") == ""
        kept = await vault.kept(f"trash/{task}")
        assert await vault.objects.file(kept, "work.txt") is None


@told
async def test_a_rejected_change_comes_back_with_one_word(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo hello > hello.txt")
        tree = (await factory.view(task)).change
        await factory.send(wire.Reject(task=task, reason="not now"))
        await factory.once(lambda: factory.task(task).worktree == "", task)
        assert factory.task(task).state is TaskState.REJECTED
        other = await factory.ready("Use the worktree", "echo other > other.txt")
        await factory.send(wire.Resume(task=task))
        again = (await factory.until(task, TaskState.READY)).change
        assert tree is not None
        assert again is not None
        assert again.tree == tree.tree
        await factory.land(task)
        await factory.land(other)
    assert developer.shows("hello.txt") == "hello"


LOUDER = """
printf '%s\\n' first hello last > hello.txt
if grep -q 'loude[r]' "$FACTORY_PROMPT_FILE"; then sed -i 's/hello/HELLO/' hello.txt; fi
exit
"""


async def comment(factory: Works, task: str, name: str, line: int, text: str, word: str) -> None:
    anchor = Anchor(path="hello.txt", line=line, text=text)
    await factory.send(
        wire.SaveComment(id=name, task=task, kind=CommentKind.DO, anchor=anchor, text=word)
    )


@told
async def test_a_remark_on_a_line_goes_to_the_agent_and_comes_back_addressed(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(agent="reader")})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", LOUDER)
        await comment(factory, task, "c1", 2, "hello", "say it louder")
        await comment(factory, task, "c2", 3, "last", "say this later")
        assert (await factory.view(task)).comments == 2
        await factory.send(wire.SendFeedback(task=task, text="almost"))
        await factory.until(task, TaskState.READY)

        details = await factory.client.details(task)
        found: dict[str, Comment] = {one.id: one for one in details.comments}
        assert found["c1"].state is CommentState.ADDRESSED
        assert found["c2"].state is CommentState.OPEN
        transcript = (await factory.client.transcript(f"{task}.1")).text
        for word in ("say it louder", "say this later", "almost", "hello.txt:2"):
            assert word in transcript
        delta = await factory.client.review(task, wire.Look.DELTA)
        assert (delta.added, delta.removed) == (1, 1)
        whole = await factory.client.review(task)
        assert (whole.added, whole.removed) == (3, 0)
        await factory.land(task)
    assert developer.shows("hello.txt") == "first\nHELLO\nlast"


@told
async def test_a_draft_remark_can_be_taken_back_and_a_sent_one_cannot(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(agent="reader")})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", LOUDER)
        await comment(factory, task, "c1", 2, "hello", "a slip of the pen")
        await factory.send(wire.DropComment(id="c1"))
        with pytest.raises(RefusedError, match="there is no comment to send"):
            await factory.send(wire.SendFeedback(task=task))
        await comment(factory, task, "c2", 2, "hello", "say it louder")
        await factory.send(wire.SendFeedback(task=task))
        with pytest.raises(RefusedError, match="was sent"):
            await factory.send(wire.DropComment(id="c2"))


@told
async def test_the_fix_command_of_a_guardrail_is_not_the_agents_business(
    developer: Developer,
) -> None:
    """It runs in the worktree before the check, and what it changed is in the change."""
    lint = rail("lint", "! grep -q ' $' hello.txt", fix="sed -i 's/ *$//' hello.txt")
    developer.commit({"factory.toml": settings(lint)})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo 'hello  ' > hello.txt")
        await factory.land(task)
    assert developer.shows("hello.txt") == "hello"
