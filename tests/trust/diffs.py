"""Random pairs of trees: the review's rows rebuild the right side, and count as git counts."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess  # noqa: TID251 - trees are made, and lines counted, by git itself
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from factory import review
from factory.git.command import Git
from factory.git.comparisons import Comparisons
from factory.model import GitError, Struct
from factory.review import Review
from factory.review.patch import line_text
from factory.wire import Row, RowKind
from tests.trees import FILE, LINK, MODULE, PROGRAM, File
from tests.trust.base import Control, Outcome
from tui.diff.document import Document
from tui.diff.pages import PAGE
from tui.diff.paint import Sheet

QUICKLY, WHOLLY = 160, 10_000
BROKENLY = 40
"""Pairs for each reader that is broken on purpose."""
TOGETHER = 8
"""Pairs that are looked at together."""

Tree = Mapping[bytes, File]

LINES = (
    b"", b"a", b"b", b"c", b"  d", b"a\rb", b"e\r", b"\r", b"\x0c", b"caf\xe9", "é".encode(),
    b"\xff", b"-- a", b"++ b", b"@@ -1 +1 @@", b"diff --git a/x b/x", b"index 1..2", b"+++ b/x",
    b"--- a/x", b"\\ No newline at end of file", b"x\0y", b"\t", b" ", "\u2028".encode(), b"\x1c",
    b"\x85", b"\x0b", "\u202e".encode(), b"GIT binary patch", b"Binary files a and b differ",
    b"z" * 300,
)  # fmt: skip
NAMES = (
    b"a.py", b"with space.py", b'quo"te', b"tab\t", b"new\nline", b"\xff\xfe", b"\\", b"-rf",
    b"x.lock", "ünï.md".encode(), b"a => b", b"{x}", b" b", b"@@ -1 +1 @@", b"src/a.py",
    b"d\xff/c", b"vendor/x", b"CR\r", b".gitattributes",
)  # fmt: skip
ATTRIBUTES = (b"* -diff\n", b"* binary\n", b"* eol=crlf\n", b"* diff=python\n", b"* -text\n")


# --- trees ---------------------------------------------------------------------------------


def pair(chance: random.Random) -> tuple[Tree, Tree]:
    """Two trees of a few files; the right one is mostly the left one, edited."""
    left = {name: _file(chance, name) for name in chance.sample(NAMES, chance.randrange(6))}
    right = {}
    for name, file in left.items():
        match chance.randrange(11):
            case 0:
                continue
            case 10:
                moved = chance.choice(NAMES)
                right[moved] = file if chance.randrange(2) else _edited(chance, file)
            case 1 | 2:
                right[name] = file
            case 3:
                right[name] = _file(chance, name)
            case _:
                right[name] = _edited(chance, file)
    for name in chance.sample(NAMES, chance.randrange(3)):
        right.setdefault(name, _file(chance, name))
    return _consistent(left), _consistent(right)


def _consistent(tree: Tree) -> Tree:
    """No path is a folder and a file."""
    return {p: f for p, f in tree.items() if not any(o.startswith(p + b"/") for o in tree)}


def _file(chance: random.Random, name: bytes) -> File:
    if name == b".gitattributes":
        return File(contents=chance.choice(ATTRIBUTES))
    match chance.randrange(14):
        case 0:
            return File(contents=chance.choice((b"a", b"../b", b"\xff", b"a\nb\n")), mode=LINK)
        case 1:
            return File(contents=chance.choice((b"a" * 40, b"b" * 40)), mode=MODULE)
        case 2:
            return File(contents=chance.randbytes(chance.randrange(300)))
    mode = PROGRAM if chance.randrange(5) == 0 else FILE
    return File(contents=_text(chance, chance.choices(LINES, k=chance.randrange(40))), mode=mode)


def _text(chance: random.Random, lines: Sequence[bytes]) -> bytes:
    end = chance.choice((b"\n", b"\n", b"\n", b"", b"\r\n"))
    return b"\n".join(lines) + end if lines else b""


def _edited(chance: random.Random, file: File) -> File:
    if file.mode in (LINK, MODULE):
        return _file(chance, b"")
    lines = file.contents.split(b"\n")
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(lines) + 1)
        lines[at : at + chance.randrange(3)] = chance.choices(LINES, k=chance.randrange(3))
    if chance.randrange(6) == 0:
        lines = [line + b"\r" for line in lines]
    mode = chance.choice((file.mode, file.mode, FILE, PROGRAM))
    return File(contents=b"\n".join(lines), mode=mode)


def imported(pairs: Sequence[tuple[Tree, Tree]]) -> Iterator[bytes]:
    """The stream that makes branches `l0`, `r0`, `l1`, … of them."""
    for number, sides in enumerate(pairs):
        for side, tree in zip("lr", sides, strict=True):
            yield f"commit refs/heads/{side}{number}\ncommitter a <a@b.invalid> 0 +0000\n".encode()
            yield b"data 0\n"
            for path, file in tree.items():
                quoted = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
                if file.mode == MODULE:
                    yield b"M 160000 %s %s\n" % (file.contents, quoted)
                else:
                    yield b"M %s inline %s\n" % (file.mode.encode(), quoted)
                    yield b"data %d\n%s\n" % (len(file.contents), file.contents)
            yield b"\n"


class Folder:
    """A bare repository with many pairs in it."""

    def __init__(self, path: Path, pairs: Sequence[tuple[Tree, Tree]]) -> None:
        self.path = path
        self.git("init", "-q", "--bare", str(path), at=path.parent)
        self.git("fast-import", "--quiet", given=b"".join(imported(pairs)))
        # What git counts no lines of is binary to it; here it shall count every file as text.
        self.all_text = path / "all-text"
        self.all_text.write_text("* diff\n")

    def git(self, *words: str, given: bytes = b"", at: Path | None = None) -> bytes:
        done = subprocess.run(
            ("git", *words), cwd=at or self.path, input=given, check=True, capture_output=True
        )
        return done.stdout

    async def counted(self, left: str, right: str) -> dict[str, tuple[int, int]]:
        """Lines added and removed by path, as git counts them with every file taken as text."""
        git = Git(self.path)
        found = await git(
            "diff", "--numstat", "-z", "--find-renames", "--text", "--no-ext-diff", "--no-textconv",
            left, right, settings=(f"core.attributesFile={self.all_text}",),
        )  # fmt: skip
        counted = {}
        entries = iter(found.out.split(b"\0")[:-1])
        for entry in entries:
            added, removed, path = entry.split(b"\t", 2)
            if not path:  # renamed: the old name and the new one follow
                next(entries)
                path = next(entries)
            counted[line_text(path)] = (int(added), int(removed))
        return counted


# --- what must be so -----------------------------------------------------------------------


class Looked(Struct):
    """What a pair came to: what is wrong, its files, how many are binary and renamed."""

    wrong: tuple[str, ...]
    files: int
    binary: int
    renamed: int = 0


def faults(
    sides: tuple[Tree, Tree], found: Review, counted: Mapping[str, tuple[int, int]]
) -> Looked:
    """Everything in which a review is not what lands."""
    rows = found.page(0, found.rows)
    names = {line_text(path): path for tree in sides for path in tree}
    changed = {
        line_text(path) for path in names.values() if sides[0].get(path) != sides[1].get(path)
    }
    told = {name for view in found.files for name in (view.path, view.old_path) if name}
    wrong = [] if told == changed else ["other files"]
    binary = 0
    for number, view in enumerate(found.files):
        old, new = sides[0].get(names[view.old_path or view.path]), sides[1].get(names[view.path])
        mine = [row for row in rows if row.file == number]
        if "binary" in view.badges:
            binary += 1
            nul = any(b"\0" in file.contents for file in (old, new) if file)
            wrong += [] if nul else [f"{view.path} is taken for binary"]
            continue
        if applied(_lines(old), mine) != _lines(new):
            wrong.append(f"{view.path}: the rows do not rebuild it")
        kinds = [row.kind for row in mine]
        if view.status == "T":  # git counts it as a change from the one text to the other
            expected = len(_split(new)), len(_split(old))
        else:
            expected = counted.get(view.path, (0, 0))
        if not expected == (view.added, view.removed) == (kinds.count("+"), kinds.count("-")):
            wrong.append(f"{view.path}: {view.added} and {view.removed} lines, not {expected}")
        last = any(row.new == len(_split(new)) and row.new for row in mine)
        same = view.status != "T" and _ends(old)
        if new and new.contents and _ends(new) != (_told(mine) if last else same):
            wrong.append(f"{view.path}: how it ends is not shown")
    renamed = sum(bool(view.old_path) for view in found.files)
    return Looked(
        wrong=tuple(wrong + painted(found, rows)),
        files=len(found.files),
        binary=binary,
        renamed=renamed,
    )


def _split(file: File | None) -> list[bytes]:
    if file is None or not file.contents:
        return []
    text = b"Subproject commit " + file.contents + b"\n" if file.mode == MODULE else file.contents
    lines = text.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _lines(file: File | None) -> list[str]:
    return [line_text(line) for line in _split(file)]


def _ends(file: File | None) -> bool:
    """Whether a file lacks its last newline."""
    return bool(
        file and file.mode != MODULE and file.contents and not file.contents.endswith(b"\n")
    )


def _told(rows: Sequence[Row]) -> bool:
    """Whether the last line of the right side is said to lack its newline."""
    for before, row in pairwise(rows):
        if row.kind == RowKind.NOTE and row.hunk and before.kind != RowKind.REMOVED:
            return True
    return False


def applied(old: Sequence[str], rows: Sequence[Row]) -> list[str] | None:
    """The left side with the rows applied; None where they do not fit it."""
    new: list[str] = []
    at = 0
    for row in rows:
        if row.kind == RowKind.HUNK:
            new += old[at : max(row.old - 1, at)]
            at = max(row.old - 1, at)
        if row.kind in (RowKind.CONTEXT, RowKind.REMOVED):
            if at >= len(old) or (row.text, row.old) != (old[at], at + 1):
                return None
            at += 1
        if row.kind in (RowKind.CONTEXT, RowKind.ADDED):
            new.append(row.text)
            if row.new != len(new):
                return None
    return new + list(old[at:])


def painted(found: Review, rows: Sequence[Row]) -> list[str]:
    """Code rows that the screen would not draw whole, one under the other."""
    index = found.index(task="t", snapshot="s", tip="c", tree="r", against="l")
    document = Document(index, _nobody, Sheet(80, wrap=True))
    for first in range(0, len(rows), PAGE):
        document.pages.keep(first // PAGE, rows[first : first + PAGE])
    wrong = []
    for number, row in enumerate(rows):
        if row.kind not in (RowKind.ADDED, RowKind.REMOVED, RowKind.CONTEXT):
            continue
        cuts = document.sheet.cuts(row.text)
        joined = [cut.start for cut in cuts[1:]] == [cut.end for cut in cuts[:-1]]
        if not joined or cuts[0].start or document.lines(number) != len(cuts):
            wrong.append(f"row {number} is not drawn whole")
    return wrong


async def _nobody(first: int, count: int) -> Sequence[Row]:
    raise AssertionError("every row is there")


# --- the trial -----------------------------------------------------------------------------


async def _look(folder: Folder, number: int, sides: tuple[Tree, Tree]) -> Looked:
    left, right = f"l{number}^{{tree}}", f"r{number}^{{tree}}"
    comparisons = Comparisons(Git(folder.path))
    raw, patch, counted = await asyncio.gather(
        comparisons.raw(left, right, renames=True),
        comparisons.patch(left, right, renames=True),
        folder.counted(left, right),
    )
    try:
        return faults(sides, review.read(raw, patch, {}), counted)
    except GitError as error:
        return Looked(wrong=(str(error),), files=0, binary=0)


async def _all(pairs: Sequence[tuple[Tree, Tree]]) -> list[Looked]:
    path = Path(tempfile.mkdtemp(prefix="ft-"))
    try:
        folder = await asyncio.to_thread(Folder, path / "pairs.git", pairs)
        found: list[Looked] = []
        for first in range(0, len(pairs), TOGETHER):
            some = enumerate(pairs[first : first + TOGETHER], start=first)
            found += await asyncio.gather(*(_look(folder, *one) for one in some))
        return found
    finally:
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


def diffs(full: bool) -> Outcome:
    """So many pairs; then some of them through a reader that is broken on purpose."""
    chance = random.Random(20_26)
    pairs = [pair(chance) for _ in range(WHOLLY if full else QUICKLY)]
    found = asyncio.run(_all(pairs))
    caught = {name: _caught(broken, pairs[:BROKENLY]) for name, broken in BROKEN.items()}
    wrong = [f"pair {n}: {what}" for n, one in enumerate(found) for what in one.wrong]
    return Outcome(
        tried=len(pairs),
        held=sum(not one.wrong for one in found),
        control=f"of {BROKENLY} pairs, a reader that "
        + "; ".join(f"{name}: {count} caught" for name, count in caught.items()),
        proven=all(caught.values()),
        notes=tuple(wrong[:20]),
        figures=(
            ("files", sum(one.files for one in found)),
            ("binary", sum(one.binary for one in found)),
            ("renamed", sum(one.renamed for one in found)),
        ),
    )


def _caught(broken: mock._patch[object], pairs: Sequence[tuple[Tree, Tree]]) -> int:
    with broken:
        return sum(bool(one.wrong) for one in asyncio.run(_all(pairs)))


_lines_of = Review._lines


def _stripped(*given: Any) -> Iterator[Row]:
    for row in _lines_of(*given):
        yield Row(row.kind, row.old, row.new, row.text.rstrip("\r"), row.file, row.hunk)


def _short(*given: Any) -> Iterator[Row]:
    *_, first, end = given
    yield from list(_lines_of(*given))[: end - first - 1]


def _replaced(line: bytes) -> str:
    return line.decode("utf-8", "replace")


BROKEN: dict[str, mock._patch[object]] = {
    "strips CR": mock.patch.object(Review, "_lines", _stripped),
    "drops a hunk's last line": mock.patch.object(Review, "_lines", _short),
    "lets foreign bytes look alike": mock.patch.object(review, "line_text", _replaced),
}


CONTROLS = (
    Control(
        name="review-diffs",
        promise="the review's lines turn the old files into exactly the new ones, and are as many "
        "as git counts",
        run=diffs,
    ),
)
