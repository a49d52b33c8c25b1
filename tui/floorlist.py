"""Which tasks the Floor shows, and a task as one line of its list. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from rich.cells import cell_len
from textual.content import Content

from factory.model import TaskState
from factory.wire import GuardrailStatus, Overview, Progressed, TaskView
from tui import text
from tui.standing import asks, needs_you, sign, why

_LINGER = 600.0
"""Seconds that a task keeps its pane after its life has ended."""
_MOST = 6
"""Lines of what a task says below the list."""
_WAITING = (TaskState.DRAFT, TaskState.QUEUED)


class Opening(StrEnum):
    """What enter opens."""

    REVIEW = "review"
    ANSWER = "answer"
    ZOOM = "zoom"
    TASKS = "tasks"


def opening(view: TaskView) -> Opening:
    """What a task is opened for: what it waits for, else its transcript."""
    match view.task.state:
        case TaskState.READY:
            return Opening.REVIEW
        case TaskState.PARKED if asks(view):
            return Opening.ANSWER
        case TaskState.DRAFT | TaskState.QUEUED:
            return Opening.TASKS
        case _:
            return Opening.ZOOM


def view_of(overview: Overview | None, task: str) -> TaskView | None:
    """The task of that id, where there is one."""
    views = overview.tasks if overview else ()
    return next((view for view in views if view.task.id == task), None)


def agents(overview: Overview, now: float) -> list[TaskView]:
    """Tasks that have a pane: begun and not over, or over for a few minutes only."""
    return [view for view in overview.tasks if not _waits(view) and not _long_over(view, now)]


def roster(overview: Overview, now: float) -> list[TaskView]:
    """Tasks of the list: those that need the developer first, the queue last."""
    here = [view for view in overview.tasks if not _long_over(view, now)]
    return sorted(here, key=lambda view: (not needs_you(view), _waits(view)))


def _waits(view: TaskView) -> bool:
    return view.task.state in _WAITING


def _long_over(view: TaskView, now: float) -> bool:
    return view.task.state.over and now - view.since > _LINGER


def row(view: TaskView, overview: Overview, now: float, width: int, *, current: bool) -> Content:
    """`▸! csv-export   asks: keep old column order?     3m  $0.31`."""
    name_width = _name(width)
    tail = _tail(view, now)
    style = "$warning bold" if needs_you(view) else ""
    room = _room(width, tail)
    return Content.assemble(
        ("▸" if current else " ", "$accent bold"),
        (f"{sign(view)} ", style),
        (text.pad(text.line(view.task.id), name_width), "bold" if current else ""),
        " ",
        (text.pad(why(view, now, overview.tasks), room), style or "$text"),
        (tail, "$text-muted"),
    )


def whole(view: TaskView | None, overview: Overview, now: float, width: int) -> Content:
    """All that a task says, with its way out, where the list has to cut it; else nothing."""
    words = why(view, now, overview.tasks) if view else ""
    if view is None or cell_len(words) <= _room(width, _tail(view, now)):
        return Content()
    lines = text.wrap(words, width - 4)
    if len(lines) > _MOST:
        lines = [*lines[: _MOST - 1], text.fit(" ".join(lines[_MOST - 1 :]), width - 4)]
    style = "$warning" if needs_you(view) else "$text"
    marked = (f" {sign(view) if at == 0 else ' '} {part}" for at, part in enumerate(lines))
    return Content.styled("\n".join(marked), style)


def _name(width: int) -> int:
    return min(28, max(14, width // 4))


def _tail(view: TaskView, now: float) -> str:
    spent = text.money(view.spent, view.subscription) if view.spent.tokens else ""
    since = text.ago(now - view.since) if view.since else ""
    return f"{since:>5} {spent:>8} "


def _room(width: int, tail: str) -> int:
    """Cells of a row that are left for what the task does or waits for."""
    return max(0, width - 4 - _name(width) - 1 - len(tail))


def empty(overview: Overview | None) -> Content:
    """What the Floor says while it has nothing to show, and what to press."""
    if overview is None:
        return Content("waiting for the engine …")
    if overview.problem:
        return Content("nothing begins until that is out of the way")
    queued = sum(view.task.state is TaskState.QUEUED for view in overview.tasks)
    if queued:
        return Content(f"{text.plural(queued, 'task')} queued; the first begins in a moment")
    return Content.assemble(
        "no agent works now\n\n",
        ("n", "$accent bold"), " write new tasks     ",
        ("3", "$accent bold"), " see all tasks     ",
        ("?", "$accent bold"), " keys",
    )  # fmt: skip


def progressed(overview: Overview, notice: Progressed) -> Overview:
    """The picture with one guardrail further on; the tip's where the task has no name."""
    if not notice.task:
        tip = _replaced(overview.tip_guardrails, notice.guardrail)
        return msgspec.structs.replace(overview, tip_guardrails=tip)
    tasks = tuple(
        msgspec.structs.replace(view, guardrails=_replaced(view.guardrails, notice.guardrail))
        if view.task.id == notice.task
        else view
        for view in overview.tasks
    )
    return msgspec.structs.replace(overview, tasks=tasks)


def _replaced(
    statuses: tuple[GuardrailStatus, ...], newer: GuardrailStatus
) -> tuple[GuardrailStatus, ...]:
    if all(status.name != newer.name for status in statuses):
        return (*statuses, newer)
    return tuple(newer if status.name == newer.name else status for status in statuses)
