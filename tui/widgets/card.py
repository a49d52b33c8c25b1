"""The card: a question over the bottom of the screen that only `y` answers with yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import Where, bindings

_GAP = "   "


class Card(ModalScreen[bool]):
    """Asks before something that cannot simply be taken back; gives True for `y`, else False.

    `refuse` is asked when `y` is pressed: a sentence such as "screen changed, press again" keeps
    the card open and says it. A paste never answers.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.CARD)]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Card { align: left bottom; background: transparent; }
    Card > Static { width: 1fr; height: auto; max-height: 60%; padding: 0 1; }
    Card > Static { background: $question; }
    """

    def __init__(
        self,
        question: Content | str,
        yes: str,
        *,
        refuse: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self._question = Content(question) if isinstance(question, str) else question
        self._yes = yes
        self._refuse = refuse

    def compose(self) -> ComposeResult:
        """The question and what to press."""
        yield Static(self._text())

    def action_go(self) -> None:
        """Answer yes, unless what was asked about has just changed."""
        refusal = self._refuse() if self._refuse is not None else ""
        if refusal:
            self.query_one(Static).update(self._text(refusal))
        else:
            self.dismiss(True)

    def on_key(self, event: events.Key) -> None:
        """Any key but `y` closes."""
        bound = self.active_bindings.get(event.key)
        if bound is None or bound.binding.action != "go":
            event.stop()
            event.prevent_default()
            self.dismiss(False)

    def on_paste(self, event: events.Paste) -> None:
        """A paste neither answers nor closes."""
        event.stop()

    def _text(self, refusal: str = "") -> Content:
        answer = Content.assemble(
            (f"⚠ {refusal}  ", "$error") if refusal else ("", ""),
            ("y", "$accent bold"),
            f" {self._yes}   ",
            ("esc", "$accent"),
            " close",
        )
        end = cell_len(self._question.plain.rpartition("\n")[2])
        fits = end + len(_GAP) + answer.cell_length <= self.app.size.width - 2
        return Content.assemble(self._question, _GAP if fits else f"\n{_GAP}", answer)
