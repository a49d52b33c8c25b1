"""Every pair of colours that stands on the screen can be read, in each of our themes."""

from __future__ import annotations

from itertools import product

import pytest
from rich.color import Color as RichColor
from textual.color import Color

from tests.tui import scene
from tests.tui.playing import playing, shows
from tests.tui.reviewed import reviewing
from tui.diff.paint import COMPONENTS
from tui.settings import Settings
from tui.theme import THEMES
from tui.widgets.diff import DiffView

pytestmark = pytest.mark.anyio

NORMAL, HIGH = 4.5, 7.0
INKS = ("good", "bad", "accent", "warning", "muted", "name", "context", "hunk", "remark")
LINES = ("context", "added", "removed", "moved", "cursor", "added-word", "removed-word")
WORDS = (
    "text", "foreground", "text-muted", "text-primary", "text-accent", "text-warning",
    "text-error", "text-success", "accent", "error", "warning", "success", "primary",
)  # fmt: skip
GROUNDS = ("background", "surface", "panel", "cursor-line", "cursor-away")


def ratio(ink: Color, ground: Color) -> float:
    """Contrast of two opaque colours as WCAG 2 computes it, 1 to 21."""

    def light(color: Color) -> float:
        parts = [part / 255 for part in color.rgb]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(ink), light(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def least(theme: str) -> float:
    return HIGH if theme == "factory-contrast" else NORMAL


def solid(found: RichColor | None) -> Color:
    assert found is not None
    return Color.from_rich_color(found)


def test_the_measure_is_that_of_wcag() -> None:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert ratio(black, white) == pytest.approx(21)
    assert ratio(Color(119, 119, 119), white) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_ink_of_a_diff_can_be_read_on_every_line(theme: str) -> None:
    async with reviewing() as review:
        review.app.theme = theme
        await review.settle()
        view = review.app.screen.query_one(DiffView)
        styles = {name: view.get_component_rich_style(name_of(name)) for name in COMPONENTS}
        pairs = [
            *product(INKS, LINES), ("file", "file"), ("hunk", "hunk"), ("remark", "remark"),
            ("muted", "hunk"), ("accent", "hunk"), ("muted", "file"), ("warning", "file"),
        ]  # fmt: skip
        poor = {
            f"{ink} on {line}": round(found, 2)
            for ink, line in pairs
            if (found := ratio(solid(styles[ink].color), solid(styles[line].bgcolor)))
            < least(theme)
        }
    assert poor == {}


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_word_of_the_screens_can_be_read_on_every_ground(theme: str) -> None:
    async with playing(scene.stage(), settings=Settings(theme=theme)) as pilot:
        await shows(pilot, "rate-limit")
        found = pilot.app.get_css_variables()
        base = Color.parse(found["background"])
        poor = {
            f"{word} on {ground}": round(value, 2)
            for word, ground in product(WORDS, GROUNDS)
            if (value := ratio(opaque(found[word], base), opaque(found[ground], base)))
            < least(theme)
        }
    assert poor == {}


def name_of(component: str) -> str:
    return f"diff--{component}"


def opaque(value: str, base: Color) -> Color:
    """A colour of the style sheets, such as `#5fafd7 34%`, laid over the background."""
    name, _, part = value.partition(" ")
    share = float(part.removesuffix("%")) / 100 if part else 1.0
    return base.blend(Color.parse(name), share)


async def test_a_theme_is_chosen_in_the_settings_and_while_the_screen_runs() -> None:
    async with playing(scene.stage(), settings=Settings(theme="factory-light")) as pilot:
        await shows(pilot, "rate-limit")
        assert pilot.app.theme == "factory-light"
        await pilot.press(":")
        await shows(pilot, "Search for commands")
        await pilot.press(*"contrast")
        await shows(pilot, "factory-contrast")
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.theme == "factory-contrast"
