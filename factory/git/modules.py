"""A folder's files into its index, where repositories may stand inside the folder.

There are submodules of the base's, and repositories that an agent has made. Git runs `git status`
in each one that an index names, with a configuration that an agent could have written: its filters
would run outside the sandbox. So no index names one while git looks.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from factory.git.command import Git

_MODULE = b"160000 "
_EMPTY = re.compile(r"^error: '(.+)/' does not have a commit checked out$", re.MULTILINE)


async def gather(git: Git, folder: Path, index: Path, base: str) -> None:
    """Make an index hold a folder's files as they are; what cannot be read is left out.

    A repository inside it is one entry, so that the tree check sees it; the base's own submodules
    stay as the base has them.
    """
    await forget(git, folder, index)
    own = await _modules_of(git, folder, base)
    paths = [os.fsdecode(line.partition(b"\t")[2]) for line in own]
    added = await git(
        "add", "--all", "--ignore-errors", "--", ".", *(f":(exclude,literal){p}" for p in paths),
        work_tree=folder, index=index, ok=(0, 1),
    )  # fmt: skip
    empty = [f"160000 {base}\t{name}".encode() for name in _EMPTY.findall(added.err)]
    await _name(git, folder, index, empty + own)


async def forget(git: Git, folder: Path, index: Path) -> None:
    """Take all repositories out of an index."""
    listing = await git("ls-files", "--stage", "-z", index=index)
    names = [line.partition(b"\t")[2] for line in _modules(listing.out)]
    if names:
        await git(
            "update-index", "-z", "--force-remove", "--stdin", stdin=b"\0".join(names) + b"\0",
            work_tree=folder, index=index,
        )  # fmt: skip


async def _modules_of(git: Git, folder: Path, base: str) -> list[bytes]:
    """The base's submodules, without those whose folder is gone: a change like any other."""
    listing = await git("ls-tree", "-r", "-z", base)
    return [
        line
        for line in _modules(listing.out)
        if (folder / os.fsdecode(line.partition(b"\t")[2])).is_dir()
    ]


async def _name(git: Git, folder: Path, index: Path, lines: list[bytes]) -> None:
    if lines:
        await git(
            "update-index", "-z", "--index-info", stdin=b"\0".join(lines) + b"\0",
            work_tree=folder, index=index,
        )  # fmt: skip


def _modules(listing: bytes) -> list[bytes]:
    return [line for line in listing.split(b"\0") if line.startswith(_MODULE)]
