"""The styles and widths of a diff, and its lines that are no code: headings, notes, remarks."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from factory.wire import FileView, HunkView, Row, RowKind
from tui.diff.cells import Cut, breaks, shown, window
from tui.diff.colour import Tone
from tui.text import clean, fit, line, pad, plural, shorten_path
from tui.thumbnail import is_drawn

COMPONENTS = (
    "added", "removed", "context", "file", "hunk", "remark", "cursor",
    "good", "bad", "accent", "warning", "muted", "name", "seen",
    "added-word", "removed-word", "moved", "hit", "blank", "trailing",
)  # fmt: skip
"""What a theme can colour, as component classes `diff--<name>`."""

_STATUS = {"A": "new file", "R": "renamed"}
"""The rest stands in a file's notes."""


class Flag(IntFlag):
    """What a line is besides its kind."""

    CURSOR = 1
    """The cursor stands on it, and the diff has the focus."""
    RANGED = 2
    SEEN = 4
    CURSOR_NEW = 8
    """The cursor stands on the right side of it, where two lines stand side by side."""
    RANGED_NEW = 16
    LEFT = 32
    """It is left out of an accept."""

    def side(self, *, new: bool) -> Flag:
        """What holds for one side."""
        if not new:
            return self & ~(Flag.CURSOR_NEW | Flag.RANGED_NEW)
        cursor = Flag.CURSOR if Flag.CURSOR_NEW in self else Flag(0)
        return cursor | (Flag.RANGED if Flag.RANGED_NEW in self else Flag(0)) | (self & Flag.SEEN)


class Palette:
    """The styles of a theme, read once per theme."""

    def __init__(self, read: Callable[[str], Style]) -> None:
        styles = {name: read(f"diff--{name}") for name in COMPONENTS}
        ink = {name: _ink(style) for name, style in styles.items()}
        self.base = {
            RowKind.ADDED: styles["added"],
            RowKind.REMOVED: styles["removed"],
            RowKind.CONTEXT: styles["context"],
        }
        self.signs = {
            RowKind.ADDED: ink["good"] + _BOLD,
            RowKind.REMOVED: ink["bad"] + _BOLD,
            RowKind.CONTEXT: Style.null(),
        }
        self.context, self.file, self.hunk = styles["context"], styles["file"], styles["hunk"]
        self.remark = styles["remark"]
        self.note = styles["context"] + ink["warning"]
        self.mark = styles["context"] + ink["accent"]
        self.number, self.badge = ink["muted"], ink["warning"]
        self.tones = {
            Tone.KEYWORD: ink["accent"],
            Tone.STRING: ink["good"],
            Tone.COMMENT: ink["muted"] + _ITALIC,
            Tone.NUMBER: ink["warning"],
            Tone.NAME: ink["name"],
        }
        self._seen = Style(dim=styles["seen"].dim)
        self.moved = styles["moved"]
        self.words = {
            RowKind.ADDED: _stress(styles["added-word"]),
            RowKind.REMOVED: _stress(styles["removed-word"]),
        }
        self.hit = _stress(styles["hit"])
        self.blank, self.trailing = ink["blank"], _stress(styles["trailing"])
        self._cursor = Style(bgcolor=styles["cursor"].bgcolor)

    def over(self, style: Style, flags: Flag) -> Style:
        """A style as the cursor or a seen hunk changes it."""
        if Flag.SEEN in flags:
            style += self._seen
        return style + self._cursor if Flag.CURSOR in flags else style


def _ink(style: Style) -> Style:
    """A style without its background, to lay over another."""
    return Style(color=style.color, bold=style.bold, italic=style.italic, dim=style.dim)


LEFT_OUT = "− left out"


def _stress(style: Style) -> Style:
    """What a stretch within a line has besides the line's own style."""
    if style.reverse:
        return Style(reverse=True, bold=style.bold, underline=style.underline)
    return Style(bgcolor=style.bgcolor, bold=style.bold, underline=style.underline)


_BOLD = Style(bold=True)
_ITALIC = Style(italic=True)


