"""Reading `opencode run --format json`: the parts of its messages, one JSON event a line."""

from __future__ import annotations

from collections.abc import Iterator

from factory.agents.events import (
    Event,
    Events,
    code_of,
    count_of,
    dict_of,
    money,
    number_of,
    text_of,
)
from factory.agents.instants import instant
from factory.agents.reasons import Failure, Program, Why
from factory.entry import AnyEntry, Usage
from factory.model import Spend

OPENCODE = Program(
    name="OpenCode",
    asks="--format json",
    preset="opencode",
    lost=r"Session not found",
    words=((r"no providers? (?:found|configured)|ProviderInitError", Why.LOGIN),),
)
_ERRORS = {
    "ProviderAuthError": Why.LOGIN,
    "ContextOverflowError": Why.LONG,
    "MessageOutputLengthError": Why.LONG,
    "ProviderModelNotFoundError": Why.MODEL,
}
_ENDED_EARLY = frozenset({"length", "content-filter", "error"})


class OpenCodeJson(Events):
    """OpenCode's text, calls (told once they have ended) and steps with what they cost."""

    program = OPENCODE
    quiet = frozenset({"step_start"})

    def event(self, event: Event) -> Iterator[AnyEntry] | None:
        """The entries of one event."""
        session = text_of(event.get("sessionID"))
        match event:
            case {"type": "step_start", "part": dict()}:
                return self.begins(session) if session else iter(())
            case {"type": "text", "part": {"text": str(text)}}:
                return self._text(text, dict_of(event["part"]))
            case {"type": "reasoning", "part": {"text": str(text)}}:
                name = text_of(dict_of(event["part"]).get("messageID"))
                return self.says(text, name, thought=True)
            case {"type": "tool_use", "part": {"tool": str(tool), "state": dict(state)}}:
                return self._tool(tool, state, dict_of(event["part"]))
            case {"type": "step_finish", "part": dict(part)}:
                return self._step(part)
            case {"type": "error", "error": dict(error)}:
                return self._failed(error)
            case {"type": "done"}:
                return self._done(event.get("rejected"))
            case _:
                return None

    def _text(self, text: str, part: Event) -> Iterator[AnyEntry]:
        self.said, self.finished = text, True
        yield from self.says(text, text_of(part.get("messageID")))

    def _tool(self, tool: str, state: Event, part: Event) -> Iterator[AnyEntry]:
        name = text_of(part.get("callID")) or text_of(part.get("id"))
        about, time = dict_of(state.get("metadata")), dict_of(state.get("time"))
        yield from self.calls(name, tool, dict_of(state.get("input")))
        began, ended = number_of(time.get("start")), number_of(time.get("end"))
        failed = state.get("status") == "error"
        text = text_of(state.get("error" if failed else "output"))
        diff = text_of(about.get("diff"))
        yield from self.gave(
            name,
            f"{text}\n{diff}".strip("\n") if diff and not failed else text,
            code=code_of(about.get("exit")),
            seconds=max(0.0, (ended or 0.0) - (began or 0.0)) / 1000 if began and ended else 0.0,
            failed=failed,
        )

    def _step(self, part: Event) -> Iterator[AnyEntry]:
        tokens = dict_of(part.get("tokens"))
        cache = dict_of(tokens.get("cache"))
        self.finished = part.get("reason") != "tool-calls"
        if text_of(part.get("reason")) in _ENDED_EARLY:
            self.concerns.append(f"an answer ended early ({part['reason']})")
        yield Usage(
            at=self.now(),
            spend=Spend(
                usd=money(self.run.spec, part.get("cost")) or None,
                input_tokens=count_of(tokens.get("input")) + count_of(cache.get("write")),
                output_tokens=count_of(tokens.get("output")) + count_of(tokens.get("reasoning")),
                cached_tokens=count_of(cache.get("read")),
            ),
        )

    def _failed(self, error: Event) -> Iterator[AnyEntry]:
        about, name = dict_of(error.get("data")), text_of(error.get("name"))
        text = text_of(about.get("message")) or text_of(error.get("message")) or name
        body = text_of(about.get("responseBody"))
        after = dict_of(about.get("responseHeaders")).get("retry-after")
        until = instant(f"in {after}s", self.now()) if isinstance(after, str) else None
        why = _ERRORS.get(name)
        if why is None and "insufficient_quota" in body:
            why = Why.CREDIT
        if name == "MessageAbortedError":
            text = text or "it was aborted"
        self.failure = Failure(
            text=text, why=why, status=code_of(about.get("statusCode")), until=until
        )
        yield from self.remarks(text)

    def _done(self, rejected: object) -> Iterator[AnyEntry]:
        self.finished = True
        if isinstance(rejected, list) and rejected:
            names = ", ".join(str(name) for name in rejected)
            self.concerns.append(f"it was denied: {names}"[:500])
        yield from ()
