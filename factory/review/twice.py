"""What to look at twice in a file: its badges, by both of its names and by the lines it adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factory.git.comparisons import LINK, MODULE
from factory.globs import matches
from factory.review import badges
from factory.review.badges import Badge
from factory.review.kinds import is_test
from factory.review.patch import Part, path_text


def badges_of(part: Part, patch: bytes | None, protected: Sequence[str]) -> tuple[Badge, ...]:
    """`patch` is None where nothing in all of it needs a second look."""
    return tuple(dict.fromkeys(_badges(part, patch, protected)))


def _badges(part: Part, patch: bytes | None, protected: Sequence[str]) -> Iterator[Badge]:
    # A renamed file is one that goes and one that comes: each name is asked what it would be
    # asked alone, or a test could leave its folder in silence.
    if part.old_path:
        yield from _of_place(path_text(part.old_path), protected, edited=True)
    path = path_text(part.path)
    yield from _of_place(path, protected, edited=part.status not in "AR")
    if part.binary:
        yield Badge.BINARY
    if part.new_mode == LINK:
        yield Badge.LINK
    if MODULE in (part.old_mode, part.new_mode):
        yield Badge.MODULE
    if ".gitattributes" in (path.rsplit("/", 1)[-1], path_text(part.old_path).rsplit("/", 1)[-1]):
        yield Badge.ATTRIBUTES
    if not part.shown:
        yield Badge.UNSHOWN
    yield from badges.of_name(part.path)
    if patch is not None and part.hunks:
        yield from _of_text(part, patch)


def _of_place(path: str, protected: Sequence[str], *, edited: bool) -> Iterator[Badge]:
    if edited and is_test(path):
        yield Badge.TEST_EDITED
    elif matches(path, protected):
        yield Badge.PROTECTED


def _of_text(part: Part, patch: bytes) -> tuple[Badge, ...]:
    text = b"".join(patch[hunk.start : hunk.end] for hunk in part.hunks)
    if badges.plain(text):
        return ()
    lines = text.split(b"\n")
    added = b"".join(line[1:] + b"\n" for line in lines if line.startswith(b"+"))
    removed = b"".join(line[1:] + b"\n" for line in lines if line.startswith(b"-"))
    return badges.of_text(added, removed) if added else ()
