"""Syntax trees of foreign Python."""

from __future__ import annotations

import ast
import gc
import time
from concurrent.futures import ThreadPoolExecutor

from factory.syntax import parse

DEEP = "x = " + "-" * 60 + "1\n"
LINES = 50
LARGE = DEEP * LINES


def elsewhere(*_: object) -> None:
    """While it collects garbage, a thread lets the others run: in the middle of making a tree."""
    time.sleep(0)


def test_many_trees_at_once_are_all_made() -> None:
    gc.callbacks.append(elsewhere)
    try:
        with ThreadPoolExecutor(8) as threads:
            trees = list(threads.map(parse, [LARGE] * 64))
    finally:
        gc.callbacks.remove(elsewhere)
    assert all(isinstance(tree, ast.Module) and len(tree.body) == LINES for tree in trees)


def test_no_text_raises() -> None:
    for text in ("def", "\0", "(" * 5000, "x = " + "-" * 5000 + "1", "é" * 1_000_001, "\ud800"):
        assert parse(text) is None, text[:20]
