"""The descriptors between us and a running program: its output, and what holds a sandbox to us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable

import msgspec

CHUNK = 64 * 1024
"""Most bytes handed on at once."""


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


class _Status(msgspec.Struct, rename="kebab"):
    """A line of bubblewrap's `--json-status-fd`."""

    child_pid: int | None = None
    exit_code: int | None = None


class Leash:
    """What ties a sandbox to this process: no leash, no sandbox.

    bubblewrap's `--die-with-parent` leaves gaps: a parent that dies in the first milliseconds is
    not noticed, and killing bubblewrap kills what is inside only a little later. So the first
    program inside waits at `gate` for our word before it becomes the command, which it does not
    get from the dead; and the end is the end of the sandbox's process 1, with which the kernel
    ends all others.
    """

    def __init__(self) -> None:
        self.exit_code: int | None = None
        """What the command ended with; None as long as none was started."""
        self.ended = asyncio.Event()
        """Set when bubblewrap has said its last word."""
        self._known = asyncio.Event()
        self._init = -1
        self._line = b""
        self._loop = asyncio.get_running_loop()
        self._ours, self._gate = socket.socketpair()
        self._read, self.status = os.pipe()
        os.set_blocking(self._read, False)
        self._ours.setblocking(False)
        self._loop.add_reader(self._read, self._report)
        self._loop.add_reader(self._ours, self._open)

    @property
    def gate(self) -> int:
        """The descriptor at which the first program inside waits."""
        return self._gate.fileno()

    def hand_over(self) -> None:
        """Close our copies of what bubblewrap now holds."""
        os.close(self.status)
        self._gate.close()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            if self._ours.recv(1):
                self._ours.send(b"\n")
        self._loop.remove_reader(self._ours)

    def _report(self) -> None:
        data = os.read(self._read, CHUNK)
        self._line += data
        *lines, self._line = self._line.split(b"\n")
        for line in lines:
            status = msgspec.json.decode(line, type=_Status)
            if status.child_pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    self._init = os.pidfd_open(status.child_pid)
            if status.exit_code is not None:
                self.exit_code = status.exit_code
        if lines or not data:
            self._known.set()
        if not data:
            self._loop.remove_reader(self._read)
            self.ended.set()

    async def end(self) -> None:
        """Kill all that is inside and return when it is dead."""
        await self._known.wait()
        if self._init >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            dead = asyncio.Event()
            self._loop.add_reader(self._init, dead.set)
            await dead.wait()
            self._loop.remove_reader(self._init)
            os.close(self._init)
        await self.ended.wait()
        self._loop.remove_reader(self._ours)
        self._ours.close()
        os.close(self._read)
