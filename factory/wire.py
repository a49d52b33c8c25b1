"""What goes over the socket between a client and the engine: commands, views and notices.

Every message is JSON. A command is answered once; sending it again with the same `key` does
nothing and gives the same answer. Views are asked for; notices come by themselves.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from factory.model import (
    Anchor,
    Budget,
    Change,
    Comment,
    CommentKind,
    Draft,
    Parked,
    Run,
    Spend,
    Struct,
    Task,
    TaskState,
    Verdict,
)

PROTOCOL = 1
"""Raised when a client and an engine of different versions could misunderstand each other."""


class Hello(Struct):
    """Who answers on the socket."""

    protocol: int
    version: str
    pid: int
    repository: str
    path_variable: str = ""
    keys: tuple[str, ...] = ()
    """Names (never values) of the credentials that the engine found at its start."""


# --- commands ------------------------------------------------------------------------------


class Command(Struct, tag=True):
    """Base of everything a developer can tell the engine."""


class Add(Command):
    """Queue new tasks."""

    drafts: tuple[Draft, ...]


class Edit(Command):
    """Change a task that has not started."""

    task: str
    draft: Draft


class Move(Command):
    """Put a task before another in the queue, or last."""

    task: str
    before: str | None = None


class Hold(Command):
    """Take a queued task back to draft, or let a draft go."""

    task: str
    held: bool


class Say(Command):
    """Steer a working agent, or answer its question; goes in between its turns."""

    task: str
    text: str


class Pause(Command):
    """Stop the agent between turns and keep everything."""

    task: str


class Resume(Command):
    """Let a parked or stopped task go on from where it was."""

    task: str


class End(Command):
    """Stop a task for good; its worktree is snapshotted first."""

    task: str


class Accept(Command):
    """Accept exactly this snapshot, merged to exactly this tree."""

    task: str
    snapshot: str
    tree: str


class SendFeedback(Command):
    """Send all draft comments of the task, and a remark on the whole, back to the agent."""

    task: str
    text: str = ""


class Reject(Command):
    """Refuse a change; its snapshots are kept."""

    task: str
    reason: str = ""


class Waive(Command):
    """Let one guardrail's verdict not count, for exactly one tree, with a typed reason."""

    task: str
    guardrail: str
    tree: str
    reason: str


class Rerun(Command):
    """Run one guardrail (or all) of a task's newest candidate again; both runs stay visible."""

    task: str
    guardrail: str = ""


class Undo(Command):
    """Revert a landed task: a change of its own, gated and landed like any other."""

    task: str


class RaiseBudget(Command):
    """Set the caps of a task."""

    task: str
    budget: Budget


class SaveComment(Command):
    """Write a draft comment, or change one (same id)."""

    id: str
    task: str
    kind: CommentKind
    anchor: Anchor
    text: str


class DropComment(Command):
    """Remove a draft comment."""

    id: str


class MarkSeen(Command):
    """Mark hunks or files (by their ids in the review index) as seen, or not."""

    task: str
    marks: tuple[str, ...]
    seen: bool = True


class Adopt(Command):
    """Offer a file's text (factory.toml, from `init`) as a change of its own for the inbox."""

    title: str
    path: str
    text: str
    summary: str = ""


AnyCommand = (
    Add | Edit | Move | Hold | Say | Pause | Resume | End | Accept | SendFeedback | Reject | Waive
    | Rerun | Undo | RaiseBudget | SaveComment | DropComment | MarkSeen | Adopt
)  # fmt: skip


class Request(Struct):
    """A command with the key that makes it safe to send twice."""

    key: str
    command: AnyCommand


class Reply(Struct):
    """The answer to a command. `error` is one sentence for the developer, empty if it was done."""

    tasks: tuple[str, ...] = ()
    """Ids of the tasks it made or touched."""
    error: str = ""
    exit_code: int = 0


# --- views ---------------------------------------------------------------------------------


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
    subscription: bool = False
    """True where cost shows as tokens."""


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
    agents: tuple[str, ...] = ()
    version: str = ""


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


class HunkView(Struct):
    """One hunk of a review; `id` is a hash of its path and lines."""

    id: str
    row: int
    """Row of its heading in the whole diff."""
    rows: int
    heading: str = ""
    seen: bool = False
    fresh: bool = True
    """False where the developer has looked at exactly these lines before."""
    old: int = 0
    """First line it shows on the left, 1-based; 0 where it has none there."""
    new: int = 0
    """First line it shows on the right."""


class FileView(Struct):
    """One file of a review, in reading order."""

    path: str
    old_path: str = ""
    status: str = "M"
    """`A`, `M`, `D`, `T` (type), as git's raw diff says."""
    kind: str = "logic"
    """`logic`, `test`, `config`, `docs` or `folded` (generated, vendored, lock files)."""
    added: int = 0
    removed: int = 0
    row: int = 0
    rows: int = 0
    hunks: tuple[HunkView, ...] = ()
    notes: tuple[str, ...] = ()
    """What its lines do not show: `binary, 4 KB → 9 KB`, `mode 644 → 755`, `symlink to …`."""
    badges: tuple[str, ...] = ()
    """`test-edited`, `bidi characters`, `long lines`: what to look at twice."""
    critical: bool = False
    mark: str = ""
    """Id by which the whole file, in exactly this state, is marked as seen."""
    seen: bool = False


class RowKind(msgspec.Struct, frozen=True):
    """Namespace of the one-letter kinds of a `Row`."""

    FILE = "f"
    HUNK = "@"
    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"
    NOTE = "n"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One line of a diff. `old` and `new` are 1-based line numbers, 0 where that side has none."""

    kind: str
    old: int
    new: int
    text: str
    file: int
    """Index of its file in `ReviewIndex.files`."""
    hunk: str = ""
    """Id of its hunk."""


class Look(StrEnum):
    """Which diff of a task is meant."""

    CHANGE = "change"
    """Tip → candidate: what would land."""
    DELTA = "delta"
    """What was last looked at → candidate."""
    LIVE = "live"
    """Base → the worktree's files now."""


class ReviewIndex(Struct):
    """A change's diff without its lines: what it is, its files and hunks, and what it rests on."""

    task: str
    snapshot: str
    tip: str
    tree: str
    against: str
    """The tree on the left: the tip's, or the one last looked at."""
    rows: int
    files: tuple[FileView, ...] = ()
    delta: bool = False
    added: int = 0
    removed: int = 0


class Rows(Struct):
    """Rows `first` … of a review, and which review: the trees of its index.

    A client shows them under no other index: what is accepted must be what was shown.
    """

    first: int
    rows: tuple[Row, ...]
    tree: str = ""
    against: str = ""


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


# --- notices -------------------------------------------------------------------------------


class Notice(Struct, tag=True):
    """Base of what the engine says by itself."""


class Happened(Notice):
    """A journal fact was written; views asked for now include it."""

    fact: Fact


class Grew(Notice):
    """An attempt's transcript, or a run's log, reached `size` bytes."""

    name: str
    size: int


class Progressed(Notice):
    """A guardrail that is running got further."""

    task: str
    guardrail: GuardrailStatus


AnyNotice = Happened | Grew | Progressed
