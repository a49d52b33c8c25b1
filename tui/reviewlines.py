"""What a review says around the diff: what is decided on, and what it rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textual.content import Content

from factory.model import Comment, Mark, Verdict
from factory.wire import GuardrailStatus, ReviewIndex, TaskView
from tui.standing import progress, why
from tui.text import line, money, plural, took
from tui.waiting import meetings, named, overlaps

COLOURS = {
    Verdict.PASS: "$text-success",
    Verdict.FAIL: "$text-error",
    Verdict.ERROR: "$text-error",
    Verdict.FLAKY: "$text-error",
    Verdict.WAIVED: "$text-warning",
    Verdict.STALE: "$text-warning",
    Verdict.RUNNING: "$text-primary",
    Verdict.NOT_RUN: "$text-muted",
}


class Seen(NamedTuple):
    """How much of a diff was seen."""

    seen: int
    all: int
    left_out: int = 0
    """How many of all are left out of an accept."""


class Piece(NamedTuple):
    """A part of a line; those of the highest rank go first where room is short."""

    text: Content
    rank: int = 0


def one_line(pieces: Iterable[Piece], width: int) -> Content:
    """The pieces in their order, as many as there is room for."""
    kept = [piece for piece in pieces if piece.text]
    while len(kept) > 1 and sum(p.text.cell_length + 2 for p in kept) > width:
        least = max(kept, key=lambda piece: piece.rank)
        if not least.rank:
            break
        kept.remove(least)
    return Content.assemble(" ", Content("  ").join(piece.text for piece in kept))


def headline(
    view: TaskView, index: ReviewIndex, target: str, place: tuple[int, int], seen: Seen, width: int
) -> Content:
    """What is on the screen: which change, its size, its trees, its signs, its cost."""
    number, count = place
    change = view.change
    which = "since your last look" if index.delta else ""
    return one_line(
        (
            Piece(Content.assemble(f"{number}/{count} " if number else "", (_id(view), "bold"))),
            Piece(Content.styled(which, "$text-warning bold")),
            Piece(
                Content.assemble(
                    (f"+{index.added}", "$text-success"), " ", (f"−{index.removed}", "$text-error")
                )
            ),
            Piece(Content(f"{line(target)}@{index.tip[:7]}"), 7),
            Piece(Content(f"tree@{index.tree[:7]}"), 6),
            Piece(_signs(view.guardrails)),
            Piece(_marks(change.marks if change else ()), 2),
            Piece(Content(money(view.spent, view.subscription)), 4),
            Piece(Content(f"round {view.task.rounds}" if view.task.rounds else ""), 5),
            Piece(Content(f"seen {seen.seen}/{seen.all}"), 1),
            Piece(Content.styled(f"−{seen.left_out} left out" if seen.left_out else "", _WARNING)),
            Piece(Content.styled("later" if view.later else "", _MUTED), 3),
        ),
        width,
    )


def live_headline(view: TaskView, index: ReviewIndex, now: float, width: int) -> Content:
    """The same for what an agent has in its worktree at this moment."""
    return one_line(
        (
            Piece(Content.assemble(("live ", "$text-warning"), (_id(view), "bold"))),
            Piece(Content(f"+{index.added} −{index.removed}")),
            Piece(Content(plural(len(index.files), "file")), 2),
            Piece(Content(why(view, now)), 1),
        ),
        width,
    )


def concerns(view: TaskView, width: int) -> Content:
    """What to know before reading: what was done beyond the task, unproven, weakened, shared."""
    change = view.change
    if change is None:
        return Content("")
    note = change.handoff
    parts = (
        ("weakens", change.weakened, "$text-error"),
        ("conflicts", view.conflicts, "$text-error"),
        ("conflicts with", meetings(view), "$text-error"),
        ("overtaken by", (view.overtaken,) if view.overtaken else (), "$text-error"),
        ("beyond task", note.deviations, "$text-warning"),
        ("unproven", tuple(f'"{claim}"' for claim in note.unproven), "$text-warning"),
        ("new tests prove nothing", change.idle, "$text-warning"),
        ("concerns", note.concerns, "$text-warning"),
        ("moved under it", view.moved_files, "$text-warning"),
        ("overlaps", overlaps(view), "$text-warning"),
        ("other attempts", view.rivals, "$text-primary"),
        ("found", note.findings, "$text-muted"),
    )
    pieces = [
        Piece(Content.assemble((f"{name}: ", style), line(named(values, 2))), rank)
        for rank, (name, values, style) in enumerate(parts)
        if values
    ]
    if not pieces:
        return Content.styled(f" it says: {line(note.summary)}" if note.summary else "", _MUTED)
    return one_line(pieces, width)


def evidence(guardrails: Sequence[GuardrailStatus], width: int) -> Content:
    """The guardrails in one line: sign, name, figures."""
    pieces = [
        Piece(
            Content.assemble(
                (f"{status.verdict.sign} ", COLOURS[status.verdict]),
                line(status.name),
                (f" {figures(status)}", _MUTED),
            ),
            rank=1 if status.verdict is Verdict.PASS else 0,
        )
        for status in guardrails
    ]
    if not pieces:
        return Content.styled(" no guardrail has run on it", "$text-warning")
    return one_line(pieces, width)


def feedback_question(view: TaskView, comments: Sequence[Comment], remark: str) -> Content:
    """Everything that feedback would send."""
    lines = [f"\n  {comment_line(comment)}" for comment in comments]
    said = [f"\n  on the change: {line(remark)}"] if remark else []
    count = plural(len(comments), "comment") + (" and a remark" if remark else "")
    return Content.assemble(
        ("send feedback", "bold"), f" to {_id(view)}: {count}", *lines, *said, "\n"
    )


def reject_question(view: TaskView, undo: str) -> Content:
    """What a reject does; the key `undo` takes it back."""
    return Content.assemble(
        ("reject", "bold"),
        f" {_id(view)}? Nothing of it lands; its work is kept, {undo} brings it back",
    )


def comment_line(comment: Comment) -> str:
    """A comment in one line: where, what kind, the words."""
    anchor = comment.anchor
    where = f"{anchor.path}:{anchor.line}" if anchor.line else anchor.path or "the change"
    return line(f"{where} · {comment.kind}: {comment.text}")


def mark_line(mark: Mark) -> str:
    """A tamper mark in one line."""
    at = f":{mark.line}" if mark.line else ""
    return line(f"{mark.kind} {mark.path}{at}")


_MUTED, _WARNING = "$text-muted", "$text-warning"


def _id(view: TaskView) -> str:
    return line(view.task.id)


def _signs(guardrails: Sequence[GuardrailStatus]) -> Content:
    passed = sum(status.verdict is Verdict.PASS for status in guardrails)
    others = [status for status in guardrails if status.verdict is not Verdict.PASS]
    parts = [(f"✓{passed}", COLOURS[Verdict.PASS])] if passed else []
    parts += [(f" {s.verdict.sign}{line(s.name)}", COLOURS[s.verdict]) for s in others]
    return Content.assemble(*parts) if parts else Content.styled("○ unchecked", "$text-warning")


def _marks(marks: Sequence[Mark]) -> Content:
    kinds = tuple(dict.fromkeys(mark.kind for mark in marks))
    return Content.styled(f"⚠{len(marks)} {line(named(kinds, 1))}" if marks else "", "$text-error")


def figures(status: GuardrailStatus) -> str:
    """What a guardrail found, and how long it took; how far it is while it runs."""
    match status.verdict:
        case Verdict.NOT_RUN:
            return "not run"
        case Verdict.RUNNING:
            return progress(status)
        case _:
            words = line(status.summary, 40)
            return f"{words} {took(status.seconds)}".strip()
