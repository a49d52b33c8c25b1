"""The demo without a screen: plays the developer, prints each step, and judges what happened.

The developer here is a rule, not a list of steps: it looks at how things stand and does what is
next. So it goes on where it was when the engine is killed and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from factory import spawn, wire
from factory.client import Client, connect
from factory.model import (
    Anchor,
    CommentKind,
    Draft,
    EngineError,
    Lane,
    ParkReason,
    Struct,
    TaskState,
)
from factory.wire import Fact, TaskView
from tui import happened
from tui.commands.console import Console

THROUGH = "write-amounts-with-thousands"
RED = "add-a-discount-to-orders"
FIRST = "show-the-tax-on-receipts"
SECOND = "thank-the-customer-on"
ASKS = "export-orders-as-csv"
CHEATS = "make-totals-faster"

_LOOK = 0.25
_PATIENCE = 240.0
"""Seconds after which a demo that gets no further has failed."""


class Wanted(Struct):
    """What must have happened to one task of the demo."""

    task: str
    state: TaskState
    why: str
    facts: tuple[str, ...]
    """Kinds of facts that its journal must hold."""


WANTED = (
    Wanted(task=THROUGH, state=TaskState.LANDED, why="straight through", facts=("ready",)),
    Wanted(task=RED, state=TaskState.LANDED, why="red first, repaired itself", facts=("red",)),
    Wanted(task=FIRST, state=TaskState.LANDED, why="accepted first", facts=("ready",)),
    Wanted(task=SECOND, state=TaskState.LANDED, why="met a conflict, resolved it",
           facts=("red", "ready")),
    Wanted(task=ASKS, state=TaskState.LANDED, why="asked, was answered, got a comment",
           facts=("parked", "feedback")),
    Wanted(task=CHEATS, state=TaskState.REJECTED, why="skipped a failing test: needs your eyes",
           facts=("ready",)),
)  # fmt: skip


async def play(console: Console, place: spawn.Place, drafts: tuple[Draft, ...]) -> int:
    """Play the developer until every task is over. 0 only if exactly the wanted happened."""
    developer = _Developer(console)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while loop.time() < deadline:
        await spawn.ensure_engine(place)
        try:
            async with connect(place.socket) as client, _attending(client):
                await client.send(wire.Add(drafts=drafts), key="demo")
                if await developer.go_on(client, until=deadline):
                    return await _judge(console, client, developer)
        except EngineError as error:
            console.line(f"~ {error}; starting it again")
    console.line("✗ the demo did not end in time")
    return 1


@asynccontextmanager
async def _attending(client: Client) -> AsyncIterator[None]:
    """Listens as a screen does: where nothing is contained, work begins only while one does."""

    async def listen() -> None:
        with contextlib.suppress(EngineError):
            async with aclosing(client.notices(0)) as notices:
                async for _ in notices:
                    pass

    listener = asyncio.create_task(listen())
    try:
        yield
    finally:
        listener.cancel()
        await asyncio.wait({listener})


class _Developer:
    """What the developer does next, by how things stand."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[int] = set()
        self.plainly_ready: set[str] = set()
        """Tasks that were once ready in the plain lane."""

    async def go_on(self, client: Client, *, until: float) -> bool:
        """Act until all tasks are over; False if time is up first."""
        while asyncio.get_running_loop().time() < until:
            overview = await client.overview()
            self._tell(await client.history(limit=1000))
            views = {view.task.id: view for view in overview.tasks}
            if views and all(view.task.state.over for view in views.values()):
                return True
            for view in overview.tasks:
                await self._act(client, view, views)
            await asyncio.sleep(_LOOK)
        return False

    def _tell(self, facts: tuple[Fact, ...]) -> None:
        for fact in facts:
            if fact.seq not in self._told and fact.task:
                said = f": {happened.said(fact)}" if fact.text else ""
                self._console.line(f"  {fact.task:30} {happened.words(fact)}{said}"[:150])
            self._told.add(fact.seq)

    async def _act(self, client: Client, view: TaskView, views: dict[str, TaskView]) -> None:
        task, change = view.task, view.change
        if task.parked is not None and task.parked.reason is ParkReason.QUESTION:
            answer = wire.Say(task=task.id, text="name, count, price, as the classes have them")
            await self._do(client, "answer", view, answer)
        if task.state is not TaskState.READY or change is None:
            return
        if change.lane is Lane.PLAIN:
            self.plainly_ready.add(task.id)
        else:
            why = "a skipped test is not a repaired one"
            await self._do(client, "reject", view, wire.Reject(task=task.id, reason=why))
            return
        if task.id == ASKS and task.rounds == 2:
            await self._comment(client, view)
        elif task.id == SECOND and views[FIRST].task.state is not TaskState.LANDED:
            return  # first the other one, so that this one meets a conflict
        elif task.id == FIRST and views[SECOND].task.state is not TaskState.READY:
            return  # both must be ready at once
        else:
            accept = wire.Accept(task=task.id, snapshot=change.snapshot, tree=change.tree)
            await self._do(client, "accept", view, accept)

    async def _comment(self, client: Client, view: TaskView) -> None:
        """A comment on a line, sent back as feedback."""
        line = 'writer.writerow(["name", "count", "price"])'
        comment = wire.SaveComment(
            id="demo-comment", task=view.task.id, kind=CommentKind.DO,
            anchor=Anchor(path="till/export.py", line=13, text=f"    {line}"),
            text="give these columns a name, so that an importer can use it",
        )  # fmt: skip
        await client.send(comment, key="demo-comment")
        await self._do(client, "comment", view, wire.SendFeedback(task=view.task.id))

    async def _do(
        self, client: Client, word: str, view: TaskView, command: wire.AnyCommand
    ) -> None:
        """Send a command once for this state of the task, however often we are asked to."""
        tree = view.change.tree if view.change else ""
        key = f"demo-{word}-{view.task.id}-{view.task.rounds}-{tree}"
        reply = await client.send(command, key=key)
        if reply.error:
            self._console.line(f"~ {word} {view.task.id}: {reply.error}")
        else:
            self._console.line(f"you {word} {view.task.id}")


async def _judge(console: Console, client: Client, developer: _Developer) -> int:
    """The table of what landed, what did not and why; whether it is exactly what was wanted."""
    overview = await client.overview()
    facts = await client.history(limit=10_000)
    views = {view.task.id: view for view in overview.tasks}
    rows, wrong = [], []
    for wanted in WANTED:
        view = views.get(wanted.task)
        kinds = {fact.kind for fact in facts if fact.task == wanted.task}
        state = view.task.state if view else None
        good = state is wanted.state and kinds.issuperset(wanted.facts)
        if not good:
            wrong.append(f"{wanted.task} is {state} after {', '.join(sorted(kinds))}")
        commit = view.task.landed[:9] if view and view.task.landed else "–"
        count = view.task.rounds if view else 0
        rounds = f"{count} round{'' if count == 1 else 's'}"
        rows.append(("✓" if good else "✗", wanted.task, str(state), commit, rounds, wanted.why))
    if CHEATS in developer.plainly_ready:
        wrong.append(f"{CHEATS} was shown as plainly ready")
    console.line()
    console.table(rows)
    for sentence in wrong:
        console.line(f"✗ {sentence}")
    spent = overview.spent_today
    console.line(
        f"{'✗' if wrong else '✓'} {overview.target} is {overview.tip[:9]}; "
        f"${spent.usd or 0:.2f} of recorded answers, {spent.tokens:,} tokens"
    )
    return 1 if wrong else 0
