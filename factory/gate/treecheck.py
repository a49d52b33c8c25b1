"""The tree check: what no tree may hold, whatever the guardrails say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from factory.git.comparisons import LINK, MODULE, Changed

LARGEST = 20 << 20
"""Bytes of one file; a larger one is not a change that a person can review."""
MOST = 5_000
"""Changed files of one change."""

MOST_BYTES = 100 << 20
"""Bytes of one change, before and after: it is diffed and looked into as a whole."""

_SAID = 20
"""Sentences that an agent is told at once."""


def problems(
    changed: Sequence[Changed], *, sizes: Mapping[str, int], links: Mapping[str, str]
) -> tuple[str, ...]:
    """Sentences for the agent; none where the tree may go on to the guardrails.

    `links` gives the target of each new symlink by path, `sizes` the bytes of blobs by id.
    """
    found: list[str] = []
    if len(changed) > MOST:
        found.append(f"{len(changed)} files changed, and at most {MOST} may: make smaller changes")
    bulk = sum(sizes.get(change.old, 0) + sizes.get(change.new, 0) for change in changed)
    if bulk > MOST_BYTES:
        most = f"at most {MOST_BYTES >> 20} MB may"
        found.append(f"{bulk >> 20} MB changed, and {most}: keep data out of the repository")
    for change in changed[:MOST]:
        if change.status == "D":
            continue
        if (word := _of(change, sizes, links)) is not None:
            found.append(f"{change.path}: {word}")
    return tuple(found[:_SAID])


def refused(changed: Sequence[Changed], faults: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Sentences about what git would not let land, by object id and its own reason."""
    names = {change.new: change.path for change in changed}
    return tuple(
        f"{names.get(oid, 'the tree')}: git does not let it be pushed "
        f"({why.partition(': ')[2] or why}); take that out"
        for oid, why in faults
    )


def kept_elsewhere(paths: Collection[str]) -> tuple[str, ...]:
    """Sentences about files of git-lfs with new contents, for which no tree has a place."""
    return tuple(
        f"{path}: is a file of git-lfs, and a new content of one cannot land from here; put back "
        "what was there (`git show HEAD:<path>` says its pointer), or leave it to the developer"
        for path in sorted(paths)[:_SAID]
    )


def _of(change: Changed, sizes: Mapping[str, int], links: Mapping[str, str]) -> str | None:
    if change.new_mode == MODULE:
        return "is a git repository inside the tree; remove its .git folder, or the whole folder"
    if _is_git_name(change.path):
        return "has a name that git itself uses; choose another"
    if change.new_mode == LINK and _leaves(change.path, links.get(change.path, "")):
        return f"is a symlink out of the repository, to {links.get(change.path, '')!r}; remove it"
    if sizes.get(change.new, 0) > LARGEST:
        return f"is larger than {LARGEST >> 20} MB; keep it out of the repository"
    return None


def _is_git_name(path: str) -> bool:
    """Names that some file system takes for `.git`: case, trailing dots and NTFS short names."""
    parts = (part.rstrip(". ").casefold().split(":")[0] for part in path.split("/"))
    return any(part in (".git", "git~1") for part in parts)


def _leaves(path: str, target: str) -> bool:
    """Whether a symlink may lead out. Up goes first only: past another link `..` leads anywhere."""
    if target.startswith("/") or not target:
        return True
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((at for at, part in enumerate(parts) if part != ".."), len(parts))
    return ups > len(PurePosixPath(path).parts) - 1 or ".." in parts[ups:]
