"""What the zoom shows: one transcript from its first word on."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from factory.entry import AnyEntry
from factory.wire import Overview
from tui import floorlist, headline
from tui.layout import Step
from tui.lines import Script
from tui.screens.watching import Watching
from tui.summary import heading, size_line, told
from tui.text import line
from tui.transcripts import Transcripts
from tui.widgets.footer import Footer
from tui.widgets.pane import Pane

_LINES = 200_000
"""Lines of a transcript that can be scrolled back to."""
_CHUNK = 131_072
"""Bytes read at once: few enough that a key is answered in between."""


class Zooming(Watching):
    """Follows one transcript; scrolling back stops that until its end is in view again."""

    def __init__(self, task: str, *, answer: bool = False, at: int | None = None) -> None:
        """`at` is how many entries stand before the one that is shown first."""
        super().__init__(Transcripts(self.ask, self._read, tail=None, at_once=_CHUNK))
        self.about = task
        self._answer = answer
        """Whether to ask for the answer at once."""
        self._script = Script(whole=True)
        self._attempt = ""
        self._at = at
        self._entries = 0

    def compose(self) -> ComposeResult:
        """The transcript, its guardrails and the footer."""
        yield Pane(self.about, self.factory.frame, most=_LINES, wrap=True)
        yield Static(id="bar")
        yield Footer()

    @property
    def pane(self) -> Pane:
        """The transcript on the screen."""
        return self.query_one(Pane)

    def take(self, overview: Overview) -> None:
        """Show a newer picture of this task."""
        super().take(overview)
        if self._answer:
            self._answer = False
            self.action_say()

    def _read(self, attempt: str, entries: list[AnyEntry]) -> None:
        if attempt != self._attempt:
            return
        ahead = -1 if self._at is None else self._at - self._entries
        self._entries += len(entries)
        if 0 <= ahead < len(entries):
            self._at = None
            self.pane.feed(self._script.read(entries[:ahead]))
            first = self._script.read(entries[ahead : ahead + 1])
            begins = len(self.pane.window) - first.drop
            self.pane.feed(first)
            self.pane.feed(self._script.read(entries[ahead + 1 :]))
            self.pane.window.to_first(begins)
        else:
            self.pane.feed(self._script.read(entries))

    def draw(self) -> None:
        """Show the task as it stands now."""
        overview = self.seen
        view = floorlist.view_of(overview, self.about)
        if overview is None or view is None:
            return
        if view.attempt != self._attempt:
            self._attempt = view.attempt
            self._script = Script(whole=True)
            self._entries = 0
            self.pane.begin(self.about)
            self.transcripts.watch([view.attempt] if view.attempt else [])
        now = self.factory.now()
        shown = heading(view, now)
        more = " · ".join(filter(None, (line(view.task.agent), size_line(view))))
        self.pane.head(shown._replace(words=f"{shown.words} · {more}"), current=True)
        self.pane.summarize(told(view, now, self.factory.keymap))
        bar = headline.bar(view, overview, self.size.width)
        self.query_one("#bar", Static).update(bar)

    def current_task(self) -> str:
        """The task that is shown."""
        return self.about

    def point_at(self, task: str) -> None:
        """Show another task."""
        self.about = task
        self._attempt = ""
        self.draw()

    def copied(self) -> str:
        """The whole transcript, as it is shown."""
        return self.pane.window.text()

    def move(self, step: Step) -> None:
        """Scroll."""
        pane = self.pane
        if step.end > 0:
            pane.window.to_last()
        elif step.end < 0:
            pane.window.to_first()
        pane.scroll_rows(step.down + step.half * max(1, pane.room[1] // 2))

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next line that has these words."""
        found = self.pane.window.find(words, *self.pane.room, again=again)
        self.pane.refresh()
        return found
