from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot

from factory.model import CommentKind, TaskState
from factory.wire import (
    Accept,
    DropComment,
    Look,
    MarkSeen,
    Overview,
    Reject,
    Reply,
    SaveComment,
    SendFeedback,
    TaskView,
)
from tests.screen import check_golden, text_of
from tests.stage import NOW, Stage, played
from tests.stage_review import (
    SNAPSHOT,
    TREE,
    Diff,
    bucket,
    change,
    comments,
    overview,
    review_stage,
    view,
)
from tui.app import FactoryApp
from tui.deciding import CHANGED, accept_refusal
from tui.keys import Where, actions
from tui.screens.review import ReviewScreen
from tui.widgets.card import Card
from tui.widgets.comment import CommentBox

pytestmark = pytest.mark.anyio

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
) -> AsyncIterator[Review]:
    stage = stage or review_stage(remarks=comments())
    app = FactoryApp(played(stage), open_at="inbox", now=clock or Clock())
    async with app.run_test(size=size) as pilot:
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


# --- what it looks like ----------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_review_looks_as_it_should(size: tuple[int, int]) -> None:
    async with reviewing(size=size) as review:
        check_golden(review.app, f"review-{size[0]}x{size[1]}")
        await review.press("a")
        check_golden(review.app, f"review-accept-{size[0]}x{size[1]}")


async def test_the_headline_says_what_is_decided_on_at_every_width() -> None:
    for width in (80, 120, 200):
        async with reviewing(size=(width, 24)) as review:
            head = review.text.splitlines()[0]
            for words in ("rate-limit", "+14 −3", "✓2", "seen 0/5"):
                assert words in head, (width, words)


async def test_files_have_a_column_where_there_is_room_and_come_by_tab_where_not() -> None:
    async with reviewing(size=(80, 24)) as review:
        assert "[ ] go.sum" not in review.text
        assert "[ ] go.sum" in await review.press("tab")
        assert "serve(" in await review.press("j", "enter")
        assert "[ ] go.sum" not in review.text
    async with reviewing() as review:
        assert "[ ] go.sum" in review.text


async def test_an_empty_change_says_so() -> None:
    async with reviewing(review_stage(Diff())) as review:
        assert "this change has no lines to show" in review.text


# --- reading ---------------------------------------------------------------------------------


async def test_hunks_files_and_changes_are_a_key_away() -> None:
    async with reviewing() as review:
        assert "▸ [ ] 1/5" in await review.press("right_square_bracket")
        assert "▸ [ ] 2/5" in await review.press("J")
        assert "▸ [ ] 1/5" in await review.press("K")
        assert "▸ cmd/serve.go" in await review.press("right_curly_bracket")
        assert "▸ internal/limit/bucket.go" in await review.press("left_curly_bracket")
        assert "retry-http" not in review.text.splitlines()[0]
        first = (await review.press("right_parenthesis")).splitlines()[0]
        assert "rate-limit" not in first
        assert "rate-limit" in (await review.press("left_parenthesis")).splitlines()[0]


async def test_space_reads_on_and_marks_only_what_was_shown_to_its_end() -> None:
    long = "\n".join(f"+line {number}" for number in range(60))
    diff = Diff().file("a.py", (1, "short", "+one\n+two"), (100, "long", long))
    async with reviewing(review_stage(diff), size=(100, 24)) as review:
        await review.press("space")
        assert review.sent(MarkSeen) == [MarkSeen(task="rate-limit", marks=("a.py-1",))]
        assert "seen 1/2" in review.text
        await review.press("space", "space", "space")
        assert review.sent(MarkSeen)[-1] == MarkSeen(task="rate-limit", marks=("a.py-100",))
        assert "all is seen" in review.text


async def test_a_hunk_that_was_jumped_into_is_not_marked_by_reading_on() -> None:
    long = "\n".join(f"+line {number}" for number in range(60))
    async with reviewing(review_stage(Diff().file("a.py", (1, "long", long)))) as review:
        await review.press("G", "space")
        assert review.sent(MarkSeen) == []


