"""The keys that move and find in a list, for every screen that is one."""

from __future__ import annotations

from collections.abc import Mapping

from tui.layout import Step
from tui.matching import hit
from tui.screens.hits import Hits
from tui.widgets.listing import Listing


class ListScreen(Hits):
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

    def go_to_hit(self, words: str, by: int) -> bool:
        """Go to an item that has these words, round the end where need be."""
        texts = self.texts()
        keys = list(texts)
        here = keys.index(self.listing.cursor) if self.listing.cursor in texts else -max(by, 0)
        at = hit(list(texts.values()), words, here, by)
        return at is not None and self.listing.to(keys[at])

    def move(self, step: Step) -> None:
        """Move the cursor by items, half pages or to an end."""
        if step.end:
            self.listing.ends(last=step.end > 0)
        elif step.half:
            self.listing.half(step.half)
        else:
            self.listing.move(step.down)
