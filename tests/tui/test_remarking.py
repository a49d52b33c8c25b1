from __future__ import annotations

import pytest

from factory.model import CommentKind
from factory.wire import (
    DropComment,
    SaveComment,
)
from tests.stage_review import (
    review_stage,
)
from tests.tui.reviewed import reviewing
from tui.screens.review import ReviewScreen

pytestmark = pytest.mark.anyio


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
