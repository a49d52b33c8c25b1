"""An endpoint at the network's edge that answers what a test tells it to, and keeps what it got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from factory.agents.loopback import Loopback

Block = dict[str, Any]
Reply = Callable[[], Response]


@dataclass
class Scripted:
    """Answers in order; the last one again and again."""

    replies: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        routes = [Route("/v1/messages", self._answer, methods=["POST"])]
        async with Loopback(Starlette(routes=routes)) as url:
            yield url

    async def _answer(self, request: Request) -> Response:
        self.asked.append(await request.json())
        return self.replies[min(len(self.asked), len(self.replies)) - 1]()

    def told(self, number: int = -1) -> list[Block]:
        """The blocks of the newest user message of a request."""
        blocks: list[Block] = self.asked[number]["messages"][-1]["content"]
        return blocks


def says(text: str, stop: str = "end_turn") -> Reply:
    return answers({"type": "text", "text": text}, stop=stop)


def calls(name: str, call: str = "call", stop: str = "tool_use", **given: Any) -> Reply:
    return answers({"type": "tool_use", "id": call, "name": name, "input": given}, stop=stop)


def bash(command: str, call: str = "call", **given: Any) -> Reply:
    return calls("bash", call, command=command, **given)


def done(summary: str = "done") -> Reply:
    return calls("handoff", summary=summary)


def answers(*blocks: Block, stop: str = "tool_use", tokens: int = 1000) -> Reply:
    return raw(events(*blocks, stop=stop, tokens=tokens))


def cut_off(*blocks: Block, keep: int = 3) -> Reply:
    """The first events of an answer, and then the end of the connection."""
    whole = events(*blocks, stop="end_turn", tokens=1000)
    return raw(b"\n\n".join(whole.split(b"\n\n")[:keep]) + b"\n\n")


def raw(body: bytes, media: str = "text/event-stream") -> Reply:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    return lambda: StreamingResponse(stream(), media_type=media)


def drip(*pieces: bytes, pause: float = 0.0) -> Reply:
    """Piece by piece, with a pause of seconds after each."""

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(pause)

    return lambda: StreamingResponse(stream(), media_type="text/event-stream")


def refuses(status: int, kind: str, said: str = "no", **headers: str) -> Reply:
    body = msgspec.json.encode({"type": "error", "error": {"type": kind, "message": said}})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: Response(body, status, named, "application/json")


def event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + msgspec.json.encode({"type": kind, **data}) + b"\n\n"


def events(*blocks: Block, stop: str, tokens: int) -> bytes:
    usage = {"input_tokens": tokens, "cache_read_input_tokens": 500, "output_tokens": 1}
    message: Block = {
        "id": "msg",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-sonnet-5-5",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    parts = [event("message_start", message=message)]
    for index, block in enumerate(blocks):
        empty, delta = block, None
        match block["type"]:
            case "text":
                empty = {**block, "text": ""}
                delta = {"type": "text_delta", "text": block["text"]}
            case "tool_use":
                empty = {**block, "input": {}}
                given = msgspec.json.encode(block["input"]).decode()
                delta = {"type": "input_json_delta", "partial_json": given}
        parts.append(event("content_block_start", index=index, content_block=empty))
        if delta:
            parts.append(event("content_block_delta", index=index, delta=delta))
        parts.append(event("content_block_stop", index=index))
    ended = {"stop_reason": stop, "stop_sequence": None}
    parts.append(event("message_delta", delta=ended, usage={"output_tokens": 100}))
    parts.append(event("message_stop"))
    return b"".join(parts)
