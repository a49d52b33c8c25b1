"""A reader who tries to break decisions: taken back, put aside, taken in parts, sent at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from factory.model import AcceptRule, Anchor, CommentKind, CommentState, TaskState
from factory.wire import Look, Request
from tests.developer import Developer
from tests.stories.test_taking_back import RECORDING
from tests.works import RefusedError, Works, settings, told, works


async def dirty(factory: Works, developer: Developer, task: str) -> None:
    """Wait until a landing is refused by the developer's checkout."""
    await factory.once(lambda: bool(factory.task(task).waiting), task)


@told
async def test_what_landed_by_rule_and_was_taken_back_asks_from_then_on(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    (developer.path / "README.md").write_text("mine\n")
    async with works(developer) as factory:
        task = await factory.add("One", "echo 1 > README.md", accept=AcceptRule.WHEN_GREEN)
        await dirty(factory, developer, task)
        await factory.send(wire.TakeBack(task=task))
        developer.git("checkout", "README.md")
        await factory.send(wire.Rerun(task=task, guardrail="any"))
        await factory.once(lambda: factory.kinds(task).count("recheck") == 1, task)
        await factory.once(lambda: factory.task(task).state is not TaskState.CHECKING, task)
        assert factory.task(task).state is TaskState.READY, "a rerun does not accept it again"
        await factory.land(task)


@told
async def test_an_undo_that_was_taken_back_asks_from_then_on(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > README.md")
        await factory.land(task)
        (developer.path / "README.md").write_text("mine\n")
        undo = (await factory.send(wire.Undo(task=task))).tasks[0]
        await dirty(factory, developer, undo)
        await factory.send(wire.TakeBack(task=undo))
        developer.git("checkout", "README.md")
        await factory.send(wire.Rerun(task=undo, guardrail="any"))
        await factory.once(lambda: factory.kinds(undo).count("recheck") == 1, undo)
        await factory.once(lambda: factory.task(undo).state is not TaskState.CHECKING, undo)
        assert factory.task(undo).state is TaskState.READY
        await factory.land(undo)


@told
async def test_what_was_left_out_of_an_undo_does_not_land_by_itself(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt; echo 2 > README.md")
        await factory.land(task)
        (developer.path / "README.md").write_text("mine\n")
        undo = (await factory.send(wire.Undo(task=task))).tasks[0]
        await dirty(factory, developer, undo)
        await factory.send(wire.TakeBack(task=undo))
        developer.git("checkout", "README.md")
        shown = await factory.client.review(undo)
        left = next(file.mark for file in shown.files if file.path == "README.md")
        part = wire.AcceptPart(
            task=undo, snapshot=shown.snapshot, tree=shown.tree, left_out=(left,)
        )
        name = (await factory.send(part)).tasks[0]
        await factory.until(name, TaskState.LANDED)
        await factory.once(lambda: factory.task(undo).state is TaskState.PARKED, undo)
        await factory.send(wire.Resume(task=undo))
        await factory.until(undo, TaskState.READY)
    assert developer.shows("README.md") == "2"


@told
async def test_feedback_in_the_breath_of_taking_the_last_back_is_worked_on_the_files_of_before(
    developer: Developer, home: Path
) -> None:
    (home / "recording.toml").write_text(RECORDING)
    agent = f'[agents.model]\nkind = "replay"\nrecording = "{home}/recording.toml"\n'
    developer.commit({"factory.toml": settings(agents=agent, agent="model")})
    async with works(developer) as factory:
        task = await factory.ready("Count")
        await factory.send(wire.SendFeedback(task=task, text="in French"))
        tree = factory.engine.shop.trees.worktrees / factory.task(task).worktree
        await factory.once((tree / "begun").exists, task)
        commands = factory.engine.commands  # with nothing between the two, not even the socket
        await commands.take(Request(key="1", command=wire.TakeBack(task=task)))
        again = wire.SendFeedback(task=task, text="twice")
        await commands.take(Request(key="2", command=again))
        (tree / "go").touch()  # the command of the first word would go on now
        await factory.until(task, TaskState.READY)
        await factory.land(task)
    assert developer.shows("more.txt").split("\n")[:2] == ["one", "one"]
    assert "begun" not in developer.shows("more.txt")


@told
async def test_what_asks_the_same_again_is_aside_no_more(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("One", "exit 3")
        await factory.once(lambda: factory.task(task).state is TaskState.PARKED, task)
        await factory.send(wire.Later(task=task))
        assert (await factory.view(task)).later
        await factory.send(wire.Resume(task=task))
        await factory.once(lambda: factory.kinds(task).count("parked") == 2, task)
        assert not (await factory.view(task)).later, "it needs the developer once more"


@told
async def test_what_is_put_aside_is_no_load(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(top="waiting_at_most = 1")})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        assert (await factory.client.overview()).load.waiting == 1
        await factory.send(wire.Later(task=task))
        load = (await factory.client.overview()).load
        assert (load.waiting, load.oldest) == (0, 0.0)
        await factory.send(wire.Later(task=task, later=False))
        assert (await factory.client.overview()).load.waiting == 1


MODE = """
if grep -q 'wor[d] of mine' "$FACTORY_PROMPT_FILE"; then chmod +x README.md; exit; fi
echo more >> README.md
exit
"""


@told
async def test_lines_that_were_seen_do_not_hide_a_file_that_is_made_a_program(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(agent="reader")})
    async with works(developer) as factory:
        task = await factory.ready("Add", MODE)
        (file,) = (await factory.client.review(task)).files
        marks = tuple(hunk.id for hunk in file.hunks)
        await factory.send(wire.MarkSeen(task=task, marks=marks))
        assert (await factory.client.review(task)).files[0].seen
        await factory.send(wire.SendFeedback(task=task, text="a word of mine"))
        await factory.until(task, TaskState.READY)
        (file,) = (await factory.client.review(task)).files
        assert not file.seen


TWICE = """
if grep -q 'wor[d] of mine' "$FACTORY_PROMPT_FILE"; then echo more >> a.txt; exit; fi
seq 1 40 > a.txt; sed -i 's/^20$/twenty/' a.txt
echo one > b.txt
exit
"""


@told
async def test_the_delta_settles_nothing_of_what_was_never_read_though_the_tip_moved(
    developer: Developer,
) -> None:
    """The round is gated ahead of time on the new tip, and then sent back: unread as it was."""
    numbers = "".join(f"{n}\n" for n in range(1, 41))
    developer.commit({"factory.toml": settings(agent="reader"), "a.txt": numbers})
    async with works(developer) as factory:
        task = await factory.ready("Count", TWICE)
        developer.commit({"other.txt": "1\n"})
        await factory.once(
            lambda: _tip(factory, task) == developer.tip() and not _moving(factory), task
        )
        assert (await factory.view(task)).hunks == 2
        await factory.send(wire.SendFeedback(task=task, text="a word of mine"))
        await factory.until(task, TaskState.READY)
        delta = await factory.client.review(task, Look.DELTA)
        marks = tuple(hunk.id for file in delta.files for hunk in file.hunks)
        await factory.send(wire.MarkSeen(task=task, marks=marks))
        whole = await factory.client.review(task)
        seen = {file.path: [hunk.seen for hunk in file.hunks] for file in whole.files}
        assert seen["b.txt"] == [False]
        assert not all(seen["a.txt"])


@told
async def test_an_acceptance_means_the_tip_that_was_shown(developer: Developer) -> None:
    """The same tree on another tip is another diff."""
    developer.commit({"factory.toml": settings(), "a.txt": "old\n"})
    async with works(developer) as factory:
        task = await factory.ready("Both", "echo new > a.txt; echo 1 > b.txt")
        developer.commit({"a.txt": "new\n"})
        first = (await factory.view(task)).change
        await factory.once(
            lambda: factory.engine.shop.store.evidence.change(task) != first
            and factory.task(task).state is TaskState.READY, task,
        )  # fmt: skip
        shown = await factory.client.review(task)
        assert [file.path for file in shown.files] == ["b.txt"]
        developer.git("revert", "--no-edit", "HEAD")
        await factory.once(lambda: _tip(factory, task) == developer.tip(), task)
        with pytest.raises(RefusedError, match="changed since you looked"):
            await factory.send(
                wire.Accept(task=task, snapshot=shown.snapshot, tree=shown.tree, tip=shown.tip)
            )


def _tip(factory: Works, task: str) -> str:
    change = factory.engine.shop.store.evidence.change(task)
    return change.tip if change else ""


POEM = "".join(f"{word}\nend\n" for word in ("one", "two", "three", "four", "five", "six"))


@told
async def test_a_draft_follows_its_line_when_the_target_moves_under_the_change(
    developer: Developer,
) -> None:
    """Every other line is the same: by its text alone it would stand on another of them."""
    developer.commit({"factory.toml": settings(agent="reader"), "poem.txt": POEM})
    script = "grep -q 'wor[d] of mine' \"$FACTORY_PROMPT_FILE\" || echo last >> poem.txt; exit"
    async with works(developer) as factory:
        task = await factory.ready("Go on", script)
        shown = await factory.client.review(task)
        for name, line, text, new in (("right", 8, "end", True), ("left", 9, "five", False)):
            anchor = Anchor(path="poem.txt", line=line, text=text, new=new)
            await factory.send(
                wire.SaveComment(
                    id=name, task=task, kind=CommentKind.DO, anchor=anchor, text="a word of mine",
                    tree=shown.tree if new else shown.against,
                )
            )  # fmt: skip
        developer.commit({"poem.txt": "a\ntitle\n" + POEM})
        await factory.once(
            lambda: _tip(factory, task) == developer.tip() and not _moving(factory), task
        )
        assert await _lines(factory, task) == {"right": 10, "left": 11}
        states = {one.state for one in factory.engine.shop.store.reviews.comments(task)}
        assert states == {CommentState.DRAFT}
        await factory.send(wire.SendFeedback(task=task, text="a word of mine"))
        await factory.until(task, TaskState.READY)
        assert await _lines(factory, task) == {"right": 10, "left": 11}


def _moving(factory: Works) -> bool:
    return bool(factory.engine.runner._running)


async def _lines(factory: Works, task: str) -> dict[str, int]:
    return {one.id: one.anchor.line for one in (await factory.client.details(task)).comments}
