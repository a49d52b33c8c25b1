"""A recording of a model: what it answers to which task, and at which point of a conversation.

A TOML file. Steps are played in order, one an answer; a step with `when` begins a section, which is
played from there once a prompt after the first contains that text (of several sections the last):

    speed = 1.0                         # 2 is twice as fast, 0 makes no pauses at all

    [[task]]
    title = "Add a CSV export"          # the task whose prompt holds the line `Task: <title>`

    [[task.step]]
    think = "Where are rows written?"   # optional, as is everything but one of say and call
    say = "I look at the writer first."
    pause = 0.5                         # seconds before the answer begins
    delay = 0.03                        # seconds between pieces of a dozen characters
    usage = { input = 900, cached = 4000, output = 120 }

    [[task.step.call]]
    tool = "bash"                       # command, timeout
    command = "sed -n 1,80p src/rows.py"

    [[task.step.call]]
    tool = "replace"                    # path, old, new; also: create, insert, view
    path = "src/rows.py"
    old = '''return rows'''
    new = '''return list(rows)'''

    [[task.step.call]]
    tool = "handoff"                    # summary, deviations, concerns, findings; also: ask

    [[task.step]]
    when = "conflict"
    ...

A step is played again where its calls were interrupted, with just those calls; so calls should do
no harm when they run twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from factory.agents.conversation import Block, Message
from factory.agents.tools import BASH, EDITOR
from factory.model import AgentError, Struct
from factory.transcript import ASK, HANDOFF, INTERRUPTED

TASK = "Task: "
"""How the line of the first prompt begins that names the task."""


class Bash(Struct, tag="bash", tag_field="tool"):
    """Run a command."""

    command: str
    timeout: float | None = None

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        extra = {} if self.timeout is None else {"timeout": self.timeout}
        return BASH, {"command": self.command, **extra}


class View(Struct, tag="view", tag_field="tool"):
    """Look at a file."""

    path: str
    lines: tuple[int, int] | None = None

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        extra = {} if self.lines is None else {"view_range": list(self.lines)}
        return EDITOR, {"command": "view", "path": self.path, **extra}


class Create(Struct, tag="create", tag_field="tool"):
    """Write a whole file."""

    path: str
    text: str

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        return EDITOR, {"command": "create", "path": self.path, "file_text": self.text}


class Replace(Struct, tag="replace", tag_field="tool"):
    """Replace a text that stands exactly once in a file."""

    path: str
    old: str
    new: str

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        given = {"path": self.path, "old_str": self.old, "new_str": self.new}
        return EDITOR, {"command": "str_replace", **given}


class Insert(Struct, tag="insert", tag_field="tool"):
    """Insert a text after a line of a file."""

    path: str
    line: int
    text: str

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        given = {"path": self.path, "insert_line": self.line, "insert_text": self.text}
        return EDITOR, {"command": "insert", **given}


class HandOff(Struct, tag="handoff", tag_field="tool"):
    """End the work."""

    summary: str
    deviations: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        return HANDOFF, {
            "summary": self.summary,
            "deviations": list(self.deviations),
            "concerns": list(self.concerns),
            "findings": list(self.findings),
        }


class Question(Struct, tag="ask", tag_field="tool"):
    """Ask the developer."""

    question: str

    def call(self) -> tuple[str, Block]:
        """Name and input of the tool call."""
        return ASK, {"question": self.question}


AnyCall = Bash | View | Create | Replace | Insert | HandOff | Question


class RecordedUsage(Struct):
    """Tokens of an answer."""

    input: int = 0
    cached: int = 0
    output: int = 0


class Step(Struct, forbid_unknown_fields=True):
    """One answer of the model."""

    when: str = ""
    think: str = ""
    say: str = ""
    call: tuple[AnyCall, ...] = ()
    pause: float = 0.0
    delay: float = 0.03
    usage: RecordedUsage | None = None


class RecordedTask(Struct, forbid_unknown_fields=True):
    """All answers to one task."""

    title: str
    step: tuple[Step, ...]

    def sections(self) -> list[list[Step]]:
        """The steps up to the first `when`, then those from each `when` on."""
        sections: list[list[Step]] = [[]]
        for step in self.step:
            if step.when:
                sections.append([])
            sections[-1].append(step)
        return sections


class Recording(Struct, forbid_unknown_fields=True):
    """A whole file."""

    task: tuple[RecordedTask, ...] = ()
    speed: float = 1.0


class Place(Struct):
    """Where a conversation has got to in a recorded task."""

    section: int = 0
    step: int = 0
    lost: tuple[int, ...] = ()
    """Calls of the step, by number, that were interrupted; the step is played again with these."""


class Answer(Struct):
    """A step as it is to be played now."""

    step: Step
    calls: tuple[Block, ...]
    """`tool_use` blocks."""


def load(path: Path) -> Recording:
    """Read a recording. Raises AgentError."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Recording)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise AgentError(
            f"The recording {path} cannot be read ({error}): correct it, or name another with "
            "`recording` in factory.toml"
        ) from error


