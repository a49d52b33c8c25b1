"""The Inbox and a change in sentences, one after the other: for whoever listens. Pure.

No tables, no boxes, and no sign that has no word beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from factory.model import Change, Comment, CommentState, TaskState, Verdict
from factory.wire import (
    FileView,
    GuardrailStatus,
    HunkView,
    Overview,
    ReviewIndex,
    Row,
    RowKind,
    TaskView,
)
from tui.standing import why
from tui.text import line, plural
from tui.waiting import Waiting

_SAID: Mapping[str, str] = {
    "✓": "passed ", "✗": "failed ", "⚠": "warning ", "◐": "running ", "○": "not run ",
    "▲": "critical ", "~": "about ", "≈": "about ", "→": " to ", "−": "minus ", "·": ", ",
    "…": " and so on", "×": " times ", "│": ", ",
}  # fmt: skip
_SIGNS = str.maketrans(dict(_SAID))

_VERDICTS: Mapping[Verdict, str] = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.ERROR: "could not run",
    Verdict.FLAKY: "is flaky, which is no pass",
    Verdict.WAIVED: "is waived by you",
    Verdict.STALE: "passed on an earlier target",
    Verdict.RUNNING: "is running",
    Verdict.NOT_RUN: "has not run",
}

_KINDS = {
    "logic": "code", "test": "tests", "config": "configuration", "docs": "documentation",
    "folded": "generated or vendored",
}  # fmt: skip
_DONE = {"A": "added", "D": "removed", "T": "changed in type", "M": "changed", "R": "renamed"}


def words(text: str) -> str:
    """One line of text of ours, with a word for each sign."""
    return re.sub(r" +", " ", line(text).translate(_SIGNS)).replace(" ,", ",").strip()


def inbox(overview: Overview, items: Sequence[Waiting]) -> Iterator[str]:
    """Everything that waits, one item after the other."""
    if not items:
        yield "Nothing waits for you."
        return
    yield f"{plural(len(items), 'item')} in the Inbox of {line(overview.repository)}."
    for number, item in enumerate(items, 1):
        yield ""
        yield f"Item {number} of {len(items)}, {item.group}."
        yield from told(item.view, overview)


def told(view: TaskView, overview: Overview) -> Iterator[str]:
    """One item: what it is, what it did, what its guardrails say, what to type."""
    task, change = view.task, view.change
    yield f"{task.id}: {words(task.title)}."
    yield f"It stands so: {words(why(view, overview.now, overview.tasks))}."
    if change is not None:
        files = plural(len(change.files), "file")
        yield f"{_size(change.added, change.removed)}, in {files}. Tree {change.tree[:7]}."
    yield guardrails(view.guardrails)
    if change is not None:
        yield from _twice(change)
        if change.handoff.summary:
            yield f"It says: {words(change.handoff.summary)}"
    if view.comments:
        yield f"{plural(view.comments, 'comment')} of yours not sent yet."
    yield from to_type(view)


def to_type(view: TaskView) -> Iterator[str]:
    """What to type to read it and to decide."""
    name, change = view.task.id, view.change
    if change is None or view.task.state is not TaskState.READY:
        yield f"To answer it, type: factory-tui say {name} TEXT"
        return
    yield f"To read it, type: factory-tui show {name} --plain --diff"
    yield f"To remark on a line, type: factory-tui comment {name} PATH:LINE -m TEXT"
    yield f"To accept it, type: factory-tui accept {name} --tree {change.tree[:7]}"
    yield f"To send it back, type: factory-tui feedback {name} -m TEXT"
    yield f"To reject it, type: factory-tui reject {name}"


def guardrails(found: Sequence[GuardrailStatus]) -> str:
    """`Guardrails: ruff passed; tests passed, 143 passed.`"""
    if not found:
        return "Guardrails: none has run."
    said = []
    for status in found:
        summary = words(status.summary)
        said.append(f"{line(status.name)} {_VERDICTS[status.verdict]}, {summary}".rstrip(", "))
    return f"Guardrails: {'; '.join(said)}."


def _twice(change: Change) -> Iterator[str]:
    for mark in change.marks:
        at = f" line {mark.line}" if mark.line else ""
        yield f"Look twice: {words(mark.kind)} in {line(mark.path)}{at}: {words(mark.text)}"
    note = change.handoff
    for label, values in (
        ("Red with the target's own checks", change.weakened),
        ("Critical file", change.critical),
        ("Beyond the task", note.deviations),
        ("Unproven claim", note.unproven),
        ("New test that proves nothing", change.idle),
        ("Concern", note.concerns),
        ("Found on the way", note.findings),
    ):
        for value in values:
            yield f"{label}: {words(value)}"


def _size(added: int, removed: int) -> str:
    return f"It added {plural(added, 'line')}, removed {removed}"


# --- a diff --------------------------------------------------------------------------------


def diff_begins(view: TaskView, index: ReviewIndex) -> str:
    """What is about to be read."""
    size = f"added {plural(index.added, 'line')}, removed {index.removed}"
    files = plural(len(index.files), "file")
    return f"{view.task.id}: {words(view.task.title)}. {files}, {size}. Tree {index.tree[:7]}."


def row(row: Row, index: ReviewIndex) -> Iterator[str]:
    """One row of a diff."""
    match row.kind:
        case RowKind.FILE:
            yield from _file(index.files[row.file], row.file + 1, len(index.files))
        case RowKind.HUNK:
            yield _hunk(row, index.files[row.file].hunks)
        case RowKind.NOTE:
            yield f"Note: {words(row.text)}"
        case RowKind.ADDED:
            yield f"line {row.new} added: {row.text}"
        case RowKind.REMOVED:
            yield f"line {row.old} removed: {row.text}"
        case _:
            yield f"line {row.new}: {row.text}"


def _file(file: FileView, number: int, count: int) -> Iterator[str]:
    kind = _KINDS.get(file.kind, file.kind)
    old = f", before {line(file.old_path)}" if file.old_path else ""
    size = f"added {plural(file.added, 'line')}, removed {file.removed}"
    done = _DONE.get(file.status[:1], "changed")
    yield ""
    yield f"File {number} of {count}: {line(file.path)}{old}, {kind}, {done}, {size}." + (
        " You have seen it." if file.seen else ""
    )
    if file.critical:
        yield "It is a critical file."
    for badge in file.badges:
        yield f"Look twice: {words(badge)}"


def _hunk(row: Row, hunks: Sequence[HunkView]) -> str:
    number = next((at for at, hunk in enumerate(hunks, 1) if hunk.id == row.hunk), 1)
    inside = f" in {line(row.text)}" if row.text else ""
    seen = " You have seen it." if any(h.seen for h in hunks if h.id == row.hunk) else ""
    return f"Hunk {number} of {len(hunks)}{inside}, from line {row.new or row.old}.{seen}"


def comment(found: Comment) -> Iterator[str]:
    """A comment of the developer's, after the line that it is about."""
    anchor = found.anchor
    lines = f"lines {anchor.line} to {anchor.end}" if anchor.end else f"line {anchor.line}"
    side = "" if anchor.new else " of what was removed"
    about = f"on {lines}{side} of {line(anchor.path)}" if anchor.line else _on_file(anchor.path)
    state = "not sent yet" if found.state is CommentState.DRAFT else str(found.state)
    yield f"Your comment, {found.kind}, {state}, {about}: {line(found.text)}"
    if found.reply:
        yield f"The agent replies: {line(found.reply)}"


def _on_file(path: str) -> str:
    return f"on the file {line(path)}" if path else "on the change"
