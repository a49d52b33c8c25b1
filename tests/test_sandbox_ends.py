"""Nothing that runs in a sandbox outlives its call, nor the engine, whenever that dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess  # noqa: TID251 - an engine that can be killed must be a process of its own
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import sandbox
from factory.model import SandboxError
from factory.sandbox import Profile, bubblewrap

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")

ENGINE = """
import asyncio, sys
from pathlib import Path
import os
from factory.sandbox import bubblewrap, leash
from factory import sandbox

tree, command, bwrap, weakness = sys.argv[1:]
if "no gate" in weakness:
    sandbox._WAIT = 'exec "$@" <'
if "no guard" in weakness:
    sandbox._GUARD = "read -r word"
if "not bound" in weakness:
    async def at_once(self):
        pass
    leash.Leash.bound = at_once
if bwrap == "stalled":
    bwrap = ""
    start = leash.Leash.__init__
    def stalled(self):
        start(self)
        self.nobody, self.status = os.pipe()
        os.set_blocking(self.status, False)
        try:
            while os.write(self.status, bytes(4096)):
                pass
        except BlockingIOError:
            os.set_blocking(self.status, True)
    leash.Leash.__init__ = stalled
if weakness == "not bound to the parent":
    whole = bubblewrap.arguments
    bubblewrap.arguments = lambda *args, **named: [
        word for word in whole(*args, **named) if word != "--die-with-parent"
    ]
if bwrap:
    bubblewrap.find_bubblewrap = lambda: Path(bwrap)
