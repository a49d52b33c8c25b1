"""The Messages API: what Claude Code asks, streamed or not."""

from __future__ import annotations

from collections.abc import Iterator

from tests.agents.models.conversation import (
    Asked,
    Json,
    Said,
    Tool,
    call,
    conversation,
    result,
    text,
    words_of,
)
from tests.agents.models.events import event, json_of, pieces


def read(asked: Json) -> Asked:
    """What was asked."""
    parts = []
    for message in asked["messages"]:
        content = message["content"]
        blocks = [text(content)] if isinstance(content, str) else content
        for block in blocks:
            match block["type"]:
                case "tool_use":
                    parts.append((message["role"], call(block["name"], block["input"])))
                case "tool_result":
                    parts.append((message["role"], result(words_of(block.get("content")))))
                case "text" if message["role"] in ("user", "assistant"):
                    parts.append((message["role"], text(block["text"])))
                case _:
                    pass
    tools = [
        Tool(name=str(tool["name"]), schema=tool["input_schema"])
        for tool in asked.get("tools") or ()
        if "input_schema" in tool
    ]
    return Asked(
        model=asked["model"],
        messages=conversation(parts),
        tools=tuple(tools),
        stream=bool(asked.get("stream")),
    )


def whole(said: Said, asked: Asked) -> Json:
    """The answer in one piece."""
    content: list[Json] = [text(said.text)] if said.text else []
    return {
        "id": f"msg_{said.number}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [*content, *said.calls],
        "stop_reason": "tool_use" if said.calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": said.input,
            "cache_read_input_tokens": said.cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": said.output,
        },
    }


def stream(said: Said, asked: Asked) -> Iterator[bytes]:
    """The answer as server-sent events."""
    message = whole(said, asked)
    begun = {**message, "content": [], "stop_reason": None}
    begun["usage"] = {**message["usage"], "output_tokens": 1}
    yield event({"type": "message_start", "message": begun})
    for index, (block, deltas) in enumerate(_blocks(said)):
        yield event({"type": "content_block_start", "index": index, "content_block": block})
        for delta in deltas:
            yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": said.output}
    yield event({"type": "message_delta", "delta": ended, "usage": usage})
    yield event({"type": "message_stop"})


def _blocks(said: Said) -> Iterator[tuple[Json, list[Json]]]:
    if said.thought:
        deltas: list[Json] = [
            {"type": "thinking_delta", "thinking": piece} for piece in pieces(said.thought)
        ]
        signed = {"type": "signature_delta", "signature": "recorded"}
        yield {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
    if said.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(said.text)]
        yield text(""), deltas
    for made in said.calls:
        given = pieces(json_of(made["input"]))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in given]
        yield {**made, "input": {}}, deltas


def error(status: int, kind: str, said: str) -> Json:
    """A refusal's body."""
    return {
        "type": "error",
        "error": {"type": kind, "message": said},
        "request_id": f"req_{status}",
    }
