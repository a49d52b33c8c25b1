"""Sixteen real agents at once, in real sandboxes, with a real engine and a real client.

Eight speak the Agent Client Protocol, four are programs that tell events, four our own loop on a
model on the loopback; each says 60 lines a second. Meanwhile the developer says words to all of
them, moves between panes and accepts a change. What was said, heard and shown is compared with the
transcripts and the journal in the end.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import subprocess  # noqa: TID251 - the model is a process of its own
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from factory import wire
from factory.entry import AnyEntry, Prompt
from factory.model import Draft, TaskState
from factory.wire import TaskView
from tests.bench import process
from tests.bench.panes import part, python
from tests.bench.statuses import Shown, astray, belated, untrue
from tests.bench.talker import WORD
from tests.bench.terminal import Terminal
from tests.bench.watched import Noted
from tests.bench.works import Works, works

NAME = "sixteen"

_ROOT = Path(__file__).parents[2]
_KINDS = ("acp", "acp", "stream", "own", "acp", "acp", "events", "own")
_AGENTS = [f"agent-{number:02}" for number in range(16)]
_WORDS = 6
"""Words for each agent."""
_EVERY = 6.0
"""Seconds between two of them: fewer than a turn takes, so that nobody ends before the last."""
_LONGEST = 40.0
"""Seconds of key presses at most."""
_LATE = 2.0
_SAMPLE = 0.3
SETTINGS = """
agent = "script"
agents_at_once = 16
waiting_at_most = 0

[budget]
day_tokens = 1_000_000_000

