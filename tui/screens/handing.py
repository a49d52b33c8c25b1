"""Giving a task to another agent, which goes on with its files."""

from __future__ import annotations

from factory import wire
from factory.model import TaskState
from tui.screens.acts import TaskActs
from tui.text import line

_MAY = (TaskState.WORKING, TaskState.PARKED, TaskState.QUEUED, TaskState.DRAFT)


class Handing(TaskActs):
    """`H` on the Floor and in the zoom, about `current_task`."""

    def action_hand(self) -> None:
        """Choose the agent that goes on; the one at work ends."""
        view = self.view()
        if view is None or self.overview is None:
            return
        task = view.task
        others = [name for name in self.overview.agents if name != task.agent]
        if task.state not in _MAY or not task.agent:
            why = f"is {task.state}" if task.agent else "is no agent's work"
            self.say(f"{line(task.id)} {why}; it cannot go to another agent now")
            return
        if not others:
            self.say("factory.toml has no other agent that it could go to")
            return
        from tui.screens.choosing import Choosing

        def found(words: str) -> list[str]:
            return [name for name in others if words.casefold() in name.casefold()]

        title = f"{line(task.id)}, from {line(task.agent)} to"
        chooser = Choosing(title, found, "no agent has that in its name")
        self.app.push_screen(chooser, lambda agent: self._handed(task.id, agent))

    def _handed(self, task: str, agent: str | None) -> None:
        if agent:
            back = f"{self.key('undo')} gives it back"
            done = f"{line(agent)} goes on with {line(task)}; {back}"
            self.do(wire.Hand(task=task, agent=agent), done=done)
