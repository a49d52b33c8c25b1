"""The Report: what happened while the developer was away, and what to press for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory import wire
from factory.model import TaskState
from factory.wire import Overview, Report
from tui import account
from tui.account import Told
from tui.keys import Where, bindings
from tui.screens.listkeys import ListScreen
from tui.standing import load
from tui.text import fit, line, pad
from tui.waiting import reviewable
from tui.widgets.footer import Footer
from tui.widgets.listing import Listing, Slot, spread

_COLOURS = {"!": "$text-warning", "✓": "$text-success", "·": "$text-muted"}
_NAME = 24
_WIDE = 100
_BEGINNING = 1.0
"""A time before everything."""
_WIDEST = 140
"""Cells of a row; in a wider terminal the figures would stand too far from what they are of."""


class ReportScreen(ListScreen):
    """One line a task, what needs the developer on top; below, what happened to the factory.

    The span is fixed when the screen is first opened, so that looking again keeps it; every fact
    renews what is in it.
    """

    WHERE = Where.REPORT
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.REPORT)]
    HINTS = ("open", "undo_landing", "show_inbox", "show_floor", "keys")
    CSS_PATH = "report.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._report: Report | None = None
        self._told: dict[str, Told] = {}
        self._seq = -1

    def compose(self) -> ComposeResult:
        """The span and the numbers, the tasks, or what to press where there are none."""
        yield Static(id="report-heading")
        yield Static(id="report-empty")
        yield Listing()
        yield Footer()

    def on_mount(self) -> None:
        """The list has the keys."""
        self.listing.focus()

    def take(self, overview: Overview) -> None:
        """Show it, and ask for the report again where something has happened since."""
        self._show()
        if overview.seq != self._seq:
            self._seq = overview.seq
            self.run_worker(self._renew(), group="report", exclusive=True, exit_on_error=False)

    def on_resize(self) -> None:
        """Fit the heading."""
        self._show()

    def texts(self) -> Mapping[str, str]:
        """What the lines say."""
        return {key: f"{told.name} {told.note}" for key, told in self._told.items()}

    @on(Listing.Chosen)
    def action_open(self) -> None:
        """Review the change, or go to the task."""
        view = self._view()
        if view is None:
            self.say("nothing to open here; 1 goes to the Floor")
        elif view.task.state is TaskState.READY and reviewable(view):
            self.factory.show_review(view.task.id)
        elif view.task.state.over:
            self.say(f"{line(view.task.id)} is over; 4 shows its history")
        else:
            self.factory.show_task(view.task.id)

    def action_undo_landing(self) -> None:
        """Revert the landing under the cursor, after a card; elsewhere undo the last act."""
        told = self._told.get(self.listing.cursor)
        if told is None or told.state is not TaskState.LANDED:
            self.action_undo()
            return
        self.revert(told.task)

    async def _renew(self) -> None:
        # 0 asks for "since I last looked", which after the first answer would be just now.
        since = (self._report.since or _BEGINNING) if self._report else 0.0
        found = await self.ask(lambda client: client.report(since))
        if found is not None:
            self._report = found
            self._show()

    def _view(self) -> wire.TaskView | None:
        tasks = self.overview.tasks if self.overview else ()
        return next((view for view in tasks if view.task.id == self.listing.cursor), None)

    def _show(self) -> None:
        report = self._report
        if report is None:
            return
        items = account.told(report, self.overview, self.factory.keymap)
        self._told = {told.task: told for told in items}
        slots = [Slot(told.task) for told in items]
        if report.events:
            slots.append(Slot(""))
            slots.extend(Slot("", title=account.event(fact)) for fact in report.events)
        self.listing.show(slots, self._draw)
        empty = self.query_one("#report-empty", Static)
        empty.display = not slots
        empty.update(_empty())
        self.listing.display = bool(slots)
        if slots and self.focused is None:
            self.listing.focus()
        self.query_one("#report-heading", Static).update(
            _heading(report, self.overview, items, self.size.width)
        )

    def _draw(self, slot: Slot, width: int) -> Content:
        told = self._told.get(slot.key)
        if told is None:
            return Content.styled(f"   {slot.title}", "$text-muted")
        return row(told, min(width, _WIDEST))


def row(told: Told, width: int) -> Content:
    """One task's line: what happened and why, what it cost, what to press."""
    name = f"{told.name}{' ▲' if told.critical else ''}"
    wide = width >= _WIDE
    size = f"  {told.size}" if told.size and wide else ""
    right = Content.assemble(
        (f"{size}{told.cost:>10}", "$text-muted"),
        (f"  {told.press:<13} ", "$accent") if wide else ("", ""),
    )
    left = Content.assemble(
        (f" {told.sign} ", _COLOURS[told.sign]),
        (pad(fit(name, _NAME), _NAME if wide else 18), "bold"),
        "  ",
        told.note,
    )
    return spread(left, right, width)


def _heading(
    report: Report, overview: Overview | None, items: tuple[Told, ...], width: int
) -> Content:
    name = " Report  " if width >= _WIDEST else " "
    left = Content.assemble(
        (f"{name}{account.span(report)}", "bold"),
        f"   {account.numbers(items) or 'nothing happened'}",
    )
    if width < _WIDE:
        return spread(left, Content(f"{account.money(report, None)} "), width)
    tip = f"{line(overview.target)} {report.tip[:7]}" if overview else ""
    if overview and (review := load(overview)):
        left = Content.assemble(left, f"   {review}")
    return spread(left, Content(f"{account.money(report, overview)}   {tip} "), width)


def _empty() -> Content:
    return Content.assemble(
        "Nothing has happened since you last looked.\n\n",
        ("3", "$accent"), " Tasks: what is queued   ", ("1", "$accent"), " Floor   ",
        ("?", "$accent"), " keys",
    )  # fmt: skip
