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
from pathlib import Path
from types import TracebackType


class Terminal:
    """Runs a program on a terminal of so many columns and rows; a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 200,
        rows: int = 60,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
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
            env={**(os.environ if environment is None else environment), **given},
            cwd=folder,
            start_new_session=True,
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
        os.close(self._main)

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return self._process.pid

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._main, keys.encode())

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

    def drain(self, seconds: float) -> None:
        """Read whatever comes for so long."""
        end = time.perf_counter() + seconds
        while self._read(max(0.0, end - time.perf_counter())) or time.perf_counter() < end:
            pass

    def processor_seconds(self) -> float:
        """Processor time that the program has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory of the program now, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _read(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._main], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self._main, 1 << 16)
        except OSError:
            return False
        self.seen += data
        return bool(data)
