"""The budget of a task: its caps as text, and a card's worth of care."""

from __future__ import annotations

from collections.abc import MutableMapping

from textual import on

from factory.model import Budget
from tui.caps import read_budget, write_budget
from tui.text import line
from tui.widgets.prompt import Box, Writing


class BudgetPrompt(Writing[Budget]):
    """Asks for the caps of a task; gives them, or None."""

    def __init__(
        self, task: str, budget: Budget, spent: str, *, drafts: MutableMapping[str, str]
    ) -> None:
        key = f"budget {task}"
        drafts.setdefault(key, write_budget(budget) if budget != Budget() else "")
        title = f"Budget of {line(task)}: {spent} spent. For example: $5, 200k tokens, 60 min; none"
        super().__init__(title, drafts=drafts, key=key, send="set the caps")

    @on(Box.Sent)
    def _sent(self) -> None:
        try:
            self.sent(read_budget(self.written.strip()))
        except ValueError as error:
            self.complain(str(error))
