"""The keys that lay the diff out: side by side or not, wrapped or not, blanks shown or not."""

from __future__ import annotations

from tui.screens.reviewing.walking import Walking


class Laying(Walking):
    """How lines stand on the screen; none of it changes what is reviewed."""

    def action_split(self) -> None:
        """Old and new side by side, or one below the other; from now on as chosen."""
        split = not self.diff.document.sheet.split
        self.diff.split = split
        self.diff.redraw()
        side = "side by side; h and l go from one side of a pair to the other"
        self.say(side if split else "one below the other")

    def action_blanks(self) -> None:
        """Signs for spaces and tabs, or none."""
        blanks = not self.diff.document.sheet.blanks
        self.diff.lay_out(blanks=blanks)
        self.say("· is a space, → a tab" if blanks else "spaces and tabs are blank again")

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        wrap = not self.diff.document.sheet.wrap
        self.diff.lay_out(wrap=wrap)
        self.say("long lines wrap" if wrap else "long lines run on; h and l scroll")
