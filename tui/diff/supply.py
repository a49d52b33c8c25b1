"""Has missing rows fetched and plain lines coloured, for as long as the window lacks some."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.diff.colour import Wanted
from tui.diff.document import Document
from tui.diff.geometry import Spot
from tui.diff.pages import PAGE

Visible = Callable[[], Sequence[Spot]]
"""The display lines in the window now: it moves while we wait."""


def missing(document: Document, visible: Sequence[Spot]) -> tuple[int, ...]:
    """The pages to fetch: those in view, then the half page that follows."""
    rows = [spot.row for spot in visible]
    if found := document.pages.missing(rows):
        return found
    following = document.port.shape.after(rows[-1]) if rows else None
    return () if following is None else document.pages.missing((following, following + PAGE // 2))


async def fill(document: Document, visible: Visible, arrived: Callable[[], None]) -> None:
    """Fetch pages until none is missing; raises FactoryError where the engine refuses."""
    while wanted := missing(document, visible()):
        await document.pages.load(wanted[0])
        document.port.keep()
        arrived()


def plain(document: Document, visible: Sequence[Spot]) -> list[Wanted]:
    """The lines in view that have no colours yet."""
    return document.uncoloured(dict.fromkeys(spot.row for spot in visible))


async def colour(document: Document, visible: Visible, arrived: Callable[[], None]) -> None:
    """Colour the lines in view, in a thread, until none is plain."""
    while wanted := plain(document, visible()):
        await document.colours.fill(wanted)
        arrived()
