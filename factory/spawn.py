"""Starting the engine, and programs that get the developer's terminal.

Beside `factory.sandbox` and `factory.git` the only place that starts a process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess  # noqa: TID251  this room is where processes are started
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from factory import wire
from factory.client import connect
from factory.git.place import Place, find_repository, home
from factory.model import RUNS_ALREADY, Draft, EngineError

__all__ = [
    "Place",
    "become_engine",
    "engine_command",
    "ensure_engine",
    "examine",
    "find_repository",
    "home",
    "make_demo",
    "run_in_terminal",
    "running",
    "stop_engine",
    "try_escapes",
]

_START = 20.0
"""Seconds within which a new engine must answer."""
_BUSY = 0.5
"""Seconds after which an engine that was in the way of a new one has answered or ended."""
_STOP = 30.0
"""Seconds within which an engine that was told to stop at once must be gone."""


def engine_command(place: Place) -> list[str]:
    """The command that runs a repository's engine in the foreground.

    `-P` keeps a package named `factory` in the current folder from being taken for ours.
    """
    return [sys.executable, "-P", "-m", "factory", str(place.path)]


async def running(place: Place) -> wire.Hello | None:
    """Who answers on the socket, if anybody does."""
    if not place.socket.exists():
        return None
    async with connect(place.socket) as client:
        try:
            return await client.hello()
        except EngineError:
            return None


async def ensure_engine(place: Place) -> None:
    """Start the engine where none answers, in a session of its own, and wait until it does.

    Raises EngineError with the engine's own last words where it does not come up.
    """
    if await running(place) is not None:
        return
    began = place.log.stat().st_size if place.log.exists() else 0
    process = _start_detached(place)
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if await running(place) is not None:
            return
        code = process.poll()
        if code is not None and await running(place) is None:
            words = _last_words(place.log, began)
            killed = code == -signal.SIGKILL  # by somebody else: it had nothing to say against it
            if RUNS_ALREADY not in words and not killed:
                refused = EngineError(words)
                refused.exit_code = code if code > 0 else EngineError.exit_code
                raise refused
            await asyncio.sleep(_BUSY)  # one that runs is about to answer, or to end
            if await running(place) is None:
                began, process = place.log.stat().st_size, _start_detached(place)
        await asyncio.sleep(0.02)
    raise EngineError(f"the engine did not answer within {_START:.0f} s; its log is {place.log}")


def _start_detached(place: Place) -> subprocess.Popen[bytes]:
    with place.log.open("ab") as log:
        return subprocess.Popen(
            engine_command(place), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd=place.state, start_new_session=True,
        )  # fmt: skip


def _last_words(log: Path, began: int) -> str:
    with log.open("rb") as file:
        file.seek(began)
        lines = [line for line in file.read().decode(errors="replace").split("\n") if line.strip()]
    said = [line for line in lines if line.startswith("factory-tui: ")]
    if said:
        return said[-1].removeprefix("factory-tui: ")
    if not lines and not os.statvfs(log.parent).f_bavail:
        return f"the disk that holds {log.parent} is full, so no engine can start; free some space"
    last = lines[-1] if lines else "it said nothing"
    return f"the engine could not start: {last}; its log is {log}"


async def stop_engine(place: Place, *, at_once: bool = False) -> None:
    """Stop the engine, after the turns under way or at once, and wait until it is gone."""
    if await running(place) is None:
        return
    async with connect(place.socket) as client:
        await client.stop(at_once=at_once)
    deadline = time.monotonic() + _STOP
    while await running(place) is not None:
        if at_once and time.monotonic() > deadline:
            raise EngineError(f"the engine does not stop; its log is {place.log}")
        await asyncio.sleep(0.05)


def become_engine(place: Place) -> NoReturn:
    """Replace this process by the engine: what is typed and every signal are the engine's own."""
    os.chdir(place.state)
    line = engine_command(place)
    os.execv(line[0], line)


def make_demo(folder: Path, *, speed: float = 1.0) -> tuple[Place, tuple[Draft, ...]]:
    """The demo's repository in `folder`, and the tasks to give; its state stays in there, too."""
    from factory.demo import sample

    repository = sample.make(folder, speed=speed)
    os.environ["FACTORY_TUI_HOME"] = str(folder / "state")
    return find_repository(repository), sample.TASKS


async def examine(start: Path) -> tuple[tuple[wire.Diagnosis, ...], tuple[str, ...]]:
    """What `doctor` found, and the sandbox profiles as lines. Starts no engine."""
    from factory import checkup

    return await checkup.examine(start, os.environ), checkup.profile_lines()


async def agents() -> tuple[wire.KnownAgent, ...]:
    """The agent programs that we know, as they stand here. Starts no engine."""
    from factory import roll

    return await roll.roll(os.environ, Path.home())


async def try_escapes() -> tuple[wire.Escape, ...]:
    """Every way out of the sandbox, tried; nothing but what is planted is gone for."""
    from factory import checkup

    return await checkup.escapes()


def run_in_terminal(command: Sequence[str], folder: Path) -> int:
    """Run a program with our own terminal (an editor, a shell); returns its exit code."""
    return subprocess.run(command, cwd=folder, check=False).returncode
