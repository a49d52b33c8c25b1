"""What a program tells over the Agent Client Protocol, as entries of ours.

Pieces of text become whole answers, a tool call becomes one `ToolCall` once it is known what it
does and one `ToolResult` at its end. The library's models read each update and forgive what is
malformed in it; a kind that they do not know is shown once, and never fatal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from factory.agents.acp.talk import Message, Stray
from factory.agents.events import code_of, count_of, number_of
from factory.entry import (
    AnyEntry,
    Delta,
    Output,
    Remark,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from factory.model import Spend
from factory.sandbox import TREE

if TYPE_CHECKING:
    from acp import schema

    Content = schema.ToolCallStart | schema.ToolCallUpdate

LONGEST_LINE = 4_000
"""Characters of a line that is no message, as it is shown."""
LONGEST_RESULT = 1 << 20
"""Characters of a tool's result that the transcript holds."""
_SUMMARY = 200
_SIGNS = {"completed": "✓", "in_progress": "◐", "pending": "○"}
_NAMES = {"execute": "bash"}


class _Call:
    """A tool call as it becomes known, update by update."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.title = ""
        self.kind = ""
        self.status = ""
        self.given: dict[str, Any] = {}
        self.path = ""
        self.output: object = None
        self.texts: list[str] = []
        self.diffs: list[dict[str, str]] = []
        self.told = False
        self.over = False

    def learn(self, update: Content) -> None:
        """Take what an update adds; what it leaves out stays."""
        self.title = update.title or self.title
        self.kind = str(update.kind or self.kind)
        self.status = str(update.status or self.status)
        if isinstance(update.raw_input, dict) and update.raw_input:
            self.given = update.raw_input
        if update.raw_output is not None:
            self.output = update.raw_output
        if update.locations:
            self.path = _relative(update.locations[0].path)
        if update.content is not None:
            self._content(update.content)

    def _content(self, content: Sequence[Any]) -> None:
        """A list of content stands for the one before it."""
        self.texts, self.diffs = [], []
        for part in content:
            if part.type == "diff":
                diff = {"file_path": _relative(part.path), "new_string": part.new_text}
                if part.old_text is not None:
                    diff["old_string"] = part.old_text
                self.diffs.append(diff)
            elif part.type == "content" and part.content.type == "text":
                self.texts.append(part.content.text)

    @property
    def known(self) -> bool:
        """Whether there is enough of it to tell what it does."""
        return bool(
            self.given or self.diffs or self.texts or self.status in ("completed", "failed")
        )

    @property
    def name(self) -> str:
        return _NAMES.get(self.kind, self.kind or "tool")

    @property
    def command(self) -> str:
        """The shell command that it is; empty for any other tool."""
        given = self.given.get("command", self.given.get("cmd"))
        if given is None and self.kind == "execute" and not self.given:
            return self.title
        if isinstance(given, list):
            words = [str(word) for word in given]
            return words[-1] if words[:2] in (["bash", "-lc"], ["sh", "-c"]) else " ".join(words)
        return given if isinstance(given, str) else ""

    @property
    def line(self) -> str:
        """What it does, in one line."""
        if self.kind in ("execute", "") and self.command:
            return self.command
        path = self.diffs[0]["file_path"] if self.diffs else self.path
        if path and self.kind in ("edit", "read", "delete", "move"):
            return f"{self.kind} {path}"
        return (self.title or self.name).replace("\n", " ")[:_SUMMARY]

    def block(self) -> dict[str, Any]:
        """The call as the transcript keeps calls, so that its edits are found again."""
        if self.diffs:
            given: dict[str, Any] = dict(self.diffs[0])
            if len(self.diffs) > 1:
                given["edits"] = list(self.diffs[1:])
        elif self.command:
            given = {"command": self.command}
        else:
            given = {"title": self.line}
        return {"type": "tool_use", "id": self.id, "name": self.name, "input": given}

    def result(self) -> str:
        """What it gave back, as text."""
        told, said = "\n".join(self.texts), _text(self.output)
        if told and not (self.kind == "execute" and isinstance(self.output, str)):
            said = told  # but a command's own output stands there without decoration
        if not said and self.diffs:
            said = f"changed {', '.join(diff['file_path'] for diff in self.diffs)}"
        return said[:LONGEST_RESULT]

    def code(self) -> int | None:
        """The exit code, where the program tells it."""
        given = self.output if isinstance(self.output, dict) else {}
        for key in ("exit_code", "exitCode", "returncode"):
            if (code := code_of(given.get(key))) is not None:
                return code
        return None


class Updates:
    """Reads the updates of one session, in their order."""

    def __init__(self, now: Callable[[], float], *, money: bool = True) -> None:
        """`money`: whether US dollars count."""
        from acp import schema

        self._schema = schema
        self._now = now
        self.paid = 0.0
        """US dollars that the session has cost so far, as the program told."""
        self._money = money
        self._text: list[str] = []  # pieces: a text that grew by each would be copied each time
        self._thought: list[str] = []
        self._calls: dict[str, _Call] = {}
        self._plan = ""
        self._unknown: set[str] = set()
        self.last = ""
        """The last whole message of the program's."""
        self.model = ""
        self.titles: dict[str, str] = {}
        """What each tool call does, by its id."""

    def read(self, given: Message) -> Iterator[AnyEntry]:
        """The entries of one `session/update`."""
        from pydantic import ValidationError

        try:
            update = self._schema.SessionNotification.model_validate(given).update
        except ValidationError:
            yield from self._stranger(given)
            return
        schema = self._schema
        match update:
            case schema.AgentMessageChunk(content=schema.TextContentBlock(text=text)):
                if self._thought:
                    yield from self.whole()
                self._text.append(text)
                yield Delta(at=self._now(), text=text)
            case schema.AgentThoughtChunk(content=schema.TextContentBlock(text=text)):
                if self._text:
                    yield from self.whole()
                self._thought.append(text)
                yield Delta(at=self._now(), text=text, thought=True)
            case schema.ToolCallStart() | schema.ToolCallProgress():
                yield from self._tool(update)
            case schema.AgentPlanUpdate(entries=entries):
                yield from self._planned(entries)
            case schema.UsageUpdate(cost=cost) if cost is not None and cost.currency == "USD":
                yield from self._cost(cost.amount)
            case _:
                pass  # commands, modes and titles are for clients with menus

    def asked(self, given: Message) -> None:
        """Learn of a call from `session/request_permission`: some tell of it only there."""
        from pydantic import ValidationError

        try:
            update = self._schema.RequestPermissionRequest.model_validate(given).tool_call
        except ValidationError:
            return
        call = self._calls.setdefault(update.tool_call_id, _Call(update.tool_call_id))
        call.learn(update)
        self.titles[call.id] = call.line

    def stray(self, came: Stray) -> Iterator[AnyEntry]:
        """A line that is no message: programs print warnings, and some crash with a trace."""
        yield Output(at=self._now(), text=came.text[:LONGEST_LINE] + "\n")

    def whole(self, stop: str = "") -> Iterator[AnyEntry]:
        """What was said so far as one answer; nothing where nothing was."""
        blocks = []
        if self._thought:
            blocks.append({"type": "thinking", "thinking": "".join(self._thought)})
        if self._text:
            self.last = "".join(self._text)
            blocks.append({"type": "text", "text": self.last})
        self._text, self._thought = [], []
        if blocks:
            yield Response(at=self._now(), content=tuple(blocks), stop=stop, model=self.model)

    def ended(self, result: Message) -> Iterator[AnyEntry]:
        """The end of a turn: the result of `session/prompt`."""
        yield from self.whole(str(result.get("stopReason") or ""))
        spent = _spend(result)
        if spent.tokens:
            yield Usage(at=self._now(), spend=spent)

    def _tool(self, update: Content) -> Iterator[AnyEntry]:
        call = self._calls.setdefault(update.tool_call_id, _Call(update.tool_call_id))
        if call.over:
            return
        call.learn(update)
        self.titles[call.id] = call.line
        if call.known and not call.told:
            call.told = True
            yield from self.whole()
            yield ToolCall(at=self._now(), id=call.id, name=call.name, text=call.line)
        if call.status in ("completed", "failed"):
            call.over = True
            yield Response(at=self._now(), content=(call.block(),), model=self.model)
            yield ToolResult(
                at=self._now(), id=call.id, text=call.result(), exit_code=call.code(),
                failed=call.status == "failed",
            )  # fmt: skip

    def _planned(self, entries: Sequence[Any]) -> Iterator[AnyEntry]:
        """A plan is told whole each time; only a new one is worth a line."""
        lines = [f"{_SIGNS.get(str(one.status), '○')} {one.content}" for one in entries]
        plan = "plan: " + " · ".join(line.replace("\n", " ") for line in lines)
        if plan != self._plan and entries:
            self._plan = plan
            yield Remark(at=self._now(), text=plan)

    def _cost(self, amount: float) -> Iterator[AnyEntry]:
        """Programs tell the whole session's cost; one that begins to count anew has less."""
        if number_of(amount) is None:
            return
        more = amount - self.paid if amount >= self.paid else amount
        self.paid = amount
        if more > 0 and self._money:
            yield Usage(at=self._now(), spend=Spend(usd=more))

    def _stranger(self, given: Message) -> Iterator[AnyEntry]:
        update = given.get("update")
        kind = str(update.get("sessionUpdate") if isinstance(update, dict) else "")[:60]
        if kind not in self._unknown:
            self._unknown.add(kind)
            yield Remark(at=self._now(), text=f"told something that is not known here: {kind!r}")


