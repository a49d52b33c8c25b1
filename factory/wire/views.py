"""What the engine shows of tasks, the journal, the ledger and its own health."""

from __future__ import annotations

from enum import StrEnum

from factory.model import (
    Budget,
    Change,
    Comment,
    Hears,
    Parked,
    Run,
    Spend,
    Struct,
    Task,
    TaskState,
    Verdict,
)


class GuardrailStatus(Struct):
    """One guardrail as the bar shows it."""

    name: str
    verdict: Verdict
    seconds: float = 0.0
    """How long it took, or has run so far."""
    done: int | None = None
    total: int | None = None
    expected: float | None = None
    """Seconds the last run took, for `12s of ~40s`."""
    summary: str = ""
    run: str = ""
    """Id of the run, and of its log."""


class Meeting(Struct):
    """Another change that waits and does not merge with this one."""

    task: str
    paths: tuple[str, ...]
    """Where they conflict with each other (foreign text)."""


class TaskView(Struct):
    """A task with everything the Floor, the Inbox and the lists show of it."""

    task: Task
    spent: Spend = Spend()
    attempt: str = ""
    """Id of the current attempt, `<task>.<n>`; the name of its transcript."""
    change: Change | None = None
    guardrails: tuple[GuardrailStatus, ...] = ()
    overlaps: tuple[str, ...] = ()
    """Ids of other open tasks whose changes touch the same files."""
    conflicts: tuple[str, ...] = ()
    """Paths in conflict with the target's tip now."""
    meets: tuple[Meeting, ...] = ()
    """Other waiting changes that conflict with this one: whichever lands later is done again."""
    moved_files: tuple[str, ...] = ()
    """Its files that the target has changed since the change was checked."""
    rivals: tuple[str, ...] = ()
    """Ids of the other attempts at the same that were not given up."""
    overtaken: str = ""
    """Id of such an attempt that has landed already."""
    behind: int = 0
    """How many commits the target has moved since the change was checked."""
    stale_on: str = ""
    """The tip it was green on, where the target has moved since."""
    since: float = 0.0
    """When its state last changed."""
    spoke_at: float = 0.0
    """When its transcript last grew."""
    last_line: str = ""
    comments: int = 0
    """Comments not yet sent."""
    seen: int = 0
    hunks: int = 0
    """Hunks, and files that have none, as `seen` counts them."""
    left_out: int = 0
    """How many of those are put aside for accepting the rest."""
    later: float = 0.0
    """When it was put aside as it stands now; 0 where it was not."""
    part: str = ""
    """Id of a task that is landing, or is to land, a part of it: until then it stays as it is."""
    looked: bool = False
    """Whether the developer has decided on it before: the delta shows what is new."""
    subscription: bool = False
    """True where cost shows as tokens."""
    hears: Hears = Hears.BETWEEN_CALLS
    """When its agent hears a word that is said while it works."""


class Load(Struct):
    """What reviewing asks of the developer."""

    waiting: int = 0
    """Items that wait for a person."""
    at_most: int = 0
    """How many may before no new task starts; 0 for no limit."""
    oldest: float = 0.0
    """When the one that waits longest began to wait; 0 where none does."""
    review_seconds: float | None = None
    """The median of the reading that a decision took; None before there was one."""
    reviews: int = 0
    """How many reviews that rests on."""
    decisions_per_hour: float = 0.0
    """Over the last eight hours, or since the first decision in them."""


class Overview(Struct):
    """One picture of the whole factory; `seq` is the journal number it is true for."""

    seq: int
    repository: str
    path: str
    target: str
    tip: str
    now: float
    tasks: tuple[TaskView, ...] = ()
    tip_guardrails: tuple[GuardrailStatus, ...] = ()
    guardrails: tuple[str, ...] = ()
    spent_today: Spend = Spend()
    day_cap: Budget = Budget()
    usd_per_hour: float = 0.0
    contained: bool = True
    recorded: bool = False
    """True in the demo: the model's answers are recorded."""
    problem: str = ""
    """Why nothing is dispatched now: no factory.toml, a red tip, a full disk."""
    alarm: str = ""
    """What the audit of a landing found wrong with the tip; empty for nothing."""
    agents: tuple[str, ...] = ()
    version: str = ""
    load: Load = Load()


