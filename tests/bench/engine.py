"""The engine's own share: of a task, of memory, and of a processor while nothing happens.

Idling is measured with twenty changes that wait and a real client on the real engine.
"""

from __future__ import annotations

import asyncio
import statistics
import sys

from factory.model import TaskState
from tests.bench.terminal import Terminal
from tests.bench.works import Works, works

NAME = "engine"

_TASKS = 20
_IDLE = 20.0


def measure() -> dict[str, float]:
    """Milliseconds a task beyond agent and guardrails, MB, and percent of one core."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    async with works() as factory:
        await factory.until(TaskState.READY, *await factory.add("echo warm > warm.txt"))
        beyond = []
        for number in range(5):  # one after the other: what each takes alone
            beyond.append(await _alone(factory, number))
        used = factory.processor_seconds()
        scripts = [f"echo {number} > together{number}.txt" for number in range(_TASKS - 6)]
        await factory.until(TaskState.READY, *await factory.add(*scripts))
        each = (factory.processor_seconds() - used) / len(scripts)
        idle, client, memory = await asyncio.to_thread(_idle, factory)
        return {
            "task_ms": statistics.median(beyond) * 1000,
            "task_processor_ms": each * 1000,
            "engine_mb": factory.resident_mb(),
            "client_mb": memory,
            "idle_engine_percent": idle,
            "idle_client_percent": client,
            "idle_percent": idle + client,
        }


async def _alone(factory: Works, number: int) -> float:
    """Seconds from started to ready, less those of the agent and the guardrails."""
    (name,) = await factory.add(f"sleep 0.1; echo {number} > alone{number}.txt")
    await factory.until(TaskState.READY, name)
    facts = await factory.facts(name)
    begun, ended = facts["started"].at, facts["ready"].at
    return ended - begun - 0.1 - await factory.guarded(name, begun, ended)


def _idle(factory: Works) -> tuple[float, float, float]:
    """Percent of one core that engine and client use with nothing to do; the client's MB."""
    client = [sys.executable, "-m", "tests.bench.ours", str(factory.place.socket)]
    with Terminal(client, columns=140, rows=40, more={"PYTHONDONTWRITEBYTECODE": ""}) as screen:
        screen.wait(b"task-echo", timeout=30, start=0)
        screen.drain(4.0)
        engine, shown = factory.processor_seconds(), screen.processor_seconds()
        screen.drain(_IDLE)
        engine = factory.processor_seconds() - engine
        shown = screen.processor_seconds() - shown
        return engine / _IDLE * 100, shown / _IDLE * 100, screen.resident_mb()


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.2f}")
