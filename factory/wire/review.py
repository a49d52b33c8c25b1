"""A change's diff as data: an index of files and hunks, and the rows by number.

The structs that come by the thousand are hidden from the garbage collector (`gc=False`): they hold
nothing but text, numbers and tuples of their like, of which no cycle can be made.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from factory.model import Struct


class HunkView(Struct, gc=False):
    """One hunk of a review; `id` is a hash of its path and lines."""

    id: str
    row: int
    """Row of its heading in the whole diff."""
    rows: int
    heading: str = ""
    seen: bool = False
    left_out: bool = False
    """Whether it is put aside for accepting the rest."""
    fresh: bool = True
    """False where the developer has looked at exactly these lines before."""
    old: int = 0
    """First line it shows on the left, 1-based; 0 where it has none there."""
    new: int = 0
    """First line it shows on the right."""


class FileView(Struct, gc=False):
    """One file of a review, in reading order."""

    path: str
    old_path: str = ""
    """What a renamed file was called; empty for every other."""
    status: str = "M"
    """`A`, `M`, `D`, `R` (renamed), `T` (type), as git's raw diff says."""
    kind: str = "logic"
    """`logic`, `test`, `config`, `docs` or `folded` (generated, vendored, lock files)."""
    added: int = 0
    removed: int = 0
    row: int = 0
    rows: int = 0
    hunks: tuple[HunkView, ...] = ()
    notes: tuple[str, ...] = ()
    """What its lines do not show: `binary, 4 KB → 9 KB`, `mode 644 → 755`, `symlink to …`."""
    badges: tuple[str, ...] = ()
    """`test-edited`, `bidi characters`, `long lines`: what to look at twice."""
    critical: bool = False
    mark: str = ""
    """Id by which the whole file, in exactly this state, is marked as seen."""
    seen: bool = False
    left_out: bool = False


class RowKind(msgspec.Struct, frozen=True):
    """Namespace of the one-letter kinds of a `Row`."""

    FILE = "f"
    HUNK = "@"
    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"
    NOTE = "n"


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of a diff. `old` and `new` are 1-based line numbers, 0 where that side has none."""

    kind: str
    old: int
    new: int
    text: str
    file: int
    """Index of its file in `ReviewIndex.files`."""
    hunk: str = ""
    """Id of its hunk."""


class Look(StrEnum):
    """Which diff of a task is meant."""

    CHANGE = "change"
    """Tip → candidate: what would land."""
    DELTA = "delta"
    """What was last looked at → candidate."""
    RIVAL = "rival"
    """The candidate of another attempt at the same → this one's."""
    LIVE = "live"
    """Base → the worktree's files now."""


class ReviewIndex(Struct):
    """A change's diff without its lines: what it is, its files and hunks, and what it rests on."""

    task: str
    snapshot: str
    tip: str
    tree: str
    against: str
    """The tree on the left: the tip's, or the one last looked at."""
    rows: int
    files: tuple[FileView, ...] = ()
    delta: bool = False
    added: int = 0
    removed: int = 0
    hinders: tuple[str, ...] = ()
    """Files that are not committed in a checkout of the target: landing waits for them."""


class Rows(Struct):
    """Rows `first` … of a review, and which review: the trees of its index.

    A client shows them under no other index: what is accepted must be what was shown.
    """

    first: int
    rows: tuple[Row, ...]
    tree: str = ""
    against: str = ""


class MovedLines(Struct):
    """Lines that were taken out in one place and put in unchanged in another."""

    old: int
    """Row of the first one that was removed."""
    new: int
    """Row of the first one that was added."""
    rows: int
    """How many rows follow one another on both sides."""


class Mention(Struct):
    """A line of a candidate's file that has the words that were looked for."""

    path: str
    line: int
    """1-based."""
    text: str


class Mentions(Struct):
    """Where words stand in all files of a candidate."""

    found: tuple[Mention, ...] = ()
    more: bool = False
    """Whether there are more than these."""


class FileText(Struct):
    """A file of a candidate, to be read."""

    path: str
    text: str
    cut: bool = False
    """Whether only its beginning is here."""


class FileBytes(Struct):
    """A file on one side of a diff, as it is; `data` is empty where that side has none."""

    path: str
    data: bytes
    cut: bool = False
    """Whether it is larger than what is sent, and not here."""


class Found(Struct):
    """Where words stand in a diff: the hit that was asked for, and how many there are."""

    row: int = -1
    """Row of the hit; -1 where there is none."""
    number: int = 0
    """Which hit of how many, 1-based."""
    hits: int = 0
