"""A weekend in minutes: Friday evening to Monday, with bad luck all the time and nobody there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from factory import wire
from factory.client import Client, connect
from factory.model import AcceptRule, Draft, EngineError, Struct, Task, TaskState
from factory.store import Spent, Store
from factory.wire import Fact, LedgerView, Overview, Report
from tests.clocks import Hung
from tests.developer import Developer
from tests.trust.base import Control, Outcome
from tests.trust.weekend import books
from tests.trust.weekend.house import House
from tests.trust.weekend.model import Kind, Model, Mood
from tests.works import rail, settings

Answer = TypeVar("Answer")

FRIDAY = datetime(2026, 11, 20, 18, 4).timestamp()
HOUR = 3600.0
LONGEST = 60.0
"""Real seconds for which what is under way at the end is waited for."""
ENDS = (TaskState.LANDED, TaskState.READY, TaskState.REJECTED, TaskState.STOPPED)


class Size(Struct):
    """How large a weekend is played, and how fast."""

    tasks: int
    hours: float
    speed: float
    """Seconds of the weekend a second."""
    every: float
    """Real seconds between two faults."""
    day_usd: float
    faults: tuple[str, ...]
    """In this order at first; then in any."""
    think: float = 0.2
    watched: bool = False
    """Whether a screen is open all the time."""
    limit: float = HOUR
    """Seconds of the weekend for which the endpoint's rate limit holds."""


QUICK = Size(
    tasks=8, hours=7.5, speed=2000.0, every=2.0, day_usd=0.1,
    faults=("kill", "limited", "commit", "disk"),
)  # fmt: skip
CALM = replace(QUICK, every=1000.0, hours=0.0, speed=200.0, day_usd=0.03)
FULL = Size(
    tasks=40, hours=72.0, speed=720.0, every=5.0, day_usd=0.16, think=1.0, watched=True,
    limit=3 * HOUR,
    faults=(
        "kill", "disk", "commit", "limited", "check", "forwards", "busy", "backwards", "suspend",
        "cuts", "silent", "nonsense",
    ),
)  # fmt: skip


class Weekend(Struct):
    """What is known on Monday."""

    tasks: tuple[Task, ...]
    facts: tuple[Fact, ...]
    lines: tuple[Spent, ...]
    wrong: tuple[str, ...]
    grown: float
    """MiB that an engine grew by, and the screen."""
    screen: float
    faults: Counter[str]
    hours: float = 0.0
    """How long it was until all was quiet."""

    @property
    def unended(self) -> list[str]:
        """The tasks that reached no end."""
        return [f"{task.id} is {task.state}" for task in self.tasks if not _ended(task)]


def _ended(task: Task) -> bool:
    """Landed, in the Inbox, or parked for a reason that is the developer's to clear."""
    parked = task.parked is not None and task.parked.until is None
    return task.state in ENDS or parked


