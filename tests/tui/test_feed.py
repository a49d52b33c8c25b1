from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from factory import wire
from factory.client import Client
from factory.model import EngineError
from tests.screen import text_of
from tests.stage import played
from tests.tui import scene
from tests.tui.playing import SMALL, application, playing, shows, until
from tui.app import FactoryApp
from tui.feed import Connect, Feed, Link
from tui.screens.otherversion import OtherVersion
from tui.widgets.footer import Footer

pytestmark = pytest.mark.anyio

OLDER = wire.Hello(protocol=wire.PROTOCOL - 1, version="0.0.9", pid=1, repository="/src/myrepo")


class Notes:
    def __init__(self) -> None:
        self.overviews: list[int] = []
        self.facts: list[int] = []
        self.links: list[Link] = []

    def take_overview(self, overview: wire.Overview) -> None:
        self.overviews.append(overview.seq)

    def hear(self, notice: wire.AnyNotice) -> None:
        if isinstance(notice, wire.Happened):
            self.facts.append(notice.fact.seq)

    def take_link(self, link: Link) -> None:
        self.links.append(link)


@asynccontextmanager
async def running(connect: Connect) -> AsyncIterator[tuple[Feed, Notes]]:
    notes = Notes()
    feed = Feed(connect, notes)
    task = asyncio.create_task(feed.run())
    try:
        yield feed, notes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def comes(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_every_fact_brings_a_newer_picture() -> None:
    stage = scene.stage()
    async with running(played(stage)) as (feed, notes):
        await comes(lambda: stage.listeners)
        stage.happen(scene.overview(tip="b" * 40))
        await comes(lambda: 8 in notes.overviews)
        assert feed.overview is not None
        assert feed.overview.tip == "b" * 40


async def test_many_facts_at_once_bring_few_pictures() -> None:
    stage = scene.stage()
    async with running(played(stage)) as (_, notes):
        await comes(lambda: stage.listeners)
        for _ in range(100):
            stage.happen(stage.overview)
        await comes(lambda: notes.overviews[-1] == 107)
        assert len(notes.overviews) < 10
        assert len(notes.facts) == 100


async def test_after_a_restart_it_goes_on_from_the_last_number() -> None:
    stage = scene.stage()
    async with running(played(stage)) as (_, notes):
        await comes(lambda: stage.listeners)
        stage.happen(stage.overview)
        await comes(lambda: notes.facts == [8])
        stage.vanish()
        await comes(lambda: notes.links and notes.links[-1].away_since is not None)
        stage.overview = msgspec.structs.replace(stage.overview, seq=12)
        stage.return_()
        await comes(lambda: stage.listeners)
        assert notes.links[-1] == Link()
        assert [path for path in stage.asked if path.startswith("/notices")][-1].endswith("after=8")


async def test_an_engine_with_another_journal_is_followed_from_its_own_number() -> None:
    stage = scene.stage()
    async with running(played(stage)) as (_, notes):
        await comes(lambda: stage.listeners)
        stage.vanish()
        await comes(lambda: notes.links and notes.links[-1].away_since is not None)
        stage.overview = msgspec.structs.replace(stage.overview, seq=2)
        stage.return_()
        await comes(lambda: stage.listeners)
        assert [path for path in stage.asked if path.startswith("/notices")][-1].endswith("after=2")


async def test_it_outlives_whatever_connecting_raises() -> None:
    stage = scene.stage()
    tries = 0

    @asynccontextmanager
    async def connect() -> AsyncIterator[Client]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("a bug")
        if tries == 2:
            raise OSError("no such socket")
        async with played(stage)() as client:
            yield client

    async with running(connect) as (feed, notes):
        with pytest.raises(EngineError):
            _ = feed.client
        await comes(lambda: stage.listeners)
        assert [link.reason for link in notes.links[:2]] == ["a bug", "no such socket"]


# --- on the screen


async def test_the_screen_says_for_how_long_the_engine_is_away_and_goes_on_after() -> None:
    stage = scene.stage()
    async with playing(stage, SMALL) as pilot:
        await shows(pilot, "csv-export")
        stage.vanish()
        await shows(pilot, "⚠ engine is away, ")
        await pilot.press("s", *"hi", "enter")
        await shows(pilot, "the engine does not answer")
        assert not stage.commands
        stage.overview = scene.overview(seq=9, repository="yourrepo")
        stage.return_()
        await shows(pilot, "yourrepo")
        assert "engine is away" not in text_of(pilot.app)


async def test_an_engine_that_stays_away_says_why() -> None:
    async with playing(scene.stage(), SMALL) as pilot:
        footer = pilot.app.screen.query_one(Footer)
        away = Link(away_since=0.0, reason="the engine could not start: no space left on the disk")
        footer.stand(None, away, 2.0)
        await pilot.pause()
        assert "no space left" not in text_of(pilot.app)
        footer.stand(None, away, 4.0)
        await shows(pilot, "no space left")
        footer.stand(None, Link(), 5.0)
        await until(pilot, lambda: "no space left" not in text_of(pilot.app))
        await shows(pilot, "enter open")


async def test_an_engine_of_another_version_can_only_be_restarted_or_left_alone() -> None:
    stage = scene.stage()
    stage.hello = OLDER
    app = FactoryApp(played(stage))
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, "An engine of another version runs")
        await pilot.press("2", "s", "enter", "escape", "n")
        assert isinstance(app.screen, OtherVersion)
        await pilot.press("y")
        await until(pilot, lambda: stage.stops == 1)
        assert not [path for path in stage.asked if path.startswith("/overview")]
        stage.hello = msgspec.structs.replace(stage.hello, protocol=wire.PROTOCOL)
        await shows(pilot, "csv-export")
        assert application(pilot).feed.link == Link()
