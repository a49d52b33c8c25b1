from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.pilot import Pilot

from factory import wire
from factory.model import Draft, TaskState
from factory.wire import Overview, Report
from tests.screen import check_golden, segments_of, text_of
from tests.stage import NOW, Stage, played
from tests.tui import weekend
from tui.app import FactoryApp
from tui.queue import draft_of, moved, queue
from tui.screens.base import FactoryScreen
from tui.screens.listkeys import ListScreen
from tui.widgets.card import Card

pytestmark = pytest.mark.anyio

SIZES = {"80": (80, 24), "120": (120, 40), "200": (200, 60)}
SMALL = SIZES["80"]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@asynccontextmanager
async def showing(
    mode: str, stage: Stage, size: tuple[int, int] = SMALL
) -> AsyncIterator[Pilot[None]]:
    app = FactoryApp(played(stage), open_at=mode, now=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.feed.overview is not None and len(stage.asked) >= 2)
        yield pilot


async def until(pilot: Pilot[None], true: object) -> None:
    for _ in range(200):
        await pilot.pause()
        if callable(true) and true():
            await pilot.pause()
            return
    raise AssertionError("it never came to that; see the screen:\n" + text_of(pilot.app))


async def shows(pilot: Pilot[None], words: str) -> None:
    await until(pilot, lambda: words in text_of(pilot.app))


async def press_to(pilot: Pilot[None], task: str) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, ListScreen)
    await pilot.press("g")
    for _ in range(40):
        if screen.listing.cursor == task:
            return
        await pilot.press("j")
    raise AssertionError(f"{task} cannot be reached by keys")


def sent(stage: Stage) -> list[wire.AnyCommand]:
    return stage.commands


WORDS = {"tasks": "drop-py39", "ledger": "history", "report": "vendor-bump"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", WORDS)
async def test_the_lists_look_as_they_should(mode: str, size: str) -> None:
    async with showing(mode, weekend.stage(), SIZES[size]) as pilot:
        await shows(pilot, WORDS[mode])
        check_golden(pilot.app, f"{mode}-{size}")


@pytest.mark.parametrize("mode", WORDS)
async def test_an_empty_list_says_what_to_press(mode: str) -> None:
    async with showing(mode, Stage()) as pilot:
        await shows(pilot, "? keys")
        check_golden(pilot.app, f"{mode}-empty")


@pytest.mark.parametrize("mode", WORDS)
async def test_no_foreign_byte_reaches_the_terminal_as_a_control(mode: str) -> None:
    hostile = "a\x1b[2J\x07\x9b31m\u202e[red]b[/red]"
    stage = weekend.stage()
    nasty = weekend.view("nasty", TaskState.QUEUED, 1, 0, title=hostile, paths=(hostile,))
    stage.overview = msgspec.structs.replace(
        stage.overview, tasks=(nasty, *stage.overview.tasks), repository=hostile, problem=hostile
    )
    fact = wire.Fact(seq=99, at=NOW, kind=hostile, task=hostile, text=hostile)
    stage.history = (fact,)
    row = wire.LedgerRow(name=hostile, spent=weekend.ledger().days[0].spent)
    stage.ledger = wire.LedgerView(tasks=(row,))
    item = wire.ReportItem(task=hostile, title=hostile, state=TaskState.LANDED, note=hostile)
    stage.report = Report(since=NOW - 9, until=NOW, items=(item,), events=(fact,))
    async with showing(mode, stage, (120, 40)) as pilot:
        await shows(pilot, "[red]b[/red]")
        text = "".join(segment.text for line in segments_of(pilot.app) for segment in line)
        assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text)
        assert "\u202e" not in text


# --- tasks


async def test_the_queue_is_put_in_order_by_keys() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "drop-py39")
        await press_to(pilot, "drop-py39")
        await pilot.press("<")
        await until(pilot, lambda: len(sent(stage)) == 1)
        await press_to(pilot, "bench")
        await pilot.press(">")
        await until(pilot, lambda: len(sent(stage)) == 2)
        await pilot.press("<")
        await shows(pilot, "it is the next one already")
    assert sent(stage) == [
        wire.Move(task="drop-py39", before="retry-http"),
        wire.Move(task="bench", before="drop-py39"),
    ]


async def test_a_task_is_held_back_and_taken_out_without_a_card() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "drop-py39")
        await press_to(pilot, "retry-http")
        await pilot.press("p")
        await press_to(pilot, "big-idea")
        await pilot.press("p")
        await pilot.press("x")
        await until(pilot, lambda: len(sent(stage)) == 3)
    assert sent(stage) == [
        wire.Hold(task="retry-http", held=True),
        wire.Hold(task="big-idea", held=False),
        wire.End(task="big-idea"),
    ]


async def test_a_task_under_way_is_ended_by_y_alone() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "i18n")
        await press_to(pilot, "i18n")
        for key in ("enter", "x", "escape"):
            await pilot.press("x")
            assert isinstance(pilot.app.screen, Card)
            await pilot.press(key)
            assert not isinstance(pilot.app.screen, Card)
        assert sent(stage) == []
        await pilot.press("x", "y")
        await until(pilot, lambda: sent(stage) == [wire.End(task="i18n")])


async def test_enter_edits_a_queued_task_as_text() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "retry-http")
        await press_to(pilot, "retry-http")
        await pilot.press("enter")
        await shows(pilot, "## Retry HTTP 503 with backoff")
        await shows(pilot, "budget: $2")
        await pilot.press("ctrl+j", "ctrl+j", *"three times")
        await pilot.press("enter")
        await until(pilot, lambda: len(sent(stage)) == 1)
    (command,) = sent(stage)
    before = draft_of(stage.overview.tasks[11].task)
    assert command == wire.Edit(
        task="retry-http", draft=msgspec.structs.replace(before, spec="three times")
    )


