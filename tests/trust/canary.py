"""Keys in the engine's environment, looked for everywhere a real run of tasks could leave them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import secrets
import shutil
import signal
import subprocess  # noqa: TID251 - the engine that crashes must be a process of its own
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import msgspec

from factory import wire
from factory.client import Client, connect
from factory.git.place import Place
from factory.model import Draft, TaskState
from tests.agents.scripted import Scripted, bash, done, refuses
from tests.developer import Developer
from tests.trust.base import Control, Outcome
from tests.works import rail

FORM = "c4n4ry-[0-9a-f]{20}"
KEYS = ("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "PLAIN")
PATIENCE = 60.0
ROOMS = ("tools", "cli", "gate", "setup")
FEWEST = 4
"""Places in which a key must turn up once the protections are off."""

SEARCH = f"""
echo "searched by ROOM: $({{ env; cat /proc/$PPID/environ
if [ "$(uname -n)" = factory ]; then cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline
for folder in /worktree /worktree.git /history.git /results /env /cache /tmp /run /etc /dev/shm ~
do grep -rhaEs '{FORM}' $folder; done; fi; }} 2>/dev/null | tr '\\0' '\\n' | grep -caE '{FORM}')"
"""
"""All of a sandbox; where there is none, nothing but the engine that started it."""

BARE = """
import sys
from factory.sandbox import bubblewrap
from factory import discretion
from factory.__main__ import main
import resource
bubblewrap.find_bubblewrap = lambda: None
discretion._random = lambda value: False
resource.setrlimit = lambda *limits: None
sys.exit(main())
"""
"""The engine with its protections off."""


def search(room: str) -> str:
    return SEARCH.replace("ROOM", room)


def settings(model: str, refusing: str) -> str:
    return f"""
agent = "model"
[agents.model]
kind = "claude"
base_url = "{model}"
[agents.refused]
kind = "claude"
base_url = "{refusing}"
[agents.cli]
kind = "command"
run = 'bash "$FACTORY_PROMPT_FILE"'
script = true
network = true
[environment]
setup = ['''{search("setup")}''']
inputs = ["lock.txt"]
{rail("search", search("gate") + "test -f made.txt")}
"""


def canary(full: bool) -> Outcome:
    """Three tasks, a crash, and a sweep of all that is left; at full size five times."""
    held: dict[str, int] = {}
    for number in range(5 if full else 1):
        found = asyncio.run(_story(bare=False))
        held |= {f"{name} {number}" if full else name: count for name, count in found.items()}
    bare = asyncio.run(_story(bare=True))
    leaks = [_leak(name, count) for name, count in held.items() if count]
    taken = [name for name, count in bare.items() if count > 0]
    return Outcome(
        tried=len(held),
        held=len(held) - len(leaks),
        control=f"a key in {len(taken)} of {len(bare)} places ({', '.join(taken)})",
        proven=len(taken) >= FEWEST,
        notes=tuple(leaks),
        figures=(("keys", len(KEYS)),),
    )


def _leak(name: str, count: int) -> str:
    return f"{name}: {count} keys" if count > 0 else f"{name} was not searched"


async def _story(*, bare: bool) -> dict[str, int]:
    """The number of keys that were found, by place."""
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    try:
        return await _tell(folder, bare=bare)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _tell(folder: Path, *, bare: bool) -> dict[str, int]:
    values = {name: f"c4n4ry-{secrets.token_hex(10)}" for name in KEYS}
    model = Scripted([bash(search("tools")), bash("echo made > made.txt"), done()])
    echoes = refuses(401, "authentication_error", f"{values[KEYS[0]]} is no valid key")
    refusing = Scripted([echoes])
    async with model.listening() as first, refusing.listening() as second:
        with _at_home(folder):
            developer = Developer(folder / "project")
            developer.commit({"factory.toml": settings(first, second), "lock.txt": "1\n"})
            place = developer.place
        async with _engine(folder, place, values, bare=bare) as (client, process):
            seen: set[bytes] = set()
            watching = asyncio.create_task(_family(process.pid, seen))
            answers = await _work(client)
            watching.cancel()
            process.send_signal(signal.SIGABRT)
            await asyncio.to_thread(process.wait)
        found = _left(folder, place)
        found["answers"] = _count(answers)
        found["prompts"] = _count(msgspec.json.encode([*model.asked, *refusing.asked]))
        found["other programs"] = len(seen)
    return found


@contextlib.contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    before = os.environ.get("FACTORY_TUI_HOME")
    os.environ["FACTORY_TUI_HOME"] = str(folder / "state")
    try:
        yield
    finally:
        if before is None:
            del os.environ["FACTORY_TUI_HOME"]
        else:
            os.environ["FACTORY_TUI_HOME"] = before


@asynccontextmanager
async def _engine(
    folder: Path, place: Place, values: dict[str, str], *, bare: bool
) -> AsyncIterator[tuple[Client, subprocess.Popen[bytes]]]:
    (folder / "home").mkdir()
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "FACTORY_TUI_HOME": str(folder / "state"),
        **values,
    }
    code = ["-c", BARE] if bare else ["-m", "factory"]
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        with place.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", *code, str(place.path)], env=given, cwd=place.state,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    try:
        async with connect(place.socket) as client:
            yield client, process
    finally:
        process.kill()
        process.wait()


async def _work(client: Client) -> bytes:
    """Have three tasks done while somebody listens; all that the engine says of it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await client.hello()
                break
            except Exception:
                await asyncio.sleep(0.05)
        async with aclosing(client.notices(0)) as notices:
            listening = asyncio.create_task(anext(notices))
            drafts = (
                Draft(title="By the model"),
                Draft(title="Refused", agent="refused"),
                Draft(title="By a program", agent="cli", spec=f"{search('cli')}\ntouch made.txt"),
            )
            await client.send(wire.Add(drafts=drafts))
            overview = await client.overview()
            while any(_goes_on(view) for view in overview.tasks):
                await asyncio.sleep(0.1)
                overview = await client.overview()
            listening.cancel()
    said = [await client.hello(), overview, await client.history(), await client.ledger()]
    for view in overview.tasks:
        details = await client.details(view.task.id)
        said += [details, await client.transcript(f"{view.task.id}.1")]
        said += [await client.log(run.id) for run in details.runs]
    return msgspec.json.encode(said)


