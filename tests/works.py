"""A whole factory in a test: its engine, a client on its socket, and words to tell stories with."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec

from factory import api, wire
from factory.client import Client, connect
from factory.clock import SYSTEM, Clock
from factory.engine import Engine, opened
from factory.model import Draft, Task, TaskState
from factory.wire import AnyCommand, Fact, Reply, TaskView
from tests.developer import Developer

P = ParamSpec("P")

PATIENCE = 60.0
"""Seconds after which a story that gets no further says where it stands."""

SCRIPT = """
[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true

[agents.reader]
kind = "command"
run = 'bash "$FACTORY_PROMPT_FILE"'
"""
"""Two agents to whom a task is a shell script.

The first runs what it was told last, and red parks it. The second gets all that was said, feedback
below its script, and so reads it by `$FACTORY_PROMPT_FILE` and leaves with `exit`.
"""


def told(story: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Makes a test of a coroutine."""

    @functools.wraps(story)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(story(*args, **kwargs))

    return run


def rail(name: str, run: str, **more: str | float) -> str:
    """One guardrail for factory.toml."""
    lines = [f"name = '{name}'", f"run = '''{run}'''"]
    lines += [f"{key} = {value!r}" for key, value in more.items()]
    return "\n".join(["[[guardrail]]", *lines, ""])


def settings(*rails: str, top: str = "", agents: str = SCRIPT, agent: str = "script") -> str:
    """A factory.toml; one guardrail that anything passes where none is given."""
    return "\n".join([f'agent = "{agent}"', top, agents, *(rails or (rail("any", "true"),))])


class RefusedError(Exception):
    """The engine refused a command; the message is its sentence."""


class Works:
    """A running factory."""

    def __init__(self, engine: Engine, client: Client) -> None:
        self.engine = engine
        self.client = client

    async def send(self, command: AnyCommand, *, key: str = "") -> Reply:
        reply = await self.client.send(command, key=key)
        if reply.error:
            raise RefusedError(reply.error)
        return reply

    async def add(self, title: str, script: str = "", **more: Any) -> str:
        """Queue one task; returns its id."""
        reply = await self.send(wire.Add(drafts=(Draft(title=title, spec=script, **more),)))
        return reply.tasks[0]

    def task(self, name: str) -> Task:
        return self.engine.shop.store.tasks.get(name)

    def kinds(self, name: str) -> list[str]:
        """What happened to a task, in the journal's words."""
        return [fact.kind for fact in self.facts(name)]

    def facts(self, name: str = "") -> tuple[Fact, ...]:
        return self.engine.shop.store.journal.facts(task=name, limit=10_000)

    async def view(self, name: str) -> TaskView:
        return (await self.client.details(name)).view

    async def until(self, name: str, *states: TaskState) -> TaskView:
        """Wait for a state; a task that parks or ends otherwise fails the story at once."""
        ends = (TaskState.PARKED, TaskState.LANDED, TaskState.REJECTED, TaskState.STOPPED)
        await self.once(lambda: self.task(name).state in (*states, *ends), name)
        assert self.task(name).state in states, self.story(name)
        return await self.view(name)

    async def once(self, happened: Callable[[], bool], name: str = "") -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not happened():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"nothing more happens: {self.story(name)}") from None

    def story(self, name: str) -> str:
        """What happened so far, for a test that fails."""
        lines = [f"{fact.kind}: {fact.text}" for fact in self.facts(name)]
        task = self.task(name) if name else None
        return "\n".join([str(task), self.engine.runner.problem, *lines])

    async def ready(self, title: str, script: str = "", **more: Any) -> str:
        """Queue one task and wait until it is ready; returns its id."""
        name = await self.add(title, script, **more)
        await self.until(name, TaskState.READY)
        return name

    async def accept(self, name: str) -> None:
        change = (await self.view(name)).change
        assert change is not None
        await self.send(wire.Accept(task=name, snapshot=change.snapshot, tree=change.tree))

    async def land(self, name: str) -> str:
        """Accept what is ready and wait until it has landed; returns the commit."""
        await self.accept(name)
        return (await self.until(name, TaskState.LANDED)).task.landed


@asynccontextmanager
async def works(
    developer: Developer, *, clock: Clock = SYSTEM, **environment: str
) -> AsyncIterator[Works]:
    """The developer's factory, at work until the block ends; what it did stays on disk."""
    given = {"PATH": os.environ["PATH"], **environment}
    place = developer.place
    async with opened(place, given, clock=clock) as engine:
        serving = asyncio.create_task(api.serve(engine, place.socket))
        running = asyncio.create_task(engine.run())
        try:
            async with connect(place.socket) as client:
                while not place.socket.exists():
                    await asyncio.sleep(0.005)
                yield Works(engine, client)
        finally:
            engine.stopping.set()
            serving.cancel()
            await running
            await asyncio.wait({serving})
