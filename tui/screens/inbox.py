"""The Inbox: everything that waits for the developer."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory.model import TaskState
from factory.wire import Overview
from tui import inboxlines
from tui.keys import Where, bindings
from tui.screens.attempting import Attempting
from tui.screens.together import Together
from tui.standing import asks
from tui.waiting import SUGGESTION, Order, Waiting, reviewable, waiting
from tui.widgets.footer import Footer
from tui.widgets.listing import Listing, Slot

_AGEING = 20.0
"""Seconds between two looks at the clock, for the ages."""
_SOON = 0.2
"""Seconds after which the list has been painted."""


class InboxScreen(Together, Attempting):
    """What waits, with what it takes to choose the next to review."""

    WHERE = Where.INBOX
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.INBOX)]
    HINTS = ("open", "accept", "mark", "later", "evidence", "undo", "find", "keys")
    CSS_PATH = "inbox.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[str, Waiting] = {}

    def compose(self) -> ComposeResult:
        """How much waits, the list, or what to press where it is empty."""
        yield Static(id="inbox-heading")
        yield Static(id="inbox-empty")
        yield Listing()
        yield Footer()

    def on_mount(self) -> None:
        """Let the ages grow while nothing else happens."""
        self.listing.focus()
        self.set_interval(_AGEING, self._refresh)
        self.set_timer(_SOON, self._get_ready)

    def _get_ready(self) -> None:
        """Read the code of the review, so that the first one opens as fast as any."""
        reading = asyncio.to_thread(import_module, "tui.screens.review")
        self.run_worker(reading, name="ready", exit_on_error=True)

    def take(self, overview: Overview) -> None:
        """Show what waits now."""
        found = waiting(overview, self.factory.order)
        self._items = {item.id: item for item in found}
        self.shows(found)
        self.listing.show(inboxlines.slots(found), self._draw)
        self.listing.display = bool(found)
        empty = self.query_one("#inbox-empty", Static)
        empty.display = not found
        empty.update(inboxlines.empty(overview))
        heading = inboxlines.heading(
            overview, found, self.factory.now(), self.size.width, self.factory.order
        )
        self.query_one("#inbox-heading", Static).update(heading)

    def on_resize(self) -> None:
        """Fit the heading."""
        self._refresh()

    def point_at(self, task: str) -> None:
        """Put the cursor on this task."""
        self.listing.to(task)

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next item whose id or title has these words."""
        ids = list(self._items)
        if not ids:
            return False
        start = ids.index(self.listing.cursor) + again if self.listing.cursor in ids else 0
        for task in (*ids[start:], *ids[:start]):
            if words.casefold() in f"{task} {self._items[task].view.task.title}".casefold():
                return self.listing.to(task)
        return False

    @on(Listing.Chosen)
    def action_open(self) -> None:
        """Review the change, answer the question, or go to what else the task waits for."""
        item = self._items.get(self.listing.cursor)
        if item is None:
            self.say(f"nothing waits; {self.key('show_floor')} goes to the Floor")
        elif reviewable(item.view):
            self.factory.show_review(item.id)
        elif asks(item.view):
            from tui.screens.saying import say_to

            say_to(self, item.view)
        elif item.view.task.state is TaskState.PARKED:
            self.factory.show_task(item.id)
        else:
            self.say("its change is being made; it can be read in a moment")

    def action_evidence(self) -> None:
        """Show the guardrails of this change."""
        if self.listing.cursor in self._items:
            self.factory.show_evidence(self.listing.cursor)

    def action_order(self) -> None:
        """Change between the suggested order and the oldest first; the cursor stays on its item."""
        suggested = self.factory.order is Order.AGE
        self.factory.order = Order.SUGGESTED if suggested else Order.AGE
        self._refresh()
        self.say(f"suggested order: {SUGGESTION}" if suggested else "the oldest first")

    def _draw(self, slot: Slot, width: int) -> Content:
        item = self._items.get(slot.key)
        if item is None:
            return Content.styled(f" {slot.title}", "$text-muted bold")
        marked = item.id in self.marked
        return inboxlines.draw(item, slot.line, width, self.factory.now(), marked=marked)

    def _refresh(self) -> None:
        if self.overview is not None:
            self.take(self.overview)
