"""Tamper marks: what in a change makes its checks say less than they did. Pure: bytes in.

Marks are no verdict. They put a change before a person, in the lane that needs eyes. What they
cannot see the tip's own tests must, and what else the gate asks of a green candidate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from factory.model import Mark
from factory.syntax import parse
from factory.tamper import answers, cases, code, hooks, lines, places, requirements, settings
from factory.tamper.base import Edited, MarkKind, mark
from factory.tamper.cases import Compared, Suite
from factory.tamper.languages import python_by_form, suite_of
from factory.tamper.python import is_collected, suite

__all__ = ["Edited", "MarkKind", "dependencies_changed", "marks", "reads_tests"]

_LISTED = 30
_DEPENDENCIES = (MarkKind.NEW_DEPENDENCY, MarkKind.CHANGED_DEPENDENCY)


def marks(
    files: Sequence[Edited], *, protected: Sequence[str] = (), tests: Sequence[str] = ()
) -> tuple[Mark, ...]:
    """The marks of a change, by path and line; only what was not there before.

    `files` are all files of the change, since a test or a line that moved from one to another is
    not a mark. `protected` are the globs of factory.toml: a file they name that is no test counts
    as guardrail configuration. `tests` are the texts of the tests, where `reads_tests` asks for
    them.
    """
    found = [*cases.marks(list(_compared(files))), *lines.marks(files)]
    found += answers.marks(files, tests)
    for file in files:
        found += hooks.marks(file)
        found += places.marks(file)
        found += code.marks(file)
        found += settings.marks(file, protected)
        found += requirements.marks(file)
    return tuple(_listed(sorted(found, key=lambda one: (one.path, one.line))))


def reads_tests(files: Sequence[Edited]) -> bool:
    """Whether `marks` needs the texts of the tests: the change may hold answers of theirs."""
    return answers.wanted(files)


def dependencies_changed(found: Sequence[Mark]) -> bool:
    """Whether the environment that was built for the tip may not fit the change."""
    return any(one.kind in _DEPENDENCIES for one in found)


def _listed(found: Sequence[Mark]) -> Iterator[Mark]:
    """The marks, but of one kind in one file only so many; the rest are counted."""
    count: Counter[tuple[str, str]] = Counter()
    for one in found:
        count[one.path, one.kind] += 1
        if count[one.path, one.kind] <= _LISTED:
            yield one
    for (path, kind), number in count.items():
        if number > _LISTED:
            yield mark(MarkKind(kind), path, 0, f"and {number - _LISTED} more")


def _compared(files: Sequence[Edited]) -> Iterator[Compared]:
    for file in files:
        old, new = _suite(file.path, file.before), _suite(file.path, file.after)
        if old is not None and new is not None:
            yield Compared(file=file, old=old, new=new)


def _suite(path: str, text: str) -> Suite | None:
    if not is_collected(path):
        return suite_of(path, text)
    tree = parse(text)
    return python_by_form(text) if tree is None else suite(tree)
