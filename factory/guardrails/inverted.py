"""Tests that must fail: a file of Python tests, each made to fail before it does anything. Pure.

A run that calls such a test anything but failed says nothing about tests, whatever made it so.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence

from factory.model import Struct

RAISE = "raise AssertionError('this test was made to fail')"
_LARGEST = 1_000_000
"""Characters of a file that is still parsed."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Inverted(Struct):
    """A test file in which every test fails."""

    text: str
    names: frozenset[str]
    """The tests that fail, qualified within the file: `TestX::test_a`."""


def inverted(text: str) -> Inverted | None:
    """The file with a `raise` at the beginning of each test; None where it cannot be made so."""
    if len(text) > _LARGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tests = dict(_tests(ast.parse(text).body, ""))
            lines = text.split("\n")
            for node in sorted(tests.values(), key=lambda one: -one.lineno):
                _insert(lines, node)
            changed = "\n".join(lines)
            ast.parse(changed)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Inverted(text=changed, names=frozenset(tests)) if tests else None


def _tests(body: Sequence[ast.stmt], above: str) -> Iterator[tuple[str, _Function]]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if name.startswith("test"):
                    yield f"{above}{name}", node
            case ast.ClassDef(name=name, body=inner):
                yield from _tests(inner, f"{above}{name}::")
            case ast.If(body=inner, orelse=other):
                yield from _tests([*inner, *other], above)
            case ast.With(body=inner):
                yield from _tests(inner, above)
            case _:
                pass


def _insert(lines: list[str], node: _Function) -> None:
    first = node.body[0]
    decorators = getattr(first, "decorator_list", [])
    at = min([first.lineno, *(one.lineno for one in decorators)]) - 1
    line = lines[at].encode()
    before = line[: first.col_offset]
    if before.strip():  # `def test_a(): …`, all on one line
        rest = line[first.col_offset :]
        lines[at] = (before + f"{RAISE}; ".encode() + rest).decode()
    else:
        lines.insert(at, before.decode() + RAISE)
