from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual import events

from factory.model import TaskState
from factory.wire import (
    Accept,
    Look,
    Reject,
    Reply,
    SendFeedback,
    WasRead,
)
from tests.stage_review import (
    SNAPSHOT,
    TIP,
    TREE,
    Diff,
    bucket,
    overview,
    review_stage,
    view,
)
from tests.tui.reviewed import OTHER, Clock, made_anew, reviewing
from tui.deciding import CHANGED, accept_refusal
from tui.keys import Where, actions
from tui.screens.review import ReviewScreen
from tui.widgets.card import Card
from tui.widgets.comment import CommentBox

pytestmark = pytest.mark.anyio


async def test_accept_binds_the_snapshot_and_the_tree_that_were_shown() -> None:
    async with reviewing() as review:
        text = await review.press("a")
        assert f"accept tree {TREE[:7]} of rate-limit? 5 hunks unseen, 1 comment unsent" in text
        assert review.sent(Accept) == []
        text = await review.press("y")
        assert review.sent(Accept) == [
            Accept(task="rate-limit", snapshot=SNAPSHOT, tree=TREE, tip=TIP)
        ]
        assert "accepted rate-limit" in text
        assert "rate-limit" not in text.splitlines()[0]


async def test_the_card_says_what_the_landing_would_wait_for() -> None:
    stage = review_stage()
    index = replace(stage.reviews["rate-limit", Look.CHANGE], hinders=("a.py", "b.py"))
    stage.reviews["rate-limit", Look.CHANGE] = index
    async with reviewing(stage) as review:
        assert "waits until you commit or stash a.py, b.py" in await review.press("a")


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
        assert review.sent(Accept) == [
            Accept(task="rate-limit", snapshot=SNAPSHOT, tree=OTHER, tip=TIP)
        ]


async def test_without_the_refusal_a_tree_that_is_gone_would_be_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.screens.reviewing.deciding.accept_refusal", lambda *_: "")
    async with reviewing() as review:
        await review.press("a")
        made_anew(review.stage)
        await review.pilot.pause(0.4)
        await review.press("y")
        assert review.sent(Accept) == [
            Accept(task="rate-limit", snapshot=SNAPSHOT, tree=TREE, tip=TIP)
        ]


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


async def test_a_refusal_is_said_even_when_the_review_was_left() -> None:
    stage = review_stage()
    async with reviewing(stage) as review:
        stage.answer = lambda command: Reply(error="no mark was kept: the disk is full")
        review.screen.action_seen()
        review.screen.action_back()
        await review.settle()
        await review.pilot.pause(0.2)
        assert not isinstance(review.front, ReviewScreen)
        assert "the disk is full" in review.text


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


async def test_the_engine_is_told_for_how_long_a_change_was_read() -> None:
    async with reviewing() as review:
        clock = Clock(at=0.0, step=0.0)
        review.app.feed.clock = clock
        await review.press("j")
        for _ in range(3):
            clock.at += 30
            await review.press("j")
        assert review.sent(WasRead) == []
        await review.press("q")
        (told,) = review.sent(WasRead)
        assert told == WasRead(task="rate-limit", seconds=90.0)
        clock.at += 500
        await review.press("j", "k")
        assert review.sent(WasRead) == [told]
