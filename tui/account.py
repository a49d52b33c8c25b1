"""The report as sentences: what happened since the developer last looked. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from factory.model import ParkReason, Struct, TaskState
from factory.wire import Fact, Overview, Report, ReportItem, TaskView
from tui import happened, text
from tui.keys import NONE, own_key
from tui.standing import needs_you, why

_ORDER = (
    TaskState.READY,
    TaskState.PARKED,
    TaskState.LANDING,
    TaskState.CHECKING,
    TaskState.WORKING,
    TaskState.LANDED,
    TaskState.REJECTED,
    TaskState.STOPPED,
    TaskState.QUEUED,
    TaskState.DRAFT,
)
_WORDS = {
    TaskState.LANDED: "landed",
    TaskState.READY: "ready",
    TaskState.PARKED: "parked",
    TaskState.LANDING: "landing",
    TaskState.CHECKING: "checking",
    TaskState.WORKING: "working",
    TaskState.QUEUED: "queued",
    TaskState.REJECTED: "rejected",
    TaskState.STOPPED: "stopped",
    TaskState.DRAFT: "held",
}


class Told(Struct):
    """One task of the report, ready to be printed; every text is one clean line."""

    task: str
    sign: str
    """`!` waits for the developer, `✓` is ready or landed, `·` else."""
    name: str
    critical: bool
    note: str
    size: str
    cost: str
    press: str
    """What to press for it; empty where there is nothing to do."""
    state: TaskState


def told(
    report: Report, overview: Overview | None, keymap: Mapping[str, str] = NONE
) -> tuple[Told, ...]:
    """The report's tasks: what needs the developer first, then what is ready, then the rest."""
    views = {view.task.id: view for view in overview.tasks} if overview else {}
    now = overview.now if overview else report.until
    items = [_told(item, views.get(item.task), now, keymap) for item in report.items]
    return tuple(sorted(items, key=lambda item: (item.sign != "!", _ORDER.index(item.state))))


def _told(item: ReportItem, view: TaskView | None, now: float, keymap: Mapping[str, str]) -> Told:
    # The report is a moment's; where the task has moved on since, the newest state counts.
    state = view.task.state if view else item.state
    change = view.change if view else None
    waits = needs_you(view) if view else _waits(item)
    subscription = view.subscription if view else False
    spent = text.money(item.spent, subscription)
    return Told(
        task=item.task,
        sign="!" if waits else "✓" if state in (TaskState.READY, TaskState.LANDED) else "·",
        name=text.line(item.task),
        critical=bool(change and change.critical),
        note=_note(item, view, now),
        size=f"+{change.added} −{change.removed}" if change else "",
        cost=spent if item.spent.usd or item.spent.tokens else "",
        press=_press(state, keymap, waits=waits),
        state=state,
    )


def _waits(item: ReportItem) -> bool:
    return (
        item.parked is not None
        and item.parked.until is None
        and item.parked.reason not in (ParkReason.PAUSED, ParkReason.RATE_LIMITED)
    )


def _note(item: ReportItem, view: TaskView | None, now: float) -> str:
    if view is None:
        parked = f"{item.parked.reason}: {item.parked.message}" if item.parked else ""
        said = parked or item.note or str(item.state)
    else:
        said = why(view, now)
        if view.task.state is TaskState.READY and view.since:
            said = f"waiting {text.ago(now - view.since)} · {said}"
    by_rule = " by rule" if item.by_rule and item.state is TaskState.LANDED else ""
    return text.line(f"{said}{by_rule}")


def _press(state: TaskState, keymap: Mapping[str, str], *, waits: bool) -> str:
    enter, undo = own_key("report.open", keymap), own_key("report.undo_landing", keymap)
    if state is TaskState.READY:
        return f"{enter} reviews"
    if waits:
        return enter
    return f"{undo} undoes" if state is TaskState.LANDED else ""


def numbers(items: Iterable[Told]) -> str:
    """`7 landed  4 ready  2 parked  1 queued`: what is nought is left out."""
    found: dict[TaskState, int] = {}
    for item in items:
        found[item.state] = found.get(item.state, 0) + 1
    return "  ".join(f"{found[state]} {word}" for state, word in _WORDS.items() if state in found)


def span(report: Report) -> str:
    """`Fri 18:04→Mon 08:31`, in local time; the date where it is more than six days back."""
    begun = "%a %H:%M" if report.until - report.since < 6 * 86_400 else "%d %b %H:%M"
    if report.since <= 0:
        return f"until {_clock(report.until, '%a %H:%M')}"
    return f"{_clock(report.since, begun)}→{_clock(report.until, '%a %H:%M')}"


def money(report: Report, overview: Overview | None) -> str:
    """What it cost in all, and today of the day's cap."""
    spent = report.spent
    whole = text.usd(0) if spent.usd is None and not spent.tokens else text.money(spent)
    cap = overview.day_cap.usd if overview else None
    if cap is None or overview is None or overview.spent_today.usd is None:
        return whole
    return f"{whole} · today {text.usd(overview.spent_today.usd)} of ${cap:g}"


def events(report: Report) -> Iterator[str]:
    """What happened to the factory itself, and what is worth knowing: a line each."""
    for fact in report.events:
        yield event(fact)


def event(fact: Fact) -> str:
    """`Sat 02:14  resumed  3 tasks after a restart`."""
    name = f"{text.line(fact.task)} " if fact.task else ""
    line = f"{_clock(fact.at, '%a %H:%M')}  {name}{happened.words(fact)}  {happened.said(fact)}"
    return line.rstrip()


def _clock(at: float, form: str) -> str:
    return time.strftime(form, time.localtime(at))
