"""Tests before and after a change, whatever their language: gone, skipped, emptied, weakened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from factory.model import Mark, Struct
from factory.tamper.base import Edited, Found, MarkKind, added, mark

_SAME_NAME = 0.5
_RENAMED = 0.6
_COMPARED = 2_000
"""Characters of a test that are compared with another's."""
_COMPARISONS = 400
"""Most comparisons in one change: an agent's files must not take minutes."""


class Case(Struct):
    """One test."""

    name: str
    """Qualified within its file: `TestX::test_a`."""
    line: int
    source: str
    """Its body in a form that spacing and comments do not change."""
    asserts: int
    strong: int = 0
    """Those of them that compare with something, where the language is understood that far."""
    empty: bool = False
    skips: tuple[Found, ...] = ()

    @property
    def short(self) -> str:
        """The name without its class."""
        return self.name.rsplit("::", 1)[-1]


class Suite(Struct):
    """The tests of one file, and what skips them from outside."""

    cases: tuple[Case, ...] = ()
    skips: tuple[Found, ...] = ()


class Compared(Struct):
    """A file and its tests before and after."""

    file: Edited
    old: Suite
    new: Suite


class _Pair(Struct):
    path: str
    old: Case
    new: Case


def marks(files: Sequence[Compared]) -> Iterator[Mark]:
    """The marks of all files together: a test that moved to another file is not gone."""
    arrivals = _Arrivals(files)
    pairs: list[_Pair] = []
    for one in files:
        known = {case.name: case for case in one.new.cases}
        lost: list[Case] = []
        for case in one.old.cases:
            if case.name in known:
                pairs.append(_Pair(path=one.file.path, old=case, new=known[case.name]))
            elif (came := arrivals.take(case, one.file.path)) is not None:
                pairs.append(came)
            else:
                lost.append(case)
        yield from _lost(one, lost)
        for skip in added(one.old.skips, one.new.skips):
            yield mark(MarkKind.SKIPPED, one.file.path, skip.line, skip.text)
    for pair in pairs:
        yield from _changed(pair)
    for path, case in arrivals.left():
        yield from _new(path, case)


class _Arrivals:
    """The tests that stand where none of their name stood, until an old one is found in them."""

    def __init__(self, files: Sequence[Compared]) -> None:
        self._left: dict[tuple[str, str], Case] = {}
        self._by_source: dict[str, list[tuple[str, str]]] = {}
        self._compared = 0
        for one in files:
            known = {case.name for case in one.old.cases}
            for case in one.new.cases:
                if case.name not in known:
                    key = (one.file.path, case.name)
                    self._left[key] = case
                    self._by_source.setdefault(case.source, []).append(key)

    def left(self) -> Iterator[tuple[str, Case]]:
        """Those in which no old one was found, with their paths."""
        return ((path, case) for (path, _), case in self._left.items())

    def take(self, case: Case, home: str) -> _Pair | None:
        """What an old test of the file `home` has become, under another name or elsewhere."""
        same = self._by_source.get(case.source, [])
        while same and not case.empty:
            key = same.pop()
            if key in self._left:
                return self._pair(case, key)
        for key, new in self._left.items():
            limit = _SAME_NAME if new.short == case.short else _RENAMED
            if (key[0] == home or limit == _SAME_NAME) and self._alike(case, new, limit):
                return self._pair(case, key)
            if self._compared > _COMPARISONS:
                break
        return None

    def _pair(self, case: Case, key: tuple[str, str]) -> _Pair:
        return _Pair(path=key[0], old=case, new=self._left.pop(key))

    def _alike(self, old: Case, new: Case, limit: float) -> bool:
        self._compared += 1
        return self._compared <= _COMPARISONS and _alike(old.source, new.source, limit)


def _alike(old: str, new: str, limit: float) -> bool:
    matcher = SequenceMatcher(None, old[:_COMPARED], new[:_COMPARED], autojunk=False)
    return (
        matcher.real_quick_ratio() >= limit
        and matcher.quick_ratio() >= limit
        and matcher.ratio() >= limit
    )


def _lost(one: Compared, lost: Sequence[Case]) -> Iterator[Mark]:
    path = one.file.path
    if lost and one.file.new is None:
        all_of_them = len(lost) == len(one.old.cases)
        count = f"{len(lost)}" if all_of_them else f"{len(lost)} of {len(one.old.cases)}"
        yield mark(MarkKind.DELETED, path, 0, f"{count} tests: {', '.join(c.name for c in lost)}")
        return
    for case in lost:
        yield mark(MarkKind.REMOVED, path, 0, case.name)


def _changed(pair: _Pair) -> Iterator[Mark]:
    old, new = pair.old, pair.new
    for skip in added(old.skips, new.skips):
        yield mark(MarkKind.SKIPPED, pair.path, skip.line, skip.text)
    if new.empty and not old.empty:
        yield mark(MarkKind.EMPTIED, pair.path, new.line, new.name)
    elif new.asserts < old.asserts:
        text = f"{new.name}: {old.asserts} assertions → {new.asserts}"
        yield mark(MarkKind.WEAKENED, pair.path, new.line, text)
    elif new.strong < old.strong:
        text = f"{new.name}: {old.strong} comparisons → {new.strong}"
        yield mark(MarkKind.WEAKENED, pair.path, new.line, text)


def _new(path: str, case: Case) -> Iterator[Mark]:
    for skip in case.skips:
        yield mark(MarkKind.SKIPPED, path, skip.line, skip.text)
    if case.empty:
        yield mark(MarkKind.EMPTIED, path, case.line, f"{case.name}: new, and checks nothing")
