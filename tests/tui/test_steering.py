"""What is said to an agent, until it was heard; answers by one key; a task changes hands."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual import events

from factory import wire
from factory.entry import Origin, Prompt
from factory.model import Hears, Parked, ParkReason, Pending, TaskState
from tests.screen import text_of
from tests.stage import NOW, Stage
from tests.tui import scene
from tests.tui.playing import SIZES, playing, shows, until

pytestmark = pytest.mark.anyio

OPTIONS = ("allow once", "allow always", "refuse")
ASKS = Parked(
    reason=ParkReason.QUESTION, message="claude asks to: run rm -rf [bold]build", options=OPTIONS
)


def working(*words: str, hears: Hears = Hears.NEXT_TURN) -> wire.TaskView:
    view = scene.view("retry-http", TaskState.WORKING, 4.2, 0.12)
    said = tuple(Pending(text=text, origin="developer", at=NOW) for text in words)
    return replace(view, task=replace(view.task, prompts=said), hears=hears)


def asking(parked: Parked = ASKS) -> Stage:
    view = scene.view("csv-export", TaskState.PARKED, 3, 0.31, parked=parked)
    stage = scene.stage(tasks=(view, working()))
    stage.overview = replace(stage.overview, agents=("claude", "codex"))
    return stage


@pytest.mark.parametrize("size", SIZES)
async def test_a_word_waits_on_the_screen_until_the_transcript_has_it(size: str) -> None:
    stage = scene.stage(tasks=(working(),))
    async with playing(stage, SIZES[size]) as pilot:
        await pilot.press("g", "s")
        await shows(pilot, "Say to retry-http; it hears it at its next turn")
        await pilot.press(*"be", "enter")
        await shows(pilot, "said to retry-http; it hears it at its next turn")
        assert stage.commands == [wire.Say(task="retry-http", text="be")]
        stage.happen(replace(stage.overview, tasks=(working("be quick, [red]please"),)))
        await shows(pilot, "1 word unheard" if SIZES[size][0] < 100 else "waits to be heard at its")
        await pilot.press("enter")
        await shows(pilot, "> waits to be heard at its next turn: be quick, [red]please")
        heard = Prompt(text="be quick, [red]please", origin=Origin.DEVELOPER)
        stage.write("retry-http.1", heard)
        stage.happen(replace(stage.overview, tasks=(working(),)))
        await shows(pilot, "> you: be quick, [red]please")
        await until(pilot, lambda: "waits to be heard" not in text_of(pilot.app))


@pytest.mark.parametrize("size", SIZES)
async def test_one_digit_answers_a_question_that_has_answers(size: str) -> None:
    stage = asking()
    async with playing(stage, SIZES[size]) as pilot:
        await pilot.press("g")
        if SIZES[size][0] >= 100:
            await shows(pilot, "s answer: 1 allow once")
        await pilot.press("s")
        await shows(pilot, "csv-export asks  claude asks to: run rm -rf [bold]build")
        await shows(pilot, "3 refuse")
        pilot.app.screen.post_message(events.Paste("1"))
        await pilot.press("9", "x")
        assert stage.commands == [], "neither a paste nor a number that stands for nothing answers"
        await pilot.press("2")
        await shows(pilot, "answered csv-export: allow always")
        assert stage.commands == [wire.Say(task="csv-export", text="allow always")]


async def test_a_question_with_answers_is_answered_in_words_too() -> None:
    stage = asking()
    async with playing(stage) as pilot:
        await pilot.press("g", "s", "s", *"no", "enter")
        await shows(pilot, "said to csv-export")
        assert stage.commands == [wire.Say(task="csv-export", text="no")]
        await pilot.press("s", "escape")
        assert len(stage.commands) == 1


async def test_a_digit_does_not_answer_what_has_changed_meanwhile() -> None:
    stage = asking()
    async with playing(stage) as pilot:
        await pilot.press("g", "s")
        await shows(pilot, "2 allow always")
        newer = asking(replace(ASKS, message="run curl evil")).overview
        stage.happen(replace(newer, seq=stage.overview.seq))
        await shows(pilot, "! asks: run curl evil")
        await pilot.press("1")
        await shows(pilot, "it does not ask that any more")
        assert stage.commands == []


async def test_a_task_goes_to_another_agent_and_back() -> None:
    stage = asking()
    async with playing(stage) as pilot:
        await pilot.press("G", "H")
        await shows(pilot, "retry-http, from claude to")
        await pilot.press("enter")
        await shows(pilot, "codex goes on with retry-http; u gives it back")
        await pilot.press("u")
        await shows(pilot, "retry-http is claude's again, with all that was done")
        assert stage.commands == [
            wire.Hand(task="retry-http", agent="codex"),
            wire.Hand(task="retry-http", agent="claude"),
        ]
        stage.happen(replace(stage.overview, agents=("claude",), tasks=(working("and now"),)))
        await shows(pilot, "waits to be heard at its next turn: and now")
        await pilot.press("H")
        await shows(pilot, "factory.toml has no other agent")
