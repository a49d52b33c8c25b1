"""The network of a program that may reach some hosts only: opened for a run, recorded, closed.

The sandbox has a network of its own with nothing but a loopback. Its first program listens there
and hands these ears to us over a line (`factory.sandbox.ears`), so that the proxy outside hears who
connects inside: no process of ours stays in the sandbox, and no socket of ours can be seen in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import resources
from pathlib import Path

from msgspec.structs import replace

from factory.hosts import Place, own_ports, proxy_port
from factory.model import SandboxError
from factory.sandbox.contacts import FILE, Record
from factory.sandbox.leash import through
from factory.sandbox.profiles import Profile
from factory.sandbox.proxy import PATIENCE, Patience, Proxy, Resolve, resolve

_DOOR = "door"
_MOST = 200
"""Ears of one sandbox; the kernel hands over at most 253 descriptors at once."""


class Granted:
    """A network that is open while it is asked for."""

    def __init__(self, profile: Profile, record: Record | None) -> None:
        self.profile = profile
        """What to run programs with."""
        self._record = record

    def summary(self) -> str:
        """Where programs went so far, in a sentence; empty where the profile names no hosts."""
        if self._record is not None:
            return f"network: {self._record.summary()}"
        if not self.profile.hosts:
            return ""
        return (
            "network: all of it, and where it went is not known: nothing holds a program to its "
            "hosts on a machine without bubblewrap"
        )


@contextlib.asynccontextmanager
async def granted(
    profile: Profile,
    folder: Path,
    *,
    now: Callable[[], float] = time.time,
    refused: Callable[[str], None] = lambda _: None,
    resolve: Resolve = resolve,
    patience: Patience = PATIENCE,
) -> AsyncIterator[Granted]:
    """Open the network that a profile's `hosts` grant, for programs run with `granted.profile`.

    `folder` is one of the attempt's that no sandbox has mounted; contacts are appended to a file in
    it, each before its host is called; `refused` hears once of each place that is refused. A
    profile without hosts, or uncontained, stays as it is: there is nothing to open.
    Raises SandboxError where the folder cannot be used.

        async with network.granted(profile, folder) as granted:
            await sandbox.run(granted.profile, command)
        remark(granted.summary())
    """
    if not (profile.hosts and profile.contained):
        yield Granted(profile, None)
        return
    with contextlib.ExitStack() as opened:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            record = opened.enter_context(Record(folder / FILE, now, refused))
            server = opened.enter_context(_listening(folder))
        except OSError as error:
            raise SandboxError(
                f"the network of an agent cannot be recorded in {folder} ({error.strerror}); "
                "make room there, then resume the task"
            ) from error
        proxy = Proxy(profile.hosts, record, resolve, patience)
        opened.callback(proxy.close)
        serving = asyncio.create_task(_open_door(server, proxy, proxy_port(profile.hosts)))
        try:
            yield Granted(replace(profile, door=str(folder / _DOOR)), record)
        finally:
            await through(_end(serving))


async def _end(serving: asyncio.Task[None]) -> None:
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


@contextlib.contextmanager
def _listening(folder: Path) -> Iterator[socket.socket]:
    door = folder / _DOOR
    door.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server, _short(door) as path:
        server.setblocking(False)
        server.bind(path)
        server.listen(64)
        try:
            yield server
        finally:
            door.unlink(missing_ok=True)


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for a socket's file that is short enough for one, however deep it lies."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def _open_door(server: socket.socket, proxy: Proxy, main: int) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as sandboxes:
        while True:
            try:
                line, _ = await loop.sock_accept(server)
            except OSError:  # out of descriptors
                await asyncio.sleep(0.1)
                continue
            sandboxes.create_task(_hear(line, proxy, main))


async def _hear(line: socket.socket, proxy: Proxy, main: int) -> None:
    """One sandbox: take its ears, let it begin, serve it until its line is closed.

    `main` is the port inside at which the proxy is asked.
    """
    loop = asyncio.get_running_loop()
    with line:
        line.setblocking(False)
        ears = await _handed(line)
        async with asyncio.TaskGroup() as serving:
            tasks = [serving.create_task(proxy.serve(ear, _behind(ear, main))) for ear in ears]
            with contextlib.suppress(OSError):
                await loop.sock_sendall(line, b"\n")
                await loop.sock_recv(line, 1)
            for task in tasks:
                task.cancel()


def _behind(ear: socket.socket, main: int) -> Place | None:
    """The server that a port inside leads to; None for the proxy's own."""
    port = int(ear.getsockname()[1])
    return None if port == main else Place(host="localhost", port=port)


async def _handed(line: socket.socket) -> list[socket.socket]:
    """The ears of a sandbox; none where it ended before it had any."""
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(line, arrived.set)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(line)
    try:
        _, numbers, _, _ = socket.recv_fds(line, 16, _MOST)
    except OSError:
        return []
    return [socket.socket(fileno=number) for number in numbers]


class Line:
    """What one run has of a network that is open: a descriptor for its first program."""

    def __init__(self, profile: Profile, opened: socket.socket | None) -> None:
        self._socket = opened
        self.descriptors: tuple[int, ...] = ()
        """To be left open for the sandbox."""
        self.first: tuple[str, ...] = ()
        """Words in front of the command."""
        if opened is not None:
            ports = (proxy_port(profile.hosts), *own_ports(profile.hosts))
            source = resources.files("factory.sandbox").joinpath("ears.py").read_text()
            number = opened.fileno()
            self.descriptors = (number,)
            self.first = (
                *(sys.executable, "-I", "-S", "-c", source),
                *(str(number), ",".join(map(str, ports))),
            )

    def close(self) -> None:
        """The run is over, and so is its network."""
        if self._socket is not None:
            self._socket.close()


def line(profile: Profile) -> Line:
    """A line to the network that a profile's hosts grant, for one run; without them, none.

    Raises SandboxError where it is not open (any more).
    """
    if not profile.door:
        return Line(profile, None)
    opened = socket.socket(socket.AF_UNIX)
    try:
        with _short(Path(profile.door)) as path:
            opened.connect(path)
    except OSError as error:
        opened.close()
        raise SandboxError(
            f"the network of this agent is not open ({error.strerror}); resume the task"
        ) from error
    return Line(profile, opened)
