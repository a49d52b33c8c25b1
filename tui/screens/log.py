"""The log of one run, whole; a `path:line` in it leads to the diff, or to its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory.model import Run
from factory.wire import AnyNotice, Chunk, FileView, Grew
from tui.diff.place import Place
from tui.keys import Where, bindings
from tui.logtext import named_place, place_in
from tui.reviewlines import COLOURS
from tui.screens.file import FileScreen
from tui.screens.loglines import LogLines
from tui.text import line, took
from tui.widgets.footer import Footer
from tui.widgets.logview import LogView


class LogScreen(LogLines):
    """Reads a log from its end; `enter` goes to the place that the line names."""

    WHERE = Where.EVIDENCE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.EVIDENCE)]
    HINTS = ("open", "first", "last", "find", "copy", "back", "keys")
    AUTO_FOCUS = "LogView"
    CSS_PATH = "evidence.tcss"

    def __init__(
        self, task: str, run: Run, files: Sequence[FileView], jump: Callable[[Place], None]
    ) -> None:
        super().__init__()
        self._of = task
        self._log_of = run
        self._files = files
        self._jump = jump

    def compose(self) -> ComposeResult:
        """Which run, and its log."""
        run = self._log_of
        yield Static(
            Content.assemble(
                " ", (f"{run.verdict.sign} ", COLOURS[run.verdict]), (line(run.guardrail), "bold"),
                f"  {line(run.summary)}  ", (took(run.seconds), "$text-muted"),
            ),
            id="evidence-heading",
        )  # fmt: skip
        yield LogView()
        yield Footer()

    def on_mount(self) -> None:
        """Read its end."""
        self.run_worker(self.query_one(LogView).open(self._fetch), exclusive=True)

    def hear(self, notice: AnyNotice) -> None:
        """Follow a log that grows."""
        if isinstance(notice, Grew) and notice.name == self._log_of.id:
            self.run_worker(self.query_one(LogView).grow(), group="grow", exclusive=True)

    def action_open(self) -> None:
        """Go to the `path:line` that the line names."""
        view = self.log_view
        words = view.line
        above = view.text.lines[: view.cursor] if view.text else ()
        place = place_in(words, self._files, above)
        if place is not None:
            self.app.pop_screen()
            self._jump(place)
        elif (named := named_place(words)) is not None:
            self.run_worker(self._open_file(named), group="file", exclusive=True)
        else:
            self.say("this line names no place; a line with `path:line` leads to the diff")

    async def _open_file(self, named: Place) -> None:
        """Show a file that the diff has not; its lines are those of the candidate."""
        file = await self.ask(lambda client: client.file(self._of, named.path))
        if file is not None and self.app.screen is self:
            self.app.push_screen(FileScreen(self._of, file, named.line))

    def action_rerun(self) -> None:
        """Belongs to the list of runs."""
        self.say(f"go back ({self.key('back')}) and press {self.key('rerun')} on the run")

    def action_commands_run(self) -> None:
        """Belongs to the list of runs."""
        self.say(f"go back ({self.key('back')}) and press {self.key('commands_run')} there")

    def action_compare(self) -> None:
        """Belongs to the list of runs."""
        self.say(f"go back ({self.key('back')}) and press {self.key('compare')} on the run")

    def action_waive(self) -> None:
        """Belongs to the list of runs."""
        self.say(f"go back ({self.key('back')}) and press {self.key('waive')} on the run")

    async def _fetch(self, offset: int, limit: int, tail: bool) -> Chunk:
        return await self.client.log(self._log_of.id, offset, limit=limit, tail=tail)
