"""Several attempts at one task, each a task of its own: which belong together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from factory.model import Task, TaskState
from factory.wire import TaskView

_GIVEN_UP = (TaskState.REJECTED, TaskState.STOPPED)


def first(task: Task) -> str:
    """Id of the first attempt at what a task is to do; its own where there is no other."""
    return task.rival_of or task.id


def rivals(task: Task, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The other attempts at the same, without those that were given up."""
    return tuple(
        other
        for other in tasks
        if other.id != task.id and first(other) == first(task) and other.state not in _GIVEN_UP
    )


def overtaken(task: Task, tasks: Iterable[Task]) -> str:
    """Id of the attempt at the same that has landed already; empty where none has."""
    landed = (o.id for o in rivals(task, tasks) if o.state is TaskState.LANDED)
    return "" if task.state.over else next(landed, "")


def marked(views: Sequence[TaskView]) -> tuple[TaskView, ...]:
    """The views, each with its rivals, and with the one that has landed before it."""
    several = {first(view.task) for view in views if view.task.rival_of}
    tasks = [view.task for view in views if first(view.task) in several]
    return tuple(_with_rivals(view, tasks) if tasks else view for view in views)


def _with_rivals(view: TaskView, tasks: Sequence[Task]) -> TaskView:
    found = rivals(view.task, tasks)
    names = tuple(other.id for other in found)
    return replace(view, rivals=names, overtaken=overtaken(view.task, tasks))
