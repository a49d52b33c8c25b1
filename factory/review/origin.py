"""Why a line is there: the call in a transcript that wrote it, or took it out. Pure.

A transcript is read forward, line by line, and of its entries only what is needed: one of 50 MB
is mostly output that nobody has to decode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from factory.entry import Origin
from factory.model import Struct
from factory.review.edits import Edit, Line, edits_of, of_script, ran_on, traced
from factory.review.entries import Finished, ToolCall, ToolResult
from factory.transcript import BEGUN
from factory.wire import RanCommand, Trace, Why

_AROUND = 3
"""Lines of a call shown above and below the line."""
_WORDS = 4_000
"""Characters of what was said or asked that are given."""
_CALL = 600
"""Characters of a command that are given."""
_RAN = 6
"""Commands that are named where no edit is found."""


class _Prompt(Struct, tag="Prompt"):
    at: float = 0.0
    text: str = ""
    origin: Origin = Origin.TASK


class _Response(Struct, tag="Response"):
    at: float = 0.0
    content: tuple[dict[str, Any], ...] = ()
    request: str = ""


class _Remark(Struct, tag="Remark"):
    at: float = 0.0
    text: str = ""


_Any = _Prompt | _Response | ToolCall | ToolResult | Finished | _Remark
_DECODER: msgspec.json.Decoder[_Any] = msgspec.json.Decoder(_Any)
_TAG = re.compile(rb'\{"type":"(?:Prompt|Response|ToolCall|ToolResult|Finished|Remark)"')


def search(
    lines: Iterable[tuple[int, bytes]], line: Line, attempt: str, *, alike: bool = False
) -> Why:
    """The newest call of one attempt that wrote the line; `trace` says if and how it was found.

    `lines` are those of the transcript with the byte each begins at. With `alike`, the most
    similar line counts, and where there is none, the commands that may have written it are named.
    """
    reading = _Reading(line, attempt, alike=alike)
    for number, (offset, raw) in enumerate(lines):
        if _TAG.match(raw):
            try:
                entry = _DECODER.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # of a newer version, or torn
            reading.take(_At(entry=number, offset=offset), entry)
    return reading.result()


class _At(Struct):
    """Where an entry stands in its transcript."""

    entry: int
    offset: int


class _Found(Struct):
    """A call that wrote the line, as far as it was read."""

    rank: tuple[int, float, int]
    why: Why
    command: bool


class _Reading:
    """One transcript, read forward."""

    def __init__(self, line: Line, attempt: str, *, alike: bool) -> None:
        self._line = line
        self._alike = alike
        self._asked: _Prompt | None = None
        self._request = ""
        self._now = Why(text=line.text, attempt=attempt)
        """Where the reading stands: turn, round, words."""
        self._open: dict[str, _Found] = {}
        self._found: list[_Found] = []
        self._ran: dict[str, RanCommand] = {}
        self._calls = 0

    def take(self, place: _At, entry: _Any) -> None:
        """The next entry."""
        match entry:
            case _Prompt():
                self._prompt(entry)
            case _Response():
                self._response(place, entry)
            case ToolCall(id=name, text=text):
                self._called(name, text)
            case ToolResult():
                self._ended(entry)
            case _Remark(at=at, text=text) if text == BEGUN and self._asked is not None:
                self._look(place, at, "", "script", of_script(self._asked.text))
            case Finished():
                self._now = replace(self._now, round=self._now.round + 1, said="", thought="")
            case _:
                pass

    def result(self) -> Why:
        """What was found in all of it."""
        whole = [*self._found, *self._open.values()]
        if not whole:
            newest = tuple(reversed(self._ran.values()))[:_RAN]
            return Why(text=self._line.text, ran=newest if self._alike else ())
        best = max(whole, key=lambda found: found.rank)
        same = sum(found.why.trace is best.why.trace for found in whole)
        return replace(best.why, earlier=same - 1)

    def _prompt(self, prompt: _Prompt) -> None:
        self._asked = prompt
        self._now = replace(
            self._now, asked=_cut(prompt.text), asked_by=prompt.origin.value, said="", thought=""
        )

    def _response(self, place: _At, response: _Response) -> None:
        if not response.request or response.request != self._request:
            self._request = response.request
            self._now = replace(self._now, turn=self._now.turn + 1, thought="")
        said: list[str] = []
        for block in response.content:
            match block:
                case {"type": "text", "text": str(text)} if text.strip():
                    said.append(text.strip())
                    words = _cut("\n\n".join(said))
                    self._now = replace(self._now, said=words, said_turn=self._now.turn)
                case {"type": "thinking", "thinking": str(text)} if text.strip():
                    self._now = replace(self._now, thought=_cut(text.strip()))
                case {"type": "tool_use", "id": str(name), "name": str(tool), "input": dict(given)}:
                    for edit in edits_of(given):
                        self._look(place, response.at, name, tool, edit)
                case _:
                    pass

    def _look(self, place: _At, at: float, name: str, tool: str, edit: Edit) -> None:
        """Keep a call that wrote the line."""
        self._calls += 1
        if self._alike and ran_on(edit, self._line):
            self._ran[name] = RanCommand(
                text=_cut(edit.command, _CALL), round=self._now.round, at=at,
                attempt=self._now.attempt,
            )  # fmt: skip
        found = traced(edit, self._line, alike=self._alike)
        if found is None:
            return
        excerpt, marked = _excerpt(edit.text, found.at)
        self._open[name] = _Found(
            rank=(found.trace is Trace.WRITTEN, found.weight, self._calls),
            why=replace(
                self._now, trace=found.trace, at=at, offset=place.offset, entry=place.entry,
                tool=tool, excerpt=excerpt, marked=marked,
                call=_cut(edit.command or f"{tool} {edit.path}", _CALL),
            ),
            command=bool(edit.command),
        )  # fmt: skip

    def _called(self, name: str, text: str) -> None:
        found = self._open.get(name)
        if found is not None and text:
            self._open[name] = replace(found, why=replace(found.why, call=_cut(text, _CALL)))

    def _ended(self, result: ToolResult) -> None:
        if (ran := self._ran.pop(result.id, None)) is not None:
            self._ran[result.id] = replace(
                ran, exit_code=result.exit_code, seconds=result.seconds, failed=result.failed,
                interrupted=result.interrupted,
            )  # fmt: skip
        found = self._open.pop(result.id, None)
        if found is None:
            return
        refused = (result.failed or bool(result.exit_code)) and not result.interrupted
        if refused and not found.command:
            return  # an editor that refuses has written nothing; a command may have, before
        why = replace(
            found.why, ended=not result.interrupted, failed=result.failed,
            exit_code=result.exit_code,
        )  # fmt: skip
        self._found.append(replace(found, why=why))


def _excerpt(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """The lines around line `at`, and where among them it is."""
    lines = text.split("\n")
    if at < 0:
        return tuple(lines[: 2 * _AROUND + 1]), -1
    first = max(0, at - _AROUND)
    return tuple(line[:_CALL] for line in lines[first : at + _AROUND + 1]), at - first


def _cut(text: str, most: int = _WORDS) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()} …"


def newest(found: Iterator[Why]) -> Why | None:
    """The first of several attempts' answers that has a trace; else one that names commands."""
    rest: list[Why] = []
    for why in found:
        if why.trace is not Trace.NONE:
            return why
        rest.append(why)
    return next((why for why in rest if why.ran), None)
