"""The last line of a screen: what to press, a sentence in answer, or the words to find."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from factory.wire import Overview
from tui.feed import Link
from tui.keys import Action, Where, actions, own_keys, shown
from tui.text import line

_STAYS = 6.0
"""Seconds that a sentence stays; an error stays until the next one."""

_BLIP = 3.0
"""Seconds after which an engine that is away has a reason worth reading."""


class Find(Message):
    """The developer typed words to find, or asked for the next hit."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__()
        self.words = words
        self.again = again


class Did(Message):
    """A hint was clicked: its action shall be done."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


class FindBox(Static, can_focus=True):
    """One line of words to find: enter goes on to the next hit, escape leaves."""

    words = ""

    class Closed(Message):
        """The developer is done with finding."""

    def on_key(self, event: events.Key) -> None:
        """Type, erase, go on or leave; no key gets through to the screen."""
        event.stop()
        event.prevent_default()
        match event.key:
            case "escape":
                self.display = False
                self.screen.set_focus(None)
                self.post_message(self.Closed())
            case "enter":
                self.post_message(Find(self.words, again=True))
            case "backspace":
                self._type(self.words[:-1])
            case "ctrl+u":
                self._type("")
            case _ if event.character is not None and event.is_printable:
                self._type(self.words + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Find what is pasted."""
        event.stop()
        self._type(self.words + line(event.text))

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Every key that types is ours while we have the focus."""
        return True

    def begin(self) -> None:
        """Show the box, empty."""
        self.words = ""
        self.missed(False)
        self.display = True
        self.focus()

    def missed(self, missed: bool, hits: str = "") -> None:
        """Show the words, and whether nothing has them, or which hit of how many is shown."""
        words = Content.assemble(("/", "$accent"), Content(line(self.words)), ("▌", "$accent"))
        hint = ("nothing has this   ", "$error") if missed else ("enter next   ", "$text-muted")
        if hits:
            words = Content.assemble(words, "   ", (hits, "$accent"))
        self.update(Content.assemble(words, "   ", hint, ("esc close", "$text-muted")))

    def _type(self, words: str) -> None:
        self.words = words
        self.missed(False)
        if words:
            self.post_message(Find(words, again=False))


_GAP = Content("  ")


class Words(Widget):
    """The hints that fit whole on one line; or a sentence, on as many lines as it takes.

    What is said comes first, then the trouble that lasts, then the hints.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._hints: dict[str, Content] = {}
        self._said: Content | None = None
        self._trouble = ""

    def show(self, hints: Mapping[str, Content]) -> None:
        """Show these, by their actions, where nothing is said; `keys` never gives way."""
        self._hints = dict(hints)
        self.refresh()

    def say(self, sentence: Content | None) -> None:
        """Say this; None leaves the hints."""
        self._said = sentence
        self.refresh(layout=True)

    def trouble(self, sentence: str) -> None:
        """Show this in place of the hints until it is empty."""
        if sentence != self._trouble:
            self._trouble = sentence
            self.refresh(layout=True)

    def render(self) -> Content:
        """The sentence, or the hints that fit: the last give way first."""
        if self._said is not None:
            return self._said
        if self._trouble:
            return Content.styled(f"⚠ {self._trouble}", "$error")
        return _GAP.join(self._fitting().values())

    def on_click(self, event: events.Click) -> None:
        """Do what the hint under the mouse names."""
        at = event.get_content_offset(self)
        if self._said is not None or self._trouble or at is None:
            return
        end = 0
        for action, hint in self._fitting().items():
            start, end = end, end + hint.cell_length
            if start <= at.x < end:
                self.post_message(Did(action))
            end += _GAP.cell_length

    def _fitting(self) -> dict[str, Content]:
        left = dict(self._hints)
        while len(left) > 1 and _GAP.join(left.values()).cell_length > self.size.width:
            left.pop(next(name for name in reversed(left) if name != "keys"))
        return left

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line for hints, which a sentence may exceed."""
        if self._said is None and not self._trouble:
            return 1
        return super().get_content_height(container, viewport, width)


class Footer(Horizontal):
    """Composed last by every screen; one line, but for a sentence that needs more."""

    DEFAULT_CSS = """
    Footer { dock: bottom; height: auto; background: $panel; }
    Footer Words { width: 1fr; height: auto; max-height: 4; padding: 0 1; }
    Footer #badges { width: auto; height: 1; }
    Footer FindBox { width: 1fr; height: 1; padding: 0 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._place: tuple[Where, Mapping[str, str]] | None = None

    def compose(self) -> ComposeResult:
        """The line itself, and the box that takes its place."""
        yield FindBox()
        yield Words()
        yield Static(id="badges")

    def show(self, where: Where, hints: tuple[str, ...], keymap: Mapping[str, str]) -> None:
        """Name these actions of a place, in this order, with the developer's own keys."""
        self._place = (where, keymap)
        found = {action.id: action for action in actions(where)}
        named = {name: _hint(own_keys(found[name], keymap)) for name in hints if name in found}
        self.query_one(Words).show(named)

    def say(self, sentence: str, *, error: bool = False) -> None:
        """Show a sentence in place of the hints; an empty one brings them back at once."""
        if self._timer is not None:
            self._timer.stop()
        if not sentence:
            self._fall_silent()
            return
        sign = ("⚠ ", "$error") if error else ("", "")
        style = "$error" if error else "$text"
        said = Content.assemble(sign, Content.styled(line(sentence), style))
        self.query_one(Words).say(said)
        self._timer = self.set_timer(_STAYS * (4 if error else 1), self._fall_silent)

    def stand(self, overview: Overview | None, link: Link, now: float) -> None:
        """Show, for as long as it is so: no engine and why, no sandbox, recorded answers.

        `now` is on the clock of `link.away_since`.
        """
        badges: list[Content] = []
        if link.away_since is not None:
            away = f" ⚠ engine is away, {int(now - link.away_since)} s "
            badges.append(Content.styled(away, "$error bold reverse"))
        lasts = link.away_since is not None and now - link.away_since >= _BLIP
        self.query_one(Words).trouble(line(link.reason) if lasts else "")
        if overview is not None and not overview.contained:
            badges.append(Content.styled(" ⚠ NOT CONTAINED ", "$error bold reverse"))
        if overview is not None and overview.recorded:
            badges.append(Content.styled(" recorded answers ", "$accent reverse"))
        self.query_one("#badges", Static).update(Content(" ").join(badges))

    def begin_find(self) -> None:
        """Let the developer type words to find."""
        self.query_one(Words).display = False
        self.query_one(FindBox).begin()

    @on(FindBox.Closed)
    def _found(self) -> None:
        self.query_one(Words).display = True

    def not_found(self) -> None:
        """Say that nothing has the words."""
        self.query_one(FindBox).missed(True)

    def found(self, hits: str) -> None:
        """Say which hit of how many is shown, beside the words while they are typed."""
        self.query_one(FindBox).missed(False, hits)
        self.say(hits)

    def _fall_silent(self) -> None:
        self._timer = None
        self.query_one(Words).say(None)


def _hint(action: Action) -> Content:
    key = shown(action.keys[0])
    return Content.assemble((key, "$accent"), " ", (action.name, "$text-muted"))
