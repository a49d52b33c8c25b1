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

_STARTERS = (
    "subprocess", "asyncio.subprocess", "_posixsubprocess", "pty", "multiprocessing",
    "concurrent.futures.process", "webbrowser", "git",
)  # fmt: skip
"""Modules that start processes; GitPython does, too."""
_STARTING = ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp")
"""Functions of `os` that do; those that begin with `exec` or `spawn` do, too."""
_LOOPS = ("subprocess_exec", "subprocess_shell")
"""Methods of event loops that do."""
_WITH_STARTING = ("os", "posix", "asyncio", "anyio")

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
    tree = ast.parse(source)
    called = _called(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from _starters(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from _starters((module, *(f"{module}.{alias.name}" for alias in names)))
                yield from (f"{module}.{a.name}" for a in names if _starts(module, a.name))
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                module = called.get(owner, owner)
                yield from (f"{module}.{name}",) if _starts(module, name) else ()
                yield from _starters((f"{module}.{name}",))
            case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]):
                yield from _starters((module,)) if _imports(func) else ()
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=owner), *_]):
                module = called.get(owner, owner)
                yield from (f"getattr({module}, …)",) if module in _WITH_STARTING else ()
        if isinstance(node, ast.Attribute) and node.attr in _LOOPS:
            yield node.attr


def _called(tree: ast.AST) -> dict[str, str]:
    """Modules that have another name in a file, by that."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return {a.asname: a.name for node in imports for a in node.names if a.asname}


def _imports(func: ast.expr) -> bool:
    """Whether a call takes in a module by its name."""
    match func:
        case ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"):
            return True
    return False


def _starters(modules: Iterable[str]) -> Iterator[str]:
    return (m for m in modules if any(m == s or m.startswith(f"{s}.") for s in _STARTERS))


def _starts(owner: str, name: str) -> bool:
    if owner in ("os", "posix"):
        return name == "*" or name in _STARTING or name.startswith(("exec", "spawn"))
    if owner == "anyio":
        return name in ("*", "open_process", "run_process")
    return owner == "asyncio" and (name == "*" or name.startswith("create_subprocess"))
