"""OpenAI's Chat Completions: what Qwen Code, OpenCode and Mistral Vibe ask."""

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
        match message["role"]:
            case "user":
                parts.append(("user", text(words_of(message.get("content")))))
            case "tool":
                parts.append(("user", result(words_of(message.get("content")))))
            case "assistant":
                if words := words_of(message.get("content")):
                    parts.append(("assistant", text(words)))
                for made in message.get("tool_calls") or ():
                    function = made["function"]
                    parts.append(("assistant", call(function["name"], function["arguments"])))
            case _:
                pass
    functions = [tool["function"] for tool in asked.get("tools") or () if "function" in tool]
    return Asked(
        model=asked["model"],
        messages=conversation(parts),
        tools=tuple(Tool(name=f["name"], schema=f.get("parameters") or {}) for f in functions),
        stream=bool(asked.get("stream")),
    )


def whole(said: Said, asked: Asked) -> Json:
    """The answer in one piece."""
    message: Json = {"role": "assistant", "content": said.text or None}
    if said.calls:
        message["tool_calls"] = [_call(made) for made in said.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish(said)}
    return {**_frame(said, asked, "chat.completion"), "choices": [choice], "usage": _usage(said)}


def stream(said: Said, asked: Asked) -> Iterator[bytes]:
    """The answer as server-sent events."""
    frame = _frame(said, asked, "chat.completion.chunk")

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**frame, "choices": [choice]}, named=False)

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(said.thought):
        yield chunk({"reasoning_content": piece})
    for piece in pieces(said.text):
        yield chunk({"content": piece})
    for index, made in enumerate(said.calls):
        whole_call = _call(made)
        function = whole_call["function"]
        empty = {"name": function["name"], "arguments": ""}
        yield chunk({"tool_calls": [{**whole_call, "index": index, "function": empty}]})
        for piece in pieces(function["arguments"]):
            delta = {"index": index, "function": {"arguments": piece}}
            yield chunk({"tool_calls": [delta]})
    yield chunk({}, _finish(said))
    yield event({**frame, "choices": [], "usage": _usage(said)}, named=False)
    yield b"data: [DONE]\n\n"


def error(status: int, kind: str, said: str) -> Json:
    """A refusal's body."""
    return {"error": {"message": said, "type": kind, "param": None, "code": kind}}


def _call(made: Json) -> Json:
    function = {"name": made["name"], "arguments": json_of(made["input"])}
    return {"id": made["id"], "type": "function", "function": function}


def _finish(said: Said) -> str:
    return "tool_calls" if said.calls else "stop"


def _frame(said: Said, asked: Asked, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{said.number}",
        "object": kind,
        "created": 1_800_000_000,
        "model": asked.model,
    }


def _usage(said: Said) -> Json:
    return {
        "prompt_tokens": said.input + said.cached,
        "completion_tokens": said.output,
        "total_tokens": said.input + said.cached + said.output,
        "prompt_tokens_details": {"cached_tokens": said.cached},
    }
