"""Reading a checked-out tree: its file names and small texts, and nothing outside of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from factory.globs import matches

_MOST_FILES = 20_000
_MOST_BYTES = 1 << 20
_SKIPPED = {
    ".git", ".hg", ".venv", "venv", "node_modules", "vendor", "third_party", "target", "dist",
    "build", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
}  # fmt: skip


class Tree:
    """The regular files below a folder. Links are not followed and not listed."""

    def __init__(self, root: Path, names: Iterable[str] | None = None) -> None:
        """`names` are those that count, relative to the root; None: all there are."""
        self._root = root
        self.names = _names(root) if names is None else dict.fromkeys(names)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def below(self, folder: str) -> Tree:
        """What lies in a folder, as a tree of its own."""
        inside = (name.removeprefix(f"{folder}/") for name in self.names if _in(name, (folder,)))
        return Tree(self._root / folder, inside)

    def without(self, folders: Sequence[str]) -> Tree:
        """The same tree, but for these folders."""
        return Tree(self._root, (name for name in self.names if not _in(name, folders)))

    def some(self, *globs: str) -> tuple[str, ...]:
        """The names that match a glob, in order."""
        return tuple(name for name in self.names if matches(name, globs))

    def first(self, names: Iterable[str]) -> str:
        """The first of these names that is a file; empty where none is."""
        return next((name for name in names if name in self.names), "")

    def text(self, name: str) -> str:
        """The file's beginning, up to a megabyte; empty where it is not there or not readable."""
        if name not in self.names:
            return ""
        try:
            with (self._root / name).open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return ""


def _in(name: str, folders: Sequence[str]) -> bool:
    return any(name.startswith(f"{folder}/") for folder in folders)


def _names(root: Path) -> dict[str, None]:
    """Names relative to the root, sorted folder by folder, as an ordered set."""
    found: dict[str, None] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(files):
            path = Path(folder, name)
            if len(found) == _MOST_FILES:
                return found
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(root).as_posix()] = None
    return found
