"""Carrying out what a developer tells the engine: each command once, by its key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from factory import lifecycle, remarks
from factory.commands.decisions import Decisions
from factory.commands.given import Given
from factory.commands.queue import Queue
from factory.commands.returns import Returns
from factory.faults import Point, reached
from factory.model import FactoryError, ParkReason, Task
from factory.parting import Parting, bound, parted
from factory.reviewing import Reviewing
from factory.shop import Shop
from factory.wire import (
    Accept,
    AcceptPart,
    Add,
    Adopt,
    Again,
    AnyCommand,
    DropComment,
    Edit,
    End,
    Hand,
    Hold,
    Later,
    LeaveOut,
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
    TakeBack,
    Undo,
    Unwaive,
    Waive,
    WasRead,
)


class Commands:
    """Takes commands from clients."""

    def __init__(self, shop: Shop, reviewing: Reviewing) -> None:
        self._shop = shop
        self._reviewing = reviewing
        self._queue = Queue(shop)
        self._decisions = Decisions(shop)
        self._given = Given(shop)
        self._returns = Returns(shop)
        self.hurried: Callable[[Task], None] = lambda _: None
        """Takes a task that is resumed before the hour at which it would go on by itself."""

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
                known = self._shop.store.answers.get(request.key)
                if known is not None:  # it was sent again while git was at work
                    return known
                reply = Reply(tasks=self._do(request.command, prepared))
                reached(Point.COMMAND_DONE)
                self._shop.store.answers.put(request.key, reply)
            reached(Point.COMMAND_KEPT)
        except FactoryError as error:
            return Reply(error=str(error), exit_code=error.exit_code)
        if isinstance(request.command, SaveComment | TakeBack):
            await self._catch_up(request.command.task)
        return reply

    async def _catch_up(self, name: str) -> None:
        """Remarks that were written on an earlier tree than the newest go to its lines.

        Where that fails, the next round does it: each knows the tree that it was written on.
        """
        change = self._shop.store.evidence.change(name)
        written = self._shop.store.reviews.comments(name)
        new = (one.tree for one in written if one.anchor.new and one.tree)
        if change is None or all(tree == change.tree for tree in new):
            return
        before = self._shop.store.evidence.changes(name)
        with contextlib.suppress(FactoryError):
            await self._reviewing.remember(change)
            moved = await remarks.carry(self._shop, change, before)
            with self._shop.store.transaction():
                remarks.keep(self._shop, moved)

    async def _prepare(self, command: AnyCommand) -> str | Parting:
        """What needs git before the transaction: the commit of a revert, or of an adopted file;
        the ids of what is settled with what was seen.

        New tasks mean the factory.toml that is on the target now, not the one last looked at.
        """
        match command:
            case Add() | Again() | Hand():
                await self._shop.refresh()
                return ""
            case Undo(task=name):
                return await self._given.revert(name)
            case Adopt(path=path, text=text):
                return await self._given.with_file(path, text)
            case AcceptPart():
                return await parted(self._shop, command)
            case TakeBack(task=name):
                return await self._returns.tree(name)
            case MarkSeen(task=name, marks=marks, seen=seen):
                return " ".join(await self._reviewing.settled(name, marks, seen=seen))
            case _:
                return ""

    def _do(self, command: AnyCommand, prepared: str | Parting) -> tuple[str, ...]:
        match command:
            case Add(drafts=drafts):
                return self._queue.add(drafts)
            case Edit() | Move() | Hold() | RaiseBudget() | Again():
                return self._queue.arrange(command)
            case SaveComment() | DropComment() | LeaveOut() | Later() | WasRead():
                return self._decisions.note(command)
            case Accept():
                return self._decisions.accept(command)
            case SendFeedback(task=name, text=text):
                return self._decisions.feedback(name, text)
            case Waive() | Rerun() | Unwaive():
                return self._decisions.recheck(command)
            case Undo() | Adopt() | AcceptPart() | TakeBack() | MarkSeen():
                return self._finish(command, prepared)
            case _:
                return self._steer(command)

    def _finish(
        self, command: Undo | Adopt | AcceptPart | TakeBack | MarkSeen, prepared: str | Parting
    ) -> tuple[str, ...]:
        """What git has prepared becomes rows."""
        match command, prepared:
            case AcceptPart(), Parting():
                bound(self._shop, command)  # it may have changed while git was at work
                return self._given.part(prepared)
            case Undo(task=name), str():
                return self._given.undo(name, prepared)
            case Adopt(), str():
                return self._given.adopt(command, prepared)
            case TakeBack(task=name), str():
                return self._returns.take_back(name, prepared)
            case MarkSeen(), str():
                return self._decisions.note(command, settled=tuple(prepared.split()))
            case _:
                raise FactoryError(f"{type(command).__name__} was not prepared; send it again")

    def _steer(self, command: AnyCommand) -> tuple[str, ...]:
        match command:
            case Say(task=name, text=text):
                if not text.strip():
                    raise FactoryError("there is nothing to say in that")
                self._shop.happen(name, lifecycle.Said(text=text))
            case Hand(task=name):
                self._queue.hand(command)
            case Pause(task=name):
                self._shop.happen(name, lifecycle.Paused())
            case Resume(task=name):
                self._allow_dependencies(name)
                self._queue.untie(name)
                task = self._shop.store.tasks.get(name)
                if task.parked is not None and task.parked.reason is ParkReason.RATE_LIMITED:
                    self.hurried(task)
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