async def test_r_marks_the_hunk_goes_on_to_the_next_and_takes_the_mark_back() -> None:
    async with reviewing() as review:
        text = await review.press("right_square_bracket", "r")
        assert "[x] 1/5" in text
        assert "▸ [ ] 2/5" in text
        assert "seen 1/5" in text
        await review.press("K", "r")
        assert "[ ] 1/5" in review.text
        assert [m.seen for m in review.sent(MarkSeen) if isinstance(m, MarkSeen)] == [True, False]


async def test_undo_takes_a_seen_mark_back_on_the_screen_too() -> None:
    async with reviewing() as review:
        assert "seen 1/5" in await review.press("right_square_bracket", "r")
        assert "seen 0/5" in await review.press("u")


async def test_more_context_keeps_the_cursor_on_its_line() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "j", "j", "j")
        before = next(line for line in review.text.splitlines() if "▸" in line)
        await review.press("enter")
        assert any("context=10" in asked for asked in review.stage.asked)
        assert next(line for line in review.text.splitlines() if "▸" in line) == before


async def test_enter_on_a_folded_file_shows_its_lines() -> None:
    async with reviewing() as review:
        assert "+ a" not in await review.press("G")
        assert "+ a" in await review.press("enter")


async def test_d_shows_what_changed_since_the_last_look_and_back() -> None:
    async with reviewing() as review:
        assert "since your last look" in await review.press("d")
        assert any("look=delta" in asked for asked in review.stage.asked)
        assert "since your last look" not in await review.press("d")


async def test_w_wraps_and_find_goes_to_a_line() -> None:
    async with reviewing(size=(80, 40)) as review:
        assert "past the edge" not in review.text
        assert "the edge" in (await review.press("w")).replace("\n" + " " * 14, "")
        await review.press("slash")
        await review.write("flaky")
        assert any("▸" in line and "flaky" in line for line in review.text.splitlines())


# --- comments --------------------------------------------------------------------------------


async def test_a_comment_is_saved_while_it_is_written_and_shown_under_its_line() -> None:
    async with reviewing(review_stage()) as review:
        await review.press("right_square_bracket", "j", "j", "m")
        await review.write("use a clock")
        await review.pilot.pause(0.5)
        saved = review.sent(SaveComment)
        assert isinstance(saved[-1], SaveComment)
        assert saved[-1].text == "use a clock"
        assert saved[-1].anchor.line == 42
        assert saved[-1].anchor.text == "\tb.refill(time.Now())"
        assert "│ you·do [draft]: use a clock" in await review.press("enter")
        assert len({command.id for command in saved if isinstance(command, SaveComment)}) == 1


async def test_drafts_survive_a_crash_of_the_client() -> None:
    stage = review_stage()
    async with reviewing(stage) as review:
        await review.press("right_square_bracket", "j", "j", "m")
        await review.write("half a thou")
        await review.pilot.pause(0.5)
    async with reviewing(stage) as review:
        assert "│ you·do [draft]: half a thou" in review.text
        await review.press("right_square_bracket", "j", "j", "m")
        await review.write("ght")
        await review.press("enter")
        assert "half a thought" in review.text
    assert len(stage.details["rate-limit"].comments) == 1


async def test_tab_changes_the_kind_and_escape_keeps_the_draft() -> None:
    async with reviewing(review_stage()) as review:
        await review.press("right_square_bracket", "j", "m", "tab")
        assert "[question]" in review.text
        await review.write("why")
        await review.press("escape")
        last = review.sent(SaveComment)[-1]
        assert isinstance(last, SaveComment)
        assert (last.kind, last.text) == (CommentKind.QUESTION, "why")
        assert "you·question [draft]: why" in review.text


async def test_a_comment_that_is_emptied_is_dropped() -> None:
    async with reviewing(review_stage()) as review:
        await review.press("right_square_bracket", "j", "m")
        await review.write("x")
        await review.press("enter", "m", "backspace", "enter")
        assert len(review.sent(DropComment)) == 1
        assert "[draft]" not in review.text


