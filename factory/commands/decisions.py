"""Commands about a change: what was seen and remarked, and what is decided on it."""

from __future__ import annotations

from msgspec.structs import replace

from factory import lifecycle, parting, remarks
from factory.gate.judging import refuse_waiver, waiver
from factory.load import READ
from factory.model import (
    Comment,
    CommentState,
    Decision,
    FactoryError,
    NotNowError,
    TaskState,
)
from factory.reviewing import aside, aside_note
from factory.shop import Shop
from factory.wire import (
    Accept,
    DropComment,
    Later,
    LeaveOut,
    MarkSeen,
    Rerun,
    SaveComment,
    Unwaive,
    Waive,
    WasRead,
)


class Decisions:
    """What a developer does with a change."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def note(
        self,
        command: SaveComment | DropComment | MarkSeen | LeaveOut | Later | WasRead,
        settled: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """Keep a draft comment, what is put aside, or what was seen, with what that settles."""
        reviews = self._shop.store.reviews
        match command:
            case LeaveOut():
                return self._leave_out(command)
            case Later():
                return self._later(command)
            case MarkSeen(task=name, marks=marks, seen=seen):
                reviews.mark(name, (*marks, *settled), seen=seen)
                self._shop.store.journal.say("seen", task=name)
                return (name,)
            case WasRead(task=name, seconds=seconds):
                self._shop.store.tasks.get(name)
                self._shop.store.journal.say(READ, task=name, text=f"{_at_most_a_day(seconds)} s")
                return (name,)
            case DropComment(id=one):
                known = reviews.comment(one)
                if known is not None and known.state is not CommentState.DRAFT:
                    raise NotNowError("this comment was sent; it cannot be taken back")
                reviews.drop(one)
                return ()
            case SaveComment():
                self._shop.store.tasks.get(command.task)
                known = reviews.comment(command.id)
                if known is not None and known.state is not CommentState.DRAFT:
                    raise NotNowError("this comment was sent; write a new one")
                at = known.at if known else self._shop.now()
                reviews.put(
                    Comment(id=command.id, task=command.task, kind=command.kind, at=at,
                            anchor=command.anchor, text=command.text, tree=self._shown(command))
                )  # fmt: skip
                self._shop.store.journal.say("comment", task=command.task)
                return (command.task,)

    def _shown(self, command: SaveComment) -> str:
        """The tree of a comment's lines; empty for those of the tip's side, if nobody said it."""
        change = self._shop.store.evidence.change(command.task)
        newest = change.tree if change is not None and command.anchor.new else ""
        return command.tree or newest

    def _leave_out(self, command: LeaveOut) -> tuple[str, ...]:
        self._shop.store.tasks.get(command.task)
        known = parting.left_out(self._shop, command.task)
        left = known | set(command.marks) if command.out else known - set(command.marks)
        note = parting.left_note(command.task)
        self._shop.store.answers.put_note(note, " ".join(sorted(left)))
        self._shop.store.journal.say("left out", task=command.task)
        return (command.task,)

    def _later(self, command: Later) -> tuple[str, ...]:
        """Put a task aside as it stands now."""
        task = self._shop.store.tasks.get(command.task)
        if command.later and task.state not in (TaskState.READY, TaskState.PARKED):
            raise NotNowError(f"{task.id} is {task.state}; only what waits can be put aside")
        change = self._shop.store.evidence.change(task.id)
        note, notes = aside_note(task.id), self._shop.store.answers
        if command.later:
            notes.put_note(note, f"{self._shop.now()} {aside(task, change)}")
        else:
            notes.drop_note(note)
        self._shop.store.journal.say("later" if command.later else "taken up", task=task.id)
        return (task.id,)

    def accept(self, command: Accept) -> tuple[str, ...]:
        """Accept exactly the snapshot and tree that were shown."""
        change = parting.bound(self._shop, command)
        decision = Decision(
            snapshot=change.snapshot, tip=change.tip, tree=change.tree, patch_id=change.patch_id,
            at=self._shop.now(),
        )  # fmt: skip
        self._shop.happen(command.task, lifecycle.Accepted(decision=decision))
        self._shop.store.answers.put_note(remarks.decided_note(command.task), change.tree)
        return (command.task,)

    def feedback(self, name: str, remark: str) -> tuple[str, ...]:
        """Send the draft comments, and a remark on the whole, to the agent."""
        drafts = remarks.drafts(self._shop, name)
        text = remarks.send(self._shop, name, remark)
        if not text:
            raise FactoryError("there is no comment to send, and no word with it")
        change = self._shop.store.evidence.change(name)
        task = self._shop.happen(name, lifecycle.Said(text=text))
        if task.before is not None and not task.before.comments:
            looked = self._shop.store.answers.note(remarks.decided_note(name))
            before = replace(task.before, comments=drafts, looked=looked)
            self._shop.amend(name, before=before)
        if change is not None:
            self._shop.store.answers.put_note(remarks.decided_note(name), change.tree)
        return (name,)

    def recheck(self, command: Waive | Rerun | Unwaive) -> tuple[str, ...]:
        """Let the gate look again: with one verdict waived, or with a new run."""
        change = self._shop.store.evidence.change(command.task)
        notes = self._shop.store.answers
        if isinstance(command, Waive):
            refuse_waiver(change, command.guardrail, command.tree, command.reason)
            note = waiver(command.task, command.guardrail, command.tree)
            notes.put_note(note, command.reason)
            self._shop.store.journal.say("waived", task=command.task, text=command.guardrail)
        elif isinstance(command, Unwaive):
            notes.drop_note(waiver(command.task, command.guardrail, command.tree))
            self._shop.store.journal.say("unwaived", task=command.task, text=command.guardrail)
        elif change is not None:
            rails = [one.guardrail for one in change.judged]
            if command.guardrail and command.guardrail not in rails:
                raise FactoryError(f"{command.guardrail!r} is not a guardrail of this change")
            for rail in [command.guardrail] if command.guardrail else rails:
                notes.put_note(f"again:{command.task}:{rail}", change.tree)
        self._shop.happen(command.task, lifecycle.Recheck())
        return (command.task,)


def _at_most_a_day(seconds: float) -> int:
    return round(min(86_400.0, max(0.0, seconds)))
