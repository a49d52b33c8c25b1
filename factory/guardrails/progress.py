"""How far pytest is, read from what it has printed so far. Pure.

Read are `collected 17 items`, xdist's `2 workers [17 items]`, the marks `[ 5/17]` and `[ 29%]` at
the ends of lines, or at xdist's beginnings, and after the last mark the letters of a growing line.
"""

from __future__ import annotations

import re

_COLLECTED = re.compile(
    r"^(?:collecting \.\.\. +)?collected (\d+) items?(?:[^\n]{0,200}? / (\d+) selected)?"
    r"|^\d+ workers? \[(\d+) items?\]",
    re.MULTILINE,
)
_MARK = re.compile(
    r"(?:(?<=\s)|^)\[ *(?:(\d+)/(\d+)|(\d+)%)\](?= *$| [A-Z]+ )",
    re.MULTILINE,
)
_LETTERS = re.compile(r"^(?:\S[^\n]{0,300} )?([.FEsxX]+) *$", re.MULTILINE)
_VERBOSE = re.compile(r"::[^\n]{0,300} (?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b")
_SECTION = re.compile(r"^=+ (?:FAILURES|ERRORS|short test summary info|warnings summary) =+$", re.M)
_HEAD = 256 * 1024
_TAIL = 16 * 1024


def progress(output: str) -> tuple[int, int] | None:
    """`(done, total)` of tests; None before the first sign of a total."""
    section = _SECTION.search(output)
    total = collected(output)
    if section is not None and total:
        return total, total
    marks = list(_MARK.finditer(output[-_TAIL:]))
    if not marks:
        return (min(_ended(output[-_TAIL:]), total), total) if total else None
    last = marks[-1]
    after = _ended(output[-_TAIL:][last.end() :])
    if last[2]:
        total = int(last[2])
        return min(int(last[1]) + after, total), total
    if not total:
        return None
    done = -(-int(last[3]) * total // 100)
    return min(done + after, total), total


def collected(output: str) -> int | None:
    """How many tests pytest said it would run; None where it did not say."""
    said = [int(found[2] or found[1] or found[3]) for found in _COLLECTED.finditer(output[:_HEAD])]
    if said:
        return max(said)
    marks = [int(found[2]) for found in _MARK.finditer(output[:_HEAD]) if found[2]]
    return max(marks, default=None)


def _ended(text: str) -> int:
    return sum(len(found[1]) for found in _LETTERS.finditer(text)) + len(_VERBOSE.findall(text))
