"""Pairs of trees in a real repository, and what git says of them, for tests of what reads it."""

from __future__ import annotations

import subprocess  # noqa: TID251 - the story is told with git itself, not with the engine's
from collections.abc import Mapping
from pathlib import Path

from factory import review
from factory.git.comparisons import parse_raw
from factory.model import Mark, Struct
from factory.review import Review, contents
from factory.wire import FileView, Row

FILE, PROGRAM, LINK, MODULE = "100644", "100755", "120000", "160000"
A_COMMIT, ANOTHER = b"a" * 40, b"b" * 40
_FLAGS = ("--no-ext-diff", "--no-textconv", "--no-color", "--full-index")


class File(Struct):
    """A file of a tree; for a submodule the contents are its commit's id."""

    contents: bytes
    mode: str = FILE


class Said(Struct):
    """What git says of a pair of trees."""

    raw: bytes
    patch: bytes
    numstat: bytes
    sizes: dict[str, int]
    blobs: dict[str, bytes]


Tree = Mapping[bytes, File | bytes]


class Trees:
    """A repository that makes trees and tells their difference."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", str(folder))

    def git(self, *arguments: str, given: bytes = b"") -> bytes:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }
        done = subprocess.run(
            ("git", *arguments),
            cwd=self.folder if self.folder.exists() else None,
            input=given,
            env=environment,
            check=True,
            capture_output=True,
        )
        return done.stdout

    def said(
        self,
        left: Tree,
        right: Tree,
        *,
        context: int = 3,
        text: bool = True,
        renames: bool = False,
        wants: bool = False,
    ) -> Said:
        """`wants` reads the contents that a review asks for, too."""
        self.git(
            "fast-import", "--quiet", "--force", given=_stream("l", left) + _stream("r", right)
        )
        pair = ("l^{tree}", "r^{tree}")
        shown = ("--text",) if text else ()
        names = "--find-renames" if renames else "--no-renames"
        raw = self.git("diff-tree", "-r", "--raw", "-z", "--no-abbrev", names, *pair)
        patch = self.git("diff", *_FLAGS, names, *shown, f"-U{context}", *pair)
        binary = b"\0" in patch or b"\nBinary files " in patch or b"\nGIT binary" in patch
        changed = parse_raw(raw)
        blobs = {oid for one in changed for oid in one.blobs} if binary or wants else ()
        sizes = {oid: int(self.git("cat-file", "-s", oid)) for oid in blobs}
        wanted = contents.wanted(changed, sizes) if wants else ()
        return Said(
            raw=raw,
            patch=patch,
            numstat=self.git("diff", "--numstat", "-z", "--no-renames", "--text", *pair),
            sizes=sizes,
            blobs={oid: self.git("cat-file", "blob", oid) for oid in wanted},
        )


def read(
    said: Said,
    protected: tuple[str, ...] = (),
    critical: tuple[str, ...] = (),
    marks: tuple[Mark, ...] = (),
    seen: frozenset[str] = frozenset(),
    attributes: bytes = b"",
) -> Review:
    return review.read(
        said.raw, said.patch, said.sizes, protected=protected, critical=critical, marks=marks,
        seen=seen, blobs=said.blobs, attributes=attributes,
    )  # fmt: skip


def whole(found: Review) -> tuple[Row, ...]:
    return found.page(0, found.rows)


def lines(count: int, changed: int = -1) -> bytes:
    return b"".join(b"line %d%s\n" % (n, b" new" if n == changed else b"") for n in range(count))


def only(found: Review) -> FileView:
    (view,) = found.files
    return view


def _stream(name: str, tree: Tree) -> bytes:
    parts = [f"commit refs/heads/{name}\ncommitter a <a@b.invalid> 0 +0000\ndata 0\n".encode()]
    for path, one in tree.items():
        file = one if isinstance(one, File) else File(contents=one)
        quoted = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
        if file.mode == MODULE:
            parts.append(b"M 160000 %s %s\n" % (file.contents, quoted))
        else:
            parts.append(b"M %s inline %s\n" % (file.mode.encode(), quoted))
            parts.append(b"data %d\n%s\n" % (len(file.contents), file.contents))
    return b"".join(parts) + b"\n"
