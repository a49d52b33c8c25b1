"""A screen as a golden with its colours: its characters once, for each theme its runs of styles.

Read from the compositor like `tests.screen`, so that it outlives Textual. A theme's part begins
with its legend, a style a letter; then each line of the screen is its runs, letter and cells:
`a12 b3` is twelve cells of style a, three of b. Lines that are alike stand together (`4-9`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby
from string import ascii_letters
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App

from tests.screen import GOLDENS, segments_of, text_of

_LETTERS = [*ascii_letters, *(f"{one}{two}" for one in ascii_letters for two in "'\"")]
_ATTRIBUTES = ("bold", "italic", "underline", "reverse", "dim", "strike")


def told(style: Style | None) -> str:
    """A style in words: `#d8d8d8 on #121416 bold`."""
    if style is None:
        return "plain"
    ink, ground = (
        color.get_truecolor().hex if color is not None else "default"
        for color in (style.color, style.bgcolor)
    )
    return " ".join([ink, "on", ground, *(name for name in _ATTRIBUTES if getattr(style, name))])


def runs(line: Iterable[Segment]) -> list[tuple[str, int]]:
    """Neighbours of one style in one: the style in words, and how many cells have it."""
    cells = ((told(segment.style), segment.cell_length) for segment in line if segment.text)
    grouped = groupby(cells, key=lambda cell: cell[0])
    return [(style, sum(count for _, count in same)) for style, same in grouped]


def styles_of(app: App[Any]) -> str:
    """The legend, and the runs of every line of the screen."""
    letters: dict[str, str] = {}
    lines = []
    for line in segments_of(app):
        parts = []
        for style, count in runs(line):
            letter = letters.setdefault(style, _LETTERS[len(letters)])
            parts.append(f"{letter}{count}")
        lines.append(" ".join(parts))
    legend = [f"{letter} = {style}" for style, letter in letters.items()]
    alike = [(text, [at for at, _ in same]) for text, same in _alike(lines)]
    numbered = [f"{ats[0]}-{ats[-1]}: {text}" for text, ats in alike]
    return "\n".join([*legend, *numbered]) + "\n"


def _alike(lines: list[str]) -> Iterable[tuple[str, Iterable[tuple[int, str]]]]:
    return groupby(enumerate(lines, 1), key=lambda numbered: numbered[1])


async def check_themes(app: App[Any], name: str, themes: Iterable[str], settle: Any) -> None:
    """Compare the screen in each theme with tests/goldens/themes/<name>.txt."""
    words, parts = "", []
    for theme in themes:
        app.theme = theme
        await settle()
        assert words in ("", text_of(app)), f"{theme} shows other characters"
        words = text_of(app)
        parts.append(f"=== {theme}\n{styles_of(app)}")
    shown = words + "".join(parts)
    file = GOLDENS / "themes" / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")
