"""The descriptors between us and a running program: its output, and what holds a sandbox to us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

CHUNK = 64 * 1024
"""Most bytes handed on at once."""
_MOMENT = 0.001
"""Seconds between two looks at a process that is about to be bound."""


class Outlet:
    """A pipe out of a program. Each chunk goes to `take` as it comes; nothing is kept.

    Where `take` raises, that is kept as `failure`, `stop` is called and the rest is dropped.
    """

    def __init__(self, take: Callable[[bytes], None] | None, stop: Callable[[], None]) -> None:
        self.bytes = 0
        self.tail = b""
        """The last of it, at most 2 KiB."""
        self.failure: Exception | None = None
        self._take = take
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._read, self.theirs = os.pipe()
        os.set_blocking(self._read, False)
        self._loop.add_reader(self._read, self._next)

    def _next(self) -> bool:
        try:
            chunk = os.read(self._read, CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._loop.remove_reader(self._read)
            return False
        self.bytes += len(chunk)
        self.tail = (self.tail + chunk[-2048:])[-2048:]
        if self._take is not None and self.failure is None:
            try:
                self._take(chunk)
            except Exception as error:
                self.failure = error
                self._stop()
        return True

    def say(self, text: str) -> None:
        """Hand on a word of our own, as if the program had said it."""
        if self._take is not None and self.failure is None:
            self._take(text.encode())

    def hand_over(self) -> None:
        """Close our copy of the end that the program writes to; done twice it does nothing."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1

    def last_line(self) -> str:
        """The last line of the output (foreign text)."""
        return (self.tail.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]

    def close(self) -> None:
        """Hand on what is still in the pipe, now that nobody writes any more, and close it."""
        while self._next():
            pass
        self._loop.remove_reader(self._read)
        os.close(self._read)


class Feed:
    """What is said to a program on its stdin while it runs. One call of `run` takes it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._ready = asyncio.Event()
        self.theirs, self._write = os.pipe()
        os.set_blocking(self._write, False)

    async def write(self, data: bytes) -> None:
        """Say all of it, as fast as the program reads. Raises BrokenPipeError once it is gone."""
        async with self._turn:
            rest = memoryview(data)
            while rest:
                try:
                    rest = rest[os.write(self._write, rest) :] if self._write >= 0 else _gone()
                except BlockingIOError:
                    await self._writable()

    async def _writable(self) -> None:
        self._ready.clear()
        self._loop.add_writer(self._write, self._ready.set)
        try:
            await self._ready.wait()
        finally:
            if self._write >= 0:
                self._loop.remove_writer(self._write)

    def hand_over(self) -> None:
        """Close our copy of the end that the program reads from; done twice it does nothing."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1

    def close(self) -> None:
        """Nothing more will be said: the program reads to the end."""
        self.hand_over()
        if self._write >= 0:
            self._loop.remove_writer(self._write)
            os.close(self._write)
            self._write = -1
            self._ready.set()  # who waits to say more hears that it is gone


def _gone() -> memoryview:
    raise BrokenPipeError("the program has ended")


class _Status(msgspec.Struct, rename="kebab"):
    """A line of bubblewrap's `--json-status-fd`."""

    child_pid: int | None = None
    exit_code: int | None = None


class Leash:
    """What ties a sandbox to this process: no leash, no sandbox.

    bubblewrap's `--die-with-parent` leaves gaps: a parent that dies in the first milliseconds is
    not noticed, and killing bubblewrap kills what is inside only a little later. So the first
    program inside waits at `gate` for our word before it becomes the command, and from the dead it
    gets none; and the end is the end of the sandbox's process 1, with which the kernel ends all
    others.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reached = asyncio.Event()
        self.init = 0
        """Number of process 1, as this process sees it; 0 where it is not held."""
        self.opened = False
        """Whether the command was let in: the sandbox stood."""
        self._cut = False
        self._here = False
        self._init = -1
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._loop.add_reader(self._ours, self._open)
        # A file and not a pipe: bubblewrap, writing to a pipe that nobody reads, would die and
        # leave behind a child that waits for it.
        self.status = os.memfd_create("status")

    @property
    def gate(self) -> int:
        """The descriptor at which the first program inside waits."""
        return self._theirs.fileno()

    def _open(self) -> None:
        """Somebody is at the gate, or nobody will ever be: bubblewrap has given up."""
        with contextlib.suppress(OSError):
            if self._ours.recv(1):
                self._here = True
                self._hold()
        self._loop.remove_reader(self._ours)
        self._reached.set()

    async def arrival(self) -> None:
        """Wait until the sandbox stands and its first program is at the gate, or never will be."""
        await self._reached.wait()

    async def bound(self) -> None:
        """Wait until process 1 has bound itself to bubblewrap.

        It starts the first program before it does so, and may come to it later than that is at the
        gate. From then on all it does is wait for its children, so it is bound once it sleeps.
        """
        process = self.init
        while process and not self._cut and _state(process) not in ("S", ""):  # noqa: ASYNC110
            await asyncio.sleep(_MOMENT)

    def let_in(self) -> None:
        """Let the command begin."""
        if self._here and not self._cut:
            with contextlib.suppress(OSError):
                self._ours.send(b"\n")
                self.opened = True

    def _hold(self) -> None:
        """Take hold of process 1, unless its number is somebody else's by now."""
        number = next((said.child_pid for said in self._said() if said.child_pid is not None), None)
        if number is None or self._init >= 0:
            return
        with contextlib.suppress(OSError):
            self._init = os.pidfd_open(number)
            if _first_in_a_namespace(number):
                self.init = number
            else:
                os.close(self._init)
                self._init = -1

    def _said(self) -> list[_Status]:
        lines = os.pread(self.status, CHUNK, 0).splitlines()
        return [msgspec.json.decode(line, type=_Status) for line in lines]

    async def end(self, gave_up: Coroutine[None, None, object]) -> int | None:
        """Kill all that is inside and return when it is dead. `gave_up` ends with bubblewrap.

        Returns what the command ended with; None where none was started or it was cut short.
        """
        self._cut = True
        self._theirs.close()
        ends = [asyncio.ensure_future(gave_up), asyncio.ensure_future(self._reached.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        self._hold()
        if self._init >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            dead = asyncio.Event()
            self._loop.add_reader(self._init, dead.set)
            await dead.wait()
            self._loop.remove_reader(self._init)
            os.close(self._init)
        await ends[0]
        ends[1].cancel()
        code = next((said.exit_code for said in self._said() if said.exit_code is not None), None)
        self._loop.remove_reader(self._ours)
        self._ours.close()
        os.close(self.status)
        return code


def _first_in_a_namespace(number: int) -> bool:
    for line in Path(f"/proc/{number}/status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return len(line.split()) > 2 and line.split()[-1] == "1"
    return False


def _state(number: int) -> str:
    """What a process is doing, by the kernel's letter; empty where it is gone."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def open_file(opened: contextlib.ExitStack, data: bytes) -> int:
    """A descriptor to read `data` from; in memory where the system can, for it may hold secrets."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("factory")
    else:
        with tempfile.TemporaryFile() as file:
            number = os.dup(file.fileno())
    opened.callback(os.close, number)
    with os.fdopen(os.dup(number), "wb") as file:
        file.write(data)
    os.lseek(number, 0, os.SEEK_SET)
    return number


async def through(work: Coroutine[Any, Any, T]) -> T:
    """Wait for the end of `work` even if cancelled meanwhile, and only then be cancelled."""
    task = asyncio.ensure_future(work)
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()
