"""Without colours, and without our signs, every state is still told from the others."""

from __future__ import annotations

import pytest
from rich.segment import Segment

from tests.screen import segments_of, text_of
from tests.tui import scene
from tests.tui.playing import playing, shows
from tests.tui.reviewed import Review
from tests.tui.snapped import STATES, opened
from tests.tui.test_sizes import FLOOR, REVIEW
from tui.settings import Settings

pytestmark = pytest.mark.anyio

ASCII = Settings(signs="ascii")


def marked(line: list[Segment], attribute: str) -> str:
    """The characters of a line that have an attribute which is no colour."""
    having = (s.text for s in line if s.style is not None and getattr(s.style, attribute))
    return "".join(having).strip()


def line_of(review: Review, words: str) -> list[Segment]:
    """The one line of the screen that has these words."""
    texts = text_of(review.app).splitlines()
    found = [at for at, text in enumerate(texts) if words in text]
    assert len(found) == 1, (words, texts)
    return segments_of(review.app)[found[0]]


def coloured(review: Review) -> set[str]:
    """The inks and grounds on the screen that are no grey."""
    colours = set()
    for line in segments_of(review.app):
        for style in (segment.style for segment in line if segment.style is not None):
            for color in (style.color, style.bgcolor):
                if color is not None and len(set(color.get_truecolor())) > 1:
                    colours.add(color.get_truecolor().hex)
    return colours


@pytest.fixture(params=["", "ascii"], ids=["signs", "ascii"])
def signs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NO_COLOR", "1")
    return str(request.param)


async def test_the_states_of_a_review_are_told_without_colour(signs: str) -> None:
    cursor, edge, moved, warn = ">|=E" if signs else "▸┃≡⚠"
    async with opened("review", (120, 40), Settings(signs=signs)) as review:
        assert coloured(review) == set()
        text = review.text
        assert f"{cursor}  43   43" in text
        assert f"{edge}       42 +" in text
        assert f"88     {moved}- func drop" in text
        assert f"3{moved}+ func drop" in text
        assert "left out" in marked(line_of(review, "limit/drop.go +3"), "bold")
        assert "[x] 5/6" in text
        assert "[ ] 1/6" in text
        assert f"{warn}[x]" in text
        assert "▲" in text or "^[ ]" in text
        assert marked(line_of(review, "serve(8080)"), "underline") == "8080"
        assert marked(line_of(review, "serve(9090)"), "underline") == "9090"
        assert marked(line_of(review, "float64(n)"), "reverse") == "tokens"
        assert "you" in text
        assert "[draft]" in text


async def test_the_states_of_the_inbox_are_told_without_colour(signs: str) -> None:
    cursor, ready = (">", "v") if signs else ("▸", "✓")
    async with opened("inbox", (120, 40), Settings(signs=signs)) as review:
        assert coloured(review) == set()
        assert f"\n{cursor}~ docs-typos" in review.text
        assert f"\n {ready} [x] retry-http" in review.text
        assert "\n ! fix-login" in review.text


async def test_the_kind_of_a_comment_and_a_choice_are_told_without_colour(signs: str) -> None:
    async with opened("review", (80, 24), Settings(signs=signs)) as review:
        assert "[do]" in await review.press("escape", "m")
        assert "[question]" in await review.press("tab")
        text = await review.press("escape", "p", "down")
        assert f"\n{'>' if signs else '▸'} limit/bucket.go" in text


@pytest.mark.parametrize("name", STATES)
async def test_ascii_leaves_no_other_sign_of_ours(name: str) -> None:
    async with opened(name, (120, 40), ASCII) as review:
        assert [line for line in review.text.splitlines() if not line.isascii()] == []


async def test_ascii_leaves_no_other_sign_in_cards_boxes_and_pages() -> None:
    async with opened("review", (200, 60), ASCII) as review:
        await review.press("escape", "g")
        for keys, *_ in REVIEW:
            for line in (await review.press(*keys.split())).splitlines():
                assert line.isascii(), (keys, line)


async def test_ascii_leaves_no_other_sign_on_the_floor_and_in_the_lists() -> None:
    async with playing(scene.stage(), settings=ASCII) as pilot:
        await shows(pilot, "rate-limit")
        for keys, *_ in FLOOR:
            await pilot.press(*keys.split())
            await pilot.pause(0.05)
            for line in text_of(pilot.app).splitlines():
                assert line.isascii(), (keys, line)
