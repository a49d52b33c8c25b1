"""One real program takes a task from the command line to a landed change, in the sandbox.

The engine is a process of its own, as a developer's is; beside it stands the scripted model, and
nothing else. `strace` writes down every address that the engine, the sandbox or the program tried
to reach, whether it got there or not.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from factory.agents.recording import load
from factory.client import Client, connect
from factory.git.place import Place
from factory.model import Struct, TaskState
from factory.sandbox.contacts import FILE, read
from factory.wire import TaskView
from tests.agents.models.server import ModelServer
from tests.agents.real.contacts import Contacts, contacts
from tests.agents.real.install import path
from tests.agents.real.programs import KEY, Program
from tests.developer import Developer

SESSION = Path(__file__).with_name("session.toml")
TITLE = "Count the words"
PATIENCE = 120.0
LOOK = 0.1
TEXT = "one two  three"
GUARDRAIL = f"""
[[guardrail]]
name = "counts"
run = '''python3 -c 'import words; assert words.count("{TEXT}") == 3' '''
"""
ENDS = (TaskState.READY, TaskState.PARKED, TaskState.LANDED, TaskState.REJECTED, TaskState.STOPPED)


class Row(Struct):
    """What came of one program in one form."""

    program: str
    version: str
    form: str
    seconds: float = 0.0
    turns: int = 0
    """Requests that the model answered."""
    tokens: int = 0
    grown: int = 0
    """How often the transcript was seen to have grown."""
    contacts: Contacts = Contacts()
    hosts: tuple[str, ...] = ()
    """The hosts that the program asked our proxy for, `(refused)` behind those it did not get."""
    landed: bool = False
    said: str = ""
    """Why it did not land."""


async def story(
    program: Program,
    kind: str,
    where: Path,
    home: Path,
    *,
    keep: Path | None = None,
    watched: bool = True,
) -> Row:
    """The whole way of one task; `home` is a short path of an empty folder.

    `watched` is whether strace looks on, which takes its time. In the folder `keep` is put what an
    `acp` program and the engine said to each other.
    """
    server = ModelServer(load(SESSION))
    trace = home / "trace"
    async with server.loopback() as url:
        model = f"{url}/plain"
        if keep:
            program = replace(program, tapped=True)
        settings = program.settings(kind, model) + GUARDRAIL
        shop = Developer(
            home / "shop",
            {
                "words.py": '"""Words."""\n',
                ".gitignore": "__pycache__/\n",
                "factory.toml": settings,
            },
        )
        given = _environment(program, kind, where, home)
        os.environ["FACTORY_TUI_HOME"] = given["FACTORY_TUI_HOME"]
        place = shop.place
        began = time.monotonic()
        hosts: tuple[str, ...] = ()
        async with _engine(place, given, trace if watched else None) as client:
            await _say(given, shop.path, "add", TITLE)
            view, grown = await _worked(client)
            hosts = _hosts(home)
            if keep:
                _kept(home, keep, f"{program.name}-acp-{program.acp_version}", url)
            if view.task.state is TaskState.READY:
                await _say(given, shop.path, "accept", view.task.id, "--yes")
                view = await _until(client, view.task.id, TaskState.LANDED)
        seconds = time.monotonic() - began
        landed = view.task.state is TaskState.LANDED and _is_there(shop)
        parked = view.task.parked
        return Row(
            program=program.name,
            version=program.version,
            form=kind,
            seconds=seconds,
            turns=len([one for one in server.asked if one.startswith("POST")]),
            tokens=view.spent.input_tokens + view.spent.output_tokens + view.spent.cached_tokens,
            grown=grown,
            contacts=contacts(trace) if trace.exists() else Contacts(),
            hosts=hosts,
            landed=landed,
            said="" if landed else f"{view.task.state}: {parked.message if parked else ''}",
        )


def _environment(program: Program, kind: str, where: Path, home: Path) -> dict[str, str]:
    (home / "home").mkdir()
    own = (*path(program, where, acp=kind == "acp"), str(Path(sys.executable).parent))
    return {
        "PATH": ":".join((*own, "/usr/bin", "/bin")),
        "HOME": str(home / "home"),
        "FACTORY_TUI_HOME": str(home / "state"),
        "LANG": "C.UTF-8",
        **dict.fromkeys(program.keys, KEY),
    }


@asynccontextmanager
async def _engine(place: Place, given: dict[str, str], trace: Path | None) -> AsyncIterator[Client]:
    """The developer's engine, watched where a trace is wanted."""
    command = (_program("factory-tui"), "--repo", str(place.path), "engine")
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    watched = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "8", "-e", calls, "-o", str(trace))
    running = await asyncio.create_subprocess_exec(
        *(watched if trace else ()), *command,
        env=given, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            while not place.socket.exists() and running.returncode is None:
                await asyncio.sleep(LOOK)
        async with connect(place.socket) as client:
            yield client
    finally:
        await _say(given, place.path, "engine", "stop", "--at-once")
        await asyncio.wait_for(running.wait(), PATIENCE)


async def _worked(client: Client) -> tuple[TaskView, int]:
    """The task once it is ready or has ended; how often its transcript had grown meanwhile."""
    sizes: set[int] = set()
    async with asyncio.timeout(PATIENCE):
        while True:
            for view in (await client.overview()).tasks:
                if view.attempt:
                    chunk = await client.transcript(view.attempt, limit=1)
                    sizes.add(chunk.size)
                if view.task.state in ENDS:
                    return view, len(sizes)
            await asyncio.sleep(LOOK)


async def _until(client: Client, task: str, state: TaskState) -> TaskView:
    async with asyncio.timeout(PATIENCE):
        while True:
            view = (await client.details(task)).view
            if view.task.state in (state, TaskState.PARKED):
                return view
            await asyncio.sleep(LOOK)


def _hosts(home: Path) -> tuple[str, ...]:
    """What the engine's own record says of the program's contacts."""
    found = set()
    for place in home.glob(f"state/*/attempts/*/network/{FILE}"):
        for one in read(place):
            found.add(one.host if one.allowed else f"{one.host} (refused)")
    return tuple(sorted(found))


def _kept(home: Path, keep: Path, name: str, url: str) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    for place in home.glob("state/*/attempts/*/tmp/acp-*.jsonl"):
        text = place.read_bytes().replace(url.encode(), b"http://127.0.0.1:1")
        (keep / f"{name}-{place.stem.removeprefix('acp-')}.jsonl").write_bytes(text)


def _is_there(shop: Developer) -> bool:
    return "len(text.split())" in shop.shows("words.py") and TEXT in shop.shows("test_words.py")


async def _say(given: dict[str, str], at: Path, *words: str) -> None:
    running = await asyncio.create_subprocess_exec(
        _program("factory-tui"), *words, cwd=at, env=given, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await running.communicate()
    if running.returncode:
        raise RuntimeError(f"factory-tui {' '.join(words)}: {told.decode(errors='replace')}")


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


@asynccontextmanager
async def room() -> AsyncIterator[Path]:
    """An empty folder with a short path, that a socket's name still fits into."""
    folder = Path(tempfile.mkdtemp(prefix="fr-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
