"""A word to an agent: an answer where it asked, else what it hears as it works on."""

from __future__ import annotations

from textual.content import Content

from factory import wire
from factory.wire import TaskView
from tui.hearing import when
from tui.screens.answering import OWN_WORDS, Answering
from tui.screens.base import FactoryScreen
from tui.standing import asks
from tui.text import clean, line
from tui.waiting import view_of
from tui.widgets.prompt import Prompt


def say_to(screen: FactoryScreen, view: TaskView) -> None:
    """Ask what to say, or which of the offered answers to give."""
    task, parked = view.task, view.task.parked
    if not (asks(view) and parked is not None and parked.options):
        _in_words(screen, view)
        return

    def refuse() -> str:
        now = view_of(screen.overview, task.id)
        return "" if now and now.task.parked == parked else "it does not ask that any more"

    def answered(answer: str | None) -> None:
        if answer == OWN_WORDS:
            _in_words(screen, view)
        elif answer:
            done = f"answered {line(task.id)}: {line(answer)}"
            screen.do(wire.Say(task=task.id, text=answer), done=done)

    card = Answering(task.id, parked.message, parked.options, refuse)
    screen.app.push_screen(card, answered)


def _in_words(screen: FactoryScreen, view: TaskView) -> None:
    """Open a prompt for what to say; the draft is kept where it is left."""
    task, parked = view.task, view.task.parked
    heard = f"{line(task.id)}; it hears it {when(view)}"
    title = Content(f"Say to {heard}")
    if asks(view) and parked is not None:
        asked = clean(parked.message, newlines=True)
        title = Content.assemble((f"{line(task.id)} asks  ", "$warning bold"), asked)

    def said(text: str | None) -> None:
        if text:
            screen.do(wire.Say(task=task.id, text=text), done=f"said to {heard}")

    send = "answer" if asks(view) else "say"
    prompt = Prompt(title, drafts=screen.factory.drafts, key=f"say {task.id}", send=send)
    screen.app.push_screen(prompt, said)
