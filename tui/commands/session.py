"""From the command line to an engine that answers, and from what was typed to a task."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from factory import client as engine_client
from factory import wire
from factory.client import Client
from factory.model import EngineError, FactoryError, UnknownError
from factory.wire import TaskView


class RefusedError(FactoryError):
    """The engine refused a command; the message is its own sentence."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@asynccontextmanager
async def engine(start: Path, *, begin: bool) -> AsyncIterator[Client]:
    """A client of the engine of the repository that holds `start`.

    With `begin` an engine is started where none answers. What only looks does not start one:
    an engine that starts goes on with its tasks, and that costs money. Raises RepositoryError
    and EngineError.
    """
    from factory import spawn

    place = spawn.find_repository(start)
    if begin:
        await spawn.ensure_engine(place)
    elif not place.socket.exists():
        raise EngineError(
            f"no engine runs for {place.path}; `factory-tui` or `factory-tui engine` starts it"
        )
    async with engine_client.connect(place.socket) as client:
        same_version(await client.hello())
        yield client


def same_version(hello: wire.Hello) -> None:
    """Raise EngineError where the engine that answers speaks another protocol."""
    if hello.protocol != wire.PROTOCOL:
        raise EngineError(
            f"the engine that runs is version {hello.version} and speaks protocol "
            f"{hello.protocol}, not {wire.PROTOCOL}; `factory-tui engine restart` lets it finish "
            "its turns and starts this version"
        )


async def send(client: Client, command: wire.AnyCommand) -> wire.Reply:
    """Have a command carried out. Raises RefusedError with the engine's sentence."""
    reply = await client.send(command)
    if reply.error:
        raise RefusedError(reply.error, reply.exit_code or 1)
    return reply


def find(tasks: tuple[TaskView, ...], name: str) -> TaskView:
    """The task with this id, or the only one whose id begins so. Raises UnknownError."""
    for view in tasks:
        if view.task.id == name:
            return view
    begun = [view for view in tasks if name and view.task.id.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        names = ", ".join(view.task.id for view in begun[:5])
        raise UnknownError(f"{name} is the beginning of several tasks: {names}")
    raise UnknownError(f"there is no task {name}; `factory-tui status --all` lists them")


async def task(client: Client, name: str) -> TaskView:
    """Ask for the task that was meant (see `find`)."""
    return find((await client.overview()).tasks, name)
