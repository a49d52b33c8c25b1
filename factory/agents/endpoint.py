"""One request to an endpoint that speaks the Messages API: streamed, repeated, its errors told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from factory.agents.base import Desk
from factory.agents.breaker import Turn
from factory.agents.clients import connect, unsigned
from factory.agents.conversation import Block, Message, cached
from factory.agents.setbacks import (
    GAVE_UP,
    LONG,
    WAITS,
    BrokenOffError,
    EndlessError,
    Setback,
    SilentError,
    setback,
)
from factory.awake import Limit
from factory.endpoints import Takes, service_named
from factory.entry import Delta, Remark, Response, Usage
from factory.ledger import Price, Tokens, spend
from factory.model import Spend, Struct

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.lib.streaming import ParsedMessageStreamEvent
    from anthropic.types.parsed_message import ParsedMessage

T = TypeVar("T")

DELTA_SECONDS = 0.1
"""How long text is gathered before the screen gets it."""
_CACHED = {"type": "ephemeral"}
BYTES_A_TOKEN = 2
"""Fewer than tokenizers make of code and prose, so that an estimate is not too low."""
LONGEST_TOKEN = 64
"""Characters; an answer of more for each token that it may have is none."""


class Ask(Struct):
    """One request, as the Messages API spells it."""

    system: str
    messages: Sequence[Message]
    tools: Sequence[Block]

    @property
    def tokens(self) -> int:
        """No fewer tokens than it carries, judged by its size."""
        return len(msgspec.json.encode(self)) // BYTES_A_TOKEN


class Endpoint:
    """A client to one endpoint, for one attempt; `async with` opens and closes it."""

    def __init__(self, desk: Desk, price: Price | None, waits: Sequence[float] = WAITS) -> None:
        self._desk = desk
        self._spec = desk.spec
        self._key = desk.key
        self._price = price
        self._now = desk.now
        self._waits = waits
        self._service = service_named(desk.spec.endpoint)
        self._takes = self._service.takes
        self._host = ""
        self._client: AsyncAnthropic | None = None

    async def __aenter__(self) -> Self:
        self._client = await connect(self._spec, self._key)
        host = urlsplit(str(self._client.base_url)).netloc
        self._host = f"{self._service.title} ({host})" if self._spec.endpoint else host
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def answer(
        self, ask: Ask, reserve: Callable[[], None], given_up: int = 0
    ) -> AsyncGenerator[Delta | Remark | Usage | Response, None]:
        """Yield text as it streams, and last the whole `Response`.

        A `Usage` counts what an answer cost that broke off. `reserve` is called before each try;
        `given_up` says how often in a row it was given up before. Raises AgentError.
        """
        for attempt in range(len(self._waits) + 1):
            answer = _Answer()
            async with self._desk.breaker.turn() as turn:
                reserve()
                try:
                    async with aclosing(self._stream(ask, answer, turn)) as deltas:
                        async for delta in deltas:
                            yield delta
                    self._desk.breaker.proven = True
                    yield self._response(answer)
                    return
                except Exception as error:
                    failed, cause = self._setback(error), error
                if (lost := self._spend(answer)).tokens:
                    yield Usage(at=self._now(), spend=lost)
                else:
                    self._desk.release()
                pause = self._pause(turn, failed, given_up)
            wait = failed.wait(self._waits, attempt)
            if wait is None or pause > LONG:
                yield Remark(at=self._now(), text=GAVE_UP + failed.what)
                raise failed.error(self._now(), given_up, pause) from cause
            wait = max(wait, pause)
            yield Remark(at=self._now(), text=f"{failed.what}; trying again in {wait:.0f} s")
            await self._desk.clock.sleep(wait)

    def _setback(self, error: Exception) -> Setback:
        proven = self._desk.breaker.proven or any(
            isinstance(entry, Response) for entry in self._desk.history
        )
        if (failed := unsigned(error, self._spec)) is not None:
            return failed
        return setback(error, self._host, self._spec, self._now(), proven=proven)

    def _pause(self, turn: Turn, failed: Setback, given_up: int) -> float:
        """Seconds in which nobody asks the endpoint: none for what says nothing of the others."""
        if failed.again and not failed.sat_out:
            return turn.refuses(failed, given_up)
        turn.answers()
        return 0.0

    async def _stream(self, ask: Ask, answer: _Answer, turn: Turn) -> AsyncGenerator[Delta, None]:
        """One try: text as it comes, the rest into `answer`. Raises what the SDK raises."""
        assert self._client is not None
        clock = asyncio.get_running_loop().time
        gathered = _Gathered(clock())
        async with AsyncExitStack() as opened:
            manager = self._client.messages.stream(**self._request(ask))
            stream = await self._patiently(opened.enter_async_context(manager))
            while (event := await self._patiently(anext(stream, None))) is not None:
                turn.answers()
                answer.message = stream.current_message_snapshot
                answer.request = stream.request_id or ""
                for text, thought in gathered.take(event, clock()):
                    yield Delta(at=self._now(), text=clean(text), thought=thought)
                if gathered.characters > LONGEST_TOKEN * self.max_tokens:
                    raise EndlessError
        if answer.message is None:
            raise ValueError("no message came")
        if answer.message.stop_reason is None:
            raise BrokenOffError

    async def _patiently(self, coming: Awaitable[T]) -> T:
        """What is awaited, if it comes in time. A ping is a sign of life, and none of work."""
        try:
            async with Limit(self._spec.patience):
                return await coming
        except TimeoutError:
            raise SilentError(self._spec.patience) from None

    def _request(self, ask: Ask) -> dict[str, Any]:
        """The arguments of `messages.stream`."""
        system: Block = {"type": "text", "text": ask.system}
        caches = Takes.CACHE in self._takes
        request: dict[str, Any] = {
            "model": self._spec.model,
            "max_tokens": self.max_tokens,
            "system": [{**system, "cache_control": _CACHED} if caches else system],
            "messages": cached(ask.messages) if caches else list(ask.messages),
        }
        if ask.tools:
            request["tools"] = list(ask.tools)
        if self._price is not None and self._price.adaptive and Takes.THINKING in self._takes:
            request["thinking"] = {"type": "adaptive", "display": "summarized"}
        if self._spec.effort and Takes.EFFORT in self._takes:
            request["output_config"] = {"effort": self._spec.effort}
        return request

    @property
    def max_tokens(self) -> int:
        """Most output tokens of one answer."""
        most = self._price.max_output if self._price else self._spec.max_tokens
        return min(self._spec.max_tokens, most)

    def _response(self, answer: _Answer) -> Response:
        message = answer.message
        assert message is not None
        return Response(
            at=self._now(),
            content=tuple(clean(block(part, at)) for at, part in enumerate(message.content)),
            stop=message.stop_reason or "",
            model=message.model or "",
            spend=self._spend(answer),
            request=answer.request,
        )

    def _spend(self, answer: _Answer) -> Spend:
        counted = spend(self._price, answer.tokens)
        return structs.replace(counted, usd=None) if self._spec.subscription else counted


class _Answer:
    """What has come of an answer so far; the SDK fills the message as it streams."""

    def __init__(self) -> None:
        self.message: ParsedMessage[Any] | None = None
        self.request = ""

    @property
    def tokens(self) -> Tokens:
        """What has been counted of it."""
        usage = getattr(self.message, "usage", None)
        return Tokens(
            input=getattr(usage, "input_tokens", 0) or 0,
            output=getattr(usage, "output_tokens", 0) or 0,
            cache_read=getattr(usage, "cache_read_input_tokens", 0) or 0,
            cache_write=getattr(usage, "cache_creation_input_tokens", 0) or 0,
        )


class _Gathered:
    """Text and thought as they stream, given on some ten times a second."""

    def __init__(self, at: float) -> None:
        self._text = ""
        self._thought = False
        self._given = at
        self.characters = 0
        """Of text, thought and the input of tools, so far."""

    def take(self, event: ParsedMessageStreamEvent, at: float) -> Iterator[tuple[str, bool]]:
        """What is due of the text so far, with whether it is thought; `at` is in seconds."""
        piece, thought = "", self._thought
        if event.type == "text":
            piece, thought = event.text, False
        elif event.type == "thinking":
            piece, thought = event.thinking, True
        elif event.type == "input_json":
            self.characters += len(event.partial_json)
        self.characters += len(piece)
        ends = event.type == "content_block_stop" or thought is not self._thought
        if self._text and (ends or at - self._given >= DELTA_SECONDS):
            yield self._text, self._thought
            self._text, self._given = "", at
        self._text += piece
        self._thought = thought


def block(part: Any, at: int) -> Block:
    """A content block of an answer as the API takes it back; `at` is its place in the answer."""
    match part.type:
        case "text":
            return {"type": "text", "text": part.text}
        case "thinking":
            return {"type": "thinking", "thinking": part.thinking, "signature": part.signature}
        case "tool_use":
            # A gateway may leave out ids; a result needs one to answer to.
            given = part.input if isinstance(part.input, dict) else {}
            name = part.id or f"call_{at}"
            return {"type": "tool_use", "id": name, "name": part.name, "input": given}
        case _:
            return cast(Block, part.to_dict(mode="json", exclude_none=True))


def clean(value: Any) -> Any:
    """A JSON value without what cannot be written as UTF-8 or as a number of 64 bits."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {clean(name): clean(inner) for name, inner in value.items()}
        case list() | tuple():
            return [clean(inner) for inner in value]
        case int() if abs(value) >= 1 << 63:
            return str(value)
        case _:
            return value