async def test_ranges_files_and_the_whole_change_can_be_commented_on() -> None:
    async with reviewing(review_stage()) as review:
        await review.press("right_square_bracket", "j", "j", "v", "j", "m")
        await review.write("a")
        await review.press("enter", "C")
        await review.write("b")
        await review.press("enter", "M")
        await review.write("c")
        await review.press("enter")
        anchors = [c.anchor for c in review.sent(SaveComment) if isinstance(c, SaveComment)]
        assert [(a.path, a.line, a.end) for a in dict.fromkeys(anchors)] == [
            ("internal/limit/bucket.go", 42, 43),
            ("internal/limit/bucket.go", 0, 0),
            ("", 0, 0),
        ]


async def test_escape_ends_a_range_before_it_leaves_the_review() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "j", "v", "j", "escape")
        assert isinstance(review.front, ReviewScreen)
        await review.press("escape")
        assert not isinstance(review.front, ReviewScreen)


async def test_a_draft_written_while_the_engine_was_away_is_saved_when_it_is_back() -> None:
    async with reviewing(review_stage()) as review:
        review.stage.vanish()
        await review.press("right_square_bracket", "j", "m")
        await review.write("late")
        await review.press("enter")
        assert review.sent(SaveComment) == []
        review.stage.return_()
        while not review.sent(SaveComment):
            await review.pilot.pause(0.05)
        assert "late" in review.text


# --- deciding --------------------------------------------------------------------------------


async def test_accept_binds_the_snapshot_and_the_tree_that_were_shown() -> None:
    async with reviewing() as review:
        text = await review.press("a")
        assert f"accept tree {TREE[:7]} of rate-limit? 5 hunks unseen, 1 comment unsent" in text
        assert review.sent(Accept) == []
        text = await review.press("y")
        assert review.sent(Accept) == [Accept(task="rate-limit", snapshot=SNAPSHOT, tree=TREE)]
        assert "accepted rate-limit" in text
        assert "rate-limit" not in text.splitlines()[0]


@pytest.mark.parametrize("key", ["a", "enter", "escape", "n", "space", "q", "Y"])
async def test_anything_but_y_closes_the_card(key: str) -> None:
    async with reviewing() as review:
        await review.press("a", key)
        assert not isinstance(review.front, Card)
        assert review.sent(Accept) == []


async def test_a_paste_never_accepts() -> None:
    async with reviewing() as review:
        await review.press("a")
        review.app.screen.post_message(events.Paste("y\ny"))
        await review.settle()
        assert review.sent(Accept) == []
        review.app.post_message(events.Paste("ay"))
        await review.settle()
        assert review.sent(Accept) == []


async def test_keys_typed_ahead_never_accept() -> None:
    async with reviewing(clock=Clock(step=0.01)) as review:
        await review.pilot.press("right_parenthesis", "a", "y")
        await review.settle()
        assert review.sent(Accept) == []
        assert not isinstance(review.front, Card)
        assert CHANGED in await review.press("a")


async def test_keys_typed_once_the_screen_has_settled_do() -> None:
    async with reviewing(clock=Clock(step=1.0)) as review:
        await review.press("right_parenthesis", "a", "y")
        assert len(review.sent(Accept)) == 1


async def test_another_tree_than_the_one_on_the_card_is_never_accepted() -> None:
    async with reviewing() as review:
        await review.press("a")
        made_anew(review.stage)
        await review.pilot.pause(0.4)
        text = await review.press("y")
        assert review.sent(Accept) == []
        assert CHANGED in text
        await review.press("y", "escape")
        assert review.sent(Accept) == []
        assert OTHER[:7] in review.text
        await review.press("a", "y")
        assert review.sent(Accept) == [Accept(task="rate-limit", snapshot=SNAPSHOT, tree=OTHER)]


