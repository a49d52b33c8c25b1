"""Reading `codex exec --json`: threads, turns and items, one JSON event a line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from factory.agents.events import (
    Event,
    Events,
    Run,
    code_of,
    count_of,
    dict_of,
    plan_of,
    short,
    since,
    text_of,
)
from factory.agents.reasons import Failure, Program, Why
from factory.entry import AnyEntry, Question, Usage
from factory.model import Spend

CODEX = Program(
    name="Codex",
    asks="--json",
    preset="codex",
    lost=r"no rollout found|no recorded session|session not found|thread not found",
    words=(
        (r"ran out of room in the model's context window", Why.LONG),
        (r"hit your usage limit|usage limit has been reached", Why.LIMIT),
    ),
)
_FAILED = ("failed", "declined")
_SHELL = frozenset({"bash", "sh", "zsh", "dash"})


class CodexJson(Events):
    """Codex's items as entries: what it said, ran and changed, its plan and its tokens."""

    program = CODEX
    quiet = frozenset({"turn.started", "item.plan.delta", "item.started/agent_message"})

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._open: dict[str, float] = {}
        self._plan = ""
        self._error = ""
        self._counted = run.counted

    def kind(self, event: Event) -> str:
        """The event and the item that it is of."""
        item = text_of(dict_of(event.get("item")).get("type"))
        return super().kind(event) + (f"/{item}" if item else "")

    def event(self, event: Event) -> Iterator[AnyEntry] | None:
        """The entries of one event."""
        match event:
            case {"type": "thread.started", "thread_id": str(session)}:
                return self.begins(session)
            case {"type": "turn.completed"}:
                self.finished, self.failure = True, None
                return self._usage(dict_of(event.get("usage")))
            case {"type": "turn.failed", "error": dict(error)}:
                self.failure = Failure(text=text_of(error.get("message")) or self._error)
                return iter(())
            case {"type": "error", "message": str(text)}:
                return self._refused(text)
            case {"type": "request_user_input", "questions": list(asked)}:
                return self._asks(asked)
            case {"type": "item.started" | "item.updated" | "item.completed", "item": dict(item)}:
                return self._item(item, ended=event["type"] == "item.completed")
            case _:
                return None

    def _item(self, item: Event, *, ended: bool) -> Iterator[AnyEntry] | None:
        name = f"{text_of(item.get('id'))}.{self.run.number}"
        match item:
            case {"type": "agent_message" | "plan", "text": str(text)}:
                return self._message(text, name) if ended else iter(())
            case {"type": "reasoning", "text": str(text)}:
                return self.says(text, name, thought=True) if ended else iter(())
            case {"type": "command_execution", "command": str(command)}:
                return self._call(name, "shell", {"command": unwrapped(command)}, item, ended=ended)
            case {"type": "file_change", "changes": list(changes)}:
                return self._call(name, "apply_patch", {"changes": changes}, item, ended=ended)
            case {"type": "mcp_tool_call", "server": str(server), "tool": str(tool)}:
                given = dict_of(item.get("arguments"))
                return self._call(name, f"{server}.{tool}", given, item, ended=ended)
            case {"type": "collab_tool_call", "tool": str(tool)}:
                given = {"prompt": text_of(item.get("prompt"))}
                return self._call(name, tool, given, item, ended=ended)
            case {"type": "web_search", "query": str(query)}:
                return self._call(name, "web_search", {"query": query}, item, ended=ended)
            case {"type": "todo_list", "items": list(items)}:
                return self._plans(plan_of(items) or "")
            case {"type": "error", "message": str(text)}:
                return self.remarks(text)
            case _:
                return None

    def _message(self, text: str, name: str) -> Iterator[AnyEntry]:
        self.said = text
        yield from self.says(text, name)

    def _call(
        self, name: str, tool: str, given: Event, item: Event, *, ended: bool
    ) -> Iterator[AnyEntry]:
        if name not in self._open:
            self._open[name] = self.now()
            yield from self.calls(name, tool, given)
        if ended:
            began = self._open.pop(name)
            yield from self.gave(
                name,
                _answer(item),
                code=code_of(item.get("exit_code")),
                seconds=round(max(0.0, self.now() - began), 1),
                failed=item.get("status") in _FAILED,
            )

    def _plans(self, plan: str) -> Iterator[AnyEntry]:
        if plan and plan != self._plan:
            self._plan = plan
            yield from self.remarks(plan)

    def _refused(self, text: str) -> Iterator[AnyEntry]:
        """An error: fatal where no turn is completed after it; of reconnecting it only tells."""
        self._error = text
        if text.startswith("Reconnecting"):
            self.trouble = Failure(text=text)
        else:
            self.failure = Failure(text=text)
        yield from self.remarks(text)

    def _asks(self, asked: list[Any]) -> Iterator[AnyEntry]:
        words = [text_of(dict_of(one).get("question")) for one in asked]
        yield Question(at=self.now(), text="\n".join(filter(None, words)))

    def _usage(self, usage: Event) -> Iterator[AnyEntry]:
        """It counts the whole thread, and cached tokens among those that went in."""
        cached = count_of(usage.get("cached_input_tokens"))
        whole = Spend(
            input_tokens=max(count_of(usage.get("input_tokens")) - cached, 0),
            output_tokens=count_of(usage.get("output_tokens")),
            cached_tokens=cached,
        )
        more = since(whole, self._counted)
        self._counted += more
        yield Usage(at=self.now(), spend=more)


def unwrapped(command: str) -> str:
    """A command without the shell that Codex wraps around it."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    wrapped = len(words) == 3 and words[0].rsplit("/", 1)[-1] in _SHELL
    return words[2] if wrapped and words[1] in ("-lc", "-c") else command


def _answer(item: Event) -> str:
    """What an item that has ended gave back."""
    match item:
        case {"type": "command_execution"}:
            return text_of(item.get("aggregated_output"))
        case {"type": "file_change", "changes": list(changes)}:
            return "\n".join(_changed(dict_of(change)) for change in changes)
        case {"error": {"message": str(text)}}:
            return text
        case {"result": {"content": list(blocks)}}:
            return "\n".join(text_of(dict_of(block).get("text")) for block in blocks)
        case _:
            return ""


def _changed(change: Event) -> str:
    """One changed file, with its diff where there is one."""
    path, kind = short(text_of(change.get("path"))), text_of(change.get("kind"))
    diff = text_of(change.get("diff")) or text_of(change.get("unified_diff"))
    return f"{kind} {path}" + (f"\n{diff}" if diff else "")
