"""A walk through every screen, by the keys that a developer presses."""

from __future__ import annotations

import time
from typing import NamedTuple

from tests.bench.terminal import Terminal

ESCAPE = "\x1b"
PATIENCE = 15.0
_QUIET = 0.06


class Step(NamedTuple):
    """Keys, and what must stand in what is written after them."""

    keys: str
    shows: bytes = b""


WALK = (
    Step("1"), Step("|"), Step("|"),
    Step("G"), Step("\r", b"working"), Step("g"), Step("\x04"), Step("\x04"), Step("\x04"),
    Step("q"),
    Step("g"), Step("s", b"asks"), Step(ESCAPE), Step("+", b"Budget of"), Step(ESCAPE), Step("p"),
    Step("2", b"oldest"), Step("j"), Step("\r", b"tree@"), Step("}"), Step("}"), Step(" "),
    Step("m", b"tab changes"), Step(ESCAPE), Step("f", b"remark on the whole"), Step(ESCAPE),
    Step("b", b"Evidence"), Step("j"), Step("\r", b"1.0s"), Step("g"), Step("q"), Step("q"),
    Step("x", b"Nothing of it lands"), Step("n"), Step("a", b"accept tree"), Step("n"), Step("q"),
    Step("3", b"Tasks"), Step("g"), Step("\r", b"ctrl"), Step(ESCAPE),
    Step("4", b"Ledger"), Step("\t"), Step("G"), Step("0", b"Report"), Step("?", b"Keys"),
    Step("q"),
    Step("1"),
)  # fmt: skip


def settle(terminal: Terminal, quiet: float = _QUIET, patience: float = 1.5) -> None:
    """Read until something came and nothing more does; some keys show nothing."""
    began = len(terminal.seen)
    until = time.monotonic() + patience
    while time.monotonic() < until:
        before = len(terminal.seen)
        terminal.drain(quiet)
        if before == len(terminal.seen) > began:
            return


def take(terminal: Terminal, step: Step) -> None:
    """Press the keys of a step; where what it shows does not come, once more."""
    for _ in range(3):
        start = len(terminal.seen)
        terminal.press(step.keys)
        if not step.shows:
            settle(terminal, patience=0.5)
            return
        try:
            terminal.wait(step.shows, timeout=PATIENCE / 3, start=start)
        except TimeoutError:
            continue
        settle(terminal, patience=0.3)
        return


def walk(terminal: Terminal) -> None:
    """Go through all of it once."""
    for step in WALK:
        take(terminal, step)


def paste(terminal: Terminal, text: str) -> None:
    """Paste, as a terminal that brackets pastes does."""
    terminal.press(f"\x1b[200~{text.replace(ESCAPE, '')}\x1b[201~")
