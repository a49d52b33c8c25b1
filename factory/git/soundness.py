"""What git itself would refuse of a new tree when it is pushed: asked before, not after.

A landing's push is checked object by object (`receive.fsckObjects`): a `.gitmodules` that names a
program, a name that some file system takes for `.git`. A change that can never land must not be
called ready.
"""

from __future__ import annotations

import re

from factory.git import folders
from factory.git.vault import Vault
from factory.model import GitError

_FAULT = re.compile(r"^error: object ([0-9a-f]+): (.+)$", re.MULTILINE)


async def faults(vault: Vault, tip: str, tree: str) -> tuple[tuple[str, str], ...]:
    """Objects of `tree` that git would not take in beside `tip`, and why; none if it would.

    Raises GitError where the objects cannot be read at all.
    """
    async with folders.fresh(vault.root, "index") as folder:
        packed = await vault.git(
            "pack-objects", "--quiet", "--revs", "--non-empty", "--window=0", str(folder / "new"),
            stdin=f"{tree}\n^{tip}\n".encode(),
        )  # fmt: skip
        if not packed.text:
            return ()
        pack = folder / f"new-{packed.text}.pack"
        checked = await vault.git(
            "index-pack", "--strict", "-o", str(folder / "new.check"), str(pack), ok=(0, 1, 128)
        )
    found = tuple((oid, why) for oid, why in _FAULT.findall(checked.err))
    if checked.code and not found:
        raise GitError(f"the new tree cannot be checked: {checked.err.strip()}")
    return found
