"""A task's life: pure transitions. (the task, what happened) → the task as it is now, and a fact.

    draft → queued → working → checking → ready → landing → landed
    aside: parked (with a reason and what un-parks it), rejected, stopped

`working`, `checking` and `landing` have a phase that the engine runs, from its beginning, as often
as it must. Everything else waits; nobody sleeps for it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from factory.entry import Origin
from factory.model import (
    AcceptRule,
    Change,
    Decision,
    Handoff,
    Landing,
    NotNowError,
    Parked,
    ParkReason,
    Pending,
    Struct,
    Task,
    TaskState,
    Verdict,
)

S = TaskState


class Phase(StrEnum):
    """What the engine runs for a task."""

    WORK = "work"
    CHECK = "check"
    LAND = "land"


def phase(task: Task) -> Phase | None:
    """The phase that a task's state calls for; None where it waits."""
    match task.state:
        case S.WORKING:
            return Phase.WORK
        case S.CHECKING:
            return Phase.CHECK
        case S.LANDING:
            return None if task.waiting else Phase.LAND
        case _:
            return None


# --- what can happen -----------------------------------------------------------------------


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


AnyEvent = (
    Released | Held | Started | Asked | Claimed | Failed | Red | Conflicted | Green | Accepted
    | Differs | Refused | Cleared | Pushing | Landed | Said | Paused | Resumed | Recheck
    | Rejected | Ended
)  # fmt: skip


class Step(Struct):
    """A task after something happened, and the fact for the journal."""

    task: Task
    kind: str
    text: str = ""


# --- the story -----------------------------------------------------------------------------


def advance(task: Task, event: AnyEvent, *, now: float, rounds: int = 3) -> Step:
    """The next state. Raises NotNowError where the event cannot happen to a task in this state."""
    step = _by_engine(task, event, now, rounds) or _by_developer(task, event, now)
    if step is None:
        raise NotNowError(_not_now(task, event))
    changed = task.changed_at if step.task.state is task.state else now
    return replace(step, task=replace(step.task, changed_at=changed))


def _by_engine(task: Task, event: AnyEvent, now: float, rounds: int) -> Step | None:
    match task.state, event:
        case S.QUEUED, Started(base=base):
            spec = Pending(text=task.spec, origin=Origin.TASK, at=now)
            return _to(task, S.WORKING, "started", base=base, attempt=task.attempt + 1,
                       round=0, rounds=task.rounds + 1, prompts=(*task.prompts, spec))  # fmt: skip
        case S.WORKING, Asked(question=question):
            return _park(task, ParkReason.QUESTION, question, S.WORKING)
        case S.WORKING, Claimed(handoff=handoff):
            return _to(task, S.CHECKING, "claimed", handoff.summary, handoff=handoff)
        case ((S.QUEUED | S.WORKING | S.CHECKING | S.LANDING), Failed()):
            return _failed(task, event)
        case ((S.CHECKING | S.READY | S.LANDING), Red(again=False)):
            return _park(task, ParkReason.STUCK, event.summary, S.CHECKING, decision=None,
                         landing=None, waiting="")  # fmt: skip
        case ((S.CHECKING | S.READY | S.LANDING), Red()):
            return _back(task, event.feedback, Origin.GUARDRAILS, event.summary, now, rounds)
        case ((S.CHECKING | S.READY | S.LANDING), Conflicted()):
            return _conflict(task, event, now, rounds)
        case ((S.CHECKING | S.READY), Green(change=change, by_rule=by_rule)):
            return _green(task, change, now, by_rule=by_rule)
        case S.LANDING, _:
            return _landing(task, event)
        case _:
            return None


def _landing(task: Task, event: AnyEvent) -> Step | None:
    match event:
        case Differs():
            text = "the target moved, and what would land is no longer what was accepted"
            return _to(task, S.READY, "differs", text, decision=None, landing=None, waiting="")
        case Pushing(landing=landing):
            return _to(task, S.LANDING, "landing", landing.commit, landing=landing, waiting="")
        case Refused(why=why):
            return _to(task, S.LANDING, "refused", why, waiting=why)
        case Cleared() if task.waiting:
            return _to(task, S.LANDING, "cleared", waiting="")
        case Landed(commit=commit) if task.landing and task.landing.commit == commit:
            return _to(task, S.LANDED, "landed", commit, landed=commit, landing=None, waiting="")
        case _:
            return None


def _by_developer(  # noqa: C901  a table of states reads best in one piece
    task: Task, event: AnyEvent, now: float
) -> Step | None:
    match task.state, event:
        case S.DRAFT, Released():
            return _to(task, S.QUEUED, "queued")
        case S.QUEUED, Held():
            return _to(task, S.DRAFT, "held")
        case S.READY, Accepted(decision=decision):
            return _to(task, S.LANDING, "accepted", decision.tree, decision=decision)
        case S.WORKING, Said(text=text):
            return _to(task, S.WORKING, "said", text, prompts=_say(task, text, now))
        case ((S.READY | S.PARKED), Said(text=text)) if task.attempt and not task.landing:
            return _to(task, S.WORKING, "feedback", text, prompts=_say(task, text, now),
                       round=0, rounds=task.rounds + 1, parked=None, decision=None)  # fmt: skip
        case S.WORKING, Paused():
            return _park(task, ParkReason.PAUSED, "paused by you; resume when you like", S.WORKING)
        case S.PARKED, Resumed():
            return _resume(task)
        case ((S.STOPPED | S.REJECTED), Resumed()):
            # Its agent may have been cut short; one that was done says so again at once.
            again = S.CHECKING if not task.agent else S.WORKING if _checkable(task) else S.QUEUED
            return _to(task, again, "resumed", parked=None, decision=None, round=0)
        case ((S.READY | S.PARKED), Recheck()) if _checkable(task):
            return _to(task, S.CHECKING, "recheck", parked=None, decision=None)
        case ((S.READY | S.PARKED), Rejected(why=why)) if not task.landing:
            return _to(task, S.REJECTED, "rejected", why, parked=None)
        case _, Ended() if not task.state.over and (task.waiting or not task.landing):
            return _to(task, S.STOPPED, "stopped", parked=None, waiting="", decision=None,
                       landing=None)  # fmt: skip
        case _:
            return None


