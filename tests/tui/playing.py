"""Plays the screen in a test: open it on a stage, press keys, wait until something is so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from tests.screen import text_of
from tests.stage import NOW, Stage, played
from tui.app import FactoryApp
from tui.settings import Settings

WIDE = (120, 40)
SMALL = (80, 24)
SIZES = {"80": SMALL, "120": WIDE, "200": (200, 60)}


def application(pilot: Pilot[None]) -> FactoryApp:
    assert isinstance(pilot.app, FactoryApp)
    return pilot.app


@asynccontextmanager
async def playing(
    stage: Stage,
    size: tuple[int, int] = WIDE,
    *,
    mode: str = "floor",
    settings: Settings | None = None,
    now: Callable[[], float] = lambda: NOW,
) -> AsyncIterator[Pilot[None]]:
    """The screen with its first overview, and every transcript that it shows read once."""
    app = FactoryApp(played(stage), open_at=mode, now=now, settings=settings or Settings())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.feed.overview is not None and stage.listeners == 1)
        yield pilot


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    for _ in range(300):
        if true():
            await pilot.pause()
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came to that; the screen:\n" + text_of(pilot.app))


async def shows(pilot: Pilot[None], words: str) -> None:
    await until(pilot, lambda: words in text_of(pilot.app))


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the panes of the scene show all that their agents said."""
    for words in (
        "methods are safe.",
        "12 typos fixed",
        "Reading the catalogue",
        "keep old order?",
    ):
        await shows(pilot, words)
