"""The one clock by which the screen repaints what streams: a few panes a tick, in turn.

Textual repaints everything that asks to be; sixteen panes that ask at once cost 34 ms and a key
waits for it. So panes do not ask: they take a number here, and each tick serves the next few.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

RATE = 40
"""Ticks a second."""
SERVED = 4
"""Panes repainted a tick."""


class FrameClock:
    """Gives each waiting painter its turn; idle while none waits."""

    def __init__(self, served: int = SERVED) -> None:
        self._served = served
        self._waiting: OrderedDict[object, Callable[[], object]] = OrderedDict()
        self._wake: Callable[[], None] | None = None

    def start(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever there is work after none: it lets the ticks begin."""
        self._wake = wake

    def ask(self, who: object, paint: Callable[[], object]) -> None:
        """Queue a painter; asking again while it waits changes nothing."""
        if who in self._waiting:
            return
        idle = not self._waiting
        self._waiting[who] = paint
        if idle and self._wake is not None:
            self._wake()

    def forget(self, who: object) -> None:
        """Drop a painter that goes away."""
        self._waiting.pop(who, None)

    def tick(self) -> bool:
        """Serve the next few; returns whether more wait."""
        for _ in range(min(self._served, len(self._waiting))):
            _, paint = self._waiting.popitem(last=False)
            paint()
        return bool(self._waiting)
