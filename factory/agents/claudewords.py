"""Claude Code's words about its run, as sentences for the developer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from factory.agents.events import Event, code_of, count_of, dict_of, money, text_of
from factory.config import AgentSpec

HELD = "its stop hook holds it back"
"""What Claude Code tells in words for its own screen."""
_STOPPED = frozenset({"max_tokens", "refusal", "model_context_window_exceeded"})
"""Ends of an answer that leave work undone."""


def told(event: Event) -> str | None:
    """A `system` event in one sentence; None for one that is unknown or not of the known shape."""
    match event:
        case {"subtype": "api_retry", "error": str(error)}:
            return _asks_again(event, error or "unknown")
        case {"subtype": "compact_boundary", "compact_metadata": dict(about)}:
            before = count_of(about.get("pre_tokens"))
            after = count_of(about.get("post_tokens"))
            sizes = f"{before:,} tokens" + (f" became {after:,}" if after else "")
            return f"it compacted its conversation: {sizes}"
        case {"subtype": "permission_denied", "tool_name": str(tool)}:
            why = text_of(event.get("message")) or text_of(event.get("decision_reason"))
            return f"it was denied {tool}" + (f": {why}" if why else "")
        case {"subtype": "task_started", "description": str(text)}:
            return f"a sub-agent begins: {text}"
        case {"subtype": "task_notification", "status": str(status), "summary": str(text)}:
            return f"a sub-agent {status}: {text}"
        case {
            "subtype": "informational" | "model_refusal_fallback" | "model_refusal_no_fallback",
            "content": str(text),
        }:
            return HELD if text.startswith("stop hook") else text
        case {"subtype": "notification", "text": str(text)}:
            return text
        case _:
            return None


def _asks_again(event: Event, error: str) -> str:
    number, most = count_of(event.get("attempt")), count_of(event.get("max_retries"))
    status = code_of(event.get("error_status"))
    told = error if status is None else f"{error}, {status}"
    return f"the model's endpoint refused ({told}): it asks again, try {number} of {most}"


def concerns_of(event: Event) -> Iterator[str]:
    """What the developer should know of how a run ended that ended well."""
    if (stop := text_of(event.get("stop_reason"))) in _STOPPED:
        yield f"its last answer ended early ({stop})"
    denials = event.get("permission_denials")
    found = [dict_of(denial) for denial in denials] if isinstance(denials, list) else []
    if tools := [text_of(denial.get("tool_name")) for denial in found]:
        yield f"{len(tools)} of its tool calls were denied: {', '.join(sorted(set(tools)))}"


def of_model(spec: AgentSpec, name: str, usage: Event) -> str:
    """What one of several models cost."""
    usd = money(spec, usage.get("costUSD"))
    keys = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    tokens = sum(count_of(usage.get(key)) for key in keys)
    return f"{name}: {tokens:,} tokens" + (f", ${usd:.2f}" if usd is not None else "")
