"""What is left of a review once it is closed: nothing, however many were open."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from textual._styles_cache import StylesCache

from factory.client import connect
from tests.stage import Stage
from tests.stage_review import review_stage
from tests.tui.reviewed import Review
from tui.app import FactoryApp
from tui.attentive import free
from tui.diff.document import Document
from tui.diff.pages import Pages
from tui.screens.review import ReviewScreen

pytestmark = pytest.mark.anyio

KINDS = (ReviewScreen, Document, Pages, StylesCache)


@asynccontextmanager
async def listening(stage: Stage, socket: Path) -> AsyncIterator[Path]:
    """The stage on a real socket: only over one has a question a timer."""
    settings = uvicorn.Config(
        stage.asgi(), uds=str(socket), log_level="error", lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(settings)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield socket
    finally:
        server.should_exit = True
        await serving


def alive() -> Counter[str]:
    """How many of each kind there are once everything was freed that can be."""
    free()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, KINDS))


def is_open(app: FactoryApp) -> bool:
    return isinstance(app.screen, ReviewScreen)


async def test_of_twenty_reviews_that_were_closed_only_the_last_may_still_be_there(
    home: Path,
) -> None:
    stage = review_stage()
    async with listening(stage, home / "engine.sock") as socket:
        app = FactoryApp(lambda: connect(socket), open_at="inbox")
        async with app.run_test(size=(120, 40)) as pilot:
            review = Review(app, stage, pilot)
            while app.feed.overview is None:
                await pilot.pause()
            before = alive()
            for _ in range(20):
                app.show_review("rate-limit")
                await review.settle()
                assert is_open(app)
                await review.press("q")
                assert not is_open(app)
                left = alive() - before
                assert left["ReviewScreen"] <= 1
                assert left["Document"] <= 2
                assert left["Pages"] <= 2
                assert left["StylesCache"] <= 20
