"""What the mouse does: a click goes there, two open it, the wheel scrolls, a hint is done."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot

from tests.tui import scene
from tests.tui.playing import playing, shows, until
from tests.tui.reviewed import Review
from tests.tui.snapped import opened
from tui.screens.evidence import EvidenceScreen
from tui.screens.review import ReviewScreen
from tui.widgets.diff import DiffView
from tui.widgets.listing import Listing
from tui.widgets.logview import LogView

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


async def wheel(pilot: Pilot[None], selector: str, *, down: bool = True) -> None:
    """Turn the wheel by a notch over a widget."""
    kind = events.MouseScrollDown if down else events.MouseScrollUp
    await pilot._post_mouse_events([kind], selector)
    await pilot.pause()


async def click(review: Review, selector: str, offset: tuple[int, int], times: int = 1) -> str:
    await review.pilot.click(selector, offset=offset, times=times)
    await review.settle()
    return review.text


def at(review: Review, words: str) -> tuple[int, int]:
    """Where words stand on the screen: cells from the left, lines from the top."""
    for y, line in enumerate(review.text.splitlines()):
        if words in line:
            return line.index(words), y
    raise AssertionError(f"{words} is not there:\n{review.text}")


async def test_a_hint_of_the_footer_does_what_it_names_when_clicked() -> None:
    async with opened("evidence", SIZE) as review:
        x, y = at(review, "q back")
        await review.pilot.click(offset=(x - 1, y))  # between two hints
        await review.settle()
        assert "Evidence" in review.text
        await review.pilot.click(offset=(x + 3, y))
        await review.settle()
        assert isinstance(review.front, ReviewScreen)


async def test_a_sentence_in_the_footer_is_no_hint() -> None:
    async with opened("evidence", SIZE) as review:
        x, y = at(review, "q back")
        review.front.say("nothing to see here, whatever stood there before that was a hint")  # type: ignore[attr-defined]  # ours
        await review.settle()
        await review.pilot.click(offset=(x + 3, y))
        await review.settle()
        assert isinstance(review.front, EvidenceScreen)


async def test_a_click_on_an_item_goes_there_and_two_open_it() -> None:
    async with opened("inbox", SIZE) as review:
        _, y = at(review, "retry-http")
        text = await click(review, "Listing", (20, y - 1))
        assert "▸✓ [x] retry-http" in text
        await review.pilot.pause(0.6)  # past the time in which a second click makes it two
        assert "▸✓ [x] retry-http" in await click(review, "Listing", (20, y - 1))
        await review.pilot.pause(0.6)
        await click(review, "Listing", (20, y - 1), times=2)
        assert isinstance(review.front, ReviewScreen)
        assert review.front.task_id == "retry-http"


async def test_a_click_in_the_files_goes_to_the_file() -> None:
    async with opened("review", SIZE) as review:
        await review.press("escape")
        x, y = at(review, "] limit/drop.go")
        await review.pilot.click(offset=(x, y))
        await review.settle()
        view = review.app.screen.query_one(DiffView)
        found = view.document.places.file(view.document.port.cursor)
        assert found is not None
        assert found.path == "limit/drop.go"


async def test_two_clicks_on_a_line_of_the_diff_do_what_enter_does() -> None:
    async with opened("review", SIZE) as review:
        await review.press("escape")
        x, y = at(review, "go.sum +3")
        await review.pilot.click(offset=(x, y))
        await review.settle()
        assert "folded: enter shows" in review.text
        await review.pilot.pause(0.6)
        await review.pilot.click(offset=(x, y), times=2)
        await review.settle()
        assert "folded: enter shows" not in review.text


async def test_a_log_follows_the_mouse() -> None:
    async with opened("log", SIZE) as review:
        log = review.app.screen.query_one(LogView)
        text = await click(review, "LogView", (5, 0))
        assert "▸limit/bucket.go:42" in text
        await wheel(review.pilot, "LogView")
        assert log.cursor == 1
        await wheel(review.pilot, "LogView", down=False)
        assert log.cursor == 0
        await review.pilot.pause(0.6)
        await click(review, "LogView", (5, 0), times=2)
        assert isinstance(review.front, ReviewScreen)


async def test_the_wheel_moves_in_lists_and_scrolls_the_diff() -> None:
    async with opened("inbox", SIZE) as review:
        before = review.app.screen.query_one(Listing).cursor
        await wheel(review.pilot, "Listing", down=False)
        assert review.app.screen.query_one(Listing).cursor != before
    async with opened("review", (80, 24)) as review:
        await review.press("escape", "g")
        assert "[ ] 1/6" in review.text
        await wheel(review.pilot, "DiffView")
        await review.settle()
        assert "[ ] 1/6" not in review.text


async def test_the_wheel_scrolls_the_help() -> None:
    async with opened("review", (80, 24)) as review:
        before = await review.press("escape", "?")
        await wheel(review.pilot, "VerticalScroll")
        await until(review.pilot, lambda: review.text != before)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_two_clicks_on_a_task_of_the_floor_open_it(size: tuple[int, int]) -> None:
    async with playing(scene.stage(), size=size) as pilot:
        await shows(pilot, "retry-http")
        lines = pilot.app.screen
        where = "Listing" if size[0] < 100 else "Pane"
        await pilot.click(where, offset=(5, 0))
        await pilot.pause(0.6)
        assert pilot.app.screen is lines
        await pilot.click(where, offset=(5, 0), times=2)
        await until(pilot, lambda: pilot.app.screen is not lines)
