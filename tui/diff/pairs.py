"""Which removed line stands beside which added one: row by row within a run of changed lines.

The index does not tell where runs begin and end, so the rows around the one that is asked about
are walked; each run is walked once. A run that touches rows which have not come is paired as far
as it is known, and again when they are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from factory.wire import RowKind
from tui.diff.pages import Pages

LONGEST = 400
"""Rows of a run that is paired. Lines of a longer one stand one after the other: nobody compares
so many, and the bound is what keeps a key from walking 100,000 of them."""

_KEPT = 20_000
"""Rows whose run is remembered."""


class Run(NamedTuple):
    """Lines that were removed, and those that were added in their place."""

    removed: range = range(0)
    added: range = range(0)
    lacks: int = -1
    """A row that has not come and may belong to it; -1 where all are here."""

    def partner(self, row: int) -> int | None:
        """The row that stands beside a row of this run."""
        mine, other = (
            (self.removed, self.added) if row in self.removed else (self.added, self.removed)
        )
        at = row - mine.start
        return other[at] if row in mine and at < len(other) else None


_ALONE = Run()


class Pairs:
    """The runs of one diff, as far as rows of them were asked about."""

    def __init__(self, pages: Pages, total: int) -> None:
        self._pages = pages
        self._total = total
        self._runs: dict[int, Run] = {}
        self._open: dict[int, Run] = {}
        self._version = -1

    def partner(self, row: int) -> int | None:
        """The row on the other side: the added line in place of a removed one, and back."""
        return self._run(row).partner(row)

    def carried(self, row: int) -> range | None:
        """The added rows that stand beside removed ones, where a row is among them."""
        run = self._run(row)
        if row not in run.added:
            return None
        beside = run.added[: len(run.removed)]
        return beside if row in beside else None

    def lacks(self, row: int) -> int | None:
        """A row that must come before it is known what stands beside this one."""
        lacking = self._run(row).lacks
        return lacking if lacking >= 0 else None

    def _run(self, row: int) -> Run:
        run = self._runs.get(row)
        if run is not None:
            return run
        if self._version != self._pages.version:
            self._version = self._pages.version
            self._open.clear()
        run = self._open.get(row)
        return self._walk(row) if run is None else run

    def _walk(self, row: int) -> Run:
        kind = self._kind(row)
        if kind not in _CHANGED:
            if kind:
                self._remember({row: _ALONE})
            return _ALONE
        first, lacks_before = self._end(row, -1)
        last, lacks_after = self._end(row, 1)
        rows = range(first, last + 1)
        run, lacks = _ALONE, None
        if len(rows) <= LONGEST:
            removed = next((at for at in rows if self._kind(at) == RowKind.ADDED), rows.stop)
            run = Run(range(first, removed), range(removed, rows.stop))
            lacks = lacks_before if lacks_before is not None else lacks_after
            if lacks is not None:
                run = run._replace(lacks=lacks)
        runs = dict.fromkeys(rows, run)
        if lacks is None:
            self._remember(runs)
        else:
            self._open.update(runs)
        return run

    def _remember(self, runs: Mapping[int, Run]) -> None:
        if len(self._runs) > _KEPT:
            self._runs.clear()
        self._runs.update(runs)

    def _end(self, row: int, by: int) -> tuple[int, int | None]:
        """The last row of a run in one direction, and the row that is missing there, if any.

        Stops early where the run is too long to be paired.
        """
        turn = RowKind.ADDED if by > 0 else RowKind.REMOVED  # the kind that ends a run's other half
        at = row
        for _ in range(LONGEST):
            kind, following = self._kind(at), self._kind(at + by)
            if following is None:
                return at, at + by
            if following != turn and following != kind:
                break
            at += by
        return at, None

    def _kind(self, row: int) -> str | None:
        """The kind of a row; None where it has not come, no kind beyond the ends."""
        if not 0 <= row < self._total:
            return ""
        found = self._pages.row(row)
        return None if found is None else found.kind


_CHANGED = frozenset({RowKind.REMOVED, RowKind.ADDED})
