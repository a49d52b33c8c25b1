"""Entries of a transcript as plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from factory.entry import (
    AnyEntry,
    Finished,
    Origin,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
)
from tui.text import took

_SPEAKERS = {
    Origin.TASK: "task",
    Origin.DEVELOPER: "you",
    Origin.GUARDRAILS: "guardrails",
    Origin.CONFLICT: "conflict",
    Origin.ENGINE: "factory",
}


def spoken(entry: AnyEntry) -> Iterator[str]:
    """What an entry says, as texts of one or more lines (foreign text, not yet cleaned).

    Deltas and usage say nothing: the response that follows holds the whole text.
    """
    match entry:
        case Response():
            for block in entry.content:
                if block.get("type") == "text" and block.get("text"):
                    yield str(block["text"])
        case ToolResult():
            if entry.text:
                yield _indented(entry.text)
            yield f"  {_outcome(entry)}"
        case _:
            if said := _said(entry):
                yield said


def _said(entry: AnyEntry) -> str:
    match entry:
        case Prompt():
            return f"{_SPEAKERS[entry.origin]}> {entry.text}"
        case ToolCall():
            return f"$ {entry.name}: {entry.text}"
        case Output():
            return entry.text.removesuffix("\n")
        case Question():
            return f"? {entry.text}"
        case Finished():
            return f"done> {entry.handoff.summary}"
        case Remark():
            return f"· {entry.text}"
        case _:
            return ""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.removesuffix("\n").split("\n"))


def _outcome(result: ToolResult) -> str:
    if result.interrupted:
        return "interrupted"
    code = "" if result.exit_code is None else f"exit {result.exit_code} · "
    return f"{'failed · ' if result.failed else ''}{code}{took(result.seconds)}"
