"""A page of words that answers one question: wrapped, scrolled line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tui import pagelines
from tui.keys import Where, bindings
from tui.pagelines import Row, Sentence
from tui.screens.listkeys import ListScreen
from tui.widgets.footer import Footer
from tui.widgets.listing import Listing, Slot


class Page(ListScreen):
    """Shows sentences under a heading. `enter` calls `leads` with the line's file, if it has one.

    `leads` gives a sentence where it leads nowhere.
    """

    WHERE = Where.PAGE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PAGE)]
    HINTS = ("down", "find", "copy", "back", "keys")
    AUTO_FOCUS = "Listing"
    CSS_PATH = "evidence.tcss"

    def __init__(
        self,
        task: str,
        heading: Content,
        sentences: Sequence[Sentence],
        leads: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__()
        self._about = task
        self._heading = heading
        self._sentences = list(sentences)
        self._leads = leads
        self._rows: list[Row] = []

    @property
    def hints(self) -> tuple[str, ...]:
        """With where a line leads, if it leads anywhere."""
        return ("open", *self.HINTS) if self._leads else self.HINTS

    def compose(self) -> ComposeResult:
        """What was asked, and the answer."""
        yield Static(self._heading, id="evidence-heading")
        yield Listing()
        yield Footer()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the words anew."""
        self._rows = pagelines.rows(self._sentences, event.size.width)
        slots = [Slot(str(at) if row.text else "") for at, row in enumerate(self._rows)]
        # A blank line has no key, so that the cursor passes over it.
        self.listing.show([Slot(slot.key, 0, str(at)) for at, slot in enumerate(slots)], self._draw)

    def current_task(self) -> str:
        """The task it is about."""
        return self._about

    def texts(self) -> Mapping[str, str]:
        """The lines that can be found."""
        return {str(at): row.text for at, row in enumerate(self._rows) if row.text}

    def copied(self) -> str:
        """The line under the cursor."""
        row = self._row()
        return row.text.strip() if row else ""

    @on(Listing.Chosen)
    def action_open(self) -> None:
        """Go where the line leads."""
        row = self._row()
        if self._leads is None:
            self.say(f"this leads nowhere; {self.key('back')} goes back")
        elif sentence := self._leads(row.path if row else ""):
            self.say(sentence)

    def _row(self) -> Row | None:
        return self._rows[int(self.listing.cursor)] if self.listing.cursor else None

    def _draw(self, slot: Slot, width: int) -> Content:
        row = self._rows[int(slot.title)]
        return Content.styled(row.text, row.style)
