"""The keys that move in a list, for every screen that is one."""

from __future__ import annotations

from tui.layout import Step
from tui.screens.moving import Moving
from tui.widgets.listing import Listing


class ListScreen(Moving):
    """A screen whose one panel is a `Listing`."""

    @property
    def listing(self) -> Listing:
        """The list that the keys move in."""
        return self.query_one(Listing)

    def current_task(self) -> str:
        """The task under the cursor, where items are tasks."""
        return self.listing.cursor

    def move(self, step: Step) -> None:
        """Move the cursor by items, half pages or to an end."""
        if step.end:
            self.listing.ends(last=step.end > 0)
        elif step.half:
            self.listing.half(step.half)
        else:
            self.listing.move(step.down)
