"""Files that take effect by where they stand: in a module's place, or where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from factory.model import Mark
from factory.tamper.base import Edited, MarkKind, mark

_ROOTS = frozenset(("", "src", "lib", "test", "tests", "python"))
"""Folders from which modules are imported by their own name."""
_TOOLS = frozenset(
    (
        "_pytest", "black", "coverage", "flake8", "hypothesis", "iniconfig", "mypy", "nox",
        "packaging", "pip", "pluggy", "pygments", "pylint", "pyright", "pytest", "pytest_asyncio",
        "pytest_cov", "ruff", "setuptools", "tox", "xdist",
    )
)  # fmt: skip
_COMPILED = (".pyc", ".pyo", ".pyd", ".so")
_FOUND = (".egg-info", ".dist-info")
_PASSED_BY = frozenset(
    (
        "__pypackages__", "_build", "buck-out", "dist", "node_modules", "site-packages", "venv",
        ".eggs", ".nox", ".tox", ".venv",
    )
)  # fmt: skip
"""Folders that linters leave out unless they are told."""


def marks(file: Edited) -> Iterator[Mark]:
    """The marks of one file."""
    if file.new is None or file.new == file.old:
        return
    parts = file.path.split("/")
    if file.path.endswith(_COMPILED):
        text = "compiled code, which runs in the place of its source"
        yield mark(MarkKind.DISCOVERY, file.path, 0, text)
    if any(part.endswith(_FOUND) for part in parts[:-1]) and file.name == "entry_points.txt":
        text = "tools find this by themselves, and load what it names"
        yield mark(MarkKind.DISCOVERY, file.path, 0, text)
    if file.old is not None or not file.path.endswith(".py"):
        return
    name = _imported(parts)
    if name in _TOOLS or name in sys.stdlib_module_names:
        yield mark(MarkKind.DISCOVERY, file.path, 0, f"stands in the place of the module {name}")
    passed = _PASSED_BY.intersection(parts[:-1])
    if passed:
        text = f"linters do not look into {min(passed)}"
        yield mark(MarkKind.SUPPRESSION, file.path, 0, text)


def _imported(parts: list[str]) -> str:
    """The name under which a file or its package is imported from a root; empty for others."""
    *folders, file = parts
    stem = file.removesuffix(".py")
    if folders and stem == "__init__":
        stem = folders.pop()
    return stem if "/".join(folders) in _ROOTS else ""
