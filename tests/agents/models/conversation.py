"""What a form has understood of a request, and what it is to say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import field

from factory.agents.conversation import Block, Message
from factory.agents.recording import TASK
from factory.model import Struct

Json = dict[str, Any]


class Tool(Struct):
    """A tool that the program offers."""

    name: str
    schema: Json = field(default_factory=dict)
    """JSON Schema of its input."""
    free: bool = False
    """It takes a text as it is, not JSON."""


class Asked(Struct):
    """A request, in whichever form it came."""

    model: str
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    stream: bool = True


class Said(Struct):
    """What the model answers."""

    text: str = ""
    thought: str = ""
    calls: tuple[Block, ...] = ()
    """`tool_use` blocks of the program's own tools; of a free tool the input is `{"text": …}`."""
    input: int = 0
    cached: int = 0
    output: int = 0
    number: int = 0
    """How many messages went before: part of every id, so that none comes twice."""


def conversation(parts: Iterable[tuple[str, Block]]) -> tuple[Message, ...]:
    """Blocks with who said them, as messages that take turns; from the task's on.

    What a program says before the task (its folder, today's date) is left out, and so is what it
    lets the model answer to that.
    """
    messages: list[Message] = []
    for role, block in parts:
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"].append(block)
        else:
            messages.append({"role": role, "content": [block]})
    for at, message in enumerate(messages):
        if any(TASK in str(block.get("text", "")) for block in message["content"]):
            return tuple(messages[at:])
    return tuple(messages)


def text(words: object) -> Block:
    """A text block."""
    return {"type": "text", "text": str(words or "")}


def call(name: str, given: object, id: str = "call") -> Block:  # noqa: A002 - the wire's own word
    """A tool call that was made."""
    return {"type": "tool_use", "id": id, "name": name, "input": given}


def result(words: object, id: str = "call_0_0_0") -> Block:  # noqa: A002 - the wire's own word
    """What a tool call came to."""
    return {"type": "tool_result", "tool_use_id": id, "content": str(words)}


def words_of(content: object) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return str(content or "")
