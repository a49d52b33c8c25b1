"""The factory's own bare repository: bases, snapshots, candidates, trash.

`history.git` holds the target's ancestors and nothing else, so that an agent may read it; the
vault borrows its objects. No agent ever sees the vault.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from factory.faults import Point, reached
from factory.git.command import Git, environment, execute, expect, hardened
from factory.git.comparisons import LINK, MODULE, Comparisons
from factory.git.objects import Objects
from factory.git.repository import Repository
from factory.git.texts import Texts
from factory.model import GitError, Struct

COMMITTER = ("factory-tui", "factory-tui@localhost")


class Merge(Struct):
    """A merge of a snapshot with the tip, made without any checkout."""

    tree: str
    """With conflict markers in the files named by `conflicts`."""
    conflicts: tuple[str, ...] = ()


class Vault(Comparisons, Texts):
    """The vault in `root`, for one target of one repository."""

    def __init__(self, root: Path, repository: Repository, target: str) -> None:
        self.root = root
        self.repository = repository
        self.target = target
        self.git_dir = root / "vault.git"
        self.history = root / "history.git"
        super().__init__(Git(self.git_dir))
        self._fetching = asyncio.Lock()
        self._fetched = ""
        """What `history.git` holds for sure; nobody but us writes there."""
        self.objects = Objects(self.git_dir)

    async def prepare(self) -> None:
        """Make both repositories, where they are not there or were left half made."""
        form = await self.repository.object_format()
        for folder in (self.history, self.git_dir):
            if not (folder / "HEAD").is_file():
                line = [*hardened(folder), "init", "--quiet", "--bare", "--template="]
                line += [f"--object-format={form}", "--initial-branch=main", str(folder)]
                folder.mkdir(parents=True, exist_ok=True)
                expect(await execute(line, env=environment(), cwd=self.root), ("init",), (0,))
        borrow = self.git_dir / "objects" / "info" / "alternates"
        borrow.parent.mkdir(parents=True, exist_ok=True)
        borrow.write_text(f"{self.history / 'objects'}\n")
        self._share_ends()
        await self.fetch()

    async def fetch(self) -> str:
        """Bring the target's tip into `history.git`; returns it."""
        async with self._fetching:
            return await self._fetch()

    async def _fetch(self) -> str:
        tip = await self.repository.tip(self.target)
        if tip == self._fetched:
            return tip
        history = Git(self.history)
        known = await history("rev-parse", "--verify", "--quiet", "refs/heads/main", ok=(0, 1))
        if known.text == tip:
            self._fetched = tip
            return tip
        await self._bring(history)
        self._share_ends()
        tip = (await history("rev-parse", "refs/heads/main")).text
        reached(Point.FETCH_DONE)
        await self.keep(f"tips/{tip}", tip)
        self._fetched = tip
        return tip

    async def _bring(self, history: Git) -> None:
        line = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow")
        refs = f"refs/heads/{self.target}:refs/heads/main"
        # The developer's own history may carry old blemishes that fsck would refuse.
        lenient = ("fetch.fsckObjects=false", "transfer.fsckObjects=false", "safe.directory=*")
        source = str(self.repository.path)
        try:
            await history(*line, "--force", "--", source, refs, settings=lenient, timeout=1800)
        except GitError as error:
            raise GitError(
                f"{self.target} cannot be read from {self.repository.path} ({error}): bring what "
                "a partial clone lacks with `git fetch --refetch --no-filter`, elsewhere `git "
                "fsck` says what is missing"
            ) from error

    def _share_ends(self) -> None:
        """Where the developer's clone is shallow, history ends for the vault where theirs does."""
        ends, ours = self.history / "shallow", self.git_dir / "shallow"
        if not ends.is_file():
            ours.unlink(missing_ok=True)
            return
        draft = ours.with_suffix(".new")
        draft.write_bytes(ends.read_bytes())
        draft.replace(ours)

    async def commit(
        self, tree: str, parent: str, message: str, *, author: tuple[str, str] = COMMITTER
    ) -> str:
        """A commit with one parent; the committer is always `factory-tui`."""
        env = {
            "GIT_AUTHOR_NAME": author[0],
            "GIT_AUTHOR_EMAIL": author[1],
            "GIT_COMMITTER_NAME": COMMITTER[0],
            "GIT_COMMITTER_EMAIL": COMMITTER[1],
        }
        made = await self.git(
            "commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode(), env=env
        )
        return made.text

    async def keep(self, ref: str, commit: str) -> None:
        """Hold a commit by a ref of ours, so that nothing ever drops it."""
        await self.git("update-ref", f"refs/factory/{ref}", commit)

    async def kept(self, ref: str) -> str:
        """The commit that a ref of ours holds, empty where there is none."""
        name = f"refs/factory/{ref}"
        return (await self.git("rev-parse", "--verify", "--quiet", name, ok=(0, 1))).text

    async def merge(self, tip: str, snapshot: str) -> Merge:
        """Merge a snapshot with the tip; 5 ms, touches no working tree.

        It is the diff from the snapshot's parent to the snapshot that is merged, also where the
        target was rewritten: a commit that the developer took back must not come again with it.
        """
        base = (await self.objects.commit(snapshot)).parents[0]
        if not await self.contains(tip, base):
            tip = await self.commit(await self.tree_of(tip), base, "the target, rewritten")
        merged = await self.git(
            "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", tip, snapshot,
            ok=(0, 1),
        )  # fmt: skip
        tree, *conflicts = merged.names
        return Merge(tree=tree, conflicts=tuple(dict.fromkeys(conflicts)) if merged.code else ())

    async def with_file(self, tree: str, path: str, text: bytes) -> str:
        """A tree with one file of the root added or replaced."""
        blob = (await self.git("hash-object", "-w", "--stdin", stdin=text)).text
        listing = (await self.git("ls-tree", "-z", tree)).out
        name = b"\t" + path.encode()
        lines = [line for line in listing.split(b"\0") if line and not line.endswith(name)]
        lines.append(f"100644 blob {blob}".encode() + name)
        made = await self.git("mktree", "-z", stdin=b"\0".join(lines) + b"\0")
        return made.text

    async def files(self, tree: str) -> tuple[tuple[str, str], ...]:
        """Path and object id of each regular file of a tree."""
        listing = await self.git("ls-tree", "-r", "-z", tree)
        entries = [line.partition("\t") for line in listing.names]
        return tuple(
            (path, head.rpartition(" ")[2])
            for head, _, path in entries
            if not head.startswith((LINK, MODULE))
        )

    async def tree_of(self, commit: str) -> str:
        """The tree of a commit."""
        return (await self.objects.commit(commit)).tree

    async def contains(self, descendant: str, commit: str) -> bool:
        """Whether `commit` is an ancestor of `descendant`, or the same."""
        found = await self.git("merge-base", "--is-ancestor", commit, descendant, ok=(0, 1, 128))
        return found.code == 0

    def close(self) -> None:
        """End what reads objects."""
        self.objects.close()
