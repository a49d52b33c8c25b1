"""A vault of a developer's repository, with worktrees, and no engine around it."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - an agent's git, and a careless one, are run beside the engine's
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from factory.git.repository import Pushed, Repository
from factory.git.trees import Trees
from factory.git.vault import Vault
from tests.developer import Developer


class Cellar:
    """The factory's own objects and folders for one developer."""

    def __init__(self, developer: Developer, vault: Vault) -> None:
        self.developer = developer
        self.vault = vault
        self.trees = Trees(vault, checkouts=2)

    @property
    def base(self) -> str:
        return self.developer.tip()

    async def worktree(self, name: str = "w01") -> Path:
        """A worktree that holds the newest tip."""
        return await self.trees.worktree(name, await self.vault.fetch())

    async def tree(self, folder: Path, base: str = "") -> str:
        return await self.trees.tree(folder, base or self.base)

    async def paths(self, tree: str) -> set[str]:
        return set((await self.vault.git("ls-tree", "-r", "-z", "--name-only", tree)).names)

    async def holding(self, files: Mapping[str, str | bytes], base: str = "") -> str:
        """A commit on a base with some files written and those of empty text removed."""
        base = base or self.base
        folder = await self.trees.worktree("w99", base)
        for name, text in files.items():
            path = folder / name
            if not text:
                path.unlink()
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return await self.vault.commit(await self.trees.tree(folder, base), base, "work")

    async def text(self, tree: str, path: str) -> str:
        found = await self.vault.objects.file(tree, path)
        assert found is not None
        return found.decode()

    async def land(self, commit: str, lease: str = "") -> Pushed:
        return await self.vault.repository.land(
            self.vault.git_dir, commit, target="main", lease=lease or self.base
        )

    async def refused(self, commit: str) -> Pushed:
        """A landing that must leave everything of the developer's byte for byte as it was."""
        before = self.developer.picture()
        pushed = await self.land(commit)
        assert not pushed.done
        assert self.developer.picture() == before
        return pushed


@asynccontextmanager
async def cellar(developer: Developer) -> AsyncIterator[Cellar]:
    place = developer.place
    vault = Vault(place.state, Repository(place.path), "main")
    await vault.prepare()
    try:
        yield Cellar(developer, vault)
    finally:
        vault.close()


def plain(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Git as anybody runs it, in a folder, with whatever is configured there."""
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@localhost"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    return subprocess.run(
        ("git", *arguments), cwd=folder, env={**os.environ, **who}, capture_output=True, check=False
    )
