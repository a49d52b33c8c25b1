"""The diff of a worktree that is being worked in: read again and again."""

from __future__ import annotations

from factory.model import TaskState
from factory.wire import Look
from tui.diff.place import Place
from tui.screens.reviewing.core import ReviewCore

_PACE = 2.0
"""Seconds between two looks at a worktree, at least."""


class Living(ReviewCore):
    """Follows the agent's files while it works."""

    def __init__(self, task: str, look: Look = Look.CHANGE, at: Place | None = None) -> None:
        super().__init__(task, look, at)
        self._worked = False

    def on_mount(self) -> None:
        """Look again from time to time."""
        if self.look is Look.LIVE:
            self.set_interval(_PACE, self._look_again)

    def _look_again(self) -> None:
        """Read a live worktree anew while its agent works, and once when it has stopped."""
        view = self.found()
        works = view is not None and view.task.state is TaskState.WORKING
        if (works or self._worked) and self.is_current:
            self._worked = works
            self.read()
