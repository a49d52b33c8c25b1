"""Every screen, card and box at every size: nothing is wider than the screen, nothing vital cut."""

from __future__ import annotations

import pytest
from textual.app import App

from tests.screen import segments_of, text_of
from tests.tui import scene
from tests.tui.playing import playing, shows, until
from tests.tui.reviewed import reviewing
from tests.tui.snapped import stage
from tui.widgets.card import Card

pytestmark = pytest.mark.anyio

SIZES = ((80, 24), (100, 30), (132, 43), (200, 60), (300, 100))

CLOSE = "esc close"
REVIEW = (
    ("", "2/4 rate-limit", "⚠1 skipped test", "seen 0/6", "weakens: tests", "? keys"),
    ("m", "cmd/serve.go", "tab changes", "enter keep for feedback", "ctrl+g editor", CLOSE),
    ("escape C", "cmd/serve.go", CLOSE),
    ("escape M", "the change", CLOSE),
    ("escape a", "accept tree 9c41e07", "6 hunks unseen", "1 comment", "y accept", CLOSE),
    ("escape x", "reject rate-limit? Nothing of it lands", "brings it back", "y reject", CLOSE),
    ("escape f", "feedback to rate-limit", "do: inject the clock", "enter next", CLOSE),
    ("escape p", "go to", "enter go", CLOSE),
    ("escape F", "all files", "enter finds", CLOSE),
    ("escape /", "enter keeps", CLOSE),
    ("escape ?", "Keys on this screen: review", "Go to the next hunk."),
    ("escape j j o", "cmd/serve.go", "q back", "? keys"),
    ("q b", "Evidence rate-limit", "tree@9c41e07", "143 passed", "q back", "? keys"),
    ("c", "rate-limit", "q back", "? keys"),
    ("q o", "Evidence rate-limit", "there is nothing to compare by name"),
    ("j j j W", "types", "reason", "ctrl+g editor", CLOSE),
    ("o k enter", "types", "y waive", CLOSE),
    ("escape enter", "types", "q back", "? keys"),
    ("q q i", "2/4 rate-limit", "Limit requests per client", "? keys"),
    ("q", "Inbox", "2 need you · 1 need your eyes · 2 ready", "? keys"),
)  # fmt: skip
"""What is pressed, one after the other, and what must then be there in full."""

FLOOR = (
    ("", "myrepo", "3f2a9c1", "$4.12", "? keys"),
    ("enter", "csv-export", "keep old order?", "enter answer", CLOSE),
    ("escape q x", "End csv-export? Its work is snapshotted and kept", "y end", CLOSE),
    ("escape +", "Budget of csv-export: $0.31 spent", "enter set the caps", CLOSE),
    ("escape s", "csv-export asks", "keep old order?", "enter answer", CLOSE),
    ("escape n", "New tasks: each line is one", "enter queue", CLOSE),
    ("escape ?", "Keys on this screen: floor"),
    ("escape |", "myrepo", "? keys"),
    ("3", "Tasks", "1 queued", "vendor-bump", "? keys"),
    ("4", "Ledger", "today $4.12 of $20", "? keys"),
    ("0", "$0.00", "? keys"),
)


def words(app: App[None]) -> str:
    """All that is shown, as one line of words."""
    return " ".join(text_of(app).split())


def fits(app: App[None]) -> bool:
    """Whether each line has exactly the screen's cells."""
    lines = segments_of(app)
    widths = {sum(segment.cell_length for segment in line) for line in lines}
    return len(lines) == app.size.height and widths == {app.size.width}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_review_and_all_that_it_opens_fit(size: tuple[int, int]) -> None:
    poor = []
    async with reviewing(stage(), size=size) as review:
        for keys, *vital in REVIEW:
            await review.press(*keys.split())
            shown = words(review.app)
            poor += [(keys, one, shown) for one in vital if one not in shown]
            assert fits(review.app), keys
    assert poor == []


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_floor_and_all_that_it_opens_fit(size: tuple[int, int]) -> None:
    poor = []
    async with playing(scene.stage(), size=size) as pilot:
        await shows(pilot, "rate-limit")
        for keys, *vital in FLOOR:
            await pilot.press(*keys.split())
            await pilot.pause(0.05)
            shown = words(pilot.app)
            poor += [(keys, one, shown) for one in vital if one not in shown]
            assert fits(pilot.app), keys
    assert poor == []


@pytest.mark.parametrize("lines", [1, 8, 60])
async def test_the_keys_of_a_card_are_there_however_long_its_question_is(lines: int) -> None:
    question = "\n".join(f"and what of number {n} in all its length" for n in range(lines))
    async with playing(scene.stage(), size=(80, 24)) as pilot:
        pilot.app.push_screen(Card(f"Go on? {question}", "go on", refuse=lambda: "not now"))
        await until(pilot, lambda: "y go on esc close" in words(pilot.app))
        assert "Go on? and what of number 0" in words(pilot.app)
        await pilot.press("y")
        await until(pilot, lambda: "⚠ not now y go on esc close" in words(pilot.app))


async def test_when_an_answer_has_come_the_footer_names_keys_again() -> None:
    async with reviewing(stage()) as review:
        await review.press("j", "j", "o", "q")
        assert "read on" in review.text.splitlines()[-1]
