"""A box to write in: enter sends, ctrl+j is a newline, ctrl+g opens $EDITOR, esc keeps the draft.

Imported when first shown: Textual's TextArea is not needed for the first paint.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar, cast

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from tui.editor import EditorError, edit
from tui.keys import Mapped, Where, bindings, own_key
from tui.readymade import offered
from tui.text import clean, line

Result = TypeVar("Result")


class Remarked(Protocol):
    """What a box needs of the application."""

    remarks: Sequence[str]
    """The developer's own ready-made remarks."""


class Box(TextArea):
    """A TextArea with our keys. What is pasted is foreign text: it is cleaned first."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.TEXT)]

    class Sent(Message):
        """Enter was pressed."""

    class PutAway(Message):
        """Escape was pressed."""

    def __init__(self, text: str = "") -> None:
        super().__init__(
            clean(text, newlines=True, tab=0), soft_wrap=True, compact=True, tab_behavior="focus"
        )

    def on_mount(self) -> None:
        """Begin at the end of the draft."""
        self.move_cursor(self.document.end)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        # In a paste, terminals send a carriage return for each end of line.
        lines = event.text.replace("\r\n", "\n").replace("\r", "\n")
        self.insert(clean(lines, newlines=True, tab=0))

    def action_send(self) -> None:
        """Send what is written."""
        self.post_message(self.Sent())

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_put_away(self) -> None:
        """Close and keep the draft."""
        self.post_message(self.PutAway())

    def action_ready_made(self) -> None:
        """Offer the ready-made remarks; the chosen one is put in at the cursor."""
        from tui.widgets.readymade import ReadyMade

        own = cast(Remarked, self.app).remarks
        self.app.push_screen(ReadyMade(offered(own)), self._put_in)

    def _put_in(self, remark: str | None) -> None:
        if remark:
            self.insert(clean(remark, newlines=True, tab=0))

    def action_external(self) -> None:
        """Go on in the developer's editor."""
        try:
            written = edit_text(self.app, self.text)
        except EditorError as error:
            self.app.notify(line(str(error)), severity="error", markup=False)
            return
        self.text = clean(written, newlines=True, tab=0)
        self.move_cursor(self.document.end)


class Writing(ModalScreen[Result]):
    """Base of the screens with a `Box`: a title, the box, a hint; the draft outlives it."""

    AUTO_FOCUS = "Box"
    DEFAULT_CSS = """
    Writing { align: left bottom; background: transparent; }
    Writing > #title, Writing > #hint, Writing > #preview {
        width: 1fr; height: auto; padding: 0 1; background: $panel;
    }
    Writing > #title { border-top: solid $accent; }
    Writing > #hint { color: $text-muted; }
    Writing > #preview { max-height: 12; }
    Writing > Box {
        width: 1fr; height: auto; min-height: 1; max-height: 12; padding: 0 1;
        background: $panel; border: none;
    }
    """

    def __init__(
        self,
        title: Content | str,
        *,
        drafts: MutableMapping[str, str],
        key: str,
        send: str = "send",
    ) -> None:
        super().__init__()
        self._title = Content(title) if isinstance(title, str) else title
        self._drafts = drafts
        self._key = key
        self._send = send

    def compose(self) -> ComposeResult:
        """Title, box and hint."""
        yield Static(self._title, id="title")
        yield Box(self._drafts.get(self._key, ""))
        yield Static(self.hint(), id="hint")

    @property
    def written(self) -> str:
        """What stands in the box."""
        return self.query_one(Box).text

    def hint(self, problem: str = "") -> Content:
        """What to press, or what is wrong."""
        if problem:
            return Content.styled(f"⚠ {problem}", "$error")
        named = (
            f"{self.key('send')} {self._send}", f"{self.key('newline')} newline",
            f"{self.key('external')} editor", f"{self.key('put_away')} close, the draft is kept",
        )  # fmt: skip
        return Content("   ".join(named))

    def key(self, action: str) -> str:
        """The developer's own key of an action in the box."""
        return own_key(f"{Where.TEXT}.{action}", cast(Mapped, self.app).keymap)

    def complain(self, problem: str) -> None:
        """Say what is wrong, in place of the hint."""
        self.query_one("#hint", Static).update(self.hint(problem))

    def sent(self, result: Result) -> None:
        """Close with this result; the draft has done its work."""
        self._drafts.pop(self._key, None)
        self.dismiss(result)

    @on(Box.PutAway)
    def _put_away(self) -> None:
        self._drafts[self._key] = self.written
        self.dismiss(None)

    @on(TextArea.Changed)
    def _keep(self) -> None:
        self._drafts[self._key] = self.written


class Prompt(Writing[str]):
    """Asks for one text; gives it when sent, None when put away.

    `drafts` keeps what is not sent yet under `key` (the app's own `drafts` will do). With
    `optional`, enter on an empty box sends nothing's worth of text.
    """

    def __init__(
        self,
        title: Content | str,
        *,
        drafts: MutableMapping[str, str],
        key: str,
        send: str = "send",
        optional: bool = False,
    ) -> None:
        super().__init__(title, drafts=drafts, key=key, send=send)
        self._optional = optional

    @on(Box.Sent)
    def _sent(self) -> None:
        text = self.written.strip()
        if text or self._optional:
            self.sent(text)
        else:
            self.complain(f"nothing is written yet; {self.key('put_away')} closes")


def edit_text(app: App[object], text: str, suffix: str = ".md") -> str:
    """Let the developer edit a text in $EDITOR, with the terminal handed over meanwhile.

    Raises EditorError where there is no editor or it fails.
    """
    with tempfile.TemporaryDirectory(prefix="factory-tui-") as folder:
        file = Path(folder) / f"text{suffix}"
        file.write_text(text, encoding="utf-8")
        edit(app, file)
        return file.read_text(encoding="utf-8", errors="replace").rstrip("\n")
