"""Python as a syntax tree, whoever wrote it; nothing of it is run or imported."""

from __future__ import annotations

import ast
import threading
import warnings

_LARGEST = 1_000_000
"""Characters of a text that is still parsed."""
_DEEPEST = 150
"""Levels of a syntax tree that is still read: reading it recurses, and files are foreign."""
_ONE_AT_A_TIME = threading.Lock()
"""CPython before 3.11.9 counts the depth of all threads' trees together and raises SystemError
when two are made at once; filters of warnings are shared by all threads in any version."""


def parse(text: str) -> ast.Module | None:
    """The syntax tree; None where the text is no Python of this version, too large or too deep."""
    if len(text) > _LARGEST:
        return None
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the file's own author is warned of
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return tree
    return None
