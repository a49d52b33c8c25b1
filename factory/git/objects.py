"""Reading the vault's objects with GitPython: one `Repo`, one thread.

Four threads on one `Repo` gave wrong blobs, and fifty `Repo`s cost a hundred processes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from factory.model import GitError, Struct

if TYPE_CHECKING:
    import git

Read = TypeVar("Read")


class Commit(Struct):
    """A commit, as far as the factory asks."""

    id: str
    tree: str
    parents: tuple[str, ...]
    subject: str
    """First line of the message (foreign text)."""


class Objects:
    """Commits, trees and blobs of one repository, by full object id."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="objects")
        self._opened: git.Repo | None = None

    async def commit(self, oid: str) -> Commit:
        """One commit."""

        def read(repo: git.Repo) -> Commit:
            found = repo.commit(oid)
            message = found.message
            text = message if isinstance(message, str) else message.decode("utf-8", "replace")
            return Commit(
                id=found.hexsha,
                tree=found.tree.hexsha,
                parents=tuple(parent.hexsha for parent in found.parents),
                subject=text.partition("\n")[0],
            )

        return await self._read(read, oid)

    async def blob(self, oid: str) -> bytes:
        """The bytes of one blob."""
        return await self._read(lambda repo: bytes(repo.odb.stream(bytes.fromhex(oid)).read()), oid)

    async def file(self, tree: str, path: str) -> bytes | None:
        """A file of a commit's or tree's, None where there is no regular file of that name."""

        def read(repo: git.Repo) -> bytes | None:
            import git

            top = repo.rev_parse(tree)
            root = (
                top.tree if isinstance(top, git.Commit) else git.Tree(repo, top.binsha, 0o40000, "")
            )
            try:
                found = root / path
            except KeyError:
                return None
            if found.type != "blob" or found.mode == 0o120000:
                return None
            return bytes(found.data_stream.read())

        return await self._read(read, tree)

    async def _read(self, read: Callable[[git.Repo], Read], oid: str) -> Read:
        def twice() -> Read:
            try:
                return read(self._repo())
            except Exception:  # its `cat-file` may have been killed: once more, with a new one
                self._forget()
                return read(self._repo())

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, twice)
        except Exception as error:  # GitPython's own errors have no ancestor in common
            raise GitError(f"object {oid[:12]} cannot be read from the vault: {error}") from error

    def _repo(self) -> git.Repo:
        if self._opened is None:
            import git

            self._opened = git.Repo(self._git_dir)
        return self._opened

    def _forget(self) -> None:
        if self._opened is not None:
            with contextlib.suppress(Exception):
                self._opened.close()
            self._opened = None

    def close(self) -> None:
        """End the reading thread and its `cat-file` process."""

        self._thread.submit(self._forget)
        self._thread.shutdown(wait=True)
