"""The card of a question with answers to choose from: a digit gives one, at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text import clean, line

DIGITS = "123456789"
OWN_WORDS = "\0"
"""Given where none of the answers is wanted: the developer writes one."""


class Answering(ModalScreen[str]):
    """Gives the answer in the words that were offered, `OWN_WORDS`, or None when closed.

    `refuse` is asked at each digit: a sentence such as "it asks something else now" keeps the card
    open and says it. A paste answers nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "close"),
        Binding("s", "write", "in words"),
    ]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Answering { align: left bottom; background: transparent; }
    Answering > Static { width: 1fr; height: auto; padding: 0 1; background: $question; }
    Answering > #question { max-height: 60%; }
    """

    def __init__(
        self, task: str, question: str, options: Sequence[str], refuse: Callable[[], str]
    ) -> None:
        super().__init__()
        self._about = task
        self._question = question
        self._options = tuple(options)[: len(DIGITS)]
        self._refuse = refuse

    def compose(self) -> ComposeResult:
        """The question, its answers a line each, and what to press."""
        asked = clean(self._question, newlines=True)
        yield Static(
            Content.assemble((f"{line(self._about)} asks  ", "$warning bold"), asked), id="question"
        )
        yield Static(self._answers(), id="answer")

    def action_close(self) -> None:
        """Answer nothing."""
        self.dismiss(None)

    def action_write(self) -> None:
        """Answer in words of one's own."""
        self.dismiss(OWN_WORDS)

    def on_key(self, event: events.Key) -> None:
        """A digit gives its answer, unless something else is asked by now."""
        at = DIGITS.find(event.key) if len(event.key) == 1 else -1
        if not 0 <= at < len(self._options):
            return
        event.stop()
        if refusal := self._refuse():
            self.query_one("#answer", Static).update(self._answers(refusal))
        else:
            self.dismiss(self._options[at])

    def on_paste(self, event: events.Paste) -> None:
        """A paste neither answers nor closes."""
        event.stop()

    def _answers(self, problem: str = "") -> Content:
        rows = [
            Content.assemble((f" {digit} ", "$accent bold"), f"{line(option)}\n")
            for digit, option in zip(DIGITS, self._options, strict=False)
        ]
        said = (f"⚠ {problem}   ", "$error") if problem else ("", "")
        hint = f"{numbers(self._options)} answer   s in words   esc close"
        return Content.assemble(*rows, said, (hint, "$text-muted"))


def numbers(options: Sequence[str]) -> str:
    """`1-3`, or `1` where there is only one."""
    return "1" if len(options) == 1 else f"1-{min(len(options), len(DIGITS))}"
