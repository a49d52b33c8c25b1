"""Has missing rows fetched and plain lines coloured, for as long as the window lacks some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from factory.wire import RowKind
from tui.diff.colour import Compared, Wanted
from tui.diff.document import Document
from tui.diff.drawing import CODE
from tui.diff.geometry import Spot
from tui.diff.pages import PAGE

Visible = Callable[[], Sequence[Spot]]
"""The display lines in the window now: it moves while we wait."""

_ENDS = 8
"""Other ends of moved blocks that are fetched for their line numbers: far fewer than are kept."""


class Plain(NamedTuple):
    """What in view has no colours yet, and whose words were not compared yet."""

    lines: Sequence[Wanted]
    pairs: Sequence[Compared]

    def __bool__(self) -> bool:
        return bool(self.lines or self.pairs)


def missing(document: Document, visible: Sequence[Spot]) -> tuple[int, ...]:
    """The pages to fetch: those in view, those that it rests on, the half page that follows."""
    rows = _in_view(document, visible)
    if found := document.pages.missing(rows):
        return found
    lacking = (document.pairs.lacks(row) for row in rows)
    if found := document.pages.missing(row for row in lacking if row is not None):
        return found
    if found := document.pages.missing(islice(_other_ends(document, rows), _ENDS)):
        return found
    following = document.port.shape.after(visible[-1].row) if visible else None
    return () if following is None else document.pages.missing((following, following + PAGE // 2))


async def fill(document: Document, visible: Visible, arrived: Callable[[], None]) -> None:
    """Fetch pages until none is missing; raises FactoryError where the engine refuses."""
    while wanted := missing(document, visible()):
        await document.pages.load(wanted[0])
        document.port.keep()
        arrived()


def plain(document: Document, visible: Sequence[Spot]) -> Plain:
    """The lines in view that have no colours yet, and the pairs to be compared."""
    rows = _in_view(document, visible)
    return Plain(list(_uncoloured(document, rows)), list(_uncompared(document, rows)))


async def colour(document: Document, visible: Visible, arrived: Callable[[], None]) -> None:
    """Colour the lines in view, in a thread, until none is plain."""
    while wanted := plain(document, visible()):
        await document.colours.fill(wanted.lines, wanted.pairs)
        arrived()


def _in_view(document: Document, visible: Sequence[Spot]) -> list[int]:
    """The rows in the window, those beside others among them, in order."""
    rows = dict.fromkeys(spot.row for spot in visible)
    beside = (document.port.shape.beside(row) for row in rows)
    return sorted({*rows, *(row for row in beside if row is not None)})


def _other_ends(document: Document, rows: Iterable[int]) -> Iterator[int]:
    for row in rows:
        moved = document.moves.of(row)
        if moved is not None and moved.first:
            yield moved.other


def _uncoloured(document: Document, rows: Iterable[int]) -> Iterator[Wanted]:
    for number in rows:
        row = document.pages.row(number)
        if row is not None and row.kind in CODE and not document.colours.known(number):
            yield Wanted(number, document.path(row), row)


def _uncompared(document: Document, rows: Iterable[int]) -> Iterator[Compared]:
    for number in rows:
        other = document.pairs.partner(number)
        if other is None or document.colours.compared(number) or document.pairs.lacks(number):
            continue
        row, beside = document.pages.row(number), document.pages.row(other)
        if row is None or beside is None or row.kind not in CODE:
            continue
        if row.kind == RowKind.REMOVED:
            yield Compared(number, other, row.text, beside.text)
        elif not document.colours.compared(other):
            yield Compared(other, number, beside.text, row.text)
