"""A life whose agents of every kind are killed, cut off and talked to while they work."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shlex
import signal
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from factory import wire
from factory.agents.loopback import Loopback
from factory.model import Struct, Task, TaskState
from tests.agents.models import anthropic
from tests.agents.models.conversation import Asked, Json, Said, call
from tests.trust.life import Life
from tests.trust.processes import command_lines

STEPS = 6
CODE = (Path(__file__).parents[1] / "agents" / "steps_agent.py").read_text()
PROGRAM = """
[agents.{name}]
{kind}
run = {run}
hosts = ["127.0.0.1:{port}"]
config = ["~/.steps"]
variables = {{ STEPS_SESSIONS = "/home/factory/.steps" }}
"""
OWN = """
[agents.own]
kind = "claude"
endpoint = "ollama"
base_url = "http://127.0.0.1:{port}"
model = "%s"
"""
KINDS = {
    "resumes": ("kind = 'acp'", "acp --resume"),
    "loads": ("kind = 'acp'", "acp --load"),
    "neither": ("kind = 'acp'", "acp"),
    "events": ("kind = 'command'\noutput = 'events'", "events"),
    "forgets": ("kind = 'acp'", "acp --resume --forgets"),
}
"""By agent: its first keys in factory.toml, and the words that its program is given."""
AGENTS = ("resumes", "own", "events", "loads", "neither")
"""Who is given work, in turn."""
WHOLE = (
    'for file in t*.txt; do test -f "$file" || continue; name=${file%.txt}; '
    'test "$(cat "$file")" = "$(for n in 1 2 3 4 5 6; do echo "$name $n"; done)" || exit 1; done'
)
CUT, AGENT, TOOL, SANDBOX, ENGINE = "network", "agent", "tool", "sandbox", "engine"


class Deed(Struct):
    """Something that was done to a life; `task` is empty where it was done to all of them."""

    kind: str
    task: str
    began: float
    ended: float


class Relay:
    """A port before the model, which can be cut and mended."""

    def __init__(self, model: int) -> None:
        self._model = model
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        with socket.create_server(("127.0.0.1", 0)) as chosen:
            self.port = int(chosen.getsockname()[1])

    async def mend(self) -> None:
        """Listen (again)."""
        while self._server is None:
            try:
                self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            except OSError:  # somebody's outgoing connection has the port for a moment
                await asyncio.sleep(0.05)

    async def cut(self) -> None:
        """Listen no more, and reset every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._open):
            plain = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._open.add(back)
        try:
            far, onward = await asyncio.open_connection("127.0.0.1", self._model)
            self._open.add(onward)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(_pipe(near, onward))
                    ways.create_task(_pipe(far, back))
            finally:
                self._open.discard(onward)
                onward.transport.abort()
        except (OSError, ExceptionGroup):
            pass
        finally:
            self._open.discard(back)
            back.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


class Model:
    """The model of all lives: it says what the next step is; and keeps what it was told."""

    def __init__(self) -> None:
        self.heard: dict[tuple[str, str], set[str]] = {}
        """Words that the newest request of a task carried, by life's mark and title."""

    def loopback(self) -> Loopback:
        """To be entered; gives its URL."""
        steps = Route("/step", self._step, methods=["GET"])
        return Loopback(
            Starlette(routes=[steps, Route("/v1/messages", self._ask, methods=["POST"])])
        )

    async def _step(self, _: Request) -> PlainTextResponse:
        await asyncio.sleep(0.03)
        return PlainTextResponse("go on")

    async def _ask(self, request: Request) -> StreamingResponse:
        asked = anthropic.read(await request.json())
        said = self._answer(asked)

        async def slowly() -> AsyncIterator[bytes]:
            for event in anthropic.stream(said, asked):
                yield event
                await asyncio.sleep(0.005)

        return StreamingResponse(slowly(), media_type="text/event-stream")

    def _answer(self, asked: Asked) -> Said:
        blocks: list[Json] = [block for one in asked.messages for block in one["content"]]
        told = "\n".join(str(block.get("text", "")) for block in blocks)
        results = [str(block["content"]) for block in blocks if block["type"] == "tool_result"]
        found = re.search(r"Task: (\w+)", told)
        title = found[1] if found else "nothing"
        self.heard[asked.model, title] = set(re.findall(r"word-\d+-", told))
        made = max((int(n) for text in results for n in re.findall(r"made (\d)", text)), default=0)
        number = len(asked.messages)
        if made == STEPS:
            done = call("handoff", {"summary": "All steps are made."}, f"call_{number}")
            return Said(calls=(done,), input=10, output=10, number=number)
        line, file = f"{title} {made + 1}", f"{title}.txt"
        command = (
            f": {asked.model} tool; grep -qsx '{line}' {file} || "
            f"{{ sleep 0.1; echo '{line}' >> {file}; }}; echo made $(wc -l < {file})"
        )
        step = call("bash", {"command": command}, f"call_{number}")
        return Said(calls=(step,), input=10, output=10, number=number)


