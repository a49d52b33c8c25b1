"""What the lines of a diff do not show: modes, types, links, submodules, binary and empty files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from factory.git.comparisons import LINK, MODULE
from factory.review.patch import Part, path_text

_IN_A_HEADING = 2
"""Badges that a heading shows at 80 columns."""
_IN_A_NOTE = 52
"""Characters of them that a note shows there, beside the gutter."""


def of_part(part: Part, patch: bytes, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """The notes of one file, what became of it first; `sizes` are bytes by object id."""
    return (*_renamed(part), *_changes_of_mode(part), *_contents(part, patch, sizes))


def of_badges(badges: Sequence[str]) -> tuple[str, ...]:
    """All badges once more, where a heading may have no room for each."""
    if len(badges) <= _IN_A_HEADING:
        return ()
    return tuple(f"look twice: {words}" for words in wrap(", ".join(badges), _IN_A_NOTE))


def _renamed(part: Part) -> Iterator[str]:
    if not part.old_path:
        return
    lines = max(sum(hunk.added for hunk in part.hunks), sum(hunk.removed for hunk in part.hunks))
    if part.old_oid == part.new_oid:
        changed = "unchanged"
    elif part.binary or not lines:
        changed = "changed"
    else:
        changed = f"{lines} line{'s' if lines != 1 else ''} changed"
    yield f"renamed from {path_text(part.old_path)}, {changed}"


def _changes_of_mode(part: Part) -> Iterator[str]:
    old, new = part.old_mode, part.new_mode
    if not part.new_there:
        yield "deleted" if part.hunks or part.binary or old == MODULE else "deleted, was empty"
    elif not part.old_there:
        if new == "100755":
            yield "new, executable"
    elif part.status == "T":
        yield f"type changed: {_type(old)} → {_type(new)}"
    elif old != new:
        yield f"mode {old[-3:]} → {new[-3:]}"


def _contents(part: Part, patch: bytes, sizes: Mapping[str, int]) -> Iterator[str]:
    if MODULE in (part.old_mode, part.new_mode):
        sides = [
            oid[:7] if mode == MODULE else "none"
            for mode, oid in ((part.old_mode, part.old_oid), (part.new_mode, part.new_oid))
        ]
        yield f"submodule {sides[0]} → {sides[1]}: its files are not in this review"
    if part.new_mode == LINK and part.hunks:
        target = patch[part.hunks[-1].start : part.hunks[-1].end].rpartition(b"\n+")[2]
        yield "symlink to " + path_text(target.partition(b"\n")[0])
    if part.binary:
        yield "binary, " + " → ".join(_size(sizes.get(oid)) for oid in part.blobs)
    elif part.status == "A" and not part.hunks and part.shown:
        yield "new empty file"
    if not part.shown:
        yield "git shows no lines of this file"


def _type(mode: str) -> str:
    return {LINK: "symlink", MODULE: "submodule"}.get(mode, "file")


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    for unit, step in (("B", 1), ("KB", 1_000), ("MB", 1_000_000)):
        if size < step * 1_000:
            return f"{size / step:.0f} {unit}"
    return f"{size / 1_000_000_000:.1f} GB"
