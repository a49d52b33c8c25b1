"""What takes back an act of the developer's: pure, from the command and the picture before it."""

from __future__ import annotations

from dataclasses import dataclass

from factory.model import Draft, Task, TaskState
from factory.wire import (
    Accept,
    AcceptPart,
    Add,
    Again,
    AnyCommand,
    DropComment,
    Edit,
    End,
    Hand,
    Hold,
    Later,
    LeaveOut,
    MarkSeen,
    Move,
    Overview,
    Pause,
    RaiseBudget,
    Reject,
    Reply,
    Resume,
    SaveComment,
    Say,
    SendFeedback,
    TakeBack,
    Unwaive,
    Waive,
)
from tui.text import line, plural


@dataclass(frozen=True)
class Act:
    """One act, and the commands that take it back: none where that cannot be."""

    said: str
    """What it was, or why it stays: one sentence."""
    commands: tuple[AnyCommand, ...] = ()
    landing: str = ""
    """The task whose landing it was: undoing that is a change of its own, and asks first."""


def inverse(command: AnyCommand, before: Overview | None, reply: Reply) -> Act | None:
    """The act that a command was; None for what is not worth remembering."""
    tasks = {view.task.id: view.task for view in before.tasks} if before else {}
    match command:
        case Add():
            ends = tuple(End(task=task) for task in reply.tasks)
            return Act(f"took back {plural(len(ends), 'new task')}", ends)
        case Again():
            ends = tuple(End(task=task) for task in reply.tasks)
            return Act("took back the other attempt", ends)
        case Edit(task=name) if name in tasks:
            return Act(
                f"{line(name)} reads as before", (Edit(task=name, draft=_draft(tasks[name])),)
            )
        case Move(task=name) if before is not None:
            return Act(f"{line(name)} is back in its place", (_back(name, before),))
        case Hold(task=name, held=held):
            said = f"{line(name)} is queued again" if held else f"{line(name)} is held again"
            return Act(said, (Hold(task=name, held=not held),))
        case Pause(task=name):
            return Act(f"{line(name)} goes on", (Resume(task=name),))
        case Resume(task=name):
            return Act(f"{line(name)} pauses again", (Pause(task=name),))
        case End(task=name):
            return Act(f"{line(name)} goes on", (Resume(task=name),))
        case Hand(task=name) | RaiseBudget(task=name) if name in tasks:
            return _of_task(command, tasks[name])
        case _:
            return _of_review(command) or _of_decision(command, reply)


def _of_task(command: Hand | RaiseBudget, before: Task) -> Act:
    """What a task has back: its agent, which goes on with all that was done, or its budget."""
    name = before.id
    if isinstance(command, Hand):
        back = Hand(task=name, agent=before.agent)
        return Act(f"{line(name)} is {line(before.agent)}'s again, with all that was done", (back,))
    caps = RaiseBudget(task=name, budget=before.budget)
    return Act(f"{line(name)} has its old budget", (caps,))


def _of_decision(command: AnyCommand, reply: Reply) -> Act | None:
    match command:
        case Accept(task=name):
            said = f"{line(name)} is not accepted any more"
            return Act(said, (TakeBack(task=name),), landing=name)
        case AcceptPart(task=name) if reply.tasks:
            part = reply.tasks[0]
            said = f"{line(name)} is whole again; no part of it lands"
            return Act(said, (End(task=part),), landing=part)
        case SendFeedback(task=name):
            said = f"the feedback to {line(name)} is taken back; its comments are drafts again"
            return Act(said, (TakeBack(task=name),))
        case Reject(task=name):
            return Act(f"{line(name)} is not rejected any more", (TakeBack(task=name),))
        case Waive(task=name, guardrail=rail, tree=tree):
            said = f"{line(rail)} counts again for {line(name)}"
            return Act(said, (Unwaive(task=name, guardrail=rail, tree=tree),))
        case Later(task=name, later=later):
            said = f"{line(name)} waits again" if later else f"{line(name)} is put aside again"
            return Act(said, (Later(task=name, later=not later),))
        case _:
            return None


def _of_review(command: AnyCommand) -> Act | None:
    match command:
        case SaveComment(id=name):
            return Act("the comment is gone", (DropComment(id=name),))
        case DropComment():
            return Act("the comment is there again")
        case LeaveOut(task=name, marks=marks, out=out):
            said = (
                f"what was left out of {line(name)} is in again"
                if out
                else f"left out of {line(name)} again"
            )
            return Act(said, (LeaveOut(task=name, marks=marks, out=not out),))
        case MarkSeen(task=name, marks=marks, seen=seen):
            said = "not seen again" if seen else "seen again"
            return Act(said, (MarkSeen(task=name, marks=marks, seen=not seen),))
        case Say(task=name):
            return Act(f"what {line(name)} was told cannot be taken back; say more, or pause it")
        case _:
            return None


def _draft(task: Task) -> Draft:
    return Draft(
        title=task.title,
        spec=task.spec,
        paths=task.paths,
        after=task.after,
        agent=task.agent,
        accept=task.accept,
        budget=task.budget,
    )


def _back(name: str, before: Overview) -> Move:
    queue = sorted(
        (view.task for view in before.tasks if view.task.state is TaskState.QUEUED),
        key=lambda task: task.position,
    )
    names = [task.id for task in queue]
    at = names.index(name) + 1 if name in names else len(names)
    return Move(task=name, before=names[at] if at < len(names) else None)
