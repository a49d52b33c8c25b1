"""The keys that lay a diff out, in a review on the stage."""

from __future__ import annotations

import pytest

from factory.wire import Look, MarkSeen
from tests.stage import Stage
from tests.stage_review import Diff, review_stage
from tests.tui.reviewed import Review, reviewing

pytestmark = pytest.mark.anyio

LINES = " head\n-\tone = 1 \n-two = 2\n+\tone = 11 \n+two = 22\n tail"


def pairs() -> Stage:
    """A change of one hunk, with two pairs of lines."""
    stage, diff = review_stage(), Diff().file("a.py", (7, "def f", LINES))
    stage.reviews["rate-limit", Look.CHANGE] = diff.index("rate-limit")
    stage.rows["rate-limit", Look.CHANGE] = tuple(diff.rows)
    return stage


def line_with(review: Review, words: str) -> str:
    return next(line for line in review.text.splitlines() if words in line)


async def test_the_bar_goes_side_by_side_and_back_and_keeps_what_was_chosen() -> None:
    async with reviewing(pairs(), size=(120, 30)) as review:
        assert "22" not in line_with(review, "two = 2")
        text = await review.press("|")
        assert "side by side" in text
        assert "two = 22" in line_with(review, "- two = 2")
        await review.press("enter")
        assert "two = 22" in line_with(review, "- two = 2")
        text = await review.press("|")
        assert "one below the other" in text
        assert line_with(review, "- two = 2").endswith("two = 2")


async def test_what_was_chosen_by_hand_stays_when_the_terminal_grows() -> None:
    async with reviewing(pairs(), size=(200, 30)) as review:
        assert "two = 22" in line_with(review, "- two = 2")
        await review.press("|")
        await review.pilot.resize_terminal(220, 30)
        await review.settle()
        assert line_with(review, "- two = 2").endswith("two = 2")


async def test_h_and_l_go_from_one_side_of_a_pair_to_the_other() -> None:
    async with reviewing(pairs(), size=(200, 30)) as review:
        await review.press("g", "j", "j", "j")
        document = review.screen.diff.document
        new = document.port.cursor
        assert document.pages.row(new) == Diff().file("a.py", (7, "def f", LINES)).rows[5]
        await review.press("h")
        assert document.port.cursor == 3
        await review.press("j")
        assert document.port.cursor == 4
        await review.press("l")
        assert document.port.cursor == new + 1
        assert document.sheet.left == 0
        await review.press("l")
        assert document.sheet.left > 0


async def test_m_comments_on_the_side_that_the_cursor_is_on() -> None:
    async with reviewing(pairs(), size=(200, 30)) as review:
        await review.press("g", "j", "j", "j")
        text = await review.press("m")
        assert "comment on a.py:8" in text
        assert "(removed)" not in text
        await review.press("escape", "h")
        assert "comment on a.py:8 (removed)" in await review.press("m")


async def test_read_on_marks_a_hunk_whose_last_lines_stand_side_by_side() -> None:
    stage, diff = review_stage(), Diff().file("a.py", (1, "", " a\n-b\n-c\n+d\n+e"))
    stage.reviews["rate-limit", Look.CHANGE] = diff.index("rate-limit")
    stage.rows["rate-limit", Look.CHANGE] = tuple(diff.rows)
    async with reviewing(stage, size=(200, 30)) as review:
        await review.press("space")
        assert review.sent(MarkSeen) == [MarkSeen(task="rate-limit", marks=("a.py-1",), seen=True)]
        assert "[x] 1/1" in review.text
        assert "[x] a.py" in review.text


async def test_w_shows_white_space_and_takes_the_signs_away() -> None:
    async with reviewing(pairs(), size=(120, 30)) as review:
        assert line_with(review, "one = 11").endswith("+     one = 11·")
        text = await review.press("W")
        assert "· is a space, → a tab" in text
        assert line_with(review, "one·=·11").endswith("+ →   one·=·11·")
        assert line_with(review, "one·=·1·").endswith("- →   one·=·1·")
        text = await review.press("W")
        assert "two = 22" in text
