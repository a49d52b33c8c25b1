"""What a transcript looks like: entries in, lines out. Pure; foreign text leaves it clean.

Text streams in as pieces and comes again whole at the end of an answer, so lines are not only
added: an `Edit` may take back the newest ones first.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Origin,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
)
from tui.text import clean, plural, took

BRIEF = 3
"""Lines of a tool's result, or of a prompt, that a pane of the Floor shows."""
BAR = "┊"
"""Stands before every row of what a tool gave back."""
_LONGEST = 2_000
"""Characters of one line; what is longer goes on in the next."""


class Kind(StrEnum):
    """Who speaks in a line; each has a style of the pane."""

    PROMPT = "prompt"
    TEXT = "text"
    THOUGHT = "thought"
    TOOL = "tool"
    RESULT = "result"
    FAILED = "failed"
    REMARK = "remark"
    QUESTION = "question"


class Line(NamedTuple):
    """One line before it is wrapped. `mark` stands before it, in a column of its own."""

    kind: Kind
    text: str
    mark: str = ""
    turn: bool = False
    """Whether a turn begins here: a prompt, or an answer of the agent's."""


class Edit(NamedTuple):
    """Take back the newest `drop` lines, then add these."""

    drop: int
    lines: list[Line]


_MARKS = {Kind.THOUGHT: "∴", Kind.TOOL: "$", Kind.FAILED: "✗", Kind.QUESTION: "?", Kind.PROMPT: ">"}
_WHO = {
    Origin.TASK: "task",
    Origin.DEVELOPER: "you",
    Origin.GUARDRAILS: "guardrails",
    Origin.CONFLICT: "conflict",
    Origin.ENGINE: "factory",
}


class Script:
    """Folds the entries of one transcript into lines; `whole` shortens nothing."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._kind: Kind | None = None
        """Of the run of lines that streams in now."""
        self._open = ""
        """The line that is still being written, as it came."""
        self._run = 0
        """Lines shown of this run, the open one included."""
        self._streamed = 0
        """Lines shown of this answer: of all its runs."""
        self._fresh = True
        """Whether what the agent says next begins a turn."""

    def read(self, entries: Iterable[AnyEntry]) -> Edit:
        """What these entries change."""
        drop = 0
        lines: list[Line] = []
        for entry in entries:
            edit = self._one(entry)
            kept = max(0, len(lines) - edit.drop)
            drop += edit.drop - (len(lines) - kept)
            del lines[kept:]
            lines += edit.lines
        return Edit(drop, lines)

    def _one(self, entry: AnyEntry) -> Edit:
        match entry:
            case Delta(text=text, thought=thought):
                return self._stream(Kind.THOUGHT if thought else Kind.TEXT, text)
            case Output(text=text):
                return self._stream(Kind.TEXT, text)
            case Response():
                drop, self._fresh = self._streamed, self._fresh or self._streamed > 0
                self._end()
                return Edit(drop, self._answer(entry))
            case _:
                self._end()
                lines = told(entry, whole=self._whole)
                self._fresh = self._fresh or bool(lines)
                return Edit(0, lines)

    def _end(self) -> None:
        self._kind = None
        self._open = ""
        self._run = self._streamed = 0

    def _stream(self, kind: Kind, text: str) -> Edit:
        if kind is not self._kind:
            self._kind, self._open, self._run = kind, "", 0
        drop = 1 if self._open else 0
        *rows, self._open = _split(self._open + text)
        if self._open:
            rows.append(self._open)
        lines = [Line(kind, _row(row)) for row in rows]
        if lines and self._run == drop:
            turn = self._fresh and self._streamed == drop
            lines[0] = lines[0]._replace(mark=_MARKS.get(kind, ""), turn=turn)
        self._run += len(lines) - drop
        self._streamed += len(lines) - drop
        return Edit(drop, lines)

    def _answer(self, response: Response) -> list[Line]:
        lines: list[Line] = []
        for block in response.content:
            for key, kind in (("thinking", Kind.THOUGHT), ("text", Kind.TEXT)):
                text = block.get(key)
                if block.get("type") == key and isinstance(text, str) and text.strip():
                    begins = self._fresh and not lines
                    lines += _marked(kind, _split(text.strip("\n")), turn=begins)
        self._fresh = self._fresh and not lines
        return lines


def told(entry: AnyEntry, *, whole: bool) -> list[Line]:
    """The lines of an entry that does not stream."""
    match entry:
        case Prompt(text=text, origin=origin):
            who = f"{_WHO.get(origin, 'factory')}: "
            said = text.strip()
            said = said if said.casefold().startswith(who) else who + said
            rows = _brief(_split(said), whole=whole)
            return _marked(Kind.PROMPT, rows, turn=True)
        case ToolCall(name=name, text=text):
            rows = _brief(_split(text.strip() or name), whole=whole)
            return _marked(Kind.TOOL, rows, mark="$" if name in ("bash", "") else "·")
        case ToolResult():
            return _result(entry, whole=whole)
        case Question(text=text):
            return _marked(Kind.QUESTION, _split(text.strip()))
        case Finished(handoff=handoff):
            said = handoff.summary.strip() or "done"
            return _marked(Kind.REMARK, _brief(_split(f"handoff: {said}"), whole=whole), mark="■")
        case Remark(text=text):
            return _marked(Kind.REMARK, _split(text.strip()), mark="─")
        case _:
            return []


def _result(result: ToolResult, *, whole: bool) -> list[Line]:
    kind = Kind.FAILED if result.failed or result.exit_code else Kind.RESULT
    lines: list[Line] = []
    if text := result.text.strip("\n"):
        lines = _marked(kind, _brief(_split(text), whole=whole, tail=True), mark=BAR)
    notes = []
    if result.interrupted:
        notes.append("interrupted")
    if result.exit_code:
        notes.append(f"exit code {result.exit_code}")
    if result.seconds >= 1:
        notes.append(took(result.seconds))
    if notes or (kind is Kind.FAILED and not lines):
        words = " · ".join(notes) or "failed"
        lines.append(Line(kind, words, "✗" if kind is Kind.FAILED else BAR))
    return lines


def _marked(
    kind: Kind, rows: list[str], *, mark: str | None = None, turn: bool = False
) -> list[Line]:
    first = _MARKS.get(kind, "") if mark is None else mark
    again = first if first == BAR else ""
    return [
        Line(kind, _row(row), again if n else first, turn and n == 0) for n, row in enumerate(rows)
    ]


def _brief(rows: list[str], *, whole: bool, tail: bool = False) -> list[str]:
    if whole:
        return rows
    rows = [row for row in rows if row.strip()]
    if len(rows) <= BRIEF + 1:
        return rows
    left = plural(len(rows) - BRIEF, "line")
    if tail:
        return [rows[0], f"⋯ {left} more", *rows[-(BRIEF - 1) :]]
    return [*rows[:BRIEF], f"⋯ {left} more"]


def _split(text: str) -> list[str]:
    rows: list[str] = []
    for row in text.replace("\r\n", "\n").split("\n"):
        while len(row) > _LONGEST:
            at = row.rfind(" ", _LONGEST // 2, _LONGEST) + 1 or _LONGEST
            rows.append(row[:at])
            row = row[at:]
        rows.append(row)
    return rows


def _row(row: str) -> str:
    # A progress bar writes over itself: what stands at the end is what a terminal would show.
    return clean(row.rstrip().rpartition("\r")[2])
