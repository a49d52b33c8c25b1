from __future__ import annotations

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot

from factory import wire
from factory.entry import Delta, Response, ToolCall, ToolResult
from factory.model import Budget, ParkReason, Spend, TaskState, Verdict
from factory.wire import GuardrailStatus, Look, Overview
from tests.screen import check_golden, text_of
from tests.tui import scene
from tests.tui.playing import SIZES, SMALL, WIDE, application, playing, settled, shows, until
from tui.screens.base import FactoryScreen
from tui.screens.floor import FloorScreen
from tui.screens.zoom import ZoomScreen
from tui.widgets.card import Card
from tui.widgets.pane import Pane
from tui.widgets.prompt import Prompt

pytestmark = pytest.mark.anyio


def at(pilot: Pilot[None]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, FactoryScreen)
    return screen.current_task()


def many(count: int) -> tuple[wire.TaskView, ...]:
    return tuple(scene.view(f"task-{n:02}", TaskState.WORKING, n) for n in range(count))


def without(overview: Overview, name: str) -> Overview:
    left = tuple(view for view in overview.tasks if view.task.id != name)
    return msgspec.structs.replace(overview, tasks=left)


# --- what it shows


@pytest.mark.parametrize("size", SIZES)
async def test_the_floor_looks_as_drawn(size: str) -> None:
    async with playing(scene.stage(), SIZES[size]) as pilot:
        if SIZES[size][0] >= 100:
            await settled(pilot)
        check_golden(pilot.app, f"floor-{size}")


async def test_an_empty_floor_says_what_to_press() -> None:
    async with playing(scene.stage(tasks=())) as pilot:
        await shows(pilot, "n write new tasks")
        check_golden(pilot.app, "floor-empty")


async def test_a_problem_that_stops_everything_is_said_on_top() -> None:
    problem = "ruff is missing on the tip; nothing starts until it is installed"
    async with playing(scene.stage(problem=problem)) as pilot:
        await shows(pilot, f"! {problem}")


ALARM = (
    "csv-export: its landing 91cd000 is no longer on main, which was rewritten; "
    "`git cherry-pick 91cd000aaaaa` brings it back; docs-typos: 77ab012 is not the tree that "
    "passed its gate; undo it; i18n: types passed before it landed and is red on main; undo it"
)
WAITS = (
    "commit or stash README.md, or leave main; a landing was cut off while it wrote your files, "
    "and `git stash push -u -- README.md` puts them back, and it goes on by itself"
)


def in_one_line(pilot: Pilot[None]) -> str:
    """The screen with its lines joined: a sentence may be folded."""
    return " ".join(text_of(pilot.app).split())


@pytest.mark.parametrize("size", SIZES)
async def test_an_alarm_is_read_to_its_end_however_narrow_the_screen(size: str) -> None:
    async with playing(scene.stage(alarm=ALARM), SIZES[size]) as pilot:
        await until(pilot, lambda: "! csv-export: its landing" in text_of(pilot.app))
        assert f"! {ALARM}" in in_one_line(pilot)


async def test_what_a_line_of_the_list_cuts_is_read_whole_below_it() -> None:
    waiting = scene.view("long-way", TaskState.LANDING, 3)
    waiting = msgspec.structs.replace(
        waiting, task=msgspec.structs.replace(waiting.task, waiting=WAITS)
    )
    tasks = (waiting, scene.view("working", TaskState.WORKING, 1))
    async with playing(scene.stage(tasks=tasks), SMALL) as pilot:
        await shows(pilot, "! long-way")
        assert f"! waits to land: {WAITS}" in in_one_line(pilot)
        await pilot.press("j")
        await until(pilot, lambda: at(pilot) == "working")
        assert "by itself" not in in_one_line(pilot), "a task that fits needs no more lines"


