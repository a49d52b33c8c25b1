"""Agents, engines and the network killed at random moments: every attempt goes on or says why not.

The pauses after a refusal are a hundredth of the usual ones, so that nobody waits for minutes.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from factory.wire import Fact
from tests.trust import invariants
from tests.trust.base import Control, Outcome
from tests.trust.besieged import (
    AGENT,
    AGENTS,
    CUT,
    ENGINE,
    SANDBOX,
    TOOL,
    Besieged,
    Deed,
    Model,
)
from tests.trust.life import StuckError, homestead
from tests.trust.processes import command_lines

LANES = 2
LIVES = 25
"""Kills of one life, then it is looked at and another one begins."""
AT_WORK = 3
WORDS = 4
"""Most words that are said to one task."""
LONGEST = 0.8
"""Seconds at most between two kills."""
GONE = 3.0
"""Seconds after which what a dead engine had started is dead, too."""
SAT_OUT = 40.0
"""Seconds for which a request may be tried again before it is given up."""
CHOICE = (AGENT, AGENT, SANDBOX, TOOL, ENGINE, ENGINE, CUT, CUT)
_ENDED = re.compile(r"SIGKILL|exit code 137|was killed")
_UNREACHED = re.compile(r"[Cc]onnection|cannot be reached|broke off")
_WAY_OUT = re.compile(r"then (?:resume|try again)|goes on by itself at \d\d:\d\d")


class _Tally:
    """What the lanes count together."""

    def __init__(self, kills: int) -> None:
        self.left = kills
        self.done: Counter[str] = Counter()
        self.came: Counter[str] = Counter()
        self.broken: list[str] = []


def agent_kills(full: bool) -> Outcome:
    """Two lives at a time; then a program that forgets, and an engine that says nothing again."""
    tally = _Tally(200 if full else 8)
    with homestead() as home:
        found = asyncio.run(_all(home, tally))
    killed = tally.done.total()
    return Outcome(
        tried=killed,
        held=max(killed - len(tally.broken), 0),
        control=f"{sum(map(bool, found))} of {len(found)} found out",
        proven=all(found),
        notes=tuple(tally.broken),
        figures=tuple(sorted((tally.done + tally.came).items())),
    )


async def _all(home: Path, tally: _Tally) -> list[list[str]]:
    numbers = itertools.count()
    model = Model()
    async with model.loopback() as url:
        port = urlsplit(url).port or 0

        def begin(lacks: str = "") -> Besieged:
            return Besieged(home, next(numbers), model, port, lacks)

        async def lane(seed: int) -> None:
            chance = random.Random(seed)
            while tally.left > 0:
                count = min(LIVES, -(-tally.left // LANES))
                tally.left -= count
                tally.broken += await _life(begin(), count, chance, tally)

        async with asyncio.TaskGroup() as group:
            for seed in range(LANES):
                group.create_task(lane(seed))
            weaker = (
                group.create_task(_lived(begin(), _forgets, 4.0)),
                group.create_task(_lived(begin("saying it again"), _is_not_told_again, 20.0)),
            )
    return [one.result() for one in weaker]


async def _life(life: Besieged, count: int, chance: random.Random, tally: _Tally) -> list[str]:
    """Kill so often what is at work in it; what is broken."""

    async def besiege(life: Besieged) -> None:
        working = asyncio.create_task(_work(life, chance))
        try:
            for _ in range(count):
                await asyncio.wait({working}, timeout=chance.uniform(0, LONGEST))
                if working.done():
                    return working.result()
                tally.done[f"of these {await _strike(life, chance)}"] += 1
        finally:
            working.cancel()
            await asyncio.wait({working})

    found = await _lived(life, besiege, 60.0)
    tally.came += await asyncio.to_thread(life.counted)
    tally.came["tasks"] += len(life.tasks)
    tally.came["words"] += len(life.said)
    tally.came["parked"] += sum(fact.kind == "parked" for fact in life.seen.values())
    return found


async def _lived(
    life: Besieged, doing: Callable[[Besieged], Coroutine[None, None, None]], patience: float
) -> list[str]:
    """A life from its first engine to its last; what is broken in what it leaves."""
    stuck = []
    await life.relay.mend()
    try:
        await _up(life)
        await doing(life)
        await life.settle(patience)
    except StuckError as error:
        stuck.append(str(error))
    finally:
        await _end(life)
        await life.relay.cut()
    found = await asyncio.to_thread(invariants.broken, life)
    found += await asyncio.to_thread(lambda: [*_parked(life), *_words(life), *_memories(life)])
    return stuck + found


async def _up(life: Besieged) -> None:
    life.start()
    if not await life.up():
        raise StuckError(f"the engine does not come up again: {life.last_words()}")


async def _end(life: Besieged) -> None:
    life.kill()
    while life.alive():
        await asyncio.sleep(0.005)


async def _work(life: Besieged, chance: random.Random) -> None:
    """Give work, accept it, and say words, until cancelled."""
    for agent in itertools.cycle(AGENTS):
        landed = sum(fact.kind == "landed" for fact in life.seen.values())
        if len(life.tasks) - landed < AT_WORK:
            await life.task_for(agent)
        await life.push_on()
        working = [task for task in await life.working() if _said_to(life, task) < WORDS]
        if working and chance.random() < 0.5:
            await life.say(chance.choice(working))
        await asyncio.sleep(0.2)


def _said_to(life: Besieged, task: str) -> int:
    return sum(one == task for one in life.said.values())


async def _strike(life: Besieged, chance: random.Random) -> str:
    """One kill, of something that is there to be killed; returns what it was."""
    kind = chance.choice(CHOICE)
    if kind == CUT:
        await life.cut(chance.uniform(0.1, 1.0))
        return kind
    for _ in range(30 if kind != ENGINE else 0):
        victims = life.victims(kind)
        if victims and life.strike(*_in_order(chance.choice(victims), kind)):
            return kind
        await asyncio.sleep(0.1)
    before = {pid for pid, line in command_lines() if life.mark.encode() in line}
    await _end(life)
    await _up(life)
    left = before
    for _ in range(int(GONE / 0.1)):
        left = left & {pid for pid, line in command_lines() if life.mark.encode() in line}
        if not left:
            return ENGINE
        await asyncio.sleep(0.1)
    raise StuckError(f"{len(left)} processes outlive their engine")


def _in_order(victim: tuple[int, str], kind: str) -> tuple[int, str, str]:
    pid, task = victim
    return pid, kind, task


# --- what must hold ------------------------------------------------------------------------


def _parked(life: Besieged) -> Iterator[str]:
    """A task is parked for what was done to it, and for nothing else; and is told a way out."""
    killed = [deed for deed in life.deeds if deed.kind in (AGENT, SANDBOX)]
    cuts = [deed for deed in life.deeds if deed.kind == CUT]
    for fact in sorted(life.seen.values(), key=lambda fact: fact.seq):
        if fact.kind == "red":
            yield f"P1 {fact.task} was red: {fact.text}"
        if fact.kind != "parked":
            continue
        cause = _cause(fact, killed, cuts)
        if cause is None:
            yield f"P1 {fact.task} ({_agent(life, fact.task)}) parked untruly: {fact.text}"
        elif cause in killed:
            killed.remove(cause)
        if "\n" in fact.text or not _WAY_OUT.search(fact.text):
            yield f"P2 {fact.task} is told no way out in one line: {fact.text}"


def _cause(fact: Fact, killed: list[Deed], cuts: list[Deed]) -> Deed | None:
    """What was done to a task that explains the reason it gives."""
    reason, _, message = fact.text.partition(": ")
    if reason == "error" and _ENDED.search(message):
        return next((d for d in killed if d.task == fact.task and d.began <= fact.at), None)
    if reason == "rate limited" and _UNREACHED.search(message):
        return next((d for d in cuts if d.began <= fact.at <= d.ended + SAT_OUT), None)
    return None


def _agent(life: Besieged, task: str) -> str:
    titles = dict(zip(life.tasks, life.titles, strict=False))
    return life.agents.get(titles.get(task, ""), "")


def _words(life: Besieged) -> Iterator[str]:
    """Every word stands in the transcript once, and was told to a session."""
    titles = dict(zip(life.tasks, life.titles, strict=False))
    for word, task in life.said.items():
        prompts = [entry["text"] for entry in life.transcript(task) if entry["type"] == "Prompt"]
        if (count := sum(word in text for text in prompts)) != 1:
            yield f"P3 {word} stands in the transcript of {task} {count} times"
        heard = {text for _, one in life.sessions(task) for text in one["heard"]}
        heard |= life.model.heard.get((life.mark, titles[task]), set())
        if not any(word in text for text in heard):
            yield f"P3 {word} was never told to {task} ({_agent(life, task)})"


def _memories(life: Besieged) -> Iterator[str]:
    """Where a session can be taken up, one alone does all the work of an attempt."""
    for task in life.tasks:
        if _agent(life, task) in ("resumes", "loads", "forgets"):
            made = Counter(at for at, memory in life.sessions(task) if memory["mine"])
            for attempt, count in made.items():
                if count > 1:
                    yield f"P4 {attempt} worked in {count} sessions"


# --- who is found out ----------------------------------------------------------------------


async def _forgets(life: Besieged) -> None:
    """A program that says that it takes its session up, and knows nothing of it."""
    task = await _half_done(life, "forgets")
    for pid, _ in life.victims(AGENT):
        life.strike(pid, AGENT, task)


async def _is_not_told_again(life: Besieged) -> None:
    """A word is said, and the engine dies before its program has heard it."""
    await life.say(await _half_done(life, "resumes"))
    await _end(life)
    await _up(life)


async def _half_done(life: Besieged, agent: str) -> str:
    """A task in whose midst its agent is."""
    task = await life.task_for(agent)
    for _ in range(300):
        await life.push_on()
        if any(entry["type"] == "ToolResult" for entry in life.transcript(task)):
            return task
        await asyncio.sleep(0.05)
    raise StuckError("it does not begin")


CONTROLS = (
    Control(
        name="agent-kills",
        promise="agents, engines and the network killed at any moment: an attempt goes on, or "
        "parks with a true reason and a way out",
        run=agent_kills,
    ),
)