def test_the_refusal_is_what_stands_between_a_wrong_tree_and_an_accept() -> None:
    shown = bucket().index("rate-limit")
    now = overview(view("rate-limit", "t"))
    assert accept_refusal(shown, now, 1.0) == ""
    assert accept_refusal(shown, now, 0.4) == CHANGED
    assert accept_refusal(replace(shown, tree=OTHER), now, 1.0) == CHANGED
    assert accept_refusal(replace(shown, snapshot=OTHER), now, 1.0) == CHANGED
    assert accept_refusal(shown, overview(view("other", "t")), 1.0)
    assert accept_refusal(shown, None, 1.0)
    working = overview(view("rate-limit", "t", TaskState.WORKING))
    assert "working" in accept_refusal(shown, working, 1.0)


async def test_a_change_made_anew_is_read_anew_at_the_same_line() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "j", "j")
        before = next(line for line in review.text.splitlines() if "▸" in line)
        made_anew(review.stage)
        await review.pilot.pause(0.4)
        await review.settle()
        assert f"tree@{OTHER[:7]}" in review.text
        assert next(line for line in review.text.splitlines() if "▸" in line) == before


async def test_rows_of_another_tree_never_stand_under_this_one() -> None:
    stage = review_stage(large())
    async with reviewing(stage, size=(100, 24)) as review:
        index = stage.reviews["rate-limit", Look.CHANGE]
        stage.reviews["rate-limit", Look.CHANGE] = replace(index, tree=OTHER)
        await review.press("G")
        assert f"tree@{OTHER[:7]}" in review.text
        assert review.screen.diff.document.index.tree == OTHER


def large() -> Diff:
    diff = Diff()
    for number in range(20):
        diff.file(f"part{number}.py", (1, "", "\n".join(f"+line {at}" for at in range(90))))
    return diff


async def test_feedback_shows_everything_and_goes_only_with_y() -> None:
    async with reviewing() as review:
        text = await review.press("f")
        assert "internal/limit/bucket.go:42 · do: inject the clock" in text
        await review.write("and a test")
        text = await review.press("enter")
        assert "send feedback to rate-limit: 1 comment and a remark" in text
        assert "on the change: and a test" in text
        assert review.sent(SendFeedback) == []
        await review.press("y")
        assert review.sent(SendFeedback) == [SendFeedback(task="rate-limit", text="and a test")]


async def test_a_remark_that_was_not_sent_is_there_again() -> None:
    async with reviewing() as review:
        await review.press("f")
        await review.write("later")
        await review.press("enter", "escape", "f")
        assert "later" in review.text


async def test_a_reject_says_that_nothing_is_lost_and_goes_only_with_y() -> None:
    async with reviewing() as review:
        assert "its work is kept" in await review.press("x")
        await review.press("x")
        assert review.sent(Reject) == []
        await review.press("x", "y")
        assert review.sent(Reject) == [Reject(task="rate-limit")]


async def test_a_refusal_of_the_engine_is_said_and_nothing_closes() -> None:
    stage = review_stage()
    async with reviewing(stage) as review:
        stage.answer = lambda command: Reply(error="rate-limit has changed; look again")
        text = await review.press("a", "y")
        assert "rate-limit has changed; look again" in text
        assert isinstance(review.front, ReviewScreen)


async def test_the_live_worktree_can_be_read_but_not_decided_on() -> None:
    async with reviewing(look=Look.LIVE, task="i18n") as review:
        assert "live i18n" in review.text
        for key in ("a", "x", "f", "m"):
            await review.press(key)
            assert not isinstance(review.front, Card | CommentBox)
        assert review.stage.commands == []


async def test_every_key_of_the_review_can_be_pressed_and_left() -> None:
    elsewhere = {"editor", "shell", "commands", "keys", "back"}
    keys = [
        action.keys[0]
        for action in actions(Where.REVIEW)
        if action.id not in elsewhere and not action.id.startswith("show_")
    ]
    async with reviewing(size=(100, 24)) as review:
        for key in keys:
            await review.pilot.press(key, "escape")
            if not any(isinstance(s, ReviewScreen) for s in review.app.screen_stack):
                await review.app.push_screen(ReviewScreen("rate-limit"))
        await review.settle()
        assert review.sent(Accept) == []
