"""A change's diff as data: files in reading order, hunks, notes and badges, and rows by the page.

`read` looks at headings only; a line becomes a `Row` when a page with it is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from msgspec.structs import replace

from factory.git.comparisons import LINK, MODULE
from factory.globs import matches
from factory.model import Mark, Struct
from factory.review import badges, notes
from factory.review.badges import Badge
from factory.review.kinds import FileKind, is_test, kind_of
from factory.review.patch import Hunk, Part, line_text, parse, path_text
from factory.wire import FileView, HunkView, ReviewIndex, Row, RowKind

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
        self._newest: tuple[int, list[bytes], bytes] = (-1, [], b"")
        for number, (view, part) in enumerate(zip(files, parts, strict=True)):
            self._starts += [view.row, *(hunk.row for hunk in view.hunks)]
            self._blocks += [(number, None), *((number, hunk) for hunk in part.hunks)]

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
) -> Review:
    """The diff between two trees as git tells it.

    `raw` is `git diff-tree -r --raw -z --no-abbrev --no-renames`, `patch` is `git diff --text
    --full-index --no-renames --no-ext-diff --no-textconv --no-color` with at least three lines of
    context, of the same two trees. `sizes` are bytes by object id.
    `seen` are the ids the developer has marked (hunks and files), `looked` those of the hunks that
    were in a review looked at before. Raises GitError where the two do not belong together.
    """
    plain = badges.plain(patch)
    found: dict[str, list[str]] = {}
    for mark in marks:
        found.setdefault(mark.path, []).append(mark.kind)
    drafts: list[_Draft] = []
    for part in parse(raw, patch):
        path = path_text(part.path)
        kinds = tuple(dict.fromkeys(found.get(path, ())))
        is_critical = matches(path, critical)
        kind = FileKind(kind_of(path, folded))
        twice = (*kinds, *_badges(part, path, None if plain else patch, protected))
        view = FileView(
            path=path,
            status=part.status,
            kind=_unfolded(path, kind, kinds, is_critical),
            added=sum(hunk.added for hunk in part.hunks),
            removed=sum(hunk.removed for hunk in part.hunks),
            notes=notes.of_part(part, patch, sizes) + notes.of_badges(twice),
            badges=twice,
            critical=is_critical,
            mark=file_mark(path, part.new_oid, part.new_mode),
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


def _unfolded(path: str, kind: FileKind, marks: Sequence[str], critical: bool) -> FileKind:
    """The kind, but nothing critical or tampered with hides among generated files."""
    told = critical or any(_DEPENDENCY not in mark for mark in marks)
    if kind is FileKind.FOLDED and told:
        return FileKind.TEST if is_test(path) else FileKind.LOGIC
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


def _badges(
    part: Part, path: str, patch: bytes | None, protected: Sequence[str]
) -> Iterator[Badge]:
    """`patch` is None where nothing in all of it needs a second look."""
    edited = part.status != "A"
    if edited and is_test(path):
        yield Badge.TEST_EDITED
    elif matches(path, protected):
        yield Badge.PROTECTED
    if part.binary:
        yield Badge.BINARY
    if part.new_mode == LINK:
        yield Badge.LINK
    if MODULE in (part.old_mode, part.new_mode):
        yield Badge.MODULE
    if path.rsplit("/", 1)[-1] == ".gitattributes":
        yield Badge.ATTRIBUTES
    if not part.shown:
        yield Badge.UNSHOWN
    yield from badges.of_name(part.path)
    if patch is not None and part.hunks:
        yield from _text_badges(part, patch)


def _text_badges(part: Part, patch: bytes) -> tuple[Badge, ...]:
    text = b"".join(patch[hunk.start : hunk.end] for hunk in part.hunks)
    if badges.plain(text):
        return ()
    lines = text.split(b"\n")
    added = b"".join(line[1:] + b"\n" for line in lines if line.startswith(b"+"))
    removed = b"".join(line[1:] + b"\n" for line in lines if line.startswith(b"-"))
    return badges.of_text(added, removed) if added else ()
