"""Finds foreign text on its way to the screen that nothing has cleaned. Pure; reads source only.

Foreign is every attribute by the name of a string field of what the engine says (`task.title`,
`row.text`, `error`), and what a function assigns from one. It must stand within a call of one of
`CLEANING` before it is handed to what paints.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import msgspec

from factory import entry, model, wire
from factory.model import comment, errors, evidence, task
from factory.wire import review, views

CLEANING = frozenset({
    "clean", "line", "content", "shorten_path", "shown", "one_line", "comment_line", "mark_line",
    "named_place", "remark_lines", "told",
})  # fmt: skip
"""Functions that clean what they are given, or are tested to give back clean text."""
PAINTING = frozenset({"Content", "styled", "assemble", "Static", "Segment", "notify", "Text"})
COUNTING = frozenset(
    {"len", "plural", "count", "money", "usd", "ago", "took", "clock", "int", "bool"}
)
OURS = frozenset({
    "id", "name", "key", "sign", "value", "title", "kind", "status", "mark", "verdict", "reason",
    "version", "protocol", "keys", "shown", "given", "base", "tree", "tip", "snapshot", "commit",
    "hunk", "run", "task", "tasks", "left_out",
})  # fmt: skip
"""Names that widgets of ours have as well; the terminal trial is what looks at those."""


def fields() -> frozenset[str]:
    """The names of all string fields of what the engine says."""
    found: set[str] = set()
    modules: tuple[ModuleType, ...] = (
        entry,
        model,
        wire,
        comment,
        errors,
        evidence,
        task,
        review,
        views,
    )
    for module in modules:
        for _, struct in inspect.getmembers(module, inspect.isclass):
            if issubclass(struct, msgspec.Struct):
                found |= {
                    field.name
                    for field in msgspec.structs.fields(struct)
                    if field.type is str or field.type == tuple[str, ...]
                }
    return frozenset(found - OURS)


def unclean(source: str, names: frozenset[str]) -> Iterator[str]:
    """`line: what` for each piece of foreign text that is painted as it came."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        tainted = _tainted(function, names)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _called(node) in PAINTING:
                for argument in (*node.args, *(word.value for word in node.keywords)):
                    yield from _foreign(argument, names, tainted)


def _tainted(function: ast.AST, names: frozenset[str]) -> frozenset[str]:
    """Variables that hold foreign text: assigned from it, or caught as an error."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if any(_foreign(value, names, frozenset(found))):
                    found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
    return frozenset(found)


def _foreign(node: ast.AST, names: frozenset[str], tainted: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Call() if _called(node) in CLEANING | COUNTING | PAINTING:
            return
        case ast.Compare():
            return  # a truth
        case (
            ast.GeneratorExp(elt=each, generators=loops) | ast.ListComp(elt=each, generators=loops)
        ):
            held = [
                name.id
                for loop in loops
                if any(_foreign(loop.iter, names, tainted))
                for name in ast.walk(loop.target)
                if isinstance(name, ast.Name)
            ]
            yield from _foreign(each, names, tainted | frozenset(held))
            return
        case ast.IfExp(body=body, orelse=orelse):
            yield from _foreign(body, names, tainted)
            yield from _foreign(orelse, names, tainted)
            return
        case ast.Attribute(attr=attr):
            if attr in names:
                yield f"{node.lineno}: {ast.unparse(node)}"
            return
        case ast.Name(id=name) if name in tainted:
            yield f"{node.lineno}: {name}"
            return
    for child in ast.iter_child_nodes(node):
        yield from _foreign(child, names, tainted)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
