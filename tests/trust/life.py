"""A developer and their factory, whose engine dies again and again under their hands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess  # noqa: TID251 - engines are started as anybody would
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from unittest import mock

from factory import spawn, wire
from factory.client import Client, connect
from factory.faults import Point
from factory.model import RUNS_ALREADY, Draft, EngineError, FactoryError, Task, TaskState, Verdict
from factory.wire import Fact, Overview
from tests.developer import Developer
from tests.trust.stable import stable
from tests.works import rail, settings

T = TypeVar("T")

PATIENCE = 40.0
"""Seconds after which a life that gets no further is a failure."""
PRICE = 0.25
RESULT = (
    '{"type":"result","subtype":"success","is_error":false,"result":"done",'
    f'"total_cost_usd":{PRICE}}}'
)
AGENTS = f"""
[agents.script]
kind = "command"
run = ': %s; bash -e "$FACTORY_PROMPT_FILE"'
script = true

[agents.priced]
kind = "command"
output = "claude-stream-json"
run = ''': %s; echo "$FACTORY_TITLE" > "$FACTORY_TITLE.txt"; echo '{RESULT}' '''
"""
"""One whose work would count twice if it were done twice, and one that costs."""


class StuckError(Exception):
    """Nothing goes on; the message says where it stands."""


class Life:
    """One repository, one factory, any number of engines one after the other."""

    def __init__(
        self,
        home: Path,
        number: int,
        *,
        lacks: str = "",
        agents: str = AGENTS,
        agent: str = "script",
        check: str = "test -f README.md",
    ) -> None:
        """In `agents`, `%s` stands for the life's mark; `check` is its one guardrail."""
        self.home = home
        self._lacks = lacks
        self.mark = f"ft-life-{home.name}-{number}"
        """Stands in the command line of every program that its engines start."""
        self.developer = Developer(home / f"p{number}")
        agents = agents.replace("%s", self.mark)
        there = rail("there", f": {self.mark}; {check}")
        self.mine: list[str] = []
        """Subjects of the developer's own commits."""
        self.files: dict[str, str] = {}
        """What must stand in their checkout."""
        self.titles: list[str] = []
        self.tasks: list[str] = []
        """Ids that were acknowledged."""
        self.seen: dict[int, Fact] = {}
        """Facts that were told."""
        self.pid = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.commit(
            {"factory.toml": settings(there, agents=agents, agent=agent, top="waiting_at_most = 0")}
        )
        self.place = self.developer.place

    # --- engines ---------------------------------------------------------------------------

    def start(self, fault: str = "") -> None:
        """Start an engine, whether or not it will come up."""
        place, home = self.place, self.home
        self.pid = stable().start(place.path, place.log, home, fault=fault, lacks=self._lacks)

    def start_by_command(self) -> None:
        """Start it as `factory-tui` does, imports and all."""
        with self.place.log.open("ab") as log:
            self._process = subprocess.Popen(
                spawn.engine_command(self.place), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.place.state, start_new_session=True,
            )  # fmt: skip
        self.pid = self._process.pid

    async def up(self) -> bool:
        """Wait until the engine answers; False where it died instead.

        One that finds the lock still held, by what the dead one was starting, is started again, as
        `spawn.ensure_engine` does.
        """
        for _ in range(3):
            while self.alive():
                if await self.hello() == self.pid:
                    return True
                await asyncio.sleep(0.02)
            if RUNS_ALREADY not in self.last_words():
                return False
            self.start()
        return False

    async def hello(self) -> int:
        """The number of the engine that answers; 0 for none."""
        if not self.place.socket.exists():
            return 0
        async with connect(self.place.socket) as client:
            with contextlib.suppress(EngineError):
                return (await client.hello()).pid
        return 0

    def alive(self) -> bool:
        """Also while it dies: it holds its lock until all its threads are gone."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        return _state(self.pid) != ""

    def stands_still(self) -> bool:
        """Whether it has reached its fault point."""
        return _state(self.pid) == "T"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def go_on(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def last_words(self) -> str:
        """The end of what the engines have logged."""
        return self.place.log.read_text()[-300:] if self.place.log.exists() else ""

    # --- the developer ---------------------------------------------------------------------

    def commit(self, files: dict[str, str]) -> None:
        subject = f"mine {len(self.mine)}"
        self.developer.write(files)
        while self.developer.git("status", "--porcelain", "--", *files).startswith(("?", " M")):
            self.developer.git("add", "--", *files, ok=False)
            time.sleep(0.01)
        for _ in range(100):  # while a landing has git's locks, they are told to try again
            self.developer.git("commit", "--quiet", "-m", subject, ok=False)
            if self.developer.subjects()[0] == subject:
                break
            time.sleep(0.05)
        self.mine.append(subject)
        self.files |= files

    # --- what they ask of it ---------------------------------------------------------------

    async def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """The answer of whichever engine lives long enough to give one; starts none."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.place.socket.exists():
                with contextlib.suppress(FactoryError):  # told why: it tries again
                    async with connect(self.place.socket) as client:
                        return await question(client)
            await asyncio.sleep(0.02)
        state = _state(self.pid) or "gone"
        raise StuckError(f"no engine answers; the last one is {state}: {self.last_words()}")

    def work_of(self, title: str) -> str:
        """What a landed task's file says."""
        return title

    def goes_on(self, task: Task) -> bool:
        """Whether a parked task is to be left to itself."""
        return False

    def before_accepting(self, task: Task) -> None:
        """Look at what will be gone once a task has landed."""

    async def add(self, title: str, *, priced: bool = False) -> str:
        """Give a task, as often as it takes, by one key; returns its id."""
        script = f"echo {title} >> {title}.txt"
        return await self.give(title, script, "priced" if priced else "script")

    async def give(self, title: str, spec: str, agent: str) -> str:
        """The same, for any agent."""
        self.titles.append(title)
        draft = Draft(title=title, spec=spec, agent=agent)
        add = wire.Add(drafts=(draft,))
        reply = await self.ask(lambda client: client.send(add, key=f"add-{title}"))
        if reply.error:
            raise StuckError(f"{title} was refused: {reply.error}")
        self.tasks += reply.tasks
        return reply.tasks[0]

    async def look(self) -> Overview:
        """One picture of it; what the journal says meanwhile is remembered as told."""
        after = max(self.seen, default=0)
        facts = await self.ask(lambda client: client.history(after=after, limit=10_000))
        self.seen |= {fact.seq: fact for fact in facts}
        return await self.ask(lambda client: client.overview())

    async def push_on(self) -> bool:
        """Accept what is ready, resume what is parked; whether all has landed and nothing runs."""
        overview = await self.look()
        for view in overview.tasks:
            task, change = view.task, view.change
            if task.state is TaskState.READY and change is not None:
                self.before_accepting(task)
                accept = wire.Accept(task=task.id, snapshot=change.snapshot, tree=change.tree)
                await self.ask(lambda client, c=accept: client.send(c))  # type: ignore[misc]
            if task.state is TaskState.PARKED and not self.goes_on(task):
                resume = wire.Resume(task=task.id)
                await self.ask(lambda client, c=resume: client.send(c))  # type: ignore[misc]
        done = [view.task for view in overview.tasks if view.task.state is TaskState.LANDED]
        over = all(task.audited and not task.worktree for task in done)
        waits = (Verdict.RUNNING, Verdict.NOT_RUN)
        quiet = all(status.verdict not in waits for status in overview.tip_guardrails)
        return quiet and over and {task.id for task in done} >= set(self.tasks)

    async def settle(self, patience: float = PATIENCE) -> None:
        """Until all that was given has landed."""
        deadline = time.monotonic() + patience
        while not await self.push_on():
            if time.monotonic() > deadline:
                states = [
                    (v.task.id, v.task.state, v.task.parked or v.task.waiting)
                    for v in (await self.look()).tasks
                    if v.task.state is not TaskState.LANDED
                ]
                raise StuckError(f"nothing more happens: {states}")
            await asyncio.sleep(0.05)

    @property
    def audits(self) -> list[float]:
        """Seconds from each landing to its audit, all deaths in between included."""
        landed = {fact.task: fact.at for fact in self.seen.values() if fact.kind == "landed"}
        audited = [fact for fact in self.seen.values() if fact.kind == "audited"]
        return [fact.at - landed[fact.task] for fact in audited if fact.task in landed]

    def fault(self, point: Point, kind: str) -> tuple[str, Path]:
        """What arms a fault point, and the file that is gone once it was reached."""
        file = self.home / f"armed-{self.mark}"
        file.touch()
        return f"{point}:{kind}:{file}", file


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


@contextlib.contextmanager
def homestead() -> Iterator[Path]:
    """A home for lives, with a state folder, in the environment of this process too."""
    home = Path(tempfile.mkdtemp(prefix="ft-"))
    (home / "home").mkdir()
    own = {"HOME": str(home / "home"), "FACTORY_TUI_HOME": str(home / "state")}
    foreign = ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "GIT_CONFIG_GLOBAL", "GIT_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    try:
        with mock.patch.dict(os.environ, {**kept, **own}, clear=True):
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