def soak(full: bool) -> Outcome:
    """A weekend; then a short one on which nobody starts engines, and one without the cap."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    size = FULL if full else QUICK
    with _home() as home:
        found, alone, uncapped = asyncio.run(_weekends(home, size))
    over = list(books.over_the_cap(uncapped.lines, CALM.day_usd))
    lost = len(alone.unended)
    ended = size.tasks - len(found.unended)
    slim = found.grown <= 10 and found.screen <= 20
    good = ended >= 0.95 * size.tasks and not found.wrong and slim
    return Outcome(
        tried=size.tasks,
        held=ended if good else 0,
        control=f"engine not restarted: {lost} of {QUICK.tasks} tasks reached no end; no cap: "
        f"{over[0] if over else 'the day stayed within its cap'}",
        proven=lost > QUICK.tasks // 4 and bool(over),
        notes=(*found.wrong, *found.unended, *(() if good else _story(found))),
        figures=(
            ("hours", round(found.hours, 1)), ("faults", float(sum(found.faults.values()))),
            ("kills", float(found.faults["kill"])),
            ("landed", float(sum(task.state is TaskState.LANDED for task in found.tasks))),
            ("went on by themselves", float(sum(f.kind == "resumed" for f in found.facts))),
            ("cost, $", round(sum(line.spend.usd or 0.0 for line in found.lines), 2)),
            ("the engine grew by at most, MiB", round(found.grown, 1)),
            ("the screen, MiB", round(found.screen, 1)),
        ),
    )  # fmt: skip


def _story(found: Weekend) -> Iterator[str]:
    """For a trial that failed: where everything stands, and what happened to whom."""
    for task in found.tasks:
        yield f"{task.id} {task.state} {task.parked}"
    for fact in found.facts:
        at = f"{datetime.fromtimestamp(fact.at):%a %H:%M}"
        yield f"{at} {fact.task} {fact.kind}: {fact.text[:99]}"


async def _weekends(home: Path, size: Size) -> tuple[Weekend, Weekend, Weekend]:
    """The weekend; one on which nobody starts an engine again, and one without the cap."""
    return await asyncio.gather(
        _weekend(home, "all", size),
        _weekend(home, "alone", QUICK, restarts=False),
        _weekend(home, "uncapped", CALM, off=("uncapped",)),
    )


async def _weekend(
    home: Path, name: str, size: Size, *, restarts: bool = True, off: tuple[str, ...] = ()
) -> Weekend:
    """Play it, and look at everything on Monday."""
    chance = random.Random(name)
    clock = Hung.hang(home / f"{name}.clock", size.speed, FRIDAY)
    model = Model(clock.now, size.think, size.limit, chance)
    async with model.listening() as url:
        developer = Developer(home / name, {"factory.toml": _settings(size, url)})
        house = House(developer, clock, home / f"{name}.clock", _surroundings(home))
        house.off = off
        luck = Luck(house, model, chance)
        async with _running(house):
            drafts = tuple(_drafts(size))
            await _asked(house, lambda client: client.send(wire.Add(drafts=drafts), key="all"))
            house.restarts = restarts
            if size.watched:
                house.open_screen()
            await luck.strikes(size)
            if not restarts:
                return _monday(house, luck, ())
            await _quiet(house)
            hours = (clock.now() - FRIDAY) / HOUR
            shown = await _asked(house, _report)
        wrong = tuple(_looked_through(house, model, size, shown))
        return replace(_monday(house, luck, wrong), hours=hours)


async def _quiet(house: House) -> None:
    """Wait for what is still under way: machines are not all as fast."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            while any(not _ended(view.task) for view in (await _asked(house, _overview)).tasks):
                await asyncio.sleep(0.5)


async def _overview(client: Client) -> Overview:
    return await client.overview()


async def _report(client: Client) -> tuple[Report, LedgerView]:
    return await client.report(since=FRIDAY), await client.ledger()


def _monday(house: House, luck: Luck, wrong: tuple[str, ...]) -> Weekend:
    house.end()
    store = Store(house.place.state / "factory.db", now=house.clock.now)
    try:
        return Weekend(
            tasks=store.tasks.all(), facts=store.journal.facts(limit=1_000_000),
            lines=store.money.lines(), wrong=wrong, grown=house.grown, screen=house.screen_grown,
            faults=luck.struck,
        )  # fmt: skip
    finally:
        store.close()


def _looked_through(
    house: House, model: Model, size: Size, shown: tuple[Report, LedgerView]
) -> list[str]:
    """Everything that is wrong on Monday."""
    found = _monday(house, Luck(house, model, random.Random(0)), ())
    titles = {task.id: task.title for task in found.tasks}
    developer = house.developer
    wrong = [
        *books.audit(model.bills, found.lines, titles),
        *books.adds_up(*shown, found.lines),
        *books.broken(found.facts, found.tasks, size.tasks),
    ]
    if not house.off:
        wrong += books.over_the_cap(found.lines, size.day_usd)
    subjects = Counter(developer.subjects())
    for task in found.tasks:
        if subjects[task.title] != (task.state is TaskState.LANDED):
            wrong.append(f"{task.id} is {task.state}, and {subjects[task.title]} times on main")
    if dirty := developer.git("status", "--porcelain"):
        wrong.append(f"the developer's checkout: {dirty}")
    developer.git("fsck", "--no-dangling")
    return wrong


