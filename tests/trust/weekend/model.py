"""The model of the weekend: it works, asks, loops, fails as told, and bills each answer."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from factory.agents.loopback import Loopback
from factory.ledger import Tokens, prices, spend
from factory.model import Struct
from tests.agents.scripted import Block, events, refuses

MODEL = "claude-sonnet-5-5"
OUTPUT, CACHED = 100, 500
"""What `scripted.events` says of each answer."""


class Kind(StrEnum):
    """What a task will come to, if nothing comes between."""

    GOOD = "good"
    RED = "red"
    ASKS = "asks"
    LOOPS = "loops"
    COSTLY = "costly"


class Mood(StrEnum):
    """How the endpoint treats whoever asks it."""

    WELL = "well"
    BUSY = "busy"
    LIMITED = "limited"
    CUTS = "cuts"
    NONSENSE = "nonsense"
    SILENT = "silent"


class Bill(Struct):
    """What one answer cost, as the provider counts."""

    task: str
    at: float
    usd: float


class Model:
    """The endpoint. `think` are the real seconds that an answer takes; `limit` those, by the clock,
    for which it sends everybody away in the mood for it.
    """

    def __init__(
        self, now: Callable[[], float], think: float, limit: float, chance: random.Random
    ) -> None:
        self._now = now
        self._think = think
        self._limit = limit
        self._chance = chance
        self.mood = Mood.WELL
        self.bills: list[Bill] = []
        self.requests = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its base URL."""
        routes = [Route("/v1/messages", self._answer, methods=["POST"])]
        async with Loopback(Starlette(routes=routes)) as url:
            yield url

    async def _answer(self, request: Request) -> Response:
        asked = await request.json()
        self.requests += 1
        match self.mood:
            case Mood.BUSY:
                return refuses(529, "overloaded_error", "Overloaded")()
            case Mood.LIMITED:
                return refuses(429, "rate_limit_error", retry_after=str(self._limit))()
            case Mood.NONSENSE:
                return Response(b"<html>Bad Gateway</html>", media_type="text/html")
            case Mood.SILENT:
                return StreamingResponse(self._silence(), media_type="text/event-stream")
            case _:
                size = len(await request.body())
                tokens = self._chance.randrange(size // 8, size // 3)
                body = self._stream(asked["messages"], tokens, cut=self.mood is Mood.CUTS)
                return StreamingResponse(body, media_type="text/event-stream")

    async def _silence(self) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async def _stream(
        self, messages: list[Block], tokens: int, *, cut: bool
    ) -> AsyncIterator[bytes]:
        """An answer; billed from its first word on, and whole before its last."""
        title = _title(messages)
        whole = events(_step(title, _turns(messages)), stop="tool_use", tokens=tokens)
        begun, rest = whole.split(b"event: content_block_start", 1)
        self.bills.append(Bill(task=title, at=self._now(), usd=_price(tokens, 1)))
        number = len(self.bills) - 1
        yield begun
        await asyncio.sleep(self._think * self._chance.uniform(0.5, 1.5))
        if not cut:
            bill = Bill(task=title, at=self._now(), usd=_price(tokens, OUTPUT))
            self.bills[number] = bill
            yield b"event: content_block_start" + rest


def _price(tokens: int, output: int) -> float:
    usd = spend(prices().of(MODEL), Tokens(input=tokens, output=output, cache_read=CACHED)).usd
    assert usd is not None
    return usd


def _title(messages: list[Block]) -> str:
    content: Any = messages[0]["content"]
    text = content if isinstance(content, str) else "".join(b.get("text", "") for b in content)
    found = re.search(r"^Task: (\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def _turns(messages: list[Block]) -> int:
    return sum(message["role"] == "assistant" for message in messages)


def _step(title: str, turn: int) -> Block:
    """What it does in a turn at a task, whose kind is the beginning of its title."""
    kind = title.partition("-")[0]
    call = f"toolu_{turn}"
    if kind == Kind.LOOPS:
        return _call(call, "bash", command="true")
    if kind == Kind.COSTLY:
        return _call(call, "bash", command=f"echo {turn} >> out/{title}.txt")
    if kind == Kind.ASKS and turn == 1:
        return _call(call, "ask", question="Which of the two?")
    if turn == 0:
        name = "bad.txt" if kind == Kind.RED else f"out/{title}.txt"
        return _call(call, "bash", command=f"mkdir -p out; echo {title} > {name}")
    if turn == 1:
        return _call(call, "bash", command="ls out; git status --short")
    return _call(call, "handoff", summary=f"{title} is written.")


def _call(call: str, tool: str, **given: str) -> Block:
    return {"type": "tool_use", "id": call, "name": tool, "input": given}
