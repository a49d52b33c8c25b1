"""The Tasks: the queue in its order, and every task with what it does or waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory import wire
from factory.model import Draft, TaskState
from factory.wire import Overview
from tui import queue
from tui.keys import Where, bindings
from tui.queue import Item
from tui.screens.acts import TaskActs
from tui.screens.adding import Adding
from tui.screens.listkeys import ListScreen
from tui.text import line
from tui.waiting import reviewable
from tui.widgets.footer import Footer
from tui.widgets.listing import Listing, Slot

_AGEING = 20.0
"""Seconds between two looks at the clock, for the ages."""
_WAITING = (TaskState.QUEUED, TaskState.DRAFT)


class TasksScreen(Adding, ListScreen, TaskActs):
    """Give tasks, order them, hold them back, take them out."""

    WHERE = Where.TASKS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.TASKS)]
    HINTS = ("new_tasks", "edit_tasks", "open", "earlier", "later", "hold", "remove", "keys")
    CSS_PATH = "tasks.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[str, Item] = {}

    def compose(self) -> ComposeResult:
        """The numbers, the list, or what to press where it is empty."""
        yield Static(id="tasks-heading")
        yield Static(id="tasks-empty")
        yield Listing()
        yield Footer()

    def on_mount(self) -> None:
        """Let the ages grow while nothing else happens."""
        self.listing.focus()
        self.set_interval(_AGEING, self._show)

    def on_resize(self) -> None:
        """Fit the heading."""
        self._show()

    def take(self, overview: Overview) -> None:
        """Show the tasks as they stand now."""
        self._show()

    def texts(self) -> Mapping[str, str]:
        """Ids, titles and specs."""
        tasks = {name: item.view.task for name, item in self._items.items()}
        return {name: f"{name} {task.title} {task.spec}" for name, task in tasks.items()}

    @on(Listing.Chosen)
    def action_open(self) -> None:
        """Edit a task that has not started; go to one that has."""
        view = self.view()
        if view is None:
            return
        name = view.task.id
        if view.task.state in _WAITING:
            self._edit(view.task.id, queue.draft_of(view.task))
        elif view.task.state is TaskState.READY and reviewable(view):
            self.factory.show_review(name)
        elif view.task.state.over:
            self.say(f"{line(name)} is over: `factory-tui show {line(name)}` has all of it")
        else:
            self.factory.show_task(name)

    def action_earlier(self) -> None:
        """Move the task up in the queue."""
        self._move(-1, "it is the next one already")

    def action_later(self) -> None:
        """Move the task down in the queue."""
        self._move(1, "it is the last one already")

    def action_hold(self) -> None:
        """Hold a queued task back, or let it go."""
        view = self.view()
        if view is None:
            return
        name = view.task.id
        if view.task.state not in _WAITING:
            pause = self.key("pause", Where.FLOOR)
            self.say(f"{line(name)} is {view.task.state}; {pause} on the Floor pauses it")
            return
        held = view.task.state is TaskState.QUEUED
        done = f"{line(name)} is held back" if held else f"{line(name)} is queued"
        self.do(wire.Hold(task=name, held=held), done=done)

    def action_remove(self) -> None:
        """Take a task out of the queue; one that has begun is ended after a card."""
        view = self.view()
        if view is None:
            return
        name = view.task.id
        if view.task.state not in _WAITING:
            self.action_end()
            return
        done = f"{line(name)} is taken out; {self.key('undo')} brings it back"
        self.do(wire.End(task=name), done=done)

    def _move(self, by: int, at_end: str) -> None:
        view = self.view()
        if view is None or self.overview is None:
            return
        if view.task.state is not TaskState.QUEUED:
            self.say(f"{line(view.task.id)} is {view.task.state}; only the queue has an order")
            return
        move = queue.moved(self.overview.tasks, view.task.id, by)
        if move is None:
            self.say(at_end)
        else:
            self.do(move)

    def _edit(self, name: str, draft: Draft) -> None:
        from tui.screens.edittask import EditTask

        def edited(written: Draft | None) -> None:
            if written is None:
                return
            if written != draft:
                self.do(wire.Edit(task=name, draft=written), done=f"{line(name)} is changed")
            if written.hold != draft.hold:
                self.do(wire.Hold(task=name, held=written.hold))

        self.app.push_screen(EditTask(name, draft, drafts=self.factory.drafts), edited)

    def _show(self) -> None:
        overview = self.overview
        if overview is None:
            return
        found = queue.items(overview)
        self._items = {item.view.task.id: item for item in found}
        self.listing.show(queue.slots(found), self._draw)
        self.listing.display = bool(found)
        if found and self.focused is None:
            self.listing.focus()
        empty = self.query_one("#tasks-empty", Static)
        empty.display = not found
        empty.update(_empty())
        heading = queue.heading(overview, found, self.size.width)
        self.query_one("#tasks-heading", Static).update(heading)

    def _draw(self, slot: Slot, width: int) -> Content:
        item = self._items.get(slot.key)
        if item is None:
            return Content.styled(f" {slot.title}", "$text-muted bold")
        return queue.draw(item, slot.line, width, self.factory.now())


def _empty() -> Content:
    return Content.assemble(
        "No tasks yet.\n\n",
        ("n", "$accent"), " writes new ones, a line each   ",
        ("N", "$accent"), " in your editor   ", ("?", "$accent"), " keys",
    )  # fmt: skip
