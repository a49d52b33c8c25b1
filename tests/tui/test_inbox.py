from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from factory import wire
from factory.model import Lane, TaskState
from factory.wire import Overview, TaskView
from tests.screen import check_golden, text_of
from tests.stage import NOW, Stage, played
from tests.stage_review import TIP, change, overview, review_stage, view
from tui.app import FactoryApp
from tui.screens.evidence import EvidenceScreen
from tui.screens.inbox import InboxScreen
from tui.screens.review import ReviewScreen
from tui.waiting import Group, neighbour, place, waiting

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def inbox(
    stage: Stage | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[FactoryApp, Stage, Pilot[None]]]:
    stage = stage or review_stage()
    app = FactoryApp(played(stage), open_at="inbox", now=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        while app.feed.overview is None:
            await pilot.pause()
        await pilot.pause()
        yield app, stage, pilot


def empty(**fields: object) -> Stage:
    nothing = Overview(seq=1, repository="myrepo", path="/src", target="main", tip=TIP, now=NOW)
    return Stage(overview=replace(nothing, **fields))


def front(app: FactoryApp) -> object:
    return app.screen


# --- what waits, and in which order ----------------------------------------------------------


def test_what_needs_the_developer_stands_first_and_the_oldest_of_each_part_before() -> None:
    items = waiting(overview())
    assert [(item.group, item.id) for item in items] == [
        (Group.NEEDS_YOU, "fix-login"),
        (Group.NEEDS_YOU, "csv-export"),
        (Group.EYES, "rate-limit"),
        (Group.READY, "docs-typos"),
        (Group.READY, "retry-http"),
    ]


def test_what_is_under_way_or_over_does_not_wait() -> None:
    for state in TaskState:
        found = waiting(overview(view("one", "One", state, change=change("one"))))
        assert bool(found) == (state in (TaskState.READY, TaskState.PARKED)), state


def test_the_next_change_goes_round_and_leaves_out_what_has_none() -> None:
    picture = overview()
    assert neighbour(picture, "fix-login", 1) == "rate-limit"
    assert neighbour(picture, "retry-http", 1) == "fix-login"
    assert neighbour(picture, "fix-login", -1) == "retry-http"
    assert place(picture, "rate-limit") == (2, 4)
    assert neighbour(overview(view("one", "One")), "one", 1) == ""


# --- the screen ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_inbox_looks_as_it_should(size: tuple[int, int]) -> None:
    async with inbox(size=size) as (app, _, _pilot):
        check_golden(app, f"inbox-{size[0]}x{size[1]}")


async def test_an_item_says_what_it_takes_to_choose_it() -> None:
    async with inbox() as (app, _, _pilot):
        text = text_of(app)
        assert "weakens tests · skipped test internal/limit/bucket_test.go:31" in text
        assert "touches fix-login" in text
        assert "~ docs-typos" in text
        assert "green on 3f2a9c1, 2 behind" in text
        assert "asks: keep the old column order?" in text
        assert "+90 −4 · 2 files · round 2" in text
        assert "$0.52" in text


async def test_a_subscription_shows_tokens_and_never_nought_dollars() -> None:
    stage = review_stage()
    stage.overview = overview(view("one", "One", subscription=True))
    async with inbox(stage) as (app, _, _pilot):
        assert "40k tok" in text_of(app)
        assert "$" not in text_of(app)


async def test_enter_opens_the_review_and_b_the_evidence() -> None:
    async with inbox() as (app, _, pilot):
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        assert isinstance(app.screen, ReviewScreen)
        assert app.screen.task_id == "rate-limit"
        await pilot.press("q", "b")
        await pilot.pause()
        assert isinstance(front(app), EvidenceScreen)


async def test_a_question_is_answered_where_it_is_read() -> None:
    async with inbox() as (app, stage, pilot):
        await pilot.press("j", "enter")
        await pilot.pause()
        assert "keep the old column order?" in text_of(app)
        await pilot.press(*"keep", "enter")
        await pilot.pause()
        assert isinstance(app.screen, InboxScreen)
        assert [one.text for one in stage.commands if isinstance(one, wire.Say)] == ["keep"]


async def test_the_cursor_stays_on_its_item_when_others_come_and_go() -> None:
    async with inbox() as (app, stage, pilot):
        await pilot.press("j", "j", "j")
        screen = app.screen
        assert isinstance(screen, InboxScreen)
        assert screen.current_task() == "docs-typos"
        stage.happen(overview(*reversed(stage.overview.tasks[:3]), _parked()))
        await pilot.pause(0.4)
        assert screen.current_task() == "docs-typos"
        stage.happen(overview(*stage.overview.tasks[1:3]))
        await pilot.pause(0.4)
        assert screen.current_task() in ("retry-http", "docs-typos", "rate-limit")


def _parked() -> TaskView:
    return view("late", "Late", TaskState.PARKED, since=NOW - 9_999)


async def test_find_goes_to_an_item_by_words_of_its_title() -> None:
    async with inbox() as (app, _, pilot):
        await pilot.press("slash", "t", "y", "p", "o", "s")
        await pilot.pause()
        assert isinstance(app.screen, InboxScreen)
        assert app.screen.current_task() == "docs-typos"


async def test_an_empty_inbox_says_what_comes_here_and_what_to_press() -> None:
    async with inbox(empty()) as (app, _, pilot):
        assert "Nothing waits for you." in text_of(app)
        assert "n on the Floor writes tasks" in text_of(app)
        await pilot.press("enter", "b", "j", "G")
        assert isinstance(app.screen, InboxScreen)


async def test_an_empty_inbox_says_why_nothing_starts() -> None:
    async with inbox(empty(problem="there is no factory.toml; run `factory-tui init`")) as (
        app,
        *_,
    ):
        assert "nothing new starts: there is no factory.toml" in text_of(app)


async def test_titles_are_text_and_never_markup_or_control() -> None:
    stage = review_stage()
    stage.overview = overview(view("one", "\x1b[31m[bold]evil[/]\x07 \u202e title"))
    async with inbox(stage) as (app, *_):
        text = text_of(app)
        assert "[bold]evil[/]" in text
        assert all(c.isprintable() for c in text if c != "\n")


async def test_o_sorts_by_the_suggested_order_and_back_and_the_cursor_stays() -> None:
    stage = review_stage()
    large = view("large", "Large", change=replace(change("large"), added=500, lane=Lane.PLAIN))
    small = view("small", "Small", change=replace(change("small"), added=1, lane=Lane.PLAIN))
    old = replace(large, since=NOW - 900)
    stage.overview = overview(old, replace(small, since=NOW - 60))
    async with inbox(stage) as (app, _, pilot):
        text = text_of(app)
        assert text.index("large") < text.index("small")
        await pilot.press("o")
        await pilot.pause()
        text = text_of(app)
        assert text.index("small") < text.index("large")
        assert "suggested order: fewest conflicts first, small before large" in text
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(front(app), ReviewScreen)
        assert "2/2 large" in text_of(app)
        await pilot.press("q", "o")
        await pilot.pause()
        text = text_of(app)
        assert text.index("large") < text.index("small")
