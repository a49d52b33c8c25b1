"""Files of the developer's that no commit holds, and that a fast-forward would write over.

Git refuses to overwrite an untracked file, but takes an ignored one for expendable: a `.env` of the
developer's own would be gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from factory.git.command import Git, shown


async def in_the_way(vault: Git, old: str, new: str, checkouts: Sequence[Path]) -> tuple[str, ...]:
    """What stands in clean checkouts of `old` where `new` brings something of its own."""
    found = await vault("diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new)
    fields = found.out.split(b"\0")
    changes = list(zip(fields[::2], map(os.fsdecode, fields[1::2]), strict=False))
    gone = frozenset(name for status, name in changes if status == b"D")
    added = [name for status, name in changes if status == b"A"]
    names = {one for root in checkouts for name in added for one in _at(root, name, gone)}
    return tuple(sorted(shown(os.fsencode(name)) for name in names))


def _at(root: Path, name: str, gone: frozenset[str]) -> Iterator[str]:
    """The untracked files at the place of one new file, or in place of a folder above it."""
    for above in reversed(PurePosixPath(name).parents[:-1]):
        folder = root / above
        if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
            if str(above) not in gone:
                yield str(above)
            return
    place = root / name
    if place.is_dir() and not place.is_symlink():
        below = (str(path.relative_to(root)) for path in place.rglob("*") if not path.is_dir())
        yield from (one for one in below if one not in gone)
    elif os.path.lexists(place):
        yield name
