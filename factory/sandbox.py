"""The only place that starts a program other than git: in a sandbox, with limits, to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from factory import bubblewrap
from factory.bubblewrap import Machine, find_bubblewrap
from factory.leash import Leash, Outlet
from factory.model import SandboxError, Struct
from factory.profiles import (
    ENVIRONMENT,
    HOME,
    RESULTS,
    SCRATCH,
    TREE,
    Bind,
    Environment,
    File,
    Limits,
    Profile,
    cli,
    gate,
    outside,
    setup,
    tools,
)

__all__ = [
    "ENVIRONMENT",
    "HOME",
    "RESULTS",
    "SCRATCH",
    "TREE",
    "Bind",
    "Environment",
    "File",
    "Finished",
    "Limits",
    "Profile",
    "cli",
    "find_bubblewrap",
    "gate",
    "run",
    "setup",
    "tools",
]

T = TypeVar("T")

MISSING = (
    "bubblewrap is not there, so nothing can be run contained; install it: apt install bubblewrap"
)
_WAIT = 'echo >&0; read -r word || exit; exec "$@" <'
"""The first words inside: say that we are there, wait to be let in, become the command."""
_STDIN = "/run/stdin"


class Finished(Struct):
    """How a program ended."""

    exit_code: int | None
    """As a shell says it: 128 + n where signal n ended it. None where the time limit did."""
    seconds: float
    timed_out: bool = False
    output_bytes: int = 0


async def run(
    profile: Profile,
    command: str | Sequence[str],
    *,
    timeout: float | None = None,
    on_output: Callable[[bytes], None] | None = None,
    on_error: Callable[[bytes], None] | None = None,
    stdin: bytes = b"",
    cwd: str = TREE,
) -> Finished:
    """Run a command to its end; a str is a shell command. Nothing it started outlives the call.

    stdout and stderr both go to `on_output`, in chunks of at most 64 KiB, unless `on_error` takes
    stderr. What a callback raises ends the program and is raised here. Raises SandboxError where
    the sandbox could not be set up or the program could not be started.
    """
    began = time.monotonic()
    program = _Program(profile, bubblewrap.look(), on_output, on_error)
    scope = asyncio.timeout(timeout)
    try:
        async with scope:
            await _through(program.start(command, stdin, cwd))
            await program.wait()
    except TimeoutError:
        if not scope.expired():
            raise
    finally:
        await _through(program.end())
    return Finished(
        exit_code=None if scope.expired() else program.exit_code(),
        seconds=time.monotonic() - began,
        timed_out=scope.expired(),
        output_bytes=program.output_bytes,
    )


async def _through(work: Coroutine[Any, Any, T]) -> T:
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


class _Program:
    """One program from start to end, with every descriptor that belongs to it."""

    def __init__(
        self,
        profile: Profile,
        machine: Machine,
        on_output: Callable[[bytes], None] | None,
        on_error: Callable[[bytes], None] | None,
    ) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self._profile = profile
        self._machine = machine
        self._leash = Leash() if profile.contained else None
        self._output = Outlet(on_output, self._kill)
        self._error = Outlet(on_error, self._kill) if on_error else self._output

    async def start(self, command: str | Sequence[str], stdin: bytes, cwd: str) -> None:
        """Start it. Raises SandboxError where that cannot be."""
        shell = self._machine.shell
        words = [shell, "-c", command] if isinstance(command, str) else list(command)
        words = bubblewrap.limited(self._profile, self._machine, words)
        try:
            if self._leash is None:
                await self._start_plain(words, stdin, cwd)
            else:
                await self._start_contained(words, stdin, cwd, self._leash)
        except OSError as error:
            raise SandboxError(f"{words[-1]!r} cannot be started: {error.strerror}") from error

    async def _start_plain(self, words: Sequence[str], stdin: bytes, cwd: str) -> None:
        variables = bubblewrap.environment(self._profile, self._machine) | _homes(self._profile)
        with contextlib.ExitStack() as opened:
            self.process = await asyncio.create_subprocess_exec(
                *(outside(self._profile, word) for word in words),
                stdin=_open_file(opened, stdin),
                stdout=self._output.theirs,
                stderr=self._error.theirs,
                env={name: outside(self._profile, value) for name, value in variables.items()},
                cwd=outside(self._profile, cwd),
                start_new_session=True,
            )

    async def _start_contained(
        self, words: Sequence[str], stdin: bytes, cwd: str, leash: Leash
    ) -> None:
        machine = self._machine
        if not machine.bubblewrap:
            raise SandboxError(MISSING)
        git = os.path.lexists(Path(self._profile.tree, ".git"))
        with contextlib.ExitStack() as opened:
            texts = bubblewrap.files(self._profile, machine, git=git)
            numbers = {file.inside: _open_file(opened, file.text.encode()) for file in texts}
            if stdin:
                numbers[_STDIN] = _open_file(opened, stdin)
            options = bubblewrap.arguments(self._profile, machine, numbers, cwd=cwd)
            options += ["--json-status-fd", str(leash.status)]
            number = _open_file(opened, b"".join(word.encode() + b"\0" for word in options))
            wait = _WAIT + (_STDIN if stdin else "/dev/null")
            self.process = await asyncio.create_subprocess_exec(
                *(machine.bubblewrap, "--args", str(number), "--"),
                *("/bin/sh", "-c", wait, "sh", *words),
                stdin=leash.gate,
                stdout=self._output.theirs,
                stderr=self._error.theirs,
                pass_fds=(number, leash.status, *numbers.values()),
                env={},
                cwd="/",
            )

    async def wait(self) -> None:
        """Wait until the command has ended, or bubblewrap has given up."""
        if self.process is not None:
            await self.process.wait()

    def _kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def end(self) -> None:
        """Kill all that is left of it, hand on the last of its output, close everything."""
        for outlet in {self._output, self._error}:
            outlet.hand_over()
        if self._leash is not None:
            self._leash.hand_over()
            await self._leash.end()
        elif self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self._kill()
        await self.wait()
        for outlet in {self._output, self._error}:
            outlet.close()

    def exit_code(self) -> int:
        """The code as a shell says it. Raises what a callback raised, or SandboxError."""
        for outlet in (self._output, self._error):
            if outlet.failure is not None:
                raise outlet.failure
        assert self.process is not None
        if self._leash is None:
            code = self.process.returncode or 0
            return code if code >= 0 else 128 - code
        if self._leash.exit_code is None:
            raise SandboxError(f"the sandbox could not be set up: {self._error.last_line()}")
        return self._leash.exit_code

    @property
    def output_bytes(self) -> int:
        """Bytes of stdout and stderr together."""
        return sum(outlet.bytes for outlet in {self._output, self._error})


def _homes(profile: Profile) -> dict[str, str]:
    """Without a sandbox, the attempt's scratch folder stands for the home and for /tmp."""
    scratch = next((bind.host for bind in profile.binds if bind.inside == SCRATCH), "")
    return {"HOME": scratch, "TMPDIR": scratch} if scratch else {"HOME": tempfile.gettempdir()}


def _open_file(opened: contextlib.ExitStack, data: bytes) -> int:
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
