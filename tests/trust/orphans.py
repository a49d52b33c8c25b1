"""Processes that do all they can to outlive whoever started them, and every way they are ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
import subprocess  # noqa: TID251 - the negative control starts them without a sandbox
import time
from pathlib import Path

from factory import spawn, wire
from factory.model import Draft, FactoryError, TaskState
from factory.wire import AnyCommand
from tests.trust.base import Control, Outcome
from tests.trust.life import Life, StuckError, homestead
from tests.trust.processes import command_lines

LANES = 3
GONE = 1.0
"""Seconds after which nothing may be left."""
STYLES = {
    "setsid": "setsid sleep {n} & wait",
    "nohup": "nohup sleep {n} > /dev/null 2>&1 & wait",
    "two forks": "( ( setsid sleep {n} & ) & ); sleep 80000",
    "deaf": "trap '' TERM HUP INT QUIT; setsid sh -c \"trap '' TERM HUP INT QUIT; sleep {n}\"",
    "a daemon": 'python3 -c "import os; [os._exit(0) for _ in (1, 2) if os.fork()]; os.setsid(); '
    "os.closerange(0, 64); os.execlp('sleep', 'sleep', '{n}')\"; sleep 80000",
    "a chain": "setsid sh -c 'setsid sh -c \"setsid sleep {n} & wait\" & wait' & wait",
}
"""Scripts that start a `sleep {n}` which nobody's process group holds."""
KILLS = ("the engine", "the engine, told to stop", "the task", "a pause", "its process group")


def orphans(full: bool) -> Outcome:
    """All styles under all kills, again and again; then the styles with no sandbox around them."""
    cases = list(itertools.product(STYLES, KILLS))
    random.Random(7).shuffle(cases)
    count = 200 if full else 6
    chosen = list(itertools.islice(itertools.cycle(cases), count))
    with homestead() as home:
        notes = asyncio.run(_all(home, chosen))
    left = [style for style in STYLES if _survives(style)]
    return Outcome(
        tried=count,
        held=count - len(notes),
        control=f"{len(left)} of {len(STYLES)} outlived the kill of their process group",
        proven=len(left) >= 4,
        notes=tuple(notes),
    )


async def _all(home: Path, cases: list[tuple[str, str]]) -> list[str]:
    notes: list[str] = []

    async def lane(number: int) -> None:
        life = Life(home, number)
        for at, (style, kill) in enumerate(cases[number::LANES]):
            seconds = f"8{number}{at:03}.5"
            try:
                left = await _one(life, style, kill, seconds)
            except StuckError as stuck:
                left = str(stuck)
            if left:
                notes.append(f"{style}, {kill}: {left}")
        life.kill()

    async with asyncio.TaskGroup() as group:
        for number in range(LANES):
            group.create_task(lane(number))
    return notes


async def _one(life: Life, style: str, kill: str, seconds: str) -> str:
    """Start it as an agent's command, kill, look a second later; what is left."""
    if not life.alive():
        life.start()
        await life.up()
    draft = Draft(title=f"o{seconds}", spec=STYLES[style].format(n=seconds))
    add = wire.Add(drafts=(draft,))
    name = (await life.ask(lambda client: client.send(add, key=seconds))).tasks[0]
    deadline = time.monotonic() + 20
    while not running(seconds):
        if time.monotonic() > deadline:
            raise StuckError("it was never started")
        await asyncio.sleep(0.03)
    await _strike(life, name, kill, seconds)
    began = time.monotonic()
    while (found := running(seconds)) and time.monotonic() < began + GONE:
        await asyncio.sleep(0.03)
    if life.alive():
        await _end(life, name)
    else:
        life.start()
        await life.up()
        await _end(life, name)
    return f"{len(found)} processes" if found else ""


async def _strike(life: Life, name: str, kill: str, seconds: str) -> None:
    match kill:
        case "the engine":
            life.kill()
            while life.alive():
                await asyncio.sleep(0.005)
        case "the engine, told to stop":
            await spawn.stop_engine(life.place, at_once=True)
            while life.alive():
                await asyncio.sleep(0.005)
        case "the task":
            await _send(life, wire.End(task=name))
        case "a pause":
            await _send(life, wire.Pause(task=name))
        case _:
            groups = {os.getpgid(pid) for pid in running(seconds)}
            await _send(life, wire.Pause(task=name))
            for group in groups:
                with contextlib.suppress(OSError):
                    os.killpg(group, signal.SIGKILL)


async def _send(life: Life, command: AnyCommand) -> None:
    await life.ask(lambda client: client.send(command))


async def _end(life: Life, name: str) -> None:
    """Stop a task for good, so that the next engine does not begin it again."""
    with contextlib.suppress(FactoryError):
        await _send(life, wire.End(task=name))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        states = {view.task.id: view.task.state for view in (await life.look()).tasks}
        if states.get(name) is TaskState.STOPPED:
            return
        await asyncio.sleep(0.03)


def running(seconds: str) -> list[int]:
    """Numbers of the processes that sleep so long."""
    asked = f"sleep\0{seconds}\0".encode()
    return [pid for pid, line in command_lines() if line == asked]


def _survives(style: str) -> bool:
    """Whether a style outlives its process group, with no sandbox around it."""
    seconds = f"7{list(STYLES).index(style)}{os.getpid()}.5"
    script = STYLES[style].format(n=seconds).replace("sleep 80000", "sleep 5")
    process = subprocess.Popen(("bash", "-c", script), start_new_session=True)
    deadline = time.monotonic() + 10
    while not running(seconds) and time.monotonic() < deadline:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.05)
    left = running(seconds)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return bool(left)


CONTROLS = (
    Control(
        name="orphans",
        promise="no process of ours is there a second after any kill, the engine's included",
        run=orphans,
    ),
)
