"""Two attempts at one task, held against each other: figures above, the difference below."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from factory import wire
from factory.model import TaskState
from factory.wire import Look, TaskView
from tui import rivallines
from tui.deciding import CHANGED, SETTLED
from tui.keys import Where, bindings
from tui.screens.base import FactoryScreen
from tui.screens.reviewing.reading import Reading
from tui.text import line
from tui.waiting import view_of
from tui.widgets.card import Card
from tui.widgets.diff import DiffView
from tui.widgets.files import Files
from tui.widgets.footer import Footer


class RivalScreen(Reading):
    """`RivalScreen(task)` shows what this attempt does otherwise than the other one."""

    WHERE = Where.RIVAL
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.RIVAL)]
    HINTS = ("keep", "next_hunk", "next_file", "back", "keys", "panel")
    CSS_PATH = "rival.tcss"

    def __init__(self, task: str) -> None:
        super().__init__(task, Look.RIVAL)

    @property
    def hints(self) -> tuple[str, ...]:
        """What the footer names."""
        return self.HINTS

    def compose(self) -> ComposeResult:
        """Which two, their figures, files and diff."""
        yield Static(id="review-headline")
        yield Static(id="review-concerns")
        with Horizontal(id="review-body"):
            yield Files()
            yield DiffView()
        yield Footer()

    def rival(self) -> TaskView | None:
        """The other attempt, as the engine chooses it: the first that has a change."""
        view = self.found()
        others = [view_of(self.overview, name) for name in view.rivals] if view else []
        return next((other for other in others if other and other.change), None)

    def refresh_lines(self) -> None:
        """Say the figures anew."""
        view, rival, width = self.found(), self.rival(), self.app.size.width
        if view is None or rival is None:
            return
        index = self.diff.document.index
        head = rivallines.headline(view, rival, index, width)
        self.query_one("#review-headline", Static).update(head)
        self.query_one("#review-concerns", Static).update(rivallines.columns(view, rival, width))

    def action_rival(self) -> None:
        """Back to the review."""
        self.action_back()

    def action_keep(self) -> None:
        """Ask whether to keep this attempt and give the other one up."""
        view, rival, index = self.found(), self.rival(), self.diff.document.index
        if view is None or rival is None or not index.task:
            self.say("there is no other attempt any more")
            return
        if rival.task.state is TaskState.LANDED:
            self.say(f"{line(rival.task.id)} has landed already; x in the review rejects this one")
            return

        def refuse() -> str:
            now = self.rival()
            shown = self.shown_at and self.diff.document.index is index
            settled = shown and self.factory.now() - self.shown_at >= SETTLED
            return "" if settled and now and now.task.id == rival.task.id else CHANGED

        name = rival.task.id
        give_up = wire.Reject if rivallines.rejectable(rival) else wire.End
        command = give_up(task=name)

        def answered(go: bool | None) -> None:
            if go:
                self.do(command, then=lambda reply: self._kept(name))

        question = rivallines.keep_question(view, rival, self.key("undo"))
        self.app.push_screen(Card(question, "keep", refuse=refuse), answered)

    def _kept(self, other: str) -> None:
        """Go on with the review of the one that is kept."""
        if self.app.screen is not self:
            return
        self.app.pop_screen()
        if isinstance(self.app.screen, FactoryScreen):
            back = f"{self.key('undo')} brings it back"
            kept = f"kept {line(self.task_id)}; {line(other)} is given up, {back}"
            self.app.screen.say(kept)
