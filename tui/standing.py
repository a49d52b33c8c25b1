"""How a task stands, in counts and in one sentence. Pure; screens and the command line share it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from factory.model import Lane, ParkReason, Struct, Task, TaskState, Verdict
from factory.wire import GuardrailStatus, Overview, TaskView
from tui import text
from tui.hearing import unheard

SILENT = 120.0
"""Seconds without a word after which a working agent is called silent."""

_ASIDE = (ParkReason.PAUSED, ParkReason.RATE_LIMITED)
_A_DAY = 20 * 3600.0
"""Seconds from now, past which an hour is named with its day."""


class Counts(Struct):
    """How many tasks stand where; each open task is counted at most once."""

    needs_you: int = 0
    working: int = 0
    checking: int = 0
    ready: int = 0
    landing: int = 0
    queued: int = 0

    @property
    def running(self) -> int:
        """Those that have a phase under way."""
        return self.working + self.checking + self.landing


def asks(view: TaskView) -> bool:
    """Whether its agent waits for an answer."""
    return view.task.parked is not None and view.task.parked.reason is ParkReason.QUESTION


def needs_you(view: TaskView) -> bool:
    """Whether a task cannot go on without the developer, beyond an ordinary review.

    What they have put aside does not ask for them.
    """
    if view.later:
        return False
    match view.task.state:
        case TaskState.PARKED:
            parked = view.task.parked
            return parked is None or (parked.until is None and parked.reason not in _ASIDE)
        case TaskState.LANDING:
            return bool(view.task.waiting)
        case TaskState.READY:
            return view.change is not None and view.change.lane is Lane.EYES
        case _:
            return False


def nth(task: Task) -> str:
    """Which attempt at the same a task is: `2nd attempt`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(task.nth if task.nth < 20 else task.nth % 10, "th")
    return f"{task.nth}{ending} attempt"


def load(overview: Overview) -> str:
    """`4 wait ≈ 40 min · 3 decided an hour`: what is not known yet is left out."""
    found = overview.load
    words = []
    if found.waiting and found.review_seconds is not None:
        minutes = max(1, round(found.waiting * found.review_seconds / 60))
        words.append(f"{found.waiting} to decide on ≈ {minutes} min")
    if found.decisions_per_hour:
        words.append(f"{found.decisions_per_hour:.2g} decided an hour")
    return " · ".join(words)


def counts(tasks: Iterable[TaskView]) -> Counts:
    """How many tasks stand where."""
    found: dict[str, int] = {}
    for view in tasks:
        name = "needs_you" if needs_you(view) else _COUNTED.get(view.task.state)
        if name:
            found[name] = found.get(name, 0) + 1
    return Counts(**found)


_COUNTED = {
    TaskState.WORKING: "working",
    TaskState.CHECKING: "checking",
    TaskState.READY: "ready",
    TaskState.LANDING: "landing",
    TaskState.QUEUED: "queued",
}


def short(found: Counts) -> str:
    """`!2 ◐1 ✓3`: what is nought is left out; `idle` where everything is."""
    parts = (("!", found.needs_you), ("◐", found.running), ("✓", found.ready))
    return " ".join(f"{sign}{number}" for sign, number in parts if number) or "idle"


def sign(view: TaskView) -> str:
    """The one character before a task, in every list."""
    if needs_you(view):
        return "!"
    if view.task.state is TaskState.READY and (view.stale_on or view.behind or _waived(view)):
        return "~"
    return _SIGNS[view.task.state]


_SIGNS = {
    TaskState.DRAFT: "○",
    TaskState.QUEUED: "○",
    TaskState.WORKING: "◐",
    TaskState.CHECKING: "◐",
    TaskState.READY: "✓",
    TaskState.LANDING: "◐",
    TaskState.LANDED: "✓",
    TaskState.PARKED: "○",
    TaskState.REJECTED: "✗",
    TaskState.STOPPED: "✗",
}


def why(view: TaskView, now: float, tasks: Sequence[TaskView] = ()) -> str:
    """One clean line: what a task does or waits for. `tasks` lets it name what it comes after."""
    task = view.task
    match task.state:
        case TaskState.DRAFT:
            return "held back"
        case TaskState.QUEUED:
            return _queued(view, tasks)
        case TaskState.WORKING:
            return _working(view, now)
        case TaskState.CHECKING:
            return _checking(view.guardrails)
        case TaskState.READY:
            return _ready(view)
        case TaskState.LANDING:
            return f"waits to land: {text.line(task.waiting)}" if task.waiting else "landing"
        case TaskState.PARKED:
            return _parked(view, now)
        case TaskState.LANDED:
            return f"landed as {task.landed[:7]}" if task.landed else "landed"
        case _:
            return f"{task.state}; its work is kept"