@pytest.mark.parametrize("count", [1, 3, 16, 24])
async def test_panes_reflow_from_one_to_many(count: int) -> None:
    async with playing(scene.stage(tasks=many(count))) as pilot:
        await shows(pilot, f"task-{count - 1:02}")
        assert len(pilot.app.screen.query(Pane)) == count
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: text_of(pilot.app).count("working") >= count)
        assert len(pilot.app.screen.query(Pane)) == count


async def test_a_list_becomes_panes_again_when_the_terminal_grows_and_nothing_happens() -> None:
    async with playing(scene.stage(), SMALL) as pilot:
        await shows(pilot, "fix-login")
        assert not pilot.app.screen.query(Pane)
        await pilot.resize_terminal(*WIDE)
        await until(pilot, lambda: pilot.app.screen.query(Pane))
        await shows(pilot, "need you")
        await pilot.resize_terminal(*SMALL)
        await until(pilot, lambda: "need you" not in text_of(pilot.app))
        assert all(len(row.rstrip()) <= SMALL[0] for row in text_of(pilot.app).splitlines())


async def test_more_panes_than_fit_come_by_the_page_as_the_cursor_moves() -> None:
    async with playing(scene.stage(tasks=many(40)), (120, 24)) as pilot:
        await shows(pilot, "task-00")
        assert "task-39" not in text_of(pilot.app)
        await pilot.press("G")
        await shows(pilot, "task-39")
        assert at(pilot) == "task-39"
        await pilot.press("g")
        await shows(pilot, "task-00")


async def test_a_pane_keeps_its_place_when_others_come_and_go() -> None:
    stage = scene.stage(tasks=many(4))
    async with playing(stage) as pilot:
        await shows(pilot, "task-03")
        grown = scene.view("a-new-one", TaskState.WORKING, 0)
        stage.happen(msgspec.structs.replace(stage.overview, tasks=(grown, *many(4))))
        await shows(pilot, "a-new-one")
        order = [pane.about for pane in pilot.app.screen.query(Pane)]
        assert order == ["task-00", "task-01", "task-02", "task-03", "a-new-one"]
        stage.happen(without(stage.overview, "task-01"))
        await until(pilot, lambda: "task-01" not in text_of(pilot.app))
        order = [pane.about for pane in pilot.app.screen.query(Pane)]
        assert order == ["task-00", "task-02", "task-03", "a-new-one"]


async def test_the_cursor_stays_on_its_task_and_never_on_its_place() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await shows(pilot, "rate-limit")
        await pilot.press("l")
        assert at(pilot) == "rate-limit"
        stage.happen(without(stage.overview, "csv-export"))
        await until(pilot, lambda: "csv-export" not in text_of(pilot.app))
        assert at(pilot) == "rate-limit"


async def test_bang_goes_from_one_task_that_needs_you_to_the_next() -> None:
    async with playing(scene.stage()) as pilot:
        await shows(pilot, "csv-export")
        seen = []
        for _ in range(4):
            seen.append(at(pilot))
            await pilot.press("exclamation_mark")
        assert seen == ["csv-export", "fix-login", "auth-cache", "csv-export"]


async def test_under_100_columns_it_is_a_list_with_what_needs_you_on_top() -> None:
    async with playing(scene.stage(), SMALL) as pilot:
        await shows(pilot, "▸! csv-export")
        names = [line[3:24].strip() for line in text_of(pilot.app).splitlines()[1:4]]
        assert names == ["csv-export", "fix-login", "auth-cache"]
        await pilot.press("vertical_line")
        await shows(pilot, "──")


async def test_the_bar_follows_a_check_while_it_runs() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await pilot.press("l")
        await shows(pilot, "◐ tests 143/220 12s")
        further = GuardrailStatus(
            name="tests", verdict=Verdict.RUNNING, seconds=14.0, done=200, total=220
        )
        stage.tell(wire.Progressed(task="rate-limit", guardrail=further))
        await shows(pilot, "◐ tests 200/220 14s")


