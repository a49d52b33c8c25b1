"""Submodules by choice: the target's, from the developer's own repository, agents or no agents."""

from __future__ import annotations

import shutil

import pytest

from factory.git import submodules
from tests.developer import Developer
from tests.git.cellar import cellar, plain
from tests.works import told


def with_library(developer: Developer, name: str = "lib", path: str = "vendor/lib") -> str:
    """The developer has a submodule at `path` and has fetched it; returns its commit."""
    library = developer.path.parent / "library"
    library.mkdir()
    plain(library, "init", "-q", "-b", "main")
    (library / "lib.py").write_text("answer = 42\n")
    plain(library, "add", "lib.py")
    plain(library, "commit", "-qm", "the library")
    commit = plain(library, "rev-parse", "HEAD").stdout.decode().strip()
    copy = developer.path / ".git" / "modules" / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    plain(developer.path, "clone", "-q", "--bare", str(library), str(copy))
    entry = f'[submodule "{name}"]\n\tpath = {path}\n\turl = https://example.invalid/lib\n'
    developer.write({".gitmodules": entry})
    developer.git("add", ".gitmodules")
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    developer.git("commit", "-qm", "a submodule")
    return commit


@told
async def test_worktrees_and_checkouts_hold_the_targets_submodules(developer: Developer) -> None:
    commit = with_library(developer)
    async with cellar(developer) as vault:
        empty = await vault.worktree()
        assert list((empty / "vendor/lib").iterdir()) == [], "off by default"
        vault.trees.modules = developer.path / ".git" / "modules"
        folder = await vault.worktree()
        assert (folder / "vendor/lib/lib.py").read_text() == "answer = 42\n"
        tree = await vault.vault.tree_of(vault.base)
        async with vault.trees.checkout(tree) as checkout:
            assert (checkout / "vendor/lib/lib.py").read_text() == "answer = 42\n"
            assert await vault.trees.differing(checkout) == ()

        (folder / "vendor/lib/lib.py").write_text("answer = 41\n")
        (folder / "vendor/lib/more.py").write_text("left over\n")
        (folder / "own.py").write_text("mine\n")
        after = await vault.tree(folder)
        assert await vault.paths(after) == {".gitmodules", "README.md", "own.py", "vendor/lib"}
        listing = (await vault.vault.git("ls-tree", after, "vendor/lib")).text
        assert listing.startswith(f"160000 commit {commit}"), "the gitlink stays as it was"
        await vault.worktree()
        assert [path.name for path in (folder / "vendor/lib").iterdir()] == ["lib.py"]
        assert (folder / "vendor/lib/lib.py").read_text() == "answer = 42\n"


@told
async def test_an_agents_gitmodules_and_links_change_nothing(developer: Developer) -> None:
    with_library(developer)
    victim = developer.path.parent / "victim"
    victim.mkdir()
    (victim / "lib.py").write_text("the developer's\n")
    async with cellar(developer) as vault:
        vault.trees.modules = developer.path / ".git" / "modules"
        vault.trees.rules = vault.base
        folder = await vault.worktree()
        (folder / ".gitmodules").write_text('[submodule "../../x"]\n\tpath = vendor/lib\n')
        for at in ("vendor/lib", "vendor"):
            shutil.rmtree(folder / at)
            (folder / at).symlink_to(victim)
            await vault.worktree()
            assert (folder / "vendor/lib/lib.py").read_text() == "answer = 42\n"
            assert not (folder / at).is_symlink()
        assert (victim / "lib.py").read_text() == "the developer's\n"
        assert sorted(path.name for path in victim.iterdir()) == ["lib.py"]


@pytest.mark.parametrize("walks", [True, False])
@told
async def test_a_link_in_a_submodules_place_is_never_written_through(
    developer: Developer, monkeypatch: pytest.MonkeyPatch, walks: bool
) -> None:
    """Without the walk along its path, what git has left there would be followed."""
    with_library(developer)
    victim = developer.path.parent / "victim"
    victim.mkdir()
    if not walks:
        monkeypatch.setattr("factory.git.submodules._real", lambda folder, path: folder / path)
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        shutil.rmtree(folder / "vendor/lib")
        (folder / "vendor/lib").symlink_to(victim)
        own = developer.path / ".git" / "modules"
        await submodules.lay_out(vault.vault.git, folder, vault.base, vault.base, own)
        assert (victim / "lib.py").exists() is not walks
        assert (folder / "vendor/lib").is_symlink() is not walks


@pytest.mark.parametrize(
    ("name", "path"), [("../lib", "vendor/lib"), ("-lib", "vendor/lib"), ("lib", "-vendor")]
)
@told
async def test_a_name_that_leads_elsewhere_leaves_the_folder_empty(
    developer: Developer, name: str, path: str
) -> None:
    with_library(developer, name, path)
    async with cellar(developer) as vault:
        vault.trees.modules = developer.path / ".git" / "modules"
        folder = await vault.worktree()
        assert list((folder / path).iterdir()) == []


@told
async def test_a_commit_that_was_not_fetched_leaves_the_folder_empty(developer: Developer) -> None:
    with_library(developer)
    developer.git("update-index", "--cacheinfo", f"160000,{'1' * 40},vendor/lib")
    developer.git("commit", "-qm", "a commit nobody has")
    async with cellar(developer) as vault:
        vault.trees.modules = developer.path / ".git" / "modules"
        assert list(((await vault.worktree()) / "vendor/lib").iterdir()) == []
