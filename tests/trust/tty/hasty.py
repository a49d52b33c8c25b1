"""The real screen with nothing between a key and a decision: `… tests.trust.tty.hasty SOCKET`."""

from __future__ import annotations

import sys
from pathlib import Path

from textual import events

from factory.client import connect
from tui.app import FactoryApp
from tui.screens.reviewing.deciding import Deciding
from tui.widgets.card import Card


def willing(*_: object) -> str:
    """No refusal."""
    return ""


def on_key(self: Card, event: events.Key) -> None:
    """Any key means yes."""
    event.stop()
    event.prevent_default()
    self.dismiss(True)


def on_paste(self: Card, event: events.Paste) -> None:
    """So does a paste."""
    event.stop()
    self.dismiss(True)


if __name__ == "__main__":
    Card.on_key = on_key  # type: ignore[method-assign]  # the negative control
    Card.on_paste = on_paste  # type: ignore[method-assign]  # the negative control
    Deciding._refuse = lambda self, rule, index: willing  # type: ignore[method-assign]  # as above
    FactoryApp(lambda: connect(Path(sys.argv[1]))).run()
