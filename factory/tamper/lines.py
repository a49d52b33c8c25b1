"""Single lines that make a check look away, and conflict markers that nobody resolved."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

from factory.model import Mark, Struct
from factory.review.kinds import FileKind, kind_of
from factory.tamper.base import Edited, Found, MarkKind, added, mark

_FAMILIES = (
    ("file noqa", r"#\s*(?:flake8|ruff)\s*:\s*noqa(?P<c0>(?:\s*:\s*[\w, ]+)?)"),
    ("noqa", r"#\s*noqa\b(?:\s*:\s*(?P<c1>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?"),
    ("type: ignore", r"#\s*type:\s*ignore(?:\[(?P<c2>[\w, -]*)\])?"),
    ("type checker", r"#\s*(?:pyright|basedpyright|mypy|pyre|ty)\s*:\s*(?P<c3>[\w=,\[\] -]+)"),
    ("coverage", r"#\s*pragma\s*:\s*no\s*(?P<c4>\w+)"),
    ("nosec", r"#\s*(?:nosec|nosemgrep)\b(?:\s*:?\s*(?P<c5>[A-Z]\d+(?:[,\s]+[A-Z]\d+)*))?"),
    ("pylint", r"#\s*pylint\s*:\s*(?:disable|skip)[\w-]*(?:\s*=\s*(?P<c6>[\w, -]+))?"),
    ("eslint", r"(?://|/\*)\s*(?:es|ts|ox|style)lint-disable[\w-]*(?P<c7>[^\n*]*)"),
    ("TypeScript", r"(?://|/\*)\s*@ts-(?P<c8>ignore|nocheck|expect-error)"),
    ("coverage", r"(?://|/\*)\s*(?:istanbul|c8|v8|node:coverage)\s+(?P<c9>ignore|disable)"),
    ("biome", r"(?://|/\*)\s*(?:biome|deno-lint)-ignore[\w-]*(?P<c10>[^\n:*]*)"),
    ("nolint", r"(?i://\s*nolint)\b(?:\s*:\s*(?P<c11>[\w, -]+))?|//\s*#nosec\b"),
    ("allow", r"^[ \t]*#!?\[(?:allow|expect)\((?P<c12>[^)\n]*)"),
    ("warnings", r"^[ \t]*@(?:file:)?Suppress(?:Warnings)?\((?P<c13>[^)\n]*)"),
    (
        "warnings",
        r"^[ \t]*#pragma\s+(?:warning\s+disable|\w+\s+diagnostic\s+ignored)(?P<c14>[^\n]*)",
    ),
    ("rubocop", r"#\s*rubocop\s*:\s*(?:disable|todo)(?P<c15>[^\n]*)"),
    ("shellcheck", r"#\s*shellcheck\s+disable=(?P<c16>[\w, -]+)"),
)
_DIRECTIVES = tuple((family, re.compile(pattern)) for family, pattern in _FAMILIES)
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern in _FAMILIES), re.MULTILINE)
_LOOKED_AT = 100
"""Most suppressions of one file that a new one is held against."""
_SPLIT = re.compile(r"[,\s]+")
_UNRESOLVED = re.compile(r"^(?:<{7}|>{7})(?: [^\n]*)?$", re.MULTILINE)


class _Suppression(Struct):
    family: str
    codes: frozenset[str]
    """What it names; empty silences everything."""
    line: int
    text: str

    def covers(self, other: _Suppression) -> bool:
        """Whether it silenced all that the other silences."""
        if self.family != other.family:
            return False
        return not self.codes or (bool(other.codes) and self.codes >= other.codes)


def marks(files: Sequence[Edited]) -> Iterator[Mark]:
    """The marks of all files together: a line that moved to another file is not added."""
    gone: Counter[Hashable] = Counter()
    fresh: list[tuple[Edited, _Suppression]] = []
    for file in files:
        old = list(_suppressions(file.path, file.before))
        new = list(_suppressions(file.path, file.after))
        for key in (_line_of, _kind_of):
            old, new = _unmatched(old, new, key)
        for one in new:
            wider = next((known for known in old[:_LOOKED_AT] if known.covers(one)), None)
            if wider is None:
                fresh.append((file, one))
            else:
                old.remove(wider)
        gone.update(_line_of(one) for one in old)
    for file, one in fresh:
        if gone[_line_of(one)]:
            gone[_line_of(one)] -= 1
        else:
            yield mark(MarkKind.SUPPRESSION, file.path, one.line, one.text)
    for file in files:
        for found in added(_unresolved(file.before), _unresolved(file.after)):
            yield mark(MarkKind.CONFLICT, file.path, found.line, found.text)


def _unmatched(
    old: Sequence[_Suppression],
    new: Sequence[_Suppression],
    key: Callable[[_Suppression], Hashable],
) -> tuple[list[_Suppression], list[_Suppression]]:
    """What is left of both once each old one has met a new one with the same key."""
    had, has = Counter(map(key, old)), Counter(map(key, new))
    return _beyond(old, has, key), _beyond(new, had, key)


def _beyond(
    found: Sequence[_Suppression],
    other: Counter[Hashable],
    key: Callable[[_Suppression], Hashable],
) -> list[_Suppression]:
    left = Counter(other)
    rest: list[_Suppression] = []
    for one in found:
        if left[key(one)]:
            left[key(one)] -= 1
        else:
            rest.append(one)
    return rest


def _line_of(one: _Suppression) -> Hashable:
    return one.family, one.codes, one.text


def _kind_of(one: _Suppression) -> Hashable:
    return one.family, one.codes


def _suppressions(path: str, text: str) -> Iterator[_Suppression]:
    if kind_of(path) is FileKind.DOCS or not _ANY.search(text):
        return
    lines = text.split("\n")
    for number, comment in _comments(path, text, lines):
        for family, directive in _DIRECTIVES:
            found = directive.search(comment)
            if found:
                named = next((value for value in found.groups() if value), "")
                codes = frozenset(code for code in _SPLIT.split(named.strip(" :=")) if code)
                whole = lines[number - 1].strip()
                yield _Suppression(family=family, codes=codes, line=number, text=whole)


def _comments(path: str, text: str, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What can hold a directive: the comments of Python, the lines of anything else."""
    if not path.endswith((".py", ".pyi")):
        yield from enumerate(lines, start=1)
        return
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        yield from enumerate(lines, start=1)
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _unresolved(text: str) -> Iterator[Found]:
    if _UNRESOLVED.search(text):
        for number, line in enumerate(text.split("\n"), start=1):
            if _UNRESOLVED.match(line):
                yield Found(line=number, text=line)
