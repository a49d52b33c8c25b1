"""A task in a pane's heading and in the few lines that stand for it while no agent works. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from factory.model import Lane, Parked, ParkReason, TaskState, Verdict
from factory.wire import GuardrailStatus, TaskView
from tui.hearing import waiting_words
from tui.keys import own_key
from tui.lines import Kind, Line
from tui.standing import SILENT, needs_you, progress, sign, why
from tui.text import ago, clock, line, money, plural, took
from tui.widgets.pane import Heading, Tone


def heading(view: TaskView, now: float) -> Heading:
    """Name, sign and a word or three: `csv-export ! asks 3m`, `rate-limit ◐ checking 0:41`."""
    return Heading(line(view.task.id), sign(view), _words(view, now), _tone(view))


def _words(view: TaskView, now: float) -> str:
    task = view.task
    waited = ago(now - view.since) if view.since else ""
    match task.state:
        case TaskState.WORKING | TaskState.CHECKING:
            words = f"{task.state} {clock(now - view.since)}" if view.since else str(task.state)
            quiet = now - max(view.spoke_at, view.since)
            silent = task.state is TaskState.WORKING and view.spoke_at and quiet >= SILENT
            return f"{words} · silent {clock(quiet)}" if silent else words
        case TaskState.LANDING:
            return f"waits to land {waited}" if task.waiting else "landing"
        case TaskState.READY if view.change is not None and view.change.lane is Lane.EYES:
            return f"needs your eyes {waited}"
        case TaskState.PARKED if task.parked is not None:
            asks = task.parked.reason is ParkReason.QUESTION
            return f"{'asks' if asks else task.parked.reason} {waited}"
        case _:
            return f"{task.state} {waited}"


def _tone(view: TaskView) -> Tone:
    if needs_you(view):
        return Tone.NEEDS
    match view.task.state:
        case TaskState.WORKING | TaskState.CHECKING | TaskState.LANDING:
            return Tone.RUNNING
        case TaskState.READY | TaskState.LANDED:
            return Tone.PLAIN if view.stale_on else Tone.GOOD
        case TaskState.REJECTED | TaskState.STOPPED:
            return Tone.BAD
        case _:
            return Tone.PLAIN


def told(view: TaskView, now: float, keymap: Mapping[str, str]) -> tuple[Line, ...]:
    """What stands in a pane: words not heard yet, and where no agent works, why, how much, and
    what to press.
    """
    waiting = [Line(Kind.PROMPT, words, ">") for words in waiting_words(view)]
    if view.task.state is TaskState.WORKING:
        return tuple(waiting)
    lines = [Line(_reason_kind(view), why(view, now), sign(view))]
    if view.change is not None and view.task.state is TaskState.READY:
        summary = line(view.change.handoff.summary)
        lines += [Line(Kind.TEXT, summary)] if summary else []
    if verdicts := _verdicts(view.guardrails):
        lines.append(Line(Kind.TEXT, verdicts))
    if size := size_line(view):
        lines.append(Line(Kind.REMARK, size))
    lines += waiting
    if press := keys_for(view, keymap):
        lines.append(Line(Kind.PROMPT, press))
    return tuple(lines)


def _reason_kind(view: TaskView) -> Kind:
    if needs_you(view):
        return Kind.QUESTION
    return Kind.TEXT if view.task.state is TaskState.READY else Kind.REMARK


def keys_for(view: TaskView, keymap: Mapping[str, str]) -> str:
    """What to press about a task: empty where nothing is to be done."""
    say, go_on = own_key("floor.say", keymap), f"{own_key('floor.pause', keymap)} go on"
    enter, budget = own_key("floor.open", keymap), own_key("floor.budget", keymap)
    match view.task.state:
        case TaskState.READY:
            return f"{enter} review"
        case TaskState.PARKED if view.task.parked is not None:
            match view.task.parked.reason:
                case ParkReason.QUESTION:
                    return f"{say} {offered(view.task.parked)} · {enter} read on"
                case ParkReason.BUDGET:
                    return f"{budget} raise the budget · {enter} read on"
                case ParkReason.PAUSED | ParkReason.RATE_LIMITED:
                    return f"{go_on} · {say} say"
                case _:
                    return f"{say} say · {go_on} · {enter} read on"
        case TaskState.LANDED:
            return f"{own_key('everywhere.undo', keymap)} undo"
        case TaskState.STOPPED | TaskState.DRAFT:
            return go_on
        case _:
            return ""


def offered(parked: Parked) -> str:
    """`answer`, and the answers to choose from: `answer: 1 allow once, 2 refuse`."""
    numbered = (f"{at} {line(option)}" for at, option in enumerate(parked.options, 1))
    return f"answer: {', '.join(numbered)}" if parked.options else "answer"


def size_line(view: TaskView) -> str:
    """`+48 −9 · 3 files · round 1 · $0.31 · touches fix-login`, as far as it is known."""
    parts: list[str] = []
    change = view.change
    if change is not None:
        parts += [f"+{change.added} −{change.removed}", plural(len(change.files), "file")]
    if view.task.rounds:
        parts.append(f"round {view.task.rounds}")
    if view.spent.tokens or view.spent.usd:
        parts.append(money(view.spent, view.subscription))
    if view.overlaps:
        parts.append("touches " + line(", ".join(view.overlaps)))
    return " · ".join(parts)


def _verdicts(statuses: tuple[GuardrailStatus, ...]) -> str:
    return "  ".join(short(status) for status in statuses)


def short(status: GuardrailStatus) -> str:
    """`✓ ruff`, `◐ tests 143/220`: a guardrail with what it got to, while it runs."""
    name = f"{status.verdict.sign} {line(status.name)}"
    return f"{name} {progress(status)}" if status.verdict is Verdict.RUNNING else name


def timed(status: GuardrailStatus) -> str:
    """`✓ ruff 0.1s`, `◐ tests 143/220 12s`: with how long it took."""
    if status.verdict is Verdict.RUNNING and status.total and status.done is not None:
        return f"{short(status)} {took(status.seconds)}"
    if status.verdict in (Verdict.RUNNING, Verdict.NOT_RUN) or not status.seconds:
        return short(status)
    return f"{short(status)} {took(status.seconds)}"
