"""What reading the delta of a round settles of the whole change. Pure.

The hunks of a delta are other hunks than those of the change, so a mark on one of them says
nothing of the other by itself. Whoever saw all of the earlier round, and now every line that
differs in a hunk of the change, has seen that hunk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from factory.wire import FileView, HunkView


def settled(
    change: Sequence[FileView], delta: Sequence[FileView], seen: Collection[str]
) -> frozenset[str]:
    """Ids of the change's hunks in which nothing of the delta is unseen.

    True only where all of the earlier round was seen. `seen` are ids of hunks and marks of files.
    """
    return frozenset(
        hunk.id
        for hunk, differing in _pairs(change, delta)
        if all(name in seen for name in differing)
    )


def touched(
    change: Sequence[FileView], delta: Sequence[FileView], marks: Collection[str]
) -> frozenset[str]:
    """Ids of the change's hunks that one of these hunks of the delta reaches into."""
    return frozenset(
        hunk.id
        for hunk, differing in _pairs(change, delta)
        if any(name in marks for name in differing)
    )


def _pairs(
    change: Sequence[FileView], delta: Sequence[FileView]
) -> Iterator[tuple[HunkView, tuple[str, ...]]]:
    """Each hunk of the change, with what of the delta is about the same lines."""
    differing = {file.path: file for file in delta}
    for file in change:
        other = differing.get(file.path)
        for hunk in file.hunks:
            found = [one for one in other.hunks if _meet(hunk, one)] if other else []
            # What differs without any lines, a mode say, may concern them all.
            whole = (other.mark,) if other and not other.hunks else ()
            yield hunk, (*whole, *(one.id for one in found))


def _meet(left: HunkView, right: HunkView) -> bool:
    """Whether two hunks may show a line of the new side in common.

    Rows of removed lines count as if they were on it: a meeting too many keeps a hunk unseen.
    """
    return left.new < right.new + right.rows and right.new < left.new + left.rows
