"""`.worktreeinclude`: files that git ignores and the project needs, such as .env, copied along."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from factory.globs import matches

_CACHES = frozenset({".git", ".hg", ".mypy_cache", ".ruff_cache", ".tox", ".venv", "__pycache__"})
_HEAVY = _CACHES | {"node_modules", "target", "venv"}
"""Folders that are not searched unless a pattern names them."""
_LARGE = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_IN_THE_WAY = frozenset({errno.EISDIR, errno.ELOOP, errno.ENOTDIR, errno.EPERM})
"""How the system says that a link or a folder stands where something else was expected."""


def include(
    patterns: str, source: Path, target: Path, tracked: Container[str] = frozenset()
) -> tuple[str, ...]:
    """Copy the files that the patterns name from the developer's checkout; returns their paths.

    `patterns` is the text of a `.worktreeinclude`, in the manner of a `.gitignore`, the last line
    that matches deciding. Only regular files are copied, no symbolic link is followed in either
    tree, and nothing that is `tracked` in the target is touched.
    """
    if not _rules(patterns):
        return ()
    with _folder(source) as root:
        return tuple(path for path in _named(patterns, root, tracked) if _copy(root, target, path))


def digest(patterns: str, source: Path) -> str:
    """What `include` would copy, as 16 hexadecimal digits of names, modes and contents.

    Empty where there are no patterns. Of a file past a megabyte it is size and time that count.
    """
    if not _rules(patterns):
        return ""
    found = hashlib.sha256()
    with _folder(source) as root:
        for path in _named(patterns, root, frozenset()):
            found.update(_summary(root, path))
    return found.hexdigest()[:16]


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield number
    finally:
        os.close(number)


def _opened(root: int, path: str) -> BinaryIO | None:
    """A file to be read; None where it is gone by now, or may not be read."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=root)
    except OSError:
        return None
    return os.fdopen(number, "rb")


def _summary(root: int, path: str) -> bytes:
    file = _opened(root, path)
    if file is None:
        return b""
    with file:
        facts = os.fstat(file.fileno())
        large = facts.st_size > _LARGE
        data = str(facts.st_mtime_ns).encode() if large else hashlib.sha256(file.read()).digest()
    head = f"{path}\0{stat.S_IMODE(facts.st_mode):o}\0{facts.st_size}\0"
    return head.encode(errors="surrogateescape") + data


def _rules(patterns: str) -> list[tuple[str, bool]]:
    """`(glob, whether it includes)`, in order."""
    lines = [line.rstrip() for line in patterns.splitlines()]
    return [
        (line.removeprefix("!"), not line.startswith("!"))
        for line in lines
        if line and not line.startswith("#")
    ]


def _named(patterns: str, root: int, tracked: Container[str]) -> Iterator[str]:
    """The files that the patterns name and the target does not track, in order."""
    rules = _rules(patterns)
    skipped = frozenset(name for name in _HEAVY if name not in patterns)
    for path in sorted(_untracked(root, "", skipped, tracked)):
        if _chosen(path, rules):
            yield path


def _chosen(path: str, rules: list[tuple[str, bool]]) -> bool:
    parts = path.split("/")
    above = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    for glob, includes in reversed(rules):
        if any(_matches(place, glob) for place in above):
            return includes
    return False


def _matches(path: str, glob: str) -> bool:
    bare = glob.removeprefix("/")
    if bare == glob or "/" in bare.rstrip("/"):
        return matches(path, (bare,))
    first, slash, _below = path.partition("/")
    return bool(slash or not bare.endswith("/")) and matches(first, (bare.rstrip("/"),))


def _untracked(
    root: int, folder: str, skipped: Container[str], tracked: Container[str]
) -> Iterator[str]:
    """Regular files below the folder that the target does not track, by path."""
    try:
        number = os.open(f"./{folder}", _FOLDER, dir_fd=root)
    except OSError:
        return  # a database's volume that belongs to another user, or gone by now
    folders = []
    try:
        with os.scandir(number) as entries:
            for entry in entries:
                path = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in skipped:
                        folders.append(f"{path}/")
                elif path not in tracked and entry.is_file(follow_symlinks=False):
                    yield path
    finally:
        os.close(number)
    for below in folders:
        yield from _untracked(root, below, skipped, tracked)


def _copy(root: int, target: Path, path: str) -> bool:
    """Copy one file; False where it is gone, or something is in its place or on the way."""
    file = _opened(root, path)
    if file is None:
        return False
    with file:
        data, mode = file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    folders, _, name = path.rpartition("/")
    number = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders.split("/") if folders else ():
            if not _exists(number, folder):
                os.mkdir(folder, dir_fd=number)
            below = os.open(folder, _FOLDER, dir_fd=number)
            os.close(number)
            number = below
        _write(number, name, data, mode)
    except OSError as error:
        if error.errno in _IN_THE_WAY:
            return False
        raise
    finally:
        os.close(number)
    return True


def _exists(folder: int, name: str) -> bool:
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _write(folder: int, name: str, data: bytes, mode: int) -> None:
    """Write a new file in place of whatever has its name; a link there is removed, not followed."""
    if _exists(folder, name):
        os.unlink(name, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, mode, dir_fd=folder), "wb") as file:
        file.write(data)
