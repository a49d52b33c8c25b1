from __future__ import annotations

from pathlib import Path

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
from tui import settings
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


OWN = ("Say so in the changelog.", "  ", "Explain why this is needed.")


async def test_ctrl_r_puts_a_ready_made_remark_in_at_the_cursor() -> None:
    async with reviewing(review_stage()) as review:
        await review.press("right_square_bracket", "j", "m")
        await review.write("see: ")
        text = await review.press("ctrl+r")
        assert "1 Add a test that fails without this." in text
        assert "6 Handle the error, or say why it cannot happen." in text
        await review.press("4", "enter")
        saved = review.sent(SaveComment)[-1]
        assert isinstance(saved, SaveComment)
        assert saved.text == "see: Undo this: it was not asked for."


async def test_a_remark_is_chosen_by_moving_too_and_escape_chooses_none() -> None:
    async with reviewing(review_stage()) as review:
        await review.press("right_square_bracket", "j", "m", "ctrl+r", "escape")
        await review.press("ctrl+r", "j", "j", "k", "enter", "enter")
        saved = review.sent(SaveComment)[-1]
        assert isinstance(saved, SaveComment)
        assert saved.text == "Explain why this is needed."


async def test_ones_own_remarks_come_first() -> None:
    async with reviewing(review_stage()) as review:
        review.app.remarks = OWN
        text = await review.press("right_square_bracket", "j", "m", "ctrl+r")
        assert "1 Say so in the changelog." in text
        assert "2 Explain why this is needed." in text
        assert text.count("Explain why this is needed.") == 1
        await review.press("1", "enter")
        assert "Say so in the changelog." in review.text


def test_ones_own_remarks_are_read_from_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('remarks = ["Say so in the changelog."]')
    assert settings.load(file).remarks == ("Say so in the changelog.",)
    file.write_text("remarks = 7")
    assert settings.load(file).remarks == ()
    assert "remarks" in settings.load(file).problems[0]


async def test_ready_made_remarks_are_there_in_the_box_of_feedback_too() -> None:
    async with reviewing(review_stage(), size=(80, 24)) as review:
        review.app.remarks = tuple(f"remark number {n}" for n in range(40))
        text = await review.press("f", "ctrl+r", *("j",) * 20)
        assert "▸  remark number 20" in text
        assert "remark number 20" in await review.press("enter")