async def test_a_check_that_cannot_count_shows_its_time() -> None:
    status = GuardrailStatus(name="go-test", verdict=Verdict.RUNNING, seconds=12.0, expected=40.0)
    view = scene.view("x", TaskState.CHECKING, 1, guardrails=(status,))
    async with playing(scene.stage(tasks=(view,))) as pilot:
        await shows(pilot, "◐ go-test 12s of ~40s")


async def test_every_screen_says_all_the_time_what_is_recorded_and_what_is_not_contained() -> None:
    stage = scene.stage(recorded=True, contained=False)
    async with playing(stage, SMALL) as pilot:
        for key in "123401":
            await pilot.press(key)
            await shows(pilot, "recorded answers")
            await shows(pilot, "⚠ NOT CONTAINED")


async def test_a_subscription_shows_tokens_and_never_nought_dollars() -> None:
    view = scene.view("x", TaskState.WORKING, 1, 0.0)
    spent = Spend(input_tokens=41_000)
    view = msgspec.structs.replace(view, spent=spent, subscription=True)
    stage = scene.stage(tasks=(view,), spent_today=spent, day_cap=Budget())
    async with playing(stage, SMALL) as pilot:
        await shows(pilot, "41k tok")
        assert "$0.00" not in text_of(pilot.app)


# --- what its panes read


async def test_a_pane_follows_its_agent_and_joins_what_streams() -> None:
    stage = scene.stage(tasks=many(1))
    async with playing(stage) as pilot:
        await shows(pilot, "task-00")
        stage.write("task-00.1", Delta(text="The first wo"), Delta(text="rd and\nthe sec"))
        await shows(pilot, "The first word and")
        await shows(pilot, "the sec")
        whole = {"type": "text", "text": "The first word and\nthe second, final."}
        stage.write("task-00.1", Response(content=(whole,)))
        await shows(pilot, "the second, final.")
        assert text_of(pilot.app).count("The first word") == 1
        stage.write("task-00.1", ToolCall(name="bash", text="make"), ToolResult(text="built"))
        await shows(pilot, "$ make")


async def test_results_are_short_on_the_floor_and_whole_in_the_zoom() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("j")
        await shows(pilot, "▸retry-http")
        await shows(pilot, "methods are safe.")
        assert "part5.py" not in text_of(pilot.app)
        await pilot.press("enter")
        await shows(pilot, "part5.py")


async def test_only_transcripts_on_the_screen_are_read() -> None:
    stage = scene.stage()
    async with playing(stage, SMALL) as pilot:
        await shows(pilot, "csv-export")
        await pilot.pause(0.2)
        assert not [path for path in stage.asked if path.startswith("/transcripts")]
        await pilot.press("vertical_line")
        await until(pilot, lambda: any("retry-http.1" in path for path in stage.asked))
        assert not [path for path in stage.asked if "vendor-bump" in path]


async def test_a_hidden_floor_reads_nothing_and_catches_up_when_it_is_back() -> None:
    stage = scene.stage(tasks=many(1))
    async with playing(stage) as pilot:
        await shows(pilot, "task-00")
        await pilot.press("3")
        await pilot.pause(0.2)
        stage.asked.clear()
        stage.write("task-00.1", Delta(text="said in the dark"))
        await pilot.pause(0.2)
        assert not [path for path in stage.asked if path.startswith("/transcripts")]
        await pilot.press("1")
        await shows(pilot, "said in the dark")


async def test_a_floor_that_was_hidden_for_long_begins_at_the_end_again() -> None:
    stage = scene.stage(tasks=many(1))
    async with playing(stage) as pilot:
        await shows(pilot, "task-00")
        await pilot.press("3")
        stage.write("task-00.1", *(ToolResult(text="x" * 100_000) for _ in range(60)))
        stage.write("task-00.1", Delta(text="the newest word"))
        stage.asked.clear()
        await pilot.press("1")
        await shows(pilot, "the newest word")
        assert len([path for path in stage.asked if path.startswith("/transcripts")]) <= 3


