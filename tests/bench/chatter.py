"""A stage engine on a unix socket whose agents talk: `python -m tests.bench.chatter SOCKET`."""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import msgspec
import uvicorn

from factory.entry import Output
from factory.model import Spend, Task, TaskState
from factory.wire import Overview, TaskView
from tests.stage import Stage

_BEAT = 0.05


def overview(agents: int, state: TaskState = TaskState.WORKING) -> Overview:
    now = time.time()
    tasks = tuple(
        TaskView(
            task=Task(
                id=f"agent{n:02}",
                title=f"Task {n}",
                agent="claude",
                created_at=now,
                changed_at=now,
                state=state,
                attempt=1,
                rounds=1,
            ),
            attempt=f"agent{n:02}.1",
            spent=Spend(usd=0.1, input_tokens=1000),
            since=now,
            spoke_at=now,
        )
        for n in range(agents)
    )
    return Overview(
        seq=1, repository="bench", path="/bench", target="main", tip="a" * 40, now=now, tasks=tasks
    )


async def talk(stage: Stage, agents: int, rate: float) -> None:
    """Each agent says `rate` lines a second, a beat's worth at a time."""
    said = 0
    begun = time.perf_counter()
    while rate:
        due = int((time.perf_counter() - begun) * rate)
        text = "".join(
            f"{n} collected src/package/module_{n % 37}.py::test_case_{n} PASSED in 0.0{n % 9}s\n"
            for n in range(said, due)
        )
        said = due
        if text:
            for n in range(agents):
                stage.write(f"agent{n:02}.1", Output(text=text))
        await asyncio.sleep(_BEAT)
    await asyncio.Event().wait()


async def serve(socket: Path, agents: int, rate: float, entries: int, state: TaskState) -> None:
    stage = Stage(overview=overview(agents, state))
    old = msgspec.json.encode(Output(text="said before\n")) + b"\n"
    for n in range(agents):
        stage.transcripts[f"agent{n:02}.1"] = old * entries
    config = uvicorn.Config(stage.asgi(), uds=str(socket), log_level="error", lifespan="off")
    async with asyncio.TaskGroup() as group:
        group.create_task(uvicorn.Server(config).serve())
        group.create_task(talk(stage, agents, rate))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("socket", type=Path)
    parser.add_argument("--agents", type=int, default=16)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--state", type=TaskState, default=TaskState.WORKING)
    given = parser.parse_args()
    asyncio.run(serve(given.socket, given.agents, given.rate, given.entries, given.state))
