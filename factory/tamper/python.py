"""The tests of a Python file, read from its syntax tree; nothing of it is run or imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from factory.tamper.base import Found
from factory.tamper.cases import Case, Suite
from factory.tamper.checks import Checks, is_never

_COLLECTED = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test|tests?)\.py")
_MARKS = frozenset(("skip", "skipif", "xfail", "flaky"))
_DECORATORS = _MARKS | {"skipIf", "skipUnless", "expectedFailure"}
_CALLS = frozenset(("skip", "xfail", "skipTest", "importorskip", "SkipTest"))
_FRAMEWORKS = frozenset(("pytest", "unittest"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_collected(path: str) -> bool:
    """Whether pytest or unittest look for tests in a file of this name, by their defaults."""
    return _COLLECTED.fullmatch(path) is not None


def suite(tree: ast.Module) -> Suite:
    """The tests that are collected from a module, and the skips that stand outside of them."""
    cases: dict[str, Case] = {}
    skips: list[Found] = []
    read = _Reader(tree)
    for node in members(tree.body):
        if isinstance(node, Function):
            if _is_test(node):
                cases[node.name] = read.case(node.name, node)
        elif isinstance(node, ast.ClassDef):
            skips += _decorated(node)
            skips += _marked(node.body)
            if _is_collected(node):
                for method in members(node.body):
                    if isinstance(method, Function) and _is_test(method):
                        name = f"{node.name}::{method.name}"
                        cases[name] = read.case(name, method)
        else:
            for gone in _unbound(node):
                cases.pop(gone, None)
            skips += read.called(node)
    skips += _marked(tree.body)
    return Suite(cases=tuple(cases.values()), skips=tuple(skips))


def members(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body that are reached, those inside of `if`, `try` and `with` too."""
    for node in body:
        match node:
            case ast.If():
                if not is_never(node.test):
                    yield from members(node.body)
                yield from members(node.orelse)
            case ast.Try():
                yield from members([*node.body, *node.orelse, *node.finalbody])
            case ast.With():
                yield from members(node.body)
            case _:
                yield node


def _is_collected(node: ast.ClassDef) -> bool:
    bases = [ast.unparse(base) for base in node.bases]
    return node.name.startswith("Test") or any(base != "object" for base in bases)


def _unbound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement takes away from what was defined under them."""
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name
        case _:
            pass


def _is_test(node: Function) -> bool:
    """Whether a function is collected; a fixture may be called `test_client`."""
    names = {_last(one) for decorator in node.decorator_list for one in ast.walk(decorator)}
    return node.name.startswith("test") and "fixture" not in names


class _Reader:
    """Reads the tests of one module, with what the module imports and what its helpers check."""

    def __init__(self, tree: ast.Module) -> None:
        self._checks = Checks(tree)
        self._owners = {"self", "cls", *_borrowed(tree)}

    def case(self, name: str, node: Function) -> Case:
        weight = self._checks.of(node)
        body = [one for one in node.body if not _is_text(one)]
        skips = [*_decorated(node), *(skip for one in node.body for skip in self.called(one))]
        return Case(
            name=name,
            line=node.lineno,
            source="\n".join(ast.unparse(one) for one in body),
            asserts=weight.all,
            strong=weight.strong,
            empty=self._checks.is_empty(node.body),
            skips=tuple(skips),
        )

    def called(self, node: ast.stmt) -> Iterator[Found]:
        """Calls that skip from inside: `pytest.skip()`, `self.skipTest()`, `raise SkipTest`."""
        for one in ast.walk(node):
            target = one.func if isinstance(one, ast.Call) else None
            if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Name | ast.Attribute):
                target = one.exc
            if target is None or _last(target) not in _CALLS:
                continue
            owner = target.value if isinstance(target, ast.Attribute) else target
            if _last(owner) in self._owners:
                yield Found(line=target.lineno, text=ast.unparse(one))


def _borrowed(tree: ast.Module) -> Iterator[str]:
    """The names that a module has from the test frameworks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _FRAMEWORKS:
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.asname or a.name for a in node.names if a.name in _FRAMEWORKS)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _decorated(node: Function | ast.ClassDef) -> Iterator[Found]:
    """Decorators that skip or forgive; parameters that are marked so count too."""
    for decorator in node.decorator_list:
        names = {_last(one) for one in ast.walk(decorator)}
        if names & _DECORATORS:
            yield Found(line=decorator.lineno, text="@" + ast.unparse(decorator))


def _marked(body: Sequence[ast.stmt]) -> Iterator[Found]:
    """`pytestmark = pytest.mark.skip`, for a module or a class."""
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(_last(target) == "pytestmark" for target in targets):
                names = {_last(one) for one in ast.walk(node.value)}
                if names & _MARKS:
                    yield Found(line=node.lineno, text=ast.unparse(node))


def _last(node: ast.AST) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
