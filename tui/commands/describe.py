"""Views as lines of plain text. Pure: every function gives finished sentences or table rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from factory.model import Change, ParkReason, Run, TaskState
from factory.wire import Details, Fact, Overview, TaskView
from tui import text
from tui.caps import write_budget
from tui.happened import said, words
from tui.standing import counts, needs_you, progress, short, sign, why
from tui.waiting import SUGGESTION, Order, meetings, named, waiting


def headline(overview: Overview) -> str:
    """`myrepo  main 3f2a9c1  !2 ◐1 ✓3  $4.12 of $20`."""
    name = text.line(overview.repository)
    tip = f"{text.line(overview.target)} {overview.tip[:7] or '(no commit)'}"
    return f"{name}  {tip}  {short(counts(overview.tasks))}  {spent(overview, ' of ')}"


def status_line(overview: Overview) -> str:
    """`!2 ◐1 ✓3  $4.12/$20`: for a status line."""
    return f"{short(counts(overview.tasks))}  {spent(overview, '/')}"


def spent(overview: Overview, between: str) -> str:
    """What today has cost, and the day's cap where there is one."""
    subscription = overview.spent_today.usd is None and overview.spent_today.tokens > 0
    so_far = text.money(overview.spent_today, subscription)
    if overview.spent_today.usd is None and not subscription:
        so_far = text.usd(0)
    cap = overview.day_cap.usd
    if cap is not None and not subscription:
        return f"{so_far}{between}${cap:g}"
    return so_far


def warnings(overview: Overview) -> Iterator[str]:
    """What is wrong with the factory as a whole."""
    if overview.problem:
        yield f"! {overview.problem}"
    if not overview.contained:
        yield "⚠ no sandbox here: agents run uncontained, and only while you attend"
    if overview.recorded:
        yield "~ the model's answers are recorded; everything else is real"


def conflicts(overview: Overview) -> Iterator[str]:
    """Which waiting changes conflict with each other, each pair once, and what to begin with."""
    ready = [item.view for item in waiting(overview, Order.SUGGESTED) if item.view.change]
    for view in ready:
        for meeting in view.meets:
            if view.task.id < meeting.task:
                where = text.line(named(meeting.paths))
                yield f"! {view.task.id} conflicts with {meeting.task} in {where}"
    if any(view.meets for view in ready):
        yield f"  suggested order: {', '.join(view.task.id for view in ready)} ({SUGGESTION})"


def task_row(view: TaskView, overview: Overview) -> tuple[str, ...]:
    """One task in the status table; why it stands as it does comes last and is never cut."""
    change = view.change
    return (
        f"{sign(view)} {view.task.id}",
        text.ago(overview.now - view.since) if view.since else "",
        f"+{change.added} −{change.removed}" if change else "",
        text.money(view.spent, view.subscription) if view.task.attempt else "",
        why(view, overview.now, overview.tasks),
    )


def task_fields(view: TaskView, overview: Overview) -> tuple[str, ...]:
    """One task as fields: id, state, whether it needs you, cost, title, what it does."""
    return (
        view.task.id,
        view.task.state,
        "needs-you" if needs_you(view) else "",
        text.money(view.spent, view.subscription),
        view.task.title,
        why(view, overview.now, overview.tasks),
    )


def way_out(view: TaskView) -> str:
    """The command that gets a task further; empty where the developer need do nothing."""
    task = view.task
    parked = task.parked
    match task.state:
        case TaskState.READY:
            return f"factory-tui show {task.id} --diff; factory-tui accept {task.id}"
        case TaskState.PARKED if parked and parked.options:
            numbered = (f"{at} {text.line(one)}" for at, one in enumerate(parked.options, 1))
            return f"factory-tui say {task.id} NUMBER   {', '.join(numbered)}"
        case TaskState.PARKED if parked and parked.until is None:
            return _PARKED.get(parked.reason, "factory-tui say {id} TEXT").format(id=task.id)
        case TaskState.DRAFT:
            return f"factory-tui resume {task.id}"
        case _:
            return ""


_PARKED = {
    ParkReason.PAUSED: "factory-tui resume {id}",
    ParkReason.BUDGET: "factory-tui budget {id} '$5'",
    ParkReason.DEPENDENCIES: "factory-tui resume {id}",
    ParkReason.ERROR: "factory-tui resume {id}",
}


# --- one task ------------------------------------------------------------------------------


