"""Which queued tasks may begin, and how many agents may work at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factory.config import Config
from factory.model import Task, TaskState

NEVER = (TaskState.REJECTED, TaskState.STOPPED)
"""How a task that others come after will not land by itself any more."""


def places(tasks: Sequence[Task], config: Config) -> int:
    """How many more agents may work at once."""
    return config.agents_at_once - sum(task.state is TaskState.WORKING for task in tasks)


def admitted(tasks: Sequence[Task], config: Config) -> Iterator[tuple[Task, str]]:
    """The tasks that begin now, each with "", and those that never will, each with the reason.

    An agent that waits for a limit to pass begins nothing new into it.
    """
    states = {task.id: task.state for task in tasks}
    limited = {task.agent for task in tasks if task.parked and task.parked.until is not None}
    free = places(tasks, config)
    for task in tasks:
        if free <= 0:
            return
        if task.state is not TaskState.QUEUED or (task.agent or config.agent) in limited:
            continue
        if never := [name for name in task.after if states.get(name) in NEVER]:
            yield task, f"it comes after {never[0]}, which is {states[never[0]]}; resume starts it"
        elif all(states.get(name) is TaskState.LANDED for name in task.after):
            yield task, ""
            free -= 1
