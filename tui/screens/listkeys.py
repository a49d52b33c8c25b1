"""The keys that move and find in a list, for every screen that is one."""

from __future__ import annotations

from collections.abc import Mapping

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

    def point_at(self, task: str) -> None:
        """Put the cursor on this task."""
        self.listing.to(task)

    def texts(self) -> Mapping[str, str]:
        """What can be found: the words of each item, in the order of the list."""
        return {}

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next item that has these words."""
        texts = self.texts()
        keys = list(texts)
        cursor = self.listing.cursor
        at = keys.index(cursor) + again if cursor in keys else 0
        for key in (*keys[at:], *keys[:at]):
            if words.casefold() in texts[key].casefold():
                return self.listing.to(key)
        return False

    def move(self, step: Step) -> None:
        """Move the cursor by items, half pages or to an end."""
        if step.end:
            self.listing.ends(last=step.end > 0)
        elif step.half:
            self.listing.half(step.half)
        else:
            self.listing.move(step.down)
