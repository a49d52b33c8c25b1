"""Reading `gemini --output-format stream-json`: one JSON event a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factory.agents.events import Event, Events, Run, count_of, dict_of, number_of, text_of
from factory.agents.reasons import Failure, Program, Why
from factory.entry import AnyEntry, Delta, Usage
from factory.model import Spend

GEMINI = Program(
    name="Gemini CLI",
    asks="--output-format stream-json",
    preset="gemini",
    lost=r"Error resuming session",
    codes=((41, Why.LOGIN), (53, Why.TURNS)),
    words=((r"quota will reset|retry in \d", Why.LIMIT), (r"max session turns", Why.TURNS)),
)
_ERRORS = {"FatalAuthenticationError": Why.LOGIN, "FatalTurnLimitedError": Why.TURNS}
_EXITED = re.compile(r"(?:Command exited with code:|^Exit Code:) (\d{1,9})$", re.MULTILINE)


class GeminiJson(Events):
    """Gemini's messages, which come in pieces, its calls, and its tokens at the end."""

    program = GEMINI

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._pieces: list[str] = []
        self._called: dict[str, float] = {}
        self._requests = 0

    def event(self, event: Event) -> Iterator[AnyEntry] | None:
        """The entries of one event."""
        match event:
            case {"type": "init", "session_id": str(session)}:
                return self._begins(session, text_of(event.get("model")))
            case {"type": "message", "role": "user"}:
                return iter(())
            case {"type": "message", "role": "assistant", "content": str(text)}:
                return self._piece(text)
            case {"type": "tool_use", "tool_id": str(name), "tool_name": str(tool)}:
                return self._call(name, tool, dict_of(event.get("parameters")))
            case {"type": "tool_result", "tool_id": str(name)}:
                return self._gave(name, event)
            case {"type": "error", "message": str(text)}:
                return self.remarks(text)
            case {"type": "result"}:
                return self._result(event)
            case _:
                return None

    def end(self) -> Iterator[AnyEntry]:
        """What it was saying, and its last word."""
        yield from self._whole()
        yield from super().end()

    def _begins(self, session: str, model: str) -> Iterator[AnyEntry]:
        yield from self.begins(session)
        if model:
            self.model = model
            yield from self.remarks(f"{self.program.name}, {model}")

    def _piece(self, text: str) -> Iterator[AnyEntry]:
        self._pieces.append(text)
        yield Delta(at=self.now(), text=text)

    def _whole(self) -> Iterator[AnyEntry]:
        """The message that its pieces make, once something else comes."""
        text, self._pieces = "".join(self._pieces), []
        if text.strip():
            self.said = text
            self._requests += 1
            yield from self.says(text, f"{self._requests}.{self.run.number}")

    def _call(self, name: str, tool: str, given: Event) -> Iterator[AnyEntry]:
        yield from self._whole()
        self._called[name] = self.now()
        yield from self.calls(name, tool, given)

    def _gave(self, name: str, event: Event) -> Iterator[AnyEntry]:
        yield from self._whole()
        text = text_of(event.get("output")) or text_of(dict_of(event.get("error")).get("message"))
        code = _EXITED.search(text)
        yield from self.gave(
            name,
            text,
            code=int(code[1]) if code else None,
            seconds=round(max(0.0, self.now() - self._called.pop(name, self.now())), 1),
            failed=event.get("status") == "error",
        )

    def _result(self, event: Event) -> Iterator[AnyEntry]:
        yield from self._whole()
        self.finished = event.get("status") == "success"
        if not self.finished:
            error = dict_of(event.get("error"))
            kind = text_of(error.get("type"))
            self.failure = Failure(
                text=text_of(error.get("message")) or kind, why=_ERRORS.get(kind)
            )
        stats = dict_of(event.get("stats"))
        cached = count_of(stats.get("cached"))
        yield Usage(
            at=self.now(),
            spend=Spend(
                input_tokens=max(count_of(stats.get("input_tokens")) - cached, 0),
                output_tokens=count_of(stats.get("output_tokens")),
                cached_tokens=cached,
                seconds=(number_of(stats.get("duration_ms")) or 0.0) / 1000,
            ),
        )
