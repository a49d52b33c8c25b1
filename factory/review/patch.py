"""What git says of two trees, as parts and hunks that point into the patch's own bytes. Pure.

The lines themselves are never touched here: a patch is searched for its headings only, which is
what lets a diff of 100,000 lines open as fast as a small one. Names come from the list of files
(`--raw -z`), in order, and never from the patch, where git quotes them. A line of content always
begins with a space, `+`, `-` or a backslash, so no file can forge a heading.
"""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

from factory.git.comparisons import MODULE, NO_FILE
from factory.model import GitError, Struct

_SECTION = b"\ndiff --git "
_HEADING = b"\n@@ -"
_RANGE = re.compile(rb"\n@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?([^\n]*)")
_INDEX = re.compile(rb"\nindex ([0-9a-f]{40,64})\.\.([0-9a-f]{40,64})")
_BINARY = re.compile(rb"\n(?:Binary files |GIT binary patch)")
_CONTEXT = 3
_FEW, _STRAY = 3, 100
"""So many NULs, and one byte in so many, may be in what is still text."""
_MOSTLY = 10
"""One byte in so many may be no ASCII text in what has NULs and is still text."""
_TEXT = bytes(range(32, 127)) + b"\t\n\r\f"


class Hunk(Struct, gc=False):
    """One hunk. Its lines are `patch[start:end]`: each with the newline that comes before it."""

    id: str
    old: int
    """First line on the left, 1-based; the line before it where it has none there."""
    new: int
    heading: bytes
    """The enclosing function, as git found it; may end in half a character."""
    start: int
    end: int
    added: int
    removed: int
    lines: int


class Part(Struct):
    """One changed file: its line of the list and its hunks."""

    path: bytes
    status: str
    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    hunks: tuple[Hunk, ...] = ()
    old_path: bytes = b""
    """What a renamed file was called; empty for every other."""
    shown: bool = True
    """False where the patch says nothing of a file whose contents differ."""
    binary: bool = False

    @property
    def name(self) -> bytes:
        """What its marks are made from.

        A file by another name, or that becomes a program, is another thing to look at.
        """
        names = (self.old_path, self.path) if self.old_path else (self.path,)
        remade = self.old_there and self.new_there and self.old_mode != self.new_mode
        return b"\0".join((*names, self.new_mode.encode()) if remade else names)

    @property
    def old_there(self) -> bool:
        """Whether the left tree has the file."""
        return self.old_mode != NO_FILE

    @property
    def new_there(self) -> bool:
        """Whether the right tree has the file."""
        return self.new_mode != NO_FILE

    @property
    def blobs(self) -> tuple[str, ...]:
        """Object ids of its contents, left before right; a submodule has none here."""
        sides = ((self.old_mode, self.old_oid), (self.new_mode, self.new_oid))
        return tuple(oid for mode, oid in sides if mode not in (NO_FILE, MODULE))


def parse(raw: bytes, patch: bytes) -> tuple[Part, ...]:
    """The changed files in git's order, each with the hunks that the patch has for it.

    Raises GitError where list and patch do not belong together: nothing is shown rather than a
    hunk under a wrong name.
    """
    spans = _sections(patch)
    identities = [_INDEX.search(patch, start, head) for start, head, _ in spans]
    has_nul = b"\0" in patch
    parts: list[Part] = []
    at = 0
    for part in _entries(raw):
        hunks: list[Hunk] = []
        binary = False
        taken = 0
        for old, new in _identities(part):
            if at >= len(spans) or not _is(identities[at], old, new):
                continue
            start, head, end = spans[at]
            binary = binary or _BINARY.search(patch, start, head) is not None
            hunks += _hunks(patch, part.name, head, end)
            at += 1
            taken += 1
        binary = binary or (has_nul and _is_binary(patch, hunks))
        parts.append(
            msgspec.structs.replace(
                part,
                hunks=() if binary else tuple(hunks),
                shown=taken > 0 or part.old_oid == part.new_oid,
                binary=binary,
            )
        )
    if at != len(spans):
        raise GitError(
            f"git's patch has {len(spans) - at} parts more than its list of files: "
            "the two were made from different trees; open the review again"
        )
    return tuple(parts)


def line_text(line: bytes) -> str:
    """Bytes as they go to the screen and into JSON: what is no UTF-8 becomes `\\xff`."""
    return line.decode("utf-8", "backslashreplace")


path_text = line_text


