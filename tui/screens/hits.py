"""`/`, `n` and `N` for screens that show lines."""

from __future__ import annotations

from tui.screens.moving import Moving
from tui.text import line


class Hits(Moving):
    """Remembers the words, and goes from line to line that has them."""

    _sought = ""

    def go_to_hit(self, words: str, by: int) -> bool:
        """Go to the next line with the words (1), the one before (-1), or from here on (0)."""
        raise NotImplementedError

    def mark_hits(self, words: str) -> None:
        """Show where these words stand; empty for nowhere."""

    def find(self, words: str, *, again: bool) -> bool:
        """Go to the next line that has these words."""
        self._sought = words
        self.mark_hits(words)
        return self.go_to_hit(words, int(again))

    def let_go(self) -> None:
        """Look for nothing any more."""
        self._sought = ""
        self.mark_hits("")

    def action_next_hit(self) -> None:
        """Go to the next line with the words."""
        self._seek(1)

    def action_previous_hit(self) -> None:
        """Go to the line before with the words."""
        self._seek(-1)

    def _seek(self, by: int) -> None:
        if not self._sought:
            self.say("nothing was looked for yet; / finds words")
        elif not self.go_to_hit(self._sought, by):
            self.say(f"no line has {line(self._sought)}")
