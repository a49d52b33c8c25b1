"""A file of a candidate that the diff does not show, read only; `e` opens it in the editor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory.wire import Chunk, FileText
from tui.keys import Where, bindings
from tui.screens.acts import TaskActs
from tui.screens.loglines import LogLines
from tui.text import line
from tui.widgets.codeview import CodeView
from tui.widgets.footer import Footer


class FileScreen(LogLines, TaskActs):
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
        yield CodeView(self._file.path)
        yield Footer()

    def on_mount(self) -> None:
        """Show the line that was looked for."""
        self.run_worker(self._open(), exclusive=True)

    async def _open(self) -> None:
        view = self.log_view
        await view.open(self._fetch)
        view.go(self._number - 1, middle=True)

    async def _fetch(self, offset: int, limit: int, tail: bool) -> Chunk:
        text = self._file.text
        size = len(text.encode())
        return Chunk(offset=0, end=size, size=size, text=text.removesuffix("\n"), tail=tail)

    def current_task(self) -> str:
        """The task whose candidate has the file."""
        return self.task_id

    def place_to_edit(self) -> tuple[str, int]:
        """The line under the cursor."""
        return self._file.path, self.log_view.cursor + 1