def _entries(raw: bytes) -> list[Part]:
    fields = iter(raw.split(b"\0"))
    parts: list[Part] = []
    for meta in fields:
        if not meta:
            break
        words = meta.decode("ascii", "replace").split(" ")
        if len(words) != 5 or not words[0].startswith(":"):
            raise GitError("git's list of changed files cannot be read; open the review again")
        old_mode, new_mode, old_oid, new_oid, status = words
        old_path = next(fields, b"") if status.startswith("R") else b""
        parts.append(
            Part(
                path=next(fields, b""),
                old_path=old_path,
                status=status[:1],
                old_mode=old_mode[1:],
                new_mode=new_mode,
                old_oid=old_oid,
                new_oid=new_oid,
            )
        )
    return parts


def _identities(part: Part) -> tuple[tuple[str, str], ...]:
    """What the sections of a file must be about: git shows a change of type as two of them."""
    if part.status == "T":
        nothing = "0" * len(part.old_oid)
        return ((part.old_oid, nothing), (nothing, part.new_oid))
    return ((part.old_oid, part.new_oid),)


def _is(found: re.Match[bytes] | None, old: str, new: str) -> bool:
    if found is None:  # only the mode changed
        return old == new
    return found[1] == old.encode() and found[2] == new.encode()


def _sections(patch: bytes) -> list[tuple[int, int, int]]:
    """Start, end of the header and end of each section; ends are without their newline."""
    if not patch:
        return []
    starts = [0]
    while (found := patch.find(_SECTION, starts[-1])) >= 0:
        starts.append(found + 1)
    ends = [start - 1 for start in starts[1:]]
    ends.append(len(patch) - patch.endswith(b"\n"))
    spans: list[tuple[int, int, int]] = []
    for start, end in zip(starts, ends, strict=True):
        head = patch.find(_HEADING, start, end)
        spans.append((start, end if head < 0 else head, end))
    return spans


def _hunks(patch: bytes, name: bytes, head: int, end: int) -> list[Hunk]:
    hunks: list[Hunk] = []
    seen: dict[str, int] = {}
    while head < end:
        following = patch.find(_HEADING, head + 1, end)
        stop = end if following < 0 else following
        ranges = _RANGE.match(patch, head, stop)
        if ranges is None:
            raise GitError("a hunk of git's patch cannot be read; open the review again")
        start = ranges.end()
        identity = _hunk_id(name, _core(patch, start, stop), seen)
        hunks.append(
            Hunk(
                id=identity,
                old=int(ranges[1]),
                new=int(ranges[2]),
                heading=ranges[3],
                start=start,
                end=stop,
                added=patch.count(b"\n+", start, stop),
                removed=patch.count(b"\n-", start, stop),
                lines=patch.count(b"\n", start, stop),
            )
        )
        head = stop
    return hunks


def _hunk_id(name: bytes, core: bytes, seen: dict[str, int]) -> str:
    identity = blake2b(name + b"\0" + core, digest_size=8).hexdigest()
    again = seen.get(identity, 0)
    seen[identity] = again + 1
    if again:  # the same lines twice in one file are two things to look at
        identity = blake2b(f"{identity} {again}".encode(), digest_size=8).hexdigest()
    return identity


def _core(patch: bytes, start: int, end: int) -> bytes:
    """The hunk's lines with at most three of context around them.

    So a hunk that was seen stays seen when more context is asked for.
    """
    changes = (patch.find(b"\n+", start, end), patch.find(b"\n-", start, end))
    first = min((at for at in changes if at >= 0), default=start)
    last = max(patch.rfind(b"\n+", start, end), patch.rfind(b"\n-", start, end))
    after = patch.find(b"\n", last + 1, end)
    for _ in range(_CONTEXT):
        if first > start:
            first = patch.rfind(b"\n", start, first)
    for _ in range(_CONTEXT):
        if 0 <= after < end:
            past = patch.find(b"\n", after + 1, end)
            after = end if past < 0 else past
    return patch[first : end if after < 0 else after]


def _is_binary(patch: bytes, hunks: list[Hunk]) -> bool:
    """Whether lines with NULs are no text: stray bytes must not hide a script from its reader."""
    lines = b"".join(patch[hunk.start : hunk.end] for hunk in hunks)
    nuls = lines.count(0)
    if not nuls:
        return False
    if nuls > _FEW and nuls * _STRAY > len(lines):
        return True
    strange = len(lines.translate(None, delete=_TEXT)) - nuls
    return strange * _MOSTLY > len(lines) and not is_utf8(lines)


def is_utf8(text: bytes) -> bool:
    """Whether bytes are text as everybody writes it."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
