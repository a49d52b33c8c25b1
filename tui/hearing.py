"""What was said to an agent and not heard yet, and when it will be. Pure."""

from __future__ import annotations

from factory.model import Hears, Pending, TaskState
from factory.wire import TaskView
from tui.text import line

_DEVELOPER = "developer"
_WHEN = {
    Hears.BETWEEN_CALLS: "between its tool calls",
    Hears.NEXT_TURN: "at its next turn",
    Hears.BEGINS_AGAIN: "when it begins again",
}


def when(view: TaskView) -> str:
    """When a word said now is heard: `between its tool calls`."""
    return _WHEN[view.hears] if view.task.state is TaskState.WORKING else "when it goes on"


def unheard(view: TaskView) -> tuple[Pending, ...]:
    """The developer's words that no transcript has yet, oldest first."""
    if view.task.state.over:
        return ()
    return tuple(one for one in view.task.prompts if one.origin == _DEVELOPER)


def waiting_words(view: TaskView) -> tuple[str, ...]:
    """`waits to be heard at its next turn: be quick`, a clean line for each word."""
    return tuple(f"waits to be heard {when(view)}: {line(one.text)}" for one in unheard(view))
