"""Telling the developer, wherever they look, that an item has turned to them: once for each turn.

A bell, and a notification where the terminal is known to show one. Which program shows it on the
desktop is the terminal's affair; the client starts none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from factory.model import TaskState
from factory.wire import Overview, TaskView
from tui.standing import needs_you, why
from tui.text import line

_LONGEST = 120
"""Cells of a notification's sentence."""


class Way(StrEnum):
    """How a terminal is told."""

    BELL = "bell"
    OSC9 = "osc9"
    """iTerm2, WezTerm, Ghostty and others."""
    OSC777 = "osc777"
    """Foot, Ghostty, WezTerm, urxvt."""
    OSC99 = "osc99"
    """Kitty."""


class Notices:
    """Remembers what was announced; one for each run of the client."""

    def __init__(self, ways: tuple[Way, ...], *, inside_tmux: bool = False) -> None:
        self._ways = ways
        self._inside_tmux = inside_tmux
        self._announced: set[tuple[str, float]] | None = None

    def news(self, overview: Overview) -> Iterator[str]:
        """What to write to the terminal for each item that has turned since the last picture.

        What waited already when the first one came is not announced.
        """
        waiting = {turn(view): view for view in overview.tasks if turned(view)}
        if self._announced is None:
            self._announced = set(waiting)
        for key, view in waiting.items():
            if key not in self._announced:
                self._announced.add(key)
                yield "".join(self._sequences(view, overview))

    def _sequences(self, view: TaskView, overview: Overview) -> Iterator[str]:
        title = line(overview.repository, 30).replace(";", ",")
        words = line(f"{view.task.id}: {why(view, overview.now)}", _LONGEST).replace(";", ",")
        for way in self._ways:
            match way:
                case Way.BELL:
                    yield "\a"
                case Way.OSC9:  # a number in front would be another of its commands
                    yield self._osc(f"9;factory {title}: {words}")
                case Way.OSC777:
                    yield self._osc(f"777;notify;factory {title};{words}")
                case Way.OSC99:
                    yield self._osc(f"99;;factory {title}: {words}")

    def _osc(self, command: str) -> str:
        """The sequence; inside tmux, wrapped so that it is handed through where it is allowed."""
        sequence = f"\x1b]{command}\x1b\\"
        if self._inside_tmux:
            doubled = sequence.replace("\x1b", "\x1b\x1b")
            return f"\x1bPtmux;{doubled}\x1b\\"
        return sequence


def turned(view: TaskView) -> bool:
    """Whether an item is the developer's turn: ready, or waiting for what only they can lift."""
    return view.task.state is TaskState.READY or needs_you(view)


def turn(view: TaskView) -> tuple[str, float]:
    """What tells one turn of an item from its next: a task turns when its state changes."""
    return view.task.id, view.task.changed_at


def chosen(setting: str, environment: Mapping[str, str]) -> tuple[Way, ...]:
    """The ways that the setting `notify` names, or those that the terminal is known to support."""
    names = _names(setting)
    if not names:
        return (Way.BELL, *_known(environment))
    return tuple(dict.fromkeys(Way(name) for name in names if name in _WAYS))


def mistakes(setting: str) -> tuple[str, ...]:
    """What is wrong with the setting `notify`, a sentence each."""
    ways = ", ".join(_WAYS)
    return tuple(
        f"notify = {name!r} is none of {ways} and none; a desktop notification is the terminal's, "
        "by one of the osc ways"
        for name in _names(setting)
        if name not in _WAYS and name != "none"
    )


def _names(setting: str) -> list[str]:
    return [name.strip() for name in setting.split(",") if name.strip()]


def _known(environment: Mapping[str, str]) -> Iterable[Way]:
    """A terminal that does not know a sequence may show it as text: only the known ones get it.

    tmux and screen hand nothing through unless they are told to, and tell of a bell by themselves.
    """
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if environment.get("TMUX") or environment.get("STY") or term.startswith(("tmux", "screen")):
        return ()
    if environment.get("KITTY_WINDOW_ID") or term == "xterm-kitty":
        return (Way.OSC99,)
    if program == "iTerm.app":
        return (Way.OSC9,)
    if program in ("WezTerm", "ghostty") or term.startswith(("foot", "xterm-ghostty")):
        return (Way.OSC777,)
    return ()


_WAYS = tuple(way.value for way in Way)