# --- what its keys do


async def test_a_word_to_the_agent_is_sent_and_a_draft_survives_escape() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await pilot.press("j", "s", *"look at", "escape")
        assert not stage.commands
        await pilot.press("s")
        await shows(pilot, "look at")
        await pilot.press(*" POST", "enter")
        await until(pilot, lambda: stage.commands)
        assert stage.commands == [wire.Say(task="retry-http", text="look at POST")]
        await shows(pilot, "said to retry-http")


async def test_enter_on_a_question_shows_the_transcript_and_asks_for_the_answer() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await shows(pilot, "csv-export")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Prompt))
        await pilot.press(*"yes", "ctrl+j", *"please", "enter")
        await until(pilot, lambda: stage.commands)
        assert stage.commands == [wire.Say(task="csv-export", text="yes\nplease")]
        assert isinstance(pilot.app.screen, ZoomScreen)


async def test_p_pauses_lets_go_on_and_tells_when_there_is_nothing_to_pause() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await shows(pilot, "csv-export")
        await pilot.press("p")
        await shows(pilot, "it waits for your answer")
        await pilot.press("j", "p")
        await until(pilot, lambda: len(stage.commands) == 1)
        await pilot.press("j", "p")
        await until(pilot, lambda: len(stage.commands) == 2)
        assert stage.commands == [wire.Pause(task="retry-http"), wire.Resume(task="fix-login")]
        await pilot.press("l", "p")
        await shows(pilot, "there is nothing to pause")


async def test_ending_a_task_asks_and_only_y_answers() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await pilot.press("j")
        for key in ("x", "enter", "n", "escape", "space"):
            await pilot.press("x")
            await until(pilot, lambda: isinstance(pilot.app.screen, Card))
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, FloorScreen))
        await pilot.press("x")
        pilot.app.screen.post_message(events.Paste("y\n"))
        await pilot.pause(0.05)
        assert isinstance(pilot.app.screen, Card)
        assert not stage.commands
        await pilot.press("y")
        await until(pilot, lambda: stage.commands)
        assert stage.commands == [wire.End(task="retry-http")]


async def test_u_takes_back_the_last_act_and_then_the_one_before() -> None:
    stage = scene.stage()
    stage.answer = lambda command: wire.Reply(tasks=("fix-a-bug", "add-docs"))
    async with playing(stage) as pilot:
        await pilot.press("j", "p")
        await until(pilot, lambda: len(stage.commands) == 1)
        await pilot.press("n", *"fix a bug", "ctrl+j", *"add docs", "enter")
        await until(pilot, lambda: len(stage.commands) == 2)
        await pilot.press("u")
        await until(pilot, lambda: len(stage.commands) == 4)
        await pilot.press("u")
        await until(pilot, lambda: len(stage.commands) == 5)
        assert stage.commands[2:] == [
            wire.End(task="fix-a-bug"),
            wire.End(task="add-docs"),
            wire.Resume(task="retry-http"),
        ]
        await pilot.press("u")
        await shows(pilot, "nothing of yours to undo")


async def test_undo_without_an_act_of_yours_reverts_the_landing_under_the_cursor() -> None:
    landed = scene.view("rate-limit", TaskState.LANDED, 1)
    stage = scene.stage(tasks=(landed, *many(1)))
    async with playing(stage) as pilot:
        await shows(pilot, "u undo")
        await pilot.press("l", "j", "u")
        await shows(pilot, "nothing of yours to undo")
        await pilot.press("h", "k", "u")
        await shows(pilot, "Revert rate-limit?")
        await pilot.press("y")
        await until(pilot, lambda: stage.commands == [wire.Undo(task="rate-limit")])


