"""Answers that stand in the tests and, since this change, in the code as well.

A case is what a test gives and what it wants back, both written down in it. Where code says of such
a thing that such an answer follows, in an `if`, a `match` or a table, or a file of data beside it
does, it may know the tests and not the task.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import islice

from factory.model import Mark, Struct
from factory.review.kinds import FileKind, kind_of
from factory.syntax import parse
from factory.tamper.base import Edited, MarkKind, mark
from factory.tamper.data import Pair, Plain, is_data, tables
from factory.tamper.python import is_collected

_COMMON = frozenset(("", 0, 1, 2, -1, 100, 0.0, 1.0))
"""Values that are said so often that nothing follows from them."""
_FEW = 2
"""So many cases of one function or table are no accident."""
_WRITTEN = 20
"""Values of one expression that are looked at: a test may write down a whole table."""


class Said(Struct):
    """Pairs that stand together in one function or table, and the line of the first."""

    line: int
    pairs: frozenset[Pair]


def wanted(files: Sequence[Edited]) -> bool:
    """Whether a change says anything that could be an answer: only then tests need be read."""
    return any(one.pairs for file in files for one in _new(file))


def marks(files: Sequence[Edited], tests: Sequence[str]) -> Iterator[Mark]:
    """The marks of a change; `tests` are the texts of all test files that it is tested by."""
    said = [(file, one) for file in files for one in _new(file)]
    if not said:
        return
    cases: set[Pair] = set()
    for text in tests:
        cases |= _cases(text)
    for file, one in said:
        known = sorted(one.pairs & cases, key=str)
        telling = [pair for pair in known if not (set(pair) <= _COMMON)]
        if len(telling) >= _FEW and len(known) * 2 >= len(one.pairs):
            shown = ", ".join(f"{given!r} → {answer!r}" for given, answer in telling[:3])
            yield mark(MarkKind.ANSWER, file.path, one.line, f"as in the tests: {shown}")


def _new(file: Edited) -> list[Said]:
    """What a file says now and did not say before."""
    if is_data(file.path) and kind_of(file.path) is not FileKind.TEST:
        known = {pair for one in tables(file.path, file.before) for pair in one}
        written = (Said(line=0, pairs=one - known) for one in tables(file.path, file.after))
        return [one for one in written if len(one.pairs) >= _FEW]
    if not file.path.endswith(".py") or is_collected(file.path):
        return []
    if kind_of(file.path) is FileKind.TEST:
        return []
    tree, old = parse(file.after), parse(file.before)
    if tree is None:
        return []
    before = {pair for one in _said(old) for pair in one.pairs} if old else set()
    fresh = (Said(line=one.line, pairs=one.pairs - before) for one in _said(tree))
    return [one for one in fresh if len(one.pairs) >= _FEW]


def _said(tree: ast.Module) -> Iterator[Said]:
    for node in ast.walk(tree):
        pairs: set[Pair] = set()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for one in ast.walk(node):
                    pairs |= _branch(one)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    pairs |= {(g, a) for g in _plain(key) for a in _plain(value)}
            case _:
                pass
        if pairs:
            yield Said(line=getattr(node, "lineno", 0), pairs=frozenset(pairs))


def _branch(node: ast.AST) -> set[Pair]:
    """What a branch compares with, and what it then returns or assigns."""
    match node:
        case ast.If(test=test, body=body):
            given = _compared(test)
            answers = {a for one in body for a in _answered(one)}
        case ast.IfExp(test=test, body=value):
            given, answers = _compared(test), set(_plain(value))
        case ast.match_case(pattern=pattern, body=body):
            values = (one for one in ast.walk(pattern) if isinstance(one, ast.MatchValue))
            given = {g for one in values for g in _plain(one.value)}
            answers = {a for one in body for a in _answered(one)}
        case _:
            return set()
    return {(g, a) for g in given for a in answers}


def _compared(test: ast.expr) -> set[Plain]:
    found: set[Plain] = set()
    for one in ast.walk(test):
        if isinstance(one, ast.Compare) and any(isinstance(op, ast.Eq | ast.In) for op in one.ops):
            for side in (one.left, *one.comparators):
                found |= set(_plain(side))
    return found


def _answered(node: ast.stmt) -> Iterator[Plain]:
    match node:
        case ast.Return(value=ast.expr() as value) | ast.Assign(value=value):
            yield from _plain(value)
        case _:
            pass


def _plain(node: ast.expr | None) -> Iterator[Plain]:
    """The first values that an expression writes down, those inside of tuples and lists too."""
    return islice(_written(node), _WRITTEN)


def _written(node: ast.expr | None) -> Iterator[Plain]:
    match node:
        case ast.Constant(value=bool() | None):
            pass
        case ast.Constant(value=str() | int() | float() | bytes() as value):
            yield value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            yield -value
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            for item in items:
                yield from _written(item)
        case _:
            pass


def _cases(text: str) -> set[Pair]:
    tree = parse(text)
    pairs: set[Pair] = set()
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                for call, answer in ((left, right), (right, left)):
                    pairs |= {(g, a) for g in _given(call) for a in _plain(answer)}
            case ast.Call(func=ast.Attribute(attr="assertEqual"), args=[left, right, *_]):
                for call, answer in ((left, right), (right, left)):
                    pairs |= {(g, a) for g in _given(call) for a in _plain(answer)}
            case ast.Call(func=ast.Attribute(attr="parametrize"), args=[_, rows, *_]):
                pairs |= _rows(rows)
            case _:
                pass
    return pairs


def _given(node: ast.expr) -> Iterator[Plain]:
    """What is written down as the arguments of the calls in an expression."""
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)][:_WRITTEN]
    for one in calls:
        for argument in (*one.args, *(word.value for word in one.keywords)):
            yield from _plain(argument)


def _rows(node: ast.expr) -> set[Pair]:
    """The rows of a parametrised test: each of their values may be given, each may be wanted."""
    rows = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    pairs: set[Pair] = set()
    for row in rows:
        items = row.args if isinstance(row, ast.Call) else [row]
        values = [value for item in items for value in _plain(item)][:_WRITTEN]
        pairs |= {(g, a) for at, g in enumerate(values) for a in values[at + 1 :]}
    return pairs
