"""The agent pane: a heading and the rows of a transcript that are in view, on Textual's line API.

Measured against `RichLog`: what costs is repainting cells. So a pane keeps finished, filtered
strips of the rows on screen only, never changes its virtual size, has no CSS border, and is
repainted when the frame clock gives it its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar, NamedTuple, Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.frame import FrameClock
from tui.lines import BAR, Edit, Kind, Line
from tui.text import fit, pad
from tui.widgets.brush import Brush
from tui.window import Row, Window

_MOST = 2_000
"""Lines that a pane of the Floor keeps."""
_CUT = (Kind.TOOL, Kind.RESULT, Kind.FAILED)
"""What takes one row a line, unless everything is wrapped."""
_GAP = Row(-1, 0, "", Line(Kind.TEXT, ""))
"""Between what a task has to say and what its agent said."""


class Tone(StrEnum):
    """Styles of a heading's words; each state has a sign besides."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    NEEDS = "needs"
    RUNNING = "running"


class Heading(NamedTuple):
    """The first row of a pane."""

    name: str = ""
    sign: str = ""
    words: str = ""
    tone: Tone = Tone.PLAIN


class Pane(Widget):
    """Shows one agent. It knows a task's id, a heading, lines, and nothing of the engine."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "pane--rule", "pane--name", "pane--current",
        *(f"pane--{kind}" for kind in Kind),
        *(f"pane--{tone}" for tone in Tone),
    }  # fmt: skip
    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; min-height: 2; background: $background; color: $foreground; }
    Pane .pane--rule { color: $rule; }
    Pane .pane--name { color: $foreground; text-style: bold; }
    Pane .pane--current { color: $accent; text-style: bold; }
    Pane .pane--prompt { color: $primary; }
    Pane .pane--text { color: $foreground; }
    Pane .pane--thought { color: $text-muted; text-style: italic; }
    Pane .pane--tool { color: $accent; }
    Pane .pane--result { color: $text-muted; }
    Pane .pane--failed { color: $error; }
    Pane .pane--remark { color: $text-muted; }
    Pane .pane--question { color: $warning; text-style: bold; }
    Pane .pane--plain { color: $text-muted; }
    Pane .pane--good { color: $success; }
    Pane .pane--bad { color: $error; }
    Pane .pane--needs { color: $warning; text-style: bold; }
    Pane .pane--running { color: $primary; }
    """

    class Picked(Message):
        """The developer clicked on a pane; twice opens it."""

        def __init__(self, task: str, *, twice: bool) -> None:
            super().__init__()
            self.key = task
            self.twice = twice

    def __init__(
        self, task: str, frame: FrameClock, *, most: int = _MOST, wrap: bool = False
    ) -> None:
        super().__init__()
        self.about = task
        self._wrap = wrap
        self._most = most
        self.window = self._new_window()
        self._frame = frame
        self._heading = Heading()
        self._current = False
        self._edges = (False, "─")
        self._above: tuple[Line, ...] = ()
        self._brush = Brush(self, "pane")
        self._strips: dict[tuple[int, int], tuple[Line, Strip]] = {}
        """Of the rows on the screen, by line and row of it."""
        self._picture: list[Strip] | None = None
        """The whole pane as it was last painted; Textual asks for it again with each neighbour."""
        self._painted = (0, 0)

    # --- what it is told

    def feed(self, edit: Edit) -> None:
        """Change the lines; they are painted when the frame clock says so."""
        self.window.apply(edit)
        self.repaint()

    def begin(self, task: str) -> None:
        """Show another agent, from nothing."""
        self.about = task
        self.window = self._new_window()
        self._strips.clear()
        self.repaint()

    def _new_window(self) -> Window:
        return Window(self._most, cut=() if self._wrap else _CUT)

    def head(self, heading: Heading, *, current: bool) -> None:
        """Change the heading, at once."""
        if (heading, current) != (self._heading, self._current):
            self._heading, self._current = heading, current
            self.refresh(Region(0, 0, self.size.width, 1))

    def summarize(self, lines: tuple[Line, ...]) -> None:
        """Stand these above the transcript: what a waiting or finished task has to say."""
        if lines != self._above:
            self._above = lines
            self.repaint()

    def stand(self, *, left: bool, joint: str) -> None:
        """Draw an edge on the left or not, beginning with this character."""
        if (left, joint) != self._edges:
            self._edges = (left, joint)
            self._strips.clear()
            self.refresh()

    def scroll_rows(self, by: int) -> None:
        """Move by some rows, back for negative numbers; at the end it follows again."""
        self.window.scroll(by, *self.room)
        self.refresh()

    def repaint(self) -> None:
        """Ask for a turn of the frame clock."""
        self._frame.ask(self, self.refresh)

    @property
    def room(self) -> tuple[int, int]:
        """Columns and rows for lines."""
        width, height = self.size
        return max(1, width - self._edges[0]), max(0, height - 1)

    # --- what Textual asks

    def on_unmount(self) -> None:
        """Give up the place in the frame clock's queue."""
        self._frame.forget(self)

    def on_click(self, event: events.Click) -> None:
        """Pick this pane."""
        self.post_message(self.Picked(self.about, twice=event.chain > 1))

    def notify_style_update(self) -> None:
        """Forget styles and strips when theme or classes change."""
        super().notify_style_update()
        self._brush.forget()
        self._strips.clear()
        self._picture = None

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Paint anew, soon."""
        self._picture = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in view, finished: styled, padded and filtered."""
        width, height = size = self.size
        if size != self._painted:
            self._painted = size
            self._strips.clear()
            self._picture = None
        if self._picture is None:
            self._picture = self._paint(width, height)
        strips = self._picture[crop.y : crop.bottom]
        if crop.x or crop.width != width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    # --- strips

    def _paint(self, width: int, height: int) -> list[Strip]:
        style = self._brush.style
        left = [Segment("│", style("rule"))] if self._edges[0] else []

        def strip(text: str, kind: str) -> Strip:
            segments = [*left, Segment(pad(text, width - len(left)), style(kind))]
            return self._brush.strip(segments, width)

        heading = _heading_segments(self._heading, self._current, self._edges, width, style)
        strips = [self._brush.strip(heading, width)]
        kept, self._strips = self._strips, {}
        for row in _rows(self._above, self.window, *self.room):
            found = kept.get((row.line, row.part))
            if found is None or found[0] is not row.source:
                found = (row.source, strip(_text_of(row), row.source.kind))
            self._strips[row.line, row.part] = found
            strips.append(found[1])
        return strips + [strip("", Kind.TEXT)] * (height - len(strips))


