"""Work cut off in the midst, words said while it ran: nothing happens twice, nothing is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from factory import wire
from factory.git.trees import Trees
from factory.model import GitError, TaskState
from tests.developer import README, Developer
from tests.works import Works, rail, settings, told, works

WAITS = "echo once >> README.md; until [ -e /tmp/go ]; do sleep 0.02; done"


def worktree(factory: Works, name: str) -> Path:
    return factory.engine.shop.trees.worktrees / factory.task(name).worktree


def go(factory: Works, name: str) -> None:
    (factory.engine.shop.attempt_folder(f"{name}.1") / "tmp" / "go").touch()


async def begun(factory: Works, name: str) -> None:
    await factory.once(
        lambda: (
            bool(factory.task(name).worktree)
            and "once" in (worktree(factory, name) / "README.md").read_text()
        ),
        name,
    )


async def text(factory: Works, name: str, path: str) -> str | None:
    change = (await factory.view(name)).change
    assert change is not None
    found = await factory.engine.shop.vault.objects.file(change.tree, path)
    return None if found is None else found.decode()


@told
async def test_a_script_cut_short_begins_again_from_the_last_snapshot(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Append", WAITS)
        await begun(factory, task)
    async with works(developer) as factory:
        go(factory, task)
        await factory.until(task, TaskState.READY)
        assert await text(factory, task, "README.md") == f"{README}once\n"


@told
async def test_a_script_that_was_ended_begins_again_from_where_it_began(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Append", WAITS)
        await begun(factory, task)
        await factory.send(wire.End(task=task))
        await factory.once(lambda: not factory.task(task).worktree, task)
        developer.commit({"meanwhile.txt": "mine"})
        await factory.send(wire.Resume(task=task))
        await begun(factory, task)
        go(factory, task)
        await factory.until(task, TaskState.READY)
        assert await text(factory, task, "README.md") == f"{README}once\n"
        assert await text(factory, task, "meanwhile.txt") == "mine"


@told
async def test_a_conflict_begins_again_with_the_newest_word(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(agents=_SCRIPTS)})
    async with works(developer) as factory:
        task = await factory.ready("Write", "echo first > same.txt")
        await factory.send(wire.SendFeedback(task=task, text="echo second > same.txt"))
        await factory.once(lambda: factory.kinds(task).count("ready") == 2, task)
        developer.commit({"same.txt": "mine"})
        await factory.once(lambda: "red" in factory.kinds(task), task)
        await factory.until(task, TaskState.READY)
        assert await text(factory, task, "same.txt") == "second\n"


@told
async def test_a_script_that_failed_begins_again_from_the_last_snapshot(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    script = "echo once >> README.md; [ -e /tmp/tried ] || { touch /tmp/tried; exit 1; }"
    async with works(developer) as factory:
        task = await factory.add("Append", script)
        await factory.until(task, TaskState.PARKED)
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)
        assert await text(factory, task, "README.md") == f"{README}once\n"


@told
async def test_what_is_said_while_a_command_runs_is_told_when_it_has_ended(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(rail("any", "true"), agents=_SCRIPTS)})
    async with works(developer) as factory:
        task = await factory.add("Append", WAITS)
        await begun(factory, task)
        await factory.send(wire.Say(task=task, text="echo more > more.txt"))
        go(factory, task)
        await factory.until(task, TaskState.READY)
        assert factory.task(task).prompts == ()
        assert await text(factory, task, "more.txt") == "more\n"
        assert await text(factory, task, "README.md") == f"{README}once\n"


_SCRIPTS = """
[agents.script]
kind = "command"
script = true
run = 'bash -e "$FACTORY_PROMPT_FILE"'
"""


@told
async def test_a_worktree_that_was_half_laid_out_is_never_taken_for_the_agents_work(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    developer.commit({"factory.toml": settings()})
    script = "[ -e /tmp/tried ] || { touch /tmp/tried; exit 1; }; echo new > new.txt"
    async with works(developer) as factory:
        task = await factory.add("Append", script)
        await factory.until(task, TaskState.PARKED)
        shutil.rmtree(worktree(factory, task))
        with monkeypatch.context() as patched:
            patched.setattr(Trees, "put", _killed)
            await factory.send(wire.Resume(task=task))
            await factory.once(lambda: "cut off" in factory.story(task), task)
            await factory.until(task, TaskState.PARKED)
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.files == ("new.txt",)


async def _killed(self: Trees, folder: Path, tree: str) -> None:
    raise GitError("cut off in the midst")


@told
async def test_an_edit_by_hand_outlives_a_conflict_that_lays_the_worktree_out_anew(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Write", "echo theirs > same.txt; rm -f /tmp/x")
        (worktree(factory, task) / "by-hand.txt").write_text("an hour of work\n")
        developer.commit({"same.txt": "mine"})
        await factory.once(lambda: "red" in factory.kinds(task), task)
        await factory.until(task, TaskState.READY)
        vault = factory.engine.shop.vault
        refs = await vault.git(
            "for-each-ref", "--format=%(objectname)", f"refs/factory/edits/{task}"
        )
        (kept,) = refs.text.split("\n")
        assert await vault.objects.file(kept, "by-hand.txt") == b"an hour of work\n"
