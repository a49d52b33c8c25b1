"""Verbs that only look: status, show, report. They never start an engine."""

from __future__ import annotations

from pathlib import Path

from factory import wire
from factory.client import Client
from factory.model import EngineError, UnknownError
from factory.wire import Details, Overview, TaskView
from tui import account
from tui.commands import describe
from tui.commands.aloud import read_diff, read_inbox, rows
from tui.commands.console import Console, UsageError
from tui.commands.json_text import dumps
from tui.commands.session import engine, task
from tui.standing import needs_you
from tui.text import plural


async def status(
    console: Console,
    start: Path,
    *,
    short: bool = False,
    as_json: bool = False,
    plain: bool = False,
    everything: bool = False,
) -> int:
    """How the factory stands, as a picture, a status line, JSON or fields."""
    try:
        async with engine(start, begin=False) as client:
            overview = await client.overview()
    except EngineError:
        if not short:
            raise
        console.line("off")
        return EngineError.exit_code
    if short:
        console.line(describe.status_line(overview))
    elif as_json:
        console.raw(dumps(overview))
    elif plain:
        for view in overview.tasks:
            console.fields(*describe.task_fields(view, overview))
    else:
        _picture(console, overview, everything=everything)
    return 0


def _picture(console: Console, overview: Overview, *, everything: bool) -> None:
    console.line(describe.headline(overview))
    for warning in describe.warnings(overview):
        console.line(warning)
    shown = [view for view in overview.tasks if everything or not view.task.state.over]
    console.table(describe.task_row(view, overview) for view in shown)
    for view in shown:
        if needs_you(view) and (further := describe.way_out(view)):
            console.line(f"  {further}")
    for sentence in describe.conflicts(overview):
        console.line(sentence)
    if not overview.tasks:
        console.line('  no tasks yet: factory-tui add "what is to be done"')
    over = len(overview.tasks) - len(shown)
    if over:
        console.line(f"  {plural(over, 'task')} landed or ended: factory-tui status --all")


async def show(
    console: Console,
    start: Path,
    *,
    name: str = "",
    diff: bool = False,
    evidence: bool = False,
    log: str = "",
    as_json: bool = False,
    plain: bool = False,
) -> int:
    """One task: all of it, its diff, its evidence, or one guardrail's log.

    `plain` without a task reads the Inbox aloud, and with `diff` a change.
    """
    if not name and (not plain or diff):
        raise UsageError("name a task; `factory-tui show --plain` reads the whole Inbox")
    async with engine(start, begin=False) as client:
        overview = await client.overview()
        if not name:
            read_inbox(console, overview)
            return 0
        view = await task(client, name)
        if diff and plain:
            await read_diff(console, client, view)
            return 0
        if diff:
            await print_diff(console, client, view)
            return 0
        details = await client.details(view.task.id)
        if log:
            await _print_log(console, client, details, log)
        elif as_json:
            console.raw(dumps(details))
        elif plain:
            console.fields(*describe.task_fields(view, overview))
        else:
            lines = _evidence(details) if evidence else ()
            for line in lines or describe.task_lines(details, overview.now):
                console.line(line)
            if not evidence and details.view.task.spec:
                console.line()
                console.lines(details.view.task.spec, indent="  ")
    return 0


def _evidence(details: Details) -> tuple[str, ...]:
    runs = describe.evidence_lines(details.runs)
    return (*runs, *describe.witness_lines(details.view.change))


async def report(
    console: Console, start: Path, *, hours: int | None = None, as_json: bool = False
) -> int:
    """What happened since the report was last asked for, or within so many hours."""
    async with engine(start, begin=False) as client:
        overview = await client.overview()
        found = await client.report(overview.now - hours * 3_600 if hours else 0.0)
    if as_json:
        console.raw(dumps(found))
        return 0
    items = account.told(found, overview)
    console.line(f"{account.span(found)}  {account.numbers(items) or 'nothing happened'}")
    console.line(account.money(found, overview))
    console.table(
        (f"{item.sign} {item.name}{' ▲' if item.critical else ''}", item.size, item.cost, item.note)
        for item in items
    )
    for event in account.events(found):
        console.line(f"  {event}")
    return 0


async def print_diff(console: Console, client: Client, view: TaskView) -> None:
    """A task's diff as text; what a terminal would hide in it is made visible.

    The change where there is one, else what differs in the worktree now.
    """
    look = wire.Look.CHANGE if view.change else wire.Look.LIVE
    index = await client.review(view.task.id, look)
    async for row in rows(client, index, look):
        for line in _diff_lines(row, index):
            console.line(line, exact=True)


def _diff_lines(row: wire.Row, index: wire.ReviewIndex) -> tuple[str, ...]:
    match row.kind:
        case wire.RowKind.FILE:
            file = index.files[row.file]
            old, new = f"a/{file.old_path or file.path}", f"b/{file.path}"
            notes = tuple(f"# {note}" for note in (*file.notes, *file.badges))
            before = "/dev/null" if file.status == "A" else old
            after = "/dev/null" if file.status == "D" else new
            return (f"diff {old} {new}", *notes, f"--- {before}", f"+++ {after}")
        case wire.RowKind.HUNK:
            return (f"@@ -{row.old} +{row.new} @@ {row.text}".rstrip(),)
        case wire.RowKind.NOTE:
            return (f"# {row.text}",)
        case _:
            return (f"{row.kind}{row.text}",)


async def _print_log(console: Console, client: Client, details: Details, name: str) -> None:
    known_by = [(run, (run.id, run.guardrail)) for run in details.runs]
    known_by += [(run, (run.id, "")) for run in details.asked]
    run = next((run for run, names in known_by if name in names), None)
    if run is None:
        known = ", ".join(sorted({run.guardrail for run in details.runs})) or "none has run"
        raise UnknownError(f"{details.view.task.id} has no run of {name}; its guardrails: {known}")
    offset = 0
    while True:
        chunk = await client.log(run.id, offset)
        if chunk.text:
            console.lines(chunk.text.removesuffix("\n"))
        if chunk.end >= chunk.size or chunk.end <= offset:
            return
        offset = chunk.end
