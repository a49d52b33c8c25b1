"""The developer's decisions: accept, feedback, reject, waive, rerun, undo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from factory import wire
from factory.client import Client
from factory.model import Change, Lane, NotNowError, TaskState
from factory.wire import TaskView
from tui.commands import describe
from tui.commands.console import Console, UsageError
from tui.commands.session import engine, send, task


async def accept(
    console: Console,
    start: Path,
    *,
    names: Sequence[str],
    tree: str = "",
    yes: bool = False,
    without: Sequence[str] = (),
) -> int:
    """Accept changes, each exactly as it is printed: the snapshot and tree shown are bound.

    `without` leaves files out; the rest is a change of its own, checked before it lands.

    A person is asked once for each, unless `tree` or `yes` says it already. 1 if any was refused.
    """
    if tree and len(names) > 1:
        raise UsageError("--tree names one change; accept the others one by one")
    if without and len(names) > 1:
        raise UsageError("--without means one change; accept the others one by one")
    declined = False
    async with engine(start, begin=True) as client:
        for name in names:
            view = await task(client, name)
            change = _ready(view)
            _same_tree(view, change, tree)
            _rests_on(console, view, change)
            left = await _left_out(client, view.task.id, change, without) if without else ()
            asked = console.asks and not (yes or tree)
            if asked and not console.confirms(_question(view, change, without)):
                console.line(f"{view.task.id} stays in the Inbox")
                declined = True
                continue
            bound = {
                "task": view.task.id, "snapshot": change.snapshot, "tree": change.tree,
                "tip": change.tip,
            }  # fmt: skip
            if left:
                reply = await send(client, wire.AcceptPart(**bound, left_out=left))
                part = ", ".join(reply.tasks)
                console.line(f"{part} is checked and landed; then the rest goes back as feedback")
                continue
            await send(client, wire.Accept(**bound))
            console.line(
                f"accepted {view.task.id}; it lands when it is green on the target as it is then"
            )
    return int(declined)


def _question(view: TaskView, change: Change, without: Sequence[str]) -> str:
    tree, name = change.tree[:7], view.task.id
    if without:
        return f"accept the rest of {name} (tree {tree}) without {', '.join(without)}?"
    return f"accept tree {tree} of {name}?"


async def _left_out(
    client: Client, name: str, change: Change, paths: Sequence[str]
) -> tuple[str, ...]:
    """The marks of whole files, by their paths, in exactly the diff that is accepted."""
    index = await client.review(name)
    if (index.snapshot, index.tree) != (change.snapshot, change.tree):
        raise NotNowError(f"{name} has changed in this moment; look again")
    marks = {path: file.mark for file in index.files for path in (file.path, file.old_path) if path}
    unknown = [path for path in paths if path not in marks]
    if unknown:
        raise UsageError(
            f"{name} does not change {unknown[0]}; `factory-tui show {name} --diff` lists its files"
        )
    return tuple(marks[path] for path in paths)


def _ready(view: TaskView) -> Change:
    if view.change is None or view.task.state is not TaskState.READY:
        raise NotNowError(
            f"{view.task.id} is {view.task.state}, it has no change to decide on; "
            f"`factory-tui show {view.task.id}` says what it waits for"
        )
    return view.change


def _same_tree(view: TaskView, change: Change, tree: str) -> None:
    if tree and not change.tree.startswith(tree.lower()):
        raise NotNowError(
            f"{view.task.id} is now tree {change.tree[:7]}, not {tree}; "
            f"look again with `factory-tui show {view.task.id} --diff`"
        )


def _rests_on(console: Console, view: TaskView, change: Change) -> None:
    if change.lane is Lane.EYES:
        console.line(f"! {view.task.id} needs your eyes")
    for line in describe.change_lines(change):
        console.line(line)
    for line in describe.guardrail_lines(view):
        console.line(line)


async def feedback(console: Console, start: Path, *, name: str, text: str = "") -> int:
    """Send the draft comments, and a remark on the whole, back to the agent."""
    words = (console.read("-") if text == "-" else text).strip()
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        if not words and not view.comments:
            raise UsageError(f"say what {view.task.id} should change: -m TEXT, or -m - to read it")
        await send(client, wire.SendFeedback(task=view.task.id, text=words))
    comments = f" with {view.comments} comments" if view.comments else ""
    console.line(f"{view.task.id} goes back to its agent{comments}")
    return 0


async def reject(console: Console, start: Path, *, name: str, text: str = "") -> int:
    """Refuse a change; its snapshots are kept."""
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        await send(client, wire.Reject(task=view.task.id, reason=text))
    console.line(f"rejected {view.task.id}; its work is kept: resume brings it back")
    return 0


async def waive(console: Console, start: Path, *, name: str, guardrail: str, reason: str) -> int:
    """Let one guardrail's verdict not count for the newest candidate's exact tree."""
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        tree = await _candidate(client, view, guardrail)
        await send(
            client,
            wire.Waive(task=view.task.id, guardrail=guardrail, tree=tree, reason=reason),
        )
    console.line(f"~ {guardrail} does not count for tree {tree[:7]} of {view.task.id}: {reason}")
    return 0


async def _candidate(client: Client, view: TaskView, guardrail: str) -> str:
    """The tree on which the guardrail last ran: a red task has no change, but it has runs."""
    if view.change is not None:
        return view.change.tree
    details = await client.details(view.task.id)
    run = next((run for run in details.runs if run.guardrail == guardrail), None)
    if run is None:
        raise NotNowError(f"{guardrail} has not run for {view.task.id}; there is nothing to waive")
    return run.tree


async def rerun(console: Console, start: Path, *, name: str, guardrail: str = "") -> int:
    """Run one guardrail, or all, on the newest candidate again."""
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        await send(client, wire.Rerun(task=view.task.id, guardrail=guardrail))
    console.line(f"◐ {guardrail or 'all guardrails'} of {view.task.id} again; both runs are kept")
    return 0


async def undo(console: Console, start: Path, *, name: str) -> int:
    """Revert a landed task by a change of its own, gated and landed like any other."""
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        reply = await send(client, wire.Undo(task=view.task.id))
    made = ", ".join(reply.tasks) or "a task"
    console.line(f"{made} reverts {view.task.id}; it is checked and landed like any change")
    return 0
