"""One agent, whole: its transcript, and all that can be done about it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from factory.wire import Look
from tui import floorlist
from tui.floorlist import Opening
from tui.keys import Where, bindings
from tui.screens.adding import Adding
from tui.screens.zooming import Zooming


class ZoomScreen(Zooming, Adding):
    """The keys of the zoom."""

    WHERE = Where.ZOOM
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.ZOOM)]
    HINTS = ("say", "pause", "live_diff", "previous_turn", "next_turn", "back", "keys")
    CSS_PATH = "zoom.tcss"

    def action_open(self) -> None:
        """Review the change, or answer, where the task waits for that."""
        view = self.view()
        match floorlist.opening(view) if view else None:
            case Opening.REVIEW:
                self.factory.show_review(self.about)
            case Opening.ANSWER:
                self.action_say()
            case _:
                diff, say = self.key("live_diff"), self.key("say")
                self.say(f"{diff} shows what it has changed so far; {say} says something to it")

    def action_live_diff(self) -> None:
        """Show what its agent has changed in the worktree so far."""
        self.factory.show_review(self.about, look=Look.LIVE)

    def action_previous_turn(self) -> None:
        """Go to the turn before."""
        self._turn(-1)

    def action_next_turn(self) -> None:
        """Go to the turn after."""
        self._turn(1)

    def _turn(self, step: int) -> None:
        if not self.pane.window.turn(step, *self.pane.room):
            self.say("there is no turn after this one" if step > 0 else "this is the first turn")
        self.pane.refresh()

    def action_previous_agent(self) -> None:
        """Go to the agent before."""
        self._agent(-1)

    def action_next_agent(self) -> None:
        """Go to the agent after."""
        self._agent(1)

    def _agent(self, step: int) -> None:
        overview = self.seen
        names = [v.task.id for v in floorlist.agents(overview, overview.now)] if overview else []
        if len(names) < 2:
            self.say("there is no other agent")
            return
        at = names.index(self.about) if self.about in names else 0
        self.point_at(names[(at + step) % len(names)])
