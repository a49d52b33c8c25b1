"""How an item of the inbox reads: sign, title, why it waits, figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from factory.model import Lane, Mark, TaskState
from factory.wire import Overview, TaskView
from tui.standing import load, nth, sign, why
from tui.text import ago, line, money, plural
from tui.waiting import Group, Order, Waiting, meetings, named, overlaps
from tui.widgets.listing import Slot, spread

_WIDE = 100
"""Cells from which on there is room for figures besides what waits."""
_COLOURS = {"!": "$text-warning", "~": "$text-warning", "✓": "$text-success", "✗": "$text-error"}


def slots(items: Sequence[Waiting]) -> list[Slot]:
    """The lines of the list: a heading before each part, two or three lines an item."""
    found: list[Slot] = []
    for group in Group:
        part = [item for item in items if item.group is group]
        if part:
            found.append(Slot("", title=f"{group} ({len(part)})"))
        for item in part:
            found.extend(Slot(item.id, number) for number in range(2 + bool(_eyes(item.view))))
    return found


def draw(item: Waiting, number: int, width: int, now: float, *, marked: bool = False) -> Content:
    """Line `number` of an item; `marked` is one of several to be accepted together."""
    view = item.view
    match number:
        case 0:
            return _title(view, width, now, marked=marked)
        case 1:
            return Content.assemble("   ", (_why(view, now), "$text"), *_figures(view))
        case _:
            return Content.assemble("   ", ("⚠ ", "$text-error"), (_eyes(view), "$text-error"))


def heading(
    overview: Overview, items: Sequence[Waiting], now: float, width: int, order: Order = Order.AGE
) -> Content:
    """The line on top: how much waits, and since when."""
    counts = [
        f"{sum(item.group is group for item in items)} {words}"
        for group, words in ((Group.NEEDS_YOU, "need you"), (Group.EYES, "need your eyes"))
        if any(item.group is group for item in items)
    ]
    ready = sum(item.group is Group.READY for item in items)
    counts += [f"{ready} ready"] if ready else []
    later = sum(item.group is Group.LATER for item in items)
    counts += [f"{later} later"] if later else []
    since = (i.view.since for i in items if i.view.since and i.group is not Group.LATER)
    oldest = min(since, default=0.0)
    left = Content.assemble(
        (" Inbox", "bold"), f"  {line(overview.repository)}  ", " · ".join(counts)
    )
    right = [f"{load(overview)} · "] if load(overview) and width >= _WIDE else []
    right += ["suggested order"] if order is Order.SUGGESTED else []
    right += [f"oldest {ago(now - oldest)}"] if oldest else []
    return spread(left, Content("".join(f"{words} " for words in right)), width)


def empty(overview: Overview) -> Content:
    """What to say when nothing waits, and what to press."""
    if overview.problem:
        return Content.assemble(
            ("Nothing waits here, and nothing new starts: ", "$text-warning"),
            line(overview.problem),
        )
    working = sum(not view.task.state.over for view in overview.tasks)
    under_way = f"{plural(working, 'task')} under way. " if working else ""
    return Content.assemble(
        f"Nothing waits for you. {under_way}A change comes here when its guardrails are green.\n\n",
        ("n", "$accent"), " on the Floor writes tasks   ", ("1", "$accent"), " Floor   ",
        ("3", "$accent"), " Tasks   ", ("?", "$accent"), " keys",
    )  # fmt: skip


def _title(view: TaskView, width: int, now: float, *, marked: bool) -> Content:
    mark = sign(view)
    critical = "▲ " if view.change is not None and view.change.critical else ""
    left = Content.assemble(
        (f" {mark} ", _COLOURS.get(mark, "$text")),
        ("[x] ", "$accent bold") if marked else "",
        (critical, "$text-warning"),
        (line(view.task.id), "bold"),
        f"  {line(view.task.title)}" if view.task.title != view.task.id else "",
        (f"  {nth(view.task)}" if view.task.rival_of else "", "$text-muted"),
    )
    age = ago(now - view.since) if view.since else ""
    cost = money(view.spent, view.subscription)
    return spread(left, Content.styled(f"{age:>4} {cost:>8} ", "$text-muted"), width)


def _why(view: TaskView, now: float) -> str:
    """What it waits for; what weakens its checks stands on a line of its own."""
    if view.later:
        return f"put aside {ago(now - view.later)} ago"
    change = view.change
    if view.task.state is not TaskState.READY or change is None or change.lane is not Lane.EYES:
        return why(view, now)
    stale = f", {view.behind} behind" if view.behind else ""
    but = "but checked less than before" if change.weakened else "with marks to look at"
    return f"green on {(view.stale_on or change.tip)[:7]}{stale}, {but}"


def _figures(view: TaskView) -> list[tuple[str, str]]:
    words: list[str] = []
    change = view.change
    if change is not None:
        words.append(f"+{change.added} −{change.removed}")
        words.append(plural(len(change.files), "file"))
    if view.task.rounds:
        words.append(f"round {view.task.rounds}")
    if view.part:
        words.append(f"{line(view.part)} lands a part of it")
    if view.left_out:
        words.append(f"{view.left_out} left out")
    if view.comments:
        words.append(f"{plural(view.comments, 'comment')} unsent")
    if others := overlaps(view):
        words.append(f"touches {line(named(others))}")
    if view.moved_files:
        words.append(f"the target moved {line(named(view.moved_files, 2))}")
    if view.overtaken:
        words.append(f"overtaken by {line(view.overtaken)}, which landed")
    elif view.rivals:
        words.append(f"other attempt {line(named(view.rivals))}")
    met = f" · conflicts with {line(named(meetings(view), 2))}" if view.meets else ""
    return [(met, "$text-error"), ("".join(f" · {word}" for word in words), "$text-muted")]


def _eyes(view: TaskView) -> str:
    """What makes checks say less than they did."""
    change = view.change
    if change is None:
        return ""
    weak = [f"weakens {line(named(change.weakened))}"] if change.weakened else []
    return " · ".join((*weak, *map(_mark, change.marks)))


def _mark(mark: Mark) -> str:
    at = f":{mark.line}" if mark.line else ""
    return line(f"{mark.kind} {mark.path}{at}")
