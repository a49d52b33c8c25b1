"""Reading `claude -p --output-format stream-json --verbose`, and Qwen Code, which tells alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from factory.agents.claudewords import concerns_of, of_model, told
from factory.agents.diffs import of_tool
from factory.agents.events import (
    Event,
    Events,
    Run,
    code_of,
    dict_of,
    less,
    money,
    number_of,
    spend_of,
    summary,
    text_of,
)
from factory.agents.reasons import Failure, Program, Why
from factory.entry import AnyEntry, Delta, Origin, Prompt, Response, ToolCall, ToolResult, Usage
from factory.model import Spend

CLAUDE = Program(
    name="Claude Code",
    asks="--output-format stream-json --verbose",
    preset="claude-code",
    lost=r"No conversation found",
)
QWEN = Program(
    name="Qwen Code",
    asks="--output-format stream-json",
    preset="qwen",
    lost=r"No saved session found",
)

_SUBTYPES = {
    "error_max_budget_usd": Why.BUDGET,
    "error_max_turns": Why.TURNS,
}
_TERMINAL = {"prompt_too_long": Why.LONG, "blocking_limit": Why.LONG, "max_turns": Why.TURNS}
_ERRORS = {
    "authentication_failed": Why.LOGIN,
    "oauth_org_not_allowed": Why.LOGIN,
    "account_on_hold": Why.LOGIN,
    "verification_required": Why.LOGIN,
    "cloud_credential_error": Why.LOGIN,
    "billing_error": Why.CREDIT,
    "rate_limit": Why.LIMIT,
    "overloaded": Why.LIMIT,
    "server_error": Why.LIMIT,
    "model_not_found": Why.MODEL,
}
"""What an answer that is an error says of itself."""
SYNTHETIC = "<synthetic>"
"""What Claude Code calls the model of an answer that it made itself."""
_SHELLS = frozenset({"Bash", "run_shell_command"})


_QUIET = frozenset({
    "system/thinking_tokens", "system/status", "system/hook_started", "system/hook_progress",
    "system/session_state_changed", "system/task_progress", "system/task_updated",
    "system/commands_changed", "system/background_tasks_changed", "system/files_persisted",
    "system/tool_use_summary", "tool_progress", "tool_use_summary", "keep_alive", "user",
    "prompt_suggestion", "stream_event", "control_response", "auth_status", "rate_limit_event",
    "system/hook_response", "system/prompt_suggestion",
})  # fmt: skip


class StreamJson(Events):
    """Claude Code's events as entries of ours; what it spent, its session, and how it ended."""

    program = CLAUDE
    inclusive = False
    """Whether its input tokens include the cached ones, and its result earlier runs' tokens."""
    quiet = _QUIET

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._tokens: dict[str, Spend] = {}
        self._counted = Spend()
        self._paid = run.counted.usd or 0.0
        self._called: dict[str, tuple[str, float]] = {}
        self._error: Why | None = None
        self._retried: Why | None = None
        self._resets_at: float | None = None

    def kind(self, event: Event) -> str:
        """`system/…` for those, whose subtype is their name."""
        sub = text_of(event.get("subtype"))
        return super().kind(event) + (f"/{sub}" if sub and event.get("type") == "system" else "")

    def event(self, event: Event) -> Iterator[AnyEntry] | None:
        """The entries of one event."""
        match event:
            case {"type": "system"}:
                return self._system(event)
            case {"type": "assistant", "message": {"content": list()}}:
                return self._assistant(event)
            case {"type": "user", "isReplay": True, "message": {"content": content}}:
                return self._heard(content)
            case {"type": "user", "message": {"content": list(blocks)}}:
                return self._results(blocks, event.get("tool_use_result"))
            case {"type": "stream_event", "event": {"delta": {"text": str(text)}}}:
                return iter((Delta(at=self.now(), text=text),))
            case {"type": "stream_event", "event": {"delta": {"thinking": str(text)}}}:
                return iter((Delta(at=self.now(), text=text, thought=True),))
            case {"type": "rate_limit_event", "rate_limit_info": dict(info)}:
                return self._limit(info)
            case {"type": "result"}:
                return self._result(event)
            case _:
                return None

    def _system(self, event: Event) -> Iterator[AnyEntry] | None:
        match event:
            case {"subtype": "init", "session_id": str(session)}:
                return self._begins(event, session)
            case {"subtype": "api_retry", "error": str(error)}:
                self._retried = _ERRORS.get(error)
            case {"subtype": "model_refusal_no_fallback", "content": str(text)}:
                self.concerns.append(text)
            case _:
                pass
        words = told(event)
        return None if words is None else self.remarks(words)

    def _begins(self, event: Event, session: str) -> Iterator[AnyEntry]:
        yield from self.begins(session)
        keys = ("claude_code_version", "qwen_code_version")
        version = next((text_of(event.get(key)) for key in keys if event.get(key)), "")
        if version:
            model = f", {text_of(event.get('model'))}" if event.get("model") else ""
            yield from self.remarks(f"{self.program.name} {version}{model}")

    def _assistant(self, event: Event) -> Iterator[AnyEntry]:
        """An event holds one block of an answer; the same answer's usage is in each of them."""
        message = dict_of(event.get("message"))
        blocks = [block for block in message["content"] if isinstance(block, dict)]
        name = text_of(message.get("id"))
        self._error = _ERRORS.get(text_of(event.get("error")), self._error)
        yield from self._usage(name, dict_of(message.get("usage")))
        yield Response(
            at=self.now(),
            content=tuple(blocks),
            stop=text_of(message.get("stop_reason")),
            model=SYNTHETIC if _refusal(blocks) else text_of(message.get("model")),
            request=name,
        )
        for block in blocks:
            match block:
                case {"type": "tool_use", "id": str(call), "name": str(tool)}:
                    given = dict_of(block.get("input"))
                    self._called[call] = (tool, self.now())
                    yield ToolCall(at=self.now(), id=call, name=tool, text=summary(tool, given))
                case {"type": "text", "text": str(text)} if not event.get("parent_tool_use_id"):
                    self.said = text
                case _:
                    pass

    def _usage(self, name: str, usage: Event) -> Iterator[AnyEntry]:
        """What an answer's usage has grown by since its last block."""
        spent, before = self._spend(usage), self._tokens.get(name, Spend())
        self._tokens[name] = spent
        more = less(spent, before)
        if more.tokens:
            self._counted += more
            yield Usage(at=self.now(), spend=more)

    def _results(self, blocks: Sequence[Any], rich: object) -> Iterator[AnyEntry]:
        results = [b for b in blocks if isinstance(b, dict) and b.get("type") == "tool_result"]
        for block in results:
            name = text_of(block.get("tool_use_id"))
            tool, began = self._called.pop(name, ("", self.now()))
            text, failed = _text(block.get("content")), bool(block.get("is_error"))
            own = dict_of(rich) if len(results) == 1 else {}
            if not failed and (diff := of_tool(own)):
                text = diff if tool not in _SHELLS else f"{text}\n{diff}"
            yield ToolResult(
                at=self.now(), id=name, text=text, failed=failed,
                exit_code=_code(tool, text, own, failed=failed),
                seconds=round(max(0.0, self.now() - began), 1),
                interrupted=bool(own.get("interrupted")),
            )  # fmt: skip

    def _heard(self, content: object) -> Iterator[AnyEntry]:
        """A message of ours, given back once it is heard."""
        self.finished = False
        if text := _text(content):
            yield Prompt(at=self.now(), text=text, origin=Origin.DEVELOPER)

    def _limit(self, info: Event) -> Iterator[AnyEntry]:
        if info.get("status") not in ("allowed", "allowed_warning"):
            self._resets_at = number_of(info.get("resetsAt")) or self._resets_at
        kind = text_of(info.get("rateLimitType")).replace("_", " ") or "rate"
        if info.get("errorCode") == "credits_required":
            self._error = Why.CREDIT
        if info.get("status") == "rejected":
            yield from self.remarks(f"the {kind} limit is reached")
        elif info.get("status") == "allowed_warning":
            used = number_of(info.get("utilization"))
            much = f"{used:.0%} of " if used is not None else ""
            yield from self.remarks(f"{much}the {kind} limit is used")

    # --- the end -----------------------------------------------------------------------------

    def _result(self, event: Event) -> Iterator[AnyEntry]:
        """It may come several times where several prompts were heard: the last one counts."""
        self.finished = True
        failed = bool(event.get("is_error")) or event.get("subtype") != "success"
        self.failure = self._failure(event) if failed else None
        self.said = text_of(event.get("result")) or self.said
        yield from self._rest_of_the_cost(event)
        models = dict_of(event.get("modelUsage"))
        if len(models) > 1:
            each = (of_model(self.run.spec, name, dict_of(usage)) for name, usage in models.items())
            yield from self.remarks("; ".join(each))
        self.concerns += concerns_of(event)

    def _failure(self, event: Event) -> Failure:
        errors = event.get("errors")
        said = event.get("result") or dict_of(event.get("error")).get("message")
        said = said or ("; ".join(map(str, errors)) if isinstance(errors, list) else "")
        subtype, terminal = text_of(event.get("subtype")), text_of(event.get("terminal_reason"))
        return Failure(
            text=str(said or event.get("subtype") or ""),
            why=_SUBTYPES.get(subtype) or _TERMINAL.get(terminal) or self._error,
            status=code_of(event.get("api_error_status")),
            until=self._resets_at,
            hint=self._retried,
        )

    def _rest_of_the_cost(self, event: Event) -> Iterator[AnyEntry]:
        """What was not counted on the way. The money is that of the whole session."""
        whole = self._spend(dict_of(event.get("usage")))
        rest = less(whole, self._counted)
        if self.inclusive and whole.tokens >= self.run.counted.tokens + self._counted.tokens:
            rest = less(rest, self.run.counted)
        self._counted += rest
        usd = money(self.run.spec, event.get("total_cost_usd"))
        before = self._paid if usd is not None and usd >= self._paid else 0.0
        paid = None if usd is None else usd - before
        self._paid = self._paid if usd is None else usd
        milliseconds = number_of(event.get("duration_api_ms")) or 0.0
        yield Usage(
            at=self.now(),
            spend=Spend(
                usd=paid,
                input_tokens=rest.input_tokens,
                output_tokens=rest.output_tokens,
                cached_tokens=rest.cached_tokens,
                seconds=milliseconds / 1000,
            ),
        )

    def _spend(self, usage: Event) -> Spend:
        spent = spend_of(self.run.spec, usage)
        cached = spent.cached_tokens if self.inclusive else 0
        return replace(spent, usd=None, input_tokens=max(spent.input_tokens - cached, 0))


class QwenJson(StreamJson):
    """Qwen Code's events: the same shapes, with input tokens that include the cached ones."""

    program = QWEN
    inclusive = True


def _refusal(blocks: Sequence[Event]) -> bool:
    """Whether an answer is how Qwen Code tells that there was none."""
    return len(blocks) == 1 and text_of(blocks[0].get("text")).startswith("[API Error")


def _code(tool: str, text: str, rich: Event, *, failed: bool) -> int | None:
    """A shell command's exit code, as far as it is told."""
    if tool not in _SHELLS:
        return None
    named = re.search(r"^Exit [Cc]ode:? (-?\d{1,9})\b", text, re.MULTILINE)
    if named:
        return int(named[1])
    clean = "stdout" in rich and not failed and not rich.get("interrupted")
    hidden = rich.get("returnCodeInterpretation") or rich.get("backgroundTaskId")
    return 0 if clean and not hidden else None


def _text(content: Any) -> str:
    """A text, or that of a list of blocks."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "\n".join(text_of(part.get("text")) or f"[{part.get('type')}]" for part in parts)
    return content if isinstance(content, str) else ""
