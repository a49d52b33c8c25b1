"""What a snapshot holds: the files, and never what was ignored before the agent came."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from factory.git.trees import Trees
from tests.developer import Developer
from tests.git.cellar import cellar, plain
from tests.works import told

SECRETS = ("base.env", "info.env", "global.env", "included.env")


def keep_out(developer: Developer, home: Path) -> str:
    """Four places that say what must never be in a commit, each naming one file."""
    developer.commit({".gitignore": "base.env\nbuild/\n", ".worktreeinclude": "included.env\n"})
    (developer.path / ".git/info/exclude").write_text("info.env\n")
    (home / "home/ignore").write_text("global.env\n")
    developer.git("config", "--global", "core.excludesFile", str(home / "home/ignore"))
    return developer.tip()


async def snapshot_of_a_rewritten_ignore_file(developer: Developer) -> set[str]:
    """The paths of a snapshot, after an agent let go of all that was ignored."""
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        for name in (*SECRETS, "build/out.bin", "sub/base.env"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("SECRET")
        (folder / ".gitignore").write_text("!*\n")
        (folder / "code.py").write_text("pass\n")
        own = await vault.vault.repository.excludes()
        vault.trees.own_excludes = f"{own}\n{developer.shows('.worktreeinclude')}\n"
        return await vault.paths(await vault.tree(folder))


@told
async def test_what_was_ignored_stays_out_whatever_the_agent_writes_into_gitignore(
    developer: Developer, home: Path
) -> None:
    keep_out(developer, home)
    paths = await snapshot_of_a_rewritten_ignore_file(developer)
    assert paths == {"README.md", ".gitignore", ".worktreeinclude", "code.py"}


@told
async def test_without_the_second_look_every_secret_would_get_in(
    developer: Developer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(Trees, "_drop_ignored", nothing)
    keep_out(developer, home)
    assert set(SECRETS) <= await snapshot_of_a_rewritten_ignore_file(developer)


@told
async def test_what_the_developer_tracks_is_kept_though_a_rule_names_it(
    developer: Developer,
) -> None:
    developer.write({".gitignore": "*.env\n", "example.env": "A=1\n"})
    developer.git("add", "--all", "--force")
    developer.git("commit", "-qm", "an example")
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        (folder / "example.env").write_text("A=2\n")
        (folder / "other.env").write_text("SECRET")
        tree = await vault.tree(folder)
        assert await vault.text(tree, "example.env") == "A=2\n"
        assert "other.env" not in await vault.paths(tree)


@told
async def test_rules_of_a_folder_count_for_that_folder(developer: Developer) -> None:
    developer.commit({"a/.gitignore": "*.log\n!keep.log\n", "a/x": "1", "b/x": "1"})
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        (folder / "a/.gitignore").unlink()
        for name in ("a/run.log", "a/keep.log", "b/run.log"):
            (folder / name).write_text("said\n")
        paths = await vault.paths(await vault.tree(folder))
        assert paths == {"README.md", "a/x", "a/keep.log", "b/x", "b/run.log"}


@told
async def test_a_snapshot_has_everything_that_git_can_hold(developer: Developer) -> None:
    names = ["with space", "new\nline", 'quo"te', "-dash", "ünïcode", ":colon", "back\\slash"]
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        for name in names:
            (folder / name).write_text(name)
        (folder / os.fsdecode(b"latin-\xe9")).write_text("raw")
        (folder / "run.sh").write_text("true\n")
        (folder / "run.sh").chmod(0o755)
        (folder / "link").symlink_to("README.md")
        (folder / "README.md").unlink()
        tree = await vault.tree(folder)
        assert await vault.paths(tree) == {*names, r"latin-\xe9", "run.sh", "link"}
        modes = (await vault.vault.git("ls-tree", tree, "run.sh", "link")).text
        assert [line.split(" ")[0] for line in modes.split("\n")] == ["120000", "100755"]
        async with vault.trees.checkout(tree) as laid_out:
            there = {os.fsencode(path.name) for path in laid_out.iterdir()}
            assert there == {*map(os.fsencode, names), b"latin-\xe9", b"run.sh", b"link"}


@told
async def test_files_and_folders_can_change_places(developer: Developer) -> None:
    developer.commit({"file": "1", "folder/in": "1", "real/in": "1"})
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        (folder / "file").unlink()
        (folder / "file").mkdir()
        (folder / "file/in").write_text("2")
        (folder / "folder/in").unlink()
        (folder / "folder").rmdir()
        (folder / "folder").write_text("2")
        (folder / "real").rename(folder / "moved")
        (folder / "real").symlink_to("moved")
        paths = await vault.paths(await vault.tree(folder))
        assert paths == {"README.md", "file/in", "folder", "moved/in", "real"}


@told
async def test_a_link_is_kept_as_a_link_and_never_followed(developer: Developer) -> None:
    secret = developer.path.parent / "secret"
    secret.mkdir()
    (secret / "key").write_text("SECRET")
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        (folder / "leak").symlink_to(secret)
        tree = await vault.tree(folder)
        assert "leak/key" not in await vault.paths(tree)
        link = (await vault.vault.git("rev-parse", f"{tree}:leak")).text
        assert await vault.vault.objects.blob(link) == os.fsencode(secret)


@told
async def test_looking_twice_at_once_gives_the_same_tree_twice(developer: Developer) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        for number in range(200):
            (folder / f"f{number}").write_text(str(number))
        trees = await asyncio.gather(*(vault.tree(folder) for _ in range(6)))
        assert len(set(trees)) == 1
        assert len(await vault.paths(trees[0])) == 201


@told
async def test_the_developers_repository_has_no_trace_of_a_snapshot(developer: Developer) -> None:
    before = developer.picture()
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        (folder / "code.py").write_text("pass\n")
        commit = await vault.holding({"other.py": "pass\n"})
        await vault.tree(folder)
    assert developer.picture() == before
    assert plain(developer.path, "cat-file", "-e", commit).returncode
    assert developer.git("for-each-ref", "refs/factory") == ""
