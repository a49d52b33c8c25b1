"""What stands on the screen, as text: read from the compositor, so goldens outlive Textual."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.segment import Segment
from textual.app import App

GOLDENS = Path(__file__).parent / "goldens"


def segments_of(app: App[Any]) -> list[list[Segment]]:
    """The rendered segments of the whole screen, a list a line: what the terminal would get."""
    height = app.size.height
    lines = []
    for strips in app.screen._compositor.render_strips()[:height]:
        lines.append([segment for segment in strips if not segment.control])
    return lines


def text_of(app: App[Any]) -> str:
    """The screen's characters, trailing spaces cut, a newline after each line."""
    lines = ("".join(segment.text for segment in line).rstrip() for line in segments_of(app))
    return "\n".join(lines) + "\n"


def check_golden(app: App[Any], name: str) -> None:
    """Compare the screen with tests/goldens/<name>.txt; `UPDATE_GOLDENS=1` writes it anew."""
    shown = text_of(app)
    file = GOLDENS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")