def task_lines(details: Details, now: float) -> Iterator[str]:
    """Everything about one task in a screenful."""
    view = details.view
    task = view.task
    yield f"{sign(view)} {task.id}  {text.line(task.title)}"
    yield f"  {task.state}: {why(view, now)}"
    if further := way_out(view):
        yield f"  {further}"
    yield ""
    cost = text.money(view.spent, view.subscription)
    capped = write_budget(task.budget)
    cap = "" if capped == "none" else f" of {capped}"
    agent = text.line(task.agent) or "no agent"
    if task.attempt or cap:
        yield f"  agent {agent} · round {task.rounds} · {cost}{cap}"
    for label, names in (("paths", task.paths), ("after", task.after)):
        if names:
            yield f"  {label} {text.line(', '.join(names))}"
    for label, names in _met(view):
        if names:
            yield f"! {label} {text.line(', '.join(names))}"
    if view.change is not None:
        yield ""
        yield from change_lines(view.change)
    if view.guardrails:
        yield ""
        yield from guardrail_lines(view)
    for comment in details.comments:
        where = f"{comment.anchor.path}:{comment.anchor.line}" if comment.anchor.path else "change"
        yield f"  {comment.state} {comment.kind} on {text.line(where)}: {text.line(comment.text)}"


def _met(view: TaskView) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Who and what else is at the same files."""
    return (
        ("overlaps", view.overlaps),
        ("conflicts with", meetings(view)),
        ("moved by the target:", view.moved_files),
        ("conflicts in", view.conflicts),
    )


def change_lines(change: Change) -> Iterator[str]:
    """What an accept would bind, what the agent says, and what to look at twice."""
    size = f"+{change.added} −{change.removed} · {text.plural(len(change.files), 'file')}"
    yield f"  change {change.number} · tree {change.tree} · {size}"
    yield f"  on {change.tip[:7]} · snapshot {change.snapshot}"
    for mark in change.marks:
        where = f"{mark.path}:{mark.line}" if mark.line else mark.path
        yield f"⚠ {text.line(f'{mark.kind} {where} {mark.text}')}"
    if change.weakened:
        yield f"⚠ red with the target's own checks: {text.line(', '.join(change.weakened))}"
    for path in change.critical:
        yield f"▲ {text.line(path)}"
    handoff = change.handoff
    if handoff.summary:
        yield f"  says: {text.line(handoff.summary)}"
    for label, notes in (
        ("deviation", handoff.deviations),
        ("concern", handoff.concerns),
        ("finding", handoff.findings),
        ("unproven", handoff.unproven),
        ("new test proves nothing, it passes without the change", change.idle),
    ):
        for note in notes:
            yield f"  {label}: {text.line(note)}"


def guardrail_lines(view: TaskView) -> Iterator[str]:
    """The guardrails of a task, one a line."""
    for status in view.guardrails:
        took = progress(status) if status.verdict == "running" else text.took(status.seconds)
        tail = f"  {text.line(status.summary)}" if status.summary else ""
        yield f"{status.verdict.sign} {text.line(status.name)}  {status.verdict} {took}{tail}"


def evidence_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Runs with all they rest on, in the order given."""
    for run in runs:
        when = moment(run.at)
        name, said = text.line(run.guardrail), text.line(run.summary)
        yield f"{run.verdict.sign} {name}  {run.verdict}  {said}"
        code = "killed" if run.exit_code is None else f"exit {run.exit_code}"
        yield f"  tree {run.tree} · {code} · {text.took(run.seconds)} · {when} · log {run.id}"
        for label, value in (
            ("ran", run.command),
            ("tool", run.tool),
            ("note", run.note),
            ("waived", run.waived),
        ):
            if value:
                yield f"  {label}: {text.line(value)}"
        for name in run.failing[:20]:
            yield f"    {text.line(name)}"
        if len(run.failing) > 20:
            yield f"    … and {len(run.failing) - 20} more"


def witness_lines(change: Change | None) -> Iterator[str]:
    """What else the green guardrails of a change were asked, and what they answered."""
    for one in change.witnesses if change else ():
        sign = "⚠" if one.against else "·"
        yield f"{sign} {text.line(one.guardrail)}, {text.line(one.asked)}: {text.line(one.answer)}"
        if one.run:
            yield f"  log {one.run}"


# --- facts ---------------------------------------------------------------------------------


def moment(at: float) -> str:
    """A time of day with its date, in local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def fact_line(fact: Fact) -> str:
    """One fact of the journal."""
    name = f"{text.line(fact.task)} " if fact.task else ""
    happened = f"{name}{words(fact)}"
    return f"{moment(fact.at)}  {happened}  {said(fact)}".rstrip()
