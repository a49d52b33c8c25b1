"""The keys that find: words in the diff, a file by its name, words in all files."""

from __future__ import annotations

from factory.wire import Mention
from tui.diff.document import Document
from tui.diff.locate import locate, reveal
from tui.diff.place import Place
from tui.matching import ranked
from tui.screens.reviewing.walking import Walking
from tui.text import line

_ABOVE = 3
"""Lines of the window that stay above a place that was jumped to."""


class Searching(Walking):
    """The engine searches; what it found is gone to."""

    _sought = ""
    """The words that were looked for last."""

    def opened(self) -> None:
        """Mark the words in the new diff, and ask what only moved in it."""
        super().opened()
        document = self.diff.document
        document.words = self._sought
        if document.index.added and document.index.removed:
            self.run_worker(self._mark_moves(document), group="moves", exclusive=True)

    async def _mark_moves(self, document: Document) -> None:
        task, look, context = self.task_id, self.look, self.context
        moves = await self.ask(lambda c: c.moves(task, look, context=context))
        if moves and document is self.diff.document:
            document.take_moves(moves)
            self.diff.redraw()

    def find(self, words: str, *, again: bool) -> bool:
        """Find words in lines, headings and paths, from the cursor on and round."""
        self._sought = words
        self._seek(1 if again else 0)
        return True

    def action_next_hit(self) -> None:
        """Go to the next line with the words."""
        self._seek(1)

    def action_previous_hit(self) -> None:
        """Go to the line before with the words."""
        self._seek(-1)

    def _seek(self, by: int) -> None:
        if self._sought:
            self.run_worker(self._go_to_hit(by), group="find", exclusive=True)
        else:
            self.say(f"nothing was looked for yet; {self.key('find')} finds words")

    async def _go_to_hit(self, by: int) -> None:
        document, words = self.diff.document, self._sought
        start = document.port.cursor + by
        found = await self.ask(
            lambda c: c.find(
                self.task_id, words, start, self.look, context=self.context, back=by < 0
            )
        )
        if found is None or document is not self.diff.document:
            return
        document.words = words
        if found.row < 0:
            self.footer.not_found()
            self.say(f"no line has {line(words)}")
            self.diff.redraw()
            return
        reveal(document, found.row)
        self.diff.redraw()
        self.diff.go(lambda port: port.to(found.row))
        self.footer.found(f"hit {found.number} of {found.hits}")

    def place_to_edit(self) -> tuple[str, int]:
        """The line under the cursor, as its number is on the candidate's side."""
        document = self.diff.document
        cursor = document.port.cursor
        file, row = document.places.file(cursor), document.pages.row(cursor)
        if file is None:
            return "", 0
        number = row.new if row else 0
        if row is not None and not number and row.old:  # removed: the line that took its place
            below = (document.pages.row(at) for at in range(cursor, file.row + file.rows))
            number = next((one.new for one in below if one is not None and one.new), 0)
        return file.path, number

    def action_file_by_name(self) -> None:
        """Choose a file by letters of its name."""
        from tui.screens.choosing import Choosing

        files = {file.path: file for file in self.diff.document.index.files}

        def chosen(path: str | None) -> None:
            if path in files:
                row = files[path].row
                self.diff.go(lambda port: port.to(row, at=0))

        self.app.push_screen(
            Choosing("go to", lambda words: ranked(words, files), "no file of this change"), chosen
        )

    def action_find_in_files(self) -> None:
        """Ask for words, and list where they stand in all files of the candidate."""
        from tui.screens.mentioned import Mentioned

        task, look = self.task_id, self.look
        screen = Mentioned(lambda c, words: c.mentions(task, words, look), self.ask)

        def chosen(number: str | None) -> None:
            if number:
                place = screen.found[int(number)]
                self.run_worker(self._go_to(place), group="find", exclusive=True)

        self.app.push_screen(screen, chosen)

    async def _go_to(self, mention: Mention) -> None:
        """The line in the diff, where it shows it; else its file, to be read."""
        document = self.diff.document
        row = await self.ask(
            lambda _: locate(document, Place(mention.path, mention.line, at=_ABOVE))
        )
        found = document.pages.row(row) if row is not None else None
        if row is not None and found is not None and found.new == mention.line:
            reveal(document, row)
            self.diff.redraw()
            self.diff.go(lambda port: port.to(row, at=_ABOVE))
            return
        from tui.screens.file import FileScreen

        text = await self.ask(lambda c: c.file(self.task_id, mention.path, self.look))
        if text is not None:
            self.app.push_screen(FileScreen(self.task_id, text, mention.line))
