"""Two attempts at one task on the screen: begun, held against each other, one kept."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from factory.model import Handoff, Lane, Task, TaskState
from factory.wire import Again, End, Look, Reject, Reply, TaskView
from tests.stage import NOW, Stage
from tests.stage_review import Diff, change, overview, review_stage, view
from tests.tui.playing import playing, shows
from tests.tui.reviewed import Review, reviewing
from tui.screens.review import ReviewScreen
from tui.screens.rival import RivalScreen
from tui.undo import inverse

pytestmark = pytest.mark.anyio

BETWEEN = Diff().file("src/bucket.py", (3, "def take", "-    return old\n+    return new\n same"))


def two(state: TaskState = TaskState.READY) -> tuple[TaskView, TaskView]:
    one = view("rate-limit", "Limit requests", rivals=("rate-limit-2",))
    first = replace(one, change=change("rate-limit", added=90, lane=Lane.PLAIN))
    note = Handoff(summary="By a token bucket.", unproven=("benchmarked",))
    mine = change("rate-limit-2", added=12, removed=3, handoff=note, lane=Lane.PLAIN)
    task = Task(
        id="rate-limit-2", title="Limit requests", agent="codex", created_at=NOW - 60,
        changed_at=NOW - 30, state=TaskState.READY, rival_of="rate-limit", nth=2, rounds=1,
    )  # fmt: skip
    second = view("rate-limit-2", "Limit requests", change=mine, rivals=("rate-limit",))
    return (
        replace(first, task=replace(first.task, state=state)),
        replace(second, task=task, since=NOW - 30),
    )


def stage(*views: TaskView) -> Stage:
    found = review_stage()
    found.overview = overview(*views)
    for item in views:
        name = item.task.id
        found.details[name] = replace(found.details["rate-limit"], view=item)
        for look in Look:
            found.reviews[name, look] = replace(found.reviews["rate-limit", look], task=name)
            found.rows[name, look] = found.rows["rate-limit", look]
        found.reviews[name, Look.RIVAL] = BETWEEN.index(name)
        found.rows[name, Look.RIVAL] = tuple(BETWEEN.rows)
    return found


def row(review: Review, label: str) -> str:
    return next(line for line in review.text.splitlines() if line.startswith(f" {label} "))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_two_attempts_stand_side_by_side_with_what_differs(size: tuple[int, int]) -> None:
    async with reviewing(stage(*two()), task="rate-limit-2", size=size) as review:
        text = await review.press("equals_sign")
        assert isinstance(review.front, RivalScreen)
        assert "rate-limit → rate-limit-2" in text
        assert "− rate-limit (1st attempt)" in text
        assert "+ rate-limit-2 (2nd attempt)" in text
        assert row(review, "size").split()[1:] == [
            "+90", "−4,", "2", "files", "+12", "−3,", "2", "files"
        ]  # fmt: skip
        assert "benchmarked" in row(review, "unproven")
        assert "codex" in row(review, "cost")
        assert "return old" in text
        assert "return new" in text
        await review.press("equals_sign")
        assert str(review.front) == str(review.screen)


async def test_keeping_one_asks_rejects_the_other_and_goes_on_with_the_review() -> None:
    async with reviewing(stage(*two()), task="rate-limit-2") as review:
        text = await review.press("equals_sign", "K")
        assert "keep rate-limit-2? The other attempt, rate-limit, is rejected" in text
        assert review.stage.commands == []
        await review.press("K")
        assert review.stage.commands == []
        text = await review.press("K", "y")
        assert review.sent(Reject) == [Reject(task="rate-limit")]
        assert isinstance(review.front, ReviewScreen)
        assert review.screen.task_id == "rate-limit-2"
        assert "kept rate-limit-2; rate-limit is given up, u brings it back" in text


async def test_an_attempt_that_still_runs_is_ended() -> None:
    first, second = two(TaskState.WORKING)
    async with reviewing(stage(first, second), task="rate-limit-2") as review:
        assert "is ended" in await review.press("equals_sign", "K")
        await review.press("y")
        assert review.sent(End) == [End(task="rate-limit")]


async def test_what_has_landed_is_not_given_up() -> None:
    first, second = two(TaskState.LANDED)
    async with reviewing(stage(first, second), task="rate-limit-2") as review:
        text = await review.press("equals_sign", "K")
        assert "rate-limit has landed already" in text
        assert review.stage.commands == []


async def test_another_tree_than_the_shown_one_is_not_kept() -> None:
    async with reviewing(stage(*two()), task="rate-limit-2") as review:
        await review.press("equals_sign", "K")
        _, second = two()
        review.stage.happen(
            overview(replace(second, rivals=())), kind="rejected", task="rate-limit"
        )
        await review.pilot.pause(0.4)
        assert "screen changed, press again" in await review.press("y")
        assert review.stage.commands == []


async def test_an_only_attempt_has_nothing_beside_it() -> None:
    async with reviewing() as review:
        assert "is the only attempt; A in the Inbox starts another" in await review.press(
            "equals_sign"
        )


async def test_the_card_says_that_another_attempt_has_landed() -> None:
    first, second = two()
    over = replace(second, overtaken="rate-limit")
    async with reviewing(stage(first, over), task="rate-limit-2") as review:
        assert "overtaken by: rate-limit" in review.text
        text = await review.press("a")
        assert "rate-limit, another attempt at the same, has landed already" in text


async def test_another_attempt_is_asked_for_by_a_card_and_can_be_taken_back() -> None:
    found = stage(*two())
    found.answer = lambda command: Reply(tasks=("rate-limit-3",))
    async with playing(found, mode="inbox") as pilot:
        await pilot.press("A")
        await shows(pilot, "another attempt at rate-limit, by claude, from the beginning?")
        assert found.commands == []
        await pilot.press("y")
        await shows(pilot, "rate-limit-3 attempts rate-limit anew")
        assert found.commands == [Again(task="rate-limit")]
        await shows(pilot, "2nd attempt")
    act = inverse(Again(task="rate-limit"), found.overview, Reply(tasks=("rate-limit-3",)))
    assert act is not None
    assert act.commands == (End(task="rate-limit-3"),)
