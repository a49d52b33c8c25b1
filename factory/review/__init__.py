"""A change's diff as data: files in reading order, hunks, notes and badges, and rows by the page.

`read` looks at headings only; a line becomes a `Row` when a page with it is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b

from msgspec.structs import replace

from factory.globs import matches
from factory.model import Mark, Struct
from factory.review import badges, contents, generated, notes, searching, twice
from factory.review import moves as moved
from factory.review.kinds import FileKind, is_test, kind_of
from factory.review.patch import Hunk, Part, line_text, parse, path_text
from factory.review.searching import Span
from factory.wire import FileView, Found, HunkView, MovedLines, ReviewIndex, Row, RowKind

_ORDER = {kind: place for place, kind in enumerate(FileKind, start=2)}
_CRITICAL, _MARKED = 0, 1
_DEPENDENCY = "dependency"
_NO_NEWLINE = "no newline at end of file"


class Review:
    """One diff. Holds the patch's bytes and where things are in them."""

    def __init__(self, patch: bytes, files: Sequence[FileView], parts: Sequence[Part]) -> None:
        """`files` and `parts` go together, in reading order."""
        self.files = tuple(files)
        self.rows = sum(view.rows for view in files)
        self.added = sum(view.added for view in files)
        self.removed = sum(view.removed for view in files)
        self.parts = tuple(parts)
        self.patch = patch
        self._starts: list[int] = []
        self._blocks: list[tuple[int, Hunk | None]] = []
        spans: list[Span] = []
        self._newest: tuple[int, list[bytes], bytes] = (-1, [], b"")
        for number, (view, part) in enumerate(zip(files, parts, strict=True)):
            self._starts += [view.row, *(hunk.row for hunk in view.hunks)]
            self._blocks += [(number, None), *((number, hunk) for hunk in part.hunks)]
            hunks = zip(view.hunks, part.hunks, strict=True)
            spans += [Span(start=hunk.start, end=hunk.end, row=at.row) for at, hunk in hunks]
        self._spans = sorted(spans, key=lambda span: span.start)
        self._searched: tuple[str, tuple[int, ...]] = ("", ())

    @cached_property
    def moves(self) -> tuple[MovedLines, ...]:
        """What moved within the diff; takes some hundred milliseconds where it is very large."""
        return moved.moves(self._spans, self.patch)

    def find(self, words: str, start: int, *, back: bool = False) -> Found:
        """The next row with these words from row `start` on, or the one before, and round."""
        if self._searched[0] != words:
            rows = searching.hits(words, self.files, self._spans, self.patch)
            self._searched = words, rows
        return searching.nearest(self._searched[1], start, back=back)

    @property
    def size(self) -> int:
        """Bytes of the patch."""
        return len(self.patch)

    def index(
        self, *, task: str, snapshot: str, tip: str, tree: str, against: str, delta: bool = False
    ) -> ReviewIndex:
        """Everything but the lines, with what the diff rests on."""
        return ReviewIndex(
            task=task,
            snapshot=snapshot,
            tip=tip,
            tree=tree,
            against=against,
            rows=self.rows,
            files=self.files,
            delta=delta,
            added=self.added,
            removed=self.removed,
        )

    def page(self, first: int, count: int) -> tuple[Row, ...]:
        """Rows `first` … `first + count`, fewer where the diff ends.

        The text of a FILE row is the path and of a HUNK row the enclosing function; `old` and
        `new` of a HUNK row are where it starts.
        """
        at, end = max(first, 0), min(first + count, self.rows)
        rows: list[Row] = []
        while at < end:
            block = bisect_right(self._starts, at) - 1
            start = self._starts[block]
            stop = self._starts[block + 1] if block + 1 < len(self._starts) else self.rows
            rows += self._block(block, at - start, min(end, stop) - start)
            at = stop
        return tuple(rows)

    def _block(self, block: int, first: int, end: int) -> Iterator[Row]:
        number, hunk = self._blocks[block]
        if hunk is None:
            view = self.files[number]
            heads = [Row(RowKind.FILE, 0, 0, view.path, number)]
            heads += [Row(RowKind.NOTE, 0, 0, note, number) for note in view.notes]
            yield from heads[first:end]
            return
        if first == 0:
            heading = hunk.heading.decode("utf-8", "replace").rstrip("\ufffd")
            yield Row(RowKind.HUNK, hunk.old, hunk.new, heading, number, hunk.id)
        yield from self._lines(block, hunk, number, max(first - 1, 0), end - 1)

    def _lines(self, block: int, hunk: Hunk, number: int, first: int, end: int) -> Iterator[Row]:
        if self._newest[0] != block:
            lines = self.patch[hunk.start + 1 : hunk.end].split(b"\n")
            self._newest = (block, lines, b"".join(line[:1] or b" " for line in lines))
        _, lines, kinds = self._newest
        removed, added = kinds.count(b"-", 0, first), kinds.count(b"+", 0, first)
        context = kinds.count(b" ", 0, first)
        old, new = hunk.old + context + removed, hunk.new + context + added
        for line in lines[first:end]:
            kind, text = line[:1].decode() or RowKind.CONTEXT, line_text(line[1:])
            match kind:
                case RowKind.ADDED:
                    yield Row(kind, 0, new, text, number, hunk.id)
                    new += 1
                case RowKind.REMOVED:
                    yield Row(kind, old, 0, text, number, hunk.id)
                    old += 1
                case RowKind.CONTEXT:
                    yield Row(kind, old, new, text, number, hunk.id)
                    old, new = old + 1, new + 1
                case _:
                    yield Row(RowKind.NOTE, 0, 0, _NO_NEWLINE, number, hunk.id)


