"""What an attempt said and did: the entries of its transcript, one JSON object a line.

`Delta` is for the screen only (text as it streams). `Response` and `ToolResult` are the agent's
state: the conversation is rebuilt from them and from `Prompt`, and nothing else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from factory.model import Handoff, Spend, Struct


class Origin(StrEnum):
    """Who a prompt comes from."""

    TASK = "task"
    DEVELOPER = "developer"
    GUARDRAILS = "guardrails"
    CONFLICT = "conflict"
    ENGINE = "engine"


class Entry(Struct, tag=True):
    """Base of all entries; `at` is when it was written."""

    at: float = 0.0


class Prompt(Entry):
    """Something said to the agent: the task, feedback, an answer, steering."""

    text: str = ""
    origin: Origin = Origin.TASK


class Delta(Entry):
    """A piece of text or thought as it streams in."""

    text: str = ""
    thought: bool = False


class Response(Entry):
    """A whole answer of the model, on disk before any of its tools run."""

    content: tuple[dict[str, Any], ...] = ()
    """Content blocks as the Messages API takes them back."""
    stop: str = ""
    model: str = ""
    spend: Spend = Spend()
    request: str = ""


class ToolCall(Entry):
    """A tool is about to run."""

    id: str = ""
    name: str = ""
    text: str = ""
    """The command, or one line such as `edit src/auth.py`."""


class ToolResult(Entry):
    """What a tool gave back: whole for the screen, cut for the model."""

    id: str = ""
    text: str = ""
    shown: str = ""
    """What the model gets, where that is shorter than `text`."""
    exit_code: int | None = None
    seconds: float = 0.0
    interrupted: bool = False
    failed: bool = False


class Output(Entry):
    """Raw output of a `command` agent."""

    text: str = ""


class Usage(Entry):
    """Tokens and money that a foreign agent program reports."""

    spend: Spend = Spend()


class Question(Entry):
    """The agent asks; the task parks until it is answered."""

    text: str = ""
    id: str = ""
    options: tuple[str, ...] = ()
    """The answers that the agent offers, in words; others than these may be given too."""


class Finished(Entry):
    """The agent says it is done. A claim."""

    handoff: Handoff = Handoff()


class Remark(Entry):
    """A word of the engine's: resumed, snapshot 3, guardrails are running."""

    text: str = ""


AnyEntry = (
    Prompt
    | Delta | Response | ToolCall | ToolResult
    | Output | Usage | Question | Finished | Remark
)  # fmt: skip
