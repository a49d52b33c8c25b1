"""The page that a review opens with: all that is known of a change, on one screen. Pure.

What was asked and what is claimed, what was done beyond it, the risk, the evidence, what became of
the developer's comments, and which files to look at first. What the screen has no room for gives
way from the least telling part on, and says that it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from textual.content import Content

from factory.model import Comment, CommentState, Struct, TaskState, Verdict
from factory.wire import FileView, ReviewIndex, TaskView
from tui import reviewlines
from tui.standing import why
from tui.text import ago, clean, line, money, plural, shorten_path, wrap
from tui.waiting import named
from tui.widgets.files import seen_state

_LABEL = 11
"""Cells of the column in which the parts are named."""
_PATH = 48
"""Cells that a path takes at most."""
_FILES = 100
"""Files that are looked at: no screen has lines for more."""
_MUTED, _WARNING, _ERROR = "$text-muted", "$text-warning", "$text-error"


class Part(Struct):
    """One part of the page: its name, its lines, and how many of them it cannot do without."""

    name: str
    lines: tuple[Content, ...]
    least: int = 1
    more: int = 0
    """Lines that it would have besides, where there are more than any screen holds."""


def page(
    view: TaskView, index: ReviewIndex, comments: Sequence[Comment], seen: Collection[str],
    *, width: int, height: int, now: float, whole: str, unchanged: bool = False,
) -> Content:  # fmt: skip
    """The page, `width` cells wide and at most `height` lines long.

    `whole` is the key that shows the whole change where the diff is what is new; `unchanged` says
    that it came back with the very lines that the developer has decided on.
    """
    room = max(width - _LABEL - 3, 20)
    found = (
        *_first(view, index, room, whole, unchanged=unchanged),
        *_parts(view, index, comments, seen, room, now),
    )
    parts = [part for part in found if part.lines]
    kept = _fitted(parts, height)
    airy = sum(kept) + len(parts) <= height
    rows: list[Content] = []
    for part, count in zip(parts, kept, strict=True):
        rows += [Content("")] * (airy and bool(rows))
        for number, text in enumerate(_cut(part, count)):
            name = part.name if number == 0 else ""
            rows.append(Content.assemble((f" {name:<{_LABEL}} ", _MUTED), text))
    return Content("\n").join(rows)


def _first(
    view: TaskView, index: ReviewIndex, room: int, whole: str, *, unchanged: bool
) -> Iterator[Part]:
    """Why it waits, where it is not simply ready, and what is new since the last look."""
    if view.task.state is TaskState.PARKED:
        ways = Content.styled(
            "feedback says what it shall do; a reject gives it up, and keeps its work", _MUTED
        )
        yield Part(name="waits", lines=(*_listed([why(view, 0.0)], room, _ERROR), ways), least=2)
    if index.delta:
        news = f"+{index.added} −{index.removed} in {plural(len(index.files), 'file')}"
        words = f"{news} since your last look; {whole} shows the whole change"
        yield Part(name="new", lines=(Content.styled(words, _WARNING),))
    elif unchanged:
        words = "no line has changed since you decided on it"
        yield Part(name="new", lines=(Content.styled(words, _WARNING),))


def _parts(
    view: TaskView, index: ReviewIndex, comments: Sequence[Comment], seen: Collection[str],
    room: int, now: float,
) -> Iterator[Part]:  # fmt: skip
    change, task = view.change, view.task
    title = Content.styled(line(task.title, room), "bold")
    spec = task.spec.strip().removeprefix(task.title).strip()
    yield Part(name="asked", lines=(title, *_words(spec, room)), least=1)
    if change is not None:
        note = change.handoff
        yield Part(name="it says", lines=_words(note.summary, room), least=2)
        yield Part(name="beyond task", lines=_listed(note.deviations, room, _WARNING))
        unproven = [f"“{claim}”: no command of its own shows it" for claim in note.unproven]
        yield Part(name="unproven", lines=_listed(unproven, room, _WARNING))
        yield Part(name="concerns", lines=_listed(note.concerns, room, _WARNING))
    yield Part(name="risk", lines=tuple(_risk(view, index, room)), least=3)
    yield Part(name="evidence", lines=tuple(_evidence(view, room)), least=2)
    yield Part(name="comments", lines=tuple(_comments(comments, room)), least=2)
    yield Part(name="so far", lines=(Content(_so_far(view, now)),))
    files = [file for file in index.files if file.kind != "folded"]
    lines = (*_files(files[:_FILES], seen, room), *_folded(index, room))
    yield Part(name="look at", lines=lines, least=4, more=len(files[_FILES:]))


def _words(text: str, room: int) -> tuple[Content, ...]:
    """Foreign prose, without its empty lines."""
    lines = wrap(clean(text, newlines=True), room)
    return tuple(Content(words) for words in lines if words.strip())


def _listed(words: Iterable[str], room: int, style: str) -> tuple[Content, ...]:
    return tuple(Content.styled(part, style) for one in words for part in wrap(line(one), room))


def _risk(view: TaskView, index: ReviewIndex, room: int) -> Iterator[Content]:
    """Whatever makes this change more than its lines, the worst first."""
    change = view.change
    found: list[tuple[str, str]] = []
    if change is not None:
        found += [(f"⚠ weakens {line(name)}", _ERROR) for name in change.weakened]
        found += [(f"⚠ {reviewlines.mark_line(mark)}", _ERROR) for mark in change.marks]
        found += [(f"new tests prove nothing: {line(named(change.idle))}", _WARNING)] * bool(
            change.idle
        )
        found += [(f"▲ critical: {line(named(change.critical))}", _WARNING)] * bool(change.critical)
        found += [(f"protected: {line(named(change.protected))}", _WARNING)] * bool(
            change.protected
        )
    found += [(f"! conflicts in {line(named(view.conflicts))}", _ERROR)] * bool(view.conflicts)
    found += [(f"touches what {line(named(view.overlaps))} touches", _WARNING)] * bool(
        view.overlaps
    )
    behind = f"~ {plural(view.behind, 'commit')} behind: its guardrails run again before it lands"
    found += [(behind, _WARNING)] * bool(view.behind)
    badges = Counter(badge for file in index.files for badge in file.badges)
    shown = [f"{line(name)} in {plural(count, 'file')}" for name, count in badges.items()]
    found += [(f"look twice: {named(shown, 4)}", _WARNING)] * bool(shown)
    if not found:
        yield Content.styled("nothing stands out", _MUTED)
    for words, style in found:
        yield Content.styled(line(words, room), style)


def _evidence(view: TaskView, room: int) -> Iterator[Content]:
    """Each guardrail with what it found, as many on a line as there is room for."""
    pieces = [
        Content.assemble(
            (f"{status.verdict.sign} ", reviewlines.COLOURS[status.verdict]),
            line(status.name),
            (f" {reviewlines.figures(status)}", _MUTED),
        )
        for status in sorted(view.guardrails, key=lambda one: one.verdict is Verdict.PASS)
    ]
    if not pieces:
        yield Content.styled("no guardrail has run on it", _WARNING)
    row = Content("")
    for piece in pieces:
        if row and row.cell_length + 2 + piece.cell_length > room:
            yield row
            row = Content("")
        row = Content.assemble(row, "  " if row else "", piece)
    if row:
        yield row


def _comments(comments: Sequence[Comment], room: int) -> Iterator[Content]:
    """How many of each state, then those that still want something."""
    counted = Counter(comment.state for comment in comments)
    words = [f"{counted[state]} {_SAID[state]}" for state in _SAID if counted[state]]
    if words:
        yield Content(" · ".join(words))
    for comment in comments:
        if comment.state in (CommentState.OPEN, CommentState.OUTDATED):
            still = f"! {_SAID[comment.state]}: {reviewlines.comment_line(comment)}"
            yield Content.styled(line(still, room), _WARNING)
        elif comment.state is CommentState.ANSWERED:
            answer = f"{reviewlines.comment_line(comment)} → {line(comment.reply)}"
            yield Content(line(answer, room))


_SAID = {
    CommentState.OPEN: "still open",
    CommentState.OUTDATED: "outdated",
    CommentState.ANSWERED: "answered",
    CommentState.ADDRESSED: "addressed",
    CommentState.DRAFT: "not sent yet",
}


def _so_far(view: TaskView, now: float) -> str:
    words = [money(view.spent, view.subscription)]
    words += [f"round {view.task.rounds}"] if view.task.rounds else []
    words += [f"agent {line(view.task.agent)}"] if view.task.agent else []
    words += [f"waits {ago(now - view.since)}"] if view.since else []
    return " · ".join(words)


def _files(files: Sequence[FileView], seen: Collection[str], room: int) -> Iterator[Content]:
    """A line for each file, in reading order."""
    width = max([len(file.path) for file in files], default=0)
    width = min(width, _PATH, max(room - 24, 12))
    for file in files:
        yield _file(file, seen, width, room)


def _folded(index: ReviewIndex, room: int) -> Iterator[Content]:
    """One line for all that is folded."""
    paths = [file.path for file in index.files if file.kind == "folded"]
    if paths:
        yield Content.styled(line(f"folded: {named(paths)}", room), _MUTED)


def _file(file: FileView, seen: Collection[str], width: int, room: int) -> Content:
    sign = "▲" if file.critical else "⚠" if file.badges else " "
    path = shorten_path(clean(file.path, exact=True), width)
    figures = f"+{file.added} −{file.removed}"
    why = named(("critical path",) * file.critical + file.badges + file.notes[:1], 2)
    rest = line(why or file.kind, max(room - width - len(figures) - 10, 8))
    return Content.assemble(
        (f"{sign} ", _WARNING),
        (f"{seen_state(file, seen)} ", _MUTED),
        f"{path:<{width}}  ",
        (f"{figures:<10} ", _MUTED),
        (rest, _WARNING if why else _MUTED),
    )


def _fitted(parts: Sequence[Part], height: int) -> list[int]:
    """How many lines each part gets: all of them, or down to what it cannot do without."""
    kept = [len(part.lines) for part in parts]
    while sum(kept) > height:
        spare = [count - part.least for part, count in zip(parts, kept, strict=True)]
        most = max(range(len(parts)), key=spare.__getitem__, default=0)
        if not parts or spare[most] <= 0:
            break
        kept[most] -= 1
    while sum(kept) > height and max(kept) > 1:
        kept[kept.index(max(kept))] -= 1
    return kept


def _cut(part: Part, count: int) -> Sequence[Content]:
    """The first lines; where some had to give way, the last one kept says so."""
    left = len(part.lines) - count + part.more
    if not left or not count:
        return part.lines[:count]
    return (
        *part.lines[: count - 1],
        Content.assemble(part.lines[count - 1], Content.styled(f" … {left} more", _MUTED)),
    )
