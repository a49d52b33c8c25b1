"""Hunks are left out, the rest is accepted; what waits is put aside; every act is undone by u."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual import events

from factory.model import Comment, CommentState, Landing, TaskState
from factory.wire import (
    Accept,
    AcceptPart,
    AnyCommand,
    DropComment,
    End,
    Later,
    LeaveOut,
    Look,
    Reject,
    Reply,
    SaveComment,
    SendFeedback,
    TakeBack,
    TaskView,
    Undo,
    Unwaive,
    Waive,
)
from tests.stage_review import SNAPSHOT, TIP, TREE, comments, overview, review_stage, view
from tests.tui.reviewed import Review, changed, made_anew, reviewing
from tui import acceptcard
from tui.deciding import CHANGED
from tui.screens.review import ReviewScreen
from tui.undo import inverse
from tui.waiting import Group, neighbour, waiting

pytestmark = pytest.mark.anyio

_LANDING = Landing(tip="1" * 40, commit="2" * 40)
HUNK = "internal/limit/bucket.go-41"


async def test_a_hunk_that_is_left_out_says_so_and_is_kept_through_a_crash_of_the_client() -> None:
    stage = review_stage()
    async with reviewing(stage) as review:
        text = await review.press("right_square_bracket", "-")
        assert "[ ] − left out 1/5" in text
        assert "−1 left out" in text.split("\n")[0]
        assert "1 place left out; a accepts the rest, which is checked first" in text
        assert review.sent(LeaveOut) == [LeaveOut(task="rate-limit", marks=(HUNK,))]
    async with reviewing(stage) as review:
        assert "− left out 1/5" in review.text
        text = await review.press("right_square_bracket", "-")
        assert "− left out" not in text


async def test_on_a_heading_the_whole_file_is_left_out() -> None:
    async with reviewing() as review:
        text = await review.press("-")
        assert text.count("− left out") == 3
        assert "−2 left out" in text.split("\n")[0]
        await review.press("-")
        assert "left out" not in review.text.split("\n")[0]


async def test_accept_then_means_the_rest_of_exactly_what_is_shown() -> None:
    async with reviewing() as review:
        text = await review.press("right_square_bracket", "-", "a")
        assert "accept the rest of rate-limit (tree 9c41e07) without 1 hunk of" in text
        said = " ".join(text.split())
        assert "they go back as feedback with your comments once the rest has landed" in said
        await review.press("y")
        assert review.sent(Accept) == []
        assert review.sent(AcceptPart) == [
            AcceptPart(task="rate-limit", snapshot=SNAPSHOT, tree=TREE, left_out=(HUNK,), tip=TIP)
        ]


async def test_the_rest_of_a_tree_that_is_gone_is_never_accepted() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "-", "a")
        made_anew(review.stage)
        await review.pilot.pause(0.4)
        assert CHANGED in await review.press("y")
        assert review.sent(AcceptPart) == []


async def test_nothing_is_left_out_of_what_is_not_the_whole_change() -> None:
    for look in (Look.DELTA, Look.LIVE):
        async with reviewing(look=look) as review:
            await review.press("right_square_bracket", "-")
            assert review.sent(LeaveOut) == []


async def test_a_change_put_aside_gives_way_to_the_next() -> None:
    async with reviewing() as review:
        text = await review.press("z")
        assert review.sent(Later) == [Later(task="rate-limit")]
        assert "rate-limit is put aside; u or z takes it up again" in text
        assert review.screen.task_id != "rate-limit"


async def test_what_is_aside_stands_last_asks_for_nobody_and_is_not_gone_on_to() -> None:
    aside = overview(view("one", "One", later=9.0), view("two", "Two"), view("three", "Three"))
    assert [(item.group, item.id) for item in waiting(aside)][-1] == (Group.LATER, "one")
    assert neighbour(aside, "two", 1) == "three"
    assert neighbour(aside, "three", 1) == "two"


# --- at most three keys ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        (("a", "y"), Accept(task="rate-limit", snapshot=SNAPSHOT, tree=TREE, tip=TIP)),
        (("x", "y"), Reject(task="rate-limit")),
        (("z",), Later(task="rate-limit")),
        (("f", "enter", "y"), SendFeedback(task="rate-limit")),
    ],
    ids=["accept", "reject", "later", "feedback"],
)
async def test_a_decision_takes_at_most_three_keys_from_an_open_item(
    keys: tuple[str, ...], command: AnyCommand
) -> None:
    assert len(keys) <= 3
    async with reviewing() as review:
        await review.press(*keys)
        assert review.stage.commands == [command]


# --- what the decision rests on --------------------------------------------------------------


async def test_the_card_says_what_the_decision_rests_on_and_fits_a_small_screen() -> None:
    stage = review_stage(remarks=(*comments(), _still_open()))
    stage.overview = changed(stage, "rate-limit", behind=2)
    async with reviewing(stage, size=(80, 24)) as review:
        text = await review.press("a")
        for words in (
            "accept tree 9c41e07 of rate-limit?", "5 hunks unseen, 1 comment unsent",
            "green on 3f2a9c1 · +90 −4 · ✓2 · $0.52 · round 2", "⚠ weakens tests",
            "⚠ still open: internal/limit/bucket.go:46 · question: why a float?",
            "2 behind: its guardrails run again", "y accept",
        ):  # fmt: skip
            assert words in text, words
        assert "bucket.go" in " ".join(text.split("\n")[:6]), "the diff is still there"


def _still_open() -> Comment:
    return replace(comments()[1], id="c9", state=CommentState.OPEN)


def test_figures_say_what_is_there_and_nothing_else() -> None:
    assert acceptcard.figures(view("one", "One")) == "+90 −4 · ✓2 · $0.52 · round 2"
    bare = view("one", "One", TaskState.PARKED, rounds=0, guardrails=())
    assert acceptcard.figures(bare) == "$0.52"


# --- undo of everything ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        (Accept(task="t", snapshot="s", tree="r"), TakeBack(task="t")),
        (AcceptPart(task="t", snapshot="s", tree="r", left_out=("h",)), End(task="t-rest")),
        (SendFeedback(task="t"), TakeBack(task="t")),
        (Reject(task="t"), TakeBack(task="t")),
        (Later(task="t"), Later(task="t", later=False)),
        (LeaveOut(task="t", marks=("h",)), LeaveOut(task="t", marks=("h",), out=False)),
        (
            Waive(task="t", guardrail="g", tree="r", reason="so"),
            Unwaive(task="t", guardrail="g", tree="r"),
        ),
    ],
    ids=lambda command: type(command).__name__,
)
def test_each_decision_has_a_command_that_takes_it_back(
    done: AnyCommand, undone: AnyCommand
) -> None:
    act = inverse(done, None, Reply(tasks=("t-rest",)))
    assert act is not None
    assert act.commands == (undone,)


async def test_u_takes_a_decision_back() -> None:
    async with reviewing() as review:
        await review.press("x", "y", "u")
        assert review.stage.commands == [Reject(task="rate-limit"), TakeBack(task="rate-limit")]
        assert "rate-limit is not rejected any more" in review.text


async def test_u_after_an_accept_takes_it_back_before_its_push_and_reverts_it_after() -> None:
    async with reviewing() as review:
        await review.press("a", "y")
        landing = _at(review, TaskState.LANDING)
        pushing = replace(landing.task, landing=_LANDING)
        _show(review, replace(landing, task=pushing))
        await review.pilot.pause(0.4)
        assert "is landing in this moment; then u reverts it" in await review.press("u")
        _show(review, _at(review, TaskState.LANDED))
        await review.pilot.pause(0.4)
        assert "Revert rate-limit?" in await review.press("u")
        await review.press("y")
        assert review.sent(TakeBack) == []
        assert review.sent(Undo) == [Undo(task="rate-limit")]


def _at(review: Review, state: TaskState) -> TaskView:
    found = next(v for v in review.stage.overview.tasks if v.task.id == "rate-limit")
    return replace(found, task=replace(found.task, state=state, landing=None))


def _show(review: Review, item: TaskView) -> None:
    others = (v for v in review.stage.overview.tasks if v.task.id != item.task.id)
    review.stage.happen(replace(review.stage.overview, tasks=(item, *others)))


async def test_a_comment_that_was_dropped_comes_back_with_u() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "j", "j", "m")
        await review.press("ctrl+u", "enter")
        await review.pilot.pause(0.5)
        assert len(review.sent(DropComment)) == 1
        assert "[draft]" not in review.text
        await review.press("u")
        await review.pilot.pause(0.5)
        last = review.sent(SaveComment)[-1]
        assert isinstance(last, SaveComment)
        assert last.text == "inject the clock"


async def test_a_paste_leaves_nothing_out_and_accepts_nothing() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "-", "a")
        review.app.screen.post_message(events.Paste("y\ny"))
        await review.settle()
        assert review.sent(AcceptPart) == []
        await review.press("escape")
        assert isinstance(review.front, ReviewScreen)
