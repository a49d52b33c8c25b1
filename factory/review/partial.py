"""A part of a diff: which files and hunks are left out, and what a file holds without them. Pure.

A file is made anew from its old bytes and the hunks that stay, byte for byte: what a hunk says was
there must be there, and all hunks together must give the new bytes, or nothing is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from factory.git.comparisons import LINK
from factory.model import GitError, NotNowError, Struct
from factory.review import Review
from factory.review.patch import Hunk, Part, line_text, path_text
from factory.wire import FileView

_QUOTED = 60
"""Lines of a hunk, or of a file's hunks together, that are quoted at most."""
_BARE = b"\\"
"""How the line begins that says of the one before: it ends without a newline."""


class Without(Struct):
    """A file of which something is left out."""

    part: Part
    view: FileView
    kept: tuple[Hunk, ...] = ()
    left: tuple[Hunk, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the file stays as it was: name, mode and contents."""
        return not self.kept


def chosen(review: Review, ids: Collection[str]) -> tuple[Without, ...]:
    """The files of which something is left out, in the order of the review.

    Raises NotNowError where an id is none of this diff's, and where nothing or all is left out.
    """
    found: list[Without] = []
    known: set[str] = set()
    for view, part in zip(review.files, review.parts, strict=True):
        own = {hunk.id for hunk in part.hunks}
        known |= own | {view.mark}
        if view.mark in ids or (own and own <= set(ids)) or (own & set(ids) and _one(part)):
            found.append(Without(part=part, view=view, left=part.hunks))
        elif own & set(ids):
            kept = tuple(hunk for hunk in part.hunks if hunk.id not in ids)
            left = tuple(hunk for hunk in part.hunks if hunk.id in ids)
            found.append(Without(part=part, view=view, kept=kept, left=left))
    if not set(ids) <= known:
        raise NotNowError("what was left out is not in this change any more; look again")
    if not found:
        raise NotNowError("nothing is left out; a accepts the change as it is")
    if len(found) == len(review.files) and all(one.whole for one in found):
        raise NotNowError("nothing would be left of it; x rejects it, f sends it back")
    return tuple(found)


def _one(part: Part) -> bool:
    """Whether a file goes or stays in one piece: new, deleted, of another type, or a link."""
    return part.status not in ("M", "R") or LINK in (part.old_mode, part.new_mode) or part.binary


def applied(old: bytes, patch: bytes, hunks: Sequence[Hunk]) -> bytes:
    """What a file holds with these of its hunks.

    Raises GitError where a hunk does not stand on exactly these bytes.
    """
    lines = _lines(old)
    made: list[bytes] = []
    at = 0
    for hunk in hunks:
        before, after = _sides(patch[hunk.start + 1 : hunk.end])
        start = hunk.old - 1 if before else hunk.old
        if start < at or lines[start : start + len(before)] != before:
            raise GitError("a hunk does not fit the file that it was made from; open it again")
        made += lines[at:start]
        made += after
        at = start + len(before)
    return b"".join((*made, *lines[at:]))


def _lines(text: bytes) -> list[bytes]:
    """Lines with their newlines; nothing but a newline ends one."""
    found = [line + b"\n" for line in text.split(b"\n")]
    last = found.pop()[:-1]
    return [*found, last] if last else found


def _sides(body: bytes) -> tuple[list[bytes], list[bytes]]:
    """The lines of a hunk before and after, each with the newline that it has in its file."""
    sides: dict[bytes, list[bytes]] = {b"-": [], b"+": []}
    last: tuple[bytes, ...] = ()
    for line in body.split(b"\n"):
        sign = line[:1] or b" "
        if sign == _BARE:
            for side in last:
                sides[side][-1] = sides[side][-1].removesuffix(b"\n")
            continue
        last = (b"-", b"+") if sign == b" " else (sign,)
        for side in last:
            sides[side].append(line[1:] + b"\n")
    return sides[b"-"], sides[b"+"]


def remainder(patch: bytes, left: Sequence[Without]) -> str:
    """What was left out, in words for the agent whose change it was."""
    said = [
        "The developer has taken over a part of your change: all of it is on the target but what "
        "follows. Your files are as you left them. Rework what was left out as the developer asks "
        "for, or put those places back to how they were, and finish with a new handoff.",
    ]
    for one in left:
        said.append(f"\nLeft out of {path_text(one.part.path)}{_which(one)}:")
        said += _quoted(patch, one.left)
    return "\n".join(said)


def _which(one: Without) -> str:
    return ", all of it" if one.whole else ""


def _quoted(patch: bytes, hunks: Sequence[Hunk]) -> Iterator[str]:
    lines = [
        f"   > {line_text(line)}"
        for hunk in hunks
        for line in patch[hunk.start + 1 : hunk.end].split(b"\n")
    ]
    yield from lines[:_QUOTED]
    if lines[_QUOTED:]:
        yield f"   > … {len(lines) - _QUOTED} more lines"