def _spend(result: Message) -> Spend:
    """Tokens of a turn, where the program tells them: as the protocol does, or as Gemini CLI."""
    usage = result.get("usage")
    if isinstance(usage, dict):
        counts = {key: count_of(value) for key, value in usage.items()}
        return Spend(
            input_tokens=counts.get("inputTokens", 0) + counts.get("cachedWriteTokens", 0),
            output_tokens=counts.get("outputTokens", 0) + counts.get("thoughtTokens", 0),
            cached_tokens=counts.get("cachedReadTokens", 0),
        )
    match result:
        case {"_meta": {"quota": {"token_count": dict(count)}}}:
            tokens = (count.get("input_tokens"), count.get("output_tokens"))
            given = [count_of(one) for one in tokens]
            return Spend(input_tokens=given[0], output_tokens=given[1])
        case _:
            return Spend()


def _text(output: object) -> str:
    """A tool's raw output as text: its own words where it has some."""
    if isinstance(output, str):
        return output
    if isinstance(output, dict):
        for key in ("formatted_output", "aggregated_output", "output", "stdout", "text"):
            if isinstance(output.get(key), str):
                return str(output[key])
    try:
        return "" if output is None else msgspec.json.encode(output, enc_hook=str).decode()
    except (msgspec.MsgspecError, OverflowError, RecursionError):
        return "[it cannot be written down]"


def _relative(path: str) -> str:
    return path.removeprefix(f"{TREE}/")
