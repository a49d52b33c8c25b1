"""Tests that must fail: a file of Python tests, each made to fail before it does anything. Pure.

A run that calls such a test anything but failed says nothing about tests, whatever made it so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from factory.model import Struct
from factory.syntax import parse

RAISE = "raise AssertionError('this test was made to fail')"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Inverted(Struct):
    """A test file in which every test fails."""

    text: str
    names: frozenset[str]
    """The tests that fail, qualified within the file: `TestX::test_a`."""


def inverted(text: str) -> Inverted | None:
    """The file with a `raise` at the beginning of each test; None where it cannot be made so."""
    tree = parse(text)
    if tree is None:
        return None
    tests = dict(_tests(tree.body, ""))
    lines = text.split("\n")
    for node in sorted(tests.values(), key=lambda one: -one.lineno):
        _insert(lines, node)
    changed = "\n".join(lines)
    if not tests or parse(changed) is None:
        return None
    return Inverted(text=changed, names=frozenset(tests))


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
