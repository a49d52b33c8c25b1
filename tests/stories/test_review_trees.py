"""What agents and checks leave behind in folders that others get after them."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the developer clones with git itself
from pathlib import Path

import pytest

from factory.git import folders
from factory.model import TaskState
from tests.developer import Developer
from tests.git.cellar import cellar
from tests.works import rail, settings, told, works

DEEP = 3_000


class Clone(Developer):
    """A developer whose repository is there already."""

    def __init__(self, path: Path) -> None:
        self.path = path


def dig(folder: Path) -> None:
    """Folders in folders, deeper than any path can say."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


@pytest.mark.parametrize("left", ["mkdir .git", "echo x > .git", "ln -s /tmp .git", "mkfifo .git"])
@told
async def test_what_a_check_leaves_does_not_stop_the_next_one(
    developer: Developer, left: str
) -> None:
    developer.commit({"factory.toml": settings(rail("own", "sh check.sh")), "check.sh": "true\n"})
    async with works(developer) as factory:
        await factory.ready("Leave something", f"echo '{left}' > check.sh")
        await factory.ready("Another", "echo x > y")


@told
async def test_a_folder_too_deep_for_git_is_recycled_all_the_same(developer: Developer) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        dig(folder)
        assert await vault.worktree() == folder
        assert {path.name for path in folder.iterdir()} == {".git", "README.md"}


@told
async def test_what_a_killed_engine_left_half_filled_is_swept_up(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    left = [developer.place.state / name for name in ("results-abc", "version-x", "index-1")]
    for folder in left:
        (folder / "deep").mkdir(parents=True)
    async with works(developer) as factory:
        await factory.ready("Write", "echo x > x.txt")
    assert [folder for folder in left if folder.exists()] == []
    names = {path.name.partition("-")[0] for path in developer.place.state.iterdir()}
    assert {"results", "version", "index"}.isdisjoint(names)


def test_no_link_is_followed_where_folders_are_removed(home: Path) -> None:
    theirs = home / "theirs"
    theirs.mkdir()
    (theirs / "file").write_text("kept")
    ours = home / "ours"
    (ours / "a/b").mkdir(parents=True)
    (ours / "a/link").symlink_to(theirs)
    (ours / "a/b/link").symlink_to(theirs)
    (ours / "a/b").chmod(0)
    dig(ours / "a")
    folders.remove(ours)
    folders.remove(ours)
    assert not ours.exists()
    assert (theirs / "file").read_text() == "kept"


@told
async def test_a_shallow_clone_is_worked_on_and_landed_on(developer: Developer, home: Path) -> None:
    developer.commit({"factory.toml": settings(rail("there", "test -f hello.txt"))})
    shallow = home / "shallow"
    subprocess.run(
        ("git", "clone", "-q", "--depth=1", f"file://{developer.path}", str(shallow)), check=True
    )
    clone = Clone(shallow)
    clone.git("config", "user.name", "Dev")
    clone.git("config", "user.email", "dev@localhost")
    async with works(clone) as factory:
        task = await factory.ready("Say hello", "git log --oneline | wc -l > hello.txt")
        clone.commit({"other.txt": "meanwhile"})
        await factory.until(task, TaskState.READY)
        await factory.land(task)
    assert clone.shows("hello.txt") == "1"
    assert clone.git("status", "--porcelain") == ""
