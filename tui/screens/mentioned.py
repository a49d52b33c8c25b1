"""Words in all files of a candidate: typed, looked for with enter, listed by path and line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.content import Content

from factory.client import Client
from factory.wire import Mention, Mentions
from tui.screens.choosing import Choosing
from tui.text import clean, fit, line, plural
from tui.widgets.listing import Slot

Look = Callable[[Client, str], Awaitable[Mentions]]
"""Looks words up."""
Ask = Callable[[Callable[[Client], Awaitable[Mentions]]], Awaitable[Mentions | None]]
"""How a screen asks the engine."""


class Mentioned(Choosing):
    """Gives the number of the chosen line among `found`, as text; None where nobody chose."""

    def __init__(self, look: Look, ask: Ask) -> None:
        super().__init__("all files", lambda words: (), "")
        self.found: tuple[Mention, ...] = ()
        self._look, self._ask = look, ask
        self._answered = ""
        """The words of the list that is shown."""

    def typed(self) -> None:
        """Other words than those of the list: enter looks them up."""
        self.prompt("", "enter finds   esc close")

    def enter(self) -> None:
        """Look the words up; where they are those of the list, go to the chosen line."""
        if self.words and self.words != self._answered:
            self.run_worker(self._find(self.words), exclusive=True)
        else:
            super().enter()

    async def _find(self, words: str) -> None:
        self.prompt("", "looking …")
        answer = await self._ask(lambda client: self._look(client, words))
        if answer is None or words != self.words:
            self.prompt("" if answer else "the engine does not say", "enter finds   esc close")
            return
        self.found, self._answered = answer.found, words
        self.listing.cursor = ""
        self.listing.show([Slot(str(at)) for at in range(len(self.found))], self._line)
        lines = f"{plural(len(self.found), 'line')}{' and more' if answer.more else ''}"
        self.prompt("" if self.found else "no file has this", f"{lines}   enter go   esc close")

    def _line(self, slot: Slot, width: int) -> Content:
        one = self.found[int(slot.key)]
        place = f"{line(clean(one.path, exact=True))}:{one.line}"
        text = fit(clean(one.text.strip()), max(width - len(place) - 4, 8))
        return Content.assemble("  ", (place, "$text-accent"), "  ", text)
