"""The keys that move through a diff and its files."""

from __future__ import annotations

from itertools import chain

from textual import events, on

from tui.diff.document import Document
from tui.diff.locate import reveal
from tui.diff.places import Places
from tui.layout import Step
from tui.screens.reviewing.core import WIDE
from tui.screens.reviewing.living import Living
from tui.text import line
from tui.widgets.diff import DiffView
from tui.widgets.files import Files
from tui.widgets.listing import Listing

_ASIDE = 8
"""Cells that a key scrolls to the side."""
_ABOVE = 3
"""Lines of the window that stay above a hunk that was jumped to."""


class Walking(Living):
    """Lines, pages, hunks, files, panels."""

    @property
    def files(self) -> Files:
        """The column of files."""
        return self.query_one(Files)

    def on_resize(self, event: events.Resize) -> None:
        """Give the files a column where there is room for one."""
        self.files.display = event.size.width >= WIDE or self.files.has_focus
        self.refresh_lines()

    def move(self, step: Step) -> None:
        """Move the cursor; to the side, scroll long lines."""
        sheet = self.diff.document.sheet
        if step.across:
            if sheet.left or not self._change_sides(step.across):
                self.diff.lay_out(left=sheet.left + step.across * _ASIDE)
        elif self.files.has_focus:
            self._move_files(step)
        elif step.end:
            self.diff.go(lambda port: port.to(port.shape.last if step.end > 0 else 0))
        elif step.half:
            self.diff.go(lambda port: port.page(step.half / 2))
        else:
            self.diff.go(lambda port: port.move(step.down))

    def _change_sides(self, across: int) -> bool:
        """Side by side, go to the other line of a pair; False where there is none that way."""
        if not self.diff.document.port.across(new=across > 0):
            return False
        self.diff.go(lambda port: port.keep())
        return True

    def _move_files(self, step: Step) -> None:
        if step.end:
            self.files.ends(last=step.end > 0)
        elif step.half:
            self.files.half(step.half)
        else:
            self.files.move(step.down)

    def action_panel(self) -> None:
        """Go to the files, and back to the diff."""
        if self.files.has_focus:
            self.diff.focus()
            self.files.display = self.size.width >= WIDE
        else:
            self.files.display = True
            self.files.focus()

    def jump(self, kind: str, by: int) -> None:
        """Go to the next (or previous) hunk or file."""
        document = self.diff.document
        step = {"hunk": Places.hunk_from, "file": Places.file_from}[kind]
        row = step(document.places, document.port.cursor, by, document.port.shape)
        if row is None:
            self.say(f"that was the {'last' if by > 0 else 'first'} {kind}")
        else:
            self.diff.go(lambda port: port.to(row, at=_ABOVE if kind == "hunk" else 0))

    def find(self, words: str, *, again: bool) -> bool:
        """Look for words in all lines, from the cursor on and round; it may take a while."""
        self.run_worker(self._find_row(words, again), group="find", exclusive=True)
        return True

    async def _find_row(self, words: str, again: bool) -> None:
        document = self.diff.document
        start = document.port.cursor + again
        row = await self.ask(lambda _: _row_with(document, words.casefold(), start))
        if row is not None and row < 0:
            self.say(f"no line has {line(words)}")
        elif row is not None and document is self.diff.document:
            reveal(document, row)
            self.diff.go(lambda port: port.to(row))

    @on(Listing.Moved)
    def _to_file(self, event: Listing.Moved) -> None:
        """The diff follows the files while they have the focus."""
        file = next((f for f in self.diff.document.index.files if f.path == event.key), None)
        if file is not None and self.files.has_focus:
            self.diff.go(lambda port: port.to(file.row, at=0))

    @on(DiffView.Moved)
    def _in_file(self) -> None:
        """The files follow the diff."""
        document = self.diff.document
        file = document.places.file(document.port.cursor)
        if file is not None:
            self.files.to(file.path)


async def _row_with(document: Document, words: str, start: int) -> int:
    """The first row from `start` on, and round, whose text has these words; -1 where none has."""
    total = document.index.rows
    for number in chain(range(start, total), range(min(start, total))):
        if words in (await document.pages.at(number)).text.casefold():
            return number
    return -1
