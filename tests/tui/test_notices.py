"""Once for each item that turns to the developer, and never otherwise: bell and notification."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from msgspec.structs import replace

from factory.model import Parked, ParkReason, TaskState
from factory.wire import Overview, TaskView
from tests.bench.chatter import overview as working
from tests.bench.panes import python
from tests.bench.terminal import Terminal
from tests.stage import Stage
from tests.tui.payloads import CONTROL
from tui import settings
from tui.notices import Notices, Way, chosen, mistakes

QUIET = re.compile(rb"\x1b\](?:2|22);[^\x07]*\x07")
"""The title and the pointer of the mouse: their BEL ends a sequence, and rings nothing."""
TOLD = re.compile(rb"\x1b\]777;notify;([^;\x1b]*);([^\x1b]*)\x1b\\")


def at(picture: Overview, name: str, state: TaskState, **fields: object) -> Overview:
    """The picture with one task in another state."""
    tasks = tuple(_turned(v, state, fields) if v.task.id == name else v for v in picture.tasks)
    return replace(picture, tasks=tasks)


def _turned(view: TaskView, state: TaskState, fields: dict[str, object]) -> TaskView:
    later = view.task.changed_at + 1
    return replace(view, task=replace(view.task, state=state, changed_at=later, **fields))


def aside(reason: ParkReason, until: float | None = None) -> dict[str, Parked]:
    return {"parked": Parked(reason=reason, message="keep the old order?", until=until)}


# --- what is announced ---------------------------------------------------------------------------


def test_what_waited_already_is_not_announced_and_what_turns_is_once() -> None:
    notices = Notices((Way.BELL,))
    first = at(working(3), "agent00", TaskState.READY)
    assert list(notices.news(first)) == []
    second = at(first, "agent01", TaskState.READY)
    assert list(notices.news(second)) == ["\a"]
    assert list(notices.news(second)) == []
    third = at(second, "agent02", TaskState.PARKED, **aside(ParkReason.QUESTION))
    assert list(notices.news(third)) == ["\a"]


def test_the_same_item_is_announced_again_when_it_turns_again() -> None:
    notices = Notices((Way.BELL,))
    ready = at(working(1), "agent00", TaskState.READY)
    assert list(notices.news(working(1))) == []
    assert len(list(notices.news(ready))) == 1
    again = at(at(ready, "agent00", TaskState.WORKING), "agent00", TaskState.READY)
    assert len(list(notices.news(again))) == 1


def test_only_what_the_developer_alone_can_lift_is_announced() -> None:
    quiet = (
        (TaskState.PARKED, aside(ParkReason.PAUSED)),
        (TaskState.PARKED, aside(ParkReason.RATE_LIMITED, until=9.0)),
        (TaskState.PARKED, aside(ParkReason.BUDGET, until=9.0)),
        *((state, {}) for state in TaskState if state not in (TaskState.READY, TaskState.PARKED)),
    )
    for state, fields in quiet:
        notices = Notices((Way.BELL,))
        list(notices.news(working(1)))
        assert list(notices.news(at(working(1), "agent00", state, **fields))) == [], state


@pytest.mark.parametrize("said", CONTROL)
def test_foreign_words_are_told_and_do_nothing(said: str) -> None:
    notices = Notices(tuple(Way)[1:])
    list(notices.news(working(1)))
    asked = {"parked": Parked(reason=ParkReason.QUESTION, message=f"a;{said};b" * 40)}
    (told,) = notices.news(at(working(1), "agent00", TaskState.PARKED, **asked))
    bodies = re.fullmatch(r"(?:\x1b\](?:9|777;notify|99;);([^\x1b\x07\x9c]*)\x1b\\){3}", told)
    assert bodies is not None, ascii(told)
    assert len(told) < 1_500
    assert all(ord(sign) >= 32 for sign in told.replace("\x1b]", "").replace("\x1b\\", ""))


# --- which terminal gets what --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "ways"),
    [
        ({"TERM": "xterm-256color"}, (Way.BELL,)),
        ({"TERM_PROGRAM": "iTerm.app"}, (Way.BELL, Way.OSC9)),
        ({"TERM_PROGRAM": "WezTerm"}, (Way.BELL, Way.OSC777)),
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, (Way.BELL, Way.OSC99)),
        ({"TERM": "foot"}, (Way.BELL, Way.OSC777)),
        ({"WT_SESSION": "x", "TERM": "xterm-256color"}, (Way.BELL,)),
        ({"TERM": "foot", "TMUX": "/tmp/tmux"}, (Way.BELL,)),
        ({"TERM": "screen", "KITTY_WINDOW_ID": "1"}, (Way.BELL,)),
    ],
)
def test_a_terminal_gets_what_it_is_known_to_show(
    environment: dict[str, str], ways: tuple[Way, ...]
) -> None:
    assert chosen("", environment) == ways
    assert chosen("osc9, bell", environment) == (Way.OSC9, Way.BELL)
    assert chosen("none", environment) == ()


def test_what_is_asked_for_inside_tmux_is_handed_through() -> None:
    notices = Notices((Way.OSC9,), inside_tmux=True)
    list(notices.news(working(1)))
    (told,) = notices.news(at(working(1), "agent00", TaskState.READY))
    assert told == "\x1bPtmux;\x1b\x1b]9;factory bench: agent00: ready\x1b\x1b\\\x1b\\"


def test_a_way_that_there_is_not_is_named(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('notify = "bell, growl"\ntheme = "x"\n')
    found = settings.load(file)
    assert found.theme == "x"
    assert "'growl' is none of bell, osc9, osc777, osc99 and none" in found.problems[0]
    assert mistakes("bell,none, osc99") == ()


# --- on a real terminal --------------------------------------------------------------------------


class Engine:
    """A stage on a socket, told from outside what happens."""

    def __init__(self, stage: Stage, loop: asyncio.AbstractEventLoop) -> None:
        self.stage = stage
        self._loop = loop

    def happen(self, picture: Overview) -> None:
        self._loop.call_soon_threadsafe(self.stage.happen, picture)

    def hang_up(self) -> None:
        self._loop.call_soon_threadsafe(self.stage.vanish)


@contextmanager
def engine(socket: Path, picture: Overview) -> Iterator[Engine]:
    stage, loop = Stage(overview=picture), asyncio.new_event_loop()
    config = uvicorn.Config(stage.asgi(), uds=str(socket), log_level="error", lifespan="off",
                            timeout_graceful_shutdown=1)  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()))
    thread.start()
    try:
        yield Engine(stage, loop)
    finally:
        server.should_exit = True
        loop.call_soon_threadsafe(stage.vanish)
        thread.join()
        loop.close()


def told(terminal: Terminal) -> tuple[int, list[bytes]]:
    """How often the bell rang, and what was told about whom."""
    terminal.drain(0.5)
    seen = QUIET.sub(b"", bytes(terminal.seen))
    return seen.count(b"\x07"), [words for _, words in TOLD.findall(seen)]


def test_a_terminal_gets_exactly_one_bell_and_one_notice_for_each_item(home: Path) -> None:
    before = at(working(4), "agent00", TaskState.READY)
    socket = home / "engine.sock"
    with engine(socket, before) as outside, Terminal(
        python("tests.bench.ours", str(socket)), columns=120, rows=40,
        more={"TERM_PROGRAM": "WezTerm", "TMUX": "", "STY": "", "KITTY_WINDOW_ID": ""},
    ) as terminal:  # fmt: skip
        terminal.wait(rb"\x1b\]2;bench \xe2\x97\x903 \xe2\x9c\x931\x07", start=0)
        assert told(terminal) == (0, [])
        one = at(before, "agent01", TaskState.READY)
        outside.happen(one)
        terminal.wait(rb"\x1b\]2;bench \xe2\x97\x902 \xe2\x9c\x932\x07", start=0)
        assert told(terminal) == (1, [b"agent01: ready"])
        outside.happen(replace(one, usd_per_hour=1.0))  # a newer picture of the same turns
        outside.hang_up()  # and it connects again
        terminal.drain(1.0)
        asked = at(one, "agent02", TaskState.PARKED, **aside(ParkReason.QUESTION))
        outside.happen(at(asked, "agent03", TaskState.READY))
        terminal.wait(rb"\x1b\]2;bench !1 \xe2\x9c\x933\x07", start=0)
        bells, words = told(terminal)
        assert bells == 3
        assert sorted(words[1:]) == [b"agent02: asks: keep the old order?", b"agent03: ready"]
