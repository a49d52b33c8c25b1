"""What the readers of events have in common: an object a line, none of it taken for granted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from factory.agents.reader import session_remark, unexplained
from factory.agents.reasons import Failure, Program, ended, failure, lost
from factory.config import AgentSpec
from factory.entry import AnyEntry, Finished, Output, Remark, Response, ToolCall, ToolResult
from factory.model import AgentError, Handoff, Spend, Struct
from factory.sandbox import Finished as Ended

Event = dict[str, Any]
"""One line, as the program writes it."""

SUMMARY = 200
"""Most characters of a tool call's line that is no command."""
_KIND = 60
"""Most characters of an unknown event's name that are shown."""
_NAMED = (
    "file_path", "filePath", "absolute_path", "path", "pattern", "query", "url", "description",
)  # fmt: skip
"""What a call is known by that is no command, the first of these that it has."""
_KINDS = 50
"""Most unknown kinds that are named."""
_KEPT = 5
"""Lines that are no events, and of which one may say why the program failed."""
_BRACKETS = 200
"""A line with fewer cannot be nested too deeply."""
_MARGIN = 100
"""How much deeper than an event itself the entry made of it may be."""
_MOST = 1 << 53
"""No program has read or written so many tokens."""


class Run(Struct):
    """What a reader knows of the run it reads."""

    spec: AgentSpec
    now: Callable[[], float]
    session: str = ""
    """The session that it goes on with; empty for a new one."""
    counted: Spend = Spend()
    """What earlier runs of this session have cost, as far as it was counted."""
    number: int = 0
    """Distinguishes this run's calls from those of earlier runs in the same transcript."""


class Events:
    """Turns lines into events, and the end of the program into its last word or its failure.

    A subclass gives `program`, `quiet` and `event`. It keeps `said` (the last whole message),
    `failure` (why it failed, as far as an event told), `trouble` (what it last tried again for)
    and `finished` (whether an event said that it is done).
    """

    program: Program
    quiet: frozenset[str] = frozenset()
    needs_result = True
    """Whether a run that ends without saying so has failed."""

    def __init__(self, run: Run) -> None:
        self.ended: Ended | None = None
        self.run = run
        self.now = run.now
        self.session = run.session
        self.model = run.spec.model
        self.said = ""
        self.finished = False
        self.failure: Failure | None = None
        self.trouble: Failure | None = None
        self.concerns: list[str] = []
        self.plain: list[str] = []
        self._unknown: set[str] = set()

    @property
    def session_lost(self) -> bool:
        """Whether the program said that it does not know the session it was to resume."""
        if not self.run.session or self.said or (self.failure is None and self._code() == 0):
            return False
        told = self.failure.text if self.failure else ""
        return lost(self.program, "\n".join((told, *self.plain)))

    def read(self, lines: Sequence[str]) -> Iterator[AnyEntry]:
        """The entries of further lines; what is no event is kept as output."""
        for line in lines:
            event = event_of(line)
            if event is None:
                yield from self.printed(line)
            elif (known := self.event(event)) is not None:
                yield from known
            else:
                yield from self.strange(event, line)

    def event(self, event: Event) -> Iterator[AnyEntry] | None:
        """The entries of one event; None for one that is unknown or not of the known shape."""
        raise NotImplementedError

    def kind(self, event: Event) -> str:
        """The name under which an event that is not understood is shown."""
        return text_of(event.get("type")) or "an event without a type"

    def end(self) -> Iterator[AnyEntry]:
        """The program's last word. Raises AgentError where it failed, or never said it was done."""
        if self.failure is not None:
            raise failure(self.program, self.run.spec, self.failure, self.now())
        done = self.finished or (self._code() == 0 and not self.needs_result)
        if not done:
            said = "\n".join(self.plain)
            known = ended(self.program, self.run.spec, said, self._code(), self.now())
            if known is None and self.trouble is not None:
                known = failure(self.program, self.run.spec, self.trouble, self.now())
            if self._code() != 0:
                raise known or unexplained(self.run.spec, self.ended, self.plain)
            raise known or AgentError(
                f"{self.program.name} (agent {self.run.spec.name!r}) ended without a result: check "
                f"that `run` asks it for {self.program.asks}, then resume the task"
            )
        yield Finished(at=self.now(), handoff=self.handoff())

    def handoff(self) -> Handoff:
        """What it says of its work."""
        return Handoff(summary=self.said, concerns=tuple(self.concerns))

    # --- entries -----------------------------------------------------------------------------

    def begins(self, session: str) -> Iterator[AnyEntry]:
        """The session, where it is another than the one that was to go on."""
        if session != self.session and " " not in session:
            self.session = session
            yield session_remark(session, self.now())

    def says(self, text: str, request: str = "", *, thought: bool = False) -> Iterator[AnyEntry]:
        """A whole message, or a whole thought."""
        kind = "thinking" if thought else "text"
        if text.strip():
            content = ({"type": kind, kind: text},)
            yield self.answer(content, request)

    def answer(self, content: tuple[Event, ...], request: str) -> Response:
        """A part of the model's answer; a program that does not name its model stands for it."""
        model = self.model or self.program.name
        return Response(at=self.now(), content=content, model=model, request=request)

    def calls(self, name: str, tool: str, given: Mapping[str, Any]) -> Iterator[AnyEntry]:
        """A tool call, with what it was given: the review finds in that who wrote a line."""
        block = {"type": "tool_use", "id": name, "name": tool, "input": dict(given)}
        yield self.answer((block,), name)
        yield ToolCall(at=self.now(), id=name, name=tool, text=summary(tool, given))

    def gave(
        self, name: str, text: str, *, code: int | None = None, seconds: float = 0.0,
        failed: bool = False,
    ) -> Iterator[AnyEntry]:  # fmt: skip
        """What a tool call gave back."""
        yield ToolResult(
            at=self.now(), id=name, text=text, exit_code=code, seconds=seconds, failed=failed
        )

    def remarks(self, text: str) -> Iterator[AnyEntry]:
        """A word about the run, in one line."""
        yield Remark(at=self.now(), text=" ".join(text.split())[:1_000])

    def printed(self, line: str) -> Iterator[AnyEntry]:
        """A line that is no event."""
        if line.strip():
            self.plain = [*self.plain, line][-_KEPT:]
            yield Output(at=self.now(), text=line + "\n")

    def strange(self, event: Event, line: str) -> Iterator[AnyEntry]:
        """An event that is not understood: each kind once, by name."""
        kind = " ".join(self.kind(event).split())[:_KIND]
        if kind not in self.quiet and kind not in self._unknown and len(self._unknown) < _KINDS:
            self._unknown.add(kind)
            yield from self.remarks(f"{self.program.name} sent {kind!r}, which is not understood")

    def _code(self) -> int | None:
        return None if self.ended is None else self.ended.exit_code


