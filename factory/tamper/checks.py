"""How much a Python test checks: its assertions, and those of them that compare.

Counted is what can fail: not `assert True`, not what stands after a `return`, under `if False` or
in a `try` that swallows its failure. Loops over, and parameters of, a literal count once for each
of its items, and a helper of the same file counts for what it checks, so that tidying a test up
does not read as weakening it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from factory.model import Struct

_CHECKING = re.compile(r"_*(?:assert|check|expect|verify|ensure|must)(?:_|[A-Z]|$)|assert\w*$")
_CONTEXTS = frozenset(("raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns"))
_WEAK_METHODS = frozenset(("assertIsNotNone", "assertIsInstance", "assertIsNot"))
_TRUTH = frozenset(("assertTrue", "assertFalse", "assert_"))
_SWALLOWING = frozenset(("AssertionError", "Exception", "BaseException"))

_Defined = ast.FunctionDef | ast.AsyncFunctionDef


class Weight(Struct):
    """Assertions, and the strong ones among them."""

    all: int = 0
    strong: int = 0

    def __add__(self, other: Weight) -> Weight:
        return Weight(all=self.all + other.all, strong=self.strong + other.strong)

    def __mul__(self, times: int) -> Weight:
        return Weight(all=self.all * times, strong=self.strong * times)


_NONE = Weight()


class Checks:
    """What the functions of one module check."""

    def __init__(self, tree: ast.Module) -> None:
        self._literals = dict(_literals(tree))
        self._helpers: dict[str, Weight] = {}
        found = {
            node.name: self._body(node.body)
            for node in ast.walk(tree)
            if isinstance(node, _Defined) and not node.name.startswith("test")
        }
        self._helpers = found

    def of(self, node: _Defined) -> Weight:
        """What a test checks in all of its parametrised runs together."""
        times = 1
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and _name(decorator.func) == "parametrize":
                named = [word.value for word in decorator.keywords if word.arg == "argvalues"]
                for values in [*decorator.args[1:2], *named]:
                    times *= self._length(values)
        return self._body(node.body) * times

    def is_empty(self, body: Sequence[ast.stmt]) -> bool:
        """Whether a body does nothing but pass, or asserts and checks nothing by it."""
        if all(_does_nothing(node) for node in _reached(body)):
            return True
        asserts = [one for node in body for one in ast.walk(node) if isinstance(one, ast.Assert)]
        return any(is_always(one.test) for one in asserts) and not self._body(body).all

    def _body(self, body: Iterable[ast.AST]) -> Weight:
        total = _NONE
        for node in _reached([one for one in body if isinstance(one, ast.stmt)]):
            total += self._weight(node)
        return total

    def _weight(self, node: ast.AST) -> Weight:
        match node:
            case ast.Assert(test=test):
                return _NONE if is_always(test) else Weight(all=1, strong=int(_is_strong(test)))
            case ast.If(test=test):
                then = _NONE if is_never(test) else self._body(node.body)
                return then + self._body(node.orelse) + self._inside(test)
            case ast.For() | ast.AsyncFor():
                return self._body(node.body) * self._length(node.iter) + self._inside(node.iter)
            case ast.Try():
                rest = [*node.orelse, *node.finalbody]
                kept = rest if _swallows(node.handlers) else [*node.body, *rest]
                return self._body(kept)
            case ast.With() | ast.AsyncWith():
                return self._with(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.While():
                return self._body(node.body)
            case _:
                return self._inside(node)

    def _with(self, node: ast.With | ast.AsyncWith) -> Weight:
        calls = [one.context_expr for one in node.items if isinstance(one.context_expr, ast.Call)]
        names = {_name(call.func) for call in calls}
        if "suppress" in names:
            return _NONE
        held = len(names & _CONTEXTS)
        rest = [call for call in calls if _name(call.func) not in _CONTEXTS]
        total = self._body(node.body) + Weight(all=held, strong=held)
        for call in rest:
            total += self._inside(call)
        return total

    def _inside(self, node: ast.AST) -> Weight:
        """The checking calls within an expression or a plain statement."""
        total = _NONE
        for one in ast.walk(node):
            if isinstance(one, ast.Call):
                total += self._call(one)
        return total

    def _call(self, call: ast.Call) -> Weight:
        name = _name(call.func)
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in self._helpers and (owner is None or _name(owner) in ("self", "cls")):
            return self._helpers[name]
        if name in _TRUTH:
            if call.args and is_always(call.args[0]):
                return _NONE
            return Weight(all=1, strong=int(bool(call.args) and _is_strong(call.args[0])))
        if name == "fail" or name in _CONTEXTS or _CHECKING.match(name):
            same = len(call.args) >= 2 and ast.dump(call.args[0]) == ast.dump(call.args[1])
            return _NONE if same else Weight(all=1, strong=int(name not in _WEAK_METHODS))
        return _NONE

    def _length(self, node: ast.expr) -> int:
        """How many items a literal has, or a name that is bound to one; 1 where it is unknown."""
        if isinstance(node, ast.Name):
            return self._literals.get(node.id, 1)
        return _items(node)


def is_never(test: ast.expr) -> bool:
    """Whether a condition is false whatever happens."""
    return isinstance(test, ast.Constant) and not test.value


def is_always(test: ast.expr) -> bool:
    """Whether a condition is true whatever happens: a constant, a tuple, a thing and itself."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return bool(items)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return is_never(operand)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(is_always(value) for value in values)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(is_always(value) for value in values)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            return ast.dump(left) == ast.dump(right)
        case _:
            return False


def _is_strong(test: ast.expr) -> bool:
    """Whether a condition compares with something, rather than asking for any value at all."""
    match test:
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(_is_strong(value) for value in values)
        case ast.BoolOp(values=values):
            return any(_is_strong(value) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_strong(operand)
        case ast.Compare(ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant()]):
            return False
        case ast.Compare(comparators=[ast.Constant(value=bool())]):
            return False
        case ast.Compare():
            return True
        case _:
            return False


def _reached(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    reached: list[ast.stmt] = []
    for node in body:
        reached.append(node)
        if isinstance(node, ast.Return):
            break
    return reached


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=None | ast.Constant()):
            return True
        case ast.Assert(test=test):
            return is_always(test)
        case ast.If(test=test, orelse=[]):
            return is_never(test)
        case _:
            return False


def _swallows(handlers: Sequence[ast.ExceptHandler]) -> bool:
    for handler in handlers:
        names = {_name(node) for node in ast.walk(handler.type)} if handler.type else _SWALLOWING
        if names & _SWALLOWING and not any(isinstance(n, ast.Raise) for n in ast.walk(handler)):
            return True
    return False


def _literals(tree: ast.Module) -> Iterable[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and _items(node.value) > 1:
                    yield target.id, _items(node.value)


def _items(node: ast.expr) -> int:
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return max(1, len(items))
        case ast.Dict(keys=keys):
            return max(1, len(keys))
        case ast.Call(func=ast.Attribute(value=ast.Dict(keys=keys))):  # {…}.items()
            return max(1, len(keys))
        case _:
            return 1


def _name(node: ast.AST) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
