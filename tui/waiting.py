"""What waits for the developer, in the order of the inbox. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from factory.model import Lane, Struct, TaskState
from factory.wire import Look, Overview, TaskView
from tui.standing import needs_you


class Group(StrEnum):
    """The parts of the inbox, as they follow one another."""

    NEEDS_YOU = "needs you"
    EYES = "needs your eyes"
    READY = "ready"
    LATER = "later"


class Order(StrEnum):
    """By what the items of a part follow one another."""

    AGE = "age"
    SUGGESTED = "suggested"
    """What costs least to decide on first."""


SUGGESTION = (
    "fewest conflicts first, small before large; of two that conflict the larger, since the other "
    "is done again"
)
"""Why the suggested order is what it is, in one sentence."""


class Waiting(Struct):
    """One item of the inbox."""

    group: Group
    view: TaskView

    @property
    def id(self) -> str:
        """The task's id."""
        return self.view.task.id


def waiting(overview: Overview, order: Order = Order.AGE) -> tuple[Waiting, ...]:
    """Everything that waits: what needs the developer first, each part in this order."""
    items = [Waiting(group=g, view=v) for v in overview.tasks if (g := _group(v)) is not None]
    parts = list(Group)
    cost = _cost if order is Order.SUGGESTED else _no_cost
    return tuple(
        sorted(items, key=lambda item: (parts.index(item.group), cost(item.view), item.view.since))
    )


def _no_cost(view: TaskView) -> tuple[int, ...]:
    return ()


def _cost(view: TaskView) -> tuple[int, ...]:
    """What landing a change now costs the others, then what reading it costs.

    Whoever lands second of two that conflict goes back to its agent and through its gate again:
    those that conflict with few go first, and of such a pair the one that is more to do again.
    Critical files take the longest to read, and nobody should wait for that.
    """
    change = view.change
    size = change.added + change.removed if change else 0
    critical = bool(change and change.critical)
    return len(view.meets), int(critical), -size if view.meets else size


def view_of(overview: Overview | None, task: str) -> TaskView | None:
    """The task as a picture has it; None where it is gone, or nothing is known yet."""
    tasks = overview.tasks if overview else ()
    return next((view for view in tasks if view.task.id == task), None)


def reviewable(view: TaskView) -> bool:
    """Whether there is a change to look at, ready or not."""
    return view.change is not None and not view.task.state.over


def first_look(overview: Overview | None, task: str) -> Look:
    """What a review of a task begins with: what is new to the developer."""
    view = view_of(overview, task)
    return Look.DELTA if view is not None and view.looked else Look.CHANGE


def neighbour(overview: Overview, task: str, by: int, order: Order = Order.AGE) -> str:
    """The reviewable item after this one (or before, with -1); empty where there is no other."""
    ids = _in_turn(overview, task, order)
    if task in ids:
        at = ids.index(task) + by
        return ids[at % len(ids)] if len(ids) > 1 else ""
    return ids[0 if by > 0 else -1] if ids else ""


def place(overview: Overview, task: str, order: Order = Order.AGE) -> tuple[int, int]:
    """Which item of how many this one is, among those to review; 0 where it is none of them."""
    ids = _in_turn(overview, task, order)
    return (ids.index(task) + 1 if task in ids else 0), len(ids)


def _in_turn(overview: Overview, task: str, order: Order) -> list[str]:
    """What is reviewed one after the other: this one, and all that is not put aside."""
    return [
        item.id
        for item in waiting(overview, order)
        if reviewable(item.view) and (item.group is not Group.LATER or item.id == task)
    ]


def meetings(view: TaskView) -> tuple[str, ...]:
    """The changes that conflict with this one: `fix-login in src/auth.py`."""
    return tuple(f"{meeting.task} in {named(meeting.paths, 2)}" for meeting in view.meets)


def overlaps(view: TaskView) -> tuple[str, ...]:
    """The tasks that touch the same files and do not conflict, as far as is known."""
    met = {meeting.task for meeting in view.meets}
    return tuple(name for name in view.overlaps if name not in met)


def named(names: Sequence[str], most: int = 3) -> str:
    """Names in a row: `a, b, c and 2 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _group(view: TaskView) -> Group | None:
    if view.later:
        return Group.LATER
    if view.task.state is TaskState.READY:
        eyes = view.change is not None and view.change.lane is Lane.EYES
        return Group.EYES if eyes else Group.READY
    return Group.NEEDS_YOU if needs_you(view) else None
