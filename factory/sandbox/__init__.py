"""The only place that starts a program other than git: in a sandbox, with limits, to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess  # noqa: TID251  this room is where processes are started
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from factory.awake import Limit
from factory.model import SandboxError, Struct
from factory.sandbox import bubblewrap, company, containment, network, quota
from factory.sandbox.bubblewrap import describe, find_bubblewrap
from factory.sandbox.leash import Feed, Leash, Outlet, open_file, through
from factory.sandbox.machine import Machine
from factory.sandbox.profiles import (
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
    Service,
    cli,
    gate,
    outside,
    setup,
    tools,
)
from factory.sandbox.quota import Watch

__all__ = [
    "ENVIRONMENT",
    "HOME",
    "RESULTS",
    "SCRATCH",
    "TREE",
    "Bind",
    "Environment",
    "Feed",
    "File",
    "Finished",
    "Limits",
    "Profile",
    "Service",
    "cli",
    "describe",
    "find_bubblewrap",
    "gate",
    "outside",
    "run",
    "setup",
    "tools",
]

_WAIT = 'echo 1000 >/proc/self/oom_score_adj; echo >&0; read -r word || exit; exec "$@" <'
"""The first words inside: be the first to go when the machine's memory runs out, say that we are
there, wait to be let in, become the command."""
_STDIN = "/run/stdin"
_GUARD = "read -r word; kill -9 0"
"""Outside: once we are dead or close its input, end the process group that bubblewrap starts in."""


class Finished(Struct):
    """How a program ended."""

    exit_code: int | None
    """As a shell says it: 128 + n where signal n ended it. None where the time limit did."""
    seconds: float
    timed_out: bool = False
    output_bytes: int = 0
    stopped: str = ""
    """Which limit it was ended for, in a sentence that also ends its output; the code is 137."""


async def run(
    profile: Profile,
    command: str | Sequence[str],
    *,
    timeout: float | None = None,
    on_output: Callable[[bytes], None] | None = None,
    on_error: Callable[[bytes], None] | None = None,
    stdin: bytes | Feed = b"",
    cwd: str = TREE,
) -> Finished:
    """Run a command to its end; a str is a shell command. Nothing it started outlives the call.

    stdout and stderr both go to `on_output`, in chunks of at most 64 KiB, unless `on_error` takes
    stderr. A `stdin` that is a Feed is said as it comes, and closed at the end. What a callback
    raises ends the program and is raised here. Raises SandboxError where
    the sandbox could not be set up or the program could not be started.
    """
    began = time.monotonic()
    program = _Program(profile, bubblewrap.look(), on_output, on_error)
    limit = Limit(timeout)
    try:
        async with limit:
            await through(program.start(command, stdin, cwd))
            await program.wait()
    except TimeoutError:
        if not limit.expired():
            raise
    finally:
        if isinstance(stdin, Feed):
            stdin.close()
        await through(program.end())
    code = program.result(cut_short=limit.expired())
    return Finished(
        exit_code=code,
        seconds=time.monotonic() - began,
        timed_out=limit.expired(),
        output_bytes=program.output_bytes,
        stopped=program.stopped,
    )


class _Program:
    """One program from start to end, with every descriptor that belongs to it."""

    def __init__(
        self,
        profile: Profile,
        machine: Machine,
        on_output: Callable[[bytes], None] | None,
        on_error: Callable[[bytes], None] | None,
    ) -> None:
        self._profile = replace(profile, limits=bubblewrap.fitting(profile.limits, machine))
        self._machine = machine
        self._process: asyncio.subprocess.Process | None = None
        self._code: int | None = None
        self._leash = Leash() if profile.contained else None
        self._line: network.Line | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._output = Outlet(on_output, self._kill)
        self._error = Outlet(on_error, self._kill) if on_error else self._output
        self._outlets = {self._output, self._error}
        self.stopped = ""
        """Which limit it was ended for, in a sentence."""

    async def start(self, command: str | Sequence[str], stdin: bytes | Feed, cwd: str) -> None:
        """Start it. Raises SandboxError where that cannot be."""
        shell = self._machine.shell
        words = [shell, "-c", command] if isinstance(command, str) else list(command)
        words = company.accompanied(self._profile, words)
        limited = bubblewrap.limited(self._profile, self._machine, words)
        try:
            with contextlib.ExitStack() as opened:
                if self._leash is None:
                    said = stdin.theirs if isinstance(stdin, Feed) else open_file(opened, stdin)
                    await self._start_plain(limited, said, cwd)
                else:
                    await self._start_contained(limited, stdin, cwd, self._leash, opened)
        except OSError as error:
            named = words[-1] if len(words[-1]) < 80 else f"{words[-1][:80]}…"
            raise SandboxError(f"{named!r} cannot be started: {error.strerror}") from error
        finally:
            if isinstance(stdin, Feed):
                stdin.hand_over()

    async def _start_plain(self, words: Sequence[str], stdin: int, cwd: str) -> None:
        profile = self._profile
        variables = bubblewrap.environment(profile, self._machine) | _homes(profile)
        self._process = await asyncio.create_subprocess_exec(
            *(outside(profile, word) for word in words),
            stdin=stdin,
            stdout=self._output.theirs,
            stderr=self._error.theirs,
            env={name: outside(profile, value) for name, value in variables.items()},
            cwd=outside(profile, cwd),
            start_new_session=True,
        )

    async def _start_contained(
        self,
        words: Sequence[str],
        stdin: bytes | Feed,
        cwd: str,
        leash: Leash,
        opened: contextlib.ExitStack,
    ) -> None:
        profile, machine = self._profile, self._machine
        if not machine.bubblewrap:
            raise SandboxError(containment.missing())
        git = os.path.lexists(Path(profile.tree, ".git"))
        files = bubblewrap.files(profile, machine, git=git)
        for link in containment.links(bubblewrap.crossings(profile, machine, files)):
            raise SandboxError(f"{link} is a symbolic link where a mount must go; remove it")
        numbers = {file.inside: open_file(opened, file.text.encode()) for file in files}
        source, passed = "/dev/null", list(numbers.values())
        if isinstance(stdin, Feed):
            source, passed = f"/proc/self/fd/{stdin.theirs}", [*passed, stdin.theirs]
        elif stdin:
            source, number = _STDIN, open_file(opened, stdin)
            numbers[_STDIN], passed = number, [*passed, number]
        rules = bubblewrap.filtered(profile, machine)
        filter_ = open_file(opened, rules) if rules else -1
        options = bubblewrap.arguments(profile, machine, numbers, cwd=cwd, filter=filter_)
        options += ["--json-status-fd", str(leash.status)]
        number = open_file(opened, b"".join(os.fsencode(word) + b"\0" for word in options))
        self._line = network.line(profile)
        passed += self._line.descriptors
        self._guard = _guard()
        self._process = await asyncio.create_subprocess_exec(
            *(machine.bubblewrap, "--args", str(number), "--"),
            *("/bin/sh", "-c", _WAIT + source, "sh", *self._line.first, *words),
            stdin=leash.gate,
            stdout=self._output.theirs,
            stderr=self._error.theirs,
            pass_fds=(number, leash.status, *passed, *([filter_] if rules else [])),
            env={},
            cwd="/",
            process_group=self._guard.pid,
        )

    async def wait(self) -> None:
        """Let the command begin, and wait until it has ended or bubblewrap has given up."""
        if any(outlet.failure for outlet in self._outlets):
            self._kill()
        ended = asyncio.ensure_future(self._gone())
        watch = None
        try:
            if self._leash is not None:
                await self._let_in(self._leash, ended)
                watch = Watch(self._profile, self._leash.init) if self._leash.init else None
            while not (await asyncio.wait({ended}, timeout=quota.TICK))[0]:
                if not self.stopped:
                    await self._look(watch)
        finally:
            ended.cancel()

    async def _gone(self) -> None:
        if self._process is not None:
            await self._process.wait()

    async def _let_in(self, leash: Leash, ended: asyncio.Future[None]) -> None:
        arrived = asyncio.ensure_future(leash.arrival())
        try:
            await asyncio.wait({ended, arrived}, return_when=asyncio.FIRST_COMPLETED)
            if arrived.done():
                await through(_count_processes(self._machine, self._profile.limits, leash.init))
                await leash.bound()
                leash.let_in()
        finally:
            arrived.cancel()

    async def _look(self, watch: Watch | None) -> None:
        """End it where it is over a limit of the whole sandbox."""
        most = self._profile.limits.output_bytes
        if 0 < most < self.output_bytes:
            self.stopped = f"ended: it said more than {most >> 20} MiB"
        elif watch is not None:
            self.stopped = await watch.look()
        if self.stopped:
            self._kill()

    def _kill(self) -> None:
        """End the group. `Process.kill` might take the exit code away from who waits for it."""
        leader = self._guard or self._process
        if leader is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill all that is left of it, hand on the last of its output, close everything."""
        for outlet in self._outlets:
            outlet.hand_over()
        if self._leash is not None:
            self._code = await self._leash.end(self._gone())
            _end_group(self._guard)
            if self._line is not None:
                self._line.close()
        elif self._process is not None:
            self._kill()
            await self._process.wait()
            code = self._process.returncode or 0
            self._code = code if code >= 0 else 128 - code
        for outlet in self._outlets:
            outlet.close()
        if self.stopped:
            self._error.say(f"\n[{self.stopped}]\n")

    def _shot(self) -> bool:
        """Whether somebody else ended bubblewrap, or its half inside before the command began."""
        if self._leash is not None and self._leash.opened:
            return True
        ends = (-signal.SIGKILL, 128 + signal.SIGKILL)
        return self._process is not None and self._process.returncode in ends

    def result(self, *, cut_short: bool) -> int | None:
        """The code as a shell says it. Raises what a callback raised, or SandboxError."""
        for outlet in self._outlets:
            if outlet.failure is not None:
                raise outlet.failure
        if cut_short:
            return None
        if self.stopped:
            return 128 + signal.SIGKILL
        if self._code is None and self._shot():
            raise SandboxError(
                "the sandbox was killed from outside; if memory was short, let fewer agents work "
                "at once (`agents_at_once`), then try again"
            )
        if self._code is None:
            said = self._error.last_line()
            raise SandboxError(containment.sentence(said, self._machine, containment.sysctl))
        return self._code

    @property
    def output_bytes(self) -> int:
        """Bytes of stdout and stderr together."""
        return sum(outlet.bytes for outlet in self._outlets)


