"""Locks that a killed engine or its git left behind in folders of ours heal by themselves."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest

from factory.git import folders
from tests.developer import Developer
from tests.works import settings, told, works


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(), ".gitignore": "*.log\n"})
    return developer


def left_behind(state: Path, task: str) -> list[Path]:
    """Every kind of lock that git or an engine can leave in the state folder."""
    vault, history = state / "vault.git", state / "history.git"
    admin = vault / "worktrees" / "w01"
    locks = [
        *(repository / name for repository in (vault, history)
          for name in ("index.lock", "HEAD.lock", "packed-refs.lock", "config.lock",
                       "shallow.lock", "gc.pid")),
        history / "refs/heads/main.lock", vault / f"refs/factory/{task}/2.lock",
        vault / f"refs/factory/landings/{task}.lock", admin / "index.lock", admin / "HEAD.lock",
        state / "ignore.index.lock", state / "worktrees/w01.index.lock",
        state / "checkouts/c00.index.lock", history / "objects/info/commit-graph.lock",
    ]  # fmt: skip
    for lock in locks:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.write_text("4194000 host")
    return locks


async def work_goes_on(developer: Developer, *, heals: bool) -> None:
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt; echo 1 > a.log")
    place = developer.place
    locks = left_behind(place.state, task)
    place.lock.write_text("left by a dead engine")
    place.socket.unlink(missing_ok=True)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(place.socket))
    stale.close()
    developer.commit({"mine.txt": "1\n"})
    async with works(developer) as factory:
        commit = await factory.land(task)
        other = await factory.ready("Two", "echo 2 > two.txt; echo 1 > b.log")
        await factory.land(other)
    assert developer.git("merge-base", "--is-ancestor", commit, "main") == ""
    assert heals
    assert not [lock for lock in locks if lock.exists()]


@told
async def test_every_lock_in_our_own_folders_heals_at_the_next_start(developer: Developer) -> None:
    await work_goes_on(developer, heals=True)


@told
async def test_without_the_sweep_the_engine_could_not_even_start(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_locks", lambda _: iter(()))
    with pytest.raises(Exception, match="git fetch failed: remove the file"):
        await work_goes_on(developer, heals=False)


@told
async def test_the_lock_of_a_push_that_outlives_its_engine_is_left_alone(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        await factory.land(await factory.ready("One", "echo 1 > one.txt"))
    lock = developer.place.state / "vault.git" / folders.LANDING_LOCK
    before = lock.stat().st_ino
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        async with works(developer) as factory:
            assert lock.stat().st_ino == before
            task = await factory.ready("Two", "echo 2 > two.txt")
            await factory.accept(task)
            await factory.once(lambda: "landing" in factory.kinds(task), task)
            fcntl.flock(held, fcntl.LOCK_UN)
            await factory.once(lambda: bool(factory.task(task).landed), task)
    assert os.path.lexists(lock)


@told
async def test_a_worktree_that_git_was_killed_at_is_made_anew(developer: Developer) -> None:
    async with works(developer) as factory:
        await factory.land(await factory.ready("One", "echo 1 > one.txt"))
    state = developer.place.state
    admin, folder = state / "vault.git/worktrees/w02", state / "worktrees/w02"
    for name, text in (
        ("HEAD", ""),
        ("gitdir", f"{folder}/.git"),
        ("locked", "initializing"),
    ):
        admin.mkdir(exist_ok=True)
        (admin / name).write_text(f"{text}\n")
    folder.mkdir()
    (folder / ".git").write_text(f"gitdir: {admin}\n")
    vault = state / "vault.git"
    with pytest.raises(AssertionError, match="invalid worktrees/w02/HEAD"):
        developer.git("fsck", "--connectivity-only", at=vault)
    async with works(developer) as factory:
        assert not admin.exists()
        await factory.land(await factory.ready("Two", "echo 2 > two.txt"))
    developer.git("fsck", "--connectivity-only", at=vault)
