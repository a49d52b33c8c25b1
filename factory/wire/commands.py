"""What a developer can tell the engine, and its answer."""

from __future__ import annotations

from factory.model import Anchor, Budget, CommentKind, Draft, Struct


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
    tip: str = ""
    """The commit that it was shown on: the same tree on another is another diff. Empty for any."""


class AcceptPart(Command):
    """Accept this snapshot at this tree without some of it; the rest goes back as feedback.

    What is left out are ids of hunks, or marks of whole files, of exactly that diff.
    """

    task: str
    snapshot: str
    tree: str
    left_out: tuple[str, ...]
    tip: str = ""
    """As in `Accept`."""


class LeaveOut(Command):
    """Put hunks or files (by their ids in the review index) aside for `AcceptPart`, or back."""

    task: str
    marks: tuple[str, ...]
    out: bool = True


class Later(Command):
    """Put what waits aside, or take it up again; a change made anew comes back by itself."""

    task: str
    later: bool = True


class TakeBack(Command):
    """Take back the newest decision on a task: an accept before its push, feedback, a reject."""

    task: str


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


class Unwaive(Command):
    """Let a waived verdict count again; the gate looks once more."""

    task: str
    guardrail: str
    tree: str


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
    tree: str = ""
    """The tree whose lines the anchor names; empty for the newest that was shown."""


class DropComment(Command):
    """Remove a draft comment."""

    id: str


class MarkSeen(Command):
    """Mark hunks or files (by their ids in the review index) as seen, or not."""

    task: str
    marks: tuple[str, ...]
    seen: bool = True


class WasRead(Command):
    """A review was left or decided on: for so many seconds it was being read."""

    task: str
    seconds: float


class Again(Command):
    """Start another, independent attempt at a task: the same words, paths, caps; a task beside it.

    By another agent where one is named.
    """

    task: str
    agent: str = ""


class Hand(Command):
    """Give a task to another agent, which goes on with its files as they are, and a word to it.

    What works on it ends; the other one is told what was asked, done, said and found so far.
    """

    task: str
    agent: str
    text: str = ""


class Adopt(Command):
    """Offer a file's text (factory.toml, from `init`) as a change of its own for the inbox."""

    title: str
    path: str
    text: str
    summary: str = ""


AnyCommand = (
    Add | Edit | Move | Hold | Say | Pause | Resume | End | Accept | SendFeedback | Reject | Waive
    | Rerun | Undo | RaiseBudget | SaveComment | DropComment | MarkSeen | Adopt | Again
    | AcceptPart | LeaveOut | Later | TakeBack | Unwaive | WasRead | Hand
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
