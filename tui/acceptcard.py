"""What an accept rests on, in a card that fits a small screen. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from textual.content import Content

from factory.model import Comment, CommentState, Lane, Verdict
from factory.wire import FileView, GuardrailStatus, ReviewIndex, TaskView
from tui.diff.places import marks_of
from tui.reviewlines import comment_line, mark_line
from tui.text import line, money, plural, took
from tui.waiting import named

_NAMED = 2
"""Open comments, and files of which something is left out, that are named; the rest is counted."""


def question(
    view: TaskView,
    index: ReviewIndex,
    comments: Sequence[Comment],
    *,
    unseen: int,
    left: Collection[str] = (),
) -> Content:
    """What an accept does, what it rests on, and what speaks against it.

    `left` are the hunks and files that are left out: then it is the rest that is accepted.
    """
    unsent = sum(one.state is CommentState.DRAFT for one in comments)
    facts = [
        f"{plural(unseen, 'hunk')} unseen" if unseen else "all seen",
        *([f"{plural(unsent, 'comment')} unsent"] if unsent else []),
        f"lands in ~{took(_seconds(view.guardrails))}",
    ]
    tree = f"{index.tree[:7]}"
    asked = Content.assemble((f"accept tree {tree}", "bold"), f" of {line(view.task.id)}? ")
    if left:
        without = ", ".join(_left_out(index.files, left))
        goes = "they go back as feedback" + (" with your comments" if unsent else "")
        asked = Content.assemble(
            ("accept the rest", "bold"), f" of {line(view.task.id)} (tree {tree}) without "
            f"{without}? {goes} once the rest has landed; ",
        )  # fmt: skip
    return Content.assemble(
        asked,
        ", ".join(facts),
        (f"\n  {_rests_on(view, index)}", "$text-muted"),
        *((f"\n  ⚠ {worry}", "$text-error") for worry in _worries(view, index, comments)),
    )


def figures(view: TaskView) -> str:
    """Size, evidence, cost and rounds, in a few words."""
    change = view.change
    words = [f"+{change.added} −{change.removed}"] if change else []
    words += [_evidence(view.guardrails), money(view.spent, view.subscription)]
    words += [f"round {view.task.rounds}"] if view.task.rounds else []
    return " · ".join(word for word in words if word)


def _rests_on(view: TaskView, index: ReviewIndex) -> str:
    on = f"green on {(view.stale_on or index.tip)[:7]}"
    return f"{on} · {figures(view)}"


def _evidence(guardrails: Sequence[GuardrailStatus]) -> str:
    """`✓6 ~1`: how many guardrails say what."""
    counted = Counter(status.verdict.sign for status in guardrails)
    return " ".join(f"{sign}{number}" for sign, number in counted.items())


def _worries(view: TaskView, index: ReviewIndex, comments: Sequence[Comment]) -> Iterator[str]:
    change = view.change
    if change is not None and change.lane is Lane.EYES:
        if change.weakened:
            yield f"weakens {line(named(change.weakened))}"
        yield from (mark_line(mark) for mark in change.marks[:4])
    if view.overtaken:
        yield f"{line(view.overtaken)}, another attempt at the same, has landed already"
    waived = [line(one.name) for one in view.guardrails if one.verdict is Verdict.WAIVED]
    if waived:
        yield f"waived: {', '.join(waived)}"
    still = [one for one in comments if one.state is CommentState.OPEN]
    yield from (f"still open: {comment_line(one)}" for one in still[:_NAMED])
    if still[_NAMED:]:
        yield f"{plural(len(still) - _NAMED, 'more comment')} still open"
    if view.behind:
        yield f"{view.behind} behind: its guardrails run again before it lands"
    if index.hinders:
        yield f"it waits until you commit or stash {line(named(index.hinders))}"


def _left_out(files: Sequence[FileView], left: Collection[str]) -> Iterator[str]:
    """`2 hunks of src/a.py`, `all of b.txt`, `3 more`."""
    found: list[str] = []
    for file in files:
        gone = [mark in left for mark in marks_of(file)]
        if any(gone):
            much = "all" if all(gone) else plural(sum(gone), "hunk")
            found.append(f"{much} of {line(file.path)}")
    yield from found[:_NAMED]
    if found[_NAMED:]:
        yield f"{plural(len(found) - _NAMED, 'more file')}"


def _seconds(guardrails: Sequence[GuardrailStatus]) -> float:
    """About how long they take again, two at a time."""
    times = [status.expected or status.seconds for status in guardrails]
    return max(max(times, default=0.0), sum(times) / 2)
