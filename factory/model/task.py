"""A task, and what it is asked, allowed and decided."""

from __future__ import annotations

from enum import StrEnum

from factory.model.struct import Struct


class TaskState(StrEnum):
    """Where a task is in its life; `working`, `checking` and `landing` have a phase that runs."""

    DRAFT = "draft"
    QUEUED = "queued"
    WORKING = "working"
    CHECKING = "checking"
    READY = "ready"
    LANDING = "landing"
    LANDED = "landed"
    PARKED = "parked"
    REJECTED = "rejected"
    STOPPED = "stopped"

    @property
    def over(self) -> bool:
        """Whether the task's life has ended."""
        return self in (TaskState.LANDED, TaskState.REJECTED, TaskState.STOPPED)


class ParkReason(StrEnum):
    """Why a task waits aside; the text beside it says what un-parks it."""

    QUESTION = "question"
    DEPENDENCIES = "new dependencies"
    BUDGET = "out of budget"
    RATE_LIMITED = "rate limited"
    STUCK = "stuck"
    CONFLICT = "conflict"
    ERROR = "error"
    PAUSED = "paused"


class Hears(StrEnum):
    """When an agent at work hears what is said to it."""

    BETWEEN_CALLS = "between its tool calls"
    NEXT_TURN = "at its next turn"
    BEGINS_AGAIN = "when it begins again"


class Parked(Struct):
    """A task set aside: the reason, one sentence for the developer, and how it goes on."""

    reason: ParkReason
    message: str
    until: float | None = None
    """When the engine tries again by itself; None where it waits for the developer."""
    resume: TaskState = TaskState.WORKING
    options: tuple[str, ...] = ()
    """The answers that the agent offers to its question, in words (foreign text)."""


class AcceptRule(StrEnum):
    """Who decides on a green change: the developer, or the standing accept."""

    ASK = "ask"
    WHEN_GREEN = "when-green"


class Budget(Struct):
    """Caps of one task; None means no cap of that kind."""

    usd: float | None = None
    tokens: int | None = None
    minutes: float | None = None


class Spend(Struct):
    """What something has cost so far. `usd` is None where only a subscription paid."""

    usd: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """All tokens that went in or out, cached ones included."""
        return self.input_tokens + self.output_tokens + self.cached_tokens

    def __add__(self, other: Spend) -> Spend:
        usd = None if self.usd is None and other.usd is None else (self.usd or 0) + (other.usd or 0)
        return Spend(
            usd=usd,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            seconds=self.seconds + other.seconds,
        )


class Draft(Struct):
    """What the developer asks for, before it is a task."""

    title: str
    spec: str = ""
    paths: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """Ids of tasks that must have landed first."""
    agent: str | None = None
    """Name of an agent in factory.toml; None for the default one."""
    accept: AcceptRule = AcceptRule.ASK
    budget: Budget | None = None
    hold: bool = False
    """True queues it as a draft that is not started."""


class Decision(Struct):
    """An accept: it binds a snapshot, a base and the diff that was shown."""

    snapshot: str
    tip: str
    tree: str
    patch_id: str
    at: float
    by_rule: bool = False


class Landing(Struct):
    """A push that may be under way: the lease and the commit; recovery reads it."""

    tip: str
    commit: str


class Handoff(Struct):
    """The agent's closing note. A claim, never a fact."""

    summary: str = ""
    deviations: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    """Claims in it that no recorded command bears out; written by the engine."""


class Pending(Struct):
    """Something still to be said to the agent; `origin` as in `factory.entry.Origin`."""

    text: str
    origin: str
    at: float


class Part(Struct):
    """What makes a task a part of another: it lands some of the other's change, not the rest."""

    of: str
    """Id of the task whose change it is a part of."""
    patch_id: str
    """Of the part's diff, as it was accepted: nothing else lands by itself."""
    concerns: tuple[str, ...] = ()
    """What its reader had seen of weakened guardrails and marks; more than that must be seen."""
    remainder: str = ""
    """What was left out, in words for the agent of the whole."""


class Before(Struct):
    """How a task stood before a decision: it stands so again where that is taken back."""

    state: TaskState
    parked: Parked | None = None
    snapshot: int = 0
    round: int = 0
    rounds: int = 0
    prompts: tuple[Pending, ...] = ()
    told: str = ""
    """The feedback that was sent; empty for a rejection."""
    comments: tuple[str, ...] = ()
    """Ids of the comments that were sent with it."""
    looked: str = ""
    """The tree that had been looked at last."""


class Task(Struct):
    """One task, as its row holds it: the truth about where it stands."""

    id: str
    title: str
    agent: str
    created_at: float
    changed_at: float
    state: TaskState = TaskState.QUEUED
    spec: str = ""
    paths: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    accept: AcceptRule = AcceptRule.ASK
    budget: Budget = Budget()
    position: float = 0.0
    parked: Parked | None = None
    attempt: int = 0
    """Number of the current attempt; 0 before the first."""
    takes_over: bool = False
    """Whether this attempt goes on where those before it left off: it was handed over."""
    base: str = ""
    """Commit the attempt's worktree stands on."""
    worktree: str = ""
    """Name of the pool slot that the attempt holds."""
    ports: tuple[int, int] = (0, 0)
    """The first of its own loopback ports, and how many they are, until it is over."""
    lay_out: str = ""
    """A tree that the worktree must be made to hold before work goes on: a merge with conflicts."""
    began: str = ""
    """The tree from which a command was begun: cut short, it begins again from exactly that."""
    round: int = 0
    """Rounds of red guardrails since the developer last spoke."""
    rounds: int = 0
    """All rounds of work, the first one included."""
    snapshot: int = 0
    """Number of the newest snapshot, `refs/factory/<id>/<n>`."""
    prompts: tuple[Pending, ...] = ()
    """What is still to be said to the agent, oldest first."""
    decision: Decision | None = None
    landing: Landing | None = None
    landed: str = ""
    """Commit on the target, once landed."""
    audited: bool = False
    """Whether the target was looked at again after the landing."""
    waiting: str = ""
    """Why a landing waits, in words: a dirty checkout, say."""
    given: str = ""
    """A commit that is the only snapshot of a task that no agent works on."""
    asks: bool = False
    """Whether an acceptance of it was taken back or came to nothing: nothing but a new one, given
    by the developer, lands it then."""
    undoes: str = ""
    """Id of the landed task that this one reverts."""
    part: Part | None = None
    """What it lands of another task's change, where it is a part of one."""
    parts: tuple[str, ...] = ()
    """Ids of the tasks that landed, or are to land, a part of its own change."""
    before: Before | None = None
    """How it stood before the last decision, where that can be taken back."""
    rival_of: str = ""
    """Id of the first attempt at the same, of which this is another, independent one."""
    nth: int = 1
    """Which attempt at the same it is."""
    handoff: Handoff = Handoff()
    """The newest claim of the agent's."""
    allowed: tuple[str, ...] = ()
    """Environment keys whose new dependencies the developer has allowed."""
