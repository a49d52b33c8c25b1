"""Evidence on demand, by keys: why a line is there, what was run, tests old against new."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from factory.entry import Prompt, Response, ToolCall, ToolResult
from factory.wire import Compared, Deeds, RanCommand, Trace, Weighed, Why
from tests.screen import check_golden
from tests.stage import NOW, Stage
from tests.stage_review import TIP, review_stage
from tests.tui.reviewed import Clock, changed, reviewing
from tui import pagelines
from tui.screens.evidence import EvidenceScreen
from tui.screens.page import Page
from tui.screens.review import ReviewScreen
from tui.screens.zoom import ZoomScreen

pytestmark = pytest.mark.anyio

PATH = "internal/limit/bucket.go"
TO_LINE = ("right_square_bracket", "j", "j")
WHY = Why(
    text="\tb.refill(time.Now())", trace=Trace.WRITTEN, attempt="rate-limit.1", turn=14, round=2,
    at=NOW - 180, entry=2, said="The bucket fills by itself: whoever takes calls refill first.",
    said_turn=13, thought="no timer, then", tool="str_replace_based_edit_tool",
    call=f"edit {PATH}", ended=True, exit_code=0, asked="tests failed: TestTake is empty",
    asked_by="guardrails", earlier=1, marked=1,
    excerpt=("func (b *Bucket) Take(n int) bool {", "\tb.refill(time.Now())", "\tif b.tokens {"),
)  # fmt: skip
COMPARED = Compared(
    guardrail="tests", run="run-tests", tip=TIP, tip_run="run-tip", kept=138,
    new_ones=("limit/bucket_test.go::TestTake", *(f"limit/new_test.go::Test{n}" for n in range(3))),
    gone=("internal/limit/bucket_test.go::TestOld",), still=("cmd::TestSlow",),
)  # fmt: skip
DEEDS = Deeds(
    commands=(
        RanCommand(text="go vet ./...", exit_code=1, seconds=2.0),
        RanCommand(text="go test ./...\ngo build", exit_code=0, seconds=31.0, round=2),
        RanCommand(text="make bench", round=2),
        RanCommand(text="sleep 900", round=2, interrupted=True),
    ),
    claims=(
        Weighed(words="all tests pass", command="go test ./...", exit_code=0, ran=True),
        Weighed(words="benchmarked"),
        Weighed(words="go vet is clean", exit_code=1, ran=True),
    ),
)  # fmt: skip


def stage() -> Stage:
    found = review_stage()
    found.reasons[PATH, 42] = WHY
    found.deeds["rate-limit"] = DEEDS
    found.compared["rate-limit"] = (COMPARED,)
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_o_shows_the_words_and_the_call_that_wrote_the_line(size: tuple[int, int]) -> None:
    async with reviewing(stage(), size=size, clock=Clock(step=0.0001)) as review:
        text = await review.press(*TO_LINE, "o")
        assert f"Why is {PATH}:42 here?" in text
        assert "The bucket fills by itself" in text
        assert "what it had been told last, by guardrails" in text
        assert "rate-limit.1 · round 2 · turn 14 · exit 0" in text
        assert "▸ \tb.refill".expandtabs(4).strip()[:4] in text
        check_golden(review.app, f"why-{size[0]}x{size[1]}")
        await review.press("escape")
        assert isinstance(review.front, ReviewScreen)


async def test_o_on_a_hunk_asks_about_the_first_line_that_it_changes() -> None:
    async with reviewing(stage()) as review:
        await review.press("right_square_bracket", "o")
        assert isinstance(review.front, Page)
        asked = [path for path in review.stage.asked if "/why" in path]
        assert "line=42&new=1&look=change" in asked[-1]


async def test_o_on_a_removed_line_asks_about_the_old_side() -> None:
    async with reviewing(stage()) as review:
        text = await review.press("right_square_bracket", *"jjjjjj", "o")
        assert "gone?" in text
        assert "new=0" in [path for path in review.stage.asked if "/why" in path][-1]


async def test_o_where_there_is_no_line_of_the_change_says_so() -> None:
    async with reviewing(stage()) as review:
        assert "put the cursor on a line" in await review.press("g", "o")
        text = await review.press("right_square_bracket", "j", "o")
        assert "this line is not of this change" in text
        assert not [path for path in review.stage.asked if "/why" in path]


async def test_enter_on_the_reason_opens_the_transcript_at_that_turn() -> None:
    found = stage()
    view = replace(found.overview.tasks[0], attempt="rate-limit.1")
    found.overview = changed(found, "rate-limit", attempt="rate-limit.1")
    found.details["rate-limit"] = replace(found.details["rate-limit"], view=view)
    found.write(
        "rate-limit.1",
        Prompt(text="Limit requests."),
        Response(content=({"type": "text", "text": "I look around first."},)),
        Response(content=({"type": "text", "text": "The bucket fills by itself."},)),
        ToolCall(id="1", name="str_replace_based_edit_tool", text=f"edit {PATH}"),
        ToolResult(id="1", text="edited"),
        *(Response(content=({"type": "text", "text": f"and on {n}"},)) for n in range(80)),
    )
    async with reviewing(found) as review:
        await review.press(*TO_LINE, "o", "enter")
        assert isinstance(review.front, ZoomScreen)
        assert "The bucket fills by itself." in "\n".join(review.text.splitlines()[:8])
        assert "I look around first." not in review.text
        await review.press("escape")
        assert type(review.app.screen_stack[-1]) is Page


async def test_a_reason_in_an_earlier_attempt_cannot_be_opened_and_says_so() -> None:
    async with reviewing(stage()) as review:
        text = await review.press(*TO_LINE, "o", "enter")
        assert "rate-limit.1 is an earlier attempt" in text
        assert isinstance(review.front, Page)


async def test_a_line_that_no_edit_wrote_names_what_may_have() -> None:
    found = stage()
    found.reasons[PATH, 42] = Why(
        text="x", ran=(RanCommand(text="gofmt -w .", exit_code=0, seconds=1.0),)
    )
    async with reviewing(found) as review:
        text = await review.press(*TO_LINE, "o")
        assert "no edit that wrote it was recorded" in text
        assert "✓ exit 0 · 1.0s · $ gofmt -w ." in text
        assert "leads nowhere" in await review.press("enter")


async def test_what_a_transcript_says_cannot_reach_the_terminal_as_more_than_text() -> None:
    found = stage()
    found.reasons[PATH, 42] = replace(
        WHY, said="\x1b]0;owned\x07 [bold red]loud[/]", call="\x1b[2J$(x)", excerpt=("\x1b[1m[b]",)
    )
    async with reviewing(found) as review:
        text = await review.press(*TO_LINE, "o")
        assert "\x1b" not in text
        assert "[bold red]loud[/]" in text


async def test_c_shows_every_command_with_its_true_exit_code_and_what_bears_out_claims() -> None:
    async with reviewing(stage(), clock=Clock(step=0.0001)) as review:
        text = await review.press("b", "c")
        assert '✓ "all tests pass": shown by go test ./..., exit 0' in text
        assert '~ "benchmarked": unproven, no command that would show it was run' in text
        assert "unproven, the newest run for it ended with exit 1" in text
        assert "✗ exit 1 · 2.0s · $ go vet ./..." in text
        assert "· no exit code · $ make bench" in text
        assert "· interrupted · $ sleep 900" in text
        check_golden(review.app, "deeds-120x40")
        await review.press("q")
        assert isinstance(review.front, EvidenceScreen)


async def test_the_evidence_names_the_command_that_bears_out_a_claim() -> None:
    async with reviewing(stage()) as review:
        text = await review.press("b")
        assert '✓ "all tests pass": shown by go test ./..., exit 0' in text


async def test_o_on_a_guardrail_shows_tests_by_name_and_its_line_has_the_figures() -> None:
    async with reviewing(stage(), clock=Clock(step=0.0001)) as review:
        text = await review.press("b")
        assert "143 passed  1 gone, +4 new" in text
        text = await review.press("j", "o")
        assert "held against its run on the tip 3f2a9c1" in text
        assert "⚠ internal/limit/bucket_test.go::TestOld" in text
        assert "new (4)" in text
        assert "138 pass on both" in text
        check_golden(review.app, "compared-120x40")


async def test_enter_on_a_test_leads_to_its_file_in_the_diff() -> None:
    async with reviewing(stage()) as review:
        await review.press("b", "j", "o", "j", "j", "enter")
        assert isinstance(review.front, ReviewScreen)
        assert any("▸" in row and "bucket_test.go" in row for row in review.text.splitlines())


async def test_a_guardrail_without_names_and_one_that_the_tip_never_saw_say_so() -> None:
    found = stage()
    found.compared["rate-limit"] = (Compared(guardrail="tests", run="run-tests", tip=TIP),)
    async with reviewing(found) as review:
        assert "ruff does not name what it checks" in await review.press("b", "o")
        text = await review.press("j", "o")
        assert "it was never run on the tip 3f2a9c1" in text
        assert "this line names no file" in await review.press("enter")


async def test_words_can_be_found_and_copied_on_a_page() -> None:
    async with reviewing(stage()) as review:
        await review.press("b", "c", "slash")
        await review.write("bench")
        await review.press("enter", "escape", "y")
        assert review.app.clipboard == "· no exit code · $ make bench"


def test_a_long_page_lists_its_names_up_to_a_limit() -> None:
    names = tuple(f"tests/test_a.py::test_{n}" for n in range(2_000))
    told = pagelines.compared(replace(COMPARED, new_ones=names))
    assert len(told) < 600
    assert any(row.text == "… 1500 more" for row in told)


def test_the_words_of_a_page_keep_their_indent_where_they_wrap() -> None:
    rows = pagelines.rows([pagelines.Sentence("word " * 30, "", 3)], 40)
    assert len(rows) > 3
    assert all(row.text.startswith("   w") and len(row.text) < 40 for row in rows)
