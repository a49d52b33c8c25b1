"""A file of a candidate that the diff does not show, read only; `e` opens it in the editor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory.wire import Chunk, FileText
from tui.keys import Where, bindings
from tui.layout import Step
from tui.screens.acts import TaskActs
from tui.text import line
from tui.widgets.footer import Footer
from tui.widgets.logview import LogView

_ASIDE = 8


class FileScreen(TaskActs):
    """Begins at a line of the file."""

    WHERE = Where.FILE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.FILE)]
    HINTS = ("editor", "find", "first", "last", "copy", "back", "keys")
    AUTO_FOCUS = "LogView"
    CSS_PATH = "evidence.tcss"

    def __init__(self, task: str, file: FileText, number: int) -> None:
        super().__init__()
        self.task_id = task
        self._file, self._number = file, number

    def compose(self) -> ComposeResult:
        """Which file, and its lines."""
        cut = ("  its beginning only", "$text-warning") if self._file.cut else ("", "")
        yield Static(
            Content.assemble(
                " ", (line(self._file.path), "bold"), ("  read only", "$text-muted"), cut
            ),
            id="evidence-heading",
        )
        yield LogView(numbered=True)
        yield Footer()

    def on_mount(self) -> None:
        """Show the line that was looked for."""
        self.run_worker(self._open(), exclusive=True)

    async def _open(self) -> None:
        view = self.query_one(LogView)
        await view.open(self._fetch)
        view.go(self._number - 1)

    async def _fetch(self, offset: int, limit: int, tail: bool) -> Chunk:
        text = self._file.text
        size = len(text.encode())
        return Chunk(offset=0, end=size, size=size, text=text.removesuffix("\n"), tail=tail)

    def current_task(self) -> str:
        """The task whose candidate has the file."""
        return self.task_id

    def place_to_edit(self) -> tuple[str, int]:
        """The line under the cursor."""
        return self._file.path, self.query_one(LogView).cursor + 1

    def move(self, step: Step) -> None:
        """Move the cursor; to the side, scroll long lines."""
        view = self.query_one(LogView)
        if step.across:
            view.aside(step.across * _ASIDE)
        elif step.end:
            view.go_to_end(last=step.end > 0)
        else:
            view.go(view.cursor + step.down + step.half * max(view.size.height // 2, 1))

    def copied(self) -> str:
        """The line under the cursor."""
        return self.query_one(LogView).line

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next line that has these words."""
        view = self.query_one(LogView)
        lines = view.text.lines if view.text else []
        start = view.cursor + again
        for at in (*range(start, len(lines)), *range(min(start, len(lines)))):
            if words.casefold() in lines[at].casefold():
                view.go(at)
                return True
        return False
