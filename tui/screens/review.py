"""The review of one change, and the live diff of an attempt that is at work."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from factory.wire import Look
from tui.keys import Where, bindings
from tui.screens.reviewing.briefed import Briefed
from tui.screens.reviewing.rivalling import Rivalling


class ReviewScreen(Rivalling, Briefed):
    """`ReviewScreen(task)` reviews its change; with `Look.LIVE`, it shows the worktree as it is."""

    WHERE = Where.REVIEW
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.REVIEW)]
    HINTS = (
        "read_on", "seen", "comment", "feedback", "accept", "evidence", "keys", "reject", "panel"
    )  # fmt: skip
    CSS_PATH = "review.tcss"

    @property
    def hints(self) -> tuple[str, ...]:
        """A worktree that is worked in can be read, not decided on."""
        reading = ("next_hunk", "next_file", "wrap", "find", "back", "keys", "panel")
        return reading if self.look is Look.LIVE else self.HINTS
