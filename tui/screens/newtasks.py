"""New tasks, quickly: a line is a task; paste six, see them listed, queue them."""

from __future__ import annotations

from collections.abc import MutableMapping

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static, TextArea

from factory.model import Draft
from factory.wire import Overview
from tui.overlap import meets, overlapping
from tui.taskfile import TaskTextError, parse
from tui.text import fit, line, plural
from tui.widgets.prompt import Box, Writing

_LISTED = 9


class NewTasks(Writing[tuple[Draft, ...]]):
    """Gives the drafts that were written, or None. Overlaps are shown, not forbidden."""

    def __init__(self, overview: Overview | None, *, drafts: MutableMapping[str, str]) -> None:
        title = "New tasks: each line is one; @path says where. Paste as many as you like."
        super().__init__(title, drafts=drafts, key="new tasks", send="queue")
        self._open = overview.tasks if overview else ()

    def compose(self) -> ComposeResult:
        """The box, and beneath it what would be queued."""
        yield Static(self._title, id="title")
        yield Box(self._drafts.get(self._key, ""))
        yield Static(id="preview")
        yield Static(self.hint(), id="hint")

    @on(TextArea.Changed)
    def _preview(self) -> None:
        try:
            found = parse(self.written)
        except TaskTextError as error:
            wrong = Content.styled(f"⚠ {line(str(error))}", "$error")
            self.query_one("#preview", Static).update(wrong)
            return
        self.query_one("#preview", Static).update(self._listed(found))
        self.query_one("#hint", Static).update(self.hint())

    def _listed(self, found: tuple[Draft, ...]) -> Content:
        if not found:
            return Content()
        rows = [Content.styled(f"{plural(len(found), 'task')} to queue", "$accent")]
        for at, draft in enumerate(found[:_LISTED]):
            before = [line(other.title) for other in found[:at] if _meet(draft, other)]
            touches = [*before, *overlapping(draft.paths, self._open)]
            warning = f"  ⚠ touches what {fit(line(', '.join(touches)), 30)} touches"
            rows.append(
                Content.assemble(
                    (f"○ {fit(line(draft.title), max(20, self.size.width - 50))}", "$text"),
                    (f"  {line(' '.join(draft.paths), 24)}" if draft.paths else "", "$text-muted"),
                    (warning if touches else "", "$warning"),
                )
            )
        if len(found) > _LISTED:
            rows.append(Content.styled(f"… and {len(found) - _LISTED} more", "$text-muted"))
        return Content("\n").join(rows)

    @on(Box.Sent)
    def _sent(self) -> None:
        try:
            found = parse(self.written)
        except TaskTextError as error:
            self.complain(line(str(error)))
            return
        if found:
            self.sent(found)
        else:
            self.complain(f"nothing is written yet; {self.key('put_away')} closes")


def _meet(draft: Draft, other: Draft) -> bool:
    return any(meets(one, two) for one in draft.paths for two in other.paths)