def _guard() -> subprocess.Popen[bytes]:
    """A process that leads a new process group and ends it when we die.

    We alone have the other end of its input. Who is forked by us and has not yet become another
    program has a copy, but enters the group before it lets go of that.
    """
    return subprocess.Popen(
        ("/bin/sh", "-c", _GUARD), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={}, cwd="/", process_group=0,
    )  # fmt: skip


def _end_group(guard: subprocess.Popen[bytes] | None) -> None:
    """End the guard and all that its group still holds: a child that bubblewrap told nobody of."""
    if guard is not None and guard.stdin is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(guard.pid, signal.SIGKILL)  # not waited for, it still has its number
        guard.wait()
        guard.stdin.close()


async def _count_processes(machine: Machine, limits: Limits, init: int) -> None:
    """Have the kernel count the sandbox's processes, where it would let this user have any number.

    It does so by a number of each process namespace, which only those in it see and can set. The
    first three hundred process numbers are not given out again.
    """
    if not (machine.nsenter and limits.processes and init):
        return
    setting = f"echo {limits.processes + 300} >/proc/sys/kernel/pid_max"
    process = await asyncio.create_subprocess_exec(
        *(machine.nsenter, "--target", str(init), "--pid", "--", "/bin/sh", "-c", setting),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    await process.wait()


def _homes(profile: Profile) -> dict[str, str]:
    """Without a sandbox, the attempt's scratch folder stands for the home and for /tmp."""
    scratch = next((bind.host for bind in profile.binds if bind.inside == SCRATCH), "")
    folder = scratch or tempfile.gettempdir()
    return {"HOME": folder, "TMPDIR": folder}
