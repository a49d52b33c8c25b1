"""Which queued tasks may begin, and how many agents may work at once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from factory.accounts import account
from factory.config import Config
from factory.model import ParkReason, Task, TaskState

NEVER = (TaskState.REJECTED, TaskState.STOPPED)
"""How a task that others come after will not land by itself any more."""


def places(tasks: Sequence[Task], config: Config) -> int:
    """How many more agents may work at once."""
    return config.agents_at_once - sum(task.state is TaskState.WORKING for task in tasks)


def waits_for_person(task: Task) -> bool:
    """Whether a task goes no further before the developer has decided something.

    What the standing accept takes is never ready, and what they paused waits for nobody.
    """
    if task.state is TaskState.READY:
        return True
    parked = task.parked if task.state is TaskState.PARKED else None
    return bool(parked and parked.until is None and parked.reason is not ParkReason.PAUSED)


def due(task: Task, now: float) -> bool:
    """Whether the hour has come at which a parked task goes on.

    Where the clock was set back to before it parked, the hour says nothing any more.
    """
    until = task.parked.until if task.parked else None
    return until is not None and not task.changed_at <= now < until


def limited(tasks: Sequence[Task]) -> bool:
    """Whether any task waits for the limit of an endpoint to pass."""
    return any(task.parked and task.parked.reason is ParkReason.RATE_LIMITED for task in tasks)


def held(tasks: Sequence[Task], config: Config, aside: Collection[str] = ()) -> str:
    """Why no new task starts though one could: too many items wait for a person; "" for no reason.

    What the developer has put aside, by its id, is none of them. Each task that starts
    is one more to review; past the limit they would only grow stale.
    """
    limit = config.waiting_at_most
    waiting = sum(waits_for_person(task) and task.id not in aside for task in tasks)
    if not limit or waiting < limit or not any(admitted(tasks, config)):
        return ""
    wait = "1 change waits" if waiting == 1 else f"{waiting} changes wait"
    over = waiting - limit + 1
    decide = "it" if waiting == 1 else "one" if over == 1 else str(over)
    return f"{wait} for you; nothing new starts until you decide on {decide}"


def admitted(tasks: Sequence[Task], config: Config) -> Iterator[tuple[Task, str]]:
    """The tasks that begin now, each with "", and those that never will, each with the reason.

    Into a limit that somebody waits for begins nothing new, whichever agent has that account.
    """
    states = {task.id: task.state for task in tasks}
    accounts = {spec.name: account(spec) for spec in config.agents}
    waiting = (task.agent for task in tasks if task.parked and task.parked.until is not None)
    closed = {accounts.get(name) for name in waiting} - {None}
    free = places(tasks, config)
    for task in tasks:
        if free <= 0:
            return
        if task.state is not TaskState.QUEUED:
            continue
        if accounts.get(task.agent or config.agent) in closed:
            continue
        if never := [name for name in task.after if states.get(name) in NEVER]:
            yield task, f"it comes after {never[0]}, which is {states[never[0]]}; resume starts it"
        elif all(states.get(name) is TaskState.LANDED for name in task.after):
            yield task, ""
            free -= 1
