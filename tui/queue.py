"""The tasks in the order of the Tasks screen, as lines; and the moves within the queue. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from textual.content import Content

from factory.model import AcceptRule, Budget, Draft, Struct, Task, TaskState
from factory.wire import Move, Overview, TaskView
from tui.caps import write_budget
from tui.overlap import overlapping
from tui.standing import sign, why
from tui.text import ago, line, money, pad
from tui.waiting import named
from tui.widgets.listing import Slot, spread

_WIDE = 100
_NAME, _TITLE = 28, 38
_WIDEST = 150
_COLOURS = {
    "!": "$text-warning",
    "~": "$text-warning",
    "✓": "$text-success",
    "✗": "$text-error",
    "◐": "$text-primary",
    "○": "$text-muted",
}


class Part(StrEnum):
    """The parts of the list, as they follow one another."""

    QUEUE = "queued"
    HELD = "held back"
    OPEN = "under way"
    OVER = "over"


class Item(Struct):
    """One task of the list."""

    part: Part
    view: TaskView
    place: int = 0
    """Its place in the queue, from 1; 0 outside."""
    overlaps: tuple[str, ...] = ()
    """Ids of open tasks that may touch the same files."""


def items(overview: Overview) -> tuple[Item, ...]:
    """All tasks: the queue in its order, what is under way as asked, the newest end first."""
    parts: dict[Part, list[TaskView]] = {part: [] for part in Part}
    for view in overview.tasks:
        parts[_part(view.task)].append(view)
    parts[Part.QUEUE] = list(queue(overview.tasks))
    parts[Part.OPEN].sort(key=lambda view: view.task.created_at)
    parts[Part.OVER].sort(key=lambda view: -view.since)
    return tuple(
        Item(
            part=part,
            view=view,
            place=at if part is Part.QUEUE else 0,
            overlaps=_overlaps(view, overview.tasks),
        )
        for part, views in parts.items()
        for at, view in enumerate(views, start=1)
    )


def queue(tasks: Sequence[TaskView]) -> tuple[TaskView, ...]:
    """The queued tasks, next one first."""
    queued = (view for view in tasks if view.task.state is TaskState.QUEUED)
    return tuple(sorted(queued, key=lambda view: (view.task.position, view.task.created_at)))


def moved(tasks: Sequence[TaskView], name: str, by: int) -> Move | None:
    """The move of a queued task by one place; None where it is not queued or at the end."""
    names = [view.task.id for view in queue(tasks)]
    if name not in names:
        return None
    at = names.index(name)
    to = at + by
    if not 0 <= to < len(names):
        return None
    behind = to if by < 0 else to + 1
    return Move(task=name, before=names[behind] if behind < len(names) else None)


def draft_of(task: Task) -> Draft:
    """A task as what was asked for, to be edited."""
    return Draft(
        title=task.title,
        spec=task.spec,
        paths=task.paths,
        after=task.after,
        agent=task.agent or None,
        accept=task.accept,
        budget=task.budget if task.budget != Budget() else None,
        hold=task.state is TaskState.DRAFT,
    )


def _part(task: Task) -> Part:
    if task.state.over:
        return Part.OVER
    if task.state is TaskState.DRAFT:
        return Part.HELD
    return Part.QUEUE if task.state is TaskState.QUEUED else Part.OPEN


def _overlaps(view: TaskView, tasks: Sequence[TaskView]) -> tuple[str, ...]:
    if view.task.state.over:
        return ()
    others = [other for other in tasks if other.task.id != view.task.id]
    guessed = overlapping(view.task.paths, others) if view.change is None else ()
    return tuple(dict.fromkeys((*view.overlaps, *guessed)))


# --- lines ---------------------------------------------------------------------------------


def slots(found: Sequence[Item]) -> list[Slot]:
    """A heading before each part; two lines for what is to come, one for what is over."""
    lines: list[Slot] = []
    for part in Part:
        own = [item for item in found if item.part is part]
        if own:
            lines.append(Slot("", title=f"{part} ({len(own)})"))
        for item in own:
            count = 1 if part is Part.OVER else 2
            lines.extend(Slot(item.view.task.id, number) for number in range(count))
    return lines


def draw(item: Item, number: int, width: int, now: float) -> Content:
    """Line `number` of a task."""
    width = min(width, _WIDEST)
    return _title(item, width, now) if number == 0 else _details(item, now)


def _title(item: Item, width: int, now: float) -> Content:
    view = item.view
    mark = sign(view)
    place = f"{item.place:>2} " if item.place else "   "
    left = Content.assemble(
        (place, "$text-muted"),
        (f"{mark} ", _COLOURS[mark]),
        *(_ended(view, width, now) if item.part is Part.OVER else _named(view)),
    )
    cap = view.task.budget.usd
    cost = money(view.spent, view.subscription) if view.task.attempt else ""
    of = "" if cap is None else f" of ${cap:g}" if cost else f"cap ${cap:g}"
    age = ago(now - view.since) if view.since else ""
    return spread(left, Content.styled(f"{cost + of:>14} {age:>4} ", "$text-muted"), width)


def _named(view: TaskView) -> tuple[tuple[str, str], ...]:
    title = "" if view.task.title == view.task.id else f"  {line(view.task.title)}"
    return (line(view.task.id), "bold"), (title, "")


def _ended(view: TaskView, width: int, now: float) -> tuple[tuple[str, str], ...]:
    """In columns; where there is little room the id has to do without its title."""
    title = pad(line(view.task.title, _TITLE), _TITLE + 2) if width >= _WIDE else ""
    return (pad(line(view.task.id, _NAME), _NAME + 2), ""), (f"{title}{why(view, now)}", "")


def _details(item: Item, now: float) -> Content:
    view = item.view
    task = view.task
    words = []
    if task.paths:
        words.append(line(" ".join(task.paths), 40))
    if task.agent:
        words.append(line(task.agent, 20))
    if task.budget.tokens is not None or task.budget.minutes is not None:
        words.append(write_budget(task.budget))
    if task.accept is AcceptRule.WHEN_GREEN:
        words.append("lands when green")
    touches = f" · touches what {line(named(item.overlaps), 40)} touches" if item.overlaps else ""
    return Content.assemble(
        f"     {why(view, now)}",
        (touches, "$text-warning"),
        ("".join(f" · {word}" for word in words), "$text-muted"),
    )


def heading(overview: Overview, found: Sequence[Item], width: int) -> Content:
    """How many stand where, and why nothing starts if nothing does."""
    numbers = [
        f"{count} {part}" for part in Part if (count := sum(item.part is part for item in found))
    ]
    left = Content.assemble((" Tasks", "bold"), f"  {' · '.join(numbers) or 'none yet'}")
    if overview.problem:
        problem = Content.styled(f"⚠ {line(overview.problem)} ", "$text-warning")
        return Content.assemble(left, "   ", problem).truncate(width, ellipsis=True)
    return spread(left, Content(f"{line(overview.repository)} "), width)
