"""Decisions are taken back with one key while that is possible; and what waits is put aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from factory.model import Anchor, CommentKind, CommentState, TaskState
from factory.worktrees import Worktrees
from tests.developer import Developer
from tests.works import RefusedError, Works, rail, settings, told, works

RECORDING = """
speed = 0
[[task]]
title = "Count"
[[task.step]]
[[task.step.call]]
tool = "bash"
command = "echo one > count.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Counted."
[[task.step]]
when = "in French"
[[task.step.call]]
tool = "bash"
command = "echo un > count.txt; echo 1 > begun; until [ -e go ]; do sleep 0.05; done"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Counted in French."
[[task.step]]
when = "twice"
[[task.step.call]]
tool = "bash"
command = "cat count.txt count.txt > more.txt; ls >> more.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Counted twice."
"""


@pytest.fixture
def recorded(developer: Developer, home: Path) -> Developer:
    """A developer whose model answers from a recording."""
    (home / "recording.toml").write_text(RECORDING)
    agent = f'[agents.model]\nkind = "replay"\nrecording = "{home}/recording.toml"\n'
    developer.commit({"factory.toml": settings(agents=agent, agent="model")})
    return developer


def folder(factory: Works, task: str) -> Path:
    return factory.engine.shop.trees.worktrees / factory.task(task).worktree


async def remarked(factory: Works, task: str) -> None:
    await factory.send(
        wire.SaveComment(
            id="c", task=task, kind=CommentKind.DO, anchor=Anchor(path="count.txt"), text="in it"
        )
    )


@told
async def test_feedback_is_taken_back_with_all_that_came_of_it(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.ready("Count")
        before = (await factory.view(task)).change
        await remarked(factory, task)
        await factory.send(wire.SendFeedback(task=task, text="in French"))
        await factory.once(lambda: (folder(factory, task) / "begun").exists(), task)
        await factory.send(wire.TakeBack(task=task))
        view = await factory.view(task)
        assert view.task.state is TaskState.READY
        assert view.change == before
        assert view.comments == 1, "the comment is a draft again"
        comments = factory.engine.shop.store.reviews.comments(task)
        assert [one.state for one in comments] == [CommentState.DRAFT]
        await factory.once(lambda: not factory.task(task).lay_out, task)
        assert (folder(factory, task) / "count.txt").read_text() == "one\n"
        assert not (folder(factory, task) / "begun").exists()
        vault = factory.engine.shop.vault
        refs = (await vault.git("for-each-ref", f"refs/factory/edits/{task}")).text
        kept = refs.split()[0]
        assert await vault.objects.file(kept, "count.txt") == b"un\n", "nothing is lost"

        await factory.send(wire.SendFeedback(task=task, text="twice"))
        await factory.until(task, TaskState.READY)
        transcript = (await factory.client.transcript(f"{task}.1")).text
        assert "has taken back what you were told last" in transcript
        await factory.land(task)
    assert recorded.shows("more.txt").split("\n")[:2] == ["one", "one"]
    assert "begun" not in recorded.shows("more.txt")


@told
async def test_what_was_taken_back_can_be_accepted_at_once(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.ready("Count")
        await factory.send(wire.SendFeedback(task=task, text="in French"))
        await factory.send(wire.TakeBack(task=task))
        await factory.land(task)
    assert recorded.shows("count.txt") == "one"


@told
async def test_without_laying_the_files_out_again_the_agents_next_work_would_hold_the_rest(
    recorded: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stays(self: Worktrees, task: object) -> object:
        return task

    async with works(recorded) as factory:
        task = await factory.ready("Count")
        await factory.send(wire.SendFeedback(task=task, text="in French"))
        await factory.once(lambda: (folder(factory, task) / "begun").exists(), task)
        monkeypatch.setattr(Worktrees, "ready", stays)
        await factory.send(wire.TakeBack(task=task))
        await factory.once(lambda: factory.task(task).state is TaskState.READY, task)
        assert (folder(factory, task) / "count.txt").read_text() == "un\n"


@told
async def test_feedback_that_was_answered_stays(recorded: Developer) -> None:
    async with works(recorded) as factory:
        task = await factory.ready("Count")
        await factory.send(wire.SendFeedback(task=task, text="twice"))
        await factory.until(task, TaskState.READY)
        with pytest.raises(RefusedError, match="no decision on it to take back"):
            await factory.send(wire.TakeBack(task=task))


@told
async def test_a_rejected_change_comes_back_as_it_was(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        before = (await factory.view(task)).change
        await factory.send(wire.Reject(task=task))
        await factory.once(lambda: not factory.task(task).worktree, task)
        await factory.send(wire.TakeBack(task=task))
        view = await factory.view(task)
        assert (view.task.state, view.change) == (TaskState.READY, before)
        assert factory.kinds(task).count("ready") == 1, "nothing was made or checked again"
        await factory.land(task)
    assert developer.shows("one.txt") == "1"


@told
async def test_an_accept_is_taken_back_until_its_push(developer: Developer) -> None:
    slow = rail("slow", "sleep 0.5")
    developer.commit({"factory.toml": settings(slow)})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        developer.commit({"other.txt": "1\n"})  # so that it is gated again before it lands
        tip = developer.tip()
        await factory.accept(task)
        await factory.send(wire.TakeBack(task=task))
        assert factory.task(task).state is TaskState.READY
        await factory.once(lambda: task not in factory.engine.runner._running, task)
        assert developer.tip() == tip
        await factory.land(task)
        with pytest.raises(RefusedError, match="has landed; undo reverts it"):
            await factory.send(wire.TakeBack(task=task))


@told
async def test_a_waiver_is_withdrawn_and_the_verdict_counts_again(developer: Developer) -> None:
    red = rail("red", "test ! -e one.txt")
    developer.commit({"factory.toml": settings(red)})
    async with works(developer) as factory:
        task = await factory.add("One", "echo 1 > one.txt")
        view = await factory.until(task, TaskState.PARKED)
        assert view.change is not None
        tree = view.change.tree
        await factory.send(wire.Waive(task=task, guardrail="red", tree=tree, reason="for now"))
        await factory.until(task, TaskState.READY)
        await factory.send(wire.Unwaive(task=task, guardrail="red", tree=tree))
        await factory.until(task, TaskState.PARKED)
        assert "unwaived" in factory.kinds(task)


@told
async def test_what_is_put_aside_comes_back_when_it_is_made_anew_and_not_when_the_tip_moves(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        await factory.send(wire.Later(task=task))
        assert (await factory.view(task)).later
        tree = (await factory.view(task)).change
        developer.commit({"other.txt": "1\n"})
        await factory.once(lambda: _anew(factory, task, tree), task)
        assert (await factory.view(task)).later, "it is the same change, on another tip"
        await factory.send(wire.Later(task=task, later=False))
        assert not (await factory.view(task)).later
        await factory.send(wire.Later(task=task))
        await factory.send(wire.SendFeedback(task=task, text="echo 2 > one.txt"))
        await factory.until(task, TaskState.READY)
        assert not (await factory.view(task)).later


def _anew(factory: Works, task: str, before: object) -> bool:
    return factory.engine.shop.store.evidence.change(task) != before


@told
async def test_what_is_left_out_is_kept_by_the_engine(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt; echo 2 > two.txt")
        shown = await factory.client.review(task)
        hunk = shown.files[0].hunks[0].id
        await factory.send(wire.LeaveOut(task=task, marks=(hunk,)))
        again = await factory.client.review(task)
        assert [file.left_out for file in again.files] == [True, False]
        assert (await factory.view(task)).left_out == 1
        await factory.send(wire.LeaveOut(task=task, marks=(hunk,), out=False))
        assert (await factory.view(task)).left_out == 0
