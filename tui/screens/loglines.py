"""The keys that move and find in a `LogView`, for every screen that is one."""

from __future__ import annotations

from tui.layout import Step
from tui.matching import hit
from tui.screens.hits import Hits
from tui.widgets.logview import LogView

_ASIDE = 8
"""Cells that a key scrolls to the side."""


class LogLines(Hits):
    """A screen whose one panel is a `LogView`."""

    @property
    def log_view(self) -> LogView:
        """What the keys move in."""
        return self.query_one(LogView)

    def move(self, step: Step) -> None:
        """Move the cursor; to the side, scroll long lines."""
        view = self.log_view
        if step.across:
            view.aside(step.across * _ASIDE)
        elif step.end:
            view.go_to_end(last=step.end > 0)
        else:
            view.go(view.cursor + step.down + step.half * max(view.size.height // 2, 1))

    def copied(self) -> str:
        """The line under the cursor."""
        return self.log_view.line

    def go_to_hit(self, words: str, by: int) -> bool:
        """Go to a line of what was read that has the words, round the end where need be."""
        view = self.log_view
        at = hit(view.text.lines if view.text else (), words, view.cursor, by)
        if at is not None:
            view.go(at)
        return at is not None

    def mark_hits(self, words: str) -> None:
        """Show where these words stand."""
        self.log_view.mark(words)