def _rows(above: tuple[Line, ...], window: Window, width: int, height: int) -> list[Row]:
    rows = _summary_rows(above, width, height)
    if not rows:
        return window.rows(width, height)
    if height - len(rows) > 2:
        rows += [_GAP, *window.rows(width, height - len(rows) - 1)]
    return rows


def _summary_rows(above: tuple[Line, ...], width: int, height: int) -> list[Row]:
    # Numbered below nought, so that they never meet the transcript's own.
    shown = Window(len(above))
    shown.apply(Edit(0, list(above)))
    shown.to_first()
    return [row._replace(line=row.line - 1_000_000) for row in shown.rows(width, height)]


def _text_of(row: Row) -> str:
    mark = row.source.mark if row.part == 0 or row.source.mark == BAR else ""
    return f"{mark or ' '} {row.text}"


def _heading_segments(
    heading: Heading,
    current: bool,
    edges: tuple[bool, str],
    width: int,
    style: Callable[[str], Style],
) -> list[Segment]:
    rule = style("current" if current else "rule")
    left, joint = edges
    sign = f" {heading.sign}" if heading.sign else ""
    room = max(0, width - 3 - cell_len(sign))
    name = fit(heading.name, room)
    words = fit(heading.words, max(0, room - cell_len(name) - 1))
    segments = [
        Segment(joint if left else "─", style("rule") if left else rule),
        Segment("▸" if current else "─", rule),
        Segment(name, style("current" if current else "name")),
        Segment(f"{sign} {words} " if words else f"{sign} ", style(heading.tone)),
    ]
    used = sum(cell_len(segment.text) for segment in segments)
    segments.append(Segment("─" * max(0, width - used), rule))
    return list(Strip(segments).adjust_cell_length(width, rule))
