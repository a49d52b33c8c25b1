"""The developer's comments as they stand under the lines that they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from factory.model import Anchor, Comment, CommentState
from factory.wire import FileView, Row, RowKind
from tui.text import clean, fit, plural, wrap

_Side = tuple[str, bool, int]


class Remarks:
    """The comments of a task by the line they stand under."""

    def __init__(self, comments: Iterable[Comment] = (), files: Iterable[FileView] = ()) -> None:
        self._lines: defaultdict[_Side, list[Comment]] = defaultdict(list)
        self._files: defaultdict[str, list[Comment]] = defaultdict(list)
        self.on_change: tuple[Comment, ...] = ()
        """Those about the change as a whole, or about a file that is not in it any more."""
        comments = tuple(comments)
        sent = (comment for comment in comments if comment.state is not CommentState.DRAFT)
        self._newest = max((comment.round for comment in sent), default=0)
        shown = tuple(files) if comments else ()
        spans = {file.path: _spans(file) for file in shown}
        now = {f.old_path: f.path for f in shown if f.old_path and f.old_path not in spans}
        on_change: list[Comment] = []
        for comment in comments:
            anchor = comment.anchor
            if anchor.path in now:
                anchor = replace(anchor, path=now[anchor.path])
            if anchor.path not in spans:
                on_change.append(comment)
            elif _in_diff(comment, spans[anchor.path]):
                self._lines[(anchor.path, anchor.new, anchor.end or anchor.line)].append(comment)
            else:
                self._files[anchor.path].append(comment)
        self.on_change = tuple(on_change)

    def under(self, row: Row, path: str) -> tuple[Comment, ...]:
        """The comments that stand under a row of a file."""
        if not self._lines and not self._files:
            return ()
        if row.kind == RowKind.FILE:
            return tuple(self._files.get(path, ()))
        if row.kind == RowKind.HUNK:
            return ()  # its numbers are those of its first line, which has its own row
        new = self._lines.get((path, True, row.new), ()) if row.new else ()
        old = self._lines.get((path, False, row.old), ()) if row.old else ()
        return (*new, *old)

    def settled(self, comment: Comment) -> bool:
        """Whether it is of an earlier round and asks for nothing any more."""
        return comment.round < self._newest and comment.state in _SETTLED


_SETTLED = (CommentState.ANSWERED, CommentState.ADDRESSED, CommentState.OUTDATED)


def _spans(file: FileView) -> tuple[tuple[int, int, int], ...]:
    """First line on the left, first line on the right, and rows, of each hunk."""
    return tuple((hunk.old, hunk.new, hunk.rows) for hunk in file.hunks)


def _in_diff(comment: Comment, spans: tuple[tuple[int, int, int], ...]) -> bool:
    anchor = comment.anchor
    if not anchor.line or comment.state is CommentState.OUTDATED:
        return False
    last = anchor.end or anchor.line
    return any(
        first <= last < first + rows
        for old, new, rows in spans
        for first in (new if anchor.new else old,)
    )


def remark_lines(comment: Comment, width: int, *, away: str = "", brief: bool = False) -> list[str]:
    """A comment as lines of at most `width` cells: kind, state, words, what was there, the reply.

    `away` names its place where it stands elsewhere, since this diff does not show its line.
    `brief` leaves one line of it.
    """
    about = _about(comment.anchor)
    if away:
        outdated = comment.state is CommentState.OUTDATED
        about = f" on {away}{' of an earlier round' if outdated else ', not shown here'}"
    head = f"you·{comment.kind} [{_state(comment)}]{about}: "
    text = clean(comment.text, newlines=True)
    if brief:
        return [fit(head + text.replace("\n", " "), width)]
    lines = wrap(head + text, width)
    for part in (*_was(comment), *_reply(comment)):
        lines.extend("  " + line for line in wrap(part, max(width - 2, 1)))
    return lines


def _state(comment: Comment) -> str:
    """Where it stands; since when, if it is open from an earlier round."""
    again = comment.state is CommentState.OPEN and 0 < comment.first < comment.round
    return f"still open from round {comment.first}" if again else str(comment.state)


def _was(comment: Comment) -> list[str]:
    """What its lines said, and that they are gone if nothing stands in their place."""
    if not comment.was:
        return []
    first, *rest = clean(comment.was, newlines=True).split("\n")
    more = f" ⋯ {plural(len(rest), 'more line')}" if rest else ""
    gone = "" if comment.anchor.line else "; it is gone"
    return [f"was: {first.strip()}{more}{gone}"]


def _reply(comment: Comment) -> list[str]:
    return [f"reply: {clean(comment.reply, newlines=True)}"] if comment.reply else []


def named_place(anchor: Anchor, *, in_file: bool) -> str:
    """`line 70` beside its own file, else `src/a.py:70`; empty for the change as a whole."""
    path = clean(anchor.path)
    if not anchor.line:
        return "" if in_file else path
    lines = _lines(anchor)
    return f"line{'s' if '-' in lines else ''} {lines}" if in_file else f"{path}:{lines}"


def _lines(anchor: Anchor) -> str:
    return f"{anchor.line}-{anchor.end}" if anchor.end > anchor.line else f"{anchor.line}"


def _about(anchor: Anchor) -> str:
    """What a comment is about, where its place does not say it."""
    if not anchor.path:
        return " on the change"
    if not anchor.line:
        return " on the file"
    return f" on lines {_lines(anchor)}" if anchor.end > anchor.line else ""