class Attempt(Struct):
    """One attempt as the ledger and the zoom show it."""

    id: str
    task: str
    number: int
    agent: str
    started_at: float
    spent: Spend = Spend()


class Details(Struct):
    """Everything about one task."""

    view: TaskView
    comments: tuple[Comment, ...] = ()
    runs: tuple[Run, ...] = ()
    """Newest first; both runs of a check that was run again are here."""
    asked: tuple[Run, ...] = ()
    """Runs that the witnesses of the changes rest on, most of them on trees beside the change's."""
    changes: tuple[Change, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    worktree: str = ""
    """Folder of the worktree, where it holds one."""
    shell: tuple[str, ...] = ()
    """Command that opens a shell in the worktree's sandbox, for the developer's terminal."""


class Chunk(Struct):
    """Bytes of a transcript or log from `offset`; `end` is where to read on, `size` the whole."""

    offset: int
    end: int
    size: int
    text: str
    tail: bool = False


class Fact(Struct):
    """One line of the journal."""

    seq: int
    at: float
    kind: str
    """`queued`, `started`, `checked`, `ready`, `accepted`, `landed`, `parked`, …"""
    task: str = ""
    text: str = ""
    """One sentence, ours; foreign text in it only as quoted names."""


class Measured(Struct):
    """A proposed guardrail and how it did on the base."""

    status: GuardrailStatus
    run: str
    compare: str


class Proposed(Struct):
    """What `init` found and proposes: the text of factory.toml and what it rests on."""

    text: str
    guardrails: tuple[Measured, ...] = ()
    agents: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Health(StrEnum):
    """How one part of the machine or the repository is."""

    FINE = "fine"
    WEAK = "weak"
    """Works, with less than one would wish for."""
    BROKEN = "broken"


class Diagnosis(Struct):
    """One line of `doctor`."""

    part: str
    """`git`, `sandbox`, `factory.toml`, …"""
    health: Health
    sentence: str
    """What was found; where it is not fine, the cause and the way out."""
    details: tuple[str, ...] = ()


class Escape(Struct):
    """One way out of the sandbox, as `doctor --sandbox` tried it."""

    name: str
    tries: str
    """What is tried, in words that follow `can`."""
    found: tuple[tuple[str, str], ...]
    """For each profile `held`, `escaped`, `granted` (the profile is for it) or `untried`."""
    shown: tuple[tuple[str, str], ...] = ()
    """By profile, what it could do, or why it could not be tried (foreign text)."""


class SignedIn(StrEnum):
    """What an agent program says of its login."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class KnownAgent(Struct):
    """One way to run an agent program that we know, and how it stands on this machine."""

    preset: str
    title: str
    kind: str
    program: str
    install: str
    """The one command that installs it."""
    sign_in: str = ""
    """What the developer types to sign in."""
    installed: bool = False
    version: str = ""
    """As the program says it (foreign text)."""
    signed_in: SignedIn = SignedIn.UNKNOWN
    keys: tuple[str, ...] = ()
    """Names of variables with a key for it that are set; never what they hold."""
    supports: tuple[str, ...] = ()


class LedgerRow(Struct):
    """What one task, agent or day has cost."""

    name: str
    spent: Spend
    tasks: int = 0
    landed: int = 0


class LedgerView(Struct):
    """The ledger by day (newest first), task and agent."""

    days: tuple[LedgerRow, ...] = ()
    tasks: tuple[LedgerRow, ...] = ()
    agents: tuple[LedgerRow, ...] = ()


class ReportItem(Struct):
    """One task of the report."""

    task: str
    title: str
    state: TaskState
    note: str
    spent: Spend = Spend()
    parked: Parked | None = None
    by_rule: bool = False


class Report(Struct):
    """What happened since a time: Monday's first screen."""

    since: float
    until: float
    items: tuple[ReportItem, ...] = ()
    events: tuple[Fact, ...] = ()
    """Restarts, rate limits, held cheats."""
    spent: Spend = Spend()
    tip: str = ""
