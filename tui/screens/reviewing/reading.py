"""The keys that read: hunk by hunk, page by page, what was seen, how much around it."""

from __future__ import annotations

from factory.wire import Look, MarkSeen
from tui.diff.document import Document
from tui.diff.places import marks_of
from tui.screens.reviewing.laying import Laying
from tui.text import plural
from tui.thumbnail import is_drawn
from tui.waiting import first_look, neighbour
from tui.widgets.diff import NO_DIFF, no_rows

_CONTEXTS = (3, 10, 30, 100, 1_000)
"""Lines around a change, step by step; then the first again."""


class Reading(Laying):
    """Hunks, files and changes one after the other; seen marks; context, delta."""

    def action_next_hunk(self) -> None:
        """Go to the next hunk."""
        self.jump("hunk", 1)

    def action_previous_hunk(self) -> None:
        """Go to the hunk before."""
        self.jump("hunk", -1)

    def action_next_file(self) -> None:
        """Go to the next file."""
        self.jump("file", 1)

    def action_previous_file(self) -> None:
        """Go to the file before."""
        self.jump("file", -1)

    def action_next_change(self) -> None:
        """Go to the next change of the inbox."""
        self.go_to_neighbour(1)

    def action_previous_change(self) -> None:
        """Go to the change before."""
        self.go_to_neighbour(-1)

    def go_to_neighbour(self, by: int) -> bool:
        """Review another change of the inbox in place of this one; False where there is none."""
        order = self.factory.order
        other = neighbour(self.overview, self.task_id, by, order) if self.overview else ""
        if not other:
            self.say("no other change waits")
            return False
        self.task_id, self.context = other, _CONTEXTS[0]
        self.look = first_look(self.overview, other)
        self.shown_at, self.comments = 0.0, ()
        self.diff.show(Document(NO_DIFF, no_rows, self.diff.document.sheet))
        self.read()
        self.refresh_lines()
        return True

    def action_read_on(self) -> None:
        """A page on; hunks that were on the screen to their end are marked seen."""
        document = self.diff.document
        rows = [spot.row for spot in self.diff.spots()]
        if not rows:
            return
        whole = [row for row in rows if document.pages.row(row) is not None]
        done = document.progress.show(whole[0], _last_whole(document, rows)) if whole else ()
        new = tuple(mark for mark in done if mark not in document.seen)
        at_end = document.port.shape.after(rows[-1]) is None
        self.mark(new)
        self.diff.go(lambda port: port.page(1))
        if at_end:
            left = document.unseen
            self.say("all is seen" if not left else f"the end; {plural(left, 'hunk')} not seen yet")

    def action_seen(self) -> None:
        """Mark the hunk (on a heading, the file) seen and go to the next that is not."""
        document = self.diff.document
        cursor = document.port.cursor
        hunk, file = document.places.hunk(cursor), document.places.file(cursor)
        marks = (hunk.id,) if hunk else marks_of(file) if file else ()
        seen = not all(mark in document.seen for mark in marks)
        self.mark(marks, seen=seen)
        row = document.seen.next_left(cursor) if seen else None
        if row is not None:
            self.diff.go(lambda port: port.to(row, at=3))
        elif seen:
            self.say("all is seen")

    def mark(self, marks: tuple[str, ...], *, seen: bool = True) -> None:
        """Mark hunks or files as seen, or not, here and in the engine."""
        if not marks or self.look is Look.LIVE:
            return
        document = self.diff.document
        document.seen.mark(marks, seen=seen)
        self.diff.repaint()
        self.files.follow_marks(document.places.paths(marks))
        self.refresh_lines()
        self.do(MarkSeen(task=self.task_id, marks=marks, seen=seen))

    def action_context(self) -> None:
        """More lines around the changes; on a folded file its lines; from the files to the diff."""
        document = self.diff.document
        cursor = document.port.cursor
        file = document.places.file(cursor)
        if self.files.has_focus:
            self.action_panel()
        elif file is not None and cursor == file.row and is_drawn(file.path):
            from tui.screens.picture import PictureScreen

            self.app.push_screen(PictureScreen(self.task_id, self.look, file))
        elif file is not None and file.kind == "folded" and cursor == file.row:
            document.fold(file)
            self.diff.redraw()
            self.diff.go(lambda port: port.to(cursor, at=3))
        else:
            at = _CONTEXTS.index(self.context) + 1
            self.context = _CONTEXTS[at % len(_CONTEXTS)]
            self.say(f"{self.context} lines around each change")
            self.read()

    def action_delta(self) -> None:
        """Only what changed since the last look, or all of it again."""
        if self.look is Look.LIVE:
            self.say("this is the live worktree; there is no last look at it")
            return
        self.look = Look.CHANGE if self.look is Look.DELTA else Look.DELTA
        self.read()

    def copied(self) -> str:
        """The line or range under the cursor, as it is in the file."""
        anchor = self.diff.document.anchor()
        return anchor.text or anchor.path if anchor else ""


def _last_whole(document: Document, rows: list[int]) -> int:
    """The last row of the window that is there with all of its lines."""
    count = rows.count(rows[-1])
    whole = document.pages.row(rows[-1]) is not None and count >= document.lines(rows[-1])
    return document.port.shape.through(rows[-1]) if whole else rows[-1] - 1
