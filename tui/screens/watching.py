"""Screens that watch agents at work: they follow transcripts, guardrails and the time."""

from __future__ import annotations

from textual.timer import Timer

from factory.wire import AnyNotice, Grew, Overview, Progressed
from tui import floorlist
from tui.feed import Link
from tui.screens.attempting import Attempting
from tui.screens.handing import Handing
from tui.standing import counts
from tui.transcripts import Transcripts

_AGEING = 20.0
"""Seconds between two looks at the clock while nothing runs, for the ages."""


class Watching(Handing, Attempting):
    """Keeps `seen`, the picture with every progress in it, and reads what is watched."""

    def __init__(self, transcripts: Transcripts) -> None:
        super().__init__()
        self.seen: Overview | None = None
        self.transcripts = transcripts
        self._clock: Timer | None = None

    def draw(self) -> None:
        """Show `seen`."""
        raise NotImplementedError

    def tell_time(self) -> None:
        """Show how long everything takes by now."""
        self.draw()

    def on_mount(self) -> None:
        """Begin to read transcripts, and to let the clock go on."""
        self.run_worker(self.transcripts.run(), name="transcripts")
        self._clock = self.set_interval(1.0, self._tick, pause=True)
        self.set_interval(_AGEING, self._age)

    def take(self, overview: Overview) -> None:
        """Show a newer picture."""
        self.seen = overview
        self.draw()
        if self._clock is not None and counts(overview.tasks).running:
            self._clock.resume()

    def hear(self, notice: AnyNotice) -> None:
        """Follow the transcripts on the screen, and the guardrails."""
        match notice:
            case Grew(name=name, size=size):
                self.transcripts.grew(name, size)
            case Progressed() if self.seen is not None:
                self.seen = floorlist.progressed(self.seen, notice)
                self.draw()
            case _:
                pass

    def take_link(self, link: Link) -> None:
        """Read on when the engine is back."""
        if link.away_since is None:
            self.transcripts.catch_up()

    def on_screen_resume(self) -> None:
        """Read what was written while another screen was in front."""
        super().on_screen_resume()
        self.transcripts.catch_up()

    def _tick(self) -> None:
        # Nothing to tell by the second while nothing runs: an idle screen costs next to nothing.
        if self.seen is not None and self.is_current and counts(self.seen.tasks).running:
            self.tell_time()
        elif self._clock is not None:
            self._clock.pause()

    def _age(self) -> None:
        if self.seen is not None and self.is_current:
            self.tell_time()
