"""The page that a review opens with, before the diff; any key that moves the diff leaves it."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.widgets import Static

from factory.wire import Look
from tui import briefing
from tui.diff.geometry import Spot
from tui.diff.place import Place
from tui.layout import Step
from tui.screens.reviewing.deciding import Deciding
from tui.waiting import first_look
from tui.widgets.diff import DiffView

_AROUND = 2
"""Lines of the screen that the page leaves free: the headline and the footer."""


def _leaving_first(action: Callable[[Briefed], None]) -> Callable[[Briefed], None]:
    """The key shows the diff where the page lies over it: nobody acts on what is not seen."""

    def act(screen: Briefed) -> None:
        if not screen.leave_page():
            action(screen)

    return act


class Briefed(Deciding):
    """Lies over files and diff, and says in one screen what they are about."""

    def __init__(self, task: str, look: Look = Look.CHANGE, at: Place | None = None) -> None:
        super().__init__(task, look, at)
        self._begins = False
        """Whether the diff that comes next is one that the developer has just come to."""
        self._page: tuple[int, Spot] | None = None
        """Where the diff below stood when the page came; None while it is not there."""

    async def come(self) -> None:
        """Come to the front with the page; from a log, or to a worktree, with the place itself."""
        if self._begin_at is None and self.look is Look.CHANGE:
            self.look = first_look(self.overview, self.task_id)
            self._begins = True
        await super().come()

    def go_to_neighbour(self, by: int) -> bool:
        """Review another change of the inbox, from its page on."""
        self._begins = True
        return super().go_to_neighbour(by)

    def opened(self) -> None:
        """Begin with the page, or where the developer stopped reading this change."""
        super().opened()
        document = self.diff.document
        if not self._begins:
            self._page = self._page and self._spot()
        elif self.look is Look.DELTA and not document.index.rows:
            self.look = Look.CHANGE  # nothing of it is new but the target: show it whole
            self.read()
            return
        elif document.unseen == len(document.places.marks):
            self.show_page()
        else:
            row = document.seen.next_left(-1)
            self.diff.go(lambda port: port.to(row or 0, at=3))
        self._begins = False

    def show_page(self) -> None:
        """Lay the page over the diff."""
        self._page = self._spot()
        self.query_one("#review-page").display = True
        self.refresh_lines()

    def leave_page(self) -> bool:
        """Show the diff; False where it was shown already."""
        there = self._page is not None
        self._page = None
        self.query_one("#review-page").display = False
        return there

    def refresh_lines(self) -> None:
        """Say anew what stands around the diff, and on the page."""
        super().refresh_lines()
        view, document = self.found(), self.diff.document
        if self._page is not None and view is not None:
            page = briefing.page(
                view, document.index, self.comments, document.seen, width=self.size.width,
                height=self.size.height - _AROUND, now=self.factory.now(), whole=self.key("delta"),
            )  # fmt: skip
            below = self.query_one("#review-page", Static)
            below.styles.height = self.size.height - _AROUND
            below.update(page)

    def action_summary(self) -> None:
        """Show the page, or go back to the diff."""
        if not self.leave_page():
            self.show_page()

    action_read_on = _leaving_first(Deciding.action_read_on)
    action_seen = _leaving_first(Deciding.action_seen)
    action_context = _leaving_first(Deciding.action_context)
    action_range = _leaving_first(Deciding.action_range)
    action_panel = _leaving_first(Deciding.action_panel)

    def action_comment(self) -> None:
        """On the page, comment on the change."""
        if self._page is not None:
            self.action_comment_change()
        else:
            super().action_comment()

    def move(self, step: Step) -> None:
        """From the page to the diff, where it stands."""
        if not self.leave_page():
            super().move(step)

    def _spot(self) -> tuple[int, Spot]:
        port = self.diff.document.port
        return port.cursor, port.top

    @on(DiffView.Moved)
    def _below(self) -> None:
        """Whatever goes to a place of the diff is there to show it."""
        if self._page is not None and self._page != self._spot():
            self.leave_page()
