"""Faults of the model's endpoint: each told for what it is, no turn lost, none paid twice."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from factory.agents.breaker import Breaker
from factory.agents.claude import Claude
from factory.agents.setbacks import WAITS, Setback
from factory.entry import Finished, Usage
from factory.ledger import prices
from factory.model import AgentError
from tests.agents.bench import Workplace, spec, task
from tests.agents.scripted import Reply, Scripted, bash, done, refuses
from tests.clocks import Wound
from tests.trust.base import Control, Outcome
from tests.trust.faults.cases import START, Case, cases
from tests.trust.faults.rude import rude

SPEED = 500.0
"""Seconds of the clock a second: what an endpoint is given to recover is soon over."""
AT_ONCE = 6
SLACK = 600.0
"""Seconds of the clock, about a second, by which an hour may be missed."""
LONGEST = 60.0
"""Seconds after which a trial that got no further is given up."""
HERD = 16
BUSY = 40
"""Requests that a busy endpoint refuses before it answers again."""


def faults(full: bool) -> Outcome:
    """Each fault for an agent with one good turn behind it; then with every failure taken alike."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    every = list(cases())
    chosen = every * 3 if full else every[::6]
    wrong = asyncio.run(_all([partial(_try, case) for case in chosen]))
    alike = Setback(what="it failed", way_out="look into it")
    some = [case for case in every if case.parks is not None or case.asked not in (None, 1)]
    some = some if full else some[::8]
    with mock.patch("factory.agents.endpoint.setback", return_value=alike):
        naive = asyncio.run(_all([partial(_try, case) for case in some]))
    with mock.patch("factory.agents.endpoint.Limit", return_value=contextlib.nullcontext()):
        stuck = [case for case in every if case.patience < 1][: None if full else 2]
        waiting = asyncio.run(_all([partial(_try, case, 1.5) for case in stuck]))
    said = sum(map(bool, naive))
    return Outcome(
        tried=len(chosen),
        held=sum(not words for words in wrong),
        control=f"all failures alike: {said} of {len(some)} told wrongly; "
        f"no patience: {sum(map(bool, waiting))} of {len(stuck)} still waiting",
        proven=said >= 2 * len(some) // 3 and all(waiting),
        notes=tuple(sorted({words for words in wrong if words})),
    )


async def _all(works: list[Callable[[], Coroutine[Any, Any, str]]]) -> list[str]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(work: Callable[[], Coroutine[Any, Any, str]]) -> str:
        async with places:
            return await work()

    return await asyncio.gather(*(one(work) for work in works))


async def _try(case: Case, longest: float = LONGEST) -> str:
    """What was wrong, in words; empty where all held."""
    with _folder() as home:
        agent = _Agent(home, case)
        try:
            async with asyncio.timeout(longest):
                wrong = "; ".join([words async for words in agent.meets()])
                return wrong and f"{case.name}: {wrong}"
        except TimeoutError:
            return f"{case.name}: it still waits"
        except Exception as error:
            return f"{case.name}: {error!r}"


