"""Starting another, independent attempt at a task."""

from __future__ import annotations

from textual.content import Content

from factory import wire
from factory.model import TaskState
from tui.screens.moving import Moving
from tui.text import line, money
from tui.waiting import view_of
from tui.widgets.card import Card


class Attempting(Moving):
    """`A` on the Floor, in the zoom and in the Inbox, about `current_task`."""

    def action_again(self) -> None:
        """Ask whether to start another attempt: it costs what an attempt costs."""
        view = view_of(self.overview, self.current_task())
        if view is None:
            self.say("there is no task here to attempt again")
            return
        name = line(view.task.id)
        if view.task.state is TaskState.LANDED or not view.task.agent:
            why = "has landed" if view.task.agent else "is no agent's work"
            self.say(f"{name} {why}; there is nothing to attempt again")
            return
        so_far = money(view.spent, view.subscription)
        cost = f"this one has cost {so_far} so far" if view.spent.tokens else "it costs as much"
        question = Content.assemble(
            ("another attempt", "bold"),
            f" at {name}, by {line(view.task.agent)}, from the beginning? {cost}",
        )
        command = wire.Again(task=view.task.id)

        def answered(go: bool | None) -> None:
            if go:
                self.do(command, then=lambda reply: self.say(_begun(name, reply)))

        self.app.push_screen(Card(question, "start", refuse=None), answered)


def _begun(name: str, reply: wire.Reply) -> str:
    made = line(", ".join(reply.tasks)) or "it"
    return f"{made} attempts {name} anew; = in its review holds the two against each other"
