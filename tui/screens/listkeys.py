"""The keys that move in a list, for every screen that is one."""

from __future__ import annotations

from tui.screens.base import FactoryScreen
from tui.widgets.listing import Listing


class ListScreen(FactoryScreen):
    """A screen whose one panel is a `Listing`."""

    @property
    def listing(self) -> Listing:
        """The list that the keys move in."""
        return self.query_one(Listing)

    def current_task(self) -> str:
        """The task under the cursor, where items are tasks."""
        return self.listing.cursor

    def action_down(self) -> None:
        """Go to the next item."""
        self.listing.move(1)

    def action_up(self) -> None:
        """Go to the item before."""
        self.listing.move(-1)

    def action_first(self) -> None:
        """Go to the first item."""
        self.listing.ends(last=False)

    def action_last(self) -> None:
        """Go to the last item."""
        self.listing.ends(last=True)

    def action_half_down(self) -> None:
        """Go half a page down."""
        self.listing.half(1)

    def action_half_up(self) -> None:
        """Go half a page up."""
        self.listing.half(-1)
