"""Verbs that give tasks and steer them: add, again, hand, say, pause, resume, stop, budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from factory import wire
from factory.model import AcceptRule, Budget, Draft
from tui.caps import read_budget, write_budget
from tui.commands.console import Console, UsageError
from tui.commands.session import engine, send, task
from tui.hearing import when
from tui.overlap import overlapping
from tui.standing import asks
from tui.taskfile import parse
from tui.text import line


async def add(
    console: Console,
    start: Path,
    *,
    titles: Sequence[str],
    file: str = "",
    agent: str = "",
    agents: str = "",
    paths: Sequence[str] = (),
    after: Sequence[str] = (),
    accept: AcceptRule | None = None,
    budget_usd: float | None = None,
    hold: bool = False,
) -> int:
    """Queue tasks from titles, or from a file in the form that `tui.taskfile` reads."""
    found = _drafts(console, titles, file)
    first, *rivals = _several(agent, agents)
    if hold and rivals:
        raise UsageError("--agents starts several attempts at once; leave --hold out")
    options: dict[str, object] = {
        "agent": first or None,
        "accept": accept,
        "budget": None if budget_usd is None else Budget(usd=budget_usd),
        "hold": hold or None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    drafts = tuple(
        msgspec.structs.replace(
            draft, paths=(*draft.paths, *paths), after=(*draft.after, *after), **given
        )
        for draft in found
    )
    async with engine(start, begin=True) as client:
        reply = await send(client, wire.Add(drafts=drafts))
        attempts = [
            (name, other, await send(client, wire.Again(task=name, agent=other)))
            for name in reply.tasks
            for other in rivals
        ]
        tasks = (await client.overview()).tasks
    for name, draft in zip(reply.tasks, drafts, strict=False):
        console.line(f"{'held' if draft.hold else 'queued'} {name}  {draft.title}")
        if others := overlapping(draft.paths, [view for view in tasks if view.task.id != name]):
            console.note(f"{name} may touch the same files as {', '.join(others)}")
    for name, other, reply in attempts:
        console.line(f"queued {', '.join(reply.tasks)}, {name} by {other}")
    return 0


def _several(agent: str, agents: str) -> list[str]:
    """The agent of the tasks, then those that attempt the same beside it."""
    names = [name.strip() for name in agents.split(",") if name.strip()]
    if agent and names:
        raise UsageError("give --agent or --agents, not both")
    if len(set(names)) != len(names):
        raise UsageError("--agents names an agent twice; `again` starts another attempt of one")
    return names or [agent]


def _drafts(console: Console, titles: Sequence[str], file: str) -> tuple[Draft, ...]:
    if file and titles:
        raise UsageError("give titles or a file with -f, not both")
    if file:
        drafts = parse(console.read(file))
        if not drafts:
            raise UsageError(f"{'standard input' if file == '-' else file} holds no task")
        return drafts
    if not titles:
        raise UsageError('say what is to be done: factory-tui add "fix the login", or -f FILE')
    bare = [title for title in titles if " " not in title.strip()]
    if bare and len(titles) > 1:
        raise UsageError(
            f"is this one task or {len(titles)}? put each title in quotes, or one a line in -f -"
        )
    return tuple(draft for title in titles for draft in parse(" ".join(title.split())))


async def say(console: Console, start: Path, *, name: str, text: str) -> int:
    """Steer a working agent, or answer its question."""
    words = (console.read("-") if text == "-" else text).strip()
    if not words:
        raise UsageError("there is nothing to say; give the text, or - to read it")
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        parked = view.task.parked
        options = parked.options if parked is not None and asks(view) else ()
        answer = _offered(words, options)
        await send(client, wire.Say(task=view.task.id, text=answer))
    if options:
        console.line(f"answered {view.task.id}: {line(answer)}")
    else:
        console.line(f"said to {view.task.id}; it hears it {when(view)}")
    return 0


def _offered(words: str, options: Sequence[str]) -> str:
    """The answer in words: one of those offered may be given by its number."""
    number = int(words) if words.isascii() and words.isdecimal() else 0
    return options[number - 1] if 0 < number <= len(options) else words


async def hand(console: Console, start: Path, *, name: str, agent: str, text: str = "") -> int:
    """Give a task to another agent, which goes on with its files as they are."""
    words = (console.read("-") if text == "-" else text).strip()
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        await send(client, wire.Hand(task=view.task.id, agent=agent, text=words))
    console.line(f"{agent} goes on with {view.task.id}, from where {line(view.task.agent)} was")
    return 0


async def again(console: Console, start: Path, *, name: str, agent: str = "") -> int:
    """Start another, independent attempt at a task, a task beside it."""
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        reply = await send(client, wire.Again(task=view.task.id, agent=agent))
    for made in reply.tasks:
        console.line(f"queued {made}, another attempt at {view.task.id}")
    return 0


async def pause(console: Console, start: Path, *, names: Sequence[str]) -> int:
    """Stop agents between their turns; everything is kept."""
    async with engine(start, begin=True) as client:
        for name in names:
            view = await task(client, name)
            await send(client, wire.Pause(task=view.task.id))
            console.line(f"paused {view.task.id}; factory-tui resume {view.task.id}")
    return 0


async def resume(console: Console, start: Path, *, names: Sequence[str]) -> int:
    """Let held, parked, stopped or rejected tasks go on from where they were."""
    async with engine(start, begin=True) as client:
        for name in names:
            view = await task(client, name)
            held = view.task.state == "draft"
            command: wire.AnyCommand = wire.Resume(task=view.task.id)
            if held:
                command = wire.Hold(task=view.task.id, held=False)
            await send(client, command)
            console.line(f"resumed {view.task.id}")
    return 0


async def stop(console: Console, start: Path, *, names: Sequence[str]) -> int:
    """End tasks for good; their work is snapshotted and kept."""
    async with engine(start, begin=True) as client:
        for name in names:
            view = await task(client, name)
            await send(client, wire.End(task=view.task.id))
            console.line(f"stopped {view.task.id}; its work is kept: resume brings it back")
    return 0


async def budget(console: Console, start: Path, *, name: str, caps: str) -> int:
    """Set the caps of a task."""
    try:
        wanted = read_budget(caps)
    except ValueError as error:
        raise UsageError(str(error)) from error
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        await send(client, wire.RaiseBudget(task=view.task.id, budget=wanted))
    console.line(f"{view.task.id} may cost {write_budget(wanted)}")
    return 0
