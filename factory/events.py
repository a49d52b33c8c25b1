"""What can happen to a task: by the engine, or by the developer."""

from __future__ import annotations

from factory.model import Change, Decision, Handoff, Landing, ParkReason, Struct


class Event(Struct):
    """Base of what can happen to a task."""


class Released(Event):
    """The developer lets a draft go."""


class Held(Event):
    """The developer takes a queued task back."""


class Started(Event):
    """A slot is free: the first attempt begins on this base."""

    base: str


class Asked(Event):
    """The agent asks and waits."""

    question: str
    options: tuple[str, ...] = ()
    """The answers that it offers, in words."""


class Claimed(Event):
    """The agent says that it is done."""

    handoff: Handoff


class Failed(Event):
    """A phase cannot go on: park, and say how it goes on."""

    reason: ParkReason
    message: str
    until: float | None = None


class Red(Event):
    """The gate found the change at fault; the agent gets `feedback`."""

    feedback: str
    summary: str
    again: bool = True
    """False for an agent that would do the same again: the developer gets it."""


class Conflicted(Event):
    """Snapshot and tip touch the same lines; work goes on in `tree`, which holds both, marked."""

    base: str
    tree: str
    paths: tuple[str, ...]
    restart: bool = False
    """True for an agent that cannot read markers: it begins again, on the base."""


class Green(Event):
    """The candidate passed its gate; `by_rule` where the standing accept takes it."""

    change: Change
    by_rule: bool = False


class Accepted(Event):
    """The developer accepts what they were shown."""

    decision: Decision


class Differs(Event):
    """What would land is no longer what was accepted; it is green, and comes back."""

    change: Change


class Refused(Event):
    """The developer's checkout is in the way of a landing."""

    why: str


class Cleared(Event):
    """The developer's checkout has changed: try to land again."""


class Pushing(Event):
    """A landing's commit is made, and its push begins."""

    landing: Landing


class Landed(Event):
    """The target points to the commit."""

    commit: str


class Said(Event):
    """The developer says something: feedback, an answer, steering."""

    text: str


class Paused(Event):
    """The developer pauses the agent."""


class Resumed(Event):
    """The developer (or the clock) lets a task go on."""


class Recheck(Event):
    """The gate looks at the worktree again: after an edit by hand, a waiver, a new run."""


class Rejected(Event):
    """The developer refuses the change."""

    why: str = ""


class Ended(Event):
    """The developer stops the task for good."""


class TookOver(Event):
    """A part of the change has landed: the rest of it goes back as `feedback`."""

    feedback: str
    again: bool = True
    """False where no agent would read it: the developer gets the rest."""


class TakenBack(Event):
    """The developer takes their last decision back."""

    tree: str = ""
    """What the worktree must hold again before work goes on: the snapshot decided on."""
    note: str = ""
    """What the agent is told of it when it is next spoken to."""


class HandedOver(Event):
    """The developer gives the task to another agent, with the files as they are."""

    agent: str


AnyEvent = (
    Released | Held | Started | Asked | Claimed | Failed | Red | Conflicted | Green | Accepted
    | Differs | Refused | Cleared | Pushing | Landed | Said | Paused | Resumed | Recheck
    | Rejected | Ended | TookOver | TakenBack | HandedOver
)  # fmt: skip
