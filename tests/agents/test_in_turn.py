"""Sixteen programs of one account: who knocks at the provider, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from factory.accounts import account
from factory.agents import runtime
from factory.agents.base import Desk, Runtime
from factory.agents.breaker import Breakers
from factory.agents.command import Command
from factory.agents.events import Event
from factory.agents.in_turn import InTurn, answered
from factory.agents.loopback import Loopback
from factory.agents.setbacks import LADDER, hour
from factory.config import AgentSpec
from factory.entry import AnyEntry, Delta, Finished, Output, Response
from factory.model import AgentError, ParkReason
from tests.agents.bench import Workplace, spec, task
from tests.clocks import Wound

AGENTS = 16
ASK = 'python3 -ISc "import urllib.request as u; print(u.urlopen(%r).read().decode())"'
DONE: list[Event] = [
    {"type": "assistant", "message": {"id": "m", "model": "model-1", "content": []}},
    {"type": "result", "subtype": "success", "result": "done"},
]


class Provider:
    """Programs ask it over the loopback; it tells them what to print, and counts."""

    def __init__(self, home: Path) -> None:
        self.clock = Wound()
        self.breakers = Breakers(self.clock)
        self.knocks = 0
        self.answers = False
        self.resets: float | None = None
        self._home = home

    async def _asked(self, _request: Request) -> PlainTextResponse:
        self.knocks += 1
        return PlainTextResponse("\n".join(msgspec.json.encode(one).decode() for one in self._says))

    @property
    def _says(self) -> list[Event]:
        if self.answers:
            return DONE
        said = "You've hit your limit"
        told = {"id": "x", "model": "<synthetic>", "content": [{"type": "text", "text": said}]}
        info: Event = {"type": "rate_limit_event", "rate_limit_info": {"resetsAt": self.resets}}
        failed = {"type": "result", "subtype": "success", "is_error": True, "result": said}
        return [{"type": "assistant", "message": told}, info, failed]

    async def sixteen(self, *, alone: bool = False) -> list[AgentError | None]:
        """What each of the attempts hears; `alone` leaves the breaker out."""
        async with Loopback(Starlette(routes=[Route("/", self._asked)])) as url:
            agent = spec("command", run=ASK % url, output="claude-stream-json", login=("~/.any",))
            one: Runtime = Command() if alone else runtime(agent)
            places = [self.place(number, agent) for number in range(AGENTS)]
            return await asyncio.gather(*(self._work(place, one) for place in places))

    def place(self, number: int, agent: AgentSpec) -> Workplace:
        place = Workplace(self._home / str(number), agent)
        place.clock, place.contained = self.clock, False
        place.breaker = self.breakers.of(account(agent))
        if not place.transcript.entries():
            place.transcript.append(task())
        return place

    async def _work(self, place: Workplace, one: Runtime) -> AgentError | None:
        try:
            assert isinstance((await place.work(one))[-1], Finished)
        except AgentError as error:
            return error
        return None


class Vague:
    """A runtime that is refused at once, and told no hour."""

    async def work(self, _desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        if self:
            raise AgentError("any: too fast", reason=ParkReason.RATE_LIMITED)
        yield Finished()


def test_after_a_limit_one_program_knocks_and_the_others_hear_what_it_found(tmp_path: Path) -> None:
    async def story() -> None:
        provider = Provider(tmp_path)
        provider.resets = provider.clock.now() + 3600
        heard = await provider.sixteen()
        assert provider.knocks == AGENTS, "nobody knew"
        for error in heard:
            assert error is not None
            assert error.reason is ParkReason.RATE_LIMITED
            assert error.until == provider.resets
            assert str(error).endswith(f"limit; it goes on by itself at {hour(provider.resets)}")

        await provider.sixteen()
        assert provider.knocks == AGENTS, "nobody knocks before the hour"

        provider.clock.jump(3601)
        provider.resets = provider.clock.now() + 7200
        heard = await provider.sixteen()
        assert provider.knocks == AGENTS + 1, "one finds out for all"
        hours = {round(error.until) for error in heard if error and error.until}
        assert hours == {round(provider.resets)}

        provider.clock.jump(-3600)
        await provider.sixteen()
        assert provider.knocks == AGENTS + 1

        provider.clock.jump(4 * 3600)
        provider.answers = True
        assert await provider.sixteen() == [None] * AGENTS
        assert provider.knocks == AGENTS + 1 + AGENTS

    asyncio.run(story())


@pytest.mark.parametrize(("doubtful", "knocks"), [(True, 1), (False, AGENTS)])
def test_an_engine_that_starts_in_a_limit_lets_one_find_out(
    tmp_path: Path, doubtful: bool, knocks: int
) -> None:
    async def story() -> None:
        provider = Provider(tmp_path)
        provider.breakers = Breakers(provider.clock, doubtful=doubtful)
        provider.resets = provider.clock.now() + 3600
        heard = await provider.sixteen()
        assert all(error and error.until for error in heard)
        assert provider.knocks == knocks

    asyncio.run(story())


def test_without_the_breaker_all_sixteen_knock_again(tmp_path: Path) -> None:
    async def story() -> None:
        provider = Provider(tmp_path)
        provider.resets = provider.clock.now() + 3600
        await provider.sixteen(alone=True)
        await provider.sixteen(alone=True)
        assert provider.knocks == 2 * AGENTS

    asyncio.run(story())


def test_a_program_that_names_no_hour_is_left_alone_for_longer_each_time(tmp_path: Path) -> None:
    async def story() -> None:
        provider = Provider(tmp_path)
        place = provider.place(0, spec("command"))
        for pause in LADDER[:3]:
            with pytest.raises(AgentError) as caught:
                await place.work(InTurn(Vague()))
            assert caught.value.until is not None
            assert caught.value.until - provider.clock.now() == pytest.approx(pause, abs=20)
            provider.clock.jump(pause)

    asyncio.run(story())


def test_what_shows_that_the_provider_has_answered() -> None:
    assert answered(Response(model="model-1"))
    assert answered(Delta(text="so"))
    assert not answered(Response(model="<synthetic>"))
    assert not answered(Output(text="starting"), "claude-stream-json")
    assert answered(Output(text="starting"), "text")
