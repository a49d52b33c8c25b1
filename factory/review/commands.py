"""The commands that an agent ran, with their true exit codes, read from its transcript. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from factory.model import Struct
from factory.review.entries import Finished, ToolCall, ToolResult
from factory.wire import RanCommand

_TAG = re.compile(rb'\{"type":"(?:ToolCall|ToolResult|Finished)"')
_SHELLS = frozenset({
    "", "bash", "shell", "terminal", "exec", "execute", "run_command", "run_shell_command",
})  # fmt: skip


_Any = ToolCall | ToolResult | Finished
_DECODER: msgspec.json.Decoder[_Any] = msgspec.json.Decoder(_Any)


class Called(Struct):
    """A tool call that came to its end."""

    ran: RanCommand
    shell: bool
    """False for an editor's and other tools' calls."""


def called(lines: Iterable[tuple[int, bytes]], attempt: str) -> Iterator[Called]:
    """The tool calls of one transcript that have a result, in the order of their results."""
    open_: dict[str, ToolCall] = {}
    number = 1
    for _, raw in lines:
        if not _TAG.match(raw):
            continue
        try:
            entry = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # of a newer version, or torn
        match entry:
            case ToolCall():
                open_[entry.id] = entry
            case ToolResult(id=name) if name in open_:
                yield _called(open_[name], entry, number, attempt)
            case Finished():
                number += 1
            case _:
                pass


def _called(call: ToolCall, result: ToolResult, number: int, attempt: str) -> Called:
    ran = RanCommand(
        text=call.text, exit_code=result.exit_code, seconds=result.seconds, round=number,
        at=call.at, attempt=attempt, failed=result.failed, interrupted=result.interrupted,
    )  # fmt: skip
    return Called(ran=ran, shell=call.name.casefold() in _SHELLS)
