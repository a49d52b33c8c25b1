"""The key that holds two attempts at one task against each other."""

from __future__ import annotations

from factory.wire import Look
from tui.screens.reviewing.core import ReviewCore
from tui.text import line


class Rivalling(ReviewCore):
    """`=` in the review."""

    def action_rival(self) -> None:
        """Show the other attempt at the same beside this one."""
        view = self.found()
        if view is None or self.look is Look.LIVE or view.change is None:
            self.say("only a change can be held against another attempt's")
        elif not view.rivals:
            self.say(f"{line(self.task_id)} is the only attempt; A in the Inbox starts another")
        else:
            from tui.screens.rival import RivalScreen

            self.app.push_screen(RivalScreen(self.task_id))
