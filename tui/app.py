"""The application: modes, one connection, one frame clock. What is shown is the screens' affair."""

from __future__ import annotations

import gc
import importlib
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.timer import Timer

from factory import wire
from tui import frame
from tui.attentive import Attentive
from tui.diff.place import Place
from tui.driver import SleepingDriver
from tui.feed import Connect, Feed, Link
from tui.notices import Notices, chosen
from tui.screens.base import FactoryScreen
from tui.settings import Settings
from tui.standing import counts, short
from tui.text import line
from tui.theme import THEMES, AsciiSigns, Themed
from tui.undo import Act, inverse
from tui.waiting import Order


def _screen(module: str, name: str) -> Callable[[], Screen[None]]:
    """A screen that is imported when it is first shown: the first paint does not wait for it."""

    def make() -> Screen[None]:
        made = getattr(importlib.import_module(f"tui.screens.{module}"), name)()
        assert isinstance(made, Screen)
        return made

    return make


_MODES: dict[str, str | Callable[[], Screen[Any]]] = {
    "floor": _screen("floor", "FloorScreen"),
    "inbox": _screen("inbox", "InboxScreen"),
    "tasks": _screen("tasks", "TasksScreen"),
    "ledger": _screen("ledger", "LedgerScreen"),
    "report": _screen("report", "ReportScreen"),
}


_DEFAULTS = Settings()


def _commands() -> type[Provider]:
    from tui.palette import Commands

    return Commands


class FactoryApp(Attentive, Themed):
    """One developer's view on one engine; `connect` opens the connection, again after a loss."""

    TITLE = "factory"
    ENABLE_COMMAND_PALETTE = True
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = _MODES
    DEFAULT_MODE = "floor"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}

    def __init__(
        self,
        connect: Connect,
        *,
        settings: Settings = _DEFAULTS,
        open_at: str = "floor",
        now: Callable[[], float] = time.time,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(driver_class=SleepingDriver)
        self.frame = frame.FrameClock()
        self.feed = Feed(connect, self)
        self.keymap = settings.keys
        self.remarks = settings.remarks
        self.drafts: dict[str, str] = {}
        self.order = Order.AGE
        self.now = now
        self.acts: list[Act] = []
        inside_tmux = bool(environment.get("TMUX"))
        self._notices = Notices(chosen(settings.notify, environment), inside_tmux=inside_tmux)
        self._open_at = open_at
        self._ticks: Timer | None = None
        self._away: Timer | None = None
        """Lets the footer count the seconds that the engine is away."""
        self._title = ""
        if settings.signs == "ascii":
            self._filters.append(AsciiSigns())
        self.set_keymap(settings.keys)
        for theme in THEMES:
            self.register_theme(theme)
        known = not settings.theme or settings.theme in self.available_themes
        self.theme = (settings.theme if known else "") or THEMES[0].name
        wrong = f'keys.toml: no theme is called "{settings.theme}"; `:` lists those there are'
        self._problems = settings.problems if known else (*settings.problems, wrong)

    # --- start

    def on_mount(self) -> None:
        """Show the first screen; everything that costs time comes after its first paint."""
        self._ticks = self.set_interval(1 / frame.RATE, self._tick, pause=True)
        self.frame.start(self._ticks.resume)
        self._away = self.set_interval(1.0, self._stand, pause=True)
        if self._open_at != self.DEFAULT_MODE:
            self.switch_mode(self._open_at)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if not self.is_headless:
            # What is alive now lives as long as we do: the collector need not walk it again. After
            # that it comes often and finds little, so that no frame waits long for it.
            gc.freeze()
            gc.set_threshold(5_000, 40, 100)
        self.run_worker(self.feed.run(), name="feed", exit_on_error=True)
        for problem in self._problems:
            self._active(partial(_complain, problem))

    def _tick(self) -> None:
        if not self.frame.tick() and self._ticks is not None:
            self._ticks.pause()

    # --- what the feed tells

    def take_overview(self, overview: wire.Overview) -> None:
        """Hand a newer picture to the screens that are seen."""
        self._active(lambda screen: screen.take(overview))
        self._stand()
        self._set_title(f"{line(overview.repository, 30)} {short(counts(overview.tasks))}")
        for sequence in self._notices.news(overview):
            if self._driver is not None:
                self._driver.write(sequence)

    def hear(self, notice: wire.AnyNotice) -> None:
        """Hand a notice to the screens that are seen."""
        self._active(lambda screen: screen.hear(notice))

    def take_link(self, link: Link) -> None:
        """Show that the engine went away, came back, or is of another version."""
        self._active(lambda screen: screen.take_link(link))
        self._stand()
        if self._away is not None:
            self._away.pause() if link.away_since is None else self._away.resume()
        if link.other is not None:
            from tui.screens.otherversion import OtherVersion

            self.push_screen(OtherVersion(link.other, self.feed))

    def _stand(self) -> None:
        self._active(lambda screen: screen.stand())

    def _active(self, tell: Callable[[FactoryScreen], None]) -> None:
        if self._exit or not self.is_running:
            return  # screens that are taken down have lost parts of themselves
        # A card or a prompt lies over the screen that it belongs to: that one is seen too.
        for screen in reversed(self.screen_stack):
            if isinstance(screen, FactoryScreen):
                if screen.is_mounted:
                    tell(screen)
                return

    def _set_title(self, title: str) -> None:
        if title != self._title and self._driver is not None:
            self._title = title
            self._driver.write(f"\x1b]2;{title}\x07")

    # --- what screens ask for

    def show_mode(self, mode: str) -> None:
        """Go to a mode, back on its first screen."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.switch_mode(mode)

    def show_task(self, task: str) -> None:
        """Go to the Floor with this task under the cursor."""
        self.show_mode("floor")
        screen = self.screen
        if isinstance(screen, FactoryScreen):
            screen.call_later(screen.point_at, task)  # it may not be mounted yet

    def show_review(
        self, task: str, *, look: wire.Look = wire.Look.CHANGE, at: Place | None = None
    ) -> None:
        """Review a change; it comes to the front with its diff, so that it is painted once."""
        from tui.screens.review import ReviewScreen

        screen = ReviewScreen(task, look=look, at=at)
        self.run_worker(screen.come(), group="open", exclusive=True)

    def show_evidence(self, task: str, *, jump: Callable[[Place], None] | None = None) -> None:
        """Show every run of every guardrail."""
        from tui.screens.evidence import EvidenceScreen

        self.push_screen(EvidenceScreen(task, jump=jump))

    def did(
        self,
        command: wire.AnyCommand,
        before: wire.Overview | None,
        reply: wire.Reply,
        undo: wire.AnyCommand | None,
    ) -> None:
        """Remember an act of the developer's, for undo."""
        act = inverse(command, before, reply)
        if undo is not None:
            act = Act(act.said if act else "taken back", (undo,))
        if act is not None:
            self.acts.append(act)
            del self.acts[:-50]

    def last_act(self) -> Act | None:
        """Take out the developer's last act that is not undone."""
        return self.acts.pop() if self.acts else None


def _complain(problem: str, screen: FactoryScreen) -> None:
    screen.say(problem, error=True)