asyncio.run(sandbox.run(sandbox.Profile(name="test", tree=tree), command))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def long() -> Iterator[str]:
    """A command that sleeps long, and can be told from all others."""
    number = uuid.uuid4().int % 10**9
    yield f"sleep 86400.{number:09}"
    for process in alive(f"86400.{number:09}"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def alive(words: str) -> list[int]:
    """Processes of this machine that have these words in their command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if words in line and int(place.parent.name) != os.getpid():
            found.append(int(place.parent.name))
    return found


def gone(words: str, patience: float = 10.0) -> bool:
    """Whether all of them end soon."""
    end = time.monotonic() + patience
    while alive(words):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def appears(path: Path, patience: float = 20.0) -> bool:
    end = time.monotonic() + patience
    while not path.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def engine(
    tree: Path, command: str, bwrap: str = "", weakness: str = ""
) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", ENGINE, str(tree), command, bwrap, weakness])


def contained(tree: Path) -> Profile:
    return Profile(name="test", tree=str(tree))


def test_a_time_limit_ends_the_command_and_its_children(tree: Path, long: str) -> None:
    command = f"{long} & setsid {long} & (trap '' TERM HUP INT; {long}) & wait"
    finished = asyncio.run(sandbox.run(contained(tree), command, timeout=0.3))
    assert finished.timed_out
    assert finished.exit_code is None
    assert not alive(long)


def test_what_a_command_leaves_in_the_background_ends_with_it(tree: Path, long: str) -> None:
    daemon = f"setsid sh -c 'touch up; exec {long}' & until [ -e up ]; do sleep 0.01; done; rm up"
    assert asyncio.run(sandbox.run(contained(tree), daemon)).exit_code == 0
    assert not alive(long)
    asyncio.run(sandbox.run(replace(contained(tree), contained=False), daemon))
    assert alive(long), "without a sandbox, a daemon escapes"


def test_without_a_sandbox_the_process_group_still_ends(tree: Path, long: str) -> None:
    plain = replace(contained(tree), contained=False)
    finished = asyncio.run(sandbox.run(plain, f"{long} & {long}", timeout=0.3))
    assert finished.timed_out
    assert gone(long)


def test_a_sandbox_killed_by_somebody_else_is_an_error_and_no_exit_code(
    tree: Path, long: str
) -> None:
    async def shot() -> None:
        running = asyncio.create_task(sandbox.run(contained(tree), f"touch here; {long}"))
        while not (tree / "here").exists():
            await asyncio.sleep(0.01)
        os.kill(min(alive(long)), signal.SIGKILL)  # bubblewrap itself, the oldest
        await running

    with pytest.raises(SandboxError, match="killed from outside"):
        asyncio.run(shot())


@pytest.mark.parametrize("end", ["kill -KILL $$", "exit 137"])
def test_a_sandbox_killed_while_it_is_set_up_is_told_as_such(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    path = tmp_path / "shot-bwrap"
    path.write_text(f"#!/bin/sh\n{end}\n")
    path.chmod(0o700)
    machine = replace(bubblewrap.look(), bubblewrap=str(path))
    monkeypatch.setattr(bubblewrap, "look", lambda: machine)
    with pytest.raises(SandboxError, match=r"killed from outside.*then try again"):
        asyncio.run(sandbox.run(contained(tree), "true"))


@pytest.mark.parametrize("moments", [0, 1, 5, 40])
def test_cancelling_is_seen_by_the_caller_and_leaves_nothing(
    tree: Path, long: str, moments: int
) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(sandbox.run(contained(tree), f"{long} & {long}"))
        for _ in range(moments):
            await asyncio.sleep(0.001)
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert not alive(long)


def test_a_killed_engine_takes_its_sandboxes_along(tree: Path, long: str) -> None:
    running = engine(tree, f"setsid {long} & touch here; {long}")
    assert appears(tree / "here")
    running.kill()
    running.wait()
    assert gone(long)


def test_without_being_bound_to_the_parent_a_sandbox_would_live_on(tree: Path, long: str) -> None:
    running = engine(tree, f"touch here; {long}", weakness="not bound to the parent")
    assert appears(tree / "here")
    running.kill()
    running.wait()
    assert not gone(long, patience=0.5)


def late(folder: Path) -> str:
    """A bubblewrap whose parent is dead before it can ask to die with it."""
    path = folder / "late-bwrap"
    path.write_text(
        f'#!/bin/sh\nkill -9 $PPID\nsleep 0.2\nexec {bubblewrap.find_bubblewrap()} "$@"\n'
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("weakness", ["", "no guard", "no gate"])
def test_an_engine_that_dies_as_it_starts_a_sandbox_starts_nothing(
    tree: Path, tmp_path: Path, long: str, weakness: str
) -> None:
    running = engine(tree, f"touch here; {long}", late(tmp_path), weakness)
    assert running.wait() == -signal.SIGKILL
    assert gone(long)
    assert not (tree / "here").exists()


def test_without_gate_and_guard_that_sandbox_would_run_on_with_no_engine(
    tree: Path, tmp_path: Path, long: str
) -> None:
    running = engine(tree, f"touch here; {long}", late(tmp_path), "no gate, no guard")
    assert running.wait() == -signal.SIGKILL
    assert appears(tree / "here")
    assert not gone(long, patience=0.5)


def stalls(running: subprocess.Popen[bytes], words: str, patience: float = 20.0) -> bool:
    """Whether bubblewrap comes to stand between being bound to the engine and letting go its child.

    There it tells who its child is; what it tells goes to a pipe that is full.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        started = [pid for pid in alive(words) if pid != running.pid]
        if len(started) == 2 and all(asleep(pid) for pid in started):
            return True
        time.sleep(0.005)
    return False


def asleep(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
    return False


def test_an_engine_killed_before_bubblewraps_child_is_bound_to_it_leaves_nothing(
    tree: Path, long: str
) -> None:
    running = engine(tree, f"touch here; {long}", "stalled")
    assert stalls(running, long)
    running.kill()
    running.wait()
    assert gone(long)
    assert not (tree / "here").exists()


def test_without_the_guard_that_child_would_wait_for_ever(tree: Path, long: str) -> None:
    running = engine(tree, f"touch here; {long}", "stalled", "no guard")
    assert stalls(running, long)
    running.kill()
    running.wait()
    assert not gone(long, patience=1)


def slow(folder: Path) -> str:
    """A bubblewrap whose process 1 needs three seconds from its first child to being bound."""
    path = folder / "slow-bwrap"
    delay = "-e trace=getdents64 -e inject=getdents64:delay_enter=3000000:when=1"
    path.write_text(
        f'#!/bin/sh\nexec strace -DDD -f -o /dev/null {delay} {bubblewrap.find_bubblewrap()} "$@"\n'
    )
    path.chmod(0o755)
    return str(path)


strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the moment long")


@strace
def test_no_command_begins_before_process_1_is_bound_to_the_engine(
    tree: Path, tmp_path: Path, long: str
) -> None:
    running = engine(tree, f"touch here; {long}", slow(tmp_path))
    while len(alive(long)) < 5:  # engine, strace, bubblewrap, process 1, and who is at the gate
        time.sleep(0.01)
    time.sleep(1)
    running.kill()
    running.wait()
    assert gone(long)
    assert not (tree / "here").exists()


@strace
def test_let_in_before_that_it_would_run_on_with_no_engine(
    tree: Path, tmp_path: Path, long: str
) -> None:
    running = engine(tree, f"touch here; {long}", slow(tmp_path), "not bound")
    assert appears(tree / "here")
    running.kill()
    running.wait()
    assert not gone(long, patience=5)


def test_ending_a_program_never_takes_its_exit_code_from_who_waits_for_it(
    tree: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_chunk: bytes) -> None:
        raise ValueError("no more")

    async def often() -> None:
        plain = replace(contained(tree), contained=False)
        for _ in range(60):
            with pytest.raises(ValueError, match="no more"):
                await sandbox.run(plain, "echo", on_output=refuse)

    asyncio.run(often())
    assert "Unknown child" not in caplog.text


def test_an_engine_killed_at_any_moment_of_a_start_leaves_nothing(tree: Path, long: str) -> None:
    for moment in range(10):
        running = engine(tree, f"{long} & {long}")
        while not (started := alive(long)) or started == [running.pid]:
            time.sleep(0.0005)
        time.sleep(moment * 0.001)
        running.kill()
        running.wait()
        assert gone(long)