async def test_undo_of_what_was_told_says_why_it_stays_and_takes_back_nothing_older() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await pilot.press("j", "p")
        await until(pilot, lambda: len(stage.commands) == 1)
        await pilot.press("s", *"hurry", "enter")
        await until(pilot, lambda: len(stage.commands) == 2)
        await shows(pilot, "said to")
        await pilot.press("u")
        await shows(pilot, "was told cannot be taken back; say more, or pause it")
        assert len(stage.commands) == 2


async def test_a_refusal_is_said_in_one_sentence() -> None:
    stage = scene.stage()
    stage.answer = lambda command: wire.Reply(error="retry-http is landing; wait a moment")
    async with playing(stage) as pilot:
        await pilot.press("j", "p")
        await shows(pilot, "⚠ retry-http is landing; wait a moment")


async def test_six_pasted_lines_are_listed_with_their_overlaps_and_queued() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await settled(pilot)
        await pilot.press("n")
        lines = [f"task number {n} @src/{n % 3}.py" for n in range(6)]
        await until(pilot, lambda: pilot.app.screen.focused is not None)
        focused = pilot.app.screen.focused
        assert focused is not None
        focused.post_message(events.Paste("\r".join(lines)))  # as terminals send it
        await shows(pilot, "6 tasks to queue")
        assert text_of(pilot.app).count("⚠ touches what") == 3
        check_golden(pilot.app, "new-tasks")
        await pilot.press("enter")
        await until(pilot, lambda: stage.commands)
        (command,) = stage.commands
        assert isinstance(command, wire.Add)
        assert [draft.title for draft in command.drafts] == [f"task number {n}" for n in range(6)]
        assert command.drafts[4].paths == ("src/1.py",)


async def test_a_budget_is_asked_for_as_text_and_a_mistake_is_named() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await pilot.press("j", "plus")
        await shows(pilot, "Budget of retry-http: $0.12 spent")
        await pilot.press(*"a lot", "enter")
        await shows(pilot, "not `a lot`")
        assert not stage.commands
        await pilot.press("ctrl+u", *"$5, 30 min", "enter")
        await until(pilot, lambda: stage.commands)
        budget = Budget(usd=5.0, minutes=30.0)
        assert stage.commands == [wire.RaiseBudget(task="retry-http", budget=budget)]


async def test_find_goes_to_the_task_and_says_when_nothing_has_the_words() -> None:
    async with playing(scene.stage()) as pilot:
        await shows(pilot, "methods are safe.")
        await pilot.press("slash", *"typos")
        await until(pilot, lambda: at(pilot) == "docs-typos")
        await pilot.press("ctrl+u", *"only idempotent")
        await until(pilot, lambda: at(pilot) == "retry-http")
        await pilot.press("ctrl+u", *"nowhere")
        await shows(pilot, "nothing has this   esc close")
        await pilot.press("escape", "l")
        assert at(pilot) == "i18n"
        await shows(pilot, "enter open")


async def test_y_copies_the_task_under_the_cursor() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("l", "y")
        await shows(pilot, "copied")
        assert pilot.app.clipboard == "rate-limit"


async def test_without_a_terminal_to_hand_over_the_editor_key_says_so() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("N")
        await shows(pilot, "this terminal cannot be handed to another program")


async def test_a_task_without_a_worktree_has_nothing_to_edit() -> None:
    stage = scene.stage()
    view = stage.overview.tasks[0]
    stage.details["csv-export"] = wire.Details(view=view)
    async with playing(stage) as pilot:
        await shows(pilot, "csv-export")
        await pilot.press("e")
        await shows(pilot, "csv-export has no worktree now")


# --- the zoom


async def test_the_zoom_looks_as_drawn() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("j", "enter")
        await shows(pilot, "methods are safe.")
        check_golden(pilot.app, "zoom-120")


