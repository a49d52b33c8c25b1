"""Rows of one diff, fetched a page at a time as they come into view."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias

from factory.model import FactoryError
from factory.wire import Row

Fetch: TypeAlias = Callable[[int, int], Awaitable[Sequence[Row]]]
"""Asks for `count` rows from row `first` on."""

PAGE = 256
"""Rows of one page: some four screens."""

KEPT = 48
"""Pages kept; the one that was read longest ago goes first."""


class Pages:
    """The rows of a diff by number, as far as they have been fetched."""

    def __init__(self, fetch: Fetch, total: int) -> None:
        self._fetch = fetch
        self._total = total
        self._pages: OrderedDict[int, tuple[Row, ...]] = OrderedDict()
        self._asked: set[int] = set()
        self.version = 0
        """Counts the pages that came."""

    def row(self, number: int) -> Row | None:
        """Row `number`, or None where it has not come yet."""
        page, at = divmod(number, PAGE)
        rows = self._pages.get(page)
        return rows[at] if rows is not None and at < len(rows) else None

    def missing(self, rows: Iterable[int]) -> tuple[int, ...]:
        """The pages of these rows that are neither here nor asked for."""
        wanted = dict.fromkeys(row // PAGE for row in rows if 0 <= row < self._total)
        for page in wanted:
            if page in self._pages:
                self._pages.move_to_end(page)
        return tuple(p for p in wanted if p not in self._pages and p not in self._asked)

    async def load(self, page: int) -> range:
        """Fetch one page and say which rows came; a row the engine did not send stays None.

        Raises FactoryError where the engine does not answer; the page can be asked for again.
        """
        self._asked.add(page)
        first = page * PAGE
        try:
            rows = await self._fetch(first, min(PAGE, self._total - first))
        finally:
            self._asked.discard(page)
        self.keep(page, rows)
        return range(first, first + len(rows))

    def keep(self, page: int, rows: Sequence[Row]) -> None:
        """Take the rows of a page that was read otherwise."""
        self._pages[page] = tuple(rows)
        self.version += 1
        while len(self._pages) > KEPT:
            self._pages.popitem(last=False)

    async def at(self, number: int) -> Row:
        """Row `number`, fetched if need be.

        Raises FactoryError where the engine does not answer or has no such row.
        """
        if self.row(number) is None:
            await self.load(number // PAGE)
        row = self.row(number)
        if row is None:
            raise FactoryError(f"the diff has no row {number} any more; leave it and open it again")
        return row
