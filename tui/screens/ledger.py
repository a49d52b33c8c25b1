"""The Ledger: what it cost, by day, agent and task; below, the history of facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from factory.wire import Fact, LedgerView, Overview
from tui import ledgerlines
from tui.keys import Where, bindings
from tui.ledgerlines import Row
from tui.screens.listkeys import ListScreen
from tui.text import line
from tui.widgets.footer import Footer
from tui.widgets.listing import Listing, Slot

_KEPT = 2_000
"""Facts that are kept on the screen; `factory-tui log -n` has all."""
_ABREAST = 180
"""Cells of width from which the history stands beside the costs."""


class LedgerScreen(ListScreen):
    """Two lists, `tab` goes from one to the other; the newest fact is on top."""

    WHERE = Where.LEDGER
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.LEDGER)]
    HINTS = ("panel", "open", "show_floor", "find", "keys")
    CSS_PATH = "ledger.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._ledger = LedgerView()
        self._rows: dict[str, Row] = {}
        self._facts: dict[str, Fact] = {}
        self._seq = -1
        self._asked = False
        """Whether the engine has answered: before, nothing is known, which is not nothing."""

    def compose(self) -> ComposeResult:
        """Today's figures, the two lists, or what to press where there is nothing."""
        yield Static(id="ledger-heading")
        yield Static(id="ledger-empty")
        with Container(id="ledger-lists"):
            yield Listing(id="ledger-costs")
            yield Listing(id="ledger-history")
        yield Footer()

    @property
    def listing(self) -> Listing:
        """The list that has the focus."""
        return self._history if self._history.has_focus else self._costs

    @property
    def _costs(self) -> Listing:
        return self.query_one("#ledger-costs", Listing)

    @property
    def _history(self) -> Listing:
        return self.query_one("#ledger-history", Listing)

    def on_mount(self) -> None:
        """The costs have the keys first."""
        self._costs.focus()

    def on_resize(self) -> None:
        """Put the lists side by side where there is room for both."""
        abreast = self.size.width >= _ABREAST
        self.query_one("#ledger-lists").set_class(abreast, "-abreast")
        self._show()

    def take(self, overview: Overview) -> None:
        """Show today's figures, and ask for the rest where something has happened."""
        self._show()
        if overview.seq != self._seq:
            self._seq = overview.seq
            self.run_worker(self._renew(), group="ledger", exclusive=True, exit_on_error=False)

    def current_task(self) -> str:
        """The task of the row or fact under the cursor."""
        key = self.listing.cursor
        if key in self._facts:
            return self._facts[key].task
        row = self._rows.get(key)
        return row.row.name if row is not None and row.part == "tasks" else ""

    def copied(self) -> str:
        """The fact's or row's own words."""
        fact, row = self._facts.get(self.listing.cursor), self._rows.get(self.listing.cursor)
        return fact.text if fact is not None else row.row.name if row is not None else ""

    @on(Listing.Chosen)
    def action_open(self) -> None:
        """Go to the task under the cursor."""
        name = self.current_task()
        tasks = self.overview.tasks if self.overview else ()
        view = next((view for view in tasks if view.task.id == name), None)
        if view is None:
            self.say(
                "no task here" if not name else f"{line(name)} is not among the tasks any more"
            )
        elif view.task.state.over:
            self.say(f"{line(name)} is over: `factory-tui show {line(name)}` has all of it")
        else:
            self.factory.show_task(name)

    def texts(self) -> Mapping[str, str]:
        """Names of rows, or whole facts."""
        if self._history.has_focus:
            return {
                key: f"{fact.task} {fact.kind} {fact.text}" for key, fact in self._facts.items()
            }
        return {key: row.row.name for key, row in self._rows.items()}

    async def _renew(self) -> None:
        newest = max((fact.seq for fact in self._facts.values()), default=0)
        ledger = await self.ask(lambda client: client.ledger())
        facts = await self.ask(lambda client: client.history(after=newest, limit=_KEPT))
        if ledger is None or facts is None:
            return
        self._ledger = ledger
        self._asked = True
        newer = {f"fact {fact.seq}": fact for fact in reversed(facts)}
        kept = [*newer.items(), *self._facts.items()][:_KEPT]
        self._facts = dict(kept)
        self._show()

    def _show(self) -> None:
        overview = self.overview
        if overview is None:
            return
        self._rows = ledgerlines.rows(self._ledger)
        width = self.size.width // (2 if self.size.width >= _ABREAST else 1)
        self._costs.show(ledgerlines.slots(self._rows, width), self._draw)
        facts = [Slot("", title="history"), *map(Slot, self._facts)]
        self._history.show(facts, self._draw)
        nothing = self._asked and not self._rows and not self._facts
        self.query_one("#ledger-lists").display = not nothing
        empty = self.query_one("#ledger-empty", Static)
        empty.display = nothing
        empty.update(_empty())
        heading = ledgerlines.heading(overview, self.size.width)
        self.query_one("#ledger-heading", Static).update(heading)

    def _draw(self, slot: Slot, width: int) -> Content:
        if slot.key in self._rows:
            return ledgerlines.draw(self._rows[slot.key], width)
        if slot.key in self._facts:
            return ledgerlines.fact(self._facts[slot.key], width)
        return Content.styled(f" {slot.title}", "$text-muted bold")


def _empty() -> Content:
    return Content.assemble(
        "Nothing has been spent and nothing has happened yet.\n\n",
        ("1", "$accent"), " Floor, then ", ("n", "$accent"), " writes tasks   ",
        ("?", "$accent"), " keys",
    )  # fmt: skip
