"""Engines killed at random moments, by the thousand, while work is given, accepted and landed."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import sqlite3
import subprocess  # noqa: TID251 - a process is left behind on purpose
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.trust import invariants
from tests.trust.base import Control, Outcome, p95
from tests.trust.life import Life, StuckError, homestead
from tests.trust.processes import command_lines

LANES = 3
LONGEST = 0.7
"""Seconds at most that an engine is left alone."""
LIVES = 30
"""Kills of one life, then its invariants are looked for and another one begins."""
BY_COMMAND = 8
"""Each so manyth engine is started as the developer would, and not by fork."""


class _Tally:
    """What the lanes count together."""

    def __init__(self, kills: int) -> None:
        self.left = kills
        self.killed = 0
        self.tasks = 0
        self.facts = 0
        self.forked: list[float] = []
        self.started: list[float] = []
        self.audits: list[float] = []
        self.broken: list[str] = []


def kills(full: bool) -> Outcome:
    """Three lives at a time; then one whose engine answers before it writes."""
    tally = _Tally(1_000 if full else 9)
    with homestead() as home:
        found = asyncio.run(_all(home, tally))
    return Outcome(
        tried=tally.killed,
        held=tally.killed - len(tally.broken),
        control=found[0] if found else "nothing was lost",
        proven=bool(found),
        notes=tuple(tally.broken),
        figures=(
            ("tasks landed", tally.tasks),
            ("facts told", tally.facts),
            ("recovery p95, s", p95(tally.forked)),
            ("with the start of Python, s", p95(tally.started)),
            ("landed to audited p95, s", p95(tally.audits)),
        ),
    )


async def _all(home: Path, tally: _Tally) -> list[str]:
    numbers = itertools.count()

    async def lane(seed: int) -> None:
        chance = random.Random(seed)
        while tally.left > 0:
            count = min(LIVES, -(-tally.left // LANES))
            tally.left -= count
            life = Life(home, next(numbers))
            tally.broken += await _life(life, count, chance, tally)

    async with asyncio.TaskGroup() as group:
        for seed in range(LANES):
            group.create_task(lane(seed))
        weaker = Life(home, next(numbers), lacks="writing before it answers")
        found = group.create_task(_life(weaker, 3, random.Random(9), _Tally(0), patience=0.0))
    return found.result()


async def _life(
    life: Life, count: int, chance: random.Random, tally: _Tally, *, patience: float = 40.0
) -> list[str]:
    """Kill its engine so often, let it end what it has begun, and look; what is broken."""
    working = asyncio.create_task(_work(life))
    died = time.monotonic()
    try:
        for number in range(count):
            by_command = number % BY_COMMAND == BY_COMMAND - 1
            (life.start_by_command if by_command else life.start)()
            if not await life.up():
                return [f"the engine does not come up again: {life.last_words()}"]
            took = time.monotonic() - died
            (tally.started if by_command else tally.forked).append(took)
            await asyncio.sleep(chance.uniform(0, LONGEST))
            await _end(life)
            died = time.monotonic()
            tally.killed += 1
        working.cancel()
        await asyncio.wait({working})
        life.start()
        if not await life.up():  # as for the others: a lock still held is waited for
            return [f"the engine does not come up again: {life.last_words()}"]
        await life.settle(patience)
        stuck = ""
    except StuckError as error:
        stuck = str(error)
    finally:
        working.cancel()
        await _end(life)
        tally.tasks += len(life.tasks)
        tally.facts += len(life.seen)
        tally.audits += life.audits
    found = await asyncio.to_thread(invariants.broken, life)
    return [*found, stuck] if stuck else found


async def _end(life: Life) -> None:
    life.kill()
    while life.alive():
        await asyncio.sleep(0.005)


async def _work(life: Life) -> None:
    """Give work, accept it, and commit now and then, until cancelled."""
    for number in itertools.count():
        while len(life.tasks) - _landed(life) < 2:
            await life.add(f"t{len(life.titles)}", priced=len(life.titles) % 2 == 1)
        await life.push_on()
        if number % 20 == 19:
            life.commit({f"mine-{number}": f"{number}\n"})
        await asyncio.sleep(0.03)


def _landed(life: Life) -> int:
    return sum(fact.kind == "landed" for fact in life.seen.values())


# --- what the invariants would say ---------------------------------------------------------


def _sql(statement: str) -> Callable[[Life], None]:
    def damage(life: Life) -> None:
        with closing(sqlite3.connect(life.place.state / "factory.db")) as db, db:
            db.execute(statement)

    return damage


def _an_object(life: Life) -> None:
    oldest = min(life.place.state.glob("vault.git/objects/??/*"))
    oldest.chmod(0o600)
    oldest.write_bytes(b"not an object")


def _a_process(life: Life) -> None:
    line = ("bash", "-c", f": {life.mark}; sleep 30; :")
    process = subprocess.Popen(line, start_new_session=True)
    while process.pid not in {pid for pid, words in command_lines() if words}:
        time.sleep(0.01)  # it has no words yet in the midst of an exec


DAMAGES: dict[str, tuple[str, Callable[[Life], None]]] = {
    "a fact is gone": ("I1", _sql("DELETE FROM journal WHERE seq = 3")),
    "a task is gone": ("I1", _sql("DELETE FROM task WHERE id = 't1'")),
    "landed twice": ("I2", _sql("INSERT INTO journal (at, kind, task, text) "
                                "VALUES (1, 'landed', 't0', '')")),
    "another tree": ("I3", _sql("UPDATE change SET body = replace(body, '\"tree\":\"', "
                                "'\"tree\":\"0')")),
    "a commit is gone": ("I4", lambda life: life.mine.append("mine too")),
    "a file of theirs": ("I4", lambda life: life.developer.write({"factory.toml": "else\n"})),
    "two states": ("I5", _sql("UPDATE task SET state = 'working' WHERE id = 't1'")),
    "a process": ("I6", _a_process),
    "a lock": ("I6", lambda life: (life.place.state / "vault.git/HEAD.lock").touch()),
    "an object": ("I7", _an_object),
    "a sum": ("I8", _sql("DELETE FROM spend WHERE id LIKE '%#1'")),
}  # fmt: skip
"""What is done to the state of a life that is whole, and the invariant that it breaks."""


def damages(_full: bool) -> Outcome:
    """Each damage on a copy of its own; the state without any is the negative control."""
    with homestead() as home:
        life = asyncio.run(_whole(home))
        clean = invariants.broken(life)
        found = [name for name, (kind, damage) in DAMAGES.items() if _seen(life, kind, damage)]
    return Outcome(
        tried=len(DAMAGES),
        held=len(found),
        control=f"{len(clean)} found where nothing was damaged",
        proven=not clean,
        notes=(*clean, *(f"{name} was not found" for name in DAMAGES if name not in found)),
    )


async def _whole(home: Path) -> Life:
    life = Life(home, 0)
    life.start()
    for number in range(2):
        await life.add(f"t{number}", priced=number == 1)
    await life.settle()
    await _end(life)
    return life


def _seen(life: Life, kind: str, damage: Callable[[Life], None]) -> bool:
    """Whether a damage is found as what it is; all is put back after it."""
    mine = list(life.mine)
    folders = (life.place.state, life.developer.path)
    kept = [folder.with_name(f"{folder.name}.kept") for folder in folders]
    for folder, copy in zip(folders, kept, strict=True):
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    try:
        damage(life)
        return any(line.startswith(kind) for line in invariants.broken(life))
    finally:
        life.mine = mine
        for folder, copy in zip(folders, kept, strict=True):
            shutil.rmtree(folder)
            copy.rename(folder)


CONTROLS = (
    Control(
        name="kills",
        promise="an engine killed at any moment loses nothing told and does nothing twice",
        run=kills,
    ),
    Control(
        name="invariants",
        promise="a state in which one of I1 to I8 is broken is told from a whole one",
        run=damages,
    ),
)