class Besieged(Life):
    """One with a network of its own to be cut, and words of the developer's."""

    def __init__(self, home: Path, number: int, model: Model, port: int, lacks: str = "") -> None:
        self.relay = Relay(port)
        programs = "".join(
            PROGRAM.format(
                name=name, kind=kind, port=self.relay.port,
                run=json.dumps(f"exec python3 -c {shlex.quote(CODE)} %s {self.relay.port} {words}"),
            )
            for name, (kind, words) in KINDS.items()
        )  # fmt: skip
        lacks = "+".join(("long pauses", *filter(None, (lacks,))))
        agents = programs + OWN.format(port=self.relay.port)
        super().__init__(home, number, lacks=lacks, agents=agents, agent="own", check=WHOLE)
        self.model = model
        self.deeds: list[Deed] = []
        self.said: dict[str, str] = {}
        """The id of the task that a word was said to."""
        self._memories: dict[tuple[str, str, str], Json] = {}
        self.agents: dict[str, str] = {}
        """The agent of a task, by its title."""

    def work_of(self, title: str) -> str:
        return "\n".join(f"{title} {n}" for n in range(1, STEPS + 1))

    def goes_on(self, task: Task) -> bool:
        return task.parked is not None and task.parked.until is not None

    async def task_for(self, agent: str) -> str:
        """Give one agent a task."""
        title = f"t{len(self.titles)}"
        self.agents[title] = agent
        return await self.give(title, "Take the six steps, one after the other.", agent)

    async def say(self, task: str) -> None:
        """Say a word to a task, once."""
        word = f"word-{len(self.said)}-"
        say = wire.Say(task=task, text=f"Mind this: {word}")
        reply = await self.ask(lambda client: client.send(say, key=f"say-{word}"))
        if not reply.error:
            self.said[word] = task

    async def working(self) -> list[str]:
        """Ids of those that work."""
        overview = await self.look()
        return [v.task.id for v in overview.tasks if v.task.state is TaskState.WORKING]

    # --- what is done to it ----------------------------------------------------------------

    def victims(self, kind: str) -> list[tuple[int, str]]:
        """Processes of that kind, each with the task that it works for."""
        words = {pid: line.decode(errors="replace").split("\0") for pid, line in command_lines()}
        ours = [pid for pid, line in words.items() if any(self.mark in word for word in line)]
        inside = {pid: _task_of(pid) for pid in ours}
        for pid, task in tuple(inside.items()):  # a sandbox is seen from its first program alone
            if task and not inside.get(parent := _parent(pid)):
                inside[parent] = task
        found = ((pid, inside[pid]) for pid in ours if _kind(words[pid], self.mark) == kind)
        return [(pid, task) for pid, task in found if task]

    def strike(self, pid: int, kind: str, task: str) -> bool:
        """Kill a process of an agent's; False where it was gone already."""
        now = time.time()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.deeds.append(Deed(kind=kind, task=task, began=now, ended=now))
        return True

    async def cut(self, seconds: float) -> None:
        """No network for a while."""
        began = time.time()
        await self.relay.cut()
        await asyncio.sleep(seconds)
        await self.relay.mend()
        self.deeds.append(Deed(kind=CUT, task="", began=began, ended=time.time()))

    # --- what it has come to ---------------------------------------------------------------

    def before_accepting(self, task: Task) -> None:
        self.remember(task.id)

    def remember(self, task: str) -> None:
        """Read the memories of a task's programs: they go with its worktree."""
        for path in (self.place.state / "attempts").glob(f"{task}.*/home/.steps/s*"):
            self._memories[task, path.parts[-4], path.name] = json.loads(path.read_text())

    def sessions(self, task: str) -> Iterator[tuple[str, Json]]:
        """The memories of a task's programs, each with its attempt."""
        self.remember(task)
        for (of, attempt, _), memory in self._memories.items():
            if of == task:
                yield attempt, memory

    def transcript(self, task: str) -> list[Json]:
        """All that stands in a task's transcripts."""
        paths = sorted((self.place.state / "attempts").glob(f"{task}.*/transcript.jsonl"))
        lines = [line for path in paths for line in path.read_text().splitlines()]
        return [json.loads(line) for line in lines if line.endswith("}")]

    def counted(self) -> Counter[str]:
        """How its sessions went on."""
        found: Counter[str] = Counter()
        for task in self.tasks:
            found["sessions taken up"] += sum(one["taken_up"] for _, one in self.sessions(task))
            for entry in self.transcript(task):
                afresh = entry["type"] == "Remark" and "begins afresh" in entry["text"]
                found["begun afresh"] += afresh
        return found


def _task_of(pid: int) -> str:
    """For which task a process works, by the folder of an attempt that its sandbox has."""
    with contextlib.suppress(OSError):
        mounts = Path(f"/proc/{pid}/mountinfo").read_text()
        if found := re.search(r"/attempts/([^/ ]+)\.\d+/", mounts):
            return found[1]
    return ""


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _kind(words: list[str], mark: str) -> str:
    program = words[0].rsplit("/", 1)[-1]
    if program == "bwrap":
        return SANDBOX if any(mark in word for word in words) else ""
    if mark in words:
        return AGENT
    return TOOL if program in ("sh", "bash") and f": {mark} tool;" in words[-2] else ""
