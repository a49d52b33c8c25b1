"""Sixteen agents before one endpoint that refuses: who asks again, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from factory.accounts import Account
from factory.agents.breaker import Breaker, Breakers
from factory.agents.setbacks import LADDER, WAITS, Setback
from factory.model import AgentError, ParkReason
from tests.clocks import Wound

BUSY = Setback(what="host is overloaded", again=True, reason=ParkReason.RATE_LIMITED)
AGENTS = 16


class Host:
    """An endpoint that refuses so many times, and what its sixteen agents hear."""

    def __init__(self, refusals: int) -> None:
        self.clock = Wound(speed=1000)
        self.breaker = Breaker(self.clock)
        self.refusals = refusals
        self.asked: list[float] = []
        self.at_once = 0
        self._asking = 0

    async def ask(self) -> bool:
        async with self.breaker.turn() as turn:
            self.asked.append(self.clock.now())
            self._asking += 1
            self.at_once = max(self.at_once, self._asking)
            await asyncio.sleep(0.01)
            self._asking -= 1
            if len(self.asked) > self.refusals:
                turn.answers()
                return True
            turn.refuses(BUSY, 0)
            return False

    async def agent(self) -> None:
        while not await self.ask():
            pass


async def all_of(work: Callable[[], Awaitable[None]]) -> list[BaseException | None]:
    return await asyncio.gather(*(work() for _ in range(AGENTS)), return_exceptions=True)


def test_after_a_refusal_one_asks_and_the_others_wait_for_what_it_finds_out() -> None:
    async def story() -> None:
        host = Host(refusals=AGENTS + 2)
        assert await all_of(host.agent) == [None] * AGENTS
        begun, probes = host.asked[:AGENTS], host.asked[AGENTS : AGENTS + 3]
        assert probes[0] - begun[0] >= WAITS[0]
        assert probes[1] - probes[0] >= WAITS[1]
        assert probes[2] - probes[1] >= WAITS[2]
        assert len(host.asked) == AGENTS + 2 + AGENTS

    asyncio.run(story())


def test_sixteen_that_were_refused_at_once_count_as_one_refusal() -> None:
    async def story() -> None:
        host = Host(refusals=AGENTS)
        assert await all_of(host.agent) == [None] * AGENTS

    asyncio.run(story())


def test_who_has_to_wait_for_long_is_told_the_hour_and_does_not_ask() -> None:
    async def story() -> None:
        host = Host(refusals=1_000)
        heard = await all_of(host.agent)
        hours = set()
        for error in heard:
            assert isinstance(error, AgentError)
            assert error.reason is ParkReason.RATE_LIMITED
            assert error.until is not None
            hours.add(round((error.until - host.asked[-1]) / LADDER[0]))
        assert hours == {1}
        assert len(host.asked) == AGENTS + len(WAITS)

        host.clock.jump(LADDER[0])  # all sixteen go on at the same hour
        assert all(isinstance(error, AgentError) for error in await all_of(host.agent))
        assert len(host.asked) == AGENTS + len(WAITS) + 1, "and one of them asks"

    asyncio.run(story())


def test_who_leaves_while_asking_leaves_the_asking_to_another() -> None:
    async def story() -> None:
        host = Host(refusals=1)
        await host.ask()
        host.clock.jump(WAITS[0])
        first = asyncio.create_task(host.agent())
        await asyncio.sleep(0)
        second = asyncio.create_task(host.agent())
        await asyncio.sleep(0)
        first.cancel()
        await second
        assert host.at_once <= 2

    asyncio.run(story())


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_pause() -> None:
    async def story() -> None:
        host = Host(refusals=1)
        await host.ask()
        host.clock.jump(-3600)
        assert await host.ask()

    asyncio.run(story())


def test_who_is_sent_to_ask_again_asks_alone_and_the_pause_begins_anew() -> None:
    async def story() -> None:
        host = Host(refusals=2)
        host.clock = Wound()
        account = Breaker(host.clock, waits=())
        host.breaker = Breaker(host.clock, waits=(), behind=account)
        assert not await host.ask()
        assert not any(isinstance(end, bool) for end in await all_of(host.agent))
        assert len(host.asked) == 1
        host.breaker.ask_again()
        ends = await all_of(host.agent)
        assert len(host.asked) == 2
        assert all(isinstance(end, AgentError) for end in ends)
        host.breaker.ask_again()
        assert await all_of(host.agent) == [None] * AGENTS

    asyncio.run(story())


def test_a_limit_of_one_model_stops_it_alone_and_any_other_trouble_all_of_the_account() -> None:
    async def story() -> None:
        clock = Wound()
        breakers = Breakers(clock)
        one, two = (breakers.of(Account(name="a", model=model)) for model in ("one", "two"))
        limit = Setback(what="busy", again=True, after=3600, of_model=True)
        async with one.turn() as turn:
            assert turn.refuses(limit, 0) == pytest.approx(3600, abs=1)
        with pytest.raises(AgentError):
            async with one.turn():
                pass
        async with two.turn() as turn:
            turn.refuses(Setback(what="down", again=True, after=7200), 0)
        with pytest.raises(AgentError, match="down"):
            async with two.turn():
                pass
        clock.jump(3600)
        with pytest.raises(AgentError, match="down"):
            async with one.turn():
                pass
        async with breakers.of(Account(name="b", model="one")).turn() as turn:
            turn.answers()
        clock.jump(3600)
        async with one.turn() as turn:
            turn.answers()
        async with two.turn() as turn:
            turn.answers()

    asyncio.run(story())


def test_without_the_breaker_all_sixteen_ask_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        host = Host(refusals=AGENTS * 3)
        monkeypatch.setattr(Breaker, "refuses", lambda *_: 0.0)
        await all_of(host.agent)
        assert host.at_once == AGENTS
        assert len(host.asked) >= AGENTS * 3

    asyncio.run(story())
