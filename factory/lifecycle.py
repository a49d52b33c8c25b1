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
from factory.events import (
    Accepted,
    AnyEvent,
    Asked,
    Claimed,
    Cleared,
    Conflicted,
    Differs,
    Ended,
    Event,
    Failed,
    Green,
    HandedOver,
    Held,
    Landed,
    Paused,
    Pushing,
    Recheck,
    Red,
    Refused,
    Rejected,
    Released,
    Resumed,
    Said,
    Started,
    TakenBack,
    TookOver,
)
from factory.model import (
    Before,
    Change,
    Decision,
    NotNowError,
    Parked,
    ParkReason,
    Pending,
    Struct,
    Task,
    TaskState,
)
from factory.standing import may_land_as_part, may_land_by_rule

__all__ = [
    "HANDED_OVER",
    "TAKEN_BACK",
    "Accepted",
    "AnyEvent",
    "Asked",
    "Claimed",
    "Cleared",
    "Conflicted",
    "Differs",
    "Ended",
    "Event",
    "Failed",
    "Green",
    "HandedOver",
    "Held",
    "Landed",
    "Paused",
    "Phase",
    "Pushing",
    "Recheck",
    "Red",
    "Refused",
    "Rejected",
    "Released",
    "Resumed",
    "Said",
    "Started",
    "Step",
    "TakenBack",
    "TookOver",
    "advance",
    "may_land_by_rule",
    "phase",
]

S = TaskState
TAKEN_BACK = "taken back"
"""Kind of the fact that a decision was taken back."""
HANDED_OVER = "handed over"
"""Kind of the fact that another agent goes on with a task."""


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


class Step(Struct):
    """A task after something happened, and the fact for the journal."""

    task: Task
    kind: str
    text: str = ""


# --- the story -----------------------------------------------------------------------------


def advance(task: Task, event: AnyEvent, *, now: float, rounds: int = 3) -> Step:
    """The next state. Raises NotNowError where the event cannot happen to a task in this state."""
    step = (
        _by_engine(task, event, now, rounds)
        or _by_developer(task, event, now)
        or _around(task, event, now)
    )
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
        case S.WORKING, Asked(question=question, options=options):
            return _park(task, ParkReason.QUESTION, question, S.WORKING, options=options)
        case S.WORKING, Claimed(handoff=handoff):
            return _to(task, S.CHECKING, "claimed", handoff.summary, handoff=handoff, before=None)
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
            return _to(task, S.READY, "differs", text, decision=None, landing=None, waiting="",
                       asks=True)  # fmt: skip
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
            before = _before(task, told=text) if task.state is S.READY else None
            return _to(task, S.WORKING, "feedback", text, prompts=_say(task, text, now), round=0,
                       rounds=task.rounds + 1, parked=None, decision=None,
                       before=before)  # fmt: skip
        case S.WORKING, Paused():
            return _park(task, ParkReason.PAUSED, "paused by you; resume when you like", S.WORKING)
        case S.PARKED, Resumed():
            return _resume(task)
        case ((S.STOPPED | S.REJECTED), Resumed()):
            # Its agent may have been cut short; one that was done says so again at once.
            again = S.CHECKING if not task.agent else S.WORKING if _checkable(task) else S.QUEUED
            return _to(task, again, "resumed", parked=None, decision=None, round=0, before=None)
        case ((S.READY | S.PARKED), Recheck()) if _checkable(task):
            return _to(task, S.CHECKING, "recheck", parked=None, decision=None, before=None)
        case ((S.READY | S.PARKED), Rejected(why=why)) if not task.landing:
            return _to(task, S.REJECTED, "rejected", why, parked=None, before=_before(task))
        case _, Ended() if not task.state.over and (task.waiting or not task.landing):
            return _to(task, S.STOPPED, "stopped", parked=None, waiting="", decision=None,
                       landing=None)  # fmt: skip
        case _:
            return None


def _around(task: Task, event: AnyEvent, now: float) -> Step | None:
    """What comes of a landed part, of a decision that is taken back, and of another agent."""
    match task.state, event:
        case ((S.READY | S.PARKED | S.WORKING | S.CHECKING), TookOver()) if not task.landing:
            return _the_rest(task, event, now)
        case S.LANDING, TakenBack() if task.waiting or not task.landing:
            return _to(task, S.READY, TAKEN_BACK, "the acceptance", decision=None, landing=None,
                       waiting="", asks=True)  # fmt: skip
        case ((S.WORKING | S.PARKED), TakenBack()) if task.before and task.before.told:
            return _unsaid(task, task.before, event, now) if not task.landing else None
        case ((S.WORKING | S.PARKED), HandedOver()):
            begun = task.attempt and task.agent and not task.landing
            return _handed_over(task, event, now) if begun else None
        case S.REJECTED, TakenBack() if task.before:
            before = task.before
            return _to(task, before.state, TAKEN_BACK, "the rejection", parked=before.parked,
                       before=None)  # fmt: skip
        case _:
            return None


