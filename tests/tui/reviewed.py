"""A review on the stage, with real keys and a clock of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from msgspec.structs import replace
from textual.pilot import Pilot

from factory.wire import (
    Look,
    Overview,
    TaskView,
)
from tests.screen import text_of
from tests.stage import NOW, Stage, played
from tests.stage_review import (
    change,
    comments,
    review_stage,
)
from tui.app import FactoryApp
from tui.screens.review import ReviewScreen
from tui.settings import Settings

OTHER = "0ther00" + "0" * 33
ENDLESS = ("feed", "transcripts")
"""Workers that end with the app."""


@dataclass
class Clock:
    """A clock that goes on by itself, unless it is stopped."""

    at: float = NOW
    step: float = 1.0

    def __call__(self) -> float:
        self.at += self.step
        return self.at


class Review:
    """A review on the stage, with real keys."""

    def __init__(self, app: FactoryApp, stage: Stage, pilot: Pilot[None]) -> None:
        self.app, self.stage, self.pilot = app, stage, pilot

    async def press(self, *keys: str) -> str:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()
        return self.text

    async def settle(self) -> None:
        """Let everything that was asked for arrive and be painted."""
        for _ in range(100):
            await self.pilot.pause()
            if not any(w.is_running for w in self.app.workers if w.name not in ENDLESS):
                break
        await self.pilot.pause()

    async def write(self, words: str) -> None:
        for character in words:
            await self.pilot.press("space" if character == " " else character)
        await self.settle()

    @property
    def text(self) -> str:
        return text_of(self.app)

    @property
    def front(self) -> object:
        return self.app.screen

    @property
    def screen(self) -> ReviewScreen:
        found = next(s for s in reversed(self.app.screen_stack) if isinstance(s, ReviewScreen))
        assert isinstance(found, ReviewScreen)
        return found

    def sent(self, kind: type) -> list[object]:
        return [command for command in self.stage.commands if isinstance(command, kind)]


@asynccontextmanager
async def reviewing(
    stage: Stage | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    clock: Clock | None = None,
    task: str = "rate-limit",
    look: Look = Look.CHANGE,
    settings: Settings | None = None,
) -> AsyncIterator[Review]:
    stage = stage or review_stage(remarks=comments())
    app = FactoryApp(
        played(stage), open_at="inbox", now=clock or Clock(), settings=settings or Settings()
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        review = Review(app, stage, pilot)
        while app.feed.overview is None:
            await pilot.pause()
        await app.push_screen(ReviewScreen(task, look))
        await review.settle()
        yield review


def changed(stage: Stage, task: str, **fields: object) -> Overview:
    """The newest picture, with another state or change of one task."""
    tasks = tuple(
        _with(item, **fields) if item.task.id == task else item for item in stage.overview.tasks
    )
    return replace(stage.overview, tasks=tasks)


def _with(item: TaskView, **fields: object) -> TaskView:
    return replace(item, **fields)


def made_anew(stage: Stage, task: str = "rate-limit") -> None:
    """The engine has checked another tree of the task."""
    for look in Look:
        stage.reviews[task, look] = replace(stage.reviews[task, look], tree=OTHER)
    stage.happen(changed(stage, task, change=change(task, tree=OTHER)), kind="ready", task=task)
