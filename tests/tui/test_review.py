from __future__ import annotations

import pytest

from factory.wire import (
    MarkSeen,
)
from tests.screen import check_golden
from tests.stage_review import (
    Diff,
    review_stage,
)
from tests.tui.reviewed import reviewing

pytestmark = pytest.mark.anyio


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