class Sheet(NamedTuple):
    """How wide things are."""

    width: int
    digits: int = 4
    left: int = 0
    """Cells scrolled to the right; 0 where lines wrap."""
    wrap: bool = False
    split: bool = False
    """Whether the old and the new lines stand side by side."""
    blanks: bool = False
    """Whether spaces and tabs have signs."""
    numbers: int = 2
    """Line numbers before the text: both, or on one side of two its own."""
    opens: str = "enter"
    """The key that opens what is folded."""

    @property
    def gutter(self) -> int:
        """Cells before the text: mark, numbers, moved or not, sign."""
        return self.numbers * (self.digits + 1) + 3

    def side(self, *, new: bool) -> Sheet:
        """One side of two; a cell between them is left."""
        left = (self.width - 1) // 2
        width = self.width - 1 - left if new else left
        return self._replace(width=width, numbers=1)

    @property
    def text(self) -> int:
        """Cells for the text."""
        return max(self.width - self.gutter, 8)

    def cuts(self, text: str) -> tuple[Cut, ...]:
        """The pieces of a line that show: all when wrapped, else the part in the window."""
        if self.wrap:
            return breaks(shown(text), self.text)
        whole = window(shown(text), self.left, self.text)
        if whole.end < len(shown(text)):  # the last cell says that there is more
            whole = window(shown(text), self.left, self.text - 1)
        return (whole,)


def file_heading(
    file: FileView, sheet: Sheet, palette: Palette, flags: Flag, folded: bool
) -> list[Segment]:
    """The line above a file: sign, path, status, figures, badges."""
    style = palette.over(palette.file, flags)
    signs = ("▲ critical",) * file.critical + tuple(f"⚠ {line(badge)}" for badge in file.badges)
    notes = [_STATUS.get(file.status, ""), *(f"from {line(file.old_path)}",) * bool(file.old_path)]
    lines = file.rows - 1 - len(file.hunks) - len(file.notes)
    notes += [f"{sheet.opens} draws it"] if is_drawn(file.path) and not file.hunks else []
    notes += [f"folded: {sheet.opens} shows {plural(lines, 'line')}"] if folded else []
    tail = f" +{file.added} −{file.removed}" + "".join(f"  {note}" for note in notes if note)
    signs = (LEFT_OUT,) * (Flag.LEFT in flags) + signs
    badge = "".join(f"  {sign}" for sign in signs)
    room = sheet.width - cell_len(tail) - cell_len(badge) - 2
    path = shorten_path(clean(file.path, exact=True), max(room, 12))
    used = 2 + cell_len(path) + cell_len(tail)
    rest = fit(badge, max(sheet.width - used, 0))
    return [
        edge(flags, palette, style),
        Segment(f" {path}", style),
        Segment(fit(tail, max(sheet.width - used + cell_len(tail), 0)), style),
        Segment(rest, style + palette.badge),
        Segment(" " * max(sheet.width - used - cell_len(rest), 0), style),
    ]


def hunk_heading(
    hunk: HunkView, place: tuple[int, int], sheet: Sheet, palette: Palette, flags: Flag
) -> list[Segment]:
    """The line above a hunk: seen or not, which of how many, the function it is in."""
    style = palette.over(palette.hunk, flags)
    mark = "[x]" if Flag.SEEN in flags else "[ ]"
    mark += f" {LEFT_OUT}" * (Flag.LEFT in flags)
    fresh = "" if hunk.fresh or Flag.SEEN in flags else " same as last time"
    text = f" {mark} {place[0]}/{place[1]}{fresh} · {line(hunk.heading)}".rstrip(" ·")
    return [edge(flags, palette, style), Segment(pad(text, sheet.width - 1), style)]


def plain(text: str, style: Style, sheet: Sheet, palette: Palette, flags: Flag) -> list[Segment]:
    """A note or a remark: words beside the code, in the code's column."""
    over = palette.over(style, flags)
    indent = " " * (sheet.gutter - 1)
    return [edge(flags, palette, over), Segment(pad(indent + text, sheet.width - 1), over)]


def note(row: Row, sheet: Sheet, palette: Palette, flags: Flag) -> list[Segment]:
    """A fact about a file that its lines do not show."""
    return plain(clean(row.text, exact=True), palette.note, sheet, palette, flags)


def edge(flags: Flag, palette: Palette, style: Style | None = None) -> Segment:
    """The first cell of a line: whether the cursor or the range is on it."""
    sign = "▸" if Flag.CURSOR in flags else "┃" if Flag.RANGED in flags else " "
    return Segment(sign, palette.over(style or palette.mark, flags))
