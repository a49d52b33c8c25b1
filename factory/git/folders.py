"""Removing what programs left in folders of ours: closed, deeper than a path can say, or a link."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from factory.model import GitError

LANDING_LOCK = "landing.lock"
"""In the vault: held by the push of a landing, which outlives the engine that began it."""


def remove(path: Path) -> None:
    """Remove whatever lies there; no link is followed. Raises GitError where it cannot be."""
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return
        _empty(path, "")
        path.rmdir()
    except OSError as error:
        raise GitError(f"{path} cannot be removed ({error.strerror}); remove it by hand") from error


async def discard(path: Path) -> None:
    """`remove` in a thread of its own that gives way to all others. Raises GitError as it does."""
    apart = ThreadPoolExecutor(1, initializer=_give_way)
    try:
        await asyncio.get_running_loop().run_in_executor(apart, remove, path)
    finally:
        apart.shutdown(wait=False)


def _give_way() -> None:
    """The last in turn, on Linux: there a thread has a priority of its own."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def empty(folder: Path, but: str) -> None:
    """Remove all that lies in a folder but one name. Raises GitError where it cannot be."""
    try:
        _empty(folder, but)
    except OSError as error:
        raise GitError(
            f"{folder} cannot be emptied ({error.strerror}); empty it by hand"
        ) from error


@asynccontextmanager
async def fresh(parent: Path, name: str) -> AsyncIterator[Path]:
    """A new folder for programs to fill, gone at the end however they left it."""
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{name}-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(remove, folder)


def sweep(parent: Path) -> None:
    """Remove what an engine that was killed left half done: folders half filled, git's locks.

    Only for who holds the engine's lock: then nobody else's git writes to what is ours.
    """
    for lock in _locks(parent):
        lock.unlink(missing_ok=True)
    for half_made in _unborn(parent):
        link = half_made / "gitdir"
        place = Path(link.read_text(errors="replace").strip()) if link.is_file() else half_made
        if place.name == ".git" and place.is_relative_to(parent):
            place.unlink(missing_ok=True)  # the folder is no worktree, and is made one anew
        remove(half_made)
    for name in ("index", "results", "version"):
        for folder in parent.glob(f"{name}-*"):
            remove(folder)


def _unborn(parent: Path) -> Iterator[Path]:
    """What git has written of worktrees that it was killed at: they stand on no commit yet."""
    for folder in (parent / "vault.git" / "worktrees").glob("*/"):
        head = folder / "HEAD"
        text = head.read_text(errors="replace").strip() if head.is_file() else ""
        if not re.fullmatch(r"(?!0+$)(?:[0-9a-f]{40}|[0-9a-f]{64})", text):
            yield folder


def _locks(parent: Path) -> Iterator[Path]:
    """What keeps git out: its locks, and what says that a gc is under way."""
    yield from (*parent.glob("*.index.lock"), *parent.glob("*/*.index.lock"))
    for name in ("vault.git", "history.git"):
        for pattern in ("*.lock", "worktrees/*/*.lock", "refs/**/*.lock", "objects/*/*.lock"):
            found = (parent / name).glob(pattern)
            yield from (lock for lock in found if lock.name != LANDING_LOCK)
        yield parent / name / "gc.pid"


def _empty(top: Path, but: str) -> None:
    """Folders are moved up to the top one by one, so that no depth is too deep."""
    prefix = f".{uuid.uuid4().hex}"
    top.chmod(0o700)
    waiting, moved = [str(top)], 0
    while waiting:
        folder = waiting.pop()
        at_top = folder == str(top)
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not (at_top and entry.name == but)]
        for entry in found:
            if not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()
                continue
            Path(entry.path).chmod(0o700)
            place = entry.path
            if not at_top:
                moved += 1
                place = str(top / f"{prefix}.{moved}")
                Path(entry.path).rename(place)
            waiting.append(place)
        if not at_top:
            Path(folder).rmdir()