async def test_the_zoom_scrolls_back_and_stays_there_until_its_end_is_in_view() -> None:
    stage = scene.stage(tasks=many(1))
    stage.write("task-00.1", *(ToolResult(text=f"line {n}") for n in range(300)))
    async with playing(stage) as pilot:
        await shows(pilot, "line 299")
        await pilot.press("enter")
        await shows(pilot, "line 299")
        await pilot.press("g")
        await shows(pilot, "line 0\n")
        stage.write("task-00.1", ToolResult(text="news"))
        await pilot.pause(0.2)
        assert "news" not in text_of(pilot.app)
        await pilot.press("j", "ctrl+d", "ctrl+u", "k")
        await shows(pilot, "line 0\n")
        await pilot.press("G")
        await shows(pilot, "news")
        stage.write("task-00.1", ToolResult(text="more news"))
        await shows(pilot, "more news")


async def test_turns_agents_and_the_live_diff_have_their_keys() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        await pilot.press("j", "enter")
        await shows(pilot, "methods are safe.")
        await pilot.press("left_square_bracket")
        await shows(pilot, "task: Retry idempotent requests")
        await pilot.press("left_square_bracket", "left_square_bracket")
        await shows(pilot, "this is the first turn")
        await pilot.press("right_parenthesis")
        await shows(pilot, "Reading the catalogue")
        assert at(pilot) == "i18n"
        await pilot.press("left_parenthesis")
        await shows(pilot, "Retry idempotent")
        await pilot.press("d")
        await until(pilot, lambda: any(f"look={Look.LIVE}" in path for path in stage.asked))


async def test_find_in_the_zoom_puts_the_line_on_top() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("j", "enter")
        await shows(pilot, "methods are safe.")
        await pilot.resize_terminal(120, 12)
        await pilot.press("slash", *"part3")
        await until(pilot, lambda: "part3.py" in text_of(pilot.app).splitlines()[1])


async def test_leaving_a_zoom_or_another_mode_leads_back_to_the_floor() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ZoomScreen))
        await pilot.press("q")
        assert isinstance(pilot.app.screen, FloorScreen)
        await pilot.press("3", "q")
        await until(pilot, lambda: isinstance(pilot.app.screen, FloorScreen))
        assert application(pilot).is_running


async def test_a_parked_task_says_why_and_what_to_press() -> None:
    reasons = {
        ParkReason.BUDGET: "+ raise the budget",
        ParkReason.STUCK: "s say · p go on",
        ParkReason.DEPENDENCIES: "s say · p go on",
        ParkReason.PAUSED: "p go on · s say",
    }
    views = tuple(
        scene.view(f"t{n}", TaskState.PARKED, 1, parked=scene.parked(reason, f"because {n}"))
        for n, reason in enumerate(reasons)
    )
    async with playing(scene.stage(tasks=views), (200, 60)) as pilot:
        for n, press in enumerate(reasons.values()):
            await shows(pilot, f"because {n}")
            await shows(pilot, press)


async def test_what_to_press_on_a_card_is_never_broken_over_two_lines() -> None:
    async with playing(scene.stage(), SMALL) as pilot:
        pilot.app.push_screen(Card(f"accept {'x' * 60}?", "accept"))
        await shows(pilot, "   y accept   esc close")


async def test_a_refusal_longer_than_the_terminal_is_read_to_its_end() -> None:
    stage = scene.stage()
    why = "retry-http cannot be paused now: it is landing, and a push once begun runs to its end; "
    stage.answer = lambda command: wire.Reply(error=f"{why}undo it with u once it has landed")
    async with playing(stage, SMALL) as pilot:
        await pilot.press("j", "p")
        await shows(pilot, "u once it has landed")


async def test_keys_that_do_not_fit_the_footer_whole_are_left_out() -> None:
    async with playing(scene.stage(), (43, 24)) as pilot:
        await shows(pilot, "enter open")
        await until(pilot, lambda: text_of(pilot.app).rstrip().endswith("2 Inbox  ? keys"))
