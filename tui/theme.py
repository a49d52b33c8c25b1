"""Our themes, and the signs for terminals without the characters."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

_TEXT = {"text": "#d8d8d8", "text-muted": "#8c9298", "text-disabled": "#666c72"}
"""Plain colours: Textual's own are `auto 60%`, which `Content` renders as pure white."""

FACTORY = Theme(
    name="factory",
    primary="#5fafd7",
    secondary="#3a6b8c",
    accent="#d7af5f",
    warning="#d7a75f",
    error="#e06c75",
    success="#87c38f",
    foreground="#d8d8d8",
    background="#121416",
    surface="#1a1d20",
    panel="#24282c",
    variables=_TEXT,
)

BLUE_ORANGE = Theme(
    name="factory-blue-orange",
    primary="#5fafd7",
    secondary="#3a6b8c",
    accent="#c9c9c9",
    warning="#e5c07b",
    error="#ff9e3b",
    success="#61afef",
    foreground="#d8d8d8",
    background="#121416",
    surface="#1a1d20",
    panel="#24282c",
    variables=_TEXT,
)
"""For eyes that red and green look alike to: blue is good, orange is not."""

THEMES = (FACTORY, BLUE_ORANGE)

_ASCII = str.maketrans(
    {
        "✓": "v", "✗": "x", "⚠": "E", "◐": "*", "○": "o", "▲": "^", "▸": ">", "⏎": "$",
        "…": ".", "⋯": ".", "·": "-", "−": "-", "×": "x", "→": ">", "≈": "~", "∴": ":",
        "▌": "|", "█": "#", "■": "#", "≡": "=", "␍": "$",
        **dict.fromkeys("─━┄", "-"),
        **dict.fromkeys("│┃┆┊", "|"),
        **dict.fromkeys("┬┴├┤┼┌┐└┘", "+"),
    }
)  # fmt: skip


class AsciiSigns(LineFilter):
    """Replaces the characters of our vocabulary by ASCII ones, a cell for a cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with their text in ASCII signs."""
        return [
            segment
            if segment.text.isascii()
            else segment._replace(text=segment.text.translate(_ASCII))
            for segment in segments
        ]
