"""Our themes, and the signs for terminals without the characters."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

_DARK = {
    "text": "#d8d8d8", "text-muted": "#9aa0a6", "text-disabled": "#666c72",
    "cursor-line": "#1f3547", "cursor-away": "#1a2833",
}  # fmt: skip
"""Plain colours: Textual's own are `auto 60%`, which `Content` renders as pure white."""

FACTORY = Theme(
    name="factory",
    primary="#5fafd7",
    secondary="#3a6b8c",
    accent="#d7af5f",
    warning="#d7a75f",
    error="#e87d86",
    success="#87c38f",
    foreground="#d8d8d8",
    background="#121416",
    surface="#1a1d20",
    panel="#24282c",
    variables={**_DARK, "added-word": "#1e3c25", "removed-word": "#56262b"},
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
    variables={**_DARK, "added-word": "#17364f", "removed-word": "#4a3015"},
)
"""For eyes that red and green look alike to: blue is good, orange is not."""

LIGHT = Theme(
    name="factory-light",
    dark=False,
    primary="#00548a",
    secondary="#3a6b8c",
    accent="#704c00",
    warning="#7a4500",
    error="#a3142a",
    success="#14602a",
    foreground="#1b1e21",
    background="#fbfbfa",
    surface="#f2f2f0",
    panel="#e8e8e5",
    variables={
        "text": "#1b1e21", "text-muted": "#4a5056", "text-disabled": "#7d8388",
        "text-primary": "#00548a", "text-accent": "#704c00", "text-warning": "#7a4500",
        "text-error": "#a3142a", "text-success": "#14602a",
        "added-line": "#e2f4e4", "removed-line": "#fbe6e6", "added-word": "#c4ecc9",
        "removed-word": "#f8d0d0", "moved-line": "#e3eaf3", "trailing": "#f3dcae",
        "cursor-line": "#cfe3f2", "cursor-away": "#e1ebf2", "question": "#f7e8c4",
    },
)  # fmt: skip
"""For bright rooms and terminals."""

CONTRAST = Theme(
    name="factory-contrast",
    primary="#8fd3ff",
    secondary="#8fd3ff",
    accent="#ffd75f",
    warning="#ffc46b",
    error="#ffb0b0",
    success="#7dff9b",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    variables={
        "text": "#ffffff", "text-muted": "#d4d4d4", "text-disabled": "#b0b0b0",
        "text-primary": "#8fd3ff", "text-accent": "#ffd75f", "text-warning": "#ffc46b",
        "text-error": "#ffb0b0", "text-success": "#7dff9b",
        "added-line": "#002b0c", "removed-line": "#3a0000", "added-word": "#003d14",
        "removed-word": "#5c0000", "moved-line": "#1d2433", "trailing": "#4d3500",
        "cursor-line": "#002f57", "cursor-away": "#00243f", "question": "#3d2f00",
        "seen-line": "none",
    },
)  # fmt: skip
"""For eyes that need more: every pair of colours at 7 : 1 or better."""

THEMES = (FACTORY, BLUE_ORANGE, LIGHT, CONTRAST)


class Themed(App[None]):
    """An app whose style sheets may use colours of ours, whatever theme is chosen."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours where a theme does not say them; Textual's own themes say none."""
        theme = self.current_theme
        return {
            "added-line": f"{theme.success or theme.primary} 14%",
            "removed-line": f"{theme.error or theme.primary} 14%",
            "added-word": f"{theme.success or theme.primary} 40%",
            "removed-word": f"{theme.error or theme.primary} 40%",
            "moved-line": f"{theme.secondary or theme.primary} 24%",
            "trailing": f"{theme.warning or theme.primary} 50%",
            "cursor-line": f"{theme.primary} 34%",
            "cursor-away": f"{theme.primary} 20%",
            "question": f"{theme.accent or theme.primary} 30%",
            "rule": f"{theme.foreground or theme.primary} 25%",
            "seen-line": "dim",
        }


_ASCII = str.maketrans(
    {
        "✓": "v", "✗": "x", "⚠": "E", "◐": "*", "○": "o", "▲": "^", "▸": ">", "⏎": "$",
        "…": ".", "⋯": ".", "·": "-", "−": "-", "×": "x", "→": ">", "≈": "~", "∴": ":",
        "▌": "|", "█": "#", "■": "#", "≡": "=", "␍": "$",
        **dict.fromkeys("“”", '"'),
        **dict.fromkeys("▁▂▃▄▅▆▇▏▎▍▋▊▉▔▕", " "),  # the ends of Textual's scrollbars
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
