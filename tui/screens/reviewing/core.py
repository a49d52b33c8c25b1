"""What a review has open: one diff of one task, bound to the trees that it was made from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from factory.model import Comment, CommentState, TaskState
from factory.wire import Look, Overview, TaskView
from tui import reviewlines
from tui.diff.locate import locate, place_of, reveal
from tui.diff.place import Place
from tui.reviewlines import Seen
from tui.screens.acts import TaskActs
from tui.screens.reviewing.fetching import Fetched, Question, document_of, fetch
from tui.text import line
from tui.waiting import place as place_in_inbox
from tui.waiting import view_of
from tui.widgets.diff import DiffView
from tui.widgets.files import Files
from tui.widgets.footer import Footer

WIDE = 100
"""Cells from which on the files have a column of their own."""
_PATIENCE = 0.08
"""Seconds for which the first paint waits for the diff."""


class ReviewCore(TaskActs):
    """The open diff, and everything the lines around it say."""

    AUTO_FOCUS = "DiffView"

    def __init__(self, task: str, look: Look = Look.CHANGE, at: Place | None = None) -> None:
        super().__init__()
        self.task_id = task
        self.look = look
        self.context = 3
        self.comments: tuple[Comment, ...] = ()
        self.shown_at = 0.0
        """When the diff came to the screen; 0 while none is there."""
        self._begin_at = at
        self._read_for: tuple[str, str] | None = None
        self._counted = (-1, -1, -1)
        self._ahead: asyncio.Future[Fetched | None] | None = None

    async def come(self) -> None:
        """Come to the front with the diff, or soon in any case: so it is painted once.

        To be run by a worker of the screen below.
        """
        question = Question(self.task_id, self.look, self.context)
        self._ahead = asyncio.ensure_future(self.ask(lambda c: fetch(c, question, page=True)))
        await asyncio.wait({self._ahead}, timeout=_PATIENCE)
        await self.app.push_screen(self)

    def compose(self) -> ComposeResult:
        """Headline, what to know before, files and diff, evidence."""
        yield Static(id="review-headline")
        yield Static(id="review-concerns")
        with Horizontal(id="review-body"):
            yield Files()
            yield DiffView()
        yield Static(id="review-evidence")
        yield Static(id="review-page")
        yield Footer()

    def on_mount(self) -> None:
        """Show the diff, or ask for it now."""
        self.read(self._begin_at)

    @property
    def diff(self) -> DiffView:
        """The diff's view."""
        return self.query_one(DiffView)

    @property
    def drafts(self) -> tuple[Comment, ...]:
        """The comments that are not sent yet."""
        return tuple(c for c in self.comments if c.state is CommentState.DRAFT)

    def current_task(self) -> str:
        """The task under review."""
        return self.task_id

    def found(self) -> TaskView | None:
        """The task as the newest picture has it; unlike `view`, silent where it is gone."""
        return view_of(self.overview, self.task_id)

    def read(self, at: Place | None = None) -> None:
        """Read the diff (again), the cursor on this place of it."""
        self.run_worker(self._read(at), group="read", exclusive=True)

    def take(self, overview: Overview) -> None:
        """Follow the newest picture; a change that was made anew is read anew, at the same line."""
        view = self.found()
        change = view.change if view else None
        index = self.diff.document.index
        if view is not None and change is not None and index.tree and self.look is not Look.LIVE:
            newest = (change.snapshot, change.tree)
            if newest not in ((index.snapshot, index.tree), self._read_for):
                self._read_for = newest
                self.say(f"{line(self.task_id)} was made anew: tree {change.tree[:7]} is shown now")
                self.read()
            elif view.task.state is TaskState.READY and self.look is Look.CHANGE:
                self._follow_counts((view.seen, view.comments, view.left_out))
        self.refresh_lines()

    def refresh_lines(self) -> None:
        """Say anew what stands around the diff."""
        view, overview, width = self.found(), self.overview, self.app.size.width
        if view is None or overview is None:
            return
        document = self.diff.document
        if self.look is Look.LIVE:
            head = reviewlines.live_headline(view, document.index, self.factory.now(), width)
        else:
            marks = document.places.marks
            seen = Seen(len(marks) - document.unseen, len(marks), len(document.left_out))
            number = place_in_inbox(overview, self.task_id, self.factory.order)
            head = reviewlines.headline(view, document.index, overview.target, number, seen, width)
        _put(self.query_one("#review-headline", Static), head)
        _put(self.query_one("#review-concerns", Static), reviewlines.concerns(view, width))
        _put(
            self.query_one("#review-evidence", Static),
            reviewlines.evidence(view.guardrails, width),
        )

    async def _read(self, at: Place | None) -> None:
        question = Question(self.task_id, self.look, self.context)
        fetched = await self._ahead if self._ahead else None
        self._ahead = None
        if fetched is None:
            fetched = await self.ask(lambda c: fetch(c, question, page=False))
        if fetched is None:
            self.diff.nothing = "this diff cannot be read now; the line below says why"
            self.diff.redraw()
            return
        document = document_of(
            fetched, question, lambda: self.client, lambda: self.call_later(self.read)
        )
        document.lay(document.sheet._replace(opens=self.key("context")))
        document.remark(self.comments)
        place = at or place_of(self.diff.document)  # where the cursor is by now
        row = (await self.ask(lambda _: locate(document, place)) or 0) if place else 0
        if document.index.rows:
            await self.ask(lambda _: document.pages.at(row))  # so that it is painted once
        reveal(document, row)
        self.diff.nothing = _NOTHING[question.look].format(whole=self.key("delta"))
        self.diff.show(document, row, place.at if place else 0)
        self.query_one(Files).show_files(document.index, document.seen)
        self.shown_at = self.factory.now()
        self.opened()
        self.refresh_lines()
        details = await self.ask(lambda c: c.details(self.task_id))
        if details is not None:
            self.show_comments(details.comments)

    def opened(self) -> None:
        """A diff has come to the screen."""

    def _follow_counts(self, counted: tuple[int, int, int]) -> None:
        """Read anew where marks or comments were changed elsewhere: by undo, by another client."""
        busy = any(worker.group == "commands" for worker in self.app.workers)
        if counted != self._counted and not busy:
            self._counted = counted
            document = self.diff.document
            seen = len(document.places.marks) - document.unseen
            if counted != (seen, len(self.drafts), len(document.left_out)):
                self.read()

    def show_comments(self, comments: Sequence[Comment]) -> None:
        """Show these under their lines."""
        self.comments = tuple(comments)
        self.diff.document.remark(self.comments)
        self.diff.redraw()
        self.refresh_lines()

    @on(DiffView.Failed)
    def _failed(self, event: DiffView.Failed) -> None:
        self.say(event.sentence, error=True)


def _put(place: Static, said: Content) -> None:
    """Say something in a line of its own; what stands there already is not drawn again."""
    if not (isinstance(place.content, Content) and place.content.is_same(said)):
        place.update(said, layout=False)


_NOTHING = {
    Look.CHANGE: "this change has no lines to show",
    Look.DELTA: "nothing has changed since your last look; {whole} shows the whole change",
    Look.RIVAL: "the two attempts came to the very same files",
    Look.LIVE: "its agent has changed nothing yet",
}
