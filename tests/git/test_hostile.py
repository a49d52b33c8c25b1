"""What an agent plants in its worktree is never run by the engine's git, which stands outside.

Each plant writes a line into one file when it runs. The controls run plain git on the same folder:
there the plants go off.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from factory.git.command import Git
from factory.git.edited import with_versions
from factory.git.trees import Trees
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar, plain
from tests.works import told

HOOKS = (
    "applypatch-msg", "post-applypatch", "pre-commit", "post-commit", "pre-merge-commit",
    "prepare-commit-msg", "commit-msg", "pre-rebase", "post-checkout", "post-merge", "pre-push",
    "pre-receive", "update", "post-receive", "post-update", "reference-transaction",
    "push-to-checkout", "pre-auto-gc", "post-rewrite", "post-index-change", "fsmonitor-watchman",
)  # fmt: skip
SETTINGS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.gitProxy",
    "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge",
    "filter.x.process", "merge.x.driver", "gpg.program", "credential.helper",
    "uploadpack.packObjectsHook",
)  # fmt: skip


class Plants:
    """Programs that an agent leaves behind, and the file that tells that one ran."""

    def __init__(self, home: Path) -> None:
        self.ran = home / "ran"
        self.program = home / "evil"
        self.program.write_text(f'#!/bin/sh\necho "$0 $*" >> {self.ran}\ncat\n')
        self.program.chmod(0o755)

    def arm(self, git_dir: Path) -> None:
        """Every setting and every hook that starts a program, and attributes that ask for it."""
        config = [
            f"[{section(name)}]\n\t{name.split('.')[-1]} = {self.program}" for name in SETTINGS
        ]
        config.append(f"[core]\n\thooksPath = {git_dir}/hooks")
        with (git_dir / "config").open("a") as file:
            file.write("\n".join(config) + "\n")
        for name in HOOKS:
            shutil.copy(self.program, git_dir / "hooks" / name)
        (git_dir / "info").mkdir(exist_ok=True)
        (git_dir / "info/attributes").write_text("* filter=x diff=x merge=x\n")

    def went_off(self) -> str:
        """What ran since the last look."""
        said = self.ran.read_text() if self.ran.exists() else ""
        self.ran.unlink(missing_ok=True)
        return said


def section(name: str) -> str:
    first, *middle, _ = name.split(".")
    return f'{first} "{middle[0]}"' if middle else first


@pytest.fixture
def plants(home: Path) -> Plants:
    return Plants(home)


def plant_everywhere(folder: Path, plants: Plants) -> None:
    """A git dir of the agent's own, which `.git` points to, and attributes in the tree itself."""
    evil = folder / "evil"
    plain(folder, "init", "-q", str(evil))
    plain(evil, "commit", "-q", "--allow-empty", "-m", "x")
    (evil / ".git/hooks").mkdir(exist_ok=True)
    plants.arm(evil / ".git")
    (folder / ".git").write_text(f"gitdir: {evil}/.git\n")
    (folder / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (folder / ".gitmodules").write_text('[submodule "evil"]\n\tpath = evil\n\turl = ../evil\n')
    (folder / ".lfsconfig").write_text(f'[filter "x"]\n\tclean = {plants.program}\n')
    (folder / "README.md").write_text("changed\n")


async def everything(vault: Cellar, folder: Path) -> None:
    """All that the engine's git does with a worktree, and with what comes of it."""
    tip = await vault.vault.fetch()
    tree = await vault.tree(folder)
    (folder / "README.md").write_text("changed again\n")
    tree = await vault.tree(folder)
    commit = await vault.vault.commit(tree, tip, "work")
    await vault.vault.keep("t/1", commit)
    await vault.vault.merge(tip, commit)
    await vault.vault.patch(tip, commit)
    await vault.vault.patch_id(tip, commit)
    await vault.vault.count(tip, commit)
    changed = await vault.vault.changed(tip, commit)
    await with_versions(vault.vault, tree, changed)
    await vault.trees.differing(folder)
    async with vault.trees.checkout(tree) as checkout:
        await vault.trees.differing(checkout)
    await vault.land(commit)
    await vault.trees.put(folder, tip)
    await vault.trees.worktree("w01", tip)


@told
async def test_nothing_that_an_agent_plants_in_its_worktree_runs(
    developer: Developer, plants: Plants
) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        plant_everywhere(folder, plants)
        await everything(vault, folder)
        assert plants.went_off() == ""


@told
async def test_plain_git_in_that_worktree_runs_the_plants(
    developer: Developer, plants: Plants
) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        plant_everywhere(folder, plants)
        plain(folder, "status")
        assert str(plants.program) in plants.went_off()
        plain(folder, "add", "README.md")
        assert plants.went_off()


@told
async def test_no_diff_is_made_by_a_program_even_where_one_is_configured(
    developer: Developer, plants: Plants
) -> None:
    async with cellar(developer) as vault:
        tip = vault.base
        commit = await vault.holding({"README.md": "changed\n"})
        for name in ("diff.x.textconv", "diff.x.command", "diff.external"):
            await vault.vault.git("config", name, str(plants.program))
        attributes = vault.vault.git_dir / "info/attributes"
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text("* diff=x\n")
        assert b"+changed" in await vault.vault.patch(tip, commit)
        await vault.vault.patch_id(tip, commit)
        await vault.vault.count(tip, commit)
        assert plants.went_off() == ""
        plain(vault.vault.git_dir, "diff", tip, commit)
        assert plants.went_off(), "the control: plain git asks the program"


# --- repositories inside a tree ------------------------------------------------------------


def nest(folder: Path, plants: Plants, *, head: str = "") -> Path:
    """A repository inside the worktree whose filter runs when git asks it for its status.

    `head` is the commit that it claims to be on, the one that an index names, say.
    """
    inner = folder / "inner"
    plain(folder, "init", "-q", str(inner))
    (inner / "file").write_text("1\n")
    plain(inner, "add", "file")
    plain(inner, "commit", "-qm", "x")
    plants.arm(inner / ".git")
    (inner / "file").write_text("2\n")
    if head:
        (inner / ".git/HEAD").write_text(head + "\n")
    plants.went_off()
    return inner


@told
async def test_a_repository_inside_the_worktree_is_never_asked(
    developer: Developer, plants: Plants
) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        inner = nest(folder, plants)
        for text in ("3\n", "4\n"):
            (inner / "file").write_text(text)
            await vault.tree(folder)
            await vault.trees.differing(folder)
        tree = await vault.tree(folder)
        assert plants.went_off() == ""
        found = (await vault.vault.git("ls-tree", tree, "inner")).text
        assert found.startswith("160000 "), "the tree check must see it, to send it back"


@told
async def test_a_repository_without_a_commit_is_seen_and_does_not_stop_a_snapshot(
    developer: Developer,
) -> None:
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        plain(folder, "init", "-q", "new repo")
        (folder / "new repo/file").write_text("1\n")
        (folder / "code.py").write_text("pass\n")
        for _ in range(2):
            tree = await vault.tree(folder)
            assert await vault.paths(tree) == {"README.md", "code.py", "new repo"}
            found = (await vault.vault.git("ls-tree", tree, "new repo")).text
            assert found.startswith("160000 ")
        shutil.rmtree(folder / "new repo/.git")
        assert "new repo/file" in await vault.paths(await vault.tree(folder))


@told
async def test_without_forgetting_it_git_would_run_its_filter_outside_the_sandbox(
    developer: Developer, plants: Plants, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr("factory.git.modules.forget", nothing)
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        inner = nest(folder, plants)
        await vault.tree(folder)
        (inner / "file").write_text("3\n")
        await vault.tree(folder)
        assert "evil" in plants.went_off()


def with_submodule(developer: Developer) -> str:
    """The developer's own tree has a submodule at `inner`; returns its commit."""
    other = developer.path.parent / "other"
    plain(developer.path.parent, "init", "-q", str(other))
    plain(other, "commit", "-q", "--allow-empty", "-m", "x")
    commit = plain(other, "rev-parse", "HEAD").stdout.decode().strip()
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{commit},inner")
    developer.git("commit", "-qm", "a submodule")
    return commit


@told
async def test_a_check_cannot_turn_a_submodule_of_the_developers_into_a_trap(
    developer: Developer, plants: Plants
) -> None:
    commit = with_submodule(developer)
    async with cellar(developer) as vault:
        async with vault.trees.checkout(await vault.vault.tree_of(vault.base)) as folder:
            nest(folder, plants, head=commit)
            await vault.trees.differing(folder)
        assert plants.went_off() == ""
        index = vault.trees.index(folder)
        git = Git(vault.vault.git_dir)
        await git("diff-files", "--name-only", work_tree=folder, index=index, ok=(0, 128))
        assert plants.went_off(), "the control: without --ignore-submodules it goes off"


@told
async def test_a_submodule_of_the_developers_stays_as_it_was(
    developer: Developer, plants: Plants
) -> None:
    commit = with_submodule(developer)
    async with cellar(developer) as vault:
        base_tree = await vault.vault.tree_of(vault.base)
        folder = await vault.worktree()
        assert await vault.tree(folder) == base_tree
        nest(folder, plants, head=commit)
        assert await vault.tree(folder) == base_tree
        assert await vault.tree(folder) == base_tree
        shutil.rmtree(folder / "inner")
        assert "inner" not in await vault.paths(await vault.tree(folder))
        assert plants.went_off() == ""


# --- the agent's own git dir ---------------------------------------------------------------


@told
async def test_what_an_agent_wrote_into_its_own_git_dir_is_gone_at_the_next_start(
    developer: Developer, plants: Plants, home: Path
) -> None:
    async with cellar(developer) as vault:
        own = home / "own-git"
        await vault.trees.private_git(own, vault.base)
        (own / "hooks").mkdir()
        plants.arm(own)
        await vault.trees.private_git(own, vault.base)
        assert not (own / "hooks").exists()
        assert "evil" not in (own / "config").read_text()
        assert plants.went_off() == ""


@told
async def test_the_agents_git_dir_borrows_the_targets_history_and_nothing_else(
    developer: Developer, home: Path
) -> None:
    async with cellar(developer) as vault:
        sibling = await vault.holding({"secret-plan.txt": "of another task"})
        await vault.vault.keep("other/1", sibling)
        history = Git(vault.vault.history)
        everything_there = (await history("cat-file", "--batch-all-objects", "--batch-check")).text
        assert vault.base in everything_there
        assert sibling not in everything_there
        alternates = (await own_alternates(vault.trees, home, vault.base)).strip()
        assert alternates == "/history.git/objects"


async def own_alternates(trees: Trees, home: Path, base: str) -> str:
    await trees.private_git(home / "own-git", base)
    return (home / "own-git/objects/info/alternates").read_text()
