"""How long the developer reads a change: the time between keys, while it is in front. Pure."""

from __future__ import annotations

from factory.model import Struct

AWAY = 120.0
"""Seconds without a key after which nobody is taken to read any more."""
_GLANCE = 5.0
"""Seconds that are no review yet."""


class Reading(Struct):
    """A change that was left, and for how many seconds it was being read."""

    task: str
    seconds: float


class Attention:
    """Adds up the seconds of one change at a time."""

    def __init__(self) -> None:
        self._task = ""
        self._seconds = 0.0
        self._at = 0.0

    def look(self, task: str, now: float) -> Reading | None:
        """A key was pressed with this change in front, or none (""); what was left by that.

        A pause longer than `AWAY` counts as that long.
        """
        self._seconds += min(max(0.0, now - self._at), AWAY) if self._task else 0.0
        self._at = now
        if task == self._task:
            return None
        left = Reading(task=self._task, seconds=self._seconds)
        self._task, self._seconds = task, 0.0
        return left if left.task and left.seconds >= _GLANCE else None
