"""Reading the line protocol of our own, by which any program can tell what it does.

docs/agent-events.md describes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from factory.agents.events import (
    Event,
    Events,
    Run,
    code_of,
    count_of,
    dict_of,
    number_of,
    spend_of,
    text_of,
)
from factory.agents.reader import SUMMARY_CHARACTERS
from factory.agents.reasons import Failure, Program, Why
from factory.entry import AnyEntry, Delta, Question, Usage
from factory.model import Handoff

OWN = Program(name="the command", asks="events")
_REASONS = {
    "login": Why.LOGIN,
    "limit": Why.LIMIT,
    "credit": Why.CREDIT,
    "context": Why.LONG,
    "model": Why.MODEL,
}


class LineEvents(Events):
    """Lines of our own protocol; every other line is output."""

    program = OWN
    needs_result = False

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._handoff: Handoff | None = None
        self._count = 0

    def strange(self, event: Event, line: str) -> Iterator[AnyEntry]:
        """JSON that is no event of ours is output, too."""
        return self.printed(line)

    def event(self, event: Event) -> Iterator[AnyEntry] | None:
        """The entries of one event."""
        match event:
            case {"type": "text" | "thought" as kind, "text": str(text)}:
                partial = event.get("partial") is True
                return self._text(text, partial=partial, thought=kind == "thought")
            case {"type": "tool", "id": str(name), "name": str(tool)}:
                return self.calls(name, tool, self._given(event))
            case {"type": "result", "id": str(name)}:
                return self._gave(name, event)
            case {"type": "usage"}:
                return self._usage(event)
            case {"type": "session", "id": str(session)} if session:
                return self.begins(session)
            case {"type": "remark", "text": str(text)}:
                return self.remarks(text)
            case {"type": "question", "text": str(text)}:
                return iter((Question(at=self.now(), text=text),))
            case {"type": "done"}:
                return self._done(event)
            case {"type": "error", "message": str(text)}:
                return self._error(text, event)
            case _:
                return None

    def handoff(self) -> Handoff:
        """What `done` said, else the last text, else the last lines of output."""
        last = "\n".join(self.plain)[-SUMMARY_CHARACTERS:]
        return self._handoff or Handoff(summary=self.said or last)

    def _name(self) -> str:
        self._count += 1
        return f"{self._count}.{self.run.number}"

    def _text(self, text: str, *, partial: bool, thought: bool) -> Iterator[AnyEntry]:
        if partial:
            yield Delta(at=self.now(), text=text, thought=thought)
        else:
            self.said = self.said if thought else text
            yield from self.says(text, self._name(), thought=thought)

    def _gave(self, name: str, event: Event) -> Iterator[AnyEntry]:
        return self.gave(
            name,
            text_of(event.get("text")),
            code=code_of(event.get("exit_code")),
            seconds=number_of(event.get("seconds")) or 0.0,
            failed=event.get("failed") is True,
        )

    def _given(self, event: Event) -> Event:
        command = text_of(event.get("command"))
        return {**dict_of(event.get("input")), **({"command": command} if command else {})}

    def _usage(self, event: Event) -> Iterator[AnyEntry]:
        spend = spend_of(
            self.run.spec,
            {**event, "cache_read_input_tokens": count_of(event.get("cached_tokens"))},
            usd=event.get("usd"),
        )
        yield Usage(at=self.now(), spend=spend)

    def _done(self, event: Event) -> Iterator[AnyEntry]:
        self.finished, self.failure = True, None
        self._handoff = Handoff(
            summary=text_of(event.get("summary")) or self.said,
            deviations=_texts(event.get("deviations")),
            concerns=_texts(event.get("concerns")),
            findings=_texts(event.get("findings")),
        )
        yield from ()

    def _error(self, text: str, event: Event) -> Iterator[AnyEntry]:
        why, until = _REASONS.get(text_of(event.get("reason"))), number_of(event.get("until"))
        self.failure = Failure(text=text, why=why, until=until)
        yield from ()


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str) and item)
