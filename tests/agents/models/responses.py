"""OpenAI's Responses API: what Codex asks."""

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
    for item in asked["input"]:
        match item.get("type", "message"):
            case "message" if item["role"] in ("user", "assistant"):
                parts.append((item["role"], text(words_of(item["content"]))))
            case "function_call":
                parts.append(("assistant", call(item["name"], item["arguments"])))
            case "custom_tool_call":
                parts.append(("assistant", call(item["name"], item["input"])))
            case "function_call_output" | "custom_tool_call_output":
                parts.append(("user", result(item["output"])))
            case _:
                pass
    tools = []
    for tool in asked.get("tools") or ():
        match tool["type"]:
            case "function":
                tools.append(Tool(name=tool["name"], schema=tool.get("parameters") or {}))
            case "custom":
                tools.append(Tool(name=tool["name"], free=True))
            case _:
                pass
    return Asked(
        model=asked["model"],
        messages=conversation(parts),
        tools=tuple(tools),
        stream=bool(asked.get("stream")),
    )


def whole(said: Said, asked: Asked) -> Json:
    """The answer in one piece."""
    return {
        "id": f"resp_{said.number}",
        "object": "response",
        "created_at": 1_800_000_000,
        "model": asked.model,
        "status": "completed",
        "output": list(_items(said, asked)),
        "usage": {
            "input_tokens": said.input + said.cached,
            "input_tokens_details": {"cached_tokens": said.cached},
            "output_tokens": said.output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said.input + said.cached + said.output,
        },
    }


def stream(said: Said, asked: Asked) -> Iterator[bytes]:
    """The answer as server-sent events."""
    done = whole(said, asked)
    begun = {**done, "status": "in_progress", "output": [], "usage": None}
    yield event({"type": "response.created", "response": begun})
    for index, item in enumerate(done["output"]):
        kind = item["type"]
        place = {"output_index": index, "item_id": item["id"]}
        empty: Json = {"content": []} if kind == "message" else {"arguments": ""}
        open_item = {**item, **empty, "status": "in_progress"}
        added = {"type": "response.output_item.added", "output_index": index, "item": open_item}
        yield event(added)
        if kind == "message":
            for piece in pieces(said.text):
                delta = {"type": "response.output_text.delta", **place, "content_index": 0}
                yield event({**delta, "delta": piece})
        yield event({"type": "response.output_item.done", "output_index": index, "item": item})
    yield event({"type": "response.completed", "response": done})


def error(status: int, kind: str, said: str) -> Json:
    """A refusal's body."""
    return {"error": {"message": said, "type": kind, "param": None, "code": kind}}


def _items(said: Said, asked: Asked) -> Iterator[Json]:
    free = {tool.name for tool in asked.tools if tool.free}
    if said.text:
        content = {"type": "output_text", "text": said.text, "annotations": []}
        yield {
            "type": "message",
            "id": f"msg_{said.number}",
            "role": "assistant",
            "status": "completed",
            "content": [content],
        }
    for at, made in enumerate(said.calls):
        named = {"call_id": made["id"], "name": made["name"], "status": "completed"}
        if made["name"] in free:
            item = {"type": "custom_tool_call", "input": made["input"]["text"]}
        else:
            item = {"type": "function_call", "arguments": json_of(made["input"])}
        yield {"id": f"fc_{said.number}_{at}", **named, **item}