class _Agent:
    """One agent: a good turn, the fault, and if it parked, a good endpoint at its hour."""

    def __init__(self, home: Path, case: Case) -> None:
        self.case = case
        self.clock = Wound(SPEED, START.timestamp())
        self.place = Workplace(home, spec(), task())
        self.place.clock = self.clock
        self.breaker = Breaker(self.clock)

    async def meets(self) -> AsyncIterator[str]:
        """All that was wrong."""
        case = self.case
        if not case.fresh:
            await self._work_at(Scripted([bash("echo one >> log.txt"), refuses(401, "no")]))
        before = self._broken()
        async with self._endpoint() as (url, scripted):
            failed = await self._work(url, case.patience)
        if (failed.reason if failed else None) is not case.parks:
            yield f"{failed or 'it went on'}"
        elif failed is not None and not _fits(failed.until, case.until, self.clock.now()):
            yield f"goes on at {failed.until}"
        if scripted and case.asked not in (None, len(scripted.asked)):
            yield f"{len(scripted.asked)} requests"
        if (lost := self._broken() - before) != case.lost:
            yield f"{lost} broken answers were counted"
        async for words in self._afterwards(failed):
            yield words

    async def _afterwards(self, failed: AgentError | None) -> AsyncIterator[str]:
        """At its hour it goes on, and has lost nothing."""
        if failed is not None:
            self.clock.jump((failed.until or self.clock.now()) - self.clock.now())
            self.place.tell("go on")
            good = Scripted([done()])
            if (again := await self._work_at(good)) is not None or len(good.asked) != 1:
                yield f"at its hour: {again}, {len(good.asked)} requests"
        if not self.case.fresh and self.place.files().get("log.txt") != "one\n":
            yield "the turn before it was lost, or ran twice"
        if not isinstance(self.place.transcript.entries()[-1], Finished):
            yield "it did not come to an end"

    @asynccontextmanager
    async def _endpoint(self) -> AsyncIterator[tuple[str, Scripted | None]]:
        if self.case.rude is not None:
            async with rude(self.case.rude) as url:
                yield url, None
        else:
            scripted = Scripted(list(self.case.replies))
            async with scripted.listening() as url:
                yield url, scripted

    async def _work_at(self, scripted: Scripted) -> AgentError | None:
        async with scripted.listening() as url:
            return await self._work(url)

    async def _work(self, url: str, patience: float = LONGEST) -> AgentError | None:
        self.place.spec = spec(base_url=url, patience=patience, max_tokens=200)
        self.place.breaker = Breaker(self.clock)  # another endpoint each time
        try:
            await self.place.work(Claude(prices(), WAITS))
        except AgentError as error:
            return error
        return None

    def _broken(self) -> int:
        """Answers that broke off, as the transcript counts what they cost."""
        return sum(isinstance(entry, Usage) for entry in self.place.transcript.entries())


def _fits(until: float | None, after: float | None, now: float) -> bool:
    if until is None or after is None:
        return until is after
    if after < 6 * 3600:
        return abs(until - now - after) < SLACK
    return abs(until - START.timestamp() - after) < SLACK


def herd(full: bool) -> Outcome:
    """Sixteen agents before one endpoint that is busy; then with no breaker between them."""
    times = 10 if full else 1
    results = [asyncio.run(_herd()) for _ in range(times)]
    with mock.patch.object(Breaker, "refuses", return_value=0.0):
        without = asyncio.run(_herd())
    bound = HERD + len(WAITS) + 1
    good = [asked <= bound and unlike == 0 for asked, unlike in results]
    return Outcome(
        tried=times * HERD,
        held=sum(good) * HERD,
        control=f"without the breaker {without[0]} requests of {HERD} agents were refused",
        proven=without[0] > 2 * bound,
        notes=tuple(f"{a} requests, {u} agents that did not park" for a, u in results if a > bound),
        figures=(("requests that were refused, most", max(a for a, _ in results)),),
    )


async def _herd() -> tuple[int, int]:
    """Requests that were refused until all had parked, and agents that ended otherwise."""
    clock = Wound(SPEED, START.timestamp())
    breaker = Breaker(clock)
    busy: list[Reply] = [refuses(529, "overloaded_error")]
    scripted = Scripted(busy)
    with _folder() as home:
        async with scripted.listening() as url:
            places = [Workplace(home / str(n), spec(base_url=url), task()) for n in range(HERD)]
            for place in places:
                place.clock, place.breaker = clock, breaker
            works = [place.work(Claude(prices(), WAITS)) for place in places]
            ended = await asyncio.gather(*works, return_exceptions=True)
    unlike = [one for one in ended if not isinstance(one, AgentError) or one.until is None]
    return len(scripted.asked), len(unlike)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ft-model-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


CONTROLS = (
    Control(
        name="model-faults",
        promise="what the model's server does wrong is told for what it is, costs no turn, and "
        "goes on at its hour",
        run=faults,
    ),
    Control(
        name="no-herd",
        promise="sixteen agents before a server that refuses ask it one at a time",
        run=herd,
    ),
)
