"""`kill -9` of the screen, a real one, while a comment is written, and of the engine then."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from factory import spawn, wire
from factory.client import connect
from factory.git.place import Place
from factory.model import Comment, CommentState, Draft, TaskState
from tests.bench.terminal import Terminal
from tests.developer import Developer
from tests.works import PATIENCE, settings

COMMAND = ("-P", "-c", "import sys; from tui.command import main; sys.exit(main())")


@pytest.fixture
def place(developer: Developer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    developer.commit({"factory.toml": settings()})
    monkeypatch.chdir(developer.path)
    yield developer.place
    asyncio.run(spawn.stop_engine(developer.place, at_once=True))


async def one_is_ready(place: Place) -> str:
    await spawn.ensure_engine(place)
    async with connect(place.socket) as client:
        add = wire.Add(drafts=(Draft(title="Greet", spec="echo hello > hello.txt"),))
        name = (await client.send(add)).tasks[0]
        async with asyncio.timeout(PATIENCE):
            while (await client.details(name)).view.task.state is not TaskState.READY:
                await asyncio.sleep(0.1)
    return name


async def kept(place: Place, task: str) -> tuple[Comment, ...]:
    await spawn.ensure_engine(place)
    async with connect(place.socket) as client:
        return (await client.details(task)).comments


def written(place: Place, task: str) -> tuple[Comment, ...]:
    """The comments once there is one; the engine saves it while it is written."""
    late = time.monotonic() + PATIENCE
    while not (found := asyncio.run(kept(place, task))):
        assert time.monotonic() < late, "no draft was saved"
        time.sleep(0.2)
    return found


def opened() -> Terminal:
    """The screen with the change open."""
    terminal = Terminal([sys.executable, *COMMAND], columns=120, rows=40)
    terminal.wait(b"greet", timeout=PATIENCE, start=0)
    terminal.press("2")
    terminal.wait(b"Greet|greet", timeout=PATIENCE)
    terminal.drain(0.5)
    terminal.press("\r")
    terminal.wait(rb"hello\.txt", timeout=PATIENCE)
    terminal.drain(0.5)
    return terminal


def test_a_comment_outlives_the_screen_it_is_written_on_and_then_the_engine(place: Place) -> None:
    task = asyncio.run(one_is_ready(place))
    with opened() as terminal:
        terminal.press("]")
        terminal.drain(0.3)
        terminal.press("m")
        terminal.wait(b"comment on", timeout=PATIENCE)
        terminal.press("half a thou")
        (before,) = written(place, task)
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.ended() == -signal.SIGKILL
    assert (before.text, before.state) == ("half a thou", CommentState.DRAFT)
    assert before.anchor.path == "hello.txt"

    hello = asyncio.run(spawn.running(place))
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)
    with opened() as terminal:  # which starts the next engine
        assert asyncio.run(kept(place, task)) == (before,)
        terminal.press("]")
        terminal.drain(0.3)
        terminal.press("m")
        terminal.wait(b"comment on.*half a thou", timeout=10)
    again = asyncio.run(spawn.running(place))
    assert again is not None
    assert again.pid != hello.pid