class Luck:
    """What happens to a weekend."""

    def __init__(self, house: House, model: Model, chance: random.Random) -> None:
        self._house = house
        self._model = model
        self._chance = chance
        self._commits = 0
        self.struck: Counter[str] = Counter()

    async def strikes(self, size: Size) -> None:
        """A fault, a while, a fault; each kind before any comes again; until it is Monday."""
        monday = FRIDAY + size.hours * HOUR
        kinds = [*reversed(size.faults)]
        loop = asyncio.get_running_loop()
        last = loop.time()
        while self._house.clock.now() < monday:
            if loop.time() - last >= size.every and self._house.clock.now() < monday - 2 * HOUR:
                kinds = kinds or self._chance.sample(size.faults, len(size.faults))
                kind = kinds.pop()
                last = loop.time()
                await self._strike(kind, size)
                self.struck[kind] += 1
                if not self._house.restarts and self._house.kills:
                    return
            await asyncio.sleep(0.05)

    async def _strike(self, kind: str, size: Size) -> None:
        house = self._house
        match kind:
            case "kill":
                house.kill()
            case "suspend":
                await house.suspend(min(3.0, size.every / 4))
            case "disk":
                await house.no_room(min(1.0, size.every / 4))
            case "forwards":
                house.clock.jump(2 * HOUR)
            case "backwards":
                house.clock.jump(-HOUR)
            case "commit":
                self._commits += 1
                name = f"theirs/{self._commits}.txt"
                await asyncio.to_thread(house.developer.commit, {name: "by hand\n"}, f"{name}")
            case "check":
                for _ in range(20):
                    if house.crash_a_check():
                        return
                    await asyncio.sleep(0.05)
            case mood:
                self._model.mood = Mood(mood)
                await asyncio.sleep(min(4.0, size.every / 3))
                self._model.mood = Mood.WELL


def _settings(size: Size, url: str) -> str:
    agent = (
        f'[agents.model]\nkind = "claude"\nbase_url = "{url}"\nmax_tokens = 300\npatience = 5\n'
        "turns = 30\n"
    )
    budget = f"[budget]\nday_usd = {size.day_usd}\ntask_usd = 0.05\n"
    standing = '[standing_accept]\npaths = ["out/**"]\nmax_lines = 50\n'
    check = rail("good", "sleep 0.15; ! test -e bad.txt", timeout=60.0)
    top = "agents_at_once = 4\nwaiting_at_most = 0\nrounds = 1"
    return settings(check, agents=agent, agent="model", top=top) + budget + standing


def _drafts(size: Size) -> list[Draft]:
    """Most land by rule or wait in the Inbox; some come to nothing, each in its own way."""
    odd = (Kind.RED, Kind.ASKS, Kind.LOOPS, Kind.COSTLY)
    found = []
    for number in range(size.tasks):
        kind = odd[number // 4 % 4] if number % 4 == 3 else Kind.GOOD
        accept = AcceptRule.WHEN_GREEN if number % 4 == 1 else AcceptRule.ASK
        found.append(Draft(title=f"{kind}-{number:02}", spec="Do it.", accept=accept))
    return found


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="ft-soak-"))
    before = dict(os.environ)
    os.environ.update(_surroundings(home))
    (home / "home").mkdir()
    try:
        yield home
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


def _surroundings(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "HOME": str(home / "home"), "LC_ALL": "C.UTF-8",
        "FACTORY_TUI_HOME": str(home / "state"), "ANTHROPIC_API_KEY": "sk-of-the-weekend",
    }  # fmt: skip


@asynccontextmanager
async def _running(house: House) -> AsyncIterator[None]:
    watching = asyncio.create_task(house.watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        house.end()


async def _asked(house: House, question: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """What an engine answers, as soon as one does."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(EngineError):
                async with connect(house.place.socket) as client:
                    return await question(client)
            await asyncio.sleep(0.1)


CONTROLS = (
    Control(
        name="soak",
        promise="a weekend alone, full of faults: every task comes to an end, the report is right "
        "to the cent",
        run=soak,
        bar=0.95,
    ),
)
