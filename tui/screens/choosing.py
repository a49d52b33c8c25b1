"""A box of letters to type, and a list that follows them: arrows choose, enter goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text import clean, line, shorten_path
from tui.widgets.listing import Listing, Slot

_SHOWN = 200
"""Items in the list; who wants another types on."""


class Choosing(ModalScreen[str]):
    """Gives the chosen item, None where the developer leaves."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Choosing { align: left bottom; background: transparent; }
    Choosing > Listing { height: 12; background: $panel; border-top: solid $accent; }
    Choosing > Static { width: 1fr; height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, title: str, choices: Callable[[str], Sequence[str]], nothing: str) -> None:
        super().__init__()
        self.words = ""
        self._title, self._choices, self._nothing = title, choices, nothing

    def compose(self) -> ComposeResult:
        """The list, and the letters under it."""
        yield Listing()
        yield Static()

    def on_mount(self) -> None:
        """Begin with all there is."""
        self.typed()

    @property
    def listing(self) -> Listing:
        """The list."""
        return self.query_one(Listing)

    def on_key(self, event: events.Key) -> None:
        """Type, erase, choose, go or leave; no key gets through to the screen below."""
        event.stop()
        event.prevent_default()
        match event.key:
            case "escape":
                self.dismiss(None)
            case "enter":
                self.enter()
            case "down" | "ctrl+n":
                self.listing.move(1)
            case "up":
                self.listing.move(-1)
            case "backspace":
                self._type(self.words[:-1])
            case "ctrl+u":
                self._type("")
            case _ if event.character is not None and event.is_printable:
                self._type(self.words + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is typed."""
        event.stop()
        self._type(self.words + line(event.text))

    def enter(self) -> None:
        """Go to what is chosen."""
        if self.listing.cursor:
            self.dismiss(self.listing.cursor)

    def typed(self) -> None:
        """The words have changed: show what they mean."""
        found = self._choices(self.words)
        self.listing.cursor = ""
        self.listing.show([Slot(path) for path in found[:_SHOWN]], _path)
        self.prompt("" if found else self._nothing, f"{len(found)}   enter go   esc close")

    def prompt(self, problem: str, hint: str) -> None:
        """The letters, and beside them what is wrong or what to press."""
        said = (f"{problem}   ", "$error") if problem else ("", "")
        words = (f"{self._title} ", "$accent"), Content(line(self.words)), ("▌   ", "$accent")
        self.query_one(Static).update(Content.assemble(*words, said, (hint, "$text-muted")))

    @on(Listing.Chosen)
    def _chosen(self) -> None:
        self.enter()

    def _type(self, words: str) -> None:
        self.words = words
        self.typed()


def _path(slot: Slot, width: int) -> Content:
    return Content(f"  {shorten_path(clean(slot.key, exact=True), max(width - 3, 12))}")
