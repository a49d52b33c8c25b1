"""One check of one action: how to come there, and what must be so after the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.tui.everykey.play import Play

So: TypeAlias = Callable[[Play], object]


@dataclass(frozen=True)
class Check:
    """`so` must not hold after `way`, and must hold after the key and what follows it."""

    so: So
    way: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    keeps: bool = False
    """The key leaves what is so already: a mode's own key; `way` leads away from it."""
    alone: bool = False
    """It changes the stage, or ends the app: nothing else is checked in the same run."""


Checks: TypeAlias = Mapping[str, tuple[Check, ...]]


def typed(words: str, *after: str) -> tuple[str, ...]:
    """The keys that write these words, and those that follow."""
    return (f"={words}", *after)


def sends(*commands: object) -> So:
    """Exactly these commands have gone to the engine."""
    return lambda play: play.sent == [*commands]


def shows(words: str) -> So:
    """These words are on the screen."""
    return lambda play: words in play.text


def front(name: str) -> So:
    """This screen is in front."""
    return lambda play: play.front == name
