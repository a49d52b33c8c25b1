"""What the screens look like, characters and colours, at three sizes and in three themes."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.pictured import check_themes, runs, styles_of
from tests.screen import segments_of
from tests.tui.snapped import KEPT, SIZES, opened
from tui.settings import Settings

pytestmark = pytest.mark.anyio

THEMES = ("factory", "factory-light", "factory-contrast")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", KEPT)
async def test_a_screen_looks_as_it_did_in_every_theme(name: str, size: tuple[int, int]) -> None:
    async with opened(name, size) as review:
        await check_themes(review.app, f"{name}-{size[0]}x{size[1]}", THEMES, review.settle)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["inbox", "evidence", "log"])
async def test_the_line_under_the_cursor_has_a_ground_of_its_own(name: str, theme: str) -> None:
    async with opened(name, (80, 24), Settings(theme=theme)) as review:
        ground = Color.parse(review.app.get_css_variables()["cursor-line"]).hex.lower()
        lines = [line for line in segments_of(review.app) if line and line[0].text[:1] == "▸"]
        assert [any(ground in style for style, _ in runs(line)) for line in lines] == [True]


async def test_a_theme_looks_the_same_from_the_start_as_chosen_later() -> None:
    async with opened("review", (120, 40), Settings(theme="factory-light")) as review:
        begun = styles_of(review.app)
        for theme in ("factory", "factory-light"):
            review.app.theme = theme
            await review.settle()
        assert styles_of(review.app) == begun


def test_neighbours_of_one_style_are_one_run() -> None:
    red, blue = Style(color="#ff0000", bold=True), Style(color="#0000ff", bgcolor="#000000")
    line = [Segment("a", red), Segment("", blue), Segment("漢", red), Segment(" ", blue)]
    assert runs(line) == [("#ff0000 on default bold", 3), ("#0000ff on #000000", 1)]
