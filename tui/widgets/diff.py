"""The diff view: a window onto any number of rows, of which only the visible ones are touched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from factory.model import FactoryError
from factory.wire import ReviewIndex, Row
from tui.diff import supply
from tui.diff.document import Document
from tui.diff.geometry import Spot, Viewport
from tui.diff.paint import COMPONENTS, Flag, Palette, Sheet
from tui.text import pad
from tui.widgets.brush import Brush
from tui.widgets.pointing import Pointing

SPLIT_FROM = 140
"""Cells of the view from which on old and new stand side by side by themselves."""

NO_DIFF = ReviewIndex(task="", snapshot="", tip="", tree="", against="", rows=0)
"""What is open before anything is."""


async def no_rows(_first: int, _count: int) -> tuple[Row, ...]:
    """The rows of `NO_DIFF`."""
    return ()


class DiffView(Pointing, can_focus=True):
    """Shows one diff. It is told where to go by `go`, and says `Moved` when it went."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{name}" for name in COMPONENTS}
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DiffView {
        width: 1fr; height: 1fr; background: $background;
        & > .diff--context { color: $foreground; background: $background; }
        & > .diff--added { color: $foreground; background: $added-line; }
        & > .diff--removed { color: $foreground; background: $removed-line; }
        & > .diff--file { color: $foreground; background: $panel; text-style: bold; }
        & > .diff--hunk { color: $text-primary; background: $surface; }
        & > .diff--remark { color: $text-accent; background: $surface; }
        & > .diff--cursor { background: $cursor-line; }
        & > .diff--good { color: $text-success; }
        & > .diff--bad { color: $text-error; }
        & > .diff--accent { color: $text-accent; }
        & > .diff--warning { color: $text-warning; }
        & > .diff--muted { color: $text-muted; }
        & > .diff--name { color: $text-primary; }
        & > .diff--seen { text-style: $seen-line; }
        & > .diff--added-word { background: $added-word; text-style: bold underline; }
        & > .diff--removed-word { background: $removed-word; text-style: bold underline; }
        & > .diff--moved { color: $foreground; background: $moved-line; }
        & > .diff--hit { text-style: bold reverse; }
        & > .diff--blank { color: $text-muted; }
        & > .diff--trailing { background: $trailing; text-style: underline; }
    }
    """

    class Moved(Message):
        """The cursor or the window moved, or rows came into view."""

    class Failed(Message):
        """Rows could not be read; `sentence` says why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(self) -> None:
        super().__init__()
        self.document = Document(NO_DIFF, no_rows, Sheet(80))
        self.nothing = "reading the diff …"
        """What stands where the diff has no line."""
        self.split: bool | None = None
        """Whether old and new stand side by side; None where the width decides."""
        self._palette: Palette | None = None
        self._brush = Brush(self, "diff")
        self._strips: dict[tuple[Spot, Flag], Strip] = {}
        self._spots: list[Spot] | None = None
        self._sized = Size(0, 0)
        self._looks: list[Flag] = []
        """What the lines of the window were when they were drawn last."""

    def show(self, document: Document, row: int = 0, at: int = 0) -> None:
        """Show another diff, the cursor on a row of it, which stands on a line of the window."""
        self.workers.cancel_group(self, "rows")
        self.workers.cancel_group(self, "colours")
        kept = self.document.sheet
        document.lay(document.sheet._replace(wrap=kept.wrap, blanks=kept.blanks))
        document.lay(self._fitted(document))
        self.document = document
        document.port.height = max(self.size.height, 1)
        self._strips.clear()
        self._spots = None  # its lines may stand where those of the other stood
        self.go(lambda port: port.to(row, at=at))

    def go(self, move: Callable[[Viewport], object]) -> None:
        """Move cursor or window; rows that come into view are fetched."""
        move(self.document.port)
        self.repaint()
        self.post_message(self.Moved())
        self._start("rows")

    def lay_out(
        self, *, wrap: bool | None = None, left: int | None = None, blanks: bool | None = None
    ) -> None:
        """Wrap lines or not, scroll to the side by cells, show signs for blanks or not."""
        sheet = self.document.sheet
        if wrap is not None:
            sheet = sheet._replace(wrap=wrap, left=0)
        if left is not None and not sheet.wrap:
            sheet = sheet._replace(left=max(left, 0))
        if blanks is not None:
            sheet = sheet._replace(blanks=blanks)
        self.document.lay(sheet)
        self.redraw()

    def redraw(self) -> None:
        """Draw anew after something besides the window's place has changed."""
        self.document.port.keep()
        self.repaint(anew=True)
        self._start("rows")

    def spots(self) -> list[Spot]:
        """The display lines in the window, top down; fitted to the size that it has by now."""
        size = self.size
        if self._spots is not None and size == self._sized:
            return self._spots
        document, fitted = self.document, self._fitted(self.document)
        if size and (fitted, size.height) != (document.sheet, document.port.height):
            document.lay(fitted)
            document.port.height = size.height
            document.port.keep()
            self._strips.clear()
        self._sized, self._spots = size, list(document.port.visible())
        return self._spots

    def render_line(self, y: int) -> Strip:
        """One line of the window, styled, padded and filtered."""
        if self._palette is None:
            self._palette = Palette(self.get_component_rich_style)
        style = self._palette.context
        spots = self.spots()
        width = self.size.width
        if y >= len(spots):
            words = self.nothing if y == 1 and not spots else ""
            return self._brush.strip([Segment(pad(f"  {words}", width), style)], width)
        spot = spots[y]
        flags = self.document.flags(spot.row)
        strip = self._strips.get((spot, flags))
        if strip is None:
            segments = self.document.segments(spot, flags, self._palette)
            if cell_len("".join(segment.text for segment in segments)) != width:
                segments = Segment.adjust_line_length(segments, width, style)
            strip = self._strips[(spot, flags)] = self._brush.strip(segments, width)
        return strip

    def notify_style_update(self) -> None:
        """The theme has changed: read the styles again."""
        super().notify_style_update()
        self._palette = None
        self._brush.forget()
        self._strips.clear()

    def on_resize(self) -> None:
        """Have what has come into view fetched."""
        self.redraw()

    def on_unmount(self) -> None:
        """Let go of the diff at once: a screen that was closed is collected much later."""
        self.document.close()
        self.document = Document(NO_DIFF, no_rows, Sheet(80))
        self._strips.clear()
        self._spots = None

    def point(self, y: int, *, right: bool) -> None:
        """Put the cursor on a line of the window, on the right or the left side of it."""
        spots = self.spots()
        if y < len(spots):
            self.document.port.to(spots[y].row)
            self.go(lambda port: port.across(new=right))

    def _fitted(self, document: Document) -> Sheet:
        """How a document is laid out in the size that there is now."""
        width = max(self.size.width, 20)
        split = width >= SPLIT_FROM if self.split is None else self.split
        return document.sheet._replace(width=width, split=split)

    def repaint(self, *, anew: bool = False) -> None:
        """Have the lines drawn that are others by now, or look otherwise; with `anew`, all."""
        if anew or len(self._strips) > 8 * self.document.port.height:
            self._strips.clear()
        before, looked = self._spots, self._looks
        self._spots = None
        spots = self.spots() if self.size else []
        self._looks = [self.document.flags(spot.row) for spot in spots]
        if anew or spots != before or len(looked) != len(spots):
            self.refresh()
            return
        changed = [y for y, look in enumerate(self._looks) if look != looked[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _start(self, what: str) -> None:
        """Begin to fetch rows, or to colour them, unless nothing is missing or it is going on."""
        if not self.is_attached or any(w.group == what and w.is_running for w in self.workers):
            return
        document, anew = self.document, partial(self.repaint, anew=True)
        if what == "colours" and supply.plain(document, self.spots()):
            self.run_worker(supply.colour(document, self.spots, anew), group=what)
        elif what == "rows" and supply.missing(document, self.spots()):
            self.run_worker(self._fill(document), group=what)
        elif what == "rows":
            self.call_after_refresh(self._start, "colours")

    async def _fill(self, document: Document) -> None:
        def arrived() -> None:
            self.repaint(anew=True)
            self.post_message(self.Moved())

        try:
            await supply.fill(document, self.spots, arrived)
        except FactoryError as error:
            self.post_message(self.Failed(str(error)))
        self.call_after_refresh(self._start, "colours")
