"""A model on the loopback that talks as `talker` does: `python -m tests.bench.talkingmodel`.

It prints its URL. Each answer is a turn of talk and a shell command that writes down the words it
was told; once it has heard as many as WORDS says, it hands the work over.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from factory.agents.loopback import Loopback
from tests.agents.models import anthropic
from tests.agents.models.conversation import Json, Said
from tests.agents.models.events import event
from tests.bench.talker import RATE, TURN, WORD, line

_BEAT = 0.05


def said(asked: Json, words: int) -> Said:
    """What it does after it has talked."""
    number = len(asked["messages"])
    heard = [word for message in asked["messages"] for word in _told(message)]
    answered = [at for at, one in enumerate(asked["messages"]) if one["role"] == "assistant"]
    new = asked["messages"][answered[-1] + 1 if answered else 0 :]
    lines = [word for message in new for word in _told(message)]
    if len(set(heard)) >= words and not lines:
        call = {"name": "handoff", "input": {"summary": "Talked."}}
    else:
        command = f"printf '%s\\n' {' '.join(lines)} >> heard-{lines[0]}.txt" if lines else "true"
        call = {"name": "bash", "input": {"command": command}}
    block = {"type": "tool_use", "id": f"call_{number}", **call}
    return Said(calls=(block,), input=100, output=50, number=number)


def _told(message: Json) -> Iterator[str]:
    """The words in what the developer said; what a tool printed is not said by anybody."""
    if message["role"] != "user":
        return
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for block in blocks:
        if block["type"] == "text":
            yield from WORD.findall(block["text"])


async def talk(asked: Json, words: int) -> AsyncIterator[bytes]:
    """One answer, as it streams."""
    then = list(anthropic.stream(said(asked, words), anthropic.read(asked)))
    yield then[0]
    text: Json = {"type": "text", "text": ""}
    yield event({"type": "content_block_start", "index": 0, "content_block": text})
    begun, told = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < TURN / 2:
        while told < passed * RATE:
            delta = {"type": "text_delta", "text": line(told)}
            yield event({"type": "content_block_delta", "index": 0, "delta": delta})
            told += 1
        await asyncio.sleep(_BEAT)
    yield event({"type": "content_block_stop", "index": 0})
    for made in then[1:]:  # the call is the second block
        yield made.replace(b'"index":0', b'"index":1')


async def serve(words: int) -> None:
    """Listen until killed."""

    async def messages(request: Request) -> Response:
        return StreamingResponse(talk(await request.json(), words), media_type="text/event-stream")

    async def count(request: Request) -> Response:
        return JSONResponse({"input_tokens": 100})

    routes = [
        Route("/v1/messages", messages, methods=["POST"]),
        Route("/v1/messages/count_tokens", count, methods=["POST"]),
    ]
    async with Loopback(Starlette(routes=routes)) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
