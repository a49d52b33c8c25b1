"""A checkout of the developer's that a killed landing left half laid out: seen, never mended by us.

Whoever kills a landing's push with all its group, or the power, can do so while git writes the
files. Then files of the landing stand beside those of the commit before it, with git's own locks.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from factory.git.command import Git
from factory.git.comparisons import Changed, parse_raw

_NAMED = 6
"""Files that the way out names; of more, it takes all that is not committed."""


async def half_laid(vault: Git, old: str, new: str, checkout: Path) -> tuple[str, ...]:
    """The files in a checkout of `old` that are as `new` has them, or the beginning of that.

    Those that are not, the developer's own edits, are not among them.
    """
    found = await vault("diff-tree", "-r", "--raw", "-z", "--full-index", "--no-renames", old, new)
    begun = [one for one in parse_raw(found.out) if await _begun(vault, one, checkout)]
    return tuple(os.fsdecode(one.name) for one in begun)


async def _begun(vault: Git, change: Changed, checkout: Path) -> bool:
    """Whether the file at this path is no longer the old one, and nobody's own either."""
    place = checkout / os.fsdecode(change.name)
    if "160000" in (change.old_mode, change.new_mode) or place.is_dir():
        return False
    if not os.path.lexists(place):
        return change.status != "A"
    if change.status == "D":
        return False
    here = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
    if change.status != "A" and here == (await vault("cat-file", "blob", change.old)).out:
        return False
    return (await vault("cat-file", "blob", change.new)).out.startswith(here)


def locks_of(common: Path, ref: str, git_dir: Path) -> tuple[Path, ...]:
    """The locks that git holds while it lays out files for a branch, where they are left."""
    return tuple(lock for lock in (git_dir / "index.lock", common / f"{ref}.lock") if lock.exists())


def way_out(checkout: Path, names: Sequence[str], locks: Sequence[Path]) -> str:
    """What puts a half laid out checkout back, in a sentence. Nothing is lost by it."""
    first = f"rm -f {' '.join(shlex.quote(str(lock)) for lock in locks)} && " if locks else ""
    named = " ".join(map(shlex.quote, names)) if len(names) <= _NAMED else "."
    held = " once no git of yours runs there" if locks else ""
    return (
        f"a landing was cut off while it wrote your files: in {checkout}{held}, "
        f"`{first}git stash push -u -- {named}` puts them back, and it goes on by itself"
    )