[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true

[agents.acp]
kind = "acp"
run = "python3 -m tests.bench.talker acp --resume"

[agents.stream]
kind = "command"
run = "python3 -m tests.bench.talker stream"
output = "claude-stream-json"

[agents.events]
kind = "command"
run = "python3 -m tests.bench.talker events"
output = "events"

[agents.own]
kind = "claude"
model = "talker"
base_url = "{url}"

[[guardrail]]
name = "any"
run = "test -f README.md"
"""


def measure() -> dict[str, float]:
    """Milliseconds from key to screen, MB, counts of what went wrong, percent of one core."""
    with _model() as url:
        return asyncio.run(_measure(url))


@contextmanager
def _model() -> Iterator[str]:
    command = python("tests.bench.talkingmodel", str(_WORDS))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as model:
        try:
            assert model.stdout is not None
            yield model.stdout.readline().strip()
        finally:
            model.kill()


def _prepare(folder: Path, *, url: str) -> None:
    (folder / "factory.toml").write_text(SETTINGS.replace("{url}", url))
    for name in ("tests/agents/acp_agent.py", "tests/bench/talker.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_ROOT / name, folder / name)


async def _measure(url: str) -> dict[str, float]:
    async with works(partial(_prepare, url=url)) as factory:
        (early,) = await factory.until(TaskState.READY, *await factory.add("echo 1 > early.txt"))
        with tempfile.TemporaryDirectory(prefix="ft-notes-") as folder:
            notes = Path(folder) / "notes"
            client = python("tests.bench.watched", str(factory.place.socket), str(notes))
            with Terminal(client, more={"PYTHONDONTWRITEBYTECODE": ""}) as screen:
                await asyncio.to_thread(screen.wait, b"task-echo", timeout=60, start=0)
                stage = _Sixteen(factory, screen)
                await stage.play(early)
                noted = [msgspec.json.decode(line, type=Noted)
                         for line in notes.read_bytes().splitlines()]  # fmt: skip
                return await stage.figures(noted, early)


class _Sixteen:
    """What happens, and what is written down of it."""

    def __init__(self, factory: Works, screen: Terminal) -> None:
        self._factory = factory
        self._screen = screen
        self._said: dict[str, list[str]] = {name: [] for name in _AGENTS}
        self._shown: list[Shown] = []
        self._asked: list[float] = []
        self._keys: list[float] = []
        self._shares: dict[str, float] = {}
        self._talking = threading.Event()
        """Everybody has begun."""
        self._over = threading.Event()
        """The first has ended."""
        self._done = threading.Event()

    async def play(self, early: TaskView) -> None:
        """From the tasks to the last agent's claim."""
        begun = time.monotonic()
        drafts = tuple(
            Draft(title=name, spec="Talk.", agent=kind)
            for name, kind in zip(_AGENTS, itertools.cycle(_KINDS), strict=False)
        )
        reply = await self._factory.client.send(wire.Add(drafts=drafts))
        assert reply.tasks == tuple(_AGENTS), reply
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.to_thread(self._at_the_terminal))
                group.create_task(self._sample())
                speaking = [
                    group.create_task(self._speak(name, n)) for n, name in enumerate(_AGENTS)
                ]
                await self._all_talk()
                self._shares["all_talk_s"] = time.monotonic() - begun
                self._talking.set()
                await asyncio.sleep(5)
                await self._factory.accept(early)
                await asyncio.wait(speaking)
                await self._all_ready()
                await asyncio.sleep(2)
                self._end()
        finally:
            self._end()

    def _end(self) -> None:
        """Let the thread at the terminal end, whatever it waits for."""
        for event in (self._talking, self._over, self._done):
            event.set()

    async def _speak(self, name: str, number: int) -> None:
        """Say the words, one after the other; while nobody listens, a little later."""
        for at in range(_WORDS):
            await asyncio.sleep(_EVERY if at else 2.0 + number / 4)  # not all at once
            word = f"word-{number}-{at}"
            say = wire.Say(task=name, text=f"Mind this: {word}")
            while (await self._factory.client.send(say)).error:
                await asyncio.sleep(0.5)
            self._said[name].append(word)

    async def _sample(self) -> None:
        while not self._done.is_set():
            await self._look()
            await asyncio.sleep(_SAMPLE)

    async def _look(self) -> tuple[TaskView, ...]:
        begun = time.perf_counter()
        overview = await self._factory.client.overview()
        self._asked.append((time.perf_counter() - begun) * 1000)
        states = {view.task.id: view.task.state for view in overview.tasks}
        self._shown.append(Shown(seq=overview.seq, states=states))
        views = tuple(view for view in overview.tasks if view.task.id in self._said)
        if any(view.task.state not in (TaskState.WORKING, TaskState.QUEUED) for view in views):
            self._over.set()
        for view in views:
            assert view.task.state is not TaskState.PARKED, view.task.parked
        return views

    async def _all_talk(self) -> None:
        async with asyncio.timeout(120):
            while not all("collected" in view.last_line for view in await self._look()):
                await asyncio.sleep(1)

    async def _all_ready(self) -> None:
        async with asyncio.timeout(240):
            while not all(
                view.task.state is TaskState.READY and not view.task.prompts
                for view in await self._look()
            ):
                await asyncio.sleep(1)

    # --- keys, in a thread

    def _at_the_terminal(self) -> None:
        """Somebody must read what a client writes, or it waits; keys are pressed in between."""
        while not self._talking.is_set():
            self._screen.drain(0.2)
        self._measure_keys()
        while not self._done.is_set():
            self._screen.drain(0.2)

    def _measure_keys(self) -> None:
        """Move between two panes until the first agent is done."""
        screen, pid = self._screen, self._factory.pid
        screen.answer_time("l", _pointed(0), timeout=20)
        before, begun = _Counts(pid, screen.pid), time.perf_counter()
        at = 0
        while not self._over.is_set() and time.perf_counter() - begun < _LONGEST:
            key, at = ("l", 1) if at == 0 else ("h", 0)
            try:
                self._keys.append(screen.answer_time(key, _pointed(at), timeout=_LATE) * 1000)
            except TimeoutError:
                self._keys.append(_LATE * 1000)
            screen.drain(0.05 + 0.013 * (len(self._keys) % 5))  # at no fixed moment of the frame
        seconds = time.perf_counter() - begun
        self._shares |= _Counts(pid, screen.pid).since(before, seconds)
        self._shares |= {"keys": len(self._keys), "keys_s": seconds}

    # --- what came of it

    async def figures(self, noted: Sequence[Noted], early: TaskView) -> dict[str, float]:
        """All figures; what is wrong is said on stderr, thing by thing."""
        written: dict[str, list[str]] = {}
        heard: dict[str, list[str]] = {}
        size = 0
        for name in _AGENTS:
            entries, more = await self._entries(f"{name}.1")
            size += more
            texts = [entry.text for entry in entries if isinstance(entry, Prompt)]
            written[name] = [word for text in texts for word in WORD.findall(text)]
            tree = Path((await self._factory.client.details(name)).worktree)
            files = [path.read_text() for path in tree.glob("heard-*.txt")]
            heard[name] = [word for text in files for word in text.split()]
        journal = await self._factory.client.history(limit=100_000)
        lost = astray(self._said, written) + astray(self._said, heard)
        wrong = untrue(self._shown, journal) + belated(noted, journal)
        for problem in (*lost, *wrong):
            print(f"  {problem}", file=sys.stderr)
        facts = await self._factory.facts(early.task.id)
        begun, ended = facts["accepted"].at, facts["landed"].at
        overview = await self._factory.client.overview()
        landing = ended - begun - await self._factory.guarded(early.task.id, begun, ended)
        return {
            "key_p50_ms": part(self._keys, 0.50),
            "key_p95_ms": part(self._keys, 0.95),
            "key_max_ms": max(self._keys),
            "engine_mb": process.peak_mb(self._factory.pid),
            "engine_end_mb": self._factory.resident_mb(),
            "client_mb": self._screen.resident_mb(),
            "words": sum(map(len, self._said.values())),
            "words_lost": len(lost),
            "statuses": sum(len(one.states) for one in self._shown) + sum(
                len(one.heads) for one in noted),
            "status_wrong": len(wrong),
            "landing_ms": landing * 1000,
            "overview_p50_ms": part(self._asked, 0.50),
            "overview_p95_ms": part(self._asked, 0.95),
            "overview_max_ms": max(self._asked),
            "said_mb": size / 1e6,
            "contained": float(overview.contained),
            **self._shares,
        }  # fmt: skip

    async def _entries(self, attempt: str) -> tuple[list[AnyEntry], int]:
        found: list[AnyEntry] = []
        offset = 0
        while (chunk := await self._factory.client.transcript(attempt, offset)).text:
            lines = chunk.text.splitlines()
            found += (msgspec.json.decode(line, type=AnyEntry) for line in lines)
            offset = chunk.end
        return found, offset


class _Counts:
    """Who has used the processors, so far."""

    def __init__(self, engine: int, client: int) -> None:
        self._engine = process.processor_seconds(engine)
        self._client = process.processor_seconds(client)
        self._waited = process.waited_seconds(client)
        self._engine_waited = process.waited_seconds(engine)
        self._niced, self._idle = process.machine_seconds()

    def since(self, before: _Counts, seconds: float) -> dict[str, float]:
        """Percent of one core; `…_waits` is how long it could have run, and had to wait."""
        spent = {
            "engine": self._engine - before._engine,
            "client": self._client - before._client,
            "client_waits": self._waited - before._waited,
            "engine_waits": self._engine_waited - before._engine_waited,
            "niced": self._niced - before._niced,
            "idle": self._idle - before._idle,
        }
        return {f"{name}_percent": used / seconds * 100 for name, used in spent.items()}


def _pointed(at: int) -> bytes:
    return rb"\xe2\x96\xb8(?:\x1b\[[0-9;:]*m)*" + _AGENTS[at].encode()


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
