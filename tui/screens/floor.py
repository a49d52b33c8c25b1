"""The Floor: every agent at work, and what needs the developer."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from factory.entry import AnyEntry
from tui import floorlist
from tui.floorlist import Opening
from tui.keys import Where, bindings
from tui.layout import WIDE, Step
from tui.screens.adding import Adding
from tui.screens.base import FactoryScreen
from tui.screens.watching import Watching
from tui.standing import counts
from tui.text import plural
from tui.transcripts import Transcripts
from tui.widgets.board import Board
from tui.widgets.footer import Footer
from tui.widgets.grid import Grid
from tui.widgets.listing import Listing
from tui.widgets.pane import Pane


class First(FactoryScreen):
    """The screen that no other lies before."""

    def action_back(self) -> None:
        """Say so: there is nowhere to go back to."""
        self.say(f"nothing lies before the Floor; {self.key('leave')} leaves")


class FloorScreen(First, Watching, Adding):
    """Panes, or a list under 100 columns; the cursor is a task's id and stays with it."""

    WHERE = Where.FLOOR
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.FLOOR)]
    HINTS = ("open", "say", "new_tasks", "show_inbox", "next_waiting", "keys")
    CSS_PATH = "floor.tcss"

    def __init__(self) -> None:
        super().__init__(Transcripts(self.ask, self._read))
        self._as_list: bool | None = None
        """What the developer chose; None goes by the width."""

    def compose(self) -> ComposeResult:
        """The picture, and the footer."""
        yield Board(self.factory.frame)
        yield Footer()

    @property
    def board(self) -> Board:
        """The picture."""
        return self.query_one(Board)

    def _read(self, attempt: str, entries: list[AnyEntry]) -> None:
        task = self.board.attempts.get(attempt)
        if task is not None:
            self.board.grid.feed(task, attempt, entries)

    @on(Grid.Arranged)
    @on(Resize)  # a decorated `on_resize` would not be called
    def refit(self) -> None:
        """Fill other panes; change between panes and list with the width."""
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Show the newest picture."""
        if self.seen is not None and self.size.width:
            narrow = self.size.width < WIDE
            lists = narrow if self._as_list is None else self._as_list
            self.board.show(self.seen, self.factory.now(), lists=lists)
            self.transcripts.watch(self.board.attempts)

    def tell_time(self) -> None:
        """Show how long everything takes by now."""
        self.board.redraw(self.factory.now())

    # --- the cursor

    def current_task(self) -> str:
        """The task under the cursor."""
        return self.board.at

    def point_at(self, task: str) -> None:
        """Put the cursor on a task."""
        self.board.at = task
        self.draw()

    def move(self, step: Step) -> None:
        """Move the cursor among panes or lines."""
        self.point_at(self.board.move(step))

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next task that has these words."""
        found = self.board.find(words, again=again)
        if found:
            self.point_at(found)
        return bool(found)

    @on(Pane.Picked)
    @on(Listing.Chosen)
    def _picked(self, event: Pane.Picked | Listing.Chosen) -> None:
        self.point_at(event.key)
        if isinstance(event, Listing.Chosen) or event.twice:
            self.action_open()

    # --- keys

    def action_open(self) -> None:
        """Open what the task under the cursor waits for."""
        view = self.view()
        if view is None:
            return
        name = view.task.id
        match floorlist.opening(view):
            case Opening.REVIEW:
                self.factory.show_review(name)
            case Opening.TASKS:
                self.factory.show_mode("tasks")
            case found:
                from tui.screens.zoom import ZoomScreen

                self.app.push_screen(ZoomScreen(name, answer=found is Opening.ANSWER))

    def action_panel(self) -> None:
        """Go to the next agent, after the last one to the first."""
        self.point_at(self.board.after())

    def action_layout(self) -> None:
        """Change between panes and list."""
        self._as_list = not self.board.lists
        self.draw()

    def action_leave(self) -> None:
        """Leave the screen; the engine goes on."""
        running = counts(self.seen.tasks).running if self.seen else 0
        if not running:
            self.app.exit()
            return
        if self.factory.feed.link.away_since is not None:
            self.app.exit(message="the engine is away; `factory-tui` starts it, and work goes on")
            return
        goes = "goes" if running == 1 else "go"
        self.app.exit(message=f"{plural(running, 'agent')} {goes} on; `factory-tui` shows them")