def _before(task: Task, told: str = "") -> Before:
    return Before(state=task.state, parked=task.parked, snapshot=task.snapshot, round=task.round,
                  rounds=task.rounds, prompts=task.prompts, told=told)  # fmt: skip


def _the_rest(task: Task, event: TookOver, now: float) -> Step:
    """A part of it has landed: its agent gets the rest; without one, the developer."""
    if not (event.again and task.agent):
        message = "the rest of it has landed; end the task, or say what else it shall do"
        return _park(task, ParkReason.STUCK, message, S.CHECKING, before=None)
    return _to(task, S.WORKING, "feedback", "a part of it has landed, the rest goes back",
               prompts=_say(task, event.feedback, now), round=0, parked=None, before=None,
               rounds=task.rounds + (task.state is not S.WORKING))  # fmt: skip


def _handed_over(task: Task, event: HandedOver, now: float) -> Step:
    """An attempt of the other agent's in the same worktree; what was not heard yet it hears."""
    spec = Pending(text=task.spec, origin=Origin.TASK, at=now)
    words = (one for one in task.prompts if one.origin != Origin.TASK)
    return _to(task, S.WORKING, HANDED_OVER, f"from {task.agent} to {event.agent}",
               agent=event.agent, attempt=task.attempt + 1, takes_over=True, began="",
               prompts=(spec, *words), round=0, rounds=task.rounds + 1, parked=None,
               decision=None, before=None)  # fmt: skip


def _unsaid(task: Task, before: Before, event: TakenBack, now: float) -> Step | None:
    """Feedback is withdrawn. An agent that has heard of it is told so with the next word."""
    if task.snapshot != before.snapshot:
        return None
    heard = all(one.text != before.told for one in task.prompts if one not in before.prompts)
    note = Pending(text=event.note, origin=Origin.DEVELOPER, at=now)
    left = tuple(one for one in before.prompts if one in task.prompts)
    return _to(task, before.state, TAKEN_BACK, "the feedback", parked=before.parked,
               round=before.round, rounds=before.rounds, before=None, lay_out=event.tree,
               prompts=(*left, note) if heard and event.note else left)  # fmt: skip


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
    options: tuple[str, ...] = (),
    **fields: object,
) -> Step:
    parked = Parked(reason=reason, message=message, until=until, resume=resume, options=options)
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
                   rounds=task.rounds + 1, decision=None, landing=None, waiting="",
                   before=None)  # fmt: skip
    reason = ParkReason.STUCK if origin is Origin.GUARDRAILS else ParkReason.CONFLICT
    message = f"{summary}, after {number} rounds" if task.agent and number > 1 else summary
    if task.part:
        message = f"without what was left out: {summary}; {task.part.of} itself is as it was"
    prompts = pending if task.agent else ()
    resume = S.WORKING if task.agent else S.CHECKING
    return _park(task, reason, message, resume, round=number, prompts=prompts,
                 decision=None, landing=None, waiting="", before=None)  # fmt: skip


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
    as_part = may_land_as_part(task, change)
    undoes = bool(task.undoes) and not task.parts
    if task.state is S.CHECKING and not task.asks and (by_rule or undoes or as_part):
        decision = Decision(snapshot=change.snapshot, tip=change.tip, tree=change.tree,
                            patch_id=change.patch_id, at=now, by_rule=by_rule)  # fmt: skip
        how = "by rule" if by_rule else "as a part" if as_part else "with its undo"
        return _to(task, S.LANDING, "accepted", how, decision=decision, round=0)
    return _to(task, S.READY, "ready", text, round=0, parked=None, before=None)


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
    TookOver: "given back: there is nothing of it to go on with",
    HandedOver: "handed over: no agent has begun it, or none is to go on with it now",
    TakenBack: "taken back: that came too late, or there is no decision on it",
}


def _not_now(task: Task, event: AnyEvent) -> str:
    words = _WORDS.get(type(event), f"moved on by {type(event).__name__}")
    if task.landing and task.state is S.PARKED:
        words = words.partition(":")[0] + ": its push may have landed; resume finds out"
    return f"{task.id} is {task.state} and cannot be {words}"
