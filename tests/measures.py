"""Measures a source file against the house rules: sizes, and who starts programs. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

LINES_OF_FILE = 400
LINES_OF_FUNCTION = 60
LINES_OF_CLASS = 200
METHODS = 15
LINES_OF_APP = 250

_STARTERS = ("subprocess", "pty", "multiprocessing", "concurrent.futures.process")
"""Modules that start processes."""
_STARTING = ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp")
"""Functions of `os` that do; those that begin with `exec` or `spawn` do, too."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sizes(path: Path, source: str) -> Iterator[tuple[str, str]]:
    """Everything in a file that is too big: (its name, what it is too big by)."""
    lines = source.count("\n")
    if lines > LINES_OF_FILE:
        yield path.as_posix(), f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if length(node) > LINES_OF_FUNCTION:
                    yield f"{path.as_posix()}:{node.name}", f"{length(node)} lines"
            case ast.ClassDef():
                number = len(methods(node))
                most = LINES_OF_APP if _is_app(node) else LINES_OF_CLASS
                if length(node) > most or number > METHODS:
                    yield (
                        f"{path.as_posix()}:{node.name}",
                        f"{length(node)} lines, {number} methods",
                    )


def length(node: Function | ast.ClassDef) -> int:
    """Lines from the first to the last of it, decorators aside."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def methods(node: ast.ClassDef) -> list[str]:
    """Methods and properties, private ones too; magic ones such as `__init__` are not counted."""
    return [
        item.name
        for item in node.body
        if isinstance(item, Function)
        and not (item.name.startswith("__") and item.name.endswith("__"))
    ]


def _is_app(node: ast.ClassDef) -> bool:
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return any(isinstance(base, ast.Name) and base.id == "App" for base in bases)


def starts(source: str) -> Iterator[str]:
    """Every way in which a file could start a program or a process, as it stands there."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from _starters(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from _starters((module, *(f"{module}.{alias.name}" for alias in names)))
                yield from (f"{module}.{a.name}" for a in names if _starts(module, a.name))
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if _starts(owner, name):
                yield f"{owner}.{name}"
            case ast.Attribute(attr="subprocess_exec" | "subprocess_shell" as name):
                yield name


def _starters(modules: Iterable[str]) -> Iterator[str]:
    return (m for m in modules if any(m == s or m.startswith(f"{s}.") for s in _STARTERS))


def _starts(owner: str, name: str) -> bool:
    if owner == "os":
        return name in _STARTING or name.startswith(("exec", "spawn"))
    return owner == "asyncio" and name.startswith("create_subprocess")
