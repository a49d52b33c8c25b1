"""Carrying out what a developer tells the engine: each command once, by its key."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Collection

from msgspec.structs import replace

from factory import lifecycle, remarks
from factory.config import FILE
from factory.gate import refuse_waiver, waiver
from factory.model import (
    Budget,
    Change,
    Comment,
    CommentState,
    Decision,
    Draft,
    FactoryError,
    Handoff,
    NotNowError,
    Task,
    TaskState,
    UnknownError,
)
from factory.shop import Shop
from factory.wire import (
    Accept,
    Add,
    Adopt,
    AnyCommand,
    DropComment,
    Edit,
    End,
    Hold,
    MarkSeen,
    Move,
    Pause,
    RaiseBudget,
    Reject,
    Reply,
    Request,
    Rerun,
    Resume,
    SaveComment,
    Say,
    SendFeedback,
    Undo,
    Waive,
)

_LONGEST_ID = 28


class Commands:
    """Takes commands from clients."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def take(self, request: Request) -> Reply:
        """Carry out one request, or give the answer it already had.

        What it does and its answer are written in one transaction.
        """
        known = self._shop.store.answers.get(request.key)
        if known is not None:
            return known
        try:
            prepared = await self._prepare(request.command)
            with self._shop.store.transaction():
                reply = Reply(tasks=self._do(request.command, prepared))
                self._shop.store.answers.put(request.key, reply)
        except FactoryError as error:
            return Reply(error=str(error), exit_code=error.exit_code)
        return reply

    async def _prepare(self, command: AnyCommand) -> str:
        """What needs git before the transaction: the commit of a revert, or of an adopted file."""
        match command:
            case Undo(task=name):
                task = self._shop.store.tasks.get(name)
                if task.state is not TaskState.LANDED:
                    raise NotNowError(f"{name} is {task.state}; only a landed task can be undone")
                return await self._revert(task)
            case Adopt(path=path, text=text):
                return await self._with_file(path, text)
            case _:
                return ""

    async def _revert(self, task: Task) -> str:
        """A commit on the landed one that holds what was there before it."""
        landed = await self._shop.vault.objects.commit(task.landed)
        before = await self._shop.vault.tree_of(landed.parents[0])
        return await self._shop.vault.commit(before, task.landed, f"revert {task.id}")

    async def _with_file(self, path: str, text: str) -> str:
        if path != FILE:
            raise FactoryError(f"only {FILE} can be adopted, not {path!r}")
        tip = await self._shop.refresh()
        tree = await self._shop.vault.with_file(tip.tree, path, text.encode())
        return await self._shop.vault.commit(tree, tip.commit, f"add {path}")

    def _do(self, command: AnyCommand, prepared: str) -> tuple[str, ...]:
        match command:
            case Add(drafts=drafts):
                return self._add_all(drafts)
            case Edit() | Move() | Hold() | RaiseBudget():
                return self._arrange(command)
            case SaveComment() | DropComment() | MarkSeen():
                return self._note(command)
            case Accept():
                return self._accept(command)
            case SendFeedback(task=name, text=text):
                return self._feedback(name, text)
            case Waive() | Rerun():
                return self._recheck(command)
            case Undo(task=name):
                return self._undo(name, prepared)
            case Adopt():
                return self._adopt(command, prepared)
            case _:
                return self._steer(command)

    # --- tasks -----------------------------------------------------------------------------

    def _add_all(self, drafts: tuple[Draft, ...]) -> tuple[str, ...]:
        """New tasks; `after` may name an earlier one of them by its title."""
        named: dict[str, str] = {}
        made = []
        for draft in drafts:
            after = tuple(named.get(name, name) for name in draft.after)
            made.append(self._add(replace(draft, after=after)))
            named[draft.title] = made[-1]
        return tuple(made)

    def _add(self, draft: Draft) -> str:
        config = self._shop.tip.config
        agent = draft.agent or (config.agent if config else "")
        if config is not None and config.agent_named(agent) is None:
            known = ", ".join(spec.name for spec in config.agents) or "none"
            raise FactoryError(f"there is no agent {agent!r} in {FILE}; it has {known}")
        if not draft.title.strip():
            raise FactoryError("a task needs a title")
        name = self._fresh_id(draft.title)
        now = self._shop.now()
        state = TaskState.DRAFT if draft.hold else TaskState.QUEUED
        tasks = self._shop.store.tasks.all()
        last = max((task.position for task in tasks), default=0.0)
        for other in draft.after:
            self._shop.store.tasks.get(other)
        task = Task(
            id=name, title=draft.title.strip(), spec=draft.spec, agent=agent, paths=draft.paths,
            after=draft.after, accept=draft.accept, budget=draft.budget or Budget(), state=state,
            created_at=now, changed_at=now, position=last + 1,
        )  # fmt: skip
        self._shop.store.tasks.add(task)
        self._shop.store.journal.say(str(state), task=name, text=draft.title)
        return name

    def _fresh_id(self, title: str) -> str:
        return slug(title, {task.id for task in self._shop.store.tasks.all()})

    def _arrange(self, command: Edit | Move | Hold | RaiseBudget) -> tuple[str, ...]:
        task = self._shop.store.tasks.get(command.task)
        match command:
            case Hold(held=held):
                self._shop.happen(task.id, lifecycle.Held() if held else lifecycle.Released())
            case Move(before=before):
                self._shop.amend(task.id, position=self._position(task, before))
                self._shop.store.journal.say("moved", task=task.id)
            case RaiseBudget(budget=budget):
                self._shop.amend(task.id, budget=budget)
                self._shop.store.journal.say("budget", task=task.id)
                if task.parked is not None and task.parked.reason == "out of budget":
                    self._shop.happen(task.id, lifecycle.Resumed())
            case Edit(draft=draft):
                self._edit(task, draft)
        return (task.id,)

    def _edit(self, task: Task, draft: Draft) -> None:
        if task.state not in (TaskState.DRAFT, TaskState.QUEUED):
            raise NotNowError(f"{task.id} is {task.state}; say it to the agent instead")
        self._shop.amend(
            task.id, title=draft.title, spec=draft.spec, paths=draft.paths, after=draft.after,
            agent=draft.agent or task.agent, accept=draft.accept,
            budget=draft.budget or task.budget,
        )  # fmt: skip
        self._shop.store.journal.say("edited", task=task.id, text=draft.title)

    def _position(self, task: Task, before: str | None) -> float:
        """Between two neighbours, or after the last."""
        others = [one for one in self._shop.store.tasks.all() if one.id != task.id]
        if before is None:
            return max((one.position for one in others), default=0.0) + 1
        places = [one.id for one in others]
        if before not in places:
            raise UnknownError(f"there is no task {before!r} to stand before")
        at = places.index(before)
        low = others[at - 1].position if at else others[0].position - 2
        return (low + others[at].position) / 2

    # --- review ----------------------------------------------------------------------------

    def _note(self, command: SaveComment | DropComment | MarkSeen) -> tuple[str, ...]:
        reviews = self._shop.store.reviews
        match command:
            case MarkSeen(task=name, marks=marks, seen=seen):
                reviews.mark(name, marks, seen=seen)
                self._shop.store.journal.say("seen", task=name)
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
                            anchor=command.anchor, text=command.text)
                )  # fmt: skip
                self._shop.store.journal.say("comment", task=command.task)
                return (command.task,)

    def _accept(self, command: Accept) -> tuple[str, ...]:
        change = self._change(command.task)
        if (change.snapshot, change.tree) != (command.snapshot, command.tree):
            raise NotNowError(f"{command.task} has changed since you looked; look again")
        if not change.green:
            raise NotNowError(f"{command.task} is not green; only a green change can be accepted")
        decision = Decision(
            snapshot=change.snapshot, tip=change.tip, tree=change.tree, patch_id=change.patch_id,
            at=self._shop.now(),
        )  # fmt: skip
        self._shop.happen(command.task, lifecycle.Accepted(decision=decision))
        self._shop.store.answers.put_note(f"decided:{command.task}", change.tree)
        return (command.task,)

    def _change(self, name: str) -> Change:
        self._shop.store.tasks.get(name)
        change = self._shop.store.evidence.change(name)
        if change is None:
            raise NotNowError(f"{name} has no change yet")
        return change

    def _feedback(self, name: str, remark: str) -> tuple[str, ...]:
        text = remarks.send(self._shop, name, remark)
        if not text:
            raise FactoryError("there is no comment to send, and no word with it")
        change = self._shop.store.evidence.change(name)
        self._shop.happen(name, lifecycle.Said(text=text))
        if change is not None:
            self._shop.store.answers.put_note(f"decided:{name}", change.tree)
        return (name,)

    def _recheck(self, command: Waive | Rerun) -> tuple[str, ...]:
        change = self._shop.store.evidence.change(command.task)
        notes = self._shop.store.answers
        if isinstance(command, Waive):
            refuse_waiver(change, command.guardrail, command.tree, command.reason)
            note = waiver(command.task, command.guardrail, command.tree)
            notes.put_note(note, command.reason)
            self._shop.store.journal.say("waived", task=command.task, text=command.guardrail)
        elif change is not None:
            rails = [one.guardrail for one in change.judged]
            if command.guardrail and command.guardrail not in rails:
                raise FactoryError(f"{command.guardrail!r} is not a guardrail of this change")
            for rail in [command.guardrail] if command.guardrail else rails:
                notes.put_note(f"again:{command.task}:{rail}", change.tree)
        self._shop.happen(command.task, lifecycle.Recheck())
        return (command.task,)

    # --- steering --------------------------------------------------------------------------

    def _steer(self, command: AnyCommand) -> tuple[str, ...]:
        match command:
            case Say(task=name, text=text):
                if not text.strip():
                    raise FactoryError("there is nothing to say in that")
                self._shop.happen(name, lifecycle.Said(text=text))
            case Pause(task=name):
                self._shop.happen(name, lifecycle.Paused())
            case Resume(task=name):
                self._allow_dependencies(name)
                self._shop.happen(name, lifecycle.Resumed())
            case End(task=name):
                self._shop.happen(name, lifecycle.Ended())
            case Reject(task=name, reason=reason):
                self._shop.happen(name, lifecycle.Rejected(why=reason))
            case _:
                raise FactoryError(f"{type(command).__name__} is not known to this engine")
        return (name,)

    def _allow_dependencies(self, name: str) -> None:
        task = self._shop.store.tasks.get(name)
        if task.parked is not None and task.parked.reason == "new dependencies":
            key = self._shop.store.answers.note(f"dependencies:{name}")
            self._shop.amend(name, allowed=(*task.allowed, key))

    # --- changes that no agent makes -------------------------------------------------------

    def _undo(self, name: str, commit: str) -> tuple[str, ...]:
        task = self._shop.store.tasks.get(name)
        title = f"Undo: {task.title}"
        undo = self._given(title, base=task.landed, commit=commit, summary=title)
        later = self._built_on(task)
        concerns = (f"later landings touch the same files: {', '.join(later)}",) if later else ()
        handoff = Handoff(summary=title, concerns=concerns)
        self._shop.store.tasks.add(replace(undo, undoes=name, handoff=handoff))
        self._shop.store.journal.say("undo", task=undo.id, text=name)
        return (undo.id,)

    def _built_on(self, task: Task) -> tuple[str, ...]:
        """Tasks that landed after this one and touch the same files."""
        find = self._shop.store.evidence.change
        own = find(task.id)
        files = set(own.files) if own else set()
        found = []
        for other in self._shop.store.tasks.all():
            change = find(other.id) if other.state is TaskState.LANDED else None
            if change and other.changed_at > task.changed_at and files.intersection(change.files):
                found.append(other.id)
        return tuple(found)

    def _adopt(self, command: Adopt, commit: str) -> tuple[str, ...]:
        task = self._given(
            command.title, base=self._shop.tip.commit, commit=commit, summary=command.summary
        )
        self._shop.store.tasks.add(task)
        self._shop.store.journal.say("adopted", task=task.id, text=command.path)
        return (task.id,)

    def _given(self, title: str, *, base: str, commit: str, summary: str) -> Task:
        """A task whose only snapshot is made already; it begins with its gate."""
        now = self._shop.now()
        tasks = self._shop.store.tasks.all()
        return Task(
            id=self._fresh_id(title), title=title, agent="", created_at=now, changed_at=now,
            state=TaskState.CHECKING, base=base, given=commit,
            handoff=Handoff(summary=summary),
            position=max((one.position for one in tasks), default=0.0) + 1,
        )  # fmt: skip


def slug(title: str, taken: Collection[str]) -> str:
    """A short id from a title: ascii words with hyphens, numbered where it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = ""
    for word in words:
        if name and len(name) + 1 + len(word) > _LONGEST_ID:
            break
        name = f"{name}-{word}" if name else word[:_LONGEST_ID]
    name = name or f"task-{uuid.uuid4().hex[:4]}"
    number, fresh = 2, name
    while fresh in taken:
        fresh, number = f"{name}-{number}", number + 1
    return fresh