def _queued(view: TaskView, tasks: Sequence[TaskView]) -> str:
    landed = {other.task.id for other in tasks if other.task.state is TaskState.LANDED}
    first = [name for name in view.task.after if name not in landed]
    return f"after {text.line(', '.join(first))}" if first else "waits for its turn"


def _working(view: TaskView, now: float) -> str:
    said = max(view.spoke_at, view.since)
    quiet = now - said if said else 0.0
    words = [f"working {text.clock(now - view.since)}"] if view.since else ["working"]
    if quiet >= SILENT:
        words.append(f"silent {text.ago(quiet)}")
    if view.task.rounds > 1:
        words.append(f"round {view.task.rounds}")
    if waiting := len(unheard(view)):
        words.append(f"{text.plural(waiting, 'word')} unheard")
    return " · ".join(words)


def _checking(guardrails: Sequence[GuardrailStatus]) -> str:
    running = next((one for one in guardrails if one.verdict is Verdict.RUNNING), None)
    return f"checking: {text.line(running.name)} {progress(running)}" if running else "checking"


def progress(status: GuardrailStatus) -> str:
    """`143/220` where the tool counts, else `12s of ~40s`, else `12s`."""
    if status.total and status.done is not None:
        return f"{status.done}/{status.total}"
    elapsed = text.took(status.seconds)
    return f"{elapsed} of ~{text.took(status.expected)}" if status.expected else elapsed


def _ready(view: TaskView) -> str:
    change = view.change
    if change is None:
        return "ready"
    if change.lane is Lane.EYES:
        return f"needs your eyes: {_eyes(view)}"
    if view.conflicts:
        return f"conflicts with the target in {text.line(', '.join(view.conflicts))}"
    if view.behind or view.stale_on:
        return f"green on {(view.stale_on or change.tip)[:7]}, {view.behind} behind"
    if waived := _waived(view):
        return f"waived: {text.line(', '.join(waived))}"
    return f"green on {change.tip[:7]}"


def _waived(view: TaskView) -> list[str]:
    return [one.name for one in view.guardrails if one.verdict is Verdict.WAIVED]


def _eyes(view: TaskView) -> str:
    change = view.change
    if change is None:
        return ""
    if change.marks:
        first = change.marks[0]
        more = f" (+{len(change.marks) - 1})" if len(change.marks) > 1 else ""
        return text.line(f"{first.kind} {first.path}{more}")
    if change.weakened:
        return text.line(f"weakens {', '.join(change.weakened)}")
    return text.line(f"touches {', '.join(change.protected)}" if change.protected else "by rule")


def _parked(view: TaskView, now: float) -> str:
    parked = view.task.parked
    if parked is None:
        return "parked"
    message = text.line(parked.message)
    if parked.reason is ParkReason.QUESTION:
        return f"asks: {message}"
    if parked.until is not None:
        hour = "%H:%M" if parked.until - now < _A_DAY else "%a %d %b %H:%M"
        return f"{parked.reason} until {time.strftime(hour, time.localtime(parked.until))}"
    return message if parked.reason is ParkReason.PAUSED else f"{parked.reason}: {message}"


def moving(overview: Overview) -> tuple[str, ...]:
    """Ids of the tasks that will get further without the developer, as things stand."""
    tasks = overview.tasks
    landed = {view.task.id for view in tasks if view.task.state is TaskState.LANDED}
    going = {view.task.id for view in tasks if _under_way(view)}
    queued = [view.task for view in tasks if view.task.state is TaskState.QUEUED]
    while not overview.problem:
        further = {
            task.id for task in queued if all(name in landed | going for name in task.after)
        } - going
        if not further:
            break
        going |= further
    return tuple(view.task.id for view in tasks if view.task.id in going)


def _under_way(view: TaskView) -> bool:
    match view.task.state:
        case TaskState.WORKING | TaskState.CHECKING:
            return True
        case TaskState.LANDING:
            return not view.task.waiting
        case TaskState.PARKED:
            return view.task.parked is not None and view.task.parked.until is not None
        case _:
            return False