class _Draft(Struct):
    """A file before its place in the reading order is known."""

    part: Part
    view: FileView
    place: int


def read(
    raw: bytes,
    patch: bytes,
    sizes: Mapping[str, int],
    *,
    critical: Sequence[str] = (),
    folded: Sequence[str] = (),
    protected: Sequence[str] = (),
    marks: Sequence[Mark] = (),
    seen: frozenset[str] = frozenset(),
    looked: frozenset[str] = frozenset(),
    blobs: Mapping[str, bytes] | None = None,
    attributes: bytes = b"",
) -> Review:
    """The diff between two trees as git tells it.

    `raw` is `git diff-tree -r --raw -z --no-abbrev`, `patch` is `git diff --text --full-index
    --no-ext-diff --no-textconv --no-color` with at least three lines of context, of the same two
    trees, both with renames or both without. `sizes` are bytes by object id, `blobs` the contents
    that `contents.wanted` asked for, `attributes` the tip's `.gitattributes`.
    `seen` are the ids the developer has marked (hunks and files), `looked` those of the hunks that
    were in a review looked at before. Raises GitError where the two do not belong together.
    """
    text = None if badges.plain(patch) else patch
    known, rules = blobs or {}, generated.rules(attributes)
    found: dict[str, list[str]] = {}
    for mark in marks:
        found.setdefault(mark.path, []).append(mark.kind)
    drafts: list[_Draft] = []
    for part in parse(raw, patch):
        path, old_path = path_text(part.path), path_text(part.old_path)
        names = (old_path, path) if old_path else (path,)
        kinds = tuple(dict.fromkeys(kind for name in names for kind in found.get(name, ())))
        is_critical = any(matches(name, critical) for name in names)
        kind = _kind(names, folded)
        if contents.is_generated(part, rules, known):
            kind = FileKind.FOLDED
        look_at = (*kinds, *twice.badges_of(part, text, protected))
        said = (*notes.of_part(part, patch, sizes), *contents.told(part, known))
        view = FileView(
            path=path,
            old_path=old_path,
            status=part.status,
            kind=_unfolded(names, kind, kinds, is_critical),
            added=sum(hunk.added for hunk in part.hunks),
            removed=sum(hunk.removed for hunk in part.hunks),
            notes=said + notes.of_badges(look_at),
            badges=look_at,
            critical=is_critical,
            mark=file_mark(path_text(part.name), part.new_oid, part.new_mode),
        )
        drafts.append(_Draft(part=part, view=view, place=_place(view, kinds)))
    drafts.sort(key=lambda draft: (draft.place, *_within(draft)))
    return _placed(patch, drafts, seen, looked)


def file_mark(path: str, oid: str, mode: str = "") -> str:
    """The id by which a whole file is marked as seen, in exactly this state."""
    return blake2b(f"{path}\0{oid}\0{mode}".encode(), digest_size=8).hexdigest()


def _placed(
    patch: bytes, drafts: Sequence[_Draft], seen: frozenset[str], looked: frozenset[str]
) -> Review:
    """Give every file and hunk its first row."""
    files: list[FileView] = []
    row = 0
    for draft in drafts:
        view, first = draft.view, row
        whole = view.mark in seen
        row += 1 + len(view.notes)
        hunks: list[HunkView] = []
        for hunk in draft.part.hunks:
            hunks.append(
                HunkView(
                    id=hunk.id,
                    row=row,
                    rows=1 + hunk.lines,
                    heading=hunk.heading.decode("utf-8", "replace").rstrip("\ufffd"),
                    seen=whole or hunk.id in seen,
                    fresh=hunk.id not in looked,
                    old=hunk.old,
                    new=hunk.new,
                )
            )
            row += 1 + hunk.lines
        files.append(
            replace(
                view,
                row=first,
                rows=row - first,
                hunks=tuple(hunks),
                seen=whole or (bool(hunks) and all(hunk.seen for hunk in hunks)),
            )
        )
    return Review(patch, files, [draft.part for draft in drafts])


def _kind(names: Sequence[str], folded: Sequence[str]) -> FileKind:
    """The kind by the name that is read first: a new name hides nothing among what is skimmed."""
    return min((FileKind(kind_of(name, folded)) for name in names), key=_ORDER.__getitem__)


def _unfolded(
    names: Sequence[str], kind: FileKind, marks: Sequence[str], critical: bool
) -> FileKind:
    """The kind, but nothing critical or tampered with hides among generated files."""
    told = critical or any(_DEPENDENCY not in mark for mark in marks)
    if kind is FileKind.FOLDED and told:
        return FileKind.TEST if all(map(is_test, names)) else FileKind.LOGIC
    return kind


def _place(view: FileView, marks: Sequence[str]) -> int:
    if view.critical:
        return _CRITICAL
    if marks and view.kind != FileKind.FOLDED:
        return _MARKED
    return _ORDER[FileKind(view.kind)]


def _within(draft: _Draft) -> tuple[int, str]:
    """Logic by size, the largest first; what is skimmed by name."""
    view = draft.view
    by_size = draft.place <= _ORDER[FileKind.LOGIC]
    return (-(view.added + view.removed) if by_size else 0, view.path)
