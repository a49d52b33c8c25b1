"""Reading `claude -p --output-format stream-json --verbose`: one JSON event a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from factory.agents.conversation import Block
from factory.agents.reader import failed, session_remark
from factory.agents.setbacks import GOES_ON
from factory.config import AgentSpec
from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Output,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from factory.model import AgentError, Handoff, ParkReason, Spend
from factory.sandbox import Finished as Ended

Event = dict[str, Any]
"""One line, as the program writes it. Nothing in it is taken for granted."""

PAUSE = 300.0
"""Seconds until the next try where the program names no time."""
SUMMARY = 200
"""Most characters of a tool call's line."""


class StreamJson:
    """Claude Code's events as entries of ours; what it spent, its session, and how it ended."""

    def __init__(self, spec: AgentSpec, now: Callable[[], float], session: str) -> None:
        self.ended: Ended | None = None
        self.session_lost = False
        self._spec = spec
        self._now = now
        self._session = session
        self._message = ""
        self._counted = Spend()
        self._result: Event = {}
        self._resets_at: float | None = None
        self._last: list[str] = []

    def read(self, lines: Sequence[str]) -> Iterator[AnyEntry]:
        """The entries of further lines; what is no event is kept as output."""
        for line in lines:
            try:
                event = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeEncodeError):
                event = None
            if isinstance(event, dict):
                yield from self._event(event)
            elif line.strip():
                self._last = [*self._last[-4:], line]
                yield Output(at=self._now(), text=line + "\n")

    def end(self) -> Iterator[AnyEntry]:
        """The rest of the cost, and the program's last word. Raises AgentError."""
        if not self._result:
            if (failure := failed(self._spec, self.ended, self._last)) is not None:
                raise failure
            raise AgentError(
                f"The command of agent {self._spec.name!r} ended without a result: "
                "check that `run` has --output-format stream-json --verbose, then resume the task"
            )
        if self._failed:
            raise failure_of(self._result, self._spec, self._resets_at, self._now())
        summary = str(self._result.get("result") or "")
        yield Finished(at=self._now(), handoff=Handoff(summary=summary))

    def _event(self, event: Event) -> Iterator[AnyEntry]:
        match event:
            case {"type": "system", "subtype": "init", "session_id": str(session)}:
                if session != self._session:
                    self._session = session
                    yield session_remark(session, self._now())
            case {"type": "assistant", "message": dict(message)}:
                yield from self._assistant(message)
            case {"type": "user", "message": {"content": list(blocks)}}:
                yield from self._results(blocks)
            case {"type": "stream_event", "event": {"delta": dict(delta)}}:
                yield from self._delta(delta)
            case {
                "type": "rate_limit_event",
                "rate_limit_info": {"resetsAt": int() | float() as at},
            }:
                self._resets_at = float(at)
            case {"type": "result"}:
                self._result = event
                text = _error_text(event)
                self.session_lost = self._failed and "No conversation found" in text
                yield from self._rest_of_the_cost(event)
            case _:
                pass

    def _assistant(self, message: Event) -> Iterator[AnyEntry]:
        """An event holds one block of an answer; the same answer's usage is in each of them."""
        content = message.get("content")
        blocks = [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []
        if (name := str(message.get("id") or "")) != self._message:
            self._message = name
            spent = _spend(message.get("usage"))
            self._counted += spent
            yield Usage(at=self._now(), spend=spent)
        yield Response(
            at=self._now(),
            content=tuple(blocks),
            stop=str(message.get("stop_reason") or ""),
            model=str(message.get("model") or ""),
            request=name,
        )
        for block in blocks:
            if block.get("type") == "tool_use":
                yield ToolCall(
                    at=self._now(),
                    id=str(block.get("id", "")),
                    name=str(block.get("name", "")),
                    text=summary(block),
                )

    def _results(self, blocks: Sequence[Any]) -> Iterator[AnyEntry]:
        for block in blocks:
            match block:
                case {"type": "tool_result", "tool_use_id": str(name)}:
                    yield ToolResult(
                        at=self._now(),
                        id=name,
                        text=_text(block.get("content")),
                        failed=bool(block.get("is_error")),
                    )
                case _:
                    pass

    def _delta(self, delta: Event) -> Iterator[AnyEntry]:
        match delta:
            case {"text": str(text)}:
                yield Delta(at=self._now(), text=text)
            case {"thinking": str(text)}:
                yield Delta(at=self._now(), text=text, thought=True)
            case _:
                pass

    def _rest_of_the_cost(self, event: Event) -> Iterator[AnyEntry]:
        """What the whole run cost, less what was counted on the way."""
        whole = _spend(event.get("usage"))
        cost = event.get("total_cost_usd")
        usd = float(cost) if isinstance(cost, int | float) else None
        milliseconds = event.get("duration_api_ms")
        yield Usage(
            at=self._now(),
            spend=Spend(
                usd=None if self._spec.subscription else usd,
                input_tokens=max(whole.input_tokens - self._counted.input_tokens, 0),
                output_tokens=max(whole.output_tokens - self._counted.output_tokens, 0),
                cached_tokens=max(whole.cached_tokens - self._counted.cached_tokens, 0),
                seconds=milliseconds / 1000 if isinstance(milliseconds, int | float) else 0.0,
            ),
        )

    @property
    def _failed(self) -> bool:
        return bool(self._result.get("is_error")) or self._result.get("subtype") != "success"


def failure_of(result: Event, spec: AgentSpec, resets_at: float | None, now: float) -> AgentError:
    """What to raise for a result that is an error; `resets_at` is when a rate limit ends."""
    text = _error_text(result)
    status = result.get("api_error_status")
    told = f"{spec.name}: {text}"
    if result.get("subtype") == "error_max_budget_usd":
        return AgentError(f"{told}; raise --max-budget-usd in `run`", reason=ParkReason.BUDGET)
    if result.get("subtype") == "error_max_turns":
        return AgentError(f"{told}; tell it how to go on", reason=ParkReason.STUCK)
    if status in (401, 403) or re.search(r"/login|invalid api key|not logged in", text, re.I):
        return AgentError(
            f"{told}; log in by running the program once in a terminal, and let the agent have "
            "its login folder (`login` in factory.toml), then resume the task"
        )
    limited = re.search(r"(usage|session|weekly|rate|hit your) limit|overloaded", text, re.I)
    if status == 429 or (isinstance(status, int) and status >= 500) or limited:
        named = re.search(r"\|(\d{10})\b", text)
        until = float(named[1]) if named else resets_at
        if until is None or until <= now:
            until = now + PAUSE
        return AgentError(told + GOES_ON, reason=ParkReason.RATE_LIMITED, until=until)
    return AgentError(f"{told}; see its transcript, then resume the task")


def summary(block: Block) -> str:
    """One line of a foreign tool's call: its command, its file, or its input."""
    given = block.get("input")
    given = given if isinstance(given, dict) else {}
    if command := given.get("command"):
        return str(command)
    name = str(block.get("name", "")).lower()
    path = given.get("file_path") or given.get("path") or given.get("pattern")
    if path:
        return f"{name} {str(path).removeprefix('/worktree/')}"
    return f"{name} {msgspec.json.encode(given).decode()}"[:SUMMARY]


def _error_text(result: Event) -> str:
    errors = result.get("errors")
    said = result.get("result") or ("; ".join(map(str, errors)) if isinstance(errors, list) else "")
    return str(said or result.get("subtype") or "it failed without a word").strip()


def _spend(usage: Any) -> Spend:
    given = usage if isinstance(usage, dict) else {}
    counts = {name: count for name, count in given.items() if isinstance(count, int)}
    return Spend(
        input_tokens=counts.get("input_tokens", 0) + counts.get("cache_creation_input_tokens", 0),
        output_tokens=counts.get("output_tokens", 0),
        cached_tokens=counts.get("cache_read_input_tokens", 0),
    )


def _text(content: Any) -> str:
    """A tool result's text, which is a string or a list of blocks."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "\n".join(str(part.get("text") or f"[{part.get('type')}]") for part in parts)
    return content if isinstance(content, str) else ""
