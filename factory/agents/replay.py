"""The `replay` runtime: our own loop against a recording that is served as the Messages API.

The server keeps nothing: it finds the place in the recording from the conversation it is sent. So
the same loop runs against it as against a real model, and goes on after `kill -9` of either.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from factory.agents.base import Desk
from factory.agents.claude import Claude
from factory.agents.conversation import Block, Message
from factory.agents.loopback import Loopback
from factory.agents.recording import Answer, RecordedUsage, Recording, answer, load
from factory.config import AgentSpec
from factory.entry import AnyEntry
from factory.ledger import Prices

PIECE = 12
"""Characters of text in one event; of a tool's input, twenty times as many."""
CHARACTERS_A_TOKEN = 4


class ReplayServer:
    """The Messages API on the loopback, answered from a recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        routes = [
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", self._count, methods=["POST"]),
        ]
        self._loopback = Loopback(Starlette(routes=routes))

    async def start(self) -> str:
        """Listen, and return the base URL."""
        return await self._loopback.start()

    async def stop(self) -> None:
        """Listen no more; answers that are being given end."""
        await self._loopback.stop()

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _messages(self, request: Request) -> Response:
        asked = await request.json()
        played = answer(self._recording, asked["messages"])
        events = _events(played, asked, self._recording.speed)
        return StreamingResponse(events, media_type="text/event-stream")

    async def _count(self, request: Request) -> Response:
        return JSONResponse({"input_tokens": len(await request.body()) // CHARACTERS_A_TOKEN})


class Replay:
    """The `replay` runtime; `recording` names a file, the demo's where it is empty."""

    def __init__(self, prices: Prices, recording: str = "") -> None:
        self._claude = Claude(prices)
        self._recording = recording

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Work as `claude` does. Raises AgentError, SandboxError."""
        async with ReplayServer(load(recording_path(self._recording))) as url:
            spec: AgentSpec = msgspec.structs.replace(desk.spec, base_url=url)
            desk = msgspec.structs.replace(desk, spec=spec, key="recorded")
            async with aclosing(self._claude.work(desk)) as entries:
                async for entry in entries:
                    yield entry


def recording_path(name: str) -> Path:
    """Where a recording lies; the demo's for an empty name."""
    if name:
        return Path(name).expanduser()
    return Path(str(resources.files("factory.demo").joinpath("recording.toml")))


async def _events(played: Answer, asked: dict[str, Any], speed: float) -> AsyncIterator[bytes]:
    """The answer as server-sent events, at the recording's pace."""
    usage = played.step.usage or _usage(played, asked["messages"])
    beat = played.step.delay / speed if speed > 0 else 0.0
    await asyncio.sleep(played.step.pause / speed if speed > 0 else 0.0)
    message = {
        "id": f"msg_{len(asked['messages'])}",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": asked["model"],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input,
            "cache_read_input_tokens": usage.cached,
            "output_tokens": 1,
        },
    }
    yield _event("message_start", message=message)
    for index, (block, deltas) in enumerate(_blocks(played)):
        yield _event("content_block_start", index=index, content_block=block)
        for delta in deltas:
            yield _event("content_block_delta", index=index, delta=delta)
            await asyncio.sleep(beat)
        yield _event("content_block_stop", index=index)
    stop = "tool_use" if played.calls else "end_turn"
    delta = {"stop_reason": stop, "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": usage.output})
    yield _event("message_stop")


def _blocks(played: Answer) -> list[tuple[Block, list[Block]]]:
    """Each content block as it begins, with the deltas that fill it."""
    blocks: list[tuple[Block, list[Block]]] = []
    if think := played.step.think:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(think, PIECE)]
        deltas.append({"type": "signature_delta", "signature": "recorded"})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if say := played.step.say:
        deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(say, PIECE)]
        blocks.append(({"type": "text", "text": ""}, deltas))
    for call in played.calls:
        given = msgspec.json.encode(call["input"]).decode()
        pieces = _pieces(given, 20 * PIECE)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        blocks.append(({**call, "input": {}}, deltas))
    return blocks


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _event(kind: str, **data: Any) -> bytes:
    body = msgspec.json.encode({"type": kind, **data})
    return b"event: " + kind.encode() + b"\ndata: " + body + b"\n\n"


def _usage(played: Answer, messages: Sequence[Message]) -> RecordedUsage:
    """Tokens that a model might have taken: the newest message is new, the rest was cached."""
    sizes = [len(msgspec.json.encode(message)) // CHARACTERS_A_TOKEN for message in messages]
    said = len(played.step.think + played.step.say) + len(msgspec.json.encode(played.calls))
    return RecordedUsage(
        input=sum(sizes[-1:]), cached=sum(sizes[:-1]), output=said // CHARACTERS_A_TOKEN
    )
