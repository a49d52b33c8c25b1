"""The box that a comment is written in: its kind by `tab`, saved while it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static, TextArea

from factory.model import CommentKind
from tui.widgets.prompt import Box, Writing

_PAUSE = 0.3
"""Seconds without a key after which a draft is saved."""

_KINDS = tuple(CommentKind)

Save = Callable[[CommentKind, str], None]
"""Keeps the draft as it stands now; an empty text drops it."""


class CommentBox(Writing[bool]):
    """Writes one comment; True when it was sent, None when put away. The draft is kept either way.

    "Sent" means ready to go with the next feedback: nothing reaches the agent from here.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_kind", "kind", priority=True),
    ]

    def __init__(self, about: str, save: Save, kind: CommentKind, text: str = "") -> None:
        super().__init__("", drafts={"comment": text}, key="comment", send="keep for feedback")
        self._about = about
        self._save = save
        self._kind = kind
        self._saved = (kind, text)
        self._timer: Timer | None = None

    def hint(self, problem: str = "") -> Content:
        """What to press, or what is wrong."""
        if problem:
            return super().hint(problem)
        named = (
            f"{self.key('send')} keep for feedback", f"{self.key('ready_made')} remarks",
            f"{self.key('newline')} newline", f"{self.key('external')} editor",
            f"{self.key('put_away')} close",
        )  # fmt: skip
        return Content("   ".join(named))

    def on_mount(self) -> None:
        """Say what the comment is about."""
        self._show_kind()

    def action_next_kind(self) -> None:
        """Take the next of: do this, question, note."""
        self._kind = _KINDS[(_KINDS.index(self._kind) + 1) % len(_KINDS)]
        self._show_kind()
        self._soon()

    @on(TextArea.Changed)
    def _soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._keep_draft)

    @on(Box.Sent)
    def _finish(self) -> None:
        self._keep_draft()
        self.sent(True)

    @on(Box.PutAway)
    def _keep_draft(self) -> None:
        now = (self._kind, self.written.strip())
        if now != self._saved:
            self._saved = now
            self._save(*now)

    def _show_kind(self) -> None:
        kinds = [
            (f"[{kind}]", "$accent bold") if kind is self._kind else (f" {kind} ", "$text-muted")
            for kind in _KINDS
        ]
        self.query_one("#title", Static).update(
            Content.assemble(self._about, "  ", *kinds, ("  tab changes", "$text-muted"))
        )
