"""The house of the weekend: the developer's repository, the engine's process, and its restarts."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import resource
import signal
import struct
import subprocess  # noqa: TID251 - the trial starts and kills engines as a service manager does
import sys
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path

import tests
from factory import spawn
from factory.git.place import Place
from tests.clocks import Hung
from tests.developer import Developer

LEARNING = 25.0
"""Seconds of an engine's life in which it may grow: it loads what it needs when it needs it."""


class House:
    """An engine that is started again whenever it has ended, unless nobody is there to."""

    def __init__(
        self, developer: Developer, clock: Hung, wall: Path, surroundings: Mapping[str, str]
    ) -> None:
        self.developer = developer
        self.clock = clock
        self.restarts = True
        self.off: tuple[str, ...] = ()
        self.grown = 0.0
        """MiB that an engine grew by at most, once it had learnt."""
        self.screen_grown = 0.0
        self.kills = 0
        self._wall = wall
        self._surroundings = surroundings
        self._engine = 0
        self._started: list[subprocess.Popen[bytes]] = []
        self._born = 0.0
        self._first = 0.0
        self._screen: Screen | None = None

    @property
    def place(self) -> Place:
        """Where the engine's state is."""
        return self.developer.place

    async def watch(self) -> None:
        """Start the engine, look at it, and start it again where nobody else has."""
        loop = asyncio.get_running_loop()
        started = False
        while True:
            if not self._lives():
                answers = await spawn.running(self.place)
                if answers is None and started and not self.restarts:
                    return
                self._engine = answers.pid if answers else self._start()
                self._born, self._first, started = loop.time(), 0.0, True
            elif loop.time() - self._born > LEARNING:
                self._measure()
            if self._screen is not None:
                self.screen_grown = self._screen.grown(loop.time())
            await asyncio.sleep(0.5)

    def _lives(self) -> bool:
        """Whether the engine that we know of runs, ours or one that the screen has started."""
        for child in self._started:
            child.poll()
        return self._engine != 0 and resident(self._engine) > 0

    def open_screen(self) -> None:
        """The developer leaves `factory-tui` open when they go."""
        root = Path(tests.__file__).parent.parent
        surroundings = {**self._surroundings, "PYTHONPATH": str(root)}
        self._screen = Screen(self.developer.path, self._wall, surroundings)

    def _start(self) -> int:
        root = Path(tests.__file__).parent.parent
        with self.place.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.trust.weekend.engine",
                 str(self.developer.path), str(self._wall), *self.off],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.place.state,
                start_new_session=True,
                env={**self._surroundings, "PYTHONPATH": str(root)},
            )  # fmt: skip
        self._started.append(child)
        return child.pid

    def _measure(self) -> None:
        size = resident(self._engine)
        self._first = self._first or size
        self.grown = max(self.grown, size - self._first)

    def kill(self) -> None:
        """`kill -9`, whatever it does right now."""
        if self._lives():
            _signal([self._engine], signal.SIGKILL)
            self.kills += 1

    async def suspend(self, seconds: float) -> None:
        """The laptop is closed for a moment: the engine and all below it stand still."""
        family = [self._engine, *below(self._engine)] if self._lives() else []
        _signal(family, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        _signal(family, signal.SIGCONT)

    async def no_room(self, seconds: float) -> None:
        """For a moment no file can grow: neither the engine's, nor one of whom it starts."""
        pid = self._engine
        with contextlib.suppress(ProcessLookupError):
            _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
            await asyncio.sleep(seconds)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    def crash_a_check(self) -> bool:
        """Kill what runs in a sandbox right now, if anything does."""
        family = below(self._engine) if self._lives() else []
        inside = [pid for pid in family if b"sleep" in _command(pid)]
        _signal(inside[-1:], signal.SIGKILL)
        return bool(inside)

    def end(self) -> None:
        """Kill it for good."""
        self.restarts = False
        if self._screen is not None:
            self._screen.close()
            self._screen = None
        self.kill()
        for child in self._started:
            child.kill()
            child.wait()


class Screen:
    """A client in a terminal of its own, which shows what it is told and is never touched."""

    def __init__(self, folder: Path, clock: Path, surroundings: Mapping[str, str]) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.trust.weekend.screen", str(clock)],
            cwd=folder, start_new_session=True, stdin=theirs, stdout=theirs, stderr=theirs,
            env={**surroundings, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(theirs)
        self._terminal = ours
        os.set_blocking(ours, False)
        asyncio.get_running_loop().add_reader(ours, self._read)
        self._opened = asyncio.get_running_loop().time()
        self._first = 0.0
        self._grown = 0.0

    def _read(self) -> None:
        try:
            os.read(self._terminal, 1 << 16)
        except OSError:  # it has ended
            asyncio.get_running_loop().remove_reader(self._terminal)

    def grown(self, now: float) -> float:
        """MiB that it has grown by since it was drawn and at rest; it must still be there."""
        size = resident(self._process.pid)
        if now - self._opened > LEARNING:
            self._first = self._first or size
            self._grown = size - self._first if size else float("inf")
        return self._grown

    def close(self) -> None:
        """Close its terminal."""
        asyncio.get_running_loop().remove_reader(self._terminal)
        os.close(self._terminal)
        self._process.kill()
        self._process.wait()


def resident(pid: int) -> float:
    """MiB of memory that a process holds; 0 where it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def below(pid: int) -> list[int]:
    """All descendants of a process, nearest first."""
    found = [pid]
    for one in found:
        found += _children(one)
    return found[1:]


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                yield from map(int, (thread / "children").read_text().split())


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
