"""Trees in folders: recycled worktrees for attempts, pooled checkouts for the gate, snapshots.

Every folder has an index of the engine's own beside it. What lies in the folder may have been
written by an agent: it is read as files, and never asked as a repository.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from factory.git import folders, modules, submodules
from factory.git.comparisons import Changed
from factory.git.vault import Vault
from factory.model import GitError

INCLUDE = ".worktreeinclude"
_ADD = ("worktree", "add", "--quiet", "--detach", "--no-checkout", "--force", "--")
_CLEAN = ("clean", "-ffdxq", "--exclude=/.git")
_ANY = (0, 1, 128)


class Trees:
    """The folders below the vault's root in which trees stand."""

    def __init__(self, vault: Vault, *, checkouts: int) -> None:
        self.vault = vault
        self.worktrees = vault.root / "worktrees"
        self._checkouts = vault.root / "checkouts"
        self._adding = asyncio.Lock()
        """One worktree is made at a time: git reads the half made ones of its neighbours."""
        self._tries = 3
        """Of making one: a gc takes away what is half made."""
        self._using: dict[Path, asyncio.Lock] = {}
        self._free: asyncio.LifoQueue[int] = asyncio.LifoQueue()
        for number in reversed(range(checkouts)):
            self._free.put_nowait(number)
        self._ignoring = asyncio.Lock()
        self.rules = ""
        """The commit whose .gitignore files count, the tip; empty for the base of each snapshot."""
        self.own_excludes = ""
        """The developer's own ignore patterns, and those of .worktreeinclude."""
        self.modules: Path | None = None
        """The developer's `.git/modules`, from which `put` fills submodules; None where not."""

    # --- worktrees -------------------------------------------------------------------------

    async def worktree(self, name: str, tree: str) -> Path:
        """The worktree `name`, holding exactly `tree`; made on first use, else recycled."""
        folder = self.worktrees / name
        if not (folder / ".git").is_file():
            await self._add(folder)
        await self.put(folder, tree)
        return folder

    async def _add(self, folder: Path) -> None:
        async with self._adding:
            await asyncio.to_thread(folders.remove, folder)
            self.index(folder).unlink(missing_ok=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            await _register(self.vault, folder, self._tries)

    def index(self, folder: Path) -> Path:
        """The engine's own index of a folder."""
        return folder.parent / f"{folder.name}.index"

    async def put(self, folder: Path, tree: str) -> None:
        """Make a folder hold exactly `tree`. Whoever calls it has its old files in a snapshot."""
        git, index = self.vault.git, self.index(folder)
        reset = ("read-tree", "-u", "--reset", tree)
        async with self._alone(folder):
            try:
                await git(*reset, work_tree=folder, index=index)
                await git(*_CLEAN, work_tree=folder, index=index)
            except GitError:  # an index cut short by a kill, a folder closed or too deep: afresh
                await asyncio.to_thread(folders.empty, folder, but=".git")
                _forget(index)
                await git(*reset, work_tree=folder, index=index)
            if self.modules is not None:
                await submodules.lay_out(git, folder, tree, self.rules or tree, self.modules)

    async def clear(self, folder: Path) -> None:
        """Take away what a kept folder holds beside its files: nobody waits for that later."""
        async with self._alone(folder):
            await self.vault.git(*_CLEAN, work_tree=folder, index=self.index(folder), ok=_ANY)

    @asynccontextmanager
    async def _alone(self, folder: Path) -> AsyncIterator[None]:
        """Nobody else uses the folder's index; a lock that a killed engine left is removed."""
        async with self._using.setdefault(folder, asyncio.Lock()):
            _lock(self.index(folder)).unlink(missing_ok=True)
            yield

    async def private_git(self, folder: Path, commit: str) -> None:
        """A git dir for the agent alone in `folder`: the base's index, the target's history.

        Whatever an agent wrote there before is thrown away; the engine never asks it anything.
        """
        await asyncio.to_thread(folders.remove, folder)
        for part in ("objects/info", "refs/heads"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "HEAD").write_text("ref: refs/heads/work\n")
        (folder / "refs/heads/work").write_text(f"{commit}\n")
        (folder / "config").write_text(_own_config(await self.vault.repository.object_format()))
        (folder / "objects/info/alternates").write_text("/history.git/objects\n")
        ends = self.vault.history / "shallow"
        if ends.is_file():
            (folder / "shallow").write_bytes(ends.read_bytes())
        await self.vault.git("read-tree", commit, index=folder / "index")

    # --- snapshots -------------------------------------------------------------------------

    async def tree(self, folder: Path, base: str) -> str:
        """The tree that a folder's files make, without what must never enter one."""
        git, index = self.vault.git, self.index(folder)
        async with self._alone(folder):
            try:
                if not index.is_file():
                    await git("read-tree", base, index=index)
                await modules.gather(git, folder, index, base)
            except GitError:  # an index cut short, as in `put`
                _forget(index)
                await git("read-tree", base, index=index)
                await modules.gather(git, folder, index, base)
            added = await git(
                "diff-index", "--cached", "--name-only", "-z", "--diff-filter=A", "--no-renames",
                base, index=index,
            )  # fmt: skip
            if added.out:
                await self._drop_ignored(folder, self.rules or base, added.out)
            return (await git("write-tree", index=index)).text

    async def _drop_ignored(self, folder: Path, tip: str, added: bytes) -> None:
        """Take new files out of the index that the tip's rules, or the developer's own, ignore.

        The agent may have changed the .gitignore beside them; only the tip's ones count.
        """
        async with self._ignoring:
            rules = self.vault.root / "ignore"
            await self._lay_out_rules(rules, tip)
            ignored = await self.vault.git(
                "check-ignore", "--no-index", "-z", "--stdin", stdin=added, work_tree=rules,
                ok=(0, 1), settings=(f"core.excludesFile={self.vault.root / 'excludes'}",),
            )  # fmt: skip
        if ignored.out:
            await self.vault.git(
                "update-index", "-z", "--force-remove", "--stdin", stdin=ignored.out,
                work_tree=folder, index=self.index(folder),
            )  # fmt: skip

    async def _lay_out_rules(self, rules: Path, commit: str) -> None:
        """A folder that holds the .gitignore files of a commit and nothing else."""
        (self.vault.root / "excludes").write_text(self.own_excludes)
        stamp = rules.parent / "ignore.base"
        if stamp.is_file() and stamp.read_text() == commit:
            return
        stamp.unlink(missing_ok=True)  # a kill from here on leaves no half of them to be believed
        await asyncio.to_thread(shutil.rmtree, rules, ignore_errors=True)
        rules.mkdir()
        listing = await self.vault.git("ls-tree", "-r", "-z", "--name-only", commit)
        paths = [name for name in listing.out.split(b"\0") if name.rpartition(b"/")[2] == _IGNORE]
        if paths:
            index = rules.parent / "ignore.index"
            _forget(index)
            git = self.vault.git
            await git("read-tree", commit, index=index)
            await git(
                "checkout-index", "-z", "--stdin", "--force", stdin=b"\0".join(paths) + b"\0",
                work_tree=rules, index=index,
            )  # fmt: skip
        stamp.write_text(commit)

    async def with_versions(self, tree: str, changed: Iterable[Changed]) -> str:
        """A tree with the old side's version of some paths; files that it lacks are taken out."""
        lines = []
        for change in changed:
            mode = b"0" if change.status == "A" else change.old_mode.encode()
            oid = b"0" * len(change.new) if change.status == "A" else change.old.encode()
            lines.append(mode + b" " + oid + b"\t" + change.name)
        with tempfile.TemporaryDirectory(dir=self.vault.root, prefix="index-") as folder:
            index = Path(folder) / "index"
            await self.vault.git("read-tree", tree, index=index)
            await self.vault.git(
                "update-index", "-z", "--index-info", stdin=b"\0".join(lines) + b"\0",
                work_tree=Path(folder), index=index,
            )  # fmt: skip
            return (await self.vault.git("write-tree", index=index)).text

    # --- the gate's checkouts --------------------------------------------------------------

    @asynccontextmanager
    async def checkout(self, tree: str) -> AsyncIterator[Path]:
        """A folder that holds exactly `tree`, for one check; there are as many as may run."""
        number = await self._free.get()
        folder = self._checkouts / f"c{number:02}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(folders.remove, folder / ".git")  # left by another tree's check
            await self.put(folder, tree)
            yield folder
        finally:
            self._free.put_nowait(number)

    async def differing(self, folder: Path) -> tuple[str, ...]:
        """Tracked files that are no longer what `put` wrote."""
        git, index = self.vault.git, self.index(folder)
        async with self._alone(folder):
            fresh = await git(
                "update-index", "--ignore-submodules", "--refresh", work_tree=folder, index=index,
                ok=(0, 1),
            )  # fmt: skip
            if fresh.code == 0:
                return ()
            found = await git(
                "diff-files", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=all",
                work_tree=folder, index=index,
            )  # fmt: skip
        return found.names

    async def tracked(self, folder: Path) -> frozenset[str]:
        """Paths in a folder's index."""
        return frozenset((await self.vault.git("ls-files", "-z", index=self.index(folder))).names)


_IGNORE = b".gitignore"


def free_name(taken: Iterable[str]) -> str:
    """The first worktree name that no attempt holds: `w01`, `w02`, …"""
    held = set(taken)
    number = 1
    while f"w{number:02}" in held:
        number += 1
    return f"w{number:02}"


def _own_config(form: str) -> str:
    """The config of an agent's own git dir."""
    version, extra = ("1", "\n[extensions]\n\tobjectFormat = sha256") if form == "sha256" else (
        "0", "")  # fmt: skip
    return (
        f"[core]\n\trepositoryformatversion = {version}\n\tbare = false\n"
        f"\tworktree = /worktree\n[user]\n\tname = agent\n\temail = agent@localhost{extra}\n"
    )


def _lock(index: Path) -> Path:
    return Path(f"{index}.lock")


def _forget(index: Path) -> None:
    """Throw an index away, with the lock that a git leaves which a full disk has ended."""
    index.unlink(missing_ok=True)
    _lock(index).unlink(missing_ok=True)


async def _register(vault: Vault, folder: Path, tries: int) -> None:
    """Make a worktree without files."""
    for left in reversed(range(tries)):
        try:
            await vault.git("worktree", "prune")
            await vault.git(*_ADD, str(folder), await vault.fetch())
        except GitError:
            if not left:
                raise
        else:
            return
