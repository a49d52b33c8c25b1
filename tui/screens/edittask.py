"""One task as text, to be changed before it starts."""

from __future__ import annotations

from collections.abc import MutableMapping

from textual import on

from factory.model import Draft
from tui.taskfile import TaskTextError, parse, render
from tui.text import line
from tui.widgets.prompt import Box, Writing


class EditTask(Writing[Draft]):
    """Gives the task as it is written now, or None. The draft is kept until it is sent."""

    def __init__(self, task: str, draft: Draft, *, drafts: MutableMapping[str, str]) -> None:
        key = f"edit {task}"
        drafts.setdefault(key, render((draft,)).rstrip("\n"))
        super().__init__(f"Edit {line(task)}", drafts=drafts, key=key, send="change it")

    @on(Box.Sent)
    def _sent(self) -> None:
        try:
            found = parse(self.written)
        except TaskTextError as error:
            self.complain(line(str(error)))
            return
        if len(found) == 1:
            self.sent(found[0])
        else:
            self.complain(f"this is to be one task, and here are {len(found)}")
