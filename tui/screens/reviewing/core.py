"""What a review has open: one diff of one task, bound to the trees that it was made from."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from factory.model import Comment, CommentState, FactoryError, TaskState
from factory.wire import AnyNotice, Grew, Look, Overview, ReviewIndex, Row, TaskView
from tui import reviewlines
from tui.diff.document import Document
from tui.diff.locate import Place, locate, place_of
from tui.diff.pages import Fetch
from tui.reviewlines import Seen
from tui.screens.acts import TaskActs
from tui.text import line
from tui.waiting import place as place_in_inbox
from tui.widgets.diff import DiffView
from tui.widgets.files import Files
from tui.widgets.footer import Footer

WIDE = 100
"""Cells from which on the files have a column of their own."""
_LIVE_PACE = 2.0
"""Seconds between two looks at a worktree that is being worked in, at least."""


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
        self._counted = (-1, -1)
        self._waits = False

    def compose(self) -> ComposeResult:
        """Headline, what to know before, files and diff, evidence."""
        yield Static(id="review-headline")
        yield Static(id="review-concerns")
        with Horizontal(id="review-body"):
            yield Files()
            yield DiffView()
        yield Static(id="review-evidence")
        yield Footer()

    def on_mount(self) -> None:
        """Ask for the diff at once."""
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
        tasks = self.overview.tasks if self.overview else ()
        return next((view for view in tasks if view.task.id == self.task_id), None)

    def shown_for(self, index: ReviewIndex) -> float:
        """Seconds for which this diff has been on the screen; 0 where another one is there."""
        on_screen = self.shown_at and self.diff.document.index is index
        return self.factory.now() - self.shown_at if on_screen else 0.0

    def read(self, at: Place | None = None) -> None:
        """Read the diff (again), the cursor on this place of it."""
        self._waits = False
        place = at or place_of(self.diff.document)
        self.run_worker(self._read(place), group="read", exclusive=True)

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
            elif self._differs(view):
                self.read()
        self.refresh_lines()

    def hear(self, notice: AnyNotice) -> None:
        """Look at a live worktree again when its agent did something, at its pace."""
        grew = isinstance(notice, Grew) and notice.name.startswith(f"{self.task_id}.")
        if self.look is Look.LIVE and grew and not self._waits:
            self._waits = True
            self.set_timer(_LIVE_PACE, self.read)

    def refresh_lines(self) -> None:
        """Say anew what stands around the diff."""
        view, overview, width = self.found(), self.overview, self.size.width
        if view is None or overview is None:
            return
        document = self.diff.document
        if self.look is Look.LIVE:
            head = reviewlines.live_headline(view, document.index, self.factory.now(), width)
        else:
            marks = document.places.marks
            seen = Seen(len(marks) - document.unseen, len(marks))
            number = place_in_inbox(overview, self.task_id)
            head = reviewlines.headline(view, document.index, overview.target, number, seen, width)
        self.query_one("#review-headline", Static).update(head)
        self.query_one("#review-concerns", Static).update(reviewlines.concerns(view, width))
        self.query_one("#review-evidence", Static).update(
            reviewlines.evidence(view.guardrails, width)
        )

    async def _read(self, at: Place | None) -> None:
        look, context = self.look, self.context
        index = await self.ask(lambda c: c.review(self.task_id, look, context=context))
        if index is None:
            self.diff.nothing = "this diff cannot be read now; the line below says why"
            self.diff.redraw()
            return
        self.diff.nothing = _NOTHING[look]
        document = Document(index, _rows_of(self, index), self.diff.document.sheet)
        document.remark(self.comments)
        row = await self.ask(lambda _: locate(document, at)) if at else 0
        self.diff.show(document, row or 0, at.at if at else 0)
        self.query_one(Files).show_files(index, document.seen)
        self.shown_at = self.factory.now()
        self.refresh_lines()
        details = await self.ask(lambda c: c.details(self.task_id))
        if details is not None:
            self.show_comments(details.comments)

    def _differs(self, view: TaskView) -> bool:
        """Whether marks or comments were changed otherwise than by this screen: by undo, say."""
        counted = (view.seen, view.comments)
        busy = any(worker.group == "commands" for worker in self.app.workers)
        if counted == self._counted or busy or view.task.state is not TaskState.READY:
            return False
        self._counted = counted
        document = self.diff.document
        seen = sum(hunk.id in document.seen for hunk in document.places.hunks)
        return counted != (seen, len(self.drafts)) and self.look is Look.CHANGE

    def show_comments(self, comments: Sequence[Comment]) -> None:
        """Show these under their lines."""
        self.comments = tuple(comments)
        self.diff.document.remark(self.comments)
        self.diff.redraw()
        self.refresh_lines()

    @on(DiffView.Failed)
    def _failed(self, event: DiffView.Failed) -> None:
        self.say(event.sentence, error=True)


def _rows_of(screen: ReviewCore, index: ReviewIndex) -> Fetch:
    """Rows of exactly this diff: those of another tree must never stand under its name."""
    look, context, task = screen.look, screen.context, screen.task_id

    async def fetch(first: int, count: int) -> Sequence[Row]:
        rows = await screen.client.rows(task, first, count, look, context=context)
        if rows.tree and (rows.tree, rows.against) != (index.tree, index.against):
            screen.call_later(screen.read)
            raise FactoryError(f"{line(task)} was made anew meanwhile; it is being read again")
        return rows.rows

    return fetch


_NOTHING = {
    Look.CHANGE: "this change has no lines to show",
    Look.DELTA: "nothing has changed since your last look; d shows the whole change",
    Look.LIVE: "nothing differs from the base yet",
}
