"""The review of one change, and the live diff of an attempt that is at work."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import Where, bindings
from tui.screens.reviewing.deciding import Deciding


class ReviewScreen(Deciding):
    """`ReviewScreen(task)` reviews its change; with `Look.LIVE`, it shows the worktree as it is."""

    WHERE = Where.REVIEW
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.REVIEW)]
    HINTS = (
        "read_on", "seen", "comment", "feedback", "accept", "evidence", "keys", "reject", "panel"
    )  # fmt: skip
    CSS_PATH = "review.tcss"
