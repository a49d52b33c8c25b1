"""Evidence on demand: where a line comes from, what the agent ran, tests old against new."""

from __future__ import annotations

from enum import StrEnum

from factory.model import Struct


class Trace(StrEnum):
    """How a line was found in what the agents did."""

    WRITTEN = "written"
    """A call wrote exactly this line, or took exactly this line out."""
    ALIKE = "alike"
    """The most similar line that a call wrote; a formatter may have made this one of it."""
    WHOLE = "whole"
    """The line is gone with its file, or since the file was written anew."""
    NONE = "none"
    """No recorded call wrote it."""


class RanCommand(Struct):
    """A command that the agent ran."""

    text: str
    """As it was given (foreign text)."""
    exit_code: int | None = None
    """None: it has none, or the program that ran it does not tell."""
    seconds: float = 0.0
    round: int = 1
    """1 up to the agent's first handoff, 2 up to the next."""
    at: float = 0.0
    attempt: str = ""
    failed: bool = False
    """Told as an error; with no exit code that is all there is."""
    interrupted: bool = False


class Why(Struct):
    """Where a line of a diff comes from: the call that wrote it, with the words before it."""

    text: str
    """The line asked about."""
    trace: Trace = Trace.NONE
    attempt: str = ""
    """Name of the attempt and of its transcript."""
    turn: int = 0
    """Which answer of the agent in that transcript, 1-based; 0 where it answers nothing itself."""
    round: int = 1
    at: float = 0.0
    offset: int = 0
    """Byte of the transcript at which the entry with the call begins."""
    entry: int = 0
    """How many entries stand before it."""
    said: str = ""
    """The agent's newest words before the call."""
    said_turn: int = 0
    """The turn of those words: agents often go on for some turns without a word."""
    thought: str = ""
    tool: str = ""
    call: str = ""
    """The command, or one line such as `edit src/auth.py`."""
    excerpt: tuple[str, ...] = ()
    """The lines of the call around the line."""
    marked: int = -1
    """Index of the line in `excerpt`."""
    ended: bool = False
    """Whether its result was recorded."""
    failed: bool = False
    exit_code: int | None = None
    asked: str = ""
    """What the agent had been told last before it."""
    asked_by: str = ""
    """`task`, `developer`, `guardrails`, `conflict`, `engine`."""
    earlier: int = 0
    """How many earlier calls wrote the same line."""
    ran: tuple[RanCommand, ...] = ()
    """With no trace: the commands that may have changed the file, the newest first."""


class Weighed(Struct):
    """A claim of the handoff and what bears it out."""

    words: str
    """In the handoff's own words."""
    command: str = ""
    """The recorded command that shows it; empty where none does."""
    exit_code: int | None = None
    """Of the newest command of that kind, where there is one."""
    ran: bool = False
    """Whether a command of the kind it speaks of was run at all."""


class Deeds(Struct):
    """What the agent ran, oldest first, and its claims held against that."""

    commands: tuple[RanCommand, ...] = ()
    claims: tuple[Weighed, ...] = ()
    left_out: int = 0
    """How many older commands are not listed."""


class Compared(Struct):
    """What a guardrail with ids says of a change, held against what it said of the tip."""

    guardrail: str
    run: str
    """Id of the run on the change."""
    tip: str
    """The commit it is held against."""
    tip_run: str = ""
    """Id of the run on the tip; empty where it was never run there."""
    broken: tuple[str, ...] = ()
    """Failing now, and not failing on the tip."""
    still: tuple[str, ...] = ()
    """Failing on both."""
    mended: tuple[str, ...] = ()
    """Failing on the tip, passing now (or not found any more)."""
    new_ones: tuple[str, ...] = ()
    """Passing now, unknown on the tip."""
    gone: tuple[str, ...] = ()
    """Passing on the tip, neither passing nor failing now: removed, renamed or skipped."""
    kept: int = 0
    """How many pass on both."""
