"""Trees made from others by hand: some entries put in, some taken out. No folder is touched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from factory.git.comparisons import NO_FILE, Changed
from factory.git.vault import Vault
from factory.model import NotNowError, Struct


class Entry(Struct):
    """What a tree shall hold at a path."""

    path: bytes
    mode: str
    """`NO_FILE` takes the path out."""
    oid: str


async def store(vault: Vault, contents: bytes) -> str:
    """Keep bytes as a blob; returns its id."""
    return (await vault.git("hash-object", "-w", "--stdin", stdin=contents)).text


async def edited(vault: Vault, tree: str, entries: Sequence[Entry]) -> str:
    """A tree with these entries in place of its own.

    Raises NotNowError where they cannot stand beside the others: a file where a folder is.
    """
    goes = [one for one in entries if one.mode == NO_FILE]
    comes = [one for one in entries if one.mode != NO_FILE]
    told = b"".join(
        f"{one.mode} {one.oid if one.mode != NO_FILE else '0' * len(tree)}\t".encode()
        + one.path + b"\0"
        for one in (*goes, *comes)
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="index-", dir=vault.root) as folder:
        index = Path(folder) / "index"
        await vault.git("read-tree", tree, index=index)
        await vault.git("update-index", "--replace", "-z", "--index-info", stdin=told, index=index)
        made = (await vault.git("write-tree", index=index)).text
    changed = {one.name for one in await vault.changed(tree, made)}
    strays = changed - {one.path for one in entries}
    if strays:
        named = ", ".join(sorted(path.decode(errors="replace") for path in strays))
        raise NotNowError(f"{named} stands where that would be; leave both out or neither")
    return made


async def with_versions(vault: Vault, tree: str, changed: Iterable[Changed]) -> str:
    """A tree with the old side's version of some paths; files that it lacks are taken out."""
    lines = []
    for change in changed:
        mode = b"0" if change.status == "A" else change.old_mode.encode()
        oid = b"0" * len(change.new) if change.status == "A" else change.old.encode()
        lines.append(mode + b" " + oid + b"\t" + change.name)
    with tempfile.TemporaryDirectory(dir=vault.root, prefix="index-") as folder:
        index = Path(folder) / "index"
        await vault.git("read-tree", tree, index=index)
        await vault.git(
            "update-index", "-z", "--index-info", stdin=b"\0".join(lines) + b"\0",
            work_tree=Path(folder), index=index,
        )  # fmt: skip
        return (await vault.git("write-tree", index=index)).text
