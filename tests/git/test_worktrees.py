"""Worktrees and checkouts: recycled, mended after an accident, exactly the tree that was asked."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from factory.git.trees import free_name
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar, plain
from tests.works import told


def listing(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".git"
    }


@told
async def test_a_worktree_is_a_real_one_of_the_vault(developer: Developer) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        assert listing(folder) == {"README.md": "# A project\n"}
        known = (await vault.vault.git("worktree", "list", "--porcelain")).text
        assert str(folder.resolve()) in known
        assert developer.git("worktree", "list").count("\n") == 0


@told
async def test_a_recycled_worktree_holds_exactly_the_new_tree(developer: Developer) -> None:
    developer.commit({".gitignore": "*.log\n", "a/b": "1"})
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        (folder / "a/b").write_text("other")
        (folder / "left.txt").write_text("over")
        (folder / "ignored.log").write_text("over")
        (folder / "deep/er").mkdir(parents=True)
        plain(folder, "init", "-q", str(folder / "deep/repository"))
        (folder / "README.md").unlink()
        again = await vault.worktree()
        assert again == folder
        assert listing(folder) == {
            "README.md": "# A project\n",
            ".gitignore": "*.log\n",
            "a/b": "1",
        }
        assert not (folder / "deep").exists()


@told
async def test_a_worktree_removed_by_hand_is_made_again(developer: Developer) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        shutil.rmtree(folder)
        assert await vault.worktree() == folder
        assert listing(folder) == {"README.md": "# A project\n"}
        assert await vault.tree(folder) == await vault.vault.tree_of(vault.base)


async def spoil_and_look(vault: Cellar, spoil: str) -> None:
    """A worktree with work in it, whose index an accident has spoiled, still gives its tree."""
    folder = await vault.worktree()
    (folder / "code.py").write_text("pass\n")
    whole = await vault.tree(folder)
    index = vault.trees.index(folder)
    match spoil:
        case "locked":
            Path(f"{index}.lock").write_text("")
        case "cut short":
            index.write_bytes(index.read_bytes()[:40])
        case "empty":
            index.write_bytes(b"")
        case "garbage":
            index.write_bytes(b"x" * 200)
        case "gone":
            index.unlink()
    assert await vault.tree(folder) == whole


@pytest.mark.parametrize("spoil", ["locked", "cut short", "empty", "garbage", "gone"])
@told
async def test_an_index_that_an_accident_spoiled_is_mended(
    developer: Developer, spoil: str
) -> None:
    async with cellar(developer) as vault:
        await spoil_and_look(vault, spoil)
        folder = await vault.worktree()
        index = vault.trees.index(folder)
        index.write_bytes(index.read_bytes()[:40])
        Path(f"{index}.lock").write_text("")
        assert listing(await vault.worktree()) == {"README.md": "# A project\n"}


@told
async def test_many_worktrees_at_once_are_all_made(developer: Developer) -> None:
    async with cellar(developer) as vault:
        names = [f"w{number:02}" for number in range(1, 9)]
        folders = await asyncio.gather(*(vault.worktree(name) for name in names))
        assert all(listing(folder) == {"README.md": "# A project\n"} for folder in folders)


@told
async def test_a_check_that_writes_tracked_files_is_found_out(developer: Developer) -> None:
    developer.commit({"a.py": "1\n", "b.py": "1\n"})
    async with cellar(developer) as vault:
        tree = await vault.vault.tree_of(vault.base)
        async with vault.trees.checkout(tree) as folder:
            (folder / "new.txt").write_text("a report")
            assert await vault.trees.differing(folder) == ()
            (folder / "a.py").write_text("2\n")
            (folder / "b.py").unlink()
            assert set(await vault.trees.differing(folder)) == {"a.py", "b.py"}


@told
async def test_there_are_as_many_checkouts_as_may_run(developer: Developer) -> None:
    async with cellar(developer) as vault:
        tree = await vault.vault.tree_of(vault.base)
        async with vault.trees.checkout(tree) as one, vault.trees.checkout(tree) as other:
            assert one != other
            third = asyncio.create_task(vault.trees.checkout(tree).__aenter__())
            await asyncio.sleep(0.05)
            assert not third.done()
        assert await third == one or await third == other


def test_the_first_free_name_is_taken() -> None:
    assert free_name([]) == "w01"
    assert free_name(["w01", "w03", ""]) == "w02"


@told
async def test_a_vault_left_half_made_is_made_whole(developer: Developer) -> None:
    async with cellar(developer) as vault:
        (vault.vault.git_dir / "HEAD").unlink()
        (vault.vault.git_dir / "objects/info/alternates").unlink()
    async with cellar(developer) as vault:
        assert listing(await vault.worktree()) == {"README.md": "# A project\n"}


@told
async def test_the_history_follows_a_target_that_was_rewritten(developer: Developer) -> None:
    async with cellar(developer) as vault:
        first = developer.commit({"a": "1"})
        assert await vault.vault.fetch() == first
        developer.git("commit", "-q", "--amend", "-m", "said better")
        assert await vault.vault.fetch() == developer.tip() != first
        assert await vault.vault.kept(f"tips/{first}") == first