def _goes_on(view: wire.TaskView) -> bool:
    return view.task.state not in (TaskState.READY, TaskState.PARKED)


async def _family(engine: int, seen: set[bytes]) -> None:
    """Note the keys in command lines and environments of all that the engine starts, as it goes."""
    own = Path(f"/proc/{engine}/cmdline").read_bytes()
    while True:
        for process in _below(engine):
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{process}/cmdline").read_bytes()
                if line != own:  # else it is still the engine itself, about to become another
                    text = line + Path(f"/proc/{process}/environ").read_bytes()
                    seen |= set(re.findall(FORM.encode(), text))
        await asyncio.sleep(0.03)


def _below(engine: int) -> Iterator[int]:
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = place.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(place.parent.name))
    waiting = list(parents.get(engine, ()))
    while waiting:
        process = waiting.pop()
        yield process
        waiting += parents.get(process, ())


def _left(folder: Path, place: Place) -> dict[str, int]:
    """What a key is found in, of all files that are left, and what each search inside counted."""
    found = dict.fromkeys(("database", "transcripts", "logs", "crash", "repository", "rest"), 0)
    counted = dict.fromkeys(ROOMS, -1)
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        found[_kind(path, place)] += _count(data)
        for room, count in re.findall(rb"searched by (\w+): (\d+)", data):
            counted[room.decode()] = max(counted[room.decode()], int(count))
    for git in (place.path / ".git", place.state / "vault.git"):
        words = ("git", "--git-dir", str(git), "cat-file", "--batch-all-objects", "--batch")
        objects = subprocess.run(words, capture_output=True, check=True).stdout
        found["objects"] = found.get("objects", 0) + _count(objects)
    return found | counted


def _kind(path: Path, place: Place) -> str:
    if path.name.startswith("factory.db"):
        return "database"
    if path.name == "transcript.jsonl":
        return "transcripts"
    if path.suffix == ".log":
        return "logs"
    if path.name.startswith("core"):
        return "crash"
    return "repository" if path.is_relative_to(place.path) else "rest"


def _count(data: bytes) -> int:
    return len(set(re.findall(FORM.encode(), data)))


CONTROLS = (
    Control(
        name="canary",
        promise="a key of the engine's is found in no sandbox, file, row, log, prompt or crash",
        run=canary,
    ),
)
