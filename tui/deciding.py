"""When a decision may go: only on exactly what is, and was, on the screen. Pure."""

from __future__ import annotations

from typing import NamedTuple

from factory.model import Lane, TaskState
from factory.wire import Overview, ReviewIndex, TaskView
from tui.text import line, plural
from tui.waiting import view_of

SETTLED = 0.5
"""Seconds that something must have been on the screen before it can be decided on."""

CHANGED = "screen changed, press again"


def accept_refusal(index: ReviewIndex, overview: Overview | None, shown_for: float) -> str:
    """Why what was shown cannot be accepted now; empty where it can."""
    view, refusal = _decided(index, overview)
    if view is None or refusal:
        return refusal
    change = view.change
    if change is None:
        return f"{line(index.task)} has no change to accept"
    bound = (change.snapshot, change.tree) == (index.snapshot, index.tree)
    return "" if bound and shown_for >= SETTLED else CHANGED


class Shown(NamedTuple):
    """An item as a list shows it, and since when."""

    snapshot: str
    tree: str
    since: float
    tip: str = ""


def together_refusal(view: TaskView | None, shown: Shown | None, now: float) -> str:
    """Why an item cannot be accepted from a list; empty where it can.

    Only what needs no special look, and was looked at: every hunk of it, at exactly this tree.
    """
    if view is None or shown is None:
        return CHANGED
    name, change = line(view.task.id), view.change
    if view.task.state is not TaskState.READY or change is None:
        return f"{name} is {view.task.state}; only a ready change can be accepted"
    if (change.snapshot, change.tree) != (shown.snapshot, shown.tree):
        return CHANGED
    if now - shown.since < SETTLED:
        return CHANGED
    if change.lane is not Lane.PLAIN:
        return f"{name} needs your eyes: open it, and decide there"
    if view.part:
        return f"{line(view.part)}, a part of {name}, is to land first"
    if view.left_out:
        return f"{plural(view.left_out, 'hunk')} of {name} left out: open it to accept the rest"
    unseen = view.hunks - view.seen
    if unseen or not view.hunks:
        return f"look at {name} first: {plural(unseen, 'hunk')} unseen"
    return ""


def return_refusal(index: ReviewIndex, overview: Overview | None, shown_for: float) -> str:
    """Why feedback or a reject cannot go now; empty where it can."""
    view, refusal = _decided(index, overview)
    if view is None or refusal:
        return refusal
    return "" if shown_for >= SETTLED else CHANGED


def waive_refusal(view: TaskView | None, tree: str, guardrail: str) -> str:
    """Why a verdict cannot be waived now; empty where it can. A waiver is for one tree only."""
    change = view.change if view else None
    if view is None or change is None or change.tree != tree:
        return CHANGED
    if all(status.name != guardrail for status in view.guardrails):
        return f"{line(guardrail)} is not a guardrail of this change"
    return ""


def _decided(index: ReviewIndex, overview: Overview | None) -> tuple[TaskView | None, str]:
    view = view_of(overview, index.task)
    name = line(index.task)
    if not index.task:
        return None, "the diff is still being read"
    if view is None:
        return None, f"there is no task {name} any more"
    if view.task.state not in (TaskState.READY, TaskState.PARKED):
        return view, f"{name} is {view.task.state} now; there is nothing to decide"
    return view, ""