def event_of(line: str) -> Event | None:
    """The JSON object that a line is; None for anything else."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        event = msgspec.json.decode(line)
        if line.count("{") + line.count("[") > _BRACKETS:
            msgspec.json.encode(_within(event))
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError, OverflowError):
        return None
    return event if isinstance(event, dict) else None


def _within(event: Any) -> Any:
    for _ in range(_MARGIN):
        event = [event]
    return event


def summary(tool: str, given: Mapping[str, Any]) -> str:
    """One line of a foreign tool's call: its command, its file, or its input."""
    command = given.get("command")
    if isinstance(command, list):
        command = " ".join(map(str, command))
    if command:
        return text_of(command)
    name = tool.lower()
    if (plan := plan_of(given.get("todos") or given.get("items"))) is not None:
        return plan
    if isinstance(changes := given.get("changes"), list):
        paths = (short(text_of(dict_of(change).get("path"))) for change in changes)
        return f"{name} {', '.join(filter(None, paths))}"[:SUMMARY]
    for key in (
        "file_path",
        "filePath",
        "absolute_path",
        "path",
        "pattern",
        "query",
        "url",
        "description",
    ):
        if path := text_of(given.get(key)):
            return f"{name} {short(path)}"
    return f"{name} {msgspec.json.encode(given).decode(errors='replace')}"[:SUMMARY]


def plan_of(items: object) -> str | None:
    """A list of steps in one line: `plan 1/3: write the test`; None for what is none."""
    steps = [step for step in items if isinstance(step, dict)] if isinstance(items, list) else []
    if not steps:
        return None
    left = [step for step in steps if not _is_done(step)]
    active = next((s for s in left if s.get("status") == "in_progress"), left[0] if left else {})
    words = (active.get(key) for key in ("content", "text", "step", "description", "subject"))
    now = next((word for word in words if isinstance(word, str) and word), "")
    return f"plan {len(steps) - len(left)}/{len(steps)}" + (f": {now}"[:SUMMARY] if now else "")


def _is_done(step: Mapping[str, Any]) -> bool:
    return step.get("completed") is True or step.get("status") in ("completed", "done", "cancelled")


def short(path: str) -> str:
    """A path as the developer knows it."""
    return path.removeprefix("/worktree/")


def text_of(value: object) -> str:
    """A text; empty for anything else."""
    return value if isinstance(value, str) else ""


def dict_of(value: object) -> Event:
    """An object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def count_of(value: object) -> int:
    """A number of tokens; 0 for what cannot be one."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST
    return int(value) if whole else 0  # type: ignore[call-overload]  # narrowed above


def number_of(value: object) -> float | None:
    """A finite number of at least 0; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _MOST and math.isfinite(value) else None


def code_of(value: object) -> int | None:
    """An exit code; None for what cannot be one."""
    fits = isinstance(value, int) and not isinstance(value, bool) and -(1 << 31) <= value < 1 << 32
    return value if fits else None  # type: ignore[return-value]  # narrowed above


def money(spec: AgentSpec, value: object) -> float | None:
    """Dollars that a program reports; None where a subscription pays, or it tells none."""
    return None if spec.subscription else number_of(value)


def less(spent: Spend, counted: Spend) -> Spend:
    """The tokens that are not counted yet."""
    return Spend(
        input_tokens=max(spent.input_tokens - counted.input_tokens, 0),
        output_tokens=max(spent.output_tokens - counted.output_tokens, 0),
        cached_tokens=max(spent.cached_tokens - counted.cached_tokens, 0),
    )


def since(whole: Spend, counted: Spend) -> Spend:
    """The tokens of a count of the whole session that are new; all where it began anew."""
    return less(whole, counted) if whole.tokens >= counted.tokens else whole


def spend_of(spec: AgentSpec, usage: Mapping[str, Any], *, usd: object = None) -> Spend:
    """Tokens and money from a table of counts named as in the Messages API."""
    fresh = count_of(usage.get("input_tokens")) + count_of(usage.get("cache_creation_input_tokens"))
    return Spend(
        usd=money(spec, usd),
        input_tokens=fresh,
        output_tokens=count_of(usage.get("output_tokens")),
        cached_tokens=count_of(usage.get("cache_read_input_tokens")),
    )
