"""What every screen of ours is: it hears the engine, and its keys work."""

from __future__ import annotations

from textual import on

from factory import wire
from tui.feed import Link
from tui.keys import actions
from tui.screens.everywhere import Everywhere
from tui.widgets.footer import Did, Find
from tui.widgets.pointing import Opened


class FactoryScreen(Everywhere):
    """Base of the screens: the newest overview, commands, and answers in the footer.

    A subclass sets `WHERE`, `HINTS` and `BINDINGS = bindings(WHERE)`, composes a `Footer()` last,
    and overrides `take`, `hear`, and where it has a cursor `current_task`, `copied`, `point_at`
    and `find`. `say`, `ask` and `do` are what it calls (`tui.screens.core`).
    """

    def take(self, overview: wire.Overview) -> None:
        """Show a newer overview; called on arrival and whenever the screen comes to the front."""

    def hear(self, notice: wire.AnyNotice) -> None:
        """Hear of growth and progress (and facts, before the overview that has them)."""

    def take_link(self, link: Link) -> None:
        """Hear that the engine went away or came back; the footer shows it by itself."""

    def point_at(self, task: str) -> None:
        """Put the cursor on this task, where the screen has it."""

    def being_read(self) -> str:
        """Id of the task whose change is read here; empty on every other screen."""
        return ""

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next place that has these words (from here on, or after it with `again`)."""
        return False

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was in front."""
        self.footer.show(self.WHERE, self.hints, self.factory.keymap)
        self.stand()
        self.factory.attend()
        if self.overview is not None:
            self.take(self.overview)

    @on(Opened)
    async def _open_line(self, event: Opened) -> None:
        event.stop()
        found = (action.id for action in actions(self.WHERE) if "enter" in action.keys)
        await self.run_action(next(found))

    @on(Did)
    async def _do(self, event: Did) -> None:
        event.stop()
        await self.run_action(event.action)

    def on_unmount(self) -> None:
        """It was closed: nothing shall keep what it showed."""
        self.factory.tidy()

    @on(Find)
    def _find(self, event: Find) -> None:
        event.stop()
        if not self.find(event.words, again=event.again):
            self.footer.not_found()
