"""A factory in which every string that comes from elsewhere says something odd.

Each such place has a mark of its own before what it says, by which it is found on the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from factory import wire
from factory.entry import (
    Delta,
    Finished,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
)  # fmt: skip
from factory.model import (
    Anchor,
    Comment,
    CommentKind,
    CommentState,
    Handoff,
    Lane,
    Mark,
    ParkReason,
    Run,
    Spend,
    TaskState,
    Verdict,
)  # fmt: skip
from factory.wire import GuardrailStatus, Look, RowKind
from tests import stage_review
from tests.stage import NOW, Stage
from tests.tui import scene

ASKING, READY, WORKING, QUEUED = "asking", "ready", "working", "queued"
LONG = 40
"""Characters after which what is said is cut: most places have one line."""


@dataclass
class Voices:
    """Gives each place its words; in each round another payload, or two."""

    payloads: Sequence[str]
    turn: int = 0
    places: list[str] = field(default_factory=list)

    def __call__(self, place: str) -> str:
        if place not in self.places:
            self.places.append(place)
        number = self.places.index(place)
        count = len(self.payloads)
        step = self.turn * 2 + number * 5
        said = " ".join(self.payloads[(step + at) % count][:LONG] for at in range(min(2, count)))
        return f"{self.mark(place)} {said}".encode("utf-8", "replace").decode()

    def mark(self, place: str) -> str:
        """What stands before everything that a place says."""
        number = self.places.index(place)
        return f"q{chr(97 + number // 26)}{chr(97 + number % 26)}"

    def heard(self, written: str) -> frozenset[str]:
        """The places whose words stand in what was written."""
        return frozenset(place for place in self.places if f"{self.mark(place)} " in written)

    def every(self, place: str) -> list[str]:
        """All payloads, each in a line of its own."""
        self(place)
        said = [f"{self.mark(place)} {payload}" for payload in self.payloads]
        return [words.encode("utf-8", "replace").decode() for words in said]


def guardrails(say: Voices) -> tuple[GuardrailStatus, ...]:
    """One that runs and one that failed."""
    return (
        GuardrailStatus(name=say("check that runs"), verdict=Verdict.RUNNING, summary=say("run")),
        GuardrailStatus(
            name=say("check"), verdict=Verdict.FAIL, seconds=1.0, summary=say("verdict"),
            run="run-1",
        ),
    )  # fmt: skip


def views(say: Voices) -> tuple[wire.TaskView, ...]:
    """A task in each state."""
    states = {
        ASKING: TaskState.PARKED, READY: TaskState.READY, WORKING: TaskState.WORKING,
        QUEUED: TaskState.QUEUED,
    }  # fmt: skip
    return tuple(_view(say, name, state) for name, state in states.items())


def _view(say: Voices, name: str, state: TaskState) -> wire.TaskView:
    change = stage_review.change(
        name, lane=Lane.EYES, weakened=(say("weakened"),), critical=(say("critical"),),
        marks=(Mark(kind=say("mark"), path=say("marked file"), line=3, text=say("marked line")),),
        files=(say("changed file"),), idle=(say("idle test"),),
        handoff=Handoff(
            summary=say("summary"), deviations=(say("deviation"),), concerns=(say("concern"),),
            findings=(say("finding"),), unproven=(say("unproven"),),
        ),
    )  # fmt: skip
    parked = scene.parked(ParkReason.QUESTION, say("question")) if name == ASKING else None
    view = scene.view(
        name, state, 3, 0.5, parked=parked, changed=change if name == READY else None,
        guardrails=guardrails(say), overlaps=(say("overlap"),),
    )  # fmt: skip
    task = replace(
        view.task, title=say(f"title {name}"), spec="\n".join(say.every("spec")),
        paths=(say("path of a task"),), agent=say("agent"),
    )  # fmt: skip
    return replace(
        view, task=task, attempt=f"{name}.1", last_line=say("last line"), hunks=3,
        conflicts=(say("conflict"),),
    )  # fmt: skip


def overview(say: Voices) -> wire.Overview:
    """The whole picture."""
    return scene.overview(
        repository=say("repository"), path=say("folder"), target=say("branch"),
        problem=say("problem"), tasks=views(say), tip_guardrails=guardrails(say),
        guardrails=(say("check"),), agents=(say("agent"),),
    )  # fmt: skip


def transcript(say: Voices) -> list[Any]:
    """Everything an agent can say, with every payload in it."""
    lines = "\n".join(say.every("agent's output"))
    return [
        Prompt(text=say("prompt")),
        Response(content=({"type": "text", "text": say("answer")},)),
        ToolCall(name=say("tool"), text=""),
        ToolCall(name="bash", text=say("tool call")),
        ToolResult(text="\n".join(say.every("tool output")), exit_code=1),
        Question(text=say("question")),
        Remark(text=say("remark")),
        Finished(handoff=Handoff(summary=say("closing note"))),
        Output(text=say("output of a command") + "\n"),
        Delta(text=say("thought") + "\n", thought=True),
        Delta(text=lines),
    ]


def diff(say: Voices) -> stage_review.Diff:
    """Files, badges, notes, headings and lines."""
    found = stage_review.Diff()
    lines = "\n".join("+" + words.replace("\n", " ") for words in say.every("changed line"))
    found.file("first.py", (1, say("function").replace("\n", " "), "+x"))
    found.file(
        say("file name"), (1, say("function"), ""), notes=(say("note"),), badges=(say("badge"),)
    )
    # Only a newline ends a line of a file, whatever else there is in it.
    start = len(found.rows)
    found.file("last.py", (1, "", "+x"))
    view = found.files[-1]
    rows = [
        replace_row(found.rows[-1], text=words[1:], new=number)
        for number, words in enumerate(lines.split("\n"), start=1)
    ]
    found.rows[-1:] = rows
    hunk = replace(view.hunks[0], rows=1 + len(rows))
    found.files[-1] = replace(view, rows=len(found.rows) - start, hunks=(hunk,))
    return found


def replace_row(row: wire.Row, *, text: str, new: int) -> wire.Row:
    """Another line of the same hunk."""
    return wire.Row(RowKind.ADDED, 0, new, text, row.file, row.hunk)


def comments(say: Voices) -> tuple[Comment, ...]:
    """One on a line, one on what is no longer there, one draft."""
    return (
        Comment(
            id="c1", task=READY, kind=CommentKind.DO, text=say("comment"), at=NOW,
            anchor=Anchor(path="first.py", line=1, text="x"),
        ),
        Comment(
            id="c2", task=READY, kind=CommentKind.QUESTION, text=say("older comment"), at=NOW,
            anchor=Anchor(path=say("file name"), line=70), state=CommentState.ANSWERED, round=1,
            reply=say("reply"),
        ),
    )  # fmt: skip


def runs(say: Voices) -> tuple[Run, ...]:
    """A run whose every word is foreign."""
    return (
        Run(
            id="run-1", guardrail=say("check"), tree=stage_review.TREE, key="k",
            tool=say("tool version"), verdict=Verdict.FAIL, summary=say("verdict"), exit_code=1,
            seconds=1.0, at=NOW, failing=(say("failing test"),), command=say("command"),
            details="\n".join(say.every("details")), note=say("note of a run"),
        ),
    )  # fmt: skip


def fill(stage: Stage, say: Voices) -> None:
    """Have the stage say all of it."""
    picture = overview(say)
    shown = diff(say)
    for view in picture.tasks:
        name = view.task.id
        stage.details[name] = wire.Details(view=view, comments=comments(say), runs=runs(say))
        for look in Look:
            stage.reviews[name, look] = shown.index(name)
            stage.rows[name, look] = tuple(shown.rows)
        stage.transcripts[f"{name}.1"] = b""
        stage.write(f"{name}.1", *transcript(say))
    stage.logs["run-1"] = "\n".join(say.every("log")).encode()
    row = wire.LedgerRow(name=say("day, task or agent"), spent=Spend(usd=1.0), tasks=1)
    stage.ledger = wire.LedgerView(days=(row,), tasks=(row,), agents=(row,))
    facts = tuple(
        wire.Fact(seq=n, at=NOW, kind="parked", task=READY, text=words)
        for n, words in enumerate(say.every("fact"), start=1)
    )
    stage.history = facts
    items = tuple(
        wire.ReportItem(task=task, title=say("title ready"), state=state, note=say("report"))
        for task, state in ((READY, TaskState.READY), ("over-long-ago", TaskState.REJECTED))
    )
    stage.report = wire.Report(
        since=NOW - 9, until=NOW, items=items, events=facts[:20], tip=stage_review.TIP
    )
    stage.answer = lambda _: wire.Reply(error=say("refusal"))
    stage.happen(picture)
