"""What decides in Python which tests run, ends their run early, or looks whether they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from factory.model import Mark
from factory.review.kinds import FileKind, kind_of
from factory.syntax import parse
from factory.tamper.base import Edited, Found, MarkKind, added, mark
from factory.tamper.python import Function, is_collected

_HOOKS = frozenset(
    (
        "pytest_collection",
        "pytest_collection_modifyitems",
        "pytest_collect_directory",
        "pytest_collect_file",
        "pytest_deselected",
        "pytest_exception_interact",
        "pytest_ignore_collect",
        "pytest_itemcollected",
        "pytest_make_collect_report",
        "pytest_pycollect_makeitem",
        "pytest_pycollect_makemodule",
        "pytest_pyfunc_call",
        "pytest_report_teststatus",
        "pytest_runtest_call",
        "pytest_runtest_logreport",
        "pytest_runtest_makereport",
        "pytest_runtest_protocol",
        "pytest_runtestloop",
        "pytest_sessionfinish",
    )
)
_NAMES = frozenset(("collect_ignore", "collect_ignore_glob", "__test__"))
_AT_START = frozenset(("sitecustomize.py", "usercustomize.py"))
_EXITS = frozenset(("os._exit", "os.abort", "os.kill", "sys.exit", "exit", "quit", "_exit"))
_HARD = frozenset(("os._exit", "os.abort", "_exit"))
"""Nothing can catch these; the others count at a test's own level only."""
_DETECTS = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_VERSION|['\"]pytest['\"] (?:not )?in sys\.modules"
)


def marks(file: Edited) -> Iterator[Mark]:
    """The marks of one file."""
    if file.name in _AT_START or file.path.endswith(".pth"):
        if file.new is not None and file.new != file.old:
            text = "runs whenever Python starts"
            yield mark(MarkKind.DISCOVERY, file.path, 0, text)
        return
    if not file.path.endswith(".py"):
        return
    if is_collected(file.path) or file.name == "conftest.py":
        yield from _of_tests(file)
    elif kind_of(file.path) is not FileKind.TEST:
        for found in added(_detections(file.before), _detections(file.after)):
            yield mark(MarkKind.DETECTION, file.path, found.line, found.text)


def _of_tests(file: Edited) -> Iterator[Mark]:
    old, new = parse(file.before), parse(file.after)
    if new is None:
        if old is not None:
            yield mark(MarkKind.DISCOVERY, file.path, 0, "cannot be read as Python any more")
        return
    before = old or ast.Module(body=[], type_ignores=[])
    for found in added(_hooks(before), _hooks(new)):
        yield mark(MarkKind.DISCOVERY, file.path, found.line, found.text)
    for found in added(_exits(before), _exits(new)):
        yield mark(MarkKind.EXIT, file.path, found.line, found.text)


def _hooks(tree: ast.Module) -> Iterator[Found]:
    """Hooks with their bodies, since one that is changed can do what a new one can."""
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.name in _HOOKS:
            yield Found(line=node.lineno, text=ast.unparse(node))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(ast.unparse(target).rsplit(".", 1)[-1] in _NAMES for target in targets):
                yield Found(line=node.lineno, text=ast.unparse(node))


def _exits(tree: ast.Module) -> Iterator[Found]:
    for node in tree.body:
        if not _is_main(node):
            yield from _exits_of(node, depth=0)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _exits_of(node: ast.AST, depth: int) -> Iterator[Found]:
    """What ends the process: from within a function of a test only what nothing can catch."""
    if isinstance(node, ast.With | ast.AsyncWith) and "raises" in ast.unparse(node.items[0]):
        return
    if isinstance(node, Function | ast.Lambda):
        depth += 1
    name = ""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name == "os.kill" and "getpid" not in ast.unparse(
            node
        ):  # another process than the run's
            name = ""
    elif isinstance(node, ast.Raise) and node.exc is not None:
        name = "sys.exit" if "SystemExit" in ast.unparse(node.exc) else ""
    if name in _HARD or (name in _EXITS and depth <= 1):
        yield Found(line=getattr(node, "lineno", 0), text=ast.unparse(node))
    for child in ast.iter_child_nodes(node):
        yield from _exits_of(child, depth)


def _detections(text: str) -> Iterator[Found]:
    if _DETECTS.search(text):
        for number, line in enumerate(text.split("\n"), start=1):
            if _DETECTS.search(line):
                yield Found(line=number, text=line.strip())
