"""The log of one run, whole; a `path:line` in it leads to the diff."""

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
from tui.layout import Step
from tui.logtext import names_place, place_in
from tui.reviewlines import COLOURS
from tui.screens.moving import Moving
from tui.text import line, took
from tui.widgets.footer import Footer
from tui.widgets.logview import LogView

_ASIDE = 8


class LogScreen(Moving):
    """Reads a log from its end; `enter` goes to the place that the line names."""

    WHERE = Where.EVIDENCE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.EVIDENCE)]
    HINTS = ("open", "first", "last", "find", "copy", "back", "keys")
    AUTO_FOCUS = "LogView"
    CSS_PATH = "evidence.tcss"

    def __init__(self, run: Run, files: Sequence[FileView], jump: Callable[[Place], None]) -> None:
        super().__init__()
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
        """Go to the next line of what was read that has these words."""
        view = self.query_one(LogView)
        lines = view.text.lines if view.text else []
        start = view.cursor + again
        for at in (*range(start, len(lines)), *range(min(start, len(lines)))):
            if words.casefold() in lines[at].casefold():
                view.go(at)
                return True
        return False

    def action_open(self) -> None:
        """Go to the `path:line` that the line names."""
        view = self.query_one(LogView)
        words = view.line
        above = view.text.lines[: view.cursor] if view.text else ()
        place = place_in(words, self._files, above)
        if place is not None:
            self.app.pop_screen()
            self._jump(place)
        elif named := names_place(words):
            self.say(f"{line(named)} is not in this change")
        else:
            self.say("this line names no place; a line with `path:line` leads to the diff")

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
