"""What a screen needs to talk: the client, commands, and a sentence in answer."""

from __future__ import annotations

from collections.abc import (
    Awaitable,
    Callable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
)
from typing import ClassVar, Protocol, TypeVar, cast

from textual.screen import Screen
from textual.worker import Worker

from factory import wire
from factory.client import Client
from factory.model import FactoryError
from factory.wire import Look
from tui.diff.place import Place
from tui.feed import Feed
from tui.frame import FrameClock
from tui.keys import Where, actions, own_key
from tui.text import line
from tui.undo import Act
from tui.waiting import Order
from tui.widgets.footer import Footer

View = TypeVar("View")


class Factory(Protocol):
    """What a screen needs of the application."""

    feed: Feed
    frame: FrameClock
    keymap: Mapping[str, str]
    remarks: Sequence[str]
    """The developer's own ready-made remarks."""
    drafts: MutableMapping[str, str]
    """What was written and not sent yet, by what it is for: `say csv-export`."""
    order: Order
    """In which order what waits is listed, and reviewed one after the other."""

    acts: MutableSequence[Act]
    """What the developer did and has not undone, the newest last."""

    def now(self) -> float:
        """The time: seconds since the epoch."""

    def tidy(self) -> None:
        """Free what a closed screen leaves behind, in the next calm moment."""

    def show_mode(self, mode: str) -> None:
        """Go to a mode: `floor`, `inbox`, `tasks`, `ledger` or `report`."""

    def show_task(self, task: str) -> None:
        """Go to the Floor with this task under the cursor."""

    def show_review(self, task: str, *, look: Look = Look.CHANGE, at: Place | None = None) -> None:
        """Review a change, from this place on; with `Look.LIVE` the worktree as it is."""

    def show_evidence(self, task: str, *, jump: Callable[[Place], None] | None = None) -> None:
        """Show every run of every guardrail. `jump` goes to a place of the diff below."""

    def did(
        self,
        command: wire.AnyCommand,
        before: wire.Overview | None,
        reply: wire.Reply,
        undo: wire.AnyCommand | None,
    ) -> None:
        """Remember an act of the developer's, for undo."""

    def attend(self) -> None:
        """Look at what is in front: how long a change is read is counted."""

    def last_act(self) -> Act | None:
        """Take out the developer's last act that is not undone."""


class Connected(Screen[None]):
    """A screen with a connection: it asks, sends commands and says what came of them."""

    AUTO_FOCUS = ""
    WHERE: ClassVar[Where] = Where.EVERYWHERE
    HINTS: ClassVar[tuple[str, ...]] = ("open", "back", "keys")
    """Ids of the actions that the footer names, the most useful first."""

    @property
    def hints(self) -> tuple[str, ...]:
        """What the footer names now."""
        return self.HINTS

    @property
    def factory(self) -> Factory:
        """The application, as far as screens may know it."""
        return cast(Factory, self.app)

    @property
    def client(self) -> Client:
        """The connected client; raises EngineError while the engine is away (see `ask`)."""
        return self.factory.feed.client

    @property
    def overview(self) -> wire.Overview | None:
        """The newest picture; None before the engine first answered."""
        return self.factory.feed.overview

    @property
    def footer(self) -> Footer:
        """The screen's last line."""
        return self.query_one(Footer)

    def stand(self) -> None:
        """Show in the footer how the engine and its containment stand."""
        feed = self.factory.feed
        self.footer.stand(feed.overview, feed.link, feed.clock())

    def current_task(self) -> str:
        """Id of the task under the cursor; empty where there is none."""
        return ""

    def copied(self) -> str:
        """What `y` copies, as it is (the clipboard gets the exact text)."""
        return self.current_task()

    def key(self, action: str, where: Where | None = None) -> str:
        """The developer's own key of an action that works here (or at a place), for a sentence."""
        found = next(one for one in actions(where or self.WHERE) if one.id == action)
        return own_key(f"{found.where}.{found.id}", self.factory.keymap)

    def say(self, sentence: str, *, error: bool = False) -> None:
        """Answer in the footer with one sentence, for some seconds, errors for longer."""
        self.footer.say(sentence, error=error)

    async def ask(self, question: Callable[[Client], Awaitable[View]]) -> View | None:
        """Ask the engine (from a worker); a refusal is said in the footer and gives None."""
        try:
            return await question(self.client)
        except FactoryError as error:
            if self.is_attached:
                self.say(str(error), error=True)
            return None

    def _complain(self, sentence: str) -> None:
        """Say what went wrong, wherever the developer is by now."""
        if self in self.app.screen_stack:
            self.say(sentence, error=True)
        else:
            self.app.notify(line(sentence), severity="error", markup=False)

    def do(
        self,
        command: wire.AnyCommand,
        *,
        done: str = "",
        then: Callable[[wire.Reply], None] | None = None,
        undo: wire.AnyCommand | None = None,
        remember: bool = True,
    ) -> Worker[wire.Reply | None]:
        """Send a command without waiting for it; a refusal is said in the footer.

        When it was done, `done` is said and `then` called; `u` takes it back with `undo`, or with
        what `tui.undo` makes of the command (unless not to `remember`). In a worker,
        `await self.do(…).wait()` gives the reply, or None after a refusal.
        """

        async def send() -> wire.Reply | None:
            before = self.overview
            try:
                reply = await self.client.send(command)
            except FactoryError as error:
                reply = wire.Reply(error=str(error))
            if reply.error:
                self._complain(reply.error)
                return None
            if remember:
                self.factory.did(command, before, reply, undo)
            self.factory.feed.refresh()
            if done and self.is_attached:
                self.say(done)
            if then is not None and self.is_attached:
                then(reply)
            return reply

        # The app's worker, not the screen's: leaving a screen must not lose what was just done.
        return self.app.run_worker(send(), group="commands", exit_on_error=False)
