"""The page that a review opens with, and what it gives way to."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from factory.model import Handoff, Parked, ParkReason, TaskState
from factory.wire import Look, MarkSeen, SaveComment
from tests.screen import check_golden
from tests.stage import Stage
from tests.stage_review import Diff, comments, review_stage
from tests.tui.reviewed import Review, changed, reviewing

pytestmark = pytest.mark.anyio

SIZES = [(80, 24), (120, 40), (200, 60)]


async def opened(review: Review, task: str = "rate-limit") -> str:
    """Come to a review as a developer does: from the Inbox."""
    await review.press("q")
    review.app.show_review(task)
    await review.settle()
    return review.text


def looked_at(task: str = "rate-limit") -> Stage:
    """A stage on which the developer has decided on an earlier round."""
    stage = review_stage(remarks=comments())
    stage.overview = changed(stage, task, looked=True)
    delta = Diff().file("cmd/serve.go", (12, "func main()", "-one\n+two"))
    stage.reviews[task, Look.DELTA] = delta.index(task, delta=True)
    stage.rows[task, Look.DELTA] = tuple(delta.rows)
    return stage


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_review_opens_with_one_page_that_says_what_it_is_about(
    size: tuple[int, int],
) -> None:
    async with reviewing(size=size) as review:
        await opened(review)
        check_golden(review.app, f"briefing-{size[0]}x{size[1]}")


@pytest.mark.parametrize("key", ["space", "j", "enter", "r", "G", "ctrl+d"])
async def test_a_key_that_reads_leaves_the_page_and_marks_nothing(key: str) -> None:
    async with reviewing() as review:
        assert "look at" in await opened(review)
        assert "look at" not in await review.press(key)
        assert "func (b *Bucket) Take" in review.text
        assert review.sent(MarkSeen) == []


async def test_a_key_that_goes_somewhere_leaves_the_page_and_goes_there() -> None:
    async with reviewing() as review:
        await opened(review)
        text = await review.press("right_curly_bracket")
        assert "look at" not in text
        assert "▸ cmd/serve.go" in text


async def test_i_shows_the_page_again_and_goes_back_to_the_same_line() -> None:
    async with reviewing() as review:
        await opened(review)
        before = await review.press("right_square_bracket", "j")
        assert "look at" in await review.press("i")
        assert await review.press("i") == before


async def test_a_comment_written_on_the_page_is_on_the_change() -> None:
    async with reviewing() as review:
        await opened(review)
        await review.press("m")
        await review.write("why now?")
        await review.press("enter")
        saved = [one for one in review.sent(SaveComment) if isinstance(one, SaveComment)]
        assert saved[-1].anchor.path == ""


async def test_a_change_that_was_begun_opens_where_reading_stopped() -> None:
    async with reviewing() as review:
        await review.press("right_square_bracket", "r")
        text = await opened(review)
        assert "look at" not in text
        assert "▸ [ ] 2/5" in text


async def test_a_new_round_begins_with_what_is_new_in_it() -> None:
    async with reviewing(looked_at()) as review:
        text = await opened(review)
        assert "since your last look; d shows the whole change" in text
        assert "bucket.go" not in text.partition("look at")[2]
        assert "func (b *Bucket) Take" in await review.press("space", "d")


async def test_who_read_what_is_new_is_told_what_of_the_whole_is_unseen() -> None:
    async with reviewing(looked_at()) as review:
        await opened(review)
        assert "seen 1/1" in (await review.press("space", "space")).splitlines()[0]
        view = next(v for v in review.stage.overview.tasks if v.task.id == "rate-limit")
        assert (view.seen, view.hunks) == (1, 5), "the stage's hunk of that name is seen in both"
        assert "4 hunks unseen" in await review.press("a")


async def test_a_round_with_nothing_new_is_shown_whole() -> None:
    stage = looked_at()
    stage.reviews["rate-limit", Look.DELTA] = Diff().index("rate-limit", delta=True)
    stage.rows["rate-limit", Look.DELTA] = ()
    async with reviewing(stage) as review:
        text = await opened(review)
        assert "no line has changed since you decided on it" in text
        assert "internal/limit/bucket.go" in text.partition("look at")[2]
        await review.press("space", "space")
        assert "no line has changed" in await opened(review), "whatever was seen by then"


async def test_what_is_parked_says_on_its_page_why_it_waits() -> None:
    stage = review_stage()
    why = Parked(reason=ParkReason.STUCK, message="without what was left out: tests: 2 failed")
    tasks = [
        replace(view, task=replace(view.task, state=TaskState.PARKED, parked=why))
        for view in stage.overview.tasks
    ]
    stage.overview = replace(stage.overview, tasks=tuple(tasks))
    async with reviewing(stage) as review:
        text = await opened(review)
        assert "waits       stuck: without what was left out: tests: 2 failed" in text
        assert "feedback says what it shall do; a reject gives it up" in text


async def test_what_was_never_decided_on_says_so_when_asked_what_is_new() -> None:
    stage = review_stage()
    stage.reviews["rate-limit", Look.DELTA] = stage.reviews["rate-limit", Look.CHANGE]
    async with reviewing(stage) as review:
        text = await review.press("d")
        assert "you have not decided on it before: all of it is new" in text
        assert "since your last look" not in text
        assert review.screen.look is Look.CHANGE


async def test_a_small_screen_gives_a_line_that_says_nothing_to_the_code() -> None:
    stage = review_stage()
    view = next(view for view in stage.overview.tasks if view.task.id == "rate-limit")
    assert view.change is not None
    quiet = replace(view.change, handoff=Handoff(summary=""), weakened=(), idle=())
    stage.overview = changed(stage, "rate-limit", change=quiet, overlaps=())
    async with reviewing(stage, size=(80, 24)) as review:
        assert review.screen.diff.size.height == 21
        stage.happen(changed(stage, "rate-limit", change=replace(quiet, weakened=("tests",))))
        await review.pilot.pause(0.4)
        await review.settle()
        assert review.screen.diff.size.height == 20
        assert "weakens: tests" in review.text


async def test_the_page_gives_way_to_what_is_short_of_room_and_says_so() -> None:
    stage = review_stage()
    spec = "\n".join(f"- rule {number}" for number in range(60))
    tasks = [replace(v, task=replace(v.task, spec=spec)) for v in stage.overview.tasks]
    stage.overview = replace(stage.overview, tasks=tuple(tasks))
    async with reviewing(stage, size=(80, 24)) as review:
        text = await opened(review)
        assert "rule 0" in text
        assert " more" in text
        for part in ("asked", "it says", "risk", "evidence", "look at"):
            assert f"\n {part} " in text, part
