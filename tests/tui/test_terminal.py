"""The real program on a real terminal: a pseudo-terminal, bytes in and bytes out."""

from __future__ import annotations

import re
import signal
import subprocess  # noqa: TID251 - imports are looked at in a process of their own
import sys
from collections.abc import Iterator
from os import kill
from pathlib import Path

import pytest

from tests.bench.panes import chatter, python
from tests.bench.terminal import Terminal
from tests.tui.payloads import FORBIDDEN

HEAVY = ("anthropic", "git", "starlette", "uvicorn", "httpx2", "acp", "pygments")
WIDGETS = ("textual.widgets._text_area", "textual.widgets._markdown", "watchfiles")
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\^_=>])|[\r\n]")


@pytest.fixture
def socket(home: Path) -> Iterator[Path]:
    path = home / "engine.sock"
    with chatter(path, "--agents", "3", "--rate", "0"):
        yield path


def screen(socket: Path) -> Terminal:
    return Terminal(python("tests.bench.ours", str(socket)), columns=120, rows=40)


def test_it_paints_tells_its_title_and_leaves_the_terminal_as_it_was(socket: Path) -> None:
    with screen(socket) as terminal:
        terminal.wait(rb"waiting for the engine", start=0)
        terminal.wait(rb"agent02", start=0)
        terminal.wait(rb"\x1b\]2;bench \xe2\x97\x903\x07", start=0)
        assert b"\x1b[?1049h" in terminal.seen
        terminal.press("q")
        terminal.wait(rb"\x1b\[\?1049l.*3 agents go on", start=0)
        assert terminal.ended() == 0


def test_only_sequences_of_textual_are_written(socket: Path) -> None:
    with screen(socket) as terminal:
        terminal.wait(rb"agent02", start=0)
        terminal.drain(0.3)
        left = SEQUENCE.sub(b"", bytes(terminal.seen)).decode()
        assert FORBIDDEN.findall(left) == []


def test_an_engine_that_is_not_there_is_no_reason_to_end(home: Path) -> None:
    with screen(home / "nobody.sock") as terminal:
        terminal.wait(rb"engine is away", start=0)
        terminal.press("q")
        assert terminal.ended() == 0


def test_a_lone_escape_is_a_key_and_half_a_sequence_waits_for_its_other_half(socket: Path) -> None:
    with screen(socket) as terminal:
        terminal.wait(rb"agent02", start=0)
        terminal.press("\x1b[6")
        terminal.press("~?")
        terminal.wait(rb"Keys")
        terminal.press("\x1b")
        terminal.wait(rb"agent02")


def test_bytes_that_no_keyboard_sends_end_nothing(socket: Path) -> None:
    with screen(socket) as terminal:
        terminal.wait(rb"agent02", start=0)
        terminal.press(b"\xff\xc3\x00\xfe")
        terminal.press("?")
        terminal.wait(rb"Keys")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_soon(socket: Path, stop: signal.Signals) -> None:
    with screen(socket) as terminal:
        terminal.wait(rb"agent02", start=0)
        kill(terminal.pid, stop)
        assert terminal.ended() is not None


def test_a_terminal_that_is_closed_ends_it(socket: Path) -> None:
    with screen(socket) as terminal:
        terminal.wait(rb"agent02", start=0)
        terminal.hang_up()
        assert terminal.ended() is not None


def test_the_developers_editor_gets_the_terminal_and_gives_it_back(socket: Path) -> None:
    editor = socket.parent / "editor"
    editor.write_text('#!/bin/sh\necho "EDITING $1" >/dev/tty\nprintf "## A task\\n" > "$1"\n')
    editor.chmod(0o755)
    with Terminal(
        python("tests.bench.ours", str(socket)),
        columns=120,
        rows=40,
        more={"EDITOR": str(editor), "VISUAL": ""},
    ) as terminal:
        terminal.wait(rb"agent02", start=0)
        at = len(terminal.seen)
        terminal.press("N")
        terminal.wait(rb"\x1b\[\?1049l.*EDITING .*\x1b\[\?1049h.*queued", start=at)


def test_importing_the_screen_imports_nothing_that_it_does_not_show() -> None:
    names = (*HEAVY, *WIDGETS)
    asked = (
        "import sys, tui.app, tui.screens.floor;"
        f"print(*[name for name in {names!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", asked], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []


def test_the_look_at_imports_would_find_one() -> None:
    asked = "import sys, httpx2; print('httpx2' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-P", "-c", asked], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["True"]