def _checkable(task: Task) -> bool:
    """Whether there are files to look at, and no push whose fate is unknown."""
    return bool(task.snapshot or task.worktree) and not task.landing


def _to(task: Task, state: TaskState, kind: str, text: str = "", **fields: object) -> Step:
    return Step(task=replace(task, state=state, **fields), kind=kind, text=text)


def _say(task: Task, text: str, now: float) -> tuple[Pending, ...]:
    return (*task.prompts, Pending(text=text, origin=Origin.DEVELOPER, at=now))


def _park(
    task: Task,
    reason: ParkReason,
    message: str,
    resume: TaskState,
    *,
    until: float | None = None,
    **fields: object,
) -> Step:
    parked = Parked(reason=reason, message=message, until=until, resume=resume)
    text = f"{reason}: {message}"
    return _to(task, S.PARKED, "parked", text, parked=parked, **fields)


def _failed(task: Task, event: Failed) -> Step:
    return _park(task, event.reason, event.message, task.state, until=event.until)


def _resume(task: Task) -> Step:
    """A budget or a clock lets the phase go on; a task that was stuck gets fresh rounds."""
    resume = task.parked.resume if task.parked else S.QUEUED
    number = task.round if task.parked and task.parked.until is not None else 0
    return _to(task, resume, "resumed", parked=None, round=number)


def _back(task: Task, feedback: str, origin: Origin, summary: str, now: float, rounds: int) -> Step:
    """Back to the agent with what is wrong; parked once its rounds are used up."""
    number = task.round + 1
    pending = (*task.prompts, Pending(text=feedback, origin=origin, at=now))
    if task.agent and number <= rounds:
        return _to(task, S.WORKING, "red", summary, prompts=pending, round=number,
                   rounds=task.rounds + 1, decision=None, landing=None, waiting="")  # fmt: skip
    reason = ParkReason.STUCK if origin is Origin.GUARDRAILS else ParkReason.CONFLICT
    message = f"{summary}, after {number} rounds" if task.agent and number > 1 else summary
    prompts = pending if task.agent else ()
    resume = S.WORKING if task.agent else S.CHECKING
    return _park(task, reason, message, resume, round=number, prompts=prompts,
                 decision=None, landing=None, waiting="")  # fmt: skip


def _conflict(task: Task, event: Conflicted, now: float, rounds: int) -> Step:
    names = ", ".join(event.paths[:5])
    feedback = (
        f"The target has moved, and your change conflicts with it in: {names}. Your worktree now "
        "holds the merge with conflict markers (<<<<<<<, =======, >>>>>>>). Keep both intentions, "
        "remove every marker, and finish with a new handoff."
    )
    moved = replace(task, base=event.base, lay_out=event.tree)
    told = (task.spec, Origin.TASK) if event.restart else (feedback, Origin.CONFLICT)
    return _back(moved, *told, f"conflict in {names}", now, rounds)


def _green(task: Task, change: Change, now: float, *, by_rule: bool) -> Step:
    """Ready, or straight to landing where the developer has accepted beforehand."""
    text = f"{change.lane}" if change.weakened or change.marks else ""
    if task.state is S.CHECKING and (by_rule or task.undoes):
        decision = Decision(snapshot=change.snapshot, tip=change.tip, tree=change.tree,
                            patch_id=change.patch_id, at=now, by_rule=by_rule)  # fmt: skip
        return _to(task, S.LANDING, "accepted", "by rule" if by_rule else "with its undo",
                   decision=decision, round=0)  # fmt: skip
    return _to(task, S.READY, "ready", text, round=0, parked=None)


def may_land_by_rule(task: Task, change: Change, *, lines: int, until: float | None, now: float,
                     in_paths: bool) -> bool:  # fmt: skip
    """Whether the standing accept covers a change; never what a person must see or has waived."""
    return (
        task.accept is AcceptRule.WHEN_GREEN
        and change.lane == "plain"
        and not change.critical
        and not change.marks
        and all(one.verdict is not Verdict.WAIVED for one in change.judged)
        and in_paths
        and change.added + change.removed <= lines
        and (until is None or now <= until)
    )


_WORDS = {
    Accepted: "accepted: only a ready change can be",
    Said: "told anything: no agent works on it",
    Paused: "paused: it is not working",
    Resumed: "resumed: it does not wait",
    Rejected: "rejected: only a ready or parked change can be",
    Ended: "ended: it has landed, has ended, or its push is under way",
    Recheck: "checked again: there is nothing to check yet",
    Held: "held: it is not queued",
    Released: "released: it is not a draft",
}


def _not_now(task: Task, event: AnyEvent) -> str:
    words = _WORDS.get(type(event), f"moved on by {type(event).__name__}")
    if task.landing and task.state is S.PARKED:
        words = words.partition(":")[0] + ": its push may have landed; resume finds out"
    return f"{task.id} is {task.state} and cannot be {words}"
