"""Two attempts at one task, their figures side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from factory.model import TaskState, Verdict
from factory.wire import GuardrailStatus, ReviewIndex, TaskView
from tui.standing import nth
from tui.text import line, money, pad, plural, took
from tui.waiting import meetings, named

_LABEL = 11
"""Cells of the column that names the figures."""


def headline(view: TaskView, rival: TaskView, index: ReviewIndex, width: int) -> Content:
    """Which two, and how much differs between them."""
    head = Content.assemble(
        " ", (line(rival.task.id), "bold $text-error"), " → ", (line(view.task.id), "bold"),
        "  the two attempts differ by ",
        (f"+{index.added}", "$text-success"), " ", (f"−{index.removed}", "$text-error"),
        f" in {plural(len(index.files), 'file')}",
    )  # fmt: skip
    return head[:width]


def columns(view: TaskView, rival: TaskView, width: int) -> Content:
    """A row for each figure: its name, the rival's, this one's; what differs stands out."""
    column = max(12, (width - _LABEL - 3) // 2)
    rows = [Content.styled(_row("", f"− {_name(rival)}", f"+ {_name(view)}", column), "bold")]
    for label, theirs, ours in zip(_LABELS, _figures(rival), _figures(view), strict=True):
        if theirs or ours:
            style = "$text-muted" if theirs == ours else "$text"
            rows.append(Content.styled(_row(label, theirs, ours, column), style))
    return Content("\n").join(rows)


def keep_question(view: TaskView, rival: TaskView, undo: str) -> Content:
    """What keeping one of two attempts does to the other."""
    end = "rejected" if rejectable(rival) else "ended"
    return Content.assemble(
        ("keep", "bold"), f" {line(view.task.id)}? The other attempt, {line(rival.task.id)}, is "
        f"{end}; its work is kept, {undo} brings it back",
    )  # fmt: skip


def rejectable(view: TaskView) -> bool:
    """Whether there is a change to reject; what still runs is ended instead."""
    return view.task.state in (TaskState.READY, TaskState.PARKED)


_LABELS = (
    "guardrails", "size", "cost", "rounds", "time", "marks", "weakens", "unproven", "beyond task",
    "conflicts", "it says",
)  # fmt: skip


def _figures(view: TaskView) -> Sequence[str]:
    """One line each, in the order of the labels; empty where there is nothing to say."""
    change, note = view.change, view.task.handoff
    size = marks = weakens = ""
    if change is not None:
        note = change.handoff
        size = f"+{change.added} −{change.removed}, {plural(len(change.files), 'file')}"
        marks = named(tuple(dict.fromkeys(mark.kind for mark in change.marks)), 2)
        weakens = named(change.weakened, 2)
    return (
        _signs(view.guardrails) if change else f"no change yet: {view.task.state}",
        size,
        f"{money(view.spent, view.subscription)} {line(view.task.agent)}",
        str(view.task.rounds or ""),
        took(view.spent.seconds) if view.spent.seconds else "",
        f"⚠ {marks}" if marks else "",
        weakens,
        named(note.unproven, 2),
        named(note.deviations, 2),
        named(meetings(view), 2),
        note.summary,
    )


def _signs(guardrails: Sequence[GuardrailStatus]) -> str:
    passed = sum(one.verdict is Verdict.PASS for one in guardrails)
    others = [f"{o.verdict.sign} {o.name}" for o in guardrails if o.verdict is not Verdict.PASS]
    return " ".join([f"✓ {passed}", *others])


def _name(view: TaskView) -> str:
    overtakes = ", landed" if view.task.state is TaskState.LANDED else ""
    return f"{view.task.id} ({nth(view.task)}{overtakes})"


def _row(label: str, theirs: str, ours: str, column: int) -> str:
    return f" {pad(label, _LABEL)} {pad(line(theirs), column)} {pad(line(ours), column)}"
