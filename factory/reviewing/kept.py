"""Diffs kept parsed: as many as are worth their memory, each read once however many ask for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from factory.review import Review

Key = tuple[str, str, str, int]
"""Task, tree on the left, tree on the right, lines of context."""

_ALWAYS, _AT_MOST = 6, 60
"""So many are kept however large they are: the open one, its neighbours, other amounts of context;
and so many if they are small."""
_BYTES = 16 << 20
"""What small ones may take together, in bytes of their patches."""


class KeptDiffs:
    """The diffs that were asked for last."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, Review] = OrderedDict()
        self._reading: dict[Key, asyncio.Lock] = {}

    async def read(self, key: Key, make: Callable[[], Awaitable[Review]]) -> Review:
        """The diff, made now where it is not kept. What `make` raises goes to whoever asked."""
        if key not in self._found:
            lock = self._reading.setdefault(key, asyncio.Lock())
            try:
                async with lock:
                    if key not in self._found:
                        self._found[key] = await make()
            finally:
                self._reading.pop(key, None)
        self._found.move_to_end(key)
        found = self._found[key]
        self._forget()
        return found

    def _forget(self) -> None:
        while len(self._found) > _ALWAYS and (
            len(self._found) > _AT_MOST or sum(d.size for d in self._found.values()) > _BYTES
        ):
            self._found.popitem(last=False)
