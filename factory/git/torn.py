"""A checkout of the developer's that a killed landing left half laid out: seen, never mended by us.

Whoever kills a landing's push with all its group, or the power, can do so while git writes the
files. Then files of the landing stand beside those of the commit before it, with git's own locks.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from factory.git.comparisons import Changed
from factory.git.repository import Repository
from factory.git.vault import Vault

_NAMED = 6
"""Files that the way out names; of more, it takes all that is not committed."""


async def torn(repository: Repository, vault: Vault, *, target: str, old: str, new: str) -> str:
    """What puts back a checkout that a killed landing of `new` on `old` left half laid out.

    Empty where there is none, or where the developer has edited in it too.
    """
    for checkout in await repository.checkouts_of(target):
        names = await _half_laid(vault, old, new, checkout)
        if names and await repository.changed(checkout) <= set(names):
            return _way_out(checkout, names, await _locks_at(repository, checkout, target))
    return ""


async def locks(repository: Repository, target: str) -> tuple[Path, ...]:
    """Git's locks that keep the target and its checkouts as they are; nobody here removes them."""
    checkouts = await repository.checkouts_of(target)
    found = [await _locks_at(repository, checkout, target) for checkout in checkouts]
    return tuple(dict.fromkeys(lock for some in found for lock in some))


async def _half_laid(vault: Vault, old: str, new: str, checkout: Path) -> tuple[str, ...]:
    """The files in a checkout of `old` that are as `new` has them, or the beginning of that."""
    changed = await vault.changed(old, new)
    begun = [one for one in changed if await _begun(vault, one, checkout)]
    return tuple(os.fsdecode(one.name) for one in begun)


async def _begun(vault: Vault, change: Changed, checkout: Path) -> bool:
    """Whether the file at this path is no longer the old one, and nobody's own either."""
    place = checkout / os.fsdecode(change.name)
    if change.submodule or place.is_dir():
        return False
    try:
        here = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
    except FileNotFoundError:
        return change.status != "A"
    if change.status == "D":
        return False
    if change.status != "A" and here == await vault.objects.blob(change.old):
        return False
    return (await vault.objects.blob(change.new)).startswith(here)


async def _locks_at(repository: Repository, checkout: Path, target: str) -> tuple[Path, ...]:
    """The locks that git holds while a branch and a checkout of it move, where they are left."""
    line = ("rev-parse", "--path-format=absolute", "--git-common-dir", "--git-dir")
    common, own = map(Path, (await repository.ask("-C", str(checkout), *line)).text.split("\n"))
    names = (own / "index", own / "HEAD", common / "HEAD", common / "refs/heads" / target)
    found = dict.fromkeys(name.parent / f"{name.name}.lock" for name in names)
    return tuple(lock for lock in found if lock.exists())


def _way_out(checkout: Path, names: Sequence[str], held: Sequence[Path]) -> str:
    """What puts a half laid out checkout back, in a sentence. Nothing is lost by it."""
    first = f"rm -f {' '.join(shlex.quote(str(lock)) for lock in held)} && " if held else ""
    named = " ".join(map(shlex.quote, names)) if len(names) <= _NAMED else "."
    when = " once no git of yours runs there" if held else ""
    return (
        f"a landing was cut off while it wrote your files: in {checkout}{when}, "
        f"`{first}git stash push -u -- {named}` puts them back, and it goes on by itself"
    )