def answer(recording: Recording, messages: Sequence[Message]) -> Answer:
    """What the recorded model says next in this conversation."""
    task = _task(recording, messages)
    if task is None:
        return _nothing("Nothing is recorded for this task", messages)
    sections = task.sections()
    place = locate([section[0].when if section else "" for section in sections], messages)
    section = sections[place.section]
    if place.step >= len(section):
        return _nothing("Nothing more is recorded", messages)
    step = section[place.step]
    calls = [
        _block(f"{place.section}_{place.step}_{number}_{len(messages)}", recorded)
        for number, recorded in enumerate(step.call)
        if not place.lost or number in place.lost or isinstance(recorded, HandOff | Question)
    ]
    return Answer(step=step, calls=tuple(calls))


def locate(whens: Sequence[str], messages: Sequence[Message]) -> Place:
    """The place that the messages lead to; `whens` are the sections' texts, the first's empty."""
    place, asked, begun = Place(), None, False
    for message in messages:
        blocks = message["content"]
        blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
        if message["role"] == "assistant":
            asked = [block for block in blocks if block["type"] == "tool_use"]
            continue
        if asked is not None:
            lost = tuple(_interrupted(blocks))
            step = place.step if lost else place.step + 1
            place = Place(section=place.section, step=step, lost=lost)
        for text in _said(blocks, asked or []):
            for number, when in enumerate(whens):
                if begun and when and when in text:
                    place = Place(section=number)
            begun = True
    return place


def _task(recording: Recording, messages: Sequence[Message]) -> RecordedTask | None:
    first = messages[0]["content"] if messages else ""
    text = first if isinstance(first, str) else "\n".join(_said(first, []))
    lines = {line.strip() for line in text.splitlines()}
    return next((task for task in recording.task if TASK + task.title in lines), None)


def _said(blocks: Sequence[Block], asked: Sequence[Block]) -> Iterator[str]:
    """What people said in a user message: texts, and answers to questions."""
    questions = {call["id"] for call in asked if call["name"] == ASK}
    for block in blocks:
        if block["type"] == "text":
            yield block["text"]
        elif block["type"] == "tool_result" and block["tool_use_id"] in questions:
            yield str(block["content"])


def _interrupted(blocks: Sequence[Block]) -> Iterator[int]:
    """The numbers of the calls that were interrupted, which are a part of their ids."""
    for block in blocks:
        text = block.get("content", "")
        if block["type"] == "tool_result" and str(text).startswith(INTERRUPTED):
            yield int(block["tool_use_id"].split("_")[3])


def _block(name: str, recorded: AnyCall) -> Block:
    tool, given = recorded.call()
    return {"type": "tool_use", "id": f"toolu_{name}", "name": tool, "input": given}


def _nothing(summary: str, messages: Sequence[Any]) -> Answer:
    ended = HandOff(summary=f"{summary}.")
    return Answer(step=Step(), calls=(_block(f"0_0_0_{len(messages)}", ended),))
