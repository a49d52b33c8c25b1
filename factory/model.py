"""The words of the factory as frozen data, and its tree of errors. No I/O.

Times are seconds since the epoch (float, UTC). Money is US dollars (float). Trees and commits are
full hexadecimal object ids of the vault.
"""

from __future__ import annotations

from enum import StrEnum
from typing import dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all data here: frozen, keyword-only; a newer version's unknown fields are skipped."""


# --- tasks ---------------------------------------------------------------------------------


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


class Parked(Struct):
    """A task set aside: the reason, one sentence for the developer, and how it goes on."""

    reason: ParkReason
    message: str
    until: float | None = None
    """When the engine tries again by itself; None where it waits for the developer."""
    resume: TaskState = TaskState.WORKING


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
    base: str = ""
    """Commit the attempt's worktree stands on."""
    worktree: str = ""
    """Name of the pool slot that the attempt holds."""
    lay_out: str = ""
    """A tree that the worktree must be made to hold before work goes on: a merge with conflicts."""
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
    waiting: str = ""
    """Why a landing waits, in words: a dirty checkout, say."""
    given: str = ""
    """A commit that is the only snapshot of a task that no agent works on."""
    undoes: str = ""
    """Id of the landed task that this one reverts."""
    handoff: Handoff = Handoff()
    """The newest claim of the agent's."""
    allowed: tuple[str, ...] = ()
    """Environment keys whose new dependencies the developer has allowed."""
    worked: float = 0.0
    """Seconds in `working`, for the minutes' cap."""


# --- checks --------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What one guardrail says of one tree; only `pass` is a pass."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    FLAKY = "flaky"
    WAIVED = "waived"
    STALE = "stale"
    RUNNING = "running"
    NOT_RUN = "not run"

    @property
    def sign(self) -> str:
        """The one character that stands for it everywhere."""
        return _SIGNS[self]


_SIGNS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.ERROR: "⚠",
    Verdict.FLAKY: "✗",
    Verdict.WAIVED: "~",
    Verdict.STALE: "~",
    Verdict.RUNNING: "◐",
    Verdict.NOT_RUN: "○",
}


class Outcome(Struct):
    """What a guardrail's own output says, before anything is compared with the tip."""

    verdict: Verdict
    summary: str
    """One line: `3 failed, 120 passed`."""
    failing: tuple[str, ...] = ()
    """Ids of what fails, where the tool has ids: test ids, `path:rule`."""
    passing: tuple[str, ...] = ()
    counted: int | None = None
    """How many things were checked; 0 is an error, None where the tool cannot tell."""
    details: str = ""
    """At most 20 lines for the agent, the most telling first."""


class Run(Struct):
    """One run of one guardrail on one exact tree: a piece of evidence."""

    id: str
    """Also the name of its log."""
    guardrail: str
    tree: str
    key: str
    """Hash of everything besides the tree that the verdict rests on: command, environment, tool."""
    tool: str
    """What the tool's own `--version` said."""
    verdict: Verdict
    summary: str
    exit_code: int | None
    seconds: float
    at: float
    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    counted: int | None = None
    details: str = ""
    command: str = ""
    note: str = ""
    """Why the verdict differs from the tool's own: `2 failed on the tip too`."""
    waived: str = ""
    """The developer's typed reason, where waived."""


class Judged(Struct):
    """A run's verdict as it counts for a change: held against the tip, or waived."""

    guardrail: str
    verdict: Verdict
    run: str = ""
    """Id of the run; empty where the guardrail does not apply to this change."""
    note: str = ""
    """Why it differs from the run's own: `2 failed on the tip too`; the reason of a waiver."""


class Lane(StrEnum):
    """Which lane of the inbox a change stands in."""

    PLAIN = "plain"
    EYES = "needs your eyes"


class Mark(Struct):
    """A tamper mark: something that makes checks say less than they did."""

    kind: str
    """`deleted test`, `skipped test`, `emptied test`, `guardrail configuration`, …"""
    path: str
    line: int = 0
    text: str = ""
    """The line or the fact, as found (foreign text)."""


class Change(Struct):
    """A candidate with its evidence: what the inbox shows."""

    task: str
    number: int
    snapshot: str
    base: str
    tip: str
    tree: str
    """The candidate tree: snapshot merged with tip."""
    patch_id: str
    at: float
    lane: Lane = Lane.PLAIN
    judged: tuple[Judged, ...] = ()
    """Every guardrail's verdict, in the order of factory.toml."""
    weakened: tuple[str, ...] = ()
    """Names of guardrails that are red with the tip's versions of protected files."""
    marks: tuple[Mark, ...] = ()
    handoff: Handoff = Handoff()
    added: int = 0
    removed: int = 0
    files: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    green: bool = False


# --- review --------------------------------------------------------------------------------


class CommentKind(StrEnum):
    """What a comment asks for."""

    DO = "do"
    QUESTION = "question"
    NOTE = "note"


class CommentState(StrEnum):
    """Where a comment stands."""

    DRAFT = "draft"
    OPEN = "open"
    ANSWERED = "answered"
    ADDRESSED = "addressed"
    OUTDATED = "outdated"


class Anchor(Struct):
    """What a comment is about: the change (no path), a file (line 0), a line or a range."""

    path: str = ""
    line: int = 0
    """First line, 1-based, of the side named by `new`."""
    end: int = 0
    """Last line of a range, inclusive; 0 for one line."""
    new: bool = True
    """True for the candidate's side, False for the tip's."""
    text: str = ""
    """The lines themselves, to find them again."""


class Comment(Struct):
    """A remark of the developer's."""

    id: str
    task: str
    kind: CommentKind
    anchor: Anchor
    text: str
    state: CommentState = CommentState.DRAFT
    round: int = 0
    reply: str = ""
    at: float = 0.0


# --- errors --------------------------------------------------------------------------------


class FactoryError(Exception):
    """Root of our errors. The message names the thing, the cause and the way out."""

    exit_code = 1


class NotNowError(FactoryError):
    """What was asked cannot be done in the state the task is in."""


class UnknownError(FactoryError):
    """A task, comment or run of that name does not exist."""


class ConfigError(FactoryError):
    """factory.toml has mistakes; `problems` holds one sentence each, key first."""

    exit_code = 2

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("factory.toml: " + "\n  ".join(problems))
        self.problems = problems


class RepositoryError(FactoryError):
    """The developer's repository cannot be used as it stands."""

    exit_code = 2


class GitError(FactoryError):
    """A git command failed; `stderr` is foreign text."""

    def __init__(self, message: str, *, code: int = 1, stderr: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.stderr = stderr


class SandboxError(FactoryError):
    """The sandbox could not be set up, or the program in it could not be started."""

    exit_code = 3


class StoreError(FactoryError):
    """The database cannot be opened or written."""


class EngineError(FactoryError):
    """The engine cannot be reached, is of another version, or runs already."""

    exit_code = 4


class AgentError(FactoryError):
    """An agent could not go on; `reason` says how the task is parked."""

    def __init__(
        self, message: str, *, reason: ParkReason = ParkReason.ERROR, until: float | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.until = until
