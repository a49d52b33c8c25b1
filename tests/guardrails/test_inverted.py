from __future__ import annotations

import ast

import pytest

from factory.guardrails.inverted import inverted

SUITE = '''\
"""Tests of the shop."""
import pytest


@pytest.fixture
def cart():
    return []


def test_plain(cart):
    """An empty cart."""
    assert cart == []


def test_on_one_line(): assert True; assert 1


@pytest.mark.parametrize("n", [1, 2])
def test_rows(n):
    @decorated
    def inner():
        return n
    assert inner() == n


async def test_later():
    with pytest.raises(ValueError):
        int("x")


class TestCart:
    def test_method(self): ...

    class TestInner:
        def test_deep(self):
            assert True


if True:
    def test_under_a_condition():
        assert True


def helper():
    return "äöü"; assert False


def test_ümlaut(): assert "ü"
'''


def test_each_test_begins_with_its_failure() -> None:
    found = inverted(SUITE)
    assert found is not None
    assert found.names == {
        "test_plain", "test_on_one_line", "test_rows", "test_later", "TestCart::test_method",
        "TestCart::TestInner::test_deep", "test_under_a_condition", "test_ümlaut",
    }  # fmt: skip
    nodes = {
        node.name: node.body[0]
        for node in ast.walk(ast.parse(found.text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    raising = {name for name, first in nodes.items() if isinstance(first, ast.Raise)}
    assert raising == {name.rpartition("::")[2] for name in found.names}
    assert not isinstance(nodes["helper"], ast.Raise)


@pytest.mark.parametrize(
    "text", ["", "x = 1\n", "def (\n", "\0", "(" * 10_000],
    ids=["empty", "no tests", "no Python", "a zero", "deep"],
)  # fmt: skip
def test_what_holds_no_tests_is_left_alone(text: str) -> None:
    assert inverted(text) is None
