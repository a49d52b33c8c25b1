"""The key that asks why a line is there."""

from __future__ import annotations

from textual.content import Content

from factory.wire import FileView, Look, Row, RowKind, Trace, Why
from tui import pagelines
from tui.screens.page import Page
from tui.screens.reviewing.remarking import Remarking
from tui.text import line
from tui.waiting import view_of


class Asking(Remarking):
    """Asks the engine, which searches the transcripts; the answer is a page of its own."""

    def action_why(self) -> None:
        """Show the agent's words and the call that wrote the line, or took it out."""
        document = self.diff.document
        file, row = document.places.file(document.port.cursor), self._asked_row()
        if file is None or row is None:
            self.say("put the cursor on a line; a whole file has no one reason")
        elif row.kind == RowKind.CONTEXT and self.look is Look.CHANGE:
            self.say("this line is not of this change; ask on a + or − line")
        else:
            self.say("looking in the transcripts …")
            self.run_worker(self._ask_why(file, row), group="why", exclusive=True)

    def _asked_row(self) -> Row | None:
        """The line under the cursor; on a hunk's heading, the first that it changes."""
        document = self.diff.document
        cursor = document.port.cursor
        hunk = document.places.hunk(cursor)
        row = document.pages.row(cursor)
        if row is None or hunk is None:
            return None
        if row.kind != RowKind.HUNK:
            return row if row.kind in _LINES else None
        rows = (document.pages.row(number) for number in range(hunk.row + 1, hunk.row + hunk.rows))
        return next((r for r in rows if r is not None and r.kind in _CHANGED), None)

    async def _ask_why(self, file: FileView, row: Row) -> None:
        task, look, new = self.task_id, self.look, row.kind != RowKind.REMOVED
        path = file.path if new else file.old_path or file.path
        number = row.new if new else row.old
        why = await self.ask(lambda c: c.why(task, path, number, new=new, look=look))
        if why is None or self.app.screen is not self:
            return
        self.say("")
        gone = "" if new else " gone"
        heading = Content.assemble(
            (" Why is ", "bold"), f"{line(path)}:{number}", (f"{gone or ' here'}?  ", "bold"),
            (line(row.text.strip()), "$text-muted"),
        )  # fmt: skip
        told = pagelines.why(why, new=new, now=self.factory.now())
        found = why.trace is not Trace.NONE and why.turn > 0
        leads = (lambda _: self._to_transcript(why)) if found else None
        self.app.push_screen(Page(task, heading, told, leads))

    def _to_transcript(self, why: Why) -> str:
        """Open the transcript at that moment; a sentence where it cannot be."""
        view = view_of(self.overview, self.task_id)
        if view is None or view.attempt != why.attempt:
            return f"{line(why.attempt)} is an earlier attempt; only the newest can be opened"
        from tui.screens.zoom import ZoomScreen

        self.app.push_screen(ZoomScreen(self.task_id, at=why.entry))
        return ""


_CHANGED = frozenset({RowKind.ADDED, RowKind.REMOVED})
_LINES = _CHANGED | {RowKind.CONTEXT}
