"""The card: a question over the bottom of the screen that only `y` answers with yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import Mapped, Where, bindings, own_key

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
    Card > Static { width: 1fr; height: auto; padding: 0 1; background: $question; }
    Card > #question { max-height: 60%; }
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
        self._refused = ""

    def compose(self) -> ComposeResult:
        """The question, and what to press: never cut, however long the question is."""
        yield Static(self._question, id="question")
        yield Static(id="answer")

    def on_mount(self) -> None:
        """Lay it out for the screen as wide as it is."""
        self._lay()

    def on_resize(self) -> None:
        """Lay it out anew."""
        self._lay()

    def action_go(self) -> None:
        """Answer yes, unless what was asked about has just changed."""
        refusal = self._refuse() if self._refuse is not None else ""
        if refusal:
            self._refused = refusal
            self._lay()
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

    def _lay(self) -> None:
        """Put the answer behind the question where there is room, else on a line of its own."""
        question, answer = self._question, self._answer()
        width, height = self.app.size.width - 2, self.app.size.height
        cells = [cell_len(line) for line in question.plain.split("\n")]
        tall = sum(max(1, -(-count // width)) for count in cells) > height * 6 // 10
        beside = not tall and cells[-1] + len(_GAP) + answer.cell_length <= width
        if beside:
            question = Content.assemble(question, _GAP, answer)
        self.query_one("#question", Static).update(question)
        below = self.query_one("#answer", Static)
        below.display = not beside
        below.update(Content.assemble(_GAP, answer))

    def _answer(self) -> Content:
        return Content.assemble(
            (f"⚠ {self._refused}  ", "$error") if self._refused else ("", ""),
            (own_key("card.go", cast(Mapped, self.app).keymap), "$accent bold"),
            f" {self._yes}   ",
            ("esc", "$accent"),
            " close",
        )
