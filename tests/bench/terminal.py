"""A program in a pseudo-terminal: press a key, wait for bytes, measure its processor time."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess  # noqa: TID251 - the program under test is a process of its own
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

from tests.bench import process


class Terminal:
    """Runs a program on a terminal of so many columns and rows; a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 200,
        rows: int = 60,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.seen = bytearray()
        """All that the program has written so far."""
        self.started = time.perf_counter()
        self._main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        given = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            command,
            stdin=other,
            stdout=other,
            stderr=other,
            env={**os.environ, **given, **(more or {})},
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(other)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.hang_up()

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return self._process.pid

    @property
    def descriptor(self) -> int:
        """Our end of the terminal, for whoever passes its bytes on."""
        return self._main

    def press(self, keys: str | bytes) -> None:
        """Type; bytes may be what no keyboard sends."""
        os.write(self._main, keys.encode() if isinstance(keys, str) else keys)

    def wait(self, pattern: bytes, *, timeout: float = 10.0, start: int | None = None) -> float:
        """Seconds until the pattern is written, after `start` bytes or what is seen by now.

        Raises TimeoutError.
        """
        begun = time.perf_counter()
        at = len(self.seen) if start is None else start
        wanted = re.compile(pattern, re.DOTALL)
        while not wanted.search(self.seen, at):
            left = timeout - (time.perf_counter() - begun)
            if left <= 0 or not self._read(left):
                raise TimeoutError(f"{pattern!r} did not come; last: {bytes(self.seen[-300:])!r}")
        return time.perf_counter() - begun

    def answer_time(self, keys: str, pattern: bytes, *, timeout: float = 10.0) -> float:
        """Seconds from a key to the bytes that show its effect."""
        self.drain(0.0)
        start = len(self.seen)
        begun = time.perf_counter()
        self.press(keys)
        self.wait(pattern, timeout=timeout, start=start)
        return time.perf_counter() - begun

    def ended(self, timeout: float = 10.0) -> int | None:
        """Exit code once the program has ended; None where it has not in this time."""
        end = time.perf_counter() + timeout
        while self._process.poll() is None and time.perf_counter() < end:
            self._read(0.05)  # whoever does not read lets the program wait in its last write
            time.sleep(0.01)
        return self._process.poll()

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed."""
        if self._main >= 0:
            os.close(self._main)
            self._main = -1

    def drain(self, seconds: float) -> None:
        """Read whatever comes for so long."""
        end = time.perf_counter() + seconds
        while self._read(max(0.0, end - time.perf_counter())) or time.perf_counter() < end:
            pass

    def processor_seconds(self) -> float:
        """Processor time that the program has used so far."""
        return process.processor_seconds(self.pid)

    def resident_mb(self) -> float:
        """Memory of the program now, in MB."""
        return process.resident_mb(self.pid)

    def _read(self, timeout: float) -> bool:
        if self._main < 0:
            return False
        ready, _, _ = select.select([self._main], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self._main, 1 << 16)
        except OSError:
            return False
        self.seen += data
        return bool(data)


def _take_terminal() -> None:
    # As in a window of its own: closing it hangs up, and /dev/tty is this terminal.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
