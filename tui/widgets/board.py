"""The Floor's picture: header, what needs the developer, panes or list, and the guardrails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from factory.wire import Overview, TaskView
from tui import floorlist, headline
from tui.frame import FrameClock
from tui.keys import Mapped
from tui.layout import Step
from tui.standing import why
from tui.summary import heading, told
from tui.text import line
from tui.widgets.grid import Grid
from tui.widgets.listing import Listing, Slot


class Board(Vertical):
    """Draws one picture at one moment; `at` is the task under the cursor, kept in view."""

    DEFAULT_CSS = """
    Board { height: 1fr; }
    Board > Static { height: auto; }
    """

    def __init__(self, frame: FrameClock) -> None:
        super().__init__()
        self.at = ""
        self.lists = False
        self._frame = frame
        self._overview: Overview | None = None
        self._views: Mapping[str, TaskView] = {}
        self._names: list[str] = []
        self._now = 0.0

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="header")
        yield Static(id="attention")
        yield Static(floorlist.empty(None), id="empty")
        yield Grid(self._frame)
        yield Listing()
        yield Static(id="whole")
        yield Static(id="bar")

    @property
    def grid(self) -> Grid:
        """The panes."""
        return self.query_one(Grid)

    @property
    def listing(self) -> Listing:
        """The list."""
        return self.query_one(Listing)

    @property
    def attempts(self) -> dict[str, str]:
        """Transcripts that are on the screen, with the task of each."""
        views = (self._views[task] for task in self.grid.shown if task in self._views)
        return {view.attempt: view.task.id for view in views if view.attempt}

    def show(self, overview: Overview, now: float, *, lists: bool) -> None:
        """Show this picture, as panes or as a list."""
        self._overview, self._now, self.lists = overview, now, lists
        self._views = {view.task.id: view for view in overview.tasks}
        tasks = floorlist.roster(overview, now) if lists else floorlist.agents(overview, now)
        names = self._names = [view.task.id for view in tasks]
        if self.at not in names:
            self.at = names[0] if names else ""
        self.grid.display = bool(names) and not lists
        self.listing.display = bool(names) and lists
        self.query_one("#empty").display = not names
        self._put("#empty", floorlist.empty(overview))
        self.grid.show(() if lists else names, self.at)
        self.listing.show([Slot(name) for name in names] if lists else [], self._row)
        self.listing.to(self.at)
        self.redraw(now)

    def redraw(self, now: float) -> None:
        """All that a second changes: headings, summaries, header, attention and guardrails."""
        overview = self._overview
        if overview is None:
            return
        self._now = now
        width = self.size.width
        shown = {task: self._views[task] for task in self.grid.shown if task in self._views}
        self.grid.head({task: heading(view, now) for task, view in shown.items()}, self.at)
        for task, view in shown.items():
            self.grid.summarize(task, told(view, now, cast(Mapped, self.app).keymap))
        needy = (
            headline.troubles(overview, width)
            if self.lists
            else headline.attention(overview, width, now, cast(Mapped, self.app).keymap)
        )
        at = self._views.get(self.at) if self.lists else None
        whole = floorlist.whole(at, overview, now, width)
        self.query_one("#whole").display = bool(whole.plain)
        self._put("#whole", whole)
        self.query_one("#attention").display = bool(needy)
        self._put("#attention", Content("\n").join(needy))
        self._put("#header", headline.header(overview, width))
        self._put("#bar", headline.bar(self._views.get(self.at), overview, width))
        if self.lists:
            self.listing.refresh()

    def move(self, step: Step) -> str:
        """The task that a step leads to."""
        if self.lists:
            self.listing.move(step.down or step.across)
            if step.half:
                self.listing.half(step.half)
            if step.end:
                self.listing.ends(last=step.end > 0)
            return self.listing.cursor
        if step.half:
            pane = self.grid.pane(self.at)
            if pane is not None:
                pane.scroll_rows(step.half * max(1, pane.room[1] // 2))
        elif step.end and self.grid.order:
            return self.grid.order[-1 if step.end > 0 else 0]
        return self.grid.beside(self.at, across=step.across, down=step.down)

    def after(self) -> str:
        """The task after the one under the cursor; after the last comes the first."""
        order = [*self._names] if self.lists else [*self.grid.order]
        return order[(order.index(self.at) + 1) % len(order)] if self.at in order else ""

    def find(self, words: str, *, again: bool) -> str:
        """The next task that has these words: in its name, its title, its standing, its pane."""
        order = list(self._views)
        start = order.index(self.at) + again if self.at in order else 0
        wanted = words.casefold()
        for name in (*order[start:], *order[:start]):
            view = self._views[name]
            pane = self.grid.pane(name)
            said = pane.window.text() if pane is not None else ""
            told = f"{name} {view.task.title} {why(view, self._now)} {said}"
            if wanted in line(told).casefold():
                return name
        return ""

    def _row(self, slot: Slot, width: int) -> Content:
        view = self._views.get(slot.key)
        if self._overview is None or view is None:
            return Content()
        current = slot.key == self.at
        return floorlist.row(view, self._overview, self._now, width, current=current)

    def _put(self, name: str, content: Content) -> None:
        static = self.query_one(name, Static)
        shown = static.content
        if not (isinstance(shown, Content) and shown.is_same(content)):
            static.update(content)
