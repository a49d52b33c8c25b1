"""The developer's own checkout: nothing in it changes but by a fast-forward, whatever they do."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from factory import wire
from factory.model import TaskState
from tests.developer import Developer
from tests.works import Works, rail, settings, told, works

HELLO = "echo hello > hello.txt"


@told
async def test_all_but_a_landing_leaves_everything_byte_for_byte_as_it_was(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(rail("small", "! test -e big.txt"))})
    developer.write({"README.md": "set aside\n"})
    developer.git("stash", "-q")
    developer.git("branch", "other")
    developer.write({"README.md": "staged\n"})
    developer.git("add", "README.md")
    developer.write({"README.md": "edited\n", "untracked.txt": "mine\n"})
    before = developer.picture()
    async with works(developer) as factory:
        ready = await factory.ready("Ready", HELLO)
        await factory.client.review(ready)
        red = await factory.add("Red", "echo 1 > big.txt; echo 2 > README.md")
        await factory.until(red, TaskState.PARKED)
        rejected = await factory.ready("Rejected", HELLO)
        await factory.send(wire.Reject(task=rejected))
        ended = await factory.add("Ended", "sleep 86397.5")
        await factory.once(lambda: factory.task(ended).worktree != "", ended)
        await factory.send(wire.End(task=ended))
        await factory.send(wire.Adopt(title="Other rules", path="factory.toml", text=settings()))
        await factory.once(lambda: factory.task(ended).worktree == "", ended)
        await factory.accept(ready)
        await factory.once(lambda: bool(factory.task(ready).waiting), ready)
        assert developer.picture().unlike(before) == []
    assert developer.picture().unlike(before) == []


@told
async def test_a_landing_changes_what_a_fast_forward_of_theirs_would_change(
    developer: Developer, home: Path
) -> None:
    developer.commit({"factory.toml": settings(), "a.txt": "1\n", "gone.txt": "1\n"})
    developer.git("branch", "other")
    developer.write({"README.md": "set aside\n"})
    developer.git("stash", "-q")
    developer.write({"untracked.txt": "mine\n"})
    before = developer.picture()
    async with works(developer) as factory:
        task = await factory.ready("Work", "echo 2 > a.txt; echo 1 > new.txt; rm gone.txt")
        commit = await factory.land(task)
    after = developer.picture()
    twin = home / "twin"
    developer.git("clone", "-q", str(developer.path), str(twin))
    assert developer.git("rev-parse", "HEAD", at=twin) == commit
    whole = {path.name for path in twin.iterdir() if path.name != ".git"}
    assert set(after.files) == whole | {"untracked.txt"}
    changed = {name for name in before.git if before.git[name] != after.git.get(name)}
    assert changed == {"index", "refs/heads/main", "logs/HEAD", "logs/refs/heads/main"}
    assert set(after.git) == set(before.git)
    assert developer.git("status", "--porcelain") == "?? untracked.txt"


# --- a developer who does not hold still ---------------------------------------------------


class Busy:
    """Commits, edits, stashes and switches branches, and knows what must be there in the end."""

    def __init__(self, developer: Developer, seed: int) -> None:
        self.developer = developer
        self.chance = random.Random(seed)
        self.subjects: list[str] = []
        self.notes = ["first"]
        self.scratch: dict[str, str] = {}
        self.stashed = False
        self.number = 0

    async def git(self, *arguments: str) -> None:
        """As often as it takes: a landing may hold the index for a moment."""
        for _ in range(200):
            done = await asyncio.to_thread(self._try, arguments)
            if done:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"git {' '.join(arguments)} never succeeded")

    def _try(self, arguments: tuple[str, ...]) -> bool:
        try:
            self.developer.git(*arguments)
        except AssertionError as error:
            words = ("index.lock", "cannot lock ref", "would be overwritten", "Unable to create")
            mute = not str(error)  # `git stash`, where it cannot lock the index
            if mute or any(word in str(error) for word in words):
                return False
            raise
        return True

    async def step(self) -> None:
        self.number += 1
        await asyncio.sleep(self.chance.random() * 0.15)
        match self.chance.choice(["commit", "edit", "switch", "scratch", "stash", "nothing"]):
            case "commit":
                self.developer.write({f"mine-{self.number}.txt": f"{self.number}\n"})
                await self.git("add", f"mine-{self.number}.txt")
                await self.commit()
            case "edit":
                self.write_down()
                await asyncio.sleep(self.chance.random() * 0.3)
                await self.commit("-a")
            case "switch":
                await self.git("switch", "-q", "-c", f"side-{self.number}")
                await asyncio.sleep(self.chance.random() * 0.2)
                await self.git("switch", "-q", "main")
            case "scratch":
                self.scratch[f"scratch-{self.number}.txt"] = f"{self.number}\n"
                self.developer.write({f"scratch-{self.number}.txt": f"{self.number}\n"})
            case "stash":
                self.write_down()
                await self.git("stash", "-q")
                await asyncio.sleep(self.chance.random() * 0.2)
                await self.git("stash", "pop", "-q")
                await self.commit("-a")

    def write_down(self) -> None:
        self.notes.append(f"note {self.number}")
        self.developer.write({"notes.txt": "\n".join(self.notes) + "\n"})

    async def commit(self, *options: str) -> None:
        self.subjects.append(f"mine {self.number}")
        await self.git("commit", "-q", *options, "-m", self.subjects[-1])


async def accept_all(factory: Works, tasks: list[str]) -> None:
    """Accept whatever is ready until everything has landed."""
    while not all(factory.task(task).state is TaskState.LANDED for task in tasks):
        for task in tasks:
            assert factory.task(task).state is not TaskState.PARKED, factory.story(task)
            if factory.task(task).state is TaskState.READY:
                change = (await factory.view(task)).change
                if change is not None:
                    accept = wire.Accept(task=task, snapshot=change.snapshot, tree=change.tree)
                    await factory.client.send(accept)  # refused where it has just changed
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", [1, 2])
@told
async def test_a_developer_who_does_not_hold_still_loses_nothing(
    developer: Developer, seed: int
) -> None:
    developer.commit({"factory.toml": settings(), "notes.txt": "first\n"})
    busy = Busy(developer, seed)
    async with works(developer) as factory:
        titles = [f"Task {number}" for number in range(5)]
        tasks = [await factory.add(title, f"echo {title} > '{title}'") for title in titles]
        accepting = asyncio.create_task(accept_all(factory, tasks))
        while not accepting.done() and busy.number < 40:
            await busy.step()
        await accepting

    assert developer.git("symbolic-ref", "HEAD") == "refs/heads/main"
    untracked = {
        line.removeprefix("?? ") for line in developer.git("status", "--porcelain").split("\n")
    }
    assert untracked - {""} == set(busy.scratch)
    assert {name: (developer.path / name).read_text() for name in busy.scratch} == busy.scratch
    assert developer.shows("notes.txt").split("\n") == busy.notes
    subjects = developer.subjects()
    for subject in (*titles, *busy.subjects):
        assert subjects.count(subject) == 1
    assert len(subjects) == 2 + len(titles) + len(busy.subjects)
    assert developer.git("rev-list", "--count", "--merges", "main") == "0"
    assert developer.git("stash", "list") == ""
    assert developer.git("fsck", "--no-dangling") == ""
