"""Google's generateContent: what Gemini CLI asks."""

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
)
from tests.agents.models.events import event, json_of, pieces


def read(asked: Json, model: str, *, streamed: bool) -> Asked:
    """What was asked."""
    parts = []
    for content in asked["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        for part in content["parts"]:
            match part:
                case {"functionCall": made}:
                    parts.append((role, call(made["name"], made.get("args") or {})))
                case {"functionResponse": came}:
                    parts.append((role, result(json_of(came.get("response")))))
                case {"text": words} if not part.get("thought"):
                    parts.append((role, text(words)))
                case _:
                    pass
    declared = [
        function
        for tool in asked.get("tools") or ()
        for function in tool.get("functionDeclarations") or ()
    ]
    tools = [Tool(name=one["name"], schema=_schema(one)) for one in declared]
    return Asked(model=model, messages=conversation(parts), tools=tuple(tools), stream=streamed)


def _schema(declared: Json) -> Json:
    return declared.get("parametersJsonSchema") or declared.get("parameters") or {}


def whole(said: Said, asked: Asked) -> Json:
    """The answer in one piece."""
    parts = ([{"text": said.text}] if said.text else []) + _calls(said)
    return _chunk(said, asked, parts, last=True)


def stream(said: Said, asked: Asked) -> Iterator[bytes]:
    """The answer as server-sent events."""
    for piece in pieces(said.thought):
        part = {"text": piece, "thought": True}
        yield event(_chunk(said, asked, [part]), named=False)
    for piece in pieces(said.text):
        yield event(_chunk(said, asked, [{"text": piece}]), named=False)
    yield event(_chunk(said, asked, _calls(said), last=True), named=False)


def error(status: int, kind: str, said: str) -> Json:
    """A refusal's body."""
    return {"error": {"code": status, "message": said, "status": kind}}


def _calls(said: Said) -> list[Json]:
    return [
        {"functionCall": {"id": made["id"], "name": made["name"], "args": made["input"]}}
        for made in said.calls
    ]


def _chunk(said: Said, asked: Asked, parts: list[Json], *, last: bool = False) -> Json:
    candidate: Json = {"index": 0, "content": {"role": "model", "parts": parts or [{"text": ""}]}}
    if last:
        candidate["finishReason"] = "STOP"
    return {
        "candidates": [candidate],
        "modelVersion": asked.model,
        "responseId": f"response-{said.number}",
        "usageMetadata": {
            "promptTokenCount": said.input + said.cached,
            "cachedContentTokenCount": said.cached,
            "candidatesTokenCount": said.output,
            "totalTokenCount": said.input + said.cached + said.output,
        },
    }
