"""A repository with an engine of its own, as a process, for benchmarks."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from factory import spawn, wire
from factory.client import Client, connect
from factory.git import fresh
from factory.model import Draft, TaskState
from factory.wire import Fact, TaskView
from tests.bench import process

SETTINGS = """\
agents_at_once = 4
waiting_at_most = 0

[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true

[[guardrail]]
name = "first"
run = "test -f README.md"

[[guardrail]]
name = "second"
run = "sleep 0.2"
"""
_PATIENCE = 120.0


class Works:
    """A running engine, and words to give it work."""

    def __init__(self, client: Client, place: spawn.Place, pid: int) -> None:
        self.client = client
        self.place = place
        self.pid = pid

    async def add(self, *scripts: str) -> tuple[str, ...]:
        """Queue a task for each script; returns their ids."""
        drafts = tuple(Draft(title=f"task {script}", spec=script) for script in scripts)
        reply = await self.client.send(wire.Add(drafts=drafts))
        assert not reply.error, reply.error
        return reply.tasks

    async def accept(self, view: TaskView) -> None:
        """Accept a change as it is shown."""
        assert view.change is not None
        change = view.change
        reply = await self.client.send(
            wire.Accept(task=change.task, snapshot=change.snapshot, tree=change.tree)
        )
        assert not reply.error, reply.error

    async def until(self, state: TaskState, *names: str) -> tuple[TaskView, ...]:
        """Wait until all of these tasks are in a state."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                tasks = (await self.client.overview()).tasks
                views = tuple(view for view in tasks if view.task.id in names)
                if all(view.task.state is state for view in views):
                    return views
                await asyncio.sleep(0.05)

    async def facts(self, name: str) -> dict[str, Fact]:
        """The newest fact of each kind about a task."""
        found = await self.client.history(limit=100_000)
        return {fact.kind: fact for fact in found if fact.task == name}

    async def guarded(self, name: str, since: float, until: float) -> float:
        """Seconds of a span in which at least one guardrail of the task ran."""
        runs = (await self.client.details(name)).runs
        spans = sorted((max(run.at, since), min(run.at + run.seconds, until)) for run in runs)
        covered, end = 0.0, since
        for start, stop in spans:
            covered += max(0.0, stop - max(start, end))
            end = max(end, stop)
        return covered

    def processor_seconds(self) -> float:
        """Processor time of the engine itself, without the programs that it started."""
        return process.processor_seconds(self.pid)

    def resident_mb(self) -> float:
        """Memory of the engine now, in MB."""
        return process.resident_mb(self.pid)


@asynccontextmanager
async def works(prepare: Callable[[Path], None] = lambda folder: None) -> AsyncIterator[Works]:
    """An engine on a small repository of its own; both are gone in the end.

    `prepare` puts more files into the repository's first commit.
    """
    before = os.environ.get("FACTORY_TUI_HOME")
    with tempfile.TemporaryDirectory(prefix="ft-", ignore_cleanup_errors=True) as name:
        os.environ["FACTORY_TUI_HOME"] = f"{name}/state"
        folder = Path(name) / "project"
        folder.mkdir()
        (folder / "README.md").write_text("# A project\n")
        (folder / "factory.toml").write_text(SETTINGS)
        prepare(folder)
        fresh.make(folder, "The first commit")
        place = spawn.find_repository(folder)
        try:
            await spawn.ensure_engine(place)
            async with connect(place.socket) as client:
                yield Works(client, place, (await client.hello()).pid)
        finally:
            await spawn.stop_engine(place, at_once=True)
            if before is None:
                del os.environ["FACTORY_TUI_HOME"]
            else:
                os.environ["FACTORY_TUI_HOME"] = before
