"""One commit through the review: read, drawn to its last line, both sides rebuilt from its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from rich.cells import cell_len
from rich.style import Style

from factory import review
from factory.git.command import Git
from factory.git.comparisons import LINK, MODULE, NO_FILE, Changed, Comparisons, parse_raw
from factory.git.texts import Texts
from factory.model import FactoryError, Struct
from factory.review import Review, contents
from factory.review.patch import line_text
from factory.wire import Row, RowKind
from tests.histories.sources import Commit
from tui.diff import supply
from tui.diff.document import Document
from tui.diff.geometry import Spot
from tui.diff.pages import PAGE
from tui.diff.paint import Flag, Palette, Sheet

WIDTHS = (80, 160)
WHOLE = 100_000
"""Lines of context with which a file's diff is the whole file."""


class Read(Struct):
    """What one commit came to."""

    files: int = 0
    rows: int = 0
    """Rows at three lines of context."""
    rebuilt: int = 0
    """Sides of files that were reproduced byte for byte."""
    foreign: int = 0
    """Sides that are no UTF-8, reproduced as they are written out."""
    told: int = 0
    """Files that are told in words: binary ones, links, submodules."""
    renamed: int = 0
    suffixes: frozenset[str] = frozenset()
    wrong: tuple[str, ...] = ()


class Repository(Comparisons, Texts):
    """Trees and blobs of one repository, as the engine asks for them."""


async def read(git_dir: Path, commit: Commit) -> Read:
    """Everything that is wrong with the review of one commit, and how much there was to it."""
    repository = Repository(Git(git_dir))
    try:
        found, changed = await _review(repository, commit, 3)
        whole, _ = await _review(repository, commit, WHOLE)
        rows = found.page(0, found.rows)
        wrong = [what for width in WIDTHS for what in await drawn(found, rows, width)]
        wrong += await drawn(whole, whole.page(0, whole.rows), WIDTHS[1])
        read = await _rebuilt(repository, whole, changed)
    except (FactoryError, LookupError, ValueError, TypeError, ArithmeticError) as error:
        return Read(wrong=(f"{commit.right[:9]}: {type(error).__name__}: {error}",))
    return Read(
        files=len(found.files),
        rows=found.rows,
        rebuilt=read.rebuilt,
        foreign=read.foreign,
        told=read.told,
        renamed=sum(bool(file.old_path) for file in found.files),
        suffixes=frozenset(PurePosixPath(f.path).suffix or "none" for f in found.files),
        wrong=tuple(f"{commit.right[:9]}: {what}" for what in (*wrong, *read.wrong)),
    )


async def _review(
    repository: Repository, commit: Commit, context: int
) -> tuple[Review, dict[str, Changed]]:
    raw, patch = await asyncio.gather(
        repository.raw(commit.left, commit.right, renames=True),
        repository.patch(commit.left, commit.right, context=context, renames=True),
    )
    changed = parse_raw(raw)
    sizes = await repository.sizes(tuple(oid for one in changed for oid in one.blobs))
    blobs = await repository.blobs(contents.wanted(changed, sizes))
    return review.read(raw, patch, sizes, blobs=blobs), {one.path: one for one in changed}


async def texts(git_dir: Path, tree: str) -> list[list[str]]:
    """The lines of the text files of a tree, of those that are neither tiny nor huge."""
    git = Git(git_dir)
    listed = (await git("ls-tree", "-r", "-z", "--format=%(objecttype) %(objectname)", tree)).names
    oids = tuple(dict.fromkeys(line.split(" ")[1] for line in listed if line.startswith("blob")))
    repository = Repository(git)
    sizes = await repository.sizes(oids)
    blobs = await repository.blobs(tuple(o for o in oids if 400 < sizes[o] < 200_000))
    found = [blob.decode().split("\n") for blob in blobs.values() if blob.isascii()]
    return [lines for lines in found if len(lines) > 20]


# --- drawn ---------------------------------------------------------------------------------


async def drawn(found: Review, rows: Sequence[Row], width: int) -> list[str]:
    """Display lines that are not exactly as wide as the window, or that could not be drawn."""
    index = found.index(task="t", snapshot="s", tip="c", tree="r", against="l")
    document = Document(index, _nobody, Sheet(width, wrap=width == WIDTHS[0]))
    palette = Palette(lambda name: Style())
    wrong: list[str] = []
    for first in range(0, len(rows), PAGE):
        document.pages.keep(first // PAGE, rows[first : first + PAGE])
        numbers = range(first, min(first + PAGE, len(rows)))
        if width == WIDTHS[0]:
            wanted = supply.plain(document, [Spot(number) for number in numbers])
            await document.colours.fill(wanted.lines, wanted.pairs)
        for number in numbers:
            for line in range(document.lines(number)):
                segments = document.segments(Spot(number, line), Flag(0), palette)
                text = "".join(segment.text for segment in segments)
                if cell_len(text) > width or not text.isprintable():
                    wrong.append(f"row {number} at {width} columns: {text!r}")
    return wrong


async def _nobody(first: int, count: int) -> Sequence[Row]:
    raise AssertionError("every row is there")


# --- rebuilt -------------------------------------------------------------------------------


async def _rebuilt(repository: Repository, found: Review, changed: dict[str, Changed]) -> Read:
    rows = found.page(0, found.rows)
    rebuilt = foreign = told = 0
    wrong: list[str] = []
    if {view.path for view in found.files} != set(changed):
        wrong.append("other files than git names")
    for number, view in enumerate(found.files):
        one = changed[view.path]
        if "binary" in view.badges or {LINK, MODULE} & {one.old_mode, one.new_mode}:
            told += 1
            continue
        if one.old == one.new:  # another name or mode: there are no lines, and they say so
            wrong += [] if view.notes and not view.hunks else [f"{view.path}: not said"]
            continue
        blobs = await repository.blobs(one.blobs)
        mine = [row for row in rows[view.row : view.row + view.rows] if row.file == number]
        sides = ((one.old_mode, one.old, "-"), (one.new_mode, one.new, "+"))
        for mode, oid, sign in sides:
            if mode == NO_FILE:
                continue
            same, is_foreign = _is(blobs[oid], _side(mine, sign))
            rebuilt, foreign = rebuilt + (same and not is_foreign), foreign + is_foreign
            wrong += [] if same else [f"{view.path}: its {sign} side is not rebuilt"]
    return Read(rebuilt=rebuilt, foreign=foreign, told=told, wrong=tuple(wrong))


def _side(rows: Sequence[Row], sign: str) -> str:
    """The text of one side, by the rows alone."""
    pieces: list[str] = []
    last = ""
    for row in rows:
        if row.kind in (RowKind.CONTEXT, sign):
            pieces += [row.text, "\n"]
        elif row.kind == RowKind.NOTE and row.hunk and last in (RowKind.CONTEXT, sign):
            pieces.pop()  # no newline after the line before
        last = row.kind
    return "".join(pieces)


def _is(blob: bytes, text: str) -> tuple[bool, bool]:
    """Whether a text is a blob byte for byte, and whether the blob is no UTF-8."""
    try:
        blob.decode()
    except UnicodeDecodeError:
        return line_text(blob) == text, True
    return text.encode() == blob, False
