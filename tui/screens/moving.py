"""The keys that move, for screens that have one cursor of their own."""

from __future__ import annotations

from tui.layout import Step
from tui.screens.base import FactoryScreen


class Moving(FactoryScreen):
    """Turns eight actions into `move`."""

    def move(self, step: Step) -> None:
        """Move the cursor."""
        raise NotImplementedError

    def action_left(self) -> None:
        """Move left."""
        self.move(Step(across=-1))

    def action_right(self) -> None:
        """Move right."""
        self.move(Step(across=1))

    def action_up(self) -> None:
        """Move up."""
        self.move(Step(down=-1))

    def action_down(self) -> None:
        """Move down."""
        self.move(Step(down=1))

    def action_first(self) -> None:
        """Go to the beginning."""
        self.move(Step(end=-1))

    def action_last(self) -> None:
        """Go to the end."""
        self.move(Step(end=1))

    def action_half_down(self) -> None:
        """Move half a page down."""
        self.move(Step(half=1))

    def action_half_up(self) -> None:
        """Move half a page up."""
        self.move(Step(half=-1))
