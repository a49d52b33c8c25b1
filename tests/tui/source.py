"""Rows as an engine gives them, for a diff view without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from factory.model import FactoryError
from factory.wire import Row


@dataclass
class Source:
    """Rows as an engine gives them, and what it was asked for."""

    rows: Sequence[Row]
    asked: list[tuple[int, int]] = field(default_factory=list)
    broken: bool = False

    async def fetch(self, first: int, count: int) -> Sequence[Row]:
        self.asked.append((first, count))
        if self.broken:
            raise FactoryError("the engine does not answer")
        return self.rows[first : first + count]
