"""The target's submodules in a folder of ours, from what the developer's repository holds of them.

Which there are, and by what name, the tip's .gitmodules says; their address is never asked, and
nothing is fetched. The vault's git checks them out with the objects of `.git/modules` borrowed, so
that no setting and no hook of any other repository counts.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from pathlib import Path, PurePosixPath

from factory.git import folders
from factory.git.command import Git
from factory.git.comparisons import MODULE

FILE = ".gitmodules"
_CLEAN = ("clean", "-ffdxq")


async def lay_out(git: Git, folder: Path, tree: str, rules: str, modules: Path) -> None:
    """Fill the folders of a tree's submodules; those that cannot be filled stay as they are.

    `rules` is the commit whose .gitmodules counts, `modules` the developer's `.git/modules`.
    """
    listing = await git("ls-tree", "-r", "-z", tree)
    links = [line for line in listing.out.split(b"\0") if line.startswith(MODULE.encode())]
    if not links:
        return
    names = await _names(git, rules)
    for line in links:
        head, _, raw = line.partition(b"\t")
        path = os.fsdecode(raw)
        objects = _objects(modules, names.get(path, ""))
        if objects is not None:
            await _fill(git, folder, path, head.split()[2].decode(), objects)


async def _names(git: Git, commit: str) -> dict[str, str]:
    """The name of each submodule by its path; those that lead elsewhere are left out."""
    found = await git(
        "config", f"--blob={commit}:{FILE}", "-z", "--get-regexp", r"^submodule\..*\.path$",
        ok=(0, 1, 128),
    )  # fmt: skip
    names = {}
    for entry in found.out.split(b"\0") if found.code == 0 else ():
        key, _, value = os.fsdecode(entry).partition("\n")
        name = key.removeprefix("submodule.").removesuffix(".path")
        if _stays(name) and _stays(value):
            names[value] = name
    return names


def _stays(name: str) -> bool:
    """Whether it is a path that stays below where it begins, and no option."""
    parts = name.split("/")
    return not {"", ".", ".."}.intersection(parts) and not name.startswith("-") and ".git" not in (
        part.lower() for part in parts
    )  # fmt: skip


def _objects(modules: Path, name: str) -> Path | None:
    """Where the developer's copy of a submodule has its objects; None where there is none."""
    objects = modules / name / "objects"
    if not name or not objects.is_dir():
        return None
    inside = objects.resolve()
    return inside if inside.is_relative_to(modules.resolve()) else None


async def _fill(git: Git, folder: Path, path: str, commit: str, objects: Path) -> None:
    inner = await asyncio.to_thread(_real, folder, path)
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    index = folder.parent / f"{folder.name}.{mark}.index"
    index.with_suffix(".index.lock").unlink(missing_ok=True)
    borrowed = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{_quoted(objects)}"'}
    there = await git("cat-file", "-e", f"{commit}^{{tree}}", env=borrowed, ok=(0, 1, 128))
    if there.code != 0:
        return  # the developer has not fetched that commit
    await git("read-tree", "-u", "--reset", commit, work_tree=inner, index=index, env=borrowed)
    await git(*_CLEAN, work_tree=inner, index=index, env=borrowed)


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _real(folder: Path, path: str) -> Path:
    """The folder at a path, whatever an agent put in its place or above it; no link is followed."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        try:
            real = stat.S_ISDIR(place.lstat().st_mode)
        except FileNotFoundError:
            real = False
        if not real:
            folders.remove(place)
            place.mkdir()
    folders.remove(place / ".git")
    return place