async def test_an_edit_can_hold_a_task_back() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "drop-py39")
        await press_to(pilot, "drop-py39")
        await pilot.press("enter")
        await shows(pilot, "## Drop Python 3.9")
        await pilot.press("ctrl+j", *"hold: yes", "enter")
        await until(pilot, lambda: len(sent(stage)) == 2)
    assert sent(stage)[1] == wire.Hold(task="drop-py39", held=True)


async def test_an_edit_with_a_mistake_stays_open_and_names_the_line() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "bench")
        await press_to(pilot, "bench")
        await pilot.press("enter")
        await shows(pilot, "## Benchmark")
        await pilot.press("ctrl+j", *"agnet: codex", "enter")
        await shows(pilot, "line 4: `agnet:` is not a setting")
    assert sent(stage) == []


async def test_several_pasted_lines_are_queued_as_tasks() -> None:
    stage = weekend.stage()
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "bench")
        await pilot.press("n", *"one thing", "ctrl+j", *"another", "enter")
        await until(pilot, lambda: len(sent(stage)) == 1)
    assert sent(stage) == [wire.Add(drafts=(Draft(title="one thing"), Draft(title="another")))]


async def test_a_refusal_is_said_and_nothing_is_lost() -> None:
    stage = weekend.stage()
    stage.answer = lambda command: wire.Reply(error="bench has started already", exit_code=1)
    async with showing("tasks", stage) as pilot:
        await shows(pilot, "bench")
        await press_to(pilot, "bench")
        await pilot.press("p")
        await shows(pilot, "bench has started already")


def test_a_move_names_the_task_that_comes_after() -> None:
    tasks = weekend.tasks()
    assert [view.task.id for view in queue(tasks)] == ["bench", "retry-http", "drop-py39"]
    assert moved(tasks, "retry-http", -1) == wire.Move(task="retry-http", before="bench")
    assert moved(tasks, "retry-http", 1) == wire.Move(task="retry-http", before=None)
    assert moved(tasks, "drop-py39", 1) is None
    assert moved(tasks, "i18n", 1) is None


# --- ledger


async def test_tab_goes_from_the_costs_to_the_history_and_enter_to_the_task() -> None:
    stage = weekend.stage()
    async with showing("ledger", stage) as pilot:
        await shows(pilot, "keep the old column order?")
        screen = pilot.app.screen
        assert isinstance(screen, ListScreen)
        assert screen.current_task() == ""
        await pilot.press("tab")
        assert screen.current_task() == "csv-export"
        await pilot.press("j")
        assert screen.current_task() == "vendor-bump"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.current_mode == "floor")
        screen = pilot.app.screen
        assert isinstance(screen, FactoryScreen)
        await until(pilot, lambda: screen.current_task() == "vendor-bump")


async def test_new_facts_come_on_top_and_the_cursor_stays_on_its_fact() -> None:
    stage = weekend.stage()
    async with showing("ledger", stage) as pilot:
        await shows(pilot, "keep the old column order?")
        await pilot.press("tab", "j")
        landed = wire.Fact(seq=50, at=NOW, kind="landed", task="rate-limit", text="as 0123456")
        stage.history = (*stage.history, landed)
        stage.happen(stage.overview)
        await shows(pilot, "as 0123456")
        screen = pilot.app.screen
        assert isinstance(screen, ListScreen)
        assert screen.current_task() == "vendor-bump"


# --- report


async def test_the_report_keeps_its_span_while_it_is_renewed() -> None:
    stage = weekend.stage()
    async with showing("report", stage) as pilot:
        await shows(pilot, "vendor-bump")
        stage.happen(stage.overview)
        await until(pilot, lambda: len(reports(stage)) == 2)
    assert reports(stage) == ["/report?since=0.0", f"/report?since={weekend.FRIDAY}"]


async def test_the_first_report_of_all_keeps_its_span_too() -> None:
    stage = weekend.stage()
    stage.report = msgspec.structs.replace(stage.report, since=0.0)
    async with showing("report", stage) as pilot:
        await shows(pilot, "until Fri 08:00")
        stage.happen(stage.overview)
        await until(pilot, lambda: len(reports(stage)) == 2)
    assert reports(stage)[1] != "/report?since=0.0"


def reports(stage: Stage) -> list[str]:
    return [asked for asked in stage.asked if asked.startswith("/report")]


async def test_a_landing_is_undone_from_the_report_by_y_alone() -> None:
    stage = weekend.stage()
    async with showing("report", stage) as pilot:
        await shows(pilot, "fix-login")
        await press_to(pilot, "fix-login")
        await pilot.press("u", "enter")
        assert sent(stage) == []
        await pilot.press("u", "y")
        await until(pilot, lambda: sent(stage) == [wire.Undo(task="fix-login")])


async def test_the_report_shows_what_a_task_has_become_since() -> None:
    stage = weekend.stage()
    async with showing("report", stage) as pilot:
        await shows(pilot, "2 parked")
        stage.happen(answered(stage.overview))
        await shows(pilot, "1 parked")
        await shows(pilot, "1 working")


def answered(overview: Overview) -> Overview:
    working = weekend.view("csv-export", TaskState.WORKING, 0.01, 0.31)
    tasks = tuple(working if view.task.id == "csv-export" else view for view in overview.tasks)
    return msgspec.structs.replace(overview, tasks=tasks)
