"""A word to an agent: an answer where it asked, else what it hears between two turns."""

from __future__ import annotations

from textual.content import Content

from factory import wire
from factory.wire import TaskView
from tui.screens.base import FactoryScreen
from tui.standing import asks
from tui.text import clean, line
from tui.widgets.prompt import Prompt


def say_to(screen: FactoryScreen, view: TaskView) -> None:
    """Open a prompt for what to say; the draft is kept where it is left."""
    task, parked = view.task, view.task.parked
    title = Content(f"Say to {line(task.id)}; it hears it between two turns")
    if asks(view) and parked is not None:
        asked = clean(parked.message, newlines=True)
        title = Content.assemble((f"{line(task.id)} asks  ", "$warning bold"), asked)

    def said(text: str | None) -> None:
        if text:
            screen.do(wire.Say(task=task.id, text=text), done=f"said to {line(task.id)}")

    send = "answer" if asks(view) else "say"
    prompt = Prompt(title, drafts=screen.factory.drafts, key=f"say {task.id}", send=send)
    screen.app.push_screen(prompt, said)
